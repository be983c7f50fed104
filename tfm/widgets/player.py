"""Do something again and again beside the notebook, as fast as the page can show it, and stop when nobody looks.

One thread, a daemon; only one player of a process plays at a time. It never runs more than `AHEAD` frames ahead of
what the page has shown: so a slow page sets the pace, and a page that was closed stops it. This file knows nothing
of what is played.
"""

import threading
import time
from collections.abc import Callable
from typing import ClassVar

FRAMES_PER_SECOND = 30
AHEAD = 3  # frames under way to the page: with 1 each waits for the whole trip there and back
PATIENCE_SECONDS = 20.0


class Player:
    """Calls `frame` until it is stopped.

    Args:
        frame: does one step and shows it; False ends the playing.
        ended: called once after the last frame, on the player's thread, however it ended.
        patience: seconds to wait for a page that shows nothing.

    Example:
        >>> count = iter(range(3))
        >>> player = Player(lambda: player.shown() or next(count) < 2, lambda: None)
        >>> player.start(); player.wait(5); player.playing, next(count, "all three")
        (False, 'all three')
    """

    _now: ClassVar["Player | None"] = None
    _turn: ClassVar[threading.RLock] = threading.RLock()

    def __init__(
        self, frame: Callable[[], bool], ended: Callable[[], None], *, patience: float = PATIENCE_SECONDS
    ) -> None:
        self._frame, self._ended, self._patience = frame, ended, patience
        self._thread: threading.Thread | None = None
        self._news = threading.Condition()
        self._under_way = 0
        self._stopping = threading.Event()

    @property
    def playing(self) -> bool:
        """Whether a thread of this player is at work and was not asked to stop."""
        return bool(self._thread and self._thread.is_alive()) and not self._stopping.is_set()

    def start(self) -> None:
        """Begin to play; whoever else plays in this process stops."""
        with Player._turn:
            if self.playing:
                return
            Player.stop_all()
            self.wait(1)
            self._stopping, self._under_way = threading.Event(), 0
            self._thread = threading.Thread(
                target=self._play, args=(self._stopping,), name="tfm-player", daemon=True
            )
            Player._now = self
            self._thread.start()

    def stop(self) -> None:
        """Ask the thread to end after the frame it is at; returns at once."""
        with self._news:
            self._stopping.set()
            self._news.notify_all()

    @classmethod
    def stop_all(cls) -> None:
        """Stop whichever player plays."""
        with cls._turn:
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

    def _play(self, stopping: threading.Event) -> None:
        try:
            while not stopping.is_set():
                began = time.monotonic()
                with self._news:
                    self._under_way += 1
                if not self._frame():
                    break
                stopping.wait(max(0.0, began + 1 / FRAMES_PER_SECOND - time.monotonic()))
                with self._news:
                    if not self._news.wait_for(
                        lambda: stopping.is_set() or self._under_way < AHEAD, self._patience
                    ):
                        break
        finally:
            stopping.set()
            self._ended()
