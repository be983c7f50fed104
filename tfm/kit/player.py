"""Do something again and again beside the notebook, as fast as the page can show it, and stop when nobody looks.

One thread at a time, a daemon; only one player of a process plays. It never runs more than `AHEAD` frames ahead of
what the page has shown: so a slow page sets the pace, and a page that was closed stops it. This file knows nothing
of what is played.
"""

import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, ClassVar

FRAMES_PER_SECOND = 30
AHEAD = 3  # frames under way to the page: with 1 each waits for the whole trip there and back
PATIENCE_SECONDS = 20.0


class Player:
    """Calls `frame` until it is stopped.

    A play that was stopped does nothing more: neither its frame nor its end is heard of, and the next one begins
    when its thread has ended. What belongs to one play is handed to `start` and on to all three functions.

    Args:
        frame: does one step and shows it, holding `turn`; False ends the playing.
        ended: called once after the last frame, on the player's thread, however it ended, unless another play was
            started since.
        turn: the lock of what is played: whoever holds it is undisturbed by frames.
        work: what takes long before each frame; it does not hold `turn`.
        patience: seconds to wait for a page that shows nothing.

    Example:
        >>> count = iter(range(3))
        >>> player = Player(lambda: player.shown() or next(count) < 2, lambda: None)
        >>> player.start(); player.wait(5); player.playing, next(count, "all three")
        (False, 'all three')
    """

    _now: ClassVar["Player | None"] = None
    _one: ClassVar[threading.RLock] = threading.RLock()

    def __init__(
        self,
        frame: Callable[..., bool],
        ended: Callable[..., None],
        *,
        turn: AbstractContextManager[Any] | None = None,
        work: Callable[..., object] | None = None,
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        self._frame, self._ended, self._work, self._patience = frame, ended, work, patience
        self._turn = turn or threading.RLock()
        self._thread: threading.Thread | None = None
        self._news = threading.Condition()
        self._under_way = 0
        self._stopping = threading.Event()

    @property
    def playing(self) -> bool:
        """Whether a thread of this player is at work and was not asked to stop."""
        return bool(self._thread and self._thread.is_alive()) and not self._stopping.is_set()

    def start(self, *play: Any) -> None:
        """Begin to play; whoever else plays in this process stops.

        Args:
            *play: handed to `work`, `frame` and `ended` of this play.
        """
        with self._turn, Player._one:
            if self.playing:
                return
            Player.stop_all()
            self._stopping = threading.Event()
            args = (self._stopping, self._thread, play)
            self._thread = threading.Thread(target=self._play, args=args, name="tfm-player", daemon=True)
            Player._now = self
            self._thread.start()

    def stop(self) -> None:
        """Ask the thread to end; returns at once, and for whoever holds the turn no frame follows."""
        with self._news:
            self._stopping.set()
            self._news.notify_all()

    @classmethod
    def stop_all(cls) -> None:
        """Stop whichever player plays."""
        with cls._one:
            if cls._now is not None:
                cls._now.stop()
                cls._now = None

    def wait(self, seconds: float) -> None:
        """Wait until the thread has ended, or the time is up."""
        if self._thread and self._thread is not threading.current_thread():
            self._thread.join(seconds)

    def shown(self) -> None:
        """Take note that the page shows what was sent to it."""
        with self._news:
            self._under_way = 0
            self._news.notify_all()

    def _play(
        self, stopping: threading.Event, before: threading.Thread | None, play: tuple[Any, ...]
    ) -> None:
        if before is not None:
            before.join()
        self.shown()  # what the play before had under way is nothing to this one
        try:
            while not stopping.is_set() and self._step(stopping, play):
                with self._news:
                    if not self._news.wait_for(
                        lambda: stopping.is_set() or self._under_way < AHEAD, self._patience
                    ):
                        break
        finally:
            with self._turn:
                stopping.set()
                if self._thread is threading.current_thread():
                    self._ended(*play)

    def _step(self, stopping: threading.Event, play: tuple[Any, ...]) -> bool:
        """One frame and the rest of its time; False after the last one."""
        began = time.monotonic()
        if self._work is not None:
            self._work(*play)
        with self._turn:
            if stopping.is_set():
                return False
            with self._news:
                self._under_way += 1
            if not self._frame(*play):
                return False
        stopping.wait(max(0.0, began + 1 / FRAMES_PER_SECOND - time.monotonic()))
        return True
