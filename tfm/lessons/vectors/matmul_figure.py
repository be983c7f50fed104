"""A matrix product laid out so that a cell stands where its row and its column cross.

A is to the left, B above, the product in the corner between them. The chosen cell's row and column are framed,
and below stands the sum that fills it. This file multiplies nothing itself: it is given the result.
"""

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tfm.kit.cases import plain_number
from tfm.kit.style import (
    BLUE,
    FOCUS,
    INK,
    LINE,
    MUTED,
    ORANGE,
    ramp,
    shorten,
    svg_page,
    svg_text,
    text_width,
)

Array = NDArray[Any]
Cell = tuple[int, int]

CELL = 46.0
SIZE = 15.0
GAP = 34.0
LEFT, TOP = 16.0, 40.0
SUM = 64.0  # pixels below the matrices for the sum
ROW, COLUMN = "#dbe8fa", "#fbe3d1"
UNKNOWN = "#8c959f"


def product_svg(
    a: ArrayLike,
    b: ArrayLike,
    result: ArrayLike,
    *,
    filled: Collection[Cell] | None = None,
    chosen: Cell | None = None,
    names: Sequence[str] = ("A", "B", "A B"),
) -> str:
    """Draw two matrices and the cells of their product that are filled so far.

    Args:
        a: n × k.
        b: k × m.
        result: n × m.
        filled: row and column of the cells that show their number; all by default.
        chosen: the cell to frame, with its row, its column and its sum.
        names: what the three are called.

    Returns:
        An SVG; the product's cells carry `data-cell="row,column"`.

    Example:
        >>> svg = product_svg([[1, 2]], [[3], [4]], [[11]], chosen=(0, 0))
        >>> svg.count("data-cell"), "1·3 + 2·4 = 11" in svg
        (1, True)
    """
    left, above, corner = (np.asarray(m, dtype=float) for m in (a, b, result))
    shown = {(int(i), int(j)) for i, j in np.ndindex(*corner.shape)} if filled is None else set(filled)
    grids = _laid_out(left, above, corner, names)
    parts = [grid.heading() for grid in grids]
    parts += [grids[2].box(cell, "", f'fill="{ramp(0.12)}"') for cell in sorted(shown)]
    if chosen:
        i, j = chosen
        parts += [
            grids[0].box((i, None), "", f'fill="{ROW}"'),
            grids[1].box((None, j), "", f'fill="{COLUMN}"'),
        ]
    parts += [grid.lines() for grid in grids]
    parts += [grids[0].numbers(), grids[1].numbers(), grids[2].numbers(shown)]
    sums = [_sum(left[i], above[:, j], float(corner[i, j])) for i, j in np.ndindex(*corner.shape)]
    bottom = grids[2].y + grids[2].height
    if chosen:
        parts += [grids[0].box((i, None), BLUE), grids[1].box((None, j), ORANGE), grids[2].box(chosen, FOCUS)]
        parts += _sentence(chosen, sums[i * corner.shape[1] + j], bottom, names)
    parts += [
        grids[2].box((i, j), "", f'fill="transparent" data-cell="{i},{j}"')
        for i, j in np.ndindex(*corner.shape)
    ]
    width = max(*(grid.right for grid in grids), *(LEFT + 1.1 * text_width(text, SIZE) for text in sums)) + 16
    return svg_page(max(width, 300), bottom + SUM, parts, f"{names[0]} times {names[1]}, cell by cell")


class _Grid:
    """One matrix on the paper: where its cells are, and what is drawn of them."""

    def __init__(self, name: str, values: Array, x: float, y: float, width: float) -> None:
        self.values, self.x, self.y, self.cell = values, x, y, width
        self.width, self.height = width * values.shape[1], CELL * values.shape[0]
        self.words = f"{shorten(name)}   {values.shape[0]} × {values.shape[1]}"
        self.right = x + max(self.width, 1.1 * text_width(self.words, 13))

    def heading(self) -> str:
        return svg_text(self.x, self.y - 10, self.words, 13, 'font-weight="600" xml:space="preserve"')

    def box(self, place: tuple[int | None, int | None], stroke: str, look: str = 'fill="none"') -> str:
        """A rectangle around a cell, a whole row (no column), a whole column (no row)."""
        row, column = place
        x, width = (self.x, self.width) if column is None else (self.x + column * self.cell, self.cell)
        y, height = (self.y, self.height) if row is None else (self.y + row * CELL, CELL)
        line = f' stroke="{stroke}" stroke-width="3"' if stroke else ""
        return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" {look}{line}/>'

    def numbers(self, shown: Collection[Cell] | None = None) -> str:
        texts = []
        for (i, j), value in np.ndenumerate(self.values):
            x, y = self.x + (j + 0.5) * self.cell, self.y + (i + 0.5) * CELL
            known = shown is None or (i, j) in shown
            text, fill = (plain_number(value), INK) if known else ("?", UNKNOWN)
            texts.append(svg_text(x, y + 5, text, SIZE, 'text-anchor="middle"', fill))
        return "".join(texts)

    def lines(self) -> str:
        rows, columns = self.values.shape
        inner = [f"M{self.x:.1f} {self.y + i * CELL:.1f}h{self.width:.1f}" for i in range(1, rows)]
        inner += [f"M{self.x + j * self.cell:.1f} {self.y:.1f}v{self.height:.1f}" for j in range(1, columns)]
        box = self.box((None, None), "", f'fill="none" stroke="{MUTED}" stroke-width="1.2"')
        return f'<path d="{"".join(inner)}" stroke="{LINE}"/>{box}'


def _laid_out(a: Array, b: Array, c: Array, names: Sequence[str]) -> tuple[_Grid, _Grid, _Grid]:
    """A to the left, B above, the product in the corner."""
    right = max(_cell_width(b), _cell_width(c))  # B's columns stand exactly over the product's
    wide = _cell_width(a)
    x = _Grid(names[0], a, LEFT, 0, wide).right + GAP
    y = TOP + CELL * b.shape[0] + GAP
    return (
        _Grid(names[0], a, LEFT, y, wide),
        _Grid(names[1], b, x, TOP, right),
        _Grid(names[2], c, x, y, right),
    )


def _cell_width(values: Array) -> float:
    longest = max((text_width(plain_number(v), SIZE) for v in values.reshape(-1)), default=0.0)
    return max(CELL, longest + 14)


def _sum(row: Array, column: Array, total: float) -> str:
    terms = [f"{_factor(x)}·{_factor(y)}" for x, y in zip(row, column, strict=True)]
    return f"{' + '.join(terms)} = {plain_number(total)}"


def _factor(value: float) -> str:
    """A number as it stands in a product: a negative one in brackets."""
    return plain_number(value) if value >= 0 else f"({plain_number(value)})"


def _sentence(chosen: Cell, words: str, bottom: float, names: Sequence[str]) -> list[str]:
    place = f"row {chosen[0] + 1} of {names[0]}, column {chosen[1] + 1} of {names[1]}:"
    return [
        svg_text(LEFT, bottom + 26, place, 13, "", MUTED),
        svg_text(LEFT, bottom + 50, words, SIZE, 'font-weight="700"'),
    ]
