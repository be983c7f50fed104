"""Several machines train as one process does, and go on when one of them was lost."""

import os
import sys

import pytest
import torch
from patience import HANG_SECONDS
from train.two_machines import Machines, require_namespaces, said, wait_for

from tfm import cli, folder_lock
from tfm.folder_lock import FolderInUse, FolderLock, Writer
from tfm.train.checkpoint import load_newest, newest_step
from tfm.train.loggers import read_lines
from tfm.train.machines import NOTE, choose_network, network_to, note_job, require_shared, started_again

TEXT = "the cat sat on the mat, and the dog sat on the cat.\n" * 60
STEPS = 300
SIZES = ["context=16", "d_model=16", "n_layers=1", "n_heads=2", "batch=4", "device=cpu", "autocast=off"]
RUN = ["optimiser=adamw", "rate=0.001", "dropout=0", f"steps={STEPS}", "evaluate_every=50", "save_every=50"]
SAME = 1e-5  # losses and weights of two machines against one process


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The folder that all machines share, with a text in it."""
    folder = tmp_path_factory.mktemp("shared")
    (folder / "own.txt").write_text(TEXT)
    return folder


@pytest.fixture
def machines(folder):
    """Two machines, gone again after the test."""
    require_namespaces()
    made = Machines(folder)
    yield made
    made.close()


@pytest.fixture(scope="module")
def alone(folder):
    """The run of one process."""
    assert (
        cli.main(["train", str(folder / "own.txt"), "--out", str(folder / "one"), "--set", *SIZES, *RUN]) == 0
    )
    return folder / "one"


def launch(machines, number, out):
    """Start the command of one machine."""
    words = ["--nnodes", "2", "--nproc-per-node", "1", "--max-restarts", "3", "--rdzv-backend", "c10d"]
    words += ["--rdzv-endpoint", "10.77.0.1:29400", "--rdzv-id", out, "--local-addr", f"10.77.0.{number}"]
    words += ["--rdzv-conf", f"is_host={2 - number},join_timeout={HANG_SECONDS}"]
    words += ["-m", "tfm.cli", "train", "own.txt", "--out", out, "--set", *SIZES, *RUN]
    return machines.start(
        number, "-m", "torch.distributed.run", *words, TORCH_DISABLE_SHARE_RDZV_TCP_STORE="1"
    )


def compare(mine, theirs):
    """Hold two runs' losses and last weights equal, step by step."""
    ours, others = (read_lines(folder / "metrics.jsonl") for folder in (mine, theirs))
    assert [line["step"] for line in others] == list(range(1, STEPS + 1))
    for name in ("loss", "validation_loss"):
        expected = [line[name] for line in ours if name in line]
        assert [line[name] for line in others if name in line] == pytest.approx(expected, abs=SAME, rel=0)
    one, two = (load_newest(folder)[0].model for folder in (mine, theirs))
    for key, weights in one.items():
        torch.testing.assert_close(two[key], weights, rtol=0, atol=SAME)


@pytest.mark.long
def test_two_machines_train_as_one_process(machines, folder, alone):
    """Over a network of their own, with no variable set, two machines find what one process finds."""
    both = [launch(machines, number, "two") for number in (1, 2)]
    assert [process.wait(HANG_SECONDS) for process in both] == [0, 0], "\n".join(map(said, both))
    assert "2 processes" in "".join(map(said, both))
    compare(alone, folder / "two")


@pytest.mark.long
def test_a_lost_machine_comes_again(machines, folder, alone):
    """The second machine is killed and started anew: the run goes on by itself, and ends as it would have."""
    first, second = (launch(machines, number, "lost") for number in (1, 2))
    wait_for(lambda: newest_step(folder / "lost"), first, second)
    machines.kill(2)
    assert second.wait() != 0
    again = launch(machines, 2, "lost")
    assert [process.wait(HANG_SECONDS) for process in (first, again)] == [0, 0], said(first) + said(again)
    words = said(first) + said(again)
    step = int(words.split("going on from step ")[1].split()[0])
    assert 0 < step < STEPS
    compare(alone, folder / "lost")


