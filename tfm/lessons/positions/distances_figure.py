"""Numbers against distance: curves in one frame, told apart by dashes as well as by colour.

Arrays in, SVG out. This file knows nothing of what is measured.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tfm.kit.style import BLUE, FOCUS, LINE, MUTED, ORANGE, svg_page, svg_text, text_width

LEFT = 52
CURVE_WIDTH, CURVE_HEIGHT = 330, 130
STYLES = [(BLUE, ""), (ORANGE, 'stroke-dasharray="6 4"'), (MUTED, 'stroke-dasharray="2 3"')]

Places = NDArray[np.float64]


class Curve(NamedTuple):
    """Numbers against distance.

    Attributes:
        distances: n whole numbers, in order.
        values: n numbers.
        label: what the curve is, for the legend.
    """

    distances: ArrayLike
    values: ArrayLike
    label: str


def distance_svg(curves: Sequence[Curve], *, marked: int | None = None, title: str = "") -> str:
    """Draw numbers against distance: up to three curves that differ by dashes as well as by colour.

    Args:
        curves: one to three.
        marked: a distance to mark by an upright line.
        title: a line above.

    Returns:
        An SVG.

    Example:
        >>> distance_svg([Curve([-1, 0, 1], [0.5, 1.0, 0.5], "from 3")]).count("<polyline")
        1
    """
    xs = [np.asarray(c.distances, dtype=float) for c in curves]
    ys = [np.asarray(c.values, dtype=float) for c in curves]
    low, high = _ends(np.concatenate(ys))
    left, right = min(float(x.min()) for x in xs), max(float(x.max()) for x in xs)
    top = 52 if title else 30

    def at(x: float, y: float) -> tuple[float, float]:
        across = LEFT + (x - left) / max(right - left, 1) * CURVE_WIDTH
        return across, top + (high - y) / (high - low) * CURVE_HEIGHT

    parts = [svg_text(8, 18, title, 14, 'font-weight="600"')] if title else []
    parts += legend(tuple(c.label for c in curves), LEFT, top - 12)
    parts.append(frame(LEFT, top, CURVE_WIDTH, CURVE_HEIGHT, LINE, 1))
    for value in _nice(low, high, 4):
        _, y = at(left, value)
        parts.append(f'<path d="M{LEFT} {y:.1f}h{CURVE_WIDTH}" stroke="{LINE}" stroke-width="0.6"/>')
        parts.append(svg_text(LEFT - 7, y + 4, plain(value), 11, 'text-anchor="end"', MUTED))
    for value in _nice(left, right, 8):
        x, _ = at(value, low)
        parts.append(svg_text(x, top + CURVE_HEIGHT + 15, plain(value), 11, 'text-anchor="middle"', MUTED))
    if marked is not None and left <= marked <= right:
        x, _ = at(marked, low)
        parts.append(f'<path d="M{x:.1f} {top}v{CURVE_HEIGHT}" stroke="{FOCUS}" stroke-width="1.5"/>')
    for across, upwards, (colour, dash) in zip(xs, ys, STYLES, strict=False):
        places = [at(*place) for place in zip(across.tolist(), upwards.tolist(), strict=True)]
        points = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2" {dash}/>')
    words = "distance: the other position minus this one →"
    parts.append(svg_text(LEFT + CURVE_WIDTH / 2, top + CURVE_HEIGHT + 33, words, 12, 'text-anchor="middle"'))
    return svg_page(LEFT + CURVE_WIDTH + 18, top + CURVE_HEIGHT + 42, parts, title or "against distance")


def legend(labels: tuple[str, ...], x: float, y: float) -> list[str]:
    """Short strokes and what they stand for, side by side; an empty label is left out."""
    parts = []
    for label, (colour, dash) in zip(labels, STYLES, strict=False):
        if label:
            parts.append(f'<path d="M{x:.0f} {y - 4:.0f}h24" stroke="{colour}" stroke-width="2.2" {dash}/>')
            parts.append(svg_text(x + 30, y, label, 12))
            x += 46 + text_width(label, 12)
    return parts


def frame(x: float, y: float, width: float, height: float, colour: str, stroke: float) -> str:
    """An empty rectangle that lets the pointer through."""
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="none" stroke="{colour}" '
        f'stroke-width="{stroke}" pointer-events="none"/>'
    )


def plain(value: float) -> str:
    """A number with a true minus.

    Example:
        >>> plain(-0.5)
        '−0.5'
    """
    return f"{value:g}".replace("-", "−")


def _ends(values: Places) -> tuple[float, float]:
    low, high = float(values.min()), float(values.max())
    room = 0.06 * (high - low) or 0.5
    return low - room, high + room


def _nice(low: float, high: float, most: int) -> list[float]:
    """Round numbers between two ends, at most so many and one more."""
    rough = (high - low) / most or 1.0
    power = 10.0 ** np.floor(np.log10(rough))
    step = next(s * power for s in (1, 2, 5, 10) if s * power >= rough - 1e-12)
    return [float(k * step) for k in range(int(np.ceil(low / step)), int(np.floor(high / step)) + 1)]
