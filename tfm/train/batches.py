"""Batches without end: an iterable is gone through again where it ends, and a resumed run goes on at the next one.

This file knows nothing of what a batch is.
"""

from collections.abc import Iterable, Iterator
from typing import Any


class EndlessBatches:
    """Gives batches for ever, and remembers how many.

    Attributes:
        given: batches so far.

    Args:
        batches: any iterable; with `state_dict` and `load_state_dict` it remembers its place itself.

    Example:
        >>> feed = EndlessBatches([1, 2])
        >>> [next(feed) for _ in range(3)]
        [1, 2, 1]
    """

    def __init__(self, batches: Iterable[Any]) -> None:
        self._batches, self.given = batches, 0
        self._iterator = iter(batches)

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        try:
            batch = next(self._iterator)
        except StopIteration:
            batch = self._again()
        self.given += 1
        return batch

    def state_dict(self) -> dict[str, Any]:
        """How many were given, and the iterable's own state where it has one."""
        own = self._batches.state_dict() if hasattr(self._batches, "state_dict") else None
        return {"given": self.given, "batches": own}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on where a state was taken; without a state of its own, the iterable gives anew what it gave."""
        if state["batches"] is not None and hasattr(self._batches, "load_state_dict"):
            self._batches.load_state_dict(state["batches"])
            self._iterator = iter(self._batches)
        else:
            while self.given < state["given"]:
                next(self)
        self.given = state["given"]

    def _again(self) -> Any:
        self._iterator = iter(self._batches)
        try:
            return next(self._iterator)
        except StopIteration:
            raise ValueError(
                f"the batches ended after {self.given}: pass a list, or an iterator that does not end"
            ) from None
