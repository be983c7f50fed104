"""A few numbers, and what normalisations make of them: a row each, as digits and as dots on a number line.

The first of the numbers is a ring and the others are discs, so that it can be followed down the rows. This file
knows no normalisation.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from tfm.kit.axis import Axis, tick_text
from tfm.kit.cases import plain_number
from tfm.kit.style import BLUE, INK, LINE, MUTED, ORANGE, shorten, svg_page, svg_text

ROW, TOP, BOTTOM = 38, 62, 34
NAME, COLUMN, LINE_WIDTH = 132, 66, 330
ROOM = 2.4  # the number line reaches at least so far to either side
END = 'text-anchor="end"'


def marks_svg(marks: ArrayLike, rows: Sequence[tuple[str, ArrayLike]], *, title: str = "") -> str:
    """Draw what each normalisation makes of the marks.

    Args:
        marks: n numbers, the head of the table.
        rows: for each normalisation its name and n numbers; numbers that are not finite are written “–”.
        title: a line above.

    Returns:
        An SVG.

    Example:
        >>> marks_svg([90, 50], [("min–max", [1, 0])]).count("<circle")
        2
    """
    head = np.asarray(marks, dtype=float)
    table = [(name, np.asarray(values, dtype=float)) for name, values in rows]
    axis = _axis(np.concatenate([values for _, values in table]))
    left = NAME + COLUMN * len(head) + 34
    bottom = TOP + ROW * len(table)
    parts = [svg_text(10, 22, title, 14, 'font-weight="600"')] if title else []
    parts += [
        svg_text(NAME + COLUMN * (j + 1), TOP - 12, _mark(value), 14, f'{END} font-weight="600"')
        for j, value in enumerate(head.tolist())
    ]
    parts += _scale(axis, left, bottom)
    for i, (name, values) in enumerate(table):
        parts.append(_row(TOP + ROW * i + ROW / 2, name, values, axis, left))
    return svg_page(left + LINE_WIDTH + 22, bottom + BOTTOM, parts, title or "The marks, normalised")


def short_number(value: float) -> str:
    """A number in at most seven signs: three decimals, or a power of ten where they would all be 0.

    Example:
        >>> short_number(0.25), short_number(-1.41421), short_number(0.0000454), short_number(float("nan"))
        ('0.250', '−1.414', '4.5e−5', '–')
    """
    if not np.isfinite(value):
        return "–"
    small = value != 0 and abs(value) < 5e-4
    words = f"{value:.1e}".replace("e-0", "e-") if small else f"{value:.3f}"
    return words.replace("-0.000", "0.000").replace("-", "−")


def _mark(value: float) -> str:
    words = plain_number(value)
    return words if len(words) <= 7 else shorten(f"{value:.2e}".replace("e+0", "e").replace("-", "−"), 8)


def _axis(values: np.ndarray) -> Axis:
    far = max(ROOM, 1.05 * float(abs(values[np.isfinite(values)]).max(initial=0)))
    return Axis((-far, far))


def _scale(axis: Axis, left: float, bottom: float) -> list[str]:
    parts = []
    for tick in axis.ticks():
        x = left + LINE_WIDTH * axis.share(tick)
        look = f'stroke="{MUTED if not tick else LINE}" stroke-width="{1.6 if not tick else 1}"'
        parts.append(f'<path d="M{x:.1f} {TOP - 4}V{bottom + 4}" {look}/>')
        parts.append(svg_text(x, bottom + 21, tick_text(tick), 13, 'text-anchor="middle"', MUTED))
    return parts


def _row(y: float, name: str, values: np.ndarray, axis: Axis, left: float) -> str:
    line = f'<path d="M10 {y + ROW / 2:.1f}H{left + LINE_WIDTH:.1f}" stroke="{LINE}" stroke-width="0.7"/>'
    parts = [line, svg_text(10, y + 5, name, 14, "", INK)]
    for j, value in enumerate(values.tolist()):
        parts.append(svg_text(NAME + COLUMN * (j + 1), y + 5, short_number(value), 13, END))
    for j in reversed(range(len(values))):  # the first one on top
        if np.isfinite(values[j]):
            ring, disc = f'fill="#fff" stroke="{ORANGE}"', f'fill="{BLUE}" fill-opacity="0.75" stroke="#fff"'
            look = disc if j else ring
            x = left + LINE_WIDTH * float(axis.share(values[j]))
            parts.append(
                f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{7 if not j else 6}" {look} stroke-width="2.4"/>'
            )
    return "".join(parts)
