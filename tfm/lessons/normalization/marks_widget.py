"""Marks to change, and what five normalisations make of them: the same numbers on five scales."""

from collections.abc import Callable
from html import escape

import ipywidgets
import numpy as np
from numpy.typing import NDArray

from tfm.by_hand.norms import layer_norm, rms_norm
from tfm.by_hand.softmax import softmax
from tfm.kit.base import LessonWidget, View
from tfm.kit.entry import matrix_text, parse_matrix
from tfm.lessons.normalization.marks_figure import marks_svg
from tfm.lessons.normalization.scaling import min_max, standardize

FEWEST, MOST = 2, 7
METHODS: dict[str, Callable[[NDArray[np.float64]], NDArray[np.float64]]] = {
    "min–max": min_max,
    "softmax": softmax,
    "standardise": standardize,
    "LayerNorm": layer_norm,
    "RMSNorm": rms_norm,
}


class Marks(LessonWidget):
    """Type a few marks, shift and stretch them all, and read what each normalisation makes of them.

    Args:
        marks: two to seven numbers.

    Raises:
        ValueError: there are fewer or more.
    """

    def __init__(self, marks: tuple[float, ...] = (90, 80, 70, 60, 50)) -> None:
        super().__init__()
        if not FEWEST <= len(marks) <= MOST:
            raise ValueError(f"there is room for {FEWEST} to {MOST} marks, and these are {len(marks)}")
        box = ipywidgets.Text(matrix_text([marks]), description="marks", continuous_update=False)
        add = ipywidgets.IntSlider(0, -100, 100, step=5, description="add to all")
        times = ipywidgets.FloatSlider(1, min=0.1, max=3, step=0.1, description="times")
        box.layout.width = "300px"
        self.control("marks", box)
        self.control("add", add)
        self.control("times", times)
        table = self.picture("table", "The marks, normalised in five ways", hover=False)
        self.start([box], [add, times], table)

    def draw(self) -> View:
        """See `LessonWidget.draw`."""
        typed = parse_matrix("marks", self.value("marks"))
        if typed.shape[0] > 1 or not FEWEST <= typed.shape[1] <= MOST:
            count = typed.size if typed.shape[0] == 1 else f"{typed.shape[0]} rows"
            raise ValueError(f"marks wants {FEWEST} to {MOST} numbers in one row, and got {count}")
        marks = typed[0] * self.value("times") + self.value("add")
        if np.ptp(marks) == 0:
            raise ValueError("the marks are all equal, and nothing can be told apart: change one of them")
        rows = [(name, method(marks)) for name, method in METHODS.items()]
        return View({"table": marks_svg(marks, rows, title="the marks, and five ways")}, self._numbers(marks))

    def _numbers(self, marks: NDArray[np.float64]) -> str:
        size = np.sqrt((marks**2).mean())
        text = (
            f"Mean {marks.mean():.2f}, deviation {marks.std():.2f}, root mean square {size:.2f}; "
            f"smallest {marks.min():.2f}, largest {marks.max():.2f}."
        )
        return f"<div>{escape(text)}</div>"
