"""A matrix product that fills cell by cell: the reader's own two matrices, and the sum behind each cell.

What it computes with is `tfm.by_hand.vectors`. A cell is filled when the reader points at it, walks onto it by
the arrow keys, or moves the slider past it.
"""

import re
from functools import partial
from html import escape
from typing import Any

import ipywidgets
import numpy as np
from numpy.typing import ArrayLike, NDArray

from tfm.by_hand.vectors import matmul, misfit
from tfm.kit.base import LessonWidget, View
from tfm.kit.entry import matrix_text, parse_matrix
from tfm.lessons.vectors.matmul_figure import product_svg

Array = NDArray[Any]

LARGEST_SIDE = 5
LONGEST = 400  # characters that are looked at for fractions; more than 25 numbers need
FRACTION = re.compile(r"(?<![^\s,;])([-−+]?\d+(?:\.\d+)?)/(\d+(?:\.\d+)?)(?![^\s,;])")


class MatrixProduct(LessonWidget):
    """Write two matrices, and fill their product cell by cell.

    Args:
        a: n × k, at most 5 × 5.
        b: k × m, at most 5 × 5.
        filled: how many cells are filled at first, in reading order.

    Raises:
        ValueError: a matrix is larger than 5 × 5, or `filled` is below 1.

    Example:
        >>> MatrixProduct([[1, 2], [3, 4]], [[5, 6], [7, 8]])
        <widget MatrixProduct>
    """

    def __init__(self, a: ArrayLike, b: ArrayLike, *, filled: int = 1) -> None:
        super().__init__()
        if filled < 1:
            raise ValueError(
                f"filled ({filled}) must be 1 or more: it counts the cells that are filled at first"
            )
        self._visited: frozenset[tuple[int, int]] = frozenset()
        pair = [
            _require_small(name, np.asarray(m, dtype=float)) for name, m in zip("AB", (a, b), strict=True)
        ]
        boxes = [self._box(name, matrix) for name, matrix in zip("AB", pair, strict=True)]
        cells = len(pair[0]) * pair[1].shape[1]
        slider = ipywidgets.IntSlider(min(filled, cells), 1, cells, description="cells filled")
        slider.layout.width = "300px"
        self.when(slider, self._stand_on_last)
        self.control("cells filled", slider)
        label = "The matrix product: arrow keys walk over its cells and fill them"
        first = _cell_of(min(filled, cells) - 1, pair[1].shape[1])
        self._paper = self.picture("product", label, cell=first)
        self.when(self._paper, self._visit, "cell")
        self.start(boxes, [slider, *self._buttons()], self._paper)

    # Layout -------------------------------------------------------------------------------------------------

    def _box(self, name: str, matrix: Array) -> Any:
        box = ipywidgets.Textarea(matrix_text(matrix), description=name, continuous_update=False, rows=4)
        box.layout.width = "230px"
        self.when(box, self._follow_shape)  # before the base draws
        return self.control(name, box)

    def _buttons(self) -> list[Any]:
        buttons = []
        for words, move in (("Back", -1), ("Forward", 1), ("All", 0)):
            buttons.append(self.button(words, partial(self.move, move), width="90px"))
        return buttons

    # What the reader does -----------------------------------------------------------------------------------

    def move(self, cells: int) -> None:
        """Fill so many cells more, or fewer if negative; 0 fills all."""
        slider = self.controls["cells filled"]
        wanted = slider.value + cells if cells else slider.max
        with self.at_once():
            self._visited = frozenset()
            slider.value = min(max(wanted, 1), slider.max)

    def forget(self) -> None:
        """See `LessonWidget.forget`."""
        self._visited = frozenset()
        self._follow_shape()

    def _visit(self) -> None:
        """Keep the cell that the reader points at filled."""
        self._visited |= {self.pointed("product", LARGEST_SIDE, LARGEST_SIDE)}

    def _stand_on_last(self) -> None:
        """After a move of the slider exactly its cells are filled, and the last of them is chosen."""
        with self.at_once():
            self._paper.cell = list(_cell_of(self.value("cells filled") - 1, self._columns()))
            self._visited = frozenset()

    def _follow_shape(self) -> None:
        """Let slider and pointer end where a new product ends; matrices that do not fit change neither."""
        try:
            a, b = self._matrices()
        except ValueError:
            return
        slider, cells = self.controls["cells filled"], len(a) * b.shape[1]
        with self.at_once():
            self._visited = frozenset()
            slider.max = cells
            self._stand_on_last()

    # Drawing ------------------------------------------------------------------------------------------------

    def draw(self) -> View:
        """See `LessonWidget.draw`."""
        a, b = self._matrices()
        result = matmul(a, b)
        n, m = result.shape
        cell = self.pointed("product", n, m)
        filled = {(i, j) for i, j in self._visited if i < n and j < m} | {cell}
        filled |= {_cell_of(k, m) for k in range(min(self.value("cells filled"), n * m))}
        svg = product_svg(a, b, result, filled=filled, chosen=cell)
        shapes = f"({_shape(a)}) ({_shape(b)}) makes {_shape(result)}"
        lines = [
            f"{shapes}: the inner {len(b)} and {len(b)} agree and go, the outer {n} and {m} stay.",
            f"{len(filled)} of {_many(n * m, 'cell')} filled; each is a sum of {_many(len(b), 'product')}.",
        ]
        return View({"product": svg}, "".join(f"<div>{escape(line)}</div>" for line in lines))

    def _matrices(self) -> tuple[Array, Array]:
        a, b = (_require_small(name, parse_matrix(name, _decimals(self.value(name)))) for name in "AB")
        if a.shape[1] != len(b):
            raise ValueError(misfit((a.shape[0], a.shape[1]), (b.shape[0], b.shape[1])))
        return a, b

    def _columns(self) -> int:
        try:
            return self._matrices()[1].shape[1]
        except ValueError:
            return 1


def _cell_of(number: int, columns: int) -> tuple[int, int]:
    return number // columns, number % columns


def _shape(matrix: Array) -> str:
    return " × ".join(str(n) for n in matrix.shape)


def _many(n: int, what: str) -> str:
    return f"{n} {what}{'' if n == 1 else 's'}"


def _require_small(name: str, matrix: Array) -> Array:
    if matrix.ndim != 2 or not matrix.size or max(matrix.shape) > LARGEST_SIDE:
        raise ValueError(
            f"{name} is {_shape(matrix)}: the picture has room for a matrix from 1 × 1 to "
            f"{LARGEST_SIDE} × {LARGEST_SIDE}, so take rows or columns away"
        )
    return matrix


def _decimals(text: str) -> str:
    """Write fractions such as 1/2 as decimals; what divides by 0 stays, and is told that it is no number."""

    def decimal(found: re.Match[str]) -> str:
        below = float(found[2])
        return repr(float(found[1].replace("−", "-")) / below) if below else found[0]

    return FRACTION.sub(decimal, text) if len(text) <= LONGEST else text
