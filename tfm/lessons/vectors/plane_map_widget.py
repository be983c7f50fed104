"""A 2 × 2 matrix as a movement of the plane: four numbers to move, and where everything lands."""

from html import escape
from typing import Any

import ipywidgets
import numpy as np
from numpy.typing import ArrayLike, NDArray

from tfm.kit.base import LessonWidget, View
from tfm.kit.cases import plain_number
from tfm.lessons.vectors.arrows_figure import vector_text
from tfm.lessons.vectors.plane_map_figure import plane_map_svg

LARGEST = 3.0
FLAT = 1e-9
ROWS = (("row 1, column 1", "row 1, column 2"), ("row 2, column 1", "row 2, column 2"))


class PlaneMap(LessonWidget):
    """Move the four numbers of a matrix, and see what it does to squared paper, unit square and letter.

    Args:
        matrix: 2 × 2, numbers from −3 to 3.

    Raises:
        ValueError: the matrix is not 2 × 2, or a number lies outside its slider.

    Example:
        >>> PlaneMap([[0, -1], [1, 0]])
        <widget PlaneMap>
    """

    def __init__(self, matrix: ArrayLike = ((1.0, 0.0), (0.0, 1.0))) -> None:
        super().__init__()
        found = np.asarray(matrix, dtype=float)
        if found.shape != (2, 2) or not (np.abs(found) <= LARGEST).all():
            raise ValueError(
                f"the matrix must be 2 × 2, with numbers from −{LARGEST:g} to {LARGEST:g}: try [[1, 1], [0, 1]]"
            )
        rows = [
            [self._slider(name, number) for name, number in zip(names, numbers, strict=True)]
            for names, numbers in zip(ROWS, found.tolist(), strict=True)
        ]
        plane = self.picture("plane", "The plane after the matrix has moved it", hover=False)
        self.start(*rows, plane)

    def draw(self) -> View:
        """See `LessonWidget.draw`."""
        m = np.array([[self.value(name) for name in names] for names in ROWS])
        right, up = vector_text(m[:, 0]), vector_text(m[:, 1])
        lines = [f"Column 1 is where (1, 0) lands: {right}. Column 2 is where (0, 1) lands: {up}.", _area(m)]
        svg = plane_map_svg(m, side=400)
        return View({"plane": svg}, "".join(f"<div>{escape(line)}</div>" for line in lines))

    def _slider(self, name: str, value: float) -> Any:
        slider = ipywidgets.FloatSlider(
            float(value), min=-LARGEST, max=LARGEST, step=0.1, description=name, readout_format=".1f"
        )
        slider.layout.width = "330px"
        return self.control(name, slider)


def _area(m: NDArray[Any]) -> str:
    """Say what the determinant says: how much of the unit square is left, and which side is up."""
    minuend, subtrahend = float(m[0, 0] * m[1, 1]), float(m[0, 1] * m[1, 0])
    area = minuend - subtrahend
    taken = plain_number(subtrahend) if subtrahend >= 0 else f"({plain_number(subtrahend)})"
    difference = f"{plain_number(minuend)} − {taken} = {plain_number(area)}"
    words = f"The unit square has area {plain_number(abs(area))}: {difference}"
    if abs(area) < FLAT:
        return f"{words}. It is flat: no matrix can part again what fell together."
    return f"{words}{', negative because the plane was turned over' if area < 0 else ''}."
