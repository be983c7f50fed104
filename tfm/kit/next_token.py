"""What may come next: bars of the likeliest tokens, the surprise of each word, and what a text has by heart.

Numbers stand beside every bar and word, so that no colour has to be read. This file draws what it is given; it
knows nothing of models.
"""

from collections.abc import Mapping, Sequence
from html import escape
from itertools import groupby
from operator import itemgetter

import numpy as np
from numpy.typing import ArrayLike

from tfm.kit.figure import LessonFigure, new_figure
from tfm.kit.messages import say
from tfm.kit.style import (
    BLUE,
    FOCUS,
    INK,
    LINE,
    MUTED,
    ORANGE,
    PAPER,
    printable,
    ramp,
    shorten,
    svg_page,
    svg_text,
    text_width,
)

ROW = 26
LABELS = 150  # pixels for the tokens, right-aligned before their bars
BAR = 300  # pixels of the longest bar
NUMBERS = 170  # pixels for the numbers after the bars
COLUMN = 196  # pixels of one text among several
WIDTH = 720  # pixels a line of words may take before it wraps
MOST_BITS = 14.0  # a surprise that gets the full colour and height: one in 16,384
END = 'text-anchor="end"'
MIDDLE = 'text-anchor="middle"'
MARKS = ("o", "s", "^", "D", "v", "P")
COLOURS = (BLUE, ORANGE, MUTED, INK, FOCUS, "#2f7d5b")


def bars_svg(
    tokens: Sequence[str],
    probabilities: ArrayLike,
    counts: Sequence[int],
    *,
    title: str = "",
    chosen: int | None = None,
    note: str = "",
) -> str:
    """Draw the next token's candidates, a bar each: full if it was counted here, hollow if it never was.

    Args:
        tokens: N tokens, the likeliest first.
        probabilities: N numbers from 0 to 1; the largest gets the whole width.
        counts: N numbers, how often each followed this context.
        title: a line above.
        chosen: the row to frame.
        note: a line below.

    Returns:
        An SVG whose rows carry `data-cell="row,0"`.

    Example:
        >>> svg = bars_svg(["cat", "dog"], [0.75, 0.25], [3, 0], title="after “the”")
        >>> svg.count("data-cell"), "75.0%" in svg, "3 times" in svg, "never" in svg
        (2, True, True, True)
    """
    shares = np.asarray(probabilities, dtype=float)
    longest = float(shares.max(initial=0)) or 1.0
    top = 34.0
    parts = [svg_text(10, 20, title, 14, 'font-weight="600"')] if title else []
    for i, (token, p, count) in enumerate(zip(tokens, shares.tolist(), counts, strict=True)):
        parts.append(_bar(top + i * ROW, i, token, p, p / longest, count, i == chosen))
    bottom = top + ROW * max(len(tokens), 1)
    if note:
        parts.append(svg_text(10, bottom + 18, note, 12, "", MUTED))
    width = max(LABELS + BAR + NUMBERS, text_width(title, 14), text_width(note, 12) + 20)
    return svg_page(width, bottom + (30 if note else 10), parts, title or say("the next token"))


def _bar(y: float, row: int, token: str, p: float, share: float, count: int, chosen: bool) -> str:
    middle, left = y + ROW / 2 + 5, LABELS + 10
    look = f'fill="{BLUE}"' if count else f'fill="{PAPER}" stroke-dasharray="3 2"'
    frame = f'stroke="{FOCUS}" stroke-width="2"' if chosen else 'stroke="none"'
    times = say("never") if not count else say("once") if count == 1 else say("{n:,} times", n=count)
    words = f"{percent(p)} · {times}"
    return (
        f'<rect x="{left}" y="{y + 5:.1f}" width="{max(share * BAR, 1):.1f}" height="{ROW - 10}" {look} '
        f'stroke="{BLUE}"/>'
        + svg_text(LABELS, middle, shorten(token, 15), 14, END)
        + svg_text(left + share * BAR + 10, middle, words, 12)
        + f'<rect x="3" y="{y + 1:.1f}" width="{LABELS + BAR + NUMBERS - 6}" height="{ROW - 2}" rx="4" '
        f'fill="transparent" {frame} data-cell="{row},0"/>'
    )


def percent(p: float) -> str:
    """A probability as people read it.

    Example:
        >>> percent(1), percent(0.125), percent(0.0004), percent(0), percent(0.000001)
        ('100.0%', '12.5%', '0.04%', '0%', '< 0.01%')
    """
    if 0 < p < 0.0001:
        return "< 0.01%"
    return f"{p:.1%}" if p >= 0.001 else f"{p:.2%}" if p else "0%"


