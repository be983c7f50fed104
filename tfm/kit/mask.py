"""Masks and what comes of them, as grids: who may look, and which output moves when an input is changed."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from tfm.by_hand.masks import fit_mask
from tfm.kit.heatmap import number_text
from tfm.kit.style import (
    BLUE,
    FOCUS,
    INK,
    LINE,
    MUTED,
    ink_on,
    ramp,
    shorten,
    svg_page,
    svg_text,
    text_width,
)

CELL, LABEL = 38, 13
NOTHING = 1e-12  # what rounding alone may move


def mask_svg(
    mask: ArrayLike,
    rows: Sequence[str],
    columns: Sequence[str],
    *,
    title: str = "who may look where",
    chosen: tuple[int, int] | None = None,
) -> str:
    """Draw a mask: a dot where the row may look at the column, a hatched cell where it may not.

    Args:
        mask: T × S, True where looking is allowed; or floats that are added to the scores, where −∞ forbids it.
        rows: T labels.
        columns: S labels.
        title: a line above.
        chosen: row and column of the cell to frame.

    Returns:
        An SVG whose cells carry `data-cell="row,column"`.

    Raises:
        ValueError: it is no mask, or does not fit the labels.

    Example:
        >>> mask_svg([[True, False]], ["a"], ["a", "b"]).count("<circle")
        1
        >>> mask_svg([[1, 0]], ["a"], ["a", "b"])
        Traceback (most recent call last):
        ValueError: the mask holds numbers of int64, and a mask is True where a query may look and False where ...
    """
    mask = fit_mask(mask, (len(rows), len(columns)))
    allowed = mask if mask.dtype == bool else mask > -np.inf
    parts = []
    for (i, j), may in np.ndenumerate(allowed):
        x, y = j * CELL, i * CELL
        parts.append(_square(i, j, "#ffffff" if may else "url(#tfm-hatch)"))
        if may:
            middle = f'cx="{x + CELL / 2}" cy="{y + CELL / 2}"'
            parts.append(f'<circle {middle} r="8" fill="{BLUE}" pointer-events="none"/>')
    return _grid(parts, allowed.shape, rows, columns, title, chosen)


def amounts_svg(
    amounts: ArrayLike,
    rows: Sequence[str],
    columns: Sequence[str],
    *,
    title: str = "change a column: which rows move?",
    chosen: tuple[int, int] | None = None,
    limit: float | None = None,
) -> str:
    """Draw amounts that may be nothing at all: a number in a cell, hatched where there is exactly none.

    So with how far each output (row) moved when an input (column) was changed, and with masked weights.

    Args:
        amounts: T outputs × S inputs, 0 or more.
        rows: T labels.
        columns: S labels.
        title: a line above.
        chosen: row and column of the cell to frame.
        limit: the amount that gets the full colour; None takes the largest one.

    Returns:
        An SVG whose cells carry `data-cell="row,column"`.

    Example:
        >>> amounts_svg([[0.5, 0.0]], ["a"], ["a", "b"]).count(">.50<")
        1
    """
    values = np.asarray(amounts, dtype=float)
    most = limit or float(values.max(initial=0)) or 1.0
    parts = []
    for (i, j), value in np.ndenumerate(values):
        still = value <= NOTHING
        parts.append(_square(i, j, "url(#tfm-hatch)" if still else ramp(value / most)))
        if not still:
            text = number_text(value) if value >= 0.005 else "<.01"
            at = ((j + 0.5) * CELL, (i + 0.5) * CELL + 4)
            middle = 'text-anchor="middle" pointer-events="none"'
            parts.append(svg_text(*at, text, 11, middle, ink_on(value / most)))
    return _grid(parts, values.shape, rows, columns, title, chosen)


def _square(row: int, column: int, fill: str) -> str:
    return (
        f'<rect x="{column * CELL}" y="{row * CELL}" width="{CELL}" height="{CELL}" fill="{fill}" '
        f'stroke="{LINE}" data-cell="{row},{column}"/>'
    )


def _grid(
    parts: list[str],
    shape: tuple[int, ...],
    rows: Sequence[str],
    columns: Sequence[str],
    title: str,
    chosen: tuple[int, int] | None,
) -> str:
    left = 16 + 1.1 * max(text_width(shorten(r), LABEL) for r in rows)
    longest = max(text_width(shorten(c), LABEL) for c in columns)
    slanted = longest > CELL - 4
    top = 34 + (8 + 0.72 * longest if slanted else 16)
    width, height = CELL * shape[1], CELL * shape[0]
    page = max(left + width + (0.72 * longest if slanted else 0) + 10, text_width(title, 14) + 20)
    labels = [svg_text(8, 18, title, 14, 'font-weight="600"')]
    for i, row in enumerate(rows):
        bold = ' font-weight="700"' if chosen and chosen[0] == i else ""
        y = top + CELL * (i + 0.5) + 5
        labels.append(svg_text(left - 8, y, shorten(row), LABEL, f'text-anchor="end"{bold}'))
    for j, column in enumerate(columns):
        bold = ' font-weight="700"' if chosen and chosen[1] == j else ""
        x, y = left + CELL * (j + 0.5), top - 6
        turn = f'transform="rotate(-45 {x:.1f} {y:.1f})"' if slanted else 'text-anchor="middle"'
        labels.append(svg_text(x, y, shorten(column), LABEL, turn + bold))
    frame = f'<rect width="{width}" height="{height}" fill="none" stroke="{INK}" pointer-events="none"/>'
    if chosen is not None:
        frame += (
            f'<rect x="{chosen[1] * CELL}" y="{chosen[0] * CELL}" width="{CELL}" height="{CELL}" fill="none" '
            f'stroke="{FOCUS}" stroke-width="2.5" pointer-events="none"/>'
        )
    body = f'<g transform="translate({left:.1f} {top:.1f})">{"".join(parts)}{frame}</g>'
    return svg_page(page, top + height + 10, [_HATCH, *labels, body], title)


_HATCH = (
    '<defs><pattern id="tfm-hatch" width="7" height="7" patternUnits="userSpaceOnUse" '
    'patternTransform="rotate(45)"><rect width="7" height="7" fill="#f3f4f6"/>'
    f'<line x1="0" y1="0" x2="0" y2="7" stroke="{MUTED}" stroke-width="1.1" stroke-opacity="0.45"/>'
    "</pattern></defs>"
)
