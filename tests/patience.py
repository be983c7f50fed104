"""How a test waits: for a state, never for some seconds. What hangs is ended; a slow machine is waited for."""

import time
from collections.abc import Callable
from typing import Any

HANG_SECONDS = (
    600  # the most that anything here takes on a machine that is busy with ten other things, and more
)


def until(ready: Callable[[], Any], sentence: str = "it did not happen") -> Any:
    """Poll until `ready()` is true, and return what it gave.

    Raises:
        AssertionError: it does not become true; the sentence is the message.
    """
    end = time.monotonic() + HANG_SECONDS
    while not (found := ready()):
        assert time.monotonic() < end, sentence
        time.sleep(0.01)
    return found