@pytest.fixture
def torchrun(monkeypatch):
    """Set what `torchrun` tells a process."""

    def tell(**variables):
        for name in ("TORCHELASTIC_RESTART_COUNT", "TORCHELASTIC_RUN_ID", "GROUP_WORLD_SIZE", "MASTER_ADDR"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("GLOO_SOCKET_IFNAME", "unset")  # so that it is put back afterwards
        monkeypatch.delenv("GLOO_SOCKET_IFNAME")
        for name, value in variables.items():
            monkeypatch.setenv(name, value)

    return tell


@pytest.mark.parametrize(
    ("count", "name", "noted", "again"),
    [
        ("0", "none", "none", False),
        ("1", "none", "none", True),  # a process of this machine was lost
        ("0", "job", "job", True),  # this machine came anew, and the run has its name
        ("0", "job", "another", False),
        ("0", "job", "none", False),
    ],
)
def test_what_torchrun_starts_again_is_known(torchrun, tmp_path, count, name, noted, again):
    """A restart, or the name that the run began with, says that it goes on; there must be a checkpoint for it."""
    torchrun(TORCHELASTIC_RUN_ID=noted)
    note_job(tmp_path)
    assert (tmp_path / NOTE).exists() is (noted != "none")
    torchrun(TORCHELASTIC_RESTART_COUNT=count, TORCHELASTIC_RUN_ID=name)
    assert not started_again(tmp_path)
    (tmp_path / "step-00000004").mkdir()
    (tmp_path / "step-00000004" / "x").touch()
    assert started_again(tmp_path) is again
    torchrun()
    assert not started_again(tmp_path)


def test_a_run_that_is_started_again_goes_on_by_itself(tmp_path, monkeypatch, torchrun, capsys):
    """Under the same name the same command goes on without --resume; another name is refused."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.txt").write_text(TEXT)
    words = ["train", "own.txt", "--set", *SIZES, "optimiser=adamw"]
    torchrun(TORCHELASTIC_RUN_ID="job")
    assert cli.main([*words, "steps=2"]) == 0
    torchrun(TORCHELASTIC_RUN_ID="another")
    assert cli.main([*words, "steps=4"]) == 2
    assert "add --resume" in capsys.readouterr().err
    torchrun(TORCHELASTIC_RUN_ID="job")
    assert cli.main([*words, "steps=4"]) == 0
    assert "going on from step 2 of 4" in capsys.readouterr().out


def test_a_lost_writer_is_waited_for(tmp_path, monkeypatch):
    """What a lost machine kept for itself is refused at once, and had when that machine was silent long enough."""
    elsewhere = Writer(host="lost", pid=1, started=0.0, machine="another", token="x")
    monkeypatch.setattr(folder_lock, "SILENT", 3.0)
    (tmp_path / folder_lock.NAME).write_text(elsewhere.as_text())
    with pytest.raises(FolderInUse), FolderLock(tmp_path):
        pass
    with FolderLock(tmp_path, patience=HANG_SECONDS) as lock:
        assert lock.is_ours


def test_a_folder_of_one_machine_alone_is_refused(tmp_path):
    """A process that does not see the run's folder says what several machines need."""
    require_shared(tmp_path, patience=1)
    with pytest.raises(FileNotFoundError, match="several machines need one folder that all of them see"):
        require_shared(tmp_path / "elsewhere", patience=1)


@pytest.mark.skipif(sys.platform != "linux", reason="the loopback network has this name on Linux")
def test_gloo_takes_the_network_that_reaches_the_first_machine(torchrun):
    """With several machines and no choice of the reader's, the network on the way to the first one is taken."""
    assert network_to("127.0.0.1") == "lo"
    torchrun(GROUP_WORLD_SIZE="1", MASTER_ADDR="127.0.0.1")
    choose_network()
    assert "GLOO_SOCKET_IFNAME" not in os.environ
    torchrun(GROUP_WORLD_SIZE="2", MASTER_ADDR="127.0.0.1")
    choose_network()
    assert os.environ["GLOO_SOCKET_IFNAME"] == "lo"
    torchrun(GROUP_WORLD_SIZE="2", MASTER_ADDR="127.0.0.1", GLOO_SOCKET_IFNAME="mine")
    choose_network()
    assert os.environ["GLOO_SOCKET_IFNAME"] == "mine"
    torchrun(GROUP_WORLD_SIZE="2", MASTER_ADDR="no.such.host.invalid")
    choose_network()
    assert "GLOO_SOCKET_IFNAME" not in os.environ
