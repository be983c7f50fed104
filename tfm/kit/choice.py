"""The next token as the model scores it and as it is drawn: two bars a row, before and after the filters.

The outline is the model's probability, the filled bar what is drawn from; a token that was struck out keeps its
outline alone. Numbers stand beside every bar. This file knows nothing of models or of filters.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from tfm.kit.messages import say
from tfm.kit.next_token import percent
from tfm.kit.style import BLUE, FOCUS, INK, MUTED, PAPER, shorten, svg_page, svg_text, text_width

ROW = 26
LABELS, BAR, NUMBERS = 110, 300, 210  # pixels: the tokens, the longest bar, what stands behind it
END = 'text-anchor="end"'


def choice_svg(
    tokens: Sequence[str],
    before: ArrayLike,
    after: ArrayLike,
    *,
    title: str = "",
    chosen: int | None = None,
    note: str = "",
) -> str:
    """Draw candidates, a row each: the model's probability as an outline, the filtered one filled.

    Args:
        tokens: N tokens, the likeliest first.
        before: N probabilities of the model.
        after: N probabilities that are drawn from; 0 is struck out.
        title: a line above.
        chosen: the row to frame.
        note: a line below.

    Returns:
        An SVG whose rows carry `data-cell="row,0"`.

    Example:
        >>> svg = choice_svg(["a", "b"], [0.75, 0.25], [1.0, 0.0])
        >>> svg.count("data-cell"), "75.0% → 100.0%" in svg, "25.0%, struck out" in svg
        (2, True, True)
    """
    first, last = np.asarray(before, dtype=float), np.asarray(after, dtype=float)
    longest = float(max(first.max(initial=0), last.max(initial=0))) or 1.0
    top = 34.0 if title else 10.0
    parts = [svg_text(10, 20, title, 14, 'font-weight="600"')] if title else []
    for i, (token, p, q) in enumerate(zip(tokens, first.tolist(), last.tolist(), strict=True)):
        parts += _row(top + i * ROW, i, token, (p, q), longest, framed=i == chosen)
    bottom = top + ROW * max(len(tokens), 1)
    if note:
        parts.append(svg_text(10, bottom + 18, note, 12, "", MUTED))
    width = max(LABELS + BAR + NUMBERS, text_width(title, 14), text_width(note, 12) + 20)
    return svg_page(width, bottom + (30 if note else 10), parts, title or say("the next token"))


def _row(
    y: float, row: int, token: str, pq: tuple[float, float], longest: float, *, framed: bool
) -> list[str]:
    (p, q), left, middle = pq, LABELS + 10, y + ROW / 2 + 5
    drawn, scored = (share / longest * BAR for share in (q, p))
    same = percent(p) == percent(q)  # a difference that is not written is none to read
    struck = say("{share}, struck out", share=percent(p))
    words = percent(p) if same else f"{percent(p)} → {percent(q)}" if q else struck
    ink, dash = (INK, "") if q else (MUTED, 'stroke-dasharray="3 2"')
    frame = f'stroke="{FOCUS}" stroke-width="2"' if framed else 'stroke="none"'
    bar = f'<rect x="{left}" y="{y + 5:.1f}" height="{ROW - 10}"'
    place = f'<rect x="3" y="{y + 1:.1f}" width="{LABELS + BAR + NUMBERS - 6}" height="{ROW - 2}" rx="4"'
    return [
        svg_text(LABELS, middle, shorten(token, 12), 14, END, ink),
        f'{bar} width="{drawn:.1f}" fill="{BLUE}"/>',
        f'{bar} width="{max(scored, 1):.1f}" fill="none" stroke="{ink}" stroke-width="1.4" {dash}/>',
        svg_text(left + max(drawn, scored) + 10, middle, words, 12, "", ink),
        f'{place} fill="{PAPER}" fill-opacity="0" {frame} data-cell="{row},0"/>',
    ]
