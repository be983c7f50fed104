"""Words and texts by nearness: a ranking with a bar and a number a row, and a map of words in two dimensions.

This file draws what it is given; it knows nothing of tables or models.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from tfm.kit.style import (
    BLUE,
    FOCUS,
    INK,
    LINE,
    MUTED,
    ORANGE,
    shorten,
    svg_page,
    svg_text,
    text_width,
)

ROW = 24
BAR = 150  # pixels of the longest bar, to either side
NUMBER = 56
MARGIN = 26  # around a map
SIZE = 12  # of a word on a map
COLOURS = (BLUE, ORANGE, INK, FOCUS, "#2f7d5b", MUTED)
Box = tuple[float, float, float, float]


def ranking_svg(
    names: Sequence[str],
    scores: ArrayLike,
    *,
    title: str = "",
    chosen: int | None = None,
    full: float | None = None,
    longest: int = 16,
    digits: int = 2,
) -> str:
    """Draw a ranking: a name, a bar and a number a row; a bar to the left of the line is below 0.

    Args:
        names: N names, the first on top.
        scores: N numbers.
        title: a line above.
        chosen: the row to frame; None makes a picture whose rows nobody can point at.
        full: the magnitude of the longest bar; None takes the largest one there is.
        longest: characters of a name that are written.
        digits: digits after the point.

    Returns:
        An SVG whose rows carry `data-cell="row,0"` when one is chosen.

    Example:
        >>> svg = ranking_svg(["tuple", "comma"], [0.7, -0.1], title="near list", chosen=0)
        >>> svg.count("data-cell"), "0.70" in svg, "−0.10" in svg
        (2, True, True)
    """
    values = np.asarray(scores, dtype=float)
    largest = full or float(np.abs(values).max(initial=0)) or 1.0
    labels = max([text_width(shorten(name, longest), 13) for name in names], default=0) + 16
    zero = labels + (NUMBER + 0.4 * BAR if values.min(initial=0) < 0 else 6)
    width = max(zero + BAR + NUMBER + 8, text_width(title, 14) + 20)
    top = 34.0 if title else 6.0
    parts = [svg_text(8, 20, title, 14, 'font-weight="600"')] if title else []
    for i, (name, value) in enumerate(zip(names, values.tolist(), strict=True)):
        y = top + i * ROW
        parts += [
            svg_text(labels - 6, y + 17, shorten(name, longest), 13, 'text-anchor="end"'),
            _signed_bar(zero, y, max(min(value / largest, 1.0), -1.0)),
            _number(zero, y, value, value / largest, digits),
        ]
        if chosen is not None:
            frame = f'stroke="{FOCUS}" stroke-width="2"' if i == chosen else 'stroke="none"'
            box = f'x="3" y="{y + 1:.1f}" width="{width - 6:.1f}" height="{ROW - 2}" rx="4"'
            parts.append(f'<rect {box} fill="transparent" {frame} data-cell="{i},0"/>')
    bottom = top + ROW * len(names)
    parts.append(f'<path d="M{zero:.1f} {top:.1f}V{bottom:.1f}" stroke="{MUTED}"/>')
    return svg_page(width, bottom + 8, parts, title or "ranking")


def _signed_bar(zero: float, y: float, share: float) -> str:
    x, wide = (zero, share * BAR) if share >= 0 else (zero + share * 0.4 * BAR, -share * 0.4 * BAR)
    colour = BLUE if share >= 0 else ORANGE
    return f'<rect x="{x:.1f}" y="{y + 5:.1f}" width="{wide:.1f}" height="{ROW - 10}" fill="{colour}"/>'


def _number(zero: float, y: float, value: float, share: float, digits: int) -> str:
    words = f"{value:.{digits}f}".replace("-", "−")
    if value >= 0:
        return svg_text(zero + share * BAR + 6, y + 17, words, 12)
    return svg_text(zero + share * 0.4 * BAR - 6, y + 17, words, 12, 'text-anchor="end"')


def word_map_svg(
    points: ArrayLike,
    words: Sequence[str],
    groups: Sequence[int] | None = None,
    *,
    title: str = "",
    width: float = 680,
    height: float = 440,
) -> str:
    """Draw words at their places in the plane; the same scale across and up, so that distances are true.

    Args:
        points: N × 2.
        words: N words.
        groups: N numbers from 0 up; words of one group share a colour and a mark. None: all are of one.
        title: a line above.
        width: pixels.
        height: pixels, without the title.

    Returns:
        An SVG in which each word stands beside its mark, moved where it would cover another.

    Raises:
        ValueError: there are not two numbers for each word.

    Example:
        >>> svg = word_map_svg([[0, 0], [1, 1]], ["list", "tuple"], [0, 1])
        >>> svg.count("<text"), svg.count('class="mark"')
        (2, 2)
    """
    places = np.asarray(points, dtype=float)
    if places.shape != (len(words), 2):
        raise ValueError(
            f"points has shape {places.shape} for {len(words)} words: give two numbers for each word"
        )
    kinds = list(groups) if groups is not None else [0] * len(words)
    top = 30.0 if title else 0.0
    pixels = _fit(places, width, height) + np.array([0, top])
    taken = [(x - 5, y - 5, x + 5, y + 5) for x, y in pixels.tolist()]
    parts = [svg_text(8, 20, title, 14, 'font-weight="600"')] if title else []
    for (x, y), word, kind in zip(pixels.tolist(), words, kinds, strict=True):
        box = min(_label_boxes(x, y, text_width(word, SIZE)), key=lambda b: _crowding(b, taken, width))
        taken.append(box)
        colour = COLOURS[kind % len(COLOURS)]
        parts.append(_mark(x, y, kind, colour))
        parts.append(svg_text(box[0], box[3] - 3, word, SIZE, "", colour))
    edges = f'x="0.5" y="{top + 0.5}" width="{width - 1}" height="{height - 1}"'
    border = f'<rect {edges} fill="none" stroke="{LINE}"/>'
    return svg_page(width, top + height, [border, *parts], title or "a map of words")


def _fit(places: np.ndarray, width: float, height: float) -> np.ndarray:
    if not len(places):
        return places
    low, high = places.min(axis=0), places.max(axis=0)
    spread = np.maximum(high - low, 1e-9)
    scale = min((width - 4 * MARGIN) / spread[0], (height - 2 * MARGIN) / spread[1])
    return np.array([width / 2, height / 2]) + (places - (low + high) / 2) * scale * [1, -1]


def _label_boxes(x: float, y: float, wide: float) -> list[Box]:
    """Where a label may stand: right, left, above, below, and the corners, the best first."""
    right, left, middle = x + 8, x - 8 - wide, x - wide / 2
    spots = [(right, y - 8), (left, y - 8), (middle, y - 23), (middle, y + 7)]
    spots += [
        (right, y - 18),
        (right, y + 3),
        (left, y - 18),
        (left, y + 3),
        (right, y - 28),
        (right, y + 13),
    ]
    return [(a, b, a + wide, b + 15) for a, b in spots]


def _crowding(box: Box, taken: Sequence[Box], width: float) -> float:
    """How much of other things a label would cover, in square pixels; outside the picture counts most."""
    covered = sum(
        max(min(box[2], o[2]) - max(box[0], o[0]), 0) * max(min(box[3], o[3]) - max(box[1], o[1]), 0)
        for o in taken
    )
    return covered + 1000 * (max(4 - box[0], 0) + max(box[2] - width + 4, 0))


def _mark(x: float, y: float, kind: int, colour: str) -> str:
    shapes = (
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4.5"',
        f'<rect x="{x - 4:.1f}" y="{y - 4:.1f}" width="8" height="8"',
        f'<path d="M{x:.1f} {y - 5:.1f}l5 9h-10z"',
        f'<path d="M{x:.1f} {y - 6:.1f}l5 6l-5 6l-5 -6z"',
        f'<path d="M{x:.1f} {y + 5:.1f}l5 -9h-10z"',
        f'<path d="M{x - 4:.1f} {y - 4:.1f}l8 8m0 -8l-8 8" stroke="{colour}" stroke-width="2"',
    )
    return f'{shapes[kind % len(shapes)]} fill="{colour}" class="mark"/>'
