"""A matrix as coloured, labelled cells: who looks at whom, and how much."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tfm.kit.messages import say
from tfm.kit.style import (
    FOCUS,
    INK,
    LINE,
    MUTED,
    diverging,
    ink_on,
    ramp,
    shorten,
    svg_page,
    svg_text,
    text_width,
)

LABEL = 13


def heatmap_svg(
    matrix: ArrayLike,
    rows: Sequence[str],
    columns: Sequence[str],
    *,
    title: str = "",
    chosen: tuple[int, int] | None = None,
    limit: float | None = 1.0,
) -> str:
    """Draw a matrix: rows are queries, columns are keys, darker is more.

    A matrix with a negative number is drawn on a scale around zero, orange below and blue above. −∞ (forbidden)
    and NaN are grey. Up to 14 columns the numbers stand in the cells.

    Args:
        matrix: T × S.
        rows: T labels.
        columns: S labels.
        title: a line above.
        chosen: row and column of the cell to frame.
        limit: the magnitude that gets the full colour; None takes the largest one.

    Returns:
        An SVG whose cells carry `data-cell="row,column"`.

    Example:
        >>> heatmap_svg([[0.25, 0.75]], ["a"], ["a", "b"]).count("data-cell")
        2
    """
    values = np.asarray(matrix, dtype=float)
    cell = _cell_size(max(values.shape))
    left = 16 + 1.1 * max(text_width(shorten(r), LABEL) for r in rows)  # room for a bold one
    slanted = max(text_width(shorten(c), LABEL) for c in columns) > cell - 4
    longest = max(text_width(shorten(c), LABEL) for c in columns)
    top = (26 if title else 6) + (14 + 0.72 * longest if slanted else 22)
    width = left + cell * len(columns) + 12 + (0.72 * longest if slanted else 0)
    width = max(width, text_width(title, 14) + 20)
    parts = [svg_text(8, 18, title, 14, 'font-weight="600"')] if title else []
    parts += _labels(rows, columns, left, top, cell, slanted, chosen)
    parts += _cells(values, left, top, cell, limit)
    if chosen is not None:
        x, y = left + chosen[1] * cell, top + chosen[0] * cell
        parts.append(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{cell}" height="{cell}" fill="none" stroke="{FOCUS}" '
            'stroke-width="2.5" pointer-events="none"/>'
        )
    return svg_page(width, top + cell * len(rows) + 10, parts, title or say("matrix"))


def number_text(value: float, digits: int = 2) -> str:
    """A number as short as a cell needs: no zero before the point, no digits after it from 100, −∞ as a sign.

    Example:
        >>> number_text(0.25), number_text(-1.5), number_text(1.0), number_text(float("-inf"))
        ('.25', '−1.50', '1.00', '−∞')
        >>> number_text(1234.5), number_text(-2_000_000)
        ('1234', '−2e6')
    """
    if np.isnan(value):
        return "NaN"
    if np.isinf(value):
        return "∞" if value > 0 else "−∞"
    if abs(value) >= 99_999.5:
        return ("−" if value < 0 else "") + f"{abs(value):.0e}".replace("e+0", "e").replace("e+", "e")
    digits = 0 if abs(value) >= 99.995 else digits
    text = f"{abs(value):.{digits}f}"
    text = text[1:] if text.startswith("0.") else text
    return ("−" if value < 0 and float(f"{value:.{digits}f}") else "") + text


def _cell_size(n: int) -> int:
    return 46 if n <= 8 else 36 if n <= 14 else 28 if n <= 20 else 20 if n <= 28 else 14


def _labels(
    rows: Sequence[str],
    columns: Sequence[str],
    left: float,
    top: float,
    cell: int,
    slanted: bool,
    chosen: tuple[int, int] | None,
) -> list[str]:
    size = min(LABEL, cell - 1)
    parts = []
    for i, row in enumerate(rows):
        bold = 'font-weight="700"' if chosen and chosen[0] == i else ""
        y = top + cell * (i + 0.5) + 0.35 * size
        parts.append(svg_text(left - 8, y, shorten(row), size, f'text-anchor="end" {bold}'))
    for j, column in enumerate(columns):
        bold = 'font-weight="700"' if chosen and chosen[1] == j else ""
        x = left + cell * (j + 0.5)
        turn = f'transform="rotate(-45 {x:.1f} {top - 6:.1f})"' if slanted else 'text-anchor="middle"'
        parts.append(svg_text(x, top - 6, shorten(column), size, f"{turn} {bold}"))
    return parts


def _cells(values: NDArray[Any], left: float, top: float, cell: int, limit: float | None) -> list[str]:
    finite = values[np.isfinite(values)]
    colour = diverging if finite.size and finite.min() < 0 else ramp
    full = limit if limit is not None else float(np.abs(finite).max(initial=0)) or 1.0
    written = cell >= 36
    size = 13 if cell >= 46 else 11
    squares, numbers = [], []  # what is alike stands once, in the group: a quick picture is a short one
    for (i, j), value in np.ndenumerate(values):
        x, y = left + j * cell, top + i * cell
        forbidden = np.isneginf(value)
        share = 0.0 if forbidden else round(float(value) / full, 2)
        squares.append(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{cell}" height="{cell}" data-cell="{i},{j}" '
            f'fill="{LINE if forbidden else colour(share)}"/>'
        )
        if written:
            fill = MUTED if forbidden else ink_on(share)
            at = f'x="{x + cell / 2:.1f}" y="{y + cell / 2 + 0.35 * size:.1f}"'
            numbers.append(f'<text {at} fill="{fill}">{number_text(value)}</text>')
    parts = [
        f'<g stroke="{LINE}" stroke-width="0.7">{"".join(squares)}</g>',
        f'<g font-size="{size}" text-anchor="middle" pointer-events="none">{"".join(numbers)}</g>',
    ]
    parts.append(
        f'<rect x="{left:.1f}" y="{top:.1f}" width="{cell * values.shape[1]}" '
        f'height="{cell * values.shape[0]}" fill="none" stroke="{INK}" stroke-width="0.8" pointer-events="none"/>'
    )
    return parts
