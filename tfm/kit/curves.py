"""A small chart that a widget can redraw quickly: lines and points over two axes, either of them logarithmic.

Every series differs by its shape (solid, dashed, disc, ring) as well as by its colour. For a figure that is drawn
once, matplotlib does more: `tfm.kit.new_figure`. This file knows nothing of what is drawn.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tfm.kit.axis import Axis, tick_text
from tfm.kit.style import BLUE, INK, LINE, MUTED, ORANGE, svg_page, svg_text

WIDTH, HEIGHT = 330, 300  # pixels of the plot itself
LEFT, TOP, RIGHT, BOTTOM = 62, 34, 14, 52
EXTENT = np.array([[WIDTH], [HEIGHT]])
FAR = 5000  # pixels outside the plot beyond which a line is not followed
LETTER = 6.6  # pixels of a letter of the legend
SIGNS = {
    "solid": (BLUE, 'stroke-width="2.2"'),
    "dashed": (ORANGE, 'stroke-width="2.2" stroke-dasharray="6 4"'),
    "dotted": (MUTED, 'stroke-width="1.6" stroke-dasharray="2 4"'),
    "disc": (BLUE, ""),
    "ring": (ORANGE, ""),
}
POINTS = {"disc", "ring"}

Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Series:
    """What is drawn in one sign.

    Attributes:
        x: n numbers.
        y: n numbers; where one is not finite, a line has a gap.
        name: for the legend; an empty one is not in it.
        sign: a line that is solid, dashed or dotted, or points that are discs or rings.

    Example:
        >>> Series([1, 2], [3, 4], "loss").sign
        'solid'
    """

    x: ArrayLike
    y: ArrayLike
    name: str = ""
    sign: Literal["solid", "dashed", "dotted", "disc", "ring"] = "solid"


def chart_svg(
    series: Sequence[Series],
    across: Axis,
    upwards: Axis,
    names: tuple[str, str],
    *,
    title: str = "",
    marker: float | None = None,
) -> str:
    """Draw lines and points over two axes.

    Args:
        series: what to draw, in this order.
        across: the axis to the right.
        upwards: the axis upwards.
        names: what the two axes measure.
        title: a line above.
        marker: where to draw a line upwards, “here we are”.

    Returns:
        An SVG; what lies outside the axes is cut off, and a point on their edge is whole.

    Example:
        >>> svg = chart_svg([Series([0, 1], [2, 1], "loss")], Axis((0, 1)), Axis((0, 3)), ("step", "loss"))
        >>> svg.count("<path")  # the grid, the curve, and its sign in the legend
        3
    """
    inner = [_grid(across, upwards)]
    if marker is not None:
        x = float(across.share(marker)) * WIDTH
        inner.append(
            f'<line x1="{x:.1f}" y1="0" x2="{x:.1f}" y2="{HEIGHT}" stroke="{INK}" stroke-width="1.2"/>'
        )
    outer = []
    for each in series:
        xy = np.stack(
            [across.share(_numbers(each.x)) * WIDTH, HEIGHT * (1 - upwards.share(_numbers(each.y)))]
        )
        if each.sign in POINTS:
            within = (np.abs(xy - EXTENT / 2) <= EXTENT / 2 + 0.5).all(axis=0)
            outer.append(_drawn(xy.T[within] + (LEFT, TOP), each.sign))
        else:
            inner.append(_drawn(xy.T, each.sign))
    square = f'<svg x="{LEFT}" y="{TOP}" width="{WIDTH}" height="{HEIGHT}" overflow="hidden">'
    frame = f'<rect x="{LEFT}" y="{TOP}" width="{WIDTH}" height="{HEIGHT}" fill="none" stroke="{LINE}"/>'
    words = svg_text(LEFT, TOP - 12, title, 14)
    parts = [
        square,
        *inner,
        "</svg>",
        frame,
        *outer,
        *_written(across, upwards, names),
        words,
        *_legend(series),
    ]
    return svg_page(
        LEFT + WIDTH + RIGHT, TOP + HEIGHT + BOTTOM, parts, title or f"{names[1]} over {names[0]}"
    )


def _numbers(values: ArrayLike) -> Array:
    return np.asarray(values, dtype=float)


def _drawn(pixels: Array, sign: str) -> str:
    colour, stroke = SIGNS[sign]
    seen = np.asarray(np.isfinite(pixels).all(axis=1))
    if sign in POINTS:
        fill = colour if sign == "disc" else "#fff"
        return "".join(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4.5" fill="{fill}" stroke="{colour}" stroke-width="1.6"/>'
            for x, y in pixels[seen].tolist()
        )
    there = np.clip(pixels, -FAR, FAR)
    pens = np.where(np.concatenate([[False], seen[:-1]]), "L", "M")  # a gap lifts the pen
    line = "".join(f"{p}{x:.1f} {y:.1f}" for p, (x, y) in zip(pens[seen], there[seen].tolist(), strict=True))
    return f'<path d="{line}" fill="none" stroke="{colour}" {stroke}/>'


def _grid(across: Axis, upwards: Axis) -> str:
    lines = [f"M{across.share(v) * WIDTH:.1f} 0V{HEIGHT}" for v in across.ticks()]
    lines += [f"M0 {HEIGHT * (1 - upwards.share(v)):.1f}H{WIDTH}" for v in upwards.ticks()]
    return f'<path d="{"".join(lines)}" stroke="{LINE}" stroke-width="0.7"/>'


def _written(across: Axis, upwards: Axis, names: tuple[str, str]) -> list[str]:
    bottom = TOP + HEIGHT
    parts = [
        svg_text(LEFT + across.share(v) * WIDTH, bottom + 17, tick_text(v), 12, 'text-anchor="middle"', MUTED)
        for v in across.ticks()
    ]
    parts += [
        svg_text(
            LEFT - 7, bottom - upwards.share(v) * HEIGHT + 4, tick_text(v), 12, 'text-anchor="end"', MUTED
        )
        for v in upwards.ticks()
    ]
    middle = f'text-anchor="middle" transform="rotate(-90 14 {TOP + HEIGHT / 2:.0f})"'
    parts.append(svg_text(LEFT + WIDTH / 2, bottom + 38, f"{names[0]} →", 13, 'text-anchor="middle"'))
    return [*parts, svg_text(14, TOP + HEIGHT / 2, f"{names[1]} →", 13, middle)]


def _legend(series: Sequence[Series]) -> list[str]:
    """Signs and names in a row above the plot, flush right."""
    named = [each for each in series if each.name]
    x = LEFT + WIDTH - sum(30 + LETTER * len(each.name) + 12 for each in named) + 12
    parts = []
    for each in named:
        ends = np.array([[x, TOP - 16.0], [x + 24, TOP - 16.0]])
        parts.append(_drawn(ends.mean(axis=0)[None] if each.sign in POINTS else ends, each.sign))
        parts.append(svg_text(x + 30, TOP - 12, each.name, 12))
        x += 30 + LETTER * len(each.name) + 12
    return parts
