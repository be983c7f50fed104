"""Learning curves that grow in a notebook while the model trains; how they are drawn is the caller's business.

This file knows nothing of figures.
"""

import time
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from tfm.train.step import Step

Points: TypeAlias = Sequence[tuple[int, float]]


class Curves:
    """A listener that shows a drawing of the losses so far, and renews it.

    Attributes:
        training: (step, loss) of every step.
        validation: (step, loss) of every validation.

    Args:
        draw: (training, validation) → a figure, or anything else that a notebook can show.
        seconds: at least from one drawing to the next.
        show: (drawing, whether it is the first) → nothing; by default it appears below the cell.

    Example:
        >>> from torch import tensor
        >>> from tfm.train.step import Update
        >>> curves = Curves(lambda training, validation: training, show=lambda drawing, first: print(drawing))
        >>> curves(Step(1, 2, Update(tensor(4.0), None, tokens=64), rate=0.1, seconds=0.5))
        [(1, 4.0)]
        >>> curves.close()
        [(1, 4.0)]
    """

    def __init__(
        self,
        draw: Callable[[Points, Points], Any],
        seconds: float = 1.0,
        show: Callable[[Any, bool], object] | None = None,
    ) -> None:
        self.training: list[tuple[int, float]] = []
        self.validation: list[tuple[int, float]] = []
        self._draw, self._seconds, self._show = draw, seconds, show or _Display()
        self._next, self._first = 0.0, True

    def __call__(self, step: Step) -> None:
        """Take a step in, and draw where the last drawing is old enough."""
        self.training.append((step.number, step.loss))
        if step.validation_loss is not None:
            self.validation.append((step.number, step.validation_loss))
        if time.monotonic() >= self._next:
            self._renew()

    def close(self) -> None:
        """Draw everything."""
        if self.training:
            self._renew()

    def _renew(self) -> None:
        self._show(self._draw(self.training, self.validation), self._first)
        self._first, self._next = False, time.monotonic() + self._seconds


class _Display:
    """Shows a drawing below the cell that runs, in the place of the one before."""

    def __init__(self) -> None:
        self._handle: Any = None

    def __call__(self, drawing: Any, first: bool) -> None:
        from IPython.display import display  # noqa: PLC0415 (training needs no notebook)

        if first or self._handle is None:
            self._handle = display(drawing, display_id=True)  # type: ignore[no-untyped-call]
        else:
            self._handle.update(drawing)
