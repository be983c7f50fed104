"""The tree of a beam search: a column a token, a box a text, from left to right what each of them goes on to.

A box that is kept has a full frame and a colour as dark as the text is likely beside the best of its column; one
that was dropped is hollow and dashed. Under each token stands the probability of the whole text so far. The best
text at the end, and the greedy one, are traced back with lines of their own. This file knows nothing of models.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from tfm.kit.next_token import percent
from tfm.kit.style import (
    BLUE,
    FOCUS,
    INK,
    LINE,
    MUTED,
    ORANGE,
    PAPER,
    ink_on,
    ramp,
    shorten,
    svg_page,
    svg_text,
)

BOX_W, BOX_H, GAP_X, GAP_Y = 74, 38, 36, 10
TOP, LEFT = 44, 132  # on the left, room for the end of the prompt
MIDDLE = 'text-anchor="middle"'


class Node(NamedTuple):
    """One text of a round.

    Attributes:
        token: its last token, as it is written in the box.
        parent: row, among the kept texts of the round before, that it continues; 0 in the first round.
        log_probability: of the whole text.
        kept: whether it goes on.
    """

    token: str
    parent: int
    log_probability: float
    kept: bool


def beam_tree_svg(
    rounds: Sequence[Sequence[Node]],
    *,
    start: str = "",
    greedy: Sequence[int] = (),
    chosen: tuple[int, int] | None = None,
    title: str = "",
) -> str:
    """Draw a search.

    Args:
        rounds: for each token its candidates, the likeliest text first, the kept ones before the others.
        start: what stands in the box they all begin with, such as the prompt's end.
        greedy: for each round the row of the greedy text while it is among the candidates.
        chosen: row and column of the box to frame.
        title: a line above.

    Returns:
        An SVG whose boxes carry `data-cell="row,column"`.

    Example:
        >>> rounds = [[Node("a", 0, -0.5, True), Node("b", 0, -0.9, True)], [Node("c", 1, -1.0, True)]]
        >>> svg = beam_tree_svg(rounds, start="the")
        >>> svg.count("data-cell"), "36.8%" in svg
        (3, True)
    """
    rows = max((len(r) for r in rounds), default=1)
    width = LEFT + len(rounds) * (BOX_W + GAP_X) + 10
    height = TOP + rows * (BOX_H + GAP_Y) + 34
    parts = [svg_text(10, 20, title, 14, 'font-weight="600"')] if title else []
    best = _path(rounds, 0)
    parts += _edges(rounds, best, list(greedy))
    parts += [svg_text(LEFT - GAP_X, _y(0) + BOX_H / 2 + 5, shorten(start, 9), 14, 'text-anchor="end"')]
    for column, nodes in enumerate(rounds):
        top = max((node.log_probability for node in nodes), default=0.0)
        parts += [
            _box(row, column, node, float(np.exp(node.log_probability - top)), (row, column) == chosen)
            for row, node in enumerate(nodes)
        ]
    parts.append(_legend(height - 12, greedy=bool(greedy)))
    return svg_page(max(width, 430), height, parts, title or "a beam search")


def _path(rounds: Sequence[Sequence[Node]], row: int) -> list[int]:
    """The rows of a text of the last round, from the first round on."""
    rows: list[int] = []
    for nodes in reversed(rounds):
        if not nodes:
            return []
        rows.append(row)
        row = nodes[row].parent
    return rows[::-1]


def _edges(rounds: Sequence[Sequence[Node]], best: list[int], greedy: list[int]) -> list[str]:
    found = []
    for column, nodes in enumerate(rounds):
        for row, node in enumerate(nodes):
            on_best = column < len(best) and best[column] == row
            look = f'stroke="{INK}" stroke-width="3"' if on_best else f'stroke="{LINE}" stroke-width="1.5"'
            found.append((on_best, _edge(node.parent if column else 0, row, column, look)))
    lines = [line for _, line in sorted(found, key=lambda pair: pair[0])]  # what matters lies on top
    for column, row in enumerate(greedy):
        parent = greedy[column - 1] if column else 0
        lines.append(
            _edge(parent, row, column, f'stroke="{ORANGE}" stroke-width="2.4" stroke-dasharray="5 4"', 4)
        )
    return lines


def _edge(parent: int, row: int, column: int, look: str, shift: float = 0.0) -> str:
    x0, x1 = _x(column) - GAP_X + (4 if column == 0 else 0), _x(column)
    y0, y1 = _y(parent) + BOX_H / 2 + shift, _y(row) + BOX_H / 2 + shift
    bend = (x1 - x0) / 2
    return (
        f'<path d="M{x0:.1f} {y0:.1f}C{x0 + bend:.1f} {y0:.1f} {x1 - bend:.1f} {y1:.1f} {x1:.1f} {y1:.1f}" '
        f'fill="none" {look}/>'
    )


def _box(row: int, column: int, node: Node, share: float, framed: bool) -> str:
    x, y, dark = _x(column), _y(row), 0.75 * share if node.kept else 0.0
    colour, dash = (ramp(dark), "") if node.kept else (PAPER, 'stroke-dasharray="3 2"')
    edge = f'stroke="{FOCUS}" stroke-width="3"' if framed else f'stroke="{BLUE if node.kept else MUTED}"'
    ink = ink_on(dark) if node.kept else MUTED
    centre = x + BOX_W / 2
    return (
        f'<rect x="{x}" y="{y}" width="{BOX_W}" height="{BOX_H}" rx="5" fill="{colour}" {edge} {dash} '
        f'data-cell="{row},{column}"/>'
        + svg_text(centre, y + 16, shorten(node.token, 8), 14, f'{MIDDLE} pointer-events="none"', ink)
        + svg_text(
            centre,
            y + 31,
            percent(float(np.exp(node.log_probability))),
            11,
            f'{MIDDLE} pointer-events="none"',
            ink,
        )
    )


def _legend(y: float, *, greedy: bool) -> str:
    parts = [
        f'<path d="M10 {y - 4:.1f}h26" stroke="{INK}" stroke-width="3"/>',
        svg_text(42, y, "the likeliest text in the end", 12, "", MUTED),
    ]
    if greedy:
        parts += [
            f'<path d="M238 {y - 4:.1f}h26" stroke="{ORANGE}" stroke-width="2.4" stroke-dasharray="5 4"/>',
            svg_text(270, y, "greedy, as far as it is kept", 12, "", MUTED),
        ]
    return "".join(parts)


def _x(column: int) -> int:
    return LEFT + column * (BOX_W + GAP_X)


def _y(row: int) -> int:
    return TOP + row * (BOX_H + GAP_Y)
