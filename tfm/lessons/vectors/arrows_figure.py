"""Vectors as arrows on squared paper: alone, as a sum that walks both paths, with the shadow one throws.

The arrows have letters beside their tips, so that nobody needs the colour. This file is given numbers; what a
projection is stands in `tfm.by_hand.vectors`.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tfm.kit.cases import plain_number
from tfm.kit.style import BLUE, INK, MUTED, ORANGE, ramp, shorten
from tfm.lessons.vectors.board_figure import ORIGIN, Board

Array = NDArray[Any]

EXTENT = 6.0  # units from the middle of the paper to each side
RIM = 1.0  # a tip stays this far from the edge
STEP = 0.5  # how far an arrow key moves a tip
SIDE = 420.0
GRIP = 13  # radius in pixels of the disc by which a tip is dragged
SHADOW = ramp(0.35)


def arrows_svg(
    arrows: Mapping[str, ArrayLike],
    *,
    high: float | None = None,
    side: float = 320.0,
    colours: Sequence[str] = (BLUE, ORANGE, INK, MUTED),
    title: str = "",
) -> str:
    """Draw vectors as named arrows from the origin.

    Args:
        arrows: a name for each vector of two numbers.
        high: the unit at the right and upper edge; enough for all arrows by default. Where no number is
            negative, only the quarter to the right and upwards is drawn.
        side: pixels.
        colours: one an arrow, taken in turn.
        title: a line above.

    Returns:
        An SVG.

    Example:
        >>> arrows_svg({"a": [3, 1], "b": [1, 2]}).count('stroke-width="3"')
        2
    """
    vectors = {name: np.asarray(vector, dtype=float) for name, vector in arrows.items()}
    numbers = np.array([*vectors.values()]).reshape(-1)
    high = high or float(np.ceil(np.abs(numbers).max(initial=0.5) + 0.4))
    board = Board(-high if (numbers < 0).any() else -0.12 * high, high, side, title)
    shades = dict(zip(vectors, (colours[n % len(colours)] for n in range(len(vectors))), strict=True))
    parts = board.paper()
    parts += [board.arrow(vector, shades[name]) for name, vector in vectors.items()]
    parts += [board.label(vector, shorten(name, 16), shades[name]) for name, vector in vectors.items()]
    return board.page(parts, title or "arrows: " + ", ".join(vectors))


def two_vectors_svg(
    a: ArrayLike,
    b: ArrayLike,
    *,
    paths: bool = True,
    foot: ArrayLike | None = None,
    held: str = "",
    side: float = SIDE,
    extent: float = EXTENT,
    low: float | None = None,
    title: str = "",
) -> str:
    """Draw a and b, and on demand their sum by both paths, and the shadow of a on the line of b.

    Args:
        a: two numbers.
        b: two numbers.
        paths: draw a + b, and the two ways to it: first a then b, first b then a.
        foot: where the shadow of a ends; it is drawn with its right angle. None draws no shadow.
        held: `a` or `b`: both tips can then be dragged, and this one answers to the arrow keys.
        side: pixels.
        extent: units from the middle to each side.
        low: the unit at the left and lower edge, where that is nearer than `extent`.
        title: a line above.

    Returns:
        An SVG; with `held` its tips carry `data-drag="a"` and `data-drag="b"`, and its key steps
        `data-cell="row,column"` as `key_cell` counts them.

    Example:
        >>> svg = two_vectors_svg([3, 1], [1, 2], held="a")
        >>> svg.count("data-drag"), "a + b" in svg
        (2, True)
    """
    board = Board(-extent if low is None else low, extent, side, title)
    first, second = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    parts = board.paper()
    if foot is not None:
        parts += _shadow(board, first, second, np.asarray(foot, dtype=float))
    if paths:
        parts += [
            board.arrow(first + second, ORANGE, start=first, dashed=True),
            board.arrow(first + second, BLUE, start=second, dashed=True),
            board.arrow(first + second, INK),
        ]
    parts += [board.arrow(first, BLUE), board.arrow(second, ORANGE)]
    away = 12.0
    if held:
        parts += [_steps(extent), *_grips(board, {"a": first, "b": second}, held)]
        away += GRIP
    if paths:
        parts.append(board.label(first + second, "a + b", INK))
    parts += [board.label(first, "a", BLUE, away=away), board.label(second, "b", ORANGE, away=away)]
    return board.page(parts, title or f"a = {vector_text(a)}, b = {vector_text(b)}")


def key_cell(point: ArrayLike, extent: float = EXTENT) -> list[int]:
    """The key step nearest to a point: row from the top, column from the left, in units of `STEP`.

    Example:
        >>> key_cell([0, 0], extent=5), key_cell([-5, 5], extent=5)
        ([10, 10], [0, 0])
    """
    x, y = np.asarray(point, dtype=float).tolist()
    return [int(np.floor((extent - y) / STEP + 0.5)), int(np.floor((extent + x) / STEP + 0.5))]


def vector_text(vector: ArrayLike) -> str:
    """Write a vector as people do.

    Example:
        >>> vector_text([3, -0.5])
        '(3, −0.5)'
    """
    return f"({', '.join(map(plain_number, np.asarray(vector, dtype=float).tolist()))})"


def _shadow(board: Board, a: Array, b: Array, foot: Array) -> list[str]:
    """The line through b, the shadow of a on it, and the right angle at its end."""
    along = b / np.hypot(*b)
    (x1, y1), (x2, y2) = board.at(-3 * board.high * along), board.at(3 * board.high * along)
    (ax, ay), (fx, fy), (ox, oy) = board.at(a), board.at(foot), board.at(ORIGIN)
    dotted = 'stroke-width="1" stroke-dasharray="2 4"'
    parts = [
        f'<path d="M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}" stroke="{ORANGE}" {dotted}/>',
        f'<path d="M{ox:.1f} {oy:.1f}L{fx:.1f} {fy:.1f}" stroke="{SHADOW}" stroke-width="11"/>',
    ]
    drop = a - foot
    far = float(np.hypot(*drop))
    if far * board.unit > 14:
        size = 10 / board.unit
        inward = -along if float(foot @ along) > 0 else along
        corner = [foot + size * inward, foot + size * (inward + drop / far), foot + size * drop / far]
        marks = "L".join(f"{x:.1f} {y:.1f}" for x, y in map(board.at, corner))
        parts.append(f'<path d="M{marks}" fill="none" stroke="{INK}" stroke-width="1.2"/>')
    dashes = 'stroke-width="1.6" stroke-dasharray="3 3"'
    return [*parts, f'<path d="M{ax:.1f} {ay:.1f}L{fx:.1f} {fy:.1f}" stroke="{BLUE}" {dashes}/>']


def _grips(board: Board, tips: Mapping[str, Array], held: str) -> list[str]:
    """Discs around the tips; the held one comes last, on top, with a strong ring."""
    parts = []
    for name in sorted(tips, key=lambda n: n == held):
        x, y = board.at(tips[name])
        colour, width = (BLUE if name == "a" else ORANGE), (3 if name == held else 1)
        parts.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{GRIP}" fill="{colour}" fill-opacity="0.14" '
            f'stroke="{colour}" stroke-width="{width}" data-drag="{name}"/>'
        )
    return parts


@cache
def _steps(extent: float) -> str:
    """Marks without a shape, one a key step: where they end, the arrow keys end."""
    rim = round(RIM / STEP)
    span = range(rim, round(2 * extent / STEP) - rim + 1)
    return "".join(f'<g data-cell="{row},{column}"/>' for row in span for column in span)
