"""The process in which `tfm lab` runs JupyterLab; it ends when `tfm lab` does, even when that was killed.

    python -m tfm.cli.lab_server WORDS OF JUPYTERLAB

Nothing heavy is imported before signals are taken care of.
"""

import contextlib
import os
import shutil
import signal
import sys
from collections.abc import Callable
from threading import Thread
from typing import Any

PARENT, SPARE = (
    "TFM_LAB_PARENT",
    "TFM_LAB_SPARE",
)  # variables: the number of `tfm lab`, and its temporary folder
ENDS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


def main() -> None:
    """Run JupyterLab until it ends, and take the temporary folder away."""
    take_care(_end_at_once)  # until the server has handlers of its own
    Thread(target=_end_with, args=(int(os.environ[PARENT]),), daemon=True).start()
    try:
        from tfm.cli.lab_app import launch  # noqa: PLC0415 (see above)

        launch(sys.argv[1:])
    finally:
        shutil.rmtree(os.environ[SPARE], ignore_errors=True)


def _end_at_once(number: int, _: Any) -> None:
    """End before there is a server; SystemExit would be lost where an import that is under way catches it."""
    shutil.rmtree(os.environ[SPARE], ignore_errors=True)
    os._exit(128 + number)


def take_care(handler: Callable[[int, Any], Any]) -> dict[int, Any]:
    """Let a function have the signals that end a program, but none that is ignored, as `nohup` ignores HUP.

    Returns:
        For each of them, who had it before.
    """
    numbers = [number for number in ENDS if signal.getsignal(number) != signal.SIG_IGN]
    return {number: signal.signal(number, handler) for number in numbers}


def _end_with(parent: int) -> None:
    """Wait until another process has ended, then end as TERM ends this one."""
    import psutil  # noqa: PLC0415 (`tfm doctor` does without it)

    with contextlib.suppress(psutil.NoSuchProcess):
        psutil.Process(parent).wait()
    if os.name == "posix":
        os.kill(os.getpid(), signal.SIGTERM)  # wakes the main thread, where `raise_signal` would not
    else:
        signal.raise_signal(signal.SIGTERM)


if __name__ == "__main__":
    main()
