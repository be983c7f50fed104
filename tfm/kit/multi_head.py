"""Heads side by side: how the features are split among them, each one's map, and what comes out with some off."""

from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike

from tfm.kit.messages import say
from tfm.kit.style import (
    BLUE,
    FOCUS,
    INK,
    LINE,
    MUTED,
    ORANGE,
    PAPER,
    ramp,
    shorten,
    svg_page,
    svg_text,
    text_width,
)

CELL, LABEL = 46, 13
TINTS = ("#e3edfb", "#fdf0e3")  # neighbouring heads differ; the bracket above says which head it is
GAP, TOP = 16, 50
A_ROW = 4
CENTRE = 'text-anchor="middle" pointer-events="none"'


def split_svg(matrix: ArrayLike, n_heads: int, rows: Sequence[str], *, title: str = "") -> str:
    """Draw a matrix of features with a bracket over the columns that belong to each head.

    Args:
        matrix: T × C.
        n_heads: H; must divide C.
        rows: T labels.
        title: a line above.

    Returns:
        An SVG.

    Raises:
        ValueError: `n_heads` does not divide C.

    Example:
        >>> split_svg([[1, 2, 3, 4]], 2, ["a"]).count("head ")
        2
    """
    values = np.asarray(matrix, dtype=float)
    n_rows, width = values.shape
    if n_heads < 1 or width % n_heads:
        raise ValueError(
            say(
                "{width} columns cannot be split evenly among {n_heads} heads: try {width} heads",
                width=width,
                n_heads=n_heads,
            )
        )
    d_head = width // n_heads
    left, top = 16 + max(text_width(shorten(row), LABEL) for row in rows), 62 if title else 38
    parts = [svg_text(8, 18, title, 14, 'font-weight="600"')] if title else []
    for head in range(n_heads):
        x = left + head * d_head * CELL
        parts.append(_bracket(x + 3, x + d_head * CELL - 3, top - 8, say("head {head}", head=head + 1)))
    for (i, j), value in np.ndenumerate(values):
        x, y = left + j * CELL, top + i * 30
        tint = TINTS[j // d_head % 2]
        parts.append(
            f'<rect x="{x:.1f}" y="{y}" width="{CELL}" height="30" fill="{tint}" stroke="{LINE}"/>'
            + svg_text(x + CELL / 2, y + 20, _short(value), 13, CENTRE)
        )
    for i, row in enumerate(rows):
        parts.append(svg_text(left - 8, top + i * 30 + 20, shorten(row), LABEL, 'text-anchor="end"'))
    page = max(left + width * CELL + 10, text_width(title, 14) + 20)
    return svg_page(
        page, top + n_rows * 30 + 10, parts, title or say("features of {n_heads} heads", n_heads=n_heads)
    )


def head_tiles_svg(
    weights: ArrayLike,
    *,
    names: Sequence[str] = (),
    notes: Sequence[str] = (),
    chosen: int | None = None,
    off: Collection[int] = (),
    title: str = "",
    tile: int = 104,
) -> str:
    """Draw each head's map, four in a row, white for no weight to deep blue for all of it.

    Args:
        weights: H × T × S.
        names: what stands over each map, H of them; “head 1”, “head 2” … without any.
        notes: a few words under each map, H of them or none.
        chosen: the head to frame, counted from 0.
        off: heads that are switched off: struck out.
        title: a line above.
        tile: pixels a map, wide and high.

    Returns:
        An SVG whose maps carry `data-cell="row,column"` of their place on the page.

    Example:
        >>> head_tiles_svg(np.full((5, 2, 2), 0.5)).count("data-cell")
        5
    """
    maps = np.asarray(weights, dtype=float)
    parts = [svg_text(8, 18, title, 14, 'font-weight="600"')] if title else []
    top, step = (TOP if title else 26), tile + (54 if notes else 36)
    for head, one in enumerate(maps):
        row, column = divmod(head, A_ROW)
        x, y = 10 + column * (tile + GAP), top + row * step
        words = names[head] if names else say("head {head}", head=head + 1)
        words = say("{head}, off", head=words) if head in off else words
        bold = ' font-weight="700"' if head == chosen else ""
        parts.append(svg_text(x + tile / 2, y - 8, words, 12, CENTRE + bold, ORANGE if head in off else INK))
        parts.append(_tile(one, (x, y, tile), (row, column), framed=head == chosen, struck=head in off))
        if notes:
            parts.append(svg_text(x + tile / 2, y + tile + 17, notes[head], 12, CENTRE, MUTED))
    across, down = min(len(maps), A_ROW), -(-len(maps) // A_ROW)
    width = max(20 + across * (tile + GAP) - GAP, text_width(title, 14) + 20)
    return svg_page(width, top + down * step - 24, parts, title or say("the maps of all heads"))


def answers_svg(
    tokens: Sequence[str],
    answers: Mapping[str, Sequence[str]],
    truth: Mapping[str, Sequence[str]],
    *,
    title: str = "",
) -> str:
    """Draw what a model answers under each token: right ones plain, wrong ones crossed, with the truth below.

    Args:
        tokens: T tokens.
        answers: for each question T answers; an empty one was not asked for.
        truth: for each question T right answers.
        title: a line above.

    Returns:
        An SVG.

    Example:
        >>> answers_svg(["a", "b"], {"before": ["", "c"]}, {"before": ["", "a"]}).count("✗")
        1
    """
    left = 20 + max(text_width(name, LABEL) for name in [*answers, "token"])
    top = 40 if title else 16
    parts = [svg_text(8, 18, title, 14, 'font-weight="600"')] if title else []
    parts.append(svg_text(left - 8, top + 18, "token", LABEL, 'text-anchor="end"', MUTED))
    for column, token in enumerate(tokens):
        parts.append(svg_text(left + (column + 0.5) * CELL, top + 18, shorten(token), 15, CENTRE))
    for row, (name, given) in enumerate(answers.items()):
        y = top + 28 + row * 40
        parts.append(svg_text(left - 8, y + 25, name, LABEL, 'text-anchor="end"'))
        for column, (answer, right) in enumerate(zip(given, truth[name], strict=True)):
            parts += _answer(left + column * CELL, y, answer, right)
    width = max(left + len(tokens) * CELL + 10, text_width(title, 14) + 20)
    return svg_page(width, top + 36 + 40 * len(answers), parts, title or say("answers"))


def _bracket(x: float, end: float, y: float, words: str) -> str:
    line = f'<path d="M{x:.1f} {y + 4}v-6H{end:.1f}v6" fill="none" stroke="{MUTED}" stroke-width="1.4"/>'
    return line + svg_text((x + end) / 2, y - 7, words, 12, CENTRE, MUTED)


def _tile(
    weights: np.ndarray, square: tuple[int, int, int], place: tuple[int, int], *, framed: bool, struck: bool
) -> str:
    x, y, size = square
    edges = [np.linspace(0, size, n + 1).round().astype(int) for n in weights.shape]
    parts = []
    for (top, bottom), row in zip(pairwise(edges[0]), weights, strict=True):
        for (left, right), weight in zip(pairwise(edges[1]), row, strict=True):
            if weight >= 0.01:  # the paper is white already
                parts.append(
                    f'<path d="M{x + left} {y + top}h{right - left}v{bottom - top}h{left - right}z" '
                    f'fill="{ramp(weight)}"/>'
                )
    stroke, thick = (FOCUS, 3) if framed else (MUTED, 1)
    frame = (
        f'<rect x="{x}" y="{y}" width="{size}" height="{size}" fill="transparent" stroke="{stroke}" '
        f'stroke-width="{thick}" data-cell="{place[0]},{place[1]}"/>'
    )
    cross = (
        f'<path d="M{x} {y}l{size} {size}m0 {-size}l{-size} {size}" stroke="{ORANGE}" stroke-width="3" '
        'pointer-events="none"/>'
    )
    return "".join(parts) + frame + (cross if struck else "")


def _answer(x: float, y: float, answer: str, right: str) -> list[str]:
    if not answer:
        return []
    good = answer == right
    box = (
        f'<rect x="{x + 3:.1f}" y="{y}" width="{CELL - 6}" height="36" rx="5" '
        f'fill="{PAPER if good else TINTS[1]}" stroke="{BLUE if good else ORANGE}"/>'
    )
    middle = x + CELL / 2
    if good:
        return [box, svg_text(middle, y + 23, f"{shorten(answer)} ✓", 13, CENTRE, BLUE)]
    return [
        box,
        svg_text(middle, y + 16, f"{shorten(answer)} ✗", 13, CENTRE, ORANGE),
        svg_text(middle, y + 31, f"not {shorten(right)}", 10, CENTRE, MUTED),
    ]


def _short(value: float) -> str:
    return f"{value:.3g}".replace("-", "−")
