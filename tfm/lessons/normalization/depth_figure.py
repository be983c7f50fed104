"""The size of the numbers at each layer of a deep stack, forwards and backwards, and two ways to wire a norm.

The axis of sizes is logarithmic: a straight line means that every layer multiplies by the same factor. The
signal is a solid line and the gradient a dashed one. This file draws what it is given and knows no network.
"""

import math

import numpy as np
from numpy.typing import ArrayLike

from tfm.kit.axis import Axis
from tfm.kit.curves import Series, chart_svg
from tfm.kit.style import BLUE, INK, MUTED, ORANGE, svg_page, svg_text

MOST_POWER = 300  # of ten, beyond which nothing is drawn
MIDDLE = 'text-anchor="middle"'
ROAD, BY_ROAD = 62.0, 128.0  # pixels from the top of a wiring
HIGH = 178.0  # pixels of a wiring


def depth_svg(signal: ArrayLike, gradient: ArrayLike, *, title: str = "") -> str:
    """Draw the size of the signal and of the gradient before each of L layers and after the last.

    Args:
        signal: L + 1 sizes, at least 0; those that are 0 or not finite leave a gap.
        gradient: L + 1 sizes.
        title: a line above.

    Returns:
        An SVG with two curves over one logarithmic axis.

    Example:
        >>> svg = depth_svg([1, 2, 4], [16, 4, 1], title="two layers")
        >>> svg.count("stroke-dasharray"), "10²" in svg  # the gradient and its sign in the legend
        (2, False)
    """
    sizes = [np.asarray(each, dtype=float) for each in (signal, gradient)]
    drawn = [np.where(np.isfinite(each) & (each > 0), each, np.nan) for each in sizes]
    layers = np.arange(len(sizes[0]))
    series = [Series(layers, drawn[0], "signal"), Series(layers, drawn[1], "gradient", "dashed")]
    axes = Axis((0, max(1, len(layers) - 1))), Axis(_decades(np.concatenate(drawn)), log=True)
    return chart_svg(series, *axes, ("after layer", "size"), title=title)


def _decades(sizes: np.ndarray) -> tuple[float, float]:
    """Whole powers of ten around all sizes, two apart at least, with 1 among them."""
    powers = np.log10(sizes[np.isfinite(sizes)])
    low = max(-MOST_POWER, min(-1, math.floor(powers.min(initial=0) - 0.05)))
    high = min(MOST_POWER, max(1, math.ceil(powers.max(initial=0) + 0.05)))
    return 10.0**low, 10.0**high


def wirings_svg(part: str = "part") -> str:
    """Draw post-norm above pre-norm: the thick line is the road past the part, from layer to layer.

    Args:
        part: what stands in the box, such as attention.

    Returns:
        An SVG.

    Example:
        >>> wirings_svg().count(">norm<")
        2
    """
    post = [
        _words("post-norm: the road leads through the norm", "norm(x + part(x))"),
        _road(470),
        _side(90, 300),
        _box(195, BY_ROAD, part, BLUE),
        _plus(300),
        _box(382, ROAD, "norm", ORANGE),
    ]
    pre = [
        _words("pre-norm: the road is free, the norm stands before the part", "x + part(norm(x))"),
        _road(470),
        _side(90, 382),
        _box(175, BY_ROAD, "norm", ORANGE),
        _box(285, BY_ROAD, part, BLUE),
        _plus(382),
    ]
    below = f'<g transform="translate(0 {HIGH})">{"".join(pre)}</g>'
    return svg_page(560, 2 * HIGH, [*post, below], "Post-norm and pre-norm")


def _words(title: str, formula: str) -> str:
    bold = 'font-weight="600"'
    return svg_text(14, 24, title, 14, bold) + svg_text(400, BY_ROAD + 30, formula, 13, "", MUTED)


def _road(end: float) -> str:
    """The way past the part, thick, with x at its beginning and what comes next at its end."""
    return (
        svg_text(22, ROAD + 5, "x", 16, 'font-style="italic"')
        + _arrow(40, ROAD, end, 5)
        + svg_text(end + 14, ROAD + 5, "next x", 14)
        + f'<circle cx="90" cy="{ROAD}" r="5" fill="{INK}"/>'
    )


def _side(start: float, end: float) -> str:
    """The way through the part: down, along, and up again."""
    return (
        f'<path d="M{start} {ROAD}V{BY_ROAD}H{end}V{ROAD + 22}" fill="none" stroke="{MUTED}" stroke-width="2"/>'
        f'<path d="M{end - 5} {ROAD + 24}l5 -9l5 9z" fill="{MUTED}"/>'
    )


def _arrow(start: float, y: float, end: float, width: float) -> str:
    return (
        f'<path d="M{start} {y}H{end - 8}" stroke="{INK}" stroke-width="{width}"/>'
        f'<path d="M{end - 12} {y - 8}l14 8l-14 8z" fill="{INK}"/>'
    )


def _box(x: float, y: float, word: str, colour: str) -> str:
    half = max(36.0, 4.2 * len(word) + 14)
    return (
        f'<rect x="{x - half:.0f}" y="{y - 18}" width="{2 * half:.0f}" height="36" rx="6" fill="#fff" '
        f'stroke="{colour}" stroke-width="2.5"/>' + svg_text(x, y + 5, word, 14, MIDDLE, colour)
    )


def _plus(x: float) -> str:
    return (
        f'<circle cx="{x}" cy="{ROAD}" r="14" fill="#fff" stroke="{INK}" stroke-width="2"/>'
        f'<path d="M{x - 7} {ROAD}h14M{x} {ROAD - 7}v14" stroke="{INK}" stroke-width="2"/>'
    )
