r"""What several machines need to train one model: one network, one folder, and going on when one of them was lost.

    export TORCH_DISABLE_SHARE_RDZV_TCP_STORE=1
    torchrun --nnodes 2 --max-restarts 3 --rdzv-backend c10d --rdzv-endpoint FIRST:29400 --rdzv-id NAME \
        --local-addr OWN -m tfm.cli train shakespeare

The same command on each machine, with its own address; on the first one `--rdzv-conf is_host=1` as well.
`torchrun` starts all processes again when one was lost, and waits for the lost machine until somebody starts the
command there anew. Without that variable PyTorch (2.13) writes the first machine's address down once, for the
machines of the first round, and one that comes anew waits for it in vain. This file knows what a run then has to
know; how processes share their work stands in `tfm.train.parallel`.
"""

import contextlib
import os
import socket
import time
from pathlib import Path

import psutil

from tfm.train.run_folder import newest_step

NOTE = "torchrun.txt"  # in a run's folder: its name
SEEN_WITHIN = 60  # seconds for which a network disk may show an old state of a folder


def job_name() -> str:
    """Return the name that `torchrun --rdzv-id` gave this run on every machine; empty without one."""
    name = os.environ.get("TORCHELASTIC_RUN_ID", "none")
    return "" if name == "none" else name


def started_again(folder: Path) -> bool:
    """Whether `torchrun` started this run before, as it does by itself when a process or a machine was lost.

    A machine that comes anew knows of no restart; it knows the run by the name that was noted in its folder.

    Args:
        folder: of the run; without a checkpoint in it the run has to begin anew.
    """
    restarted = int(os.environ.get("TORCHELASTIC_RESTART_COUNT", "0")) > 0
    with contextlib.suppress(OSError, ValueError):
        restarted = restarted or (folder / NOTE).read_text(encoding="utf-8") == job_name() != ""
    return restarted and newest_step(folder) > 0


def note_job(folder: Path) -> None:
    """Note the run's name in its folder, for those who start it again."""
    if name := job_name():
        (folder / NOTE).write_text(name, encoding="utf-8")


def require_shared(folder: Path, patience: int = SEEN_WITHIN) -> None:
    """Make sure that this process sees the folder which the first process has made.

    Args:
        folder: where the first process writes, and from where all go on.
        patience: seconds that a network disk may need until it shows the folder.

    Raises:
        FileNotFoundError: it does not.
    """
    for _ in range(patience):
        if folder.is_dir():
            return
        time.sleep(1)
    raise FileNotFoundError(
        f"{folder} is not on this machine, though the first process has made it: several machines need one folder "
        "that all of them see, so name it with --out"
    )


def choose_network() -> None:
    """Let Gloo meet the other machines on the network that reaches the first of them.

    It would take the address of this machine's own name, which is 127.0.1.1 on many: nobody else reaches that.
    Whoever sets `GLOO_SOCKET_IFNAME` decides.
    """
    several = os.environ.get("GROUP_WORLD_SIZE", "1") != "1"
    if not several or "MASTER_ADDR" not in os.environ or "GLOO_SOCKET_IFNAME" in os.environ:
        return
    with contextlib.suppress(OSError):  # then Gloo finds it out, or says why it cannot
        if name := network_to(os.environ["MASTER_ADDR"]):
            os.environ["GLOO_SOCKET_IFNAME"] = name


def network_to(host: str) -> str | None:
    """Name the network interface through which this machine reaches another; None where that cannot be told.

    Raises:
        OSError: the host is not known, or there is no way to it.
    """
    family, kind, _, _, place = socket.getaddrinfo(host, 9, type=socket.SOCK_DGRAM)[0]
    with socket.socket(family, kind) as probe:
        probe.connect(place)  # sends nothing: it asks for the way
        own = probe.getsockname()[0]
    found = psutil.net_if_addrs().items()
    return next((name for name, entries in found if own in (entry.address for entry in entries)), None)
