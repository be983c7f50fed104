"""A plane coloured by what a neuron says of each place, the points on it, and the loss of train and test below.

Points of one sign are discs, of the other squares; training points are full, test points hollow. This file is
handed arrays; it knows nothing of training.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tfm.kit.style import BLUE, INK, LINE, MUTED, ORANGE, diverging, svg_page, svg_text
from tfm.lessons.playground.smooth import smooth_image

SIDE = 288  # pixels of the plane's square
LEFT, TOP = 34, 30
EDGE = 6.0
CURVES = 74  # pixels of the loss curves' height
MOST_DOTS = 200  # places at which a loss curve is drawn

Array = NDArray[Any]


def plane_map_svg(
    values: ArrayLike,
    title: str,
    *,
    points: str = "",
    losses: ArrayLike = (),
    epochs: ArrayLike | None = None,
    sign: bool = False,
) -> str:
    """Draw the plane from −6 to 6 as a neuron sees it.

    Args:
        values: rows × columns, the first row at the top, drawn in full colour at ±1.
        title: a line above.
        points: from `points_svg`.
        losses: train and test loss after some epochs, n × 2; fewer than 2 draw no curve.
        epochs: these epochs, n rising numbers; 0, 1, 2 … by default.
        sign: whether to draw the sign only, not every shade.

    Returns:
        An SVG.

    Example:
        >>> plane_map_svg(np.zeros((4, 4)), "nothing yet").count("<image")  # the plane, and the scale beside it
        2
    """
    seen = np.asarray(values, dtype=float)
    shades = np.where(seen >= 0, 0.6, -0.6) if sign else seen
    parts = [
        svg_text(LEFT, 19, title, 13, 'font-weight="600"'),
        smooth_image(shades, LEFT, TOP, SIDE, SIDE),
        points,
        f'<rect x="{LEFT}" y="{TOP}" width="{SIDE}" height="{SIDE}" fill="none" stroke="{INK}"/>',
        *_axes(),
        *_scale(),
    ]
    height = TOP + SIDE + 26
    curve = np.asarray(losses, dtype=float).reshape(-1, 2)
    if len(curve):
        at = np.arange(len(curve)) if epochs is None else np.asarray(epochs)
        parts += _curves(curve, at, height + 24)
        height += 24 + CURVES + 24
    return svg_page(LEFT + SIDE + 56, height, parts, title)


def points_svg(x: ArrayLike, y: ArrayLike, *, hollow: bool = False) -> str:
    """Draw points as strokes without length, a path for each shade: 250 of them are some 3,000 characters.

    Args:
        x: N × 2, from −6 to 6.
        y: N targets from −1 to 1.
        hollow: for test points.

    Returns:
        Elements to lay over the plane.

    Example:
        >>> points_svg([[0, 0], [1, 1]], [1, -1]).count("<path")  # for each sign a white rim and the colour
        4
    """
    places, targets = np.asarray(x, dtype=float).reshape(-1, 2), np.asarray(y, dtype=float)
    inside = (np.abs(places) <= EDGE).all(axis=1)
    shades = np.rint(targets * 4) / 4
    parts = []
    for shade in np.unique(shades[inside]).tolist():
        here = places[inside & (shades == shade)]
        pixels = np.stack(
            [LEFT + (here[:, 0] + EDGE) / 12 * SIDE, TOP + (EDGE - here[:, 1]) / 12 * SIDE], axis=1
        )
        dots = "".join(f"M{a:.1f} {b:.1f}h.01" for a, b in pixels.tolist())
        colour = BLUE if shade == 1 else ORANGE if shade == -1 else diverging(shade)
        edge = "#fff" if abs(shade) == 1 else MUTED  # a pale point needs a dark rim
        rim, core = (colour if abs(shade) == 1 else INK, "#fff") if hollow else (edge, colour)
        wide, narrow = (7, 3.4) if hollow else (7.6, 5) if abs(shade) == 1 else (6.4, 5)
        cap = "square" if shade < 0 else "round"
        trim = 0.86 if cap == "square" else 1  # a square looks larger than a disc of its width
        for paint, width in ((rim, wide), (core, narrow)):
            parts.append(
                f'<path d="{dots}" stroke="{paint}" stroke-width="{width * trim:.2g}" stroke-linecap="{cap}"/>'
            )
    return f'<g pointer-events="none">{"".join(parts)}</g>'


def _axes() -> list[str]:
    parts = []
    for value in (-6, -3, 0, 3, 6):
        share = (value + EDGE) / 12
        words = str(value).replace("-", "−")
        x, y = LEFT + share * SIDE, TOP + (1 - share) * SIDE
        parts.append(svg_text(x, TOP + SIDE + 15, words, 11, 'text-anchor="middle"', MUTED))
        parts.append(svg_text(LEFT - 6, y + 4, words, 11, 'text-anchor="end"', MUTED))
    return parts


def _scale() -> list[str]:
    """The colours from −1 to 1 beside the plane."""
    x, height = LEFT + SIDE + 12, 120
    parts = [smooth_image(np.linspace(1, -1, 41)[:, None].repeat(2, axis=1), x, TOP, 12, height)]
    parts.append(f'<rect x="{x}" y="{TOP}" width="12" height="{height}" fill="none" stroke="{LINE}"/>')
    for value, words in ((1, "1"), (0, "0"), (-1, "−1")):
        parts.append(svg_text(x + 17, TOP + (1 - value) / 2 * height + 4, words, 11, "", MUTED))
    return parts


def _curves(curve: Array, epochs: Array, top: float) -> list[str]:
    train, test = (f"{value:.3f}" for value in curve[-1].tolist())
    parts = [
        f'<path d="M{LEFT} {top - 10:g}h22" stroke="{BLUE}" stroke-width="2.2"/>',
        svg_text(LEFT + 27, top - 6, f"train {train}", 12),
        f'<path d="M{LEFT + 112} {top - 10:g}h22" stroke="{ORANGE}" stroke-width="2" stroke-dasharray="5 3"/>',
        svg_text(LEFT + 139, top - 6, f"test {test}", 12),
        svg_text(
            LEFT + SIDE, top - 6, f"epoch {int(epochs[-1]):,}", 12, 'text-anchor="end" font-weight="600"'
        ),
        f'<rect x="{LEFT}" y="{top:g}" width="{SIDE}" height="{CURVES}" fill="none" stroke="{LINE}"/>',
    ]
    highest = float(curve.max()) or 1.0
    parts.append(svg_text(LEFT + SIDE + 6, top + 10, f"{highest:.2g}", 11, "", MUTED))
    parts.append(svg_text(LEFT + SIDE + 6, top + CURVES, "0", 11, "", MUTED))
    if len(curve) > 1:
        shown = np.unique(np.linspace(0, len(curve) - 1, MOST_DOTS).astype(int))
        places = (epochs[shown] - epochs[0]) / (epochs[-1] - epochs[0])
        for column, look in (
            (1, f'stroke="{ORANGE}" stroke-width="2" stroke-dasharray="5 3"'),
            (0, f'stroke="{BLUE}" stroke-width="2.2"'),
        ):
            parts.append(
                f'<path d="{_line(places, curve[shown, column] / highest, top)}" fill="none" {look}/>'
            )
    return parts


def _line(places: Array, shares: Array, top: float) -> str:
    x = LEFT + places * SIDE
    y = top + (1 - shares) * CURVES
    return "M" + "L".join(f"{a:.1f} {b:.1f}" for a, b in zip(x.tolist(), y.tolist(), strict=True))
