"""Ctrl-C in the middle of training: the step that runs is finished, then the run is saved and ends.

A step that breaks off halfway leaves weights that no step ever had. So the first Ctrl-C, a cluster's request to
end, or the end of the terminal, is remembered until the step is done; the second one stops at once. This file
knows nothing of training.
"""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

NAMES = ("SIGINT", "SIGTERM", "SIGHUP")  # Ctrl-C, a cluster's request to end, a terminal that was closed
SIGNALS = tuple(getattr(signal, name) for name in NAMES if hasattr(signal, name))


class Stopper:
    """Remembers that somebody asked to stop.

    Attributes:
        asked: whether it has happened.
    """

    def __init__(self) -> None:
        self.asked = False

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Put signals off while what stands below runs; only a program's main thread receives any."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        heard = [number for number in SIGNALS if not _is_deaf(number)]
        before = {number: signal.signal(number, self._remember) for number in heard}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler if handler is not None else signal.SIG_DFL)

    def _remember(self, _number: int, _frame: FrameType | None) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True


def _is_deaf(number: int) -> bool:
    """Whether `nohup` made this process deaf to the end of its terminal, which it then is to survive."""
    return number == getattr(signal, "SIGHUP", None) and signal.getsignal(number) is signal.SIG_IGN
