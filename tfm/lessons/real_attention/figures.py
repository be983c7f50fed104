"""A sentence whose tokens can be picked, and how much weight each of them gets: first hidden, then shown.

The room for the columns is there from the start, so that nothing moves when they appear. Picked and not picked
differ by shape as well as by colour. This file knows nothing of models or scores: it draws what it is given.
"""

from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import ArrayLike

from tfm.kit.style import (
    BLUE,
    FOCUS,
    INK,
    MUTED,
    ORANGE,
    PAPER,
    shorten,
    svg_page,
    svg_text,
    text_width,
)

WIDTH = 760  # pixels a line of tokens may take before it wraps
BOX = 30  # height of a token's box
COLUMN = 36  # height of a column that stands for all of the weight
ABOVE = COLUMN + 20  # with its number
BELOW = 26  # triangle and “looks”
LINE_HEIGHT = ABOVE + BOX + BELOW
LEFT = 10
GAP = 8
PICKED_PAPER = "#dbe8fb"
UNPICKED_COLUMN = "#c3cad2"
CENTRE = 'text-anchor="middle" pointer-events="none"'

Place = tuple[float, float, float]  # left edge, top edge and width of a token's box


def gaze_svg(
    tokens: Sequence[str],
    *,
    asker: int,
    picked: Collection[int] = (),
    chosen: int | None = None,
    weights: ArrayLike | None = None,
    title: str = "",
) -> str:
    """Draw tokens as boxes in a line that wraps, with a column over each once the weights are given.

    Args:
        tokens: T tokens.
        asker: position of the token that looks: framed twice, with “looks” below.
        picked: positions the reader picked: tinted, with a thick frame and a triangle below.
        chosen: position that the arrow keys have reached: framed with dashes.
        weights: T weights from 0 to 1; None keeps them hidden.
        title: a line above.

    Returns:
        An SVG whose boxes carry `data-cell="0,position"`.

    Example:
        >>> hidden = gaze_svg(["the", "cat", "sat"], asker=2, picked=[1])
        >>> shown = gaze_svg(["the", "cat", "sat"], asker=2, picked=[1], weights=[0.1, 0.7, 0.2])
        >>> "70%" in hidden, "70%" in shown, hidden.count("data-cell")
        (False, True, 3)
    """
    places = _places(tokens, 30 if title else 6)
    parts = [svg_text(LEFT, 18, title, 14, 'font-weight="600"')] if title else []
    for i, (token, place) in enumerate(zip(tokens, places, strict=True)):
        parts.append(_box(place, i, token, i in picked))
        if i == asker:
            parts.append(_asker(place))
        if i == chosen:
            parts.append(_frame(place, 5, FOCUS, 'stroke-dasharray="5 3"'))
    if weights is not None:
        shares = np.asarray(weights, dtype=float)
        parts += [
            _column(place, share, i in picked)
            for i, (place, share) in enumerate(zip(places, shares, strict=True))
        ]
    width = max([text_width(title, 14) + 2 * LEFT, *(x + w + LEFT for x, _, w in places)])
    bottom = max((y for _, y, _ in places), default=0.0) + BOX + BELOW
    return svg_page(width, bottom, parts, title or "tokens")


def _places(tokens: Sequence[str], top: float) -> list[Place]:
    x, y, places = float(LEFT), top + ABOVE, []
    for token in tokens:
        width = max(40.0, text_width(shorten(token), 14) + 18)
        if x + width > WIDTH and x > LEFT:
            x, y = float(LEFT), y + LINE_HEIGHT
        places.append((x, y, width))
        x += width + GAP
    return places


def _box(place: Place, position: int, token: str, picked: bool) -> str:
    x, y, width = place
    fill, stroke, thick = (PICKED_PAPER, BLUE, 3) if picked else (PAPER, MUTED, 1)
    middle, below = x + width / 2, y + BOX + 4
    box = (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{BOX}" rx="6" fill="{fill}" '
        f'stroke="{stroke}" stroke-width="{thick}" data-cell="0,{position}"/>'
    )
    pin = f'<path d="M{middle:.1f} {below:.1f}l6 8h-12z" fill="{BLUE}" pointer-events="none" class="picked"/>'
    return box + svg_text(middle, y + 20, shorten(token), 14, CENTRE) + (pin if picked else "")


def _asker(place: Place) -> str:
    x, y, width = place
    word = svg_text(x + width / 2, y + BOX + 23, "looks", 11, CENTRE + ' font-weight="600"', ORANGE)
    return _frame(place, -3, ORANGE) + _frame(place, 2, ORANGE) + word


def _frame(place: Place, out: float, colour: str, dashes: str = "") -> str:
    x, y, width = place
    return (
        f'<rect x="{x - out:.1f}" y="{y - out:.1f}" width="{width + 2 * out:.1f}" height="{BOX + 2 * out:.1f}" '
        f'rx="6" fill="none" stroke="{colour}" stroke-width="1.8" pointer-events="none" {dashes}/>'
    )


def _column(place: Place, share: float, picked: bool) -> str:
    """The column over one box: dark if the token was picked, pale if not."""
    x, y, width = place
    foot, middle = y - 6, x + width / 2
    height = COLUMN * min(max(0.0 if np.isnan(share) else share, 0.0), 1.0)
    fill = BLUE if picked else UNPICKED_COLUMN
    text = "NaN" if np.isnan(share) else f"{share:.0%}"
    return (
        f'<rect x="{middle - 12:.1f}" y="{foot - height:.1f}" width="24" height="{height:.1f}" fill="{fill}" '
        f'stroke="{MUTED}" stroke-width="0.7" pointer-events="none" class="column"/>'
        + svg_text(middle, foot - height - 4, text, 11, CENTRE, INK if picked else MUTED)
    )
