"""Two lines of words and the look between them: what is read above, what is written below.

The links of one written word are as thick as its weights, and the weights stand as numbers over the words above.
A forbidden word is dashed and struck out, a changed one underlined and named, so that no colour has to be read.
This file draws what it is given and knows nothing of models.
"""

from collections.abc import Collection, Mapping, Sequence

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

LEFT, GAP, BOX = 86.0, 10.0, 30.0  # room for the two lines' names, between words, height of a word
COLUMN = 34.0  # height of a column that stands for all of the weight
LINKS = 92.0  # between the two lines
THICKEST = 14.0  # pixels of a link that has all of the weight
FAINTEST = 0.01  # links below this share are not drawn
CENTRE = 'text-anchor="middle" pointer-events="none"'


def cross_attention_svg(
    source: Sequence[str],
    written: Sequence[str],
    weights: ArrayLike,
    *,
    forbidden: Collection[int] = (),
    changed: Collection[int] = (),
    chosen: int | None = None,
    glosses: Mapping[str, str] | None = None,
    title: str = "",
) -> str:
    """Draw a source sentence, the words written so far, and where the last of them looks.

    Args:
        source: S words.
        written: T words, the last of which looks.
        weights: S numbers from 0 to 1, the last word's attention over the source.
        forbidden: positions of the source that may not be looked at: dashed and struck out.
        changed: positions of `written` that stand out: underlined, with “changed” below.
        chosen: position of the source that the arrow keys have reached.
        glosses: what a written word means; in small letters below it.
        title: a line above.

    Returns:
        An SVG whose source words carry `data-cell="0,position"`.

    Example:
        >>> svg = cross_attention_svg(["I", "am"], ["我"], [0.75, 0.25], glosses={"我": "I"})
        >>> svg.count("data-cell"), svg.count('class="link"'), "75%" in svg
        (2, 2, True)
    """
    shares = np.asarray(weights, dtype=float)
    meanings = glosses or {}
    above, below = _row(source, {}), _row(written, meanings)
    top = (30.0 if title else 8.0) + COLUMN + 18
    foot = top + BOX + LINKS
    asker = len(written) - 1
    parts = [svg_text(10, 20, title, 14, 'font-weight="600"')] if title else []
    parts += [
        svg_text(10, top + 20, "reads", 13, "", MUTED),
        svg_text(10, foot + 20, "writes", 13, "", MUTED),
    ]
    if written:
        parts += _links(above, below[asker], shares, top, foot)
    for j, (word, place, share) in enumerate(zip(source, above, shares, strict=True)):
        parts += _source_word(word, place, share, top, j, j in forbidden, j == chosen)
    for i, (word, place) in enumerate(zip(written, below, strict=True)):
        parts += _written_word(word, place, foot, i == asker, i in changed, meanings.get(word, ""))
    right = max(x + width for x, width in [*above, *below]) + 14
    return svg_page(
        max(right, text_width(title, 14) + 24), foot + BOX + 44, parts, title or "cross-attention"
    )


def _row(words: Sequence[str], glosses: Mapping[str, str]) -> list[tuple[float, float]]:
    """Left edge and width of each word's box, wide enough for its gloss."""
    x, places = LEFT, []
    for word in words:
        width = max(
            44.0, text_width(shorten(word), 15) + 16, text_width(shorten(glosses.get(word, ""), 14), 11) + 4
        )
        places.append((x, width))
        x += width + GAP
    return places


def _links(
    above: Sequence[tuple[float, float]],
    asker: tuple[float, float],
    shares: np.ndarray,
    top: float,
    foot: float,
) -> list[str]:
    x1, y0, y1 = asker[0] + asker[1] / 2, top + BOX, foot
    bend = (y0 + y1) / 2
    return [
        f'<path class="link" d="M{x + width / 2:.1f} {y0:.1f}C{x + width / 2:.1f} {bend:.1f} {x1:.1f} {bend:.1f} '
        f'{x1:.1f} {y1:.1f}" fill="none" stroke="{BLUE}" stroke-opacity="0.6" '
        f'stroke-width="{max(THICKEST * share, 0.8):.1f}" pointer-events="none"/>'
        for (x, width), share in zip(above, shares.tolist(), strict=True)
        if share >= FAINTEST
    ]


def _source_word(
    word: str, place: tuple[float, float], share: float, y: float, position: int, struck: bool, chosen: bool
) -> list[str]:
    (x, width), height = place, COLUMN * min(max(0.0 if np.isnan(share) else share, 0.0), 1.0)
    middle, foot = x + width / 2, y - 6 - height
    paper = (
        f'fill="#f3f4f6" stroke="{MUTED}" stroke-dasharray="4 3"'
        if struck
        else f'fill="{PAPER}" stroke="{INK}"'
    )
    number = "NaN" if np.isnan(share) else f"{share:.0%}"
    above, ink = ("forbidden", FOCUS) if struck else (number, INK)
    parts = [
        _rect(middle - 11, foot, 22, height, f'fill="{BLUE}" pointer-events="none"'),
        svg_text(middle, foot - 4, above, 11, CENTRE, ink),
        _rect(x, y, width, BOX, f'rx="6" {paper} data-cell="0,{position}"'),
        svg_text(middle, y + 20, shorten(word), 15, CENTRE, MUTED if struck else INK),
    ]
    if struck:
        parts.append(_line("struck", f"M{x:.1f} {y + BOX:.1f}L{x + width:.1f} {y:.1f}"))
    if chosen:
        dashes = f'rx="8" fill="none" stroke="{FOCUS}" stroke-dasharray="5 3" pointer-events="none"'
        parts.append(_rect(x - 4, y - 4, width + 8, BOX + 8, dashes))
    return parts


def _written_word(
    word: str, place: tuple[float, float], y: float, asks: bool, changed: bool, gloss: str
) -> list[str]:
    (x, width), middle = place, place[0] + place[1] / 2
    look = f'stroke="{ORANGE}" stroke-width="3"' if asks else f'stroke="{MUTED}"'
    parts = [
        _rect(x, y, width, BOX, f'rx="6" fill="{PAPER}" class="written" {look}'),
        svg_text(middle, y + 20, shorten(word), 15, CENTRE),
        svg_text(middle, y + BOX + 14, shorten(gloss, 14), 11, CENTRE, MUTED),
    ]
    if changed:
        parts.append(_line("changed", f"M{x + 6:.1f} {y + BOX - 4:.1f}H{x + width - 6:.1f}"))
        parts.append(svg_text(middle, y + BOX + 29, "changed", 11, CENTRE, FOCUS))
    return parts


def _rect(x: float, y: float, width: float, height: float, look: str) -> str:
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" {look}/>'


def _line(kind: str, path: str) -> str:
    return f'<path class="{kind}" d="{path}" stroke="{FOCUS}" stroke-width="2" pointer-events="none"/>'