def surprise_svg(words: Sequence[str], bits: ArrayLike, *, title: str = "") -> str:
    """Draw a text whose words stand on columns as high, and as dark, as they are surprising.

    Args:
        words: T tokens.
        bits: T surprises, −log₂ p each; ∞ is drawn as high as the highest and written ∞.
        title: a line above.

    Returns:
        An SVG, wrapped into lines.

    Example:
        >>> "1.0" in surprise_svg(["heads"], [1.0])
        True
    """
    room, column, top = 24.0, 56.0, 34.0 if title else 8.0
    parts = [svg_text(10, 20, title, 14, 'font-weight="600"')] if title else []
    x, y, right = 10.0, top, 0.0
    for word, bit in zip(words, np.asarray(bits, dtype=float).tolist(), strict=True):
        width = max(text_width(shorten(word, 16), 14) + 10, 34.0)
        if x + width > WIDTH:
            x, y = 10.0, y + column + 2 * room + 10
        share, foot = min(bit / MOST_BITS, 1.0), y + column + 16
        height, number = share * column, "∞" if np.isinf(bit) else f"{bit:.1f}"
        box = f'x="{x + 3:.1f}" y="{foot - height:.1f}" width="{width - 6:.1f}" height="{height:.1f}"'
        parts += [
            f'<rect {box} fill="{ramp(share)}" stroke="{LINE}"/>',
            svg_text(x + width / 2, foot - height - 4, number, 11, MIDDLE, MUTED),
            svg_text(x + width / 2, foot + 17, shorten(word, 16), 14, MIDDLE),
        ]
        x += width + 3
        right = max(right, x)
    page = max(right + 8, text_width(title, 14) + 20)
    return svg_page(page, y + column + 16 + room + 6, parts, title or say("surprise of each word"))


def recited_svg(texts: Mapping[str, Sequence[str]], recited: Mapping[str, Sequence[bool]]) -> str:
    """Draw texts side by side, with the words that are recited in blue and underlined.

    Args:
        texts: tokens by column title.
        recited: for each token whether it belongs to a passage that stands in the training text.

    Returns:
        An SVG with a column a text.

    Example:
        >>> recited_svg({"n = 1": ["of", "the"]}, {"n = 1": [False, True]}).count("text-decoration")
        1
    """
    parts, bottom = [], 60.0
    for i, (title, words) in enumerate(texts.items()):
        left, known = 10 + i * COLUMN, recited[title]
        share = say("{known} of {n} words by heart", known=sum(known), n=len(words))
        parts.append(svg_text(left, 20, title, 14, 'font-weight="600"'))
        parts.append(svg_text(left, 38, share, 12, "", MUTED))
        for line, row in enumerate(_rows(words, COLUMN - 20)):
            y = 62 + 19 * line
            parts.append(_marked_line(left, y, [(shorten(words[j], 22), known[j]) for j in row]))
            bottom = max(bottom, y)
    return svg_page(10 + COLUMN * len(texts), bottom + 14, parts, say("samples, side by side"))


def _rows(words: Sequence[str], width: float) -> list[list[int]]:
    """Positions of the words of each line."""
    rows: list[list[int]] = [[]]
    used = 0.0
    for i, word in enumerate(words):
        wide = text_width(shorten(word, 22) + " ", 13)
        if rows[-1] and used + wide > width:
            rows.append([])
            used = 0.0
        rows[-1].append(i)
        used += wide
    return rows


def _marked_line(x: float, y: float, words: Sequence[tuple[str, bool]]) -> str:
    runs = []
    for copied, group in groupby(words, key=itemgetter(1)):
        text = escape(printable(" ".join(word for word, _ in group)))
        runs.append(f'<tspan fill="{BLUE}" text-decoration="underline">{text}</tspan>' if copied else text)
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="13" fill="{INK}">{" ".join(runs)}</text>'


def perplexity_figure(
    panels: Mapping[str, Mapping[str, Sequence[float]]], orders: Sequence[int]
) -> LessonFigure:
    """Draw perplexity against n, one panel a text and one line a model; a line that is ∞ throughout is left out.

    Args:
        panels: title of the panel → name of the model → one perplexity for each n.
        orders: the values of n.

    Returns:
        A figure; one model has the same colour and mark in every panel.

    Example:
        >>> perplexity_figure({"held-out": {"Kneser–Ney": [400, 200]}}, [1, 2])
        <figure with 1 panel>
    """
    names = list(dict.fromkeys(name for lines in panels.values() for name in lines))
    figure, axes = new_figure(4.3 * len(panels), 3.7, columns=len(panels), sharey=True)
    for ax, (title, lines) in zip(np.atleast_1d(axes), panels.items(), strict=True):
        for name, values in lines.items():
            if np.isfinite(values).any():
                i = names.index(name)
                ax.plot(orders, values, color=COLOURS[i % 6], marker=MARKS[i % 6], linewidth=2, label=name)
        ax.set_yscale("log")
        ax.yaxis.set_major_formatter(lambda value, _: f"{value:,.10g}")  # 1,000, not 10³
        ax.set_xticks(list(orders))
        ax.set(title=title, xlabel="n")
    np.atleast_1d(axes)[0].set_ylabel(say("perplexity"))
    handles = {
        label: handle
        for ax in np.atleast_1d(axes)
        for handle, label in zip(*ax.get_legend_handles_labels(), strict=True)
    }
    figure.legend(handles.values(), handles.keys(), loc="outside right center", frameon=False)
    return figure
