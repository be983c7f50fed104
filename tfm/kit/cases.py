"""A perceptron's sums on a number line: every case a row, and the threshold across all rows.

What goes is a blue disc, what stays an orange square, so that nobody needs the colour. This file computes no
decision of its own beyond “more than the threshold”, and knows nothing of learning.
"""

import itertools
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from tfm.kit.style import BLUE, FOCUS, INK, MUTED, ORANGE, shorten, svg_page, svg_text, text_width

GO_SIDE = "#dbe8fa"
HALO = 'stroke="#ffffff" stroke-width="4" paint-order="stroke" stroke-linejoin="round"'
ROUNDING = 1e-9  # as in the decision by hand: more by rounding alone is not more
CAPTION = "sum of the weights whose input is 1"
ROW = 30
TOP = 66
LINE_WIDTH = 240
LETTERS = 0.55  # of the font size, the width of a letter in a word


def cases_svg(
    cases: ArrayLike,
    weights: ArrayLike,
    threshold: float,
    names: Sequence[str],
    *,
    asked: Sequence[str] = (),
    right: Sequence[bool] = (),
    chosen: int | None = None,
) -> str:
    """Draw every case on one number line of sums, a row each, with the threshold across all rows.

    Args:
        cases: N × n zeros and ones.
        weights: n numbers.
        threshold: θ; a sum must be more.
        names: n names of the inputs.
        asked: N short texts for a last column, what the decision should have been.
        right: N truths, whether the decision was as asked.
        chosen: the row to frame.

    Returns:
        An SVG whose rows carry `data-cell="row,0"`.

    Example:
        >>> cases_svg([[0, 1], [1, 1]], [8, 4], 8, ["weather", "price"]).count("data-cell")
        2
    """
    rows = np.asarray(cases, dtype=float)
    sums = rows @ np.asarray(weights, dtype=float)
    widths = [max(44.0, _words(shorten(name), 13) + 18) for name in names]
    left = 10 + sum(widths) + 16
    scale = _Scale(min(0.0, threshold, *sums), max(0.0, threshold, *sums), left, left + LINE_WIDTH)
    bottom = TOP + ROW * len(rows)
    parts = _frame(scale, threshold, bottom)
    parts += _table(rows, names, widths)
    for i, total in enumerate(sums):
        note = (asked[i], right[i]) if len(asked) else None
        parts.append(_case(scale, i, float(total), float(total) - threshold > ROUNDING, note))
    width = scale.right + (160 if len(asked) else 62)
    if len(asked):
        parts.append(svg_text(scale.right + 94, TOP - 12, "asked for", 12, "", MUTED))
    for i in range(len(rows)):
        look = f'stroke="{FOCUS}" stroke-width="2.5"' if i == chosen else 'stroke="none"'
        parts.append(
            f'<rect x="4" y="{TOP + i * ROW + 1}" width="{width - 8:.0f}" height="{ROW - 2}" rx="4" '
            f'fill="transparent" {look} data-cell="{i},0"/>'
        )
    return svg_page(
        width, bottom + 44, parts, f"{len(rows)} cases and the threshold {plain_number(threshold)}"
    )


def mark(x: float, y: float, goes: bool, wrong: bool = False) -> str:
    """One decision as a sign: a blue disc goes, an orange square stays, a red ring and cross mean wrong."""
    disc = f'<circle cx="{x:.1f}" cy="{y:.1f}" r="7.5" fill="{BLUE}"/>'
    square = (
        f'<rect x="{x - 6.5:.1f}" y="{y - 6.5:.1f}" width="13" height="13" fill="#fff" '
        f'stroke="{ORANGE}" stroke-width="3"/>'
    )
    ring = (
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="13" fill="none" stroke="{FOCUS}" stroke-width="2.5"/>'
        f'<path d="M{x + 12:.1f} {y - 19:.1f}l8 8m0 -8l-8 8" stroke="{FOCUS}" stroke-width="2.5"/>'
    )
    return (disc if goes else square) + (ring if wrong else "")


def plain_number(value: float) -> str:
    """A number as people write it.

    Example:
        >>> plain_number(8.0), plain_number(-0.25), plain_number(1000)
        ('8', '−0.25', '1,000')
    """
    short = round(float(value), 2)
    return ("−" if short < 0 else "") + f"{abs(short):,.10g}"


class _Scale:
    """A number line: values to pixels, with round ends and ticks."""

    def __init__(self, low: float, high: float, left: float, right: float) -> None:
        self.left, self.right = left, right
        steps = (digit * 10**power for power in itertools.count() for digit in (1, 2, 5))
        step = next(s for s in steps if (high - low + 1) / s <= 7)
        self.low = np.floor(low / step) * step
        self.high = max(np.ceil((high + 0.5) / step) * step, self.low + step)
        self.margin = 16 if self.low >= 0 else 44  # a negative sum is written left of its sign
        self.ticks = np.arange(self.low, self.high + step / 2, step)

    def at(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return float(self.left + self.margin + share * (self.right - self.left - self.margin - 34))


def _frame(scale: _Scale, threshold: float, bottom: float) -> list[str]:
    """The shaded side, the axis and the threshold."""
    at, end = scale.at(threshold), scale.right - 8
    label = f"threshold {plain_number(threshold)}"
    half = _words(label, 13) / 2
    middle = min(max(at, scale.left + half), scale.right - half)
    parts = [
        f'<path d="M{at:.1f} {TOP - 4}H{max(end, at):.1f}V{bottom + 4}H{at:.1f}Z" fill="{GO_SIDE}"/>',
        svg_text(middle, TOP - 36, label, 13, 'text-anchor="middle" font-weight="600"'),
        f'<path d="M{at:.1f} {TOP - 28}V{bottom + 4}" stroke="{INK}" stroke-width="2"/>',
        f'<path d="M{scale.left:.1f} {bottom + 4}H{end:.1f}" stroke="{MUTED}"/>',
        svg_text((scale.left + end) / 2, bottom + 38, CAPTION, 12, 'text-anchor="middle"', MUTED),
    ]
    for tick in scale.ticks:
        x = scale.at(tick)
        parts.append(f'<path d="M{x:.1f} {bottom + 4}v5" stroke="{MUTED}"/>')
        parts.append(svg_text(x, bottom + 21, plain_number(tick), 12, 'text-anchor="middle"', MUTED))
    return parts


def _table(rows: np.ndarray, names: Sequence[str], widths: Sequence[float]) -> list[str]:
    """The inputs as a table of 1 and 0 with a name above each column."""
    parts, left = [], 10.0
    for j, (name, width) in enumerate(zip(names, widths, strict=True)):
        centre = left + width / 2
        parts.append(svg_text(centre, TOP - 12, shorten(name), 13, 'text-anchor="middle" font-weight="600"'))
        for i, row in enumerate(rows):
            look = 'text-anchor="middle"' + (' font-weight="700"' if row[j] else "")
            fill = INK if row[j] else "#8c959f"
            parts.append(svg_text(centre, TOP + i * ROW + 20, plain_number(row[j]), 14, look, fill))
        left += width
    return parts


def _case(scale: _Scale, i: int, total: float, goes: bool, note: tuple[str, bool] | None) -> str:
    y, x, zero = TOP + i * ROW + ROW / 2, scale.at(total), scale.at(0)
    side = "" if total >= 0 else 'text-anchor="end"'
    parts = [
        f'<path d="M{zero:.1f} {y}H{x:.1f}" stroke="#8c959f" stroke-width="2"/>',
        mark(x, y, goes),
        svg_text(x + (12 if total >= 0 else -12), y + 5, plain_number(total), 13, f"{HALO} {side}"),
        svg_text(
            scale.right + 10,
            y + 5,
            "go" if goes else "stay",
            14,
            'font-weight="700"',
            BLUE if goes else ORANGE,
        ),
    ]
    if note:
        text, right = note
        parts.append(
            svg_text(scale.right + 64, y + 5, "✓" if right else "✗", 15, "", INK if right else FOCUS)
        )
        parts.append(svg_text(scale.right + 94, y + 5, text, 13, "", INK if right else FOCUS))
    return "".join(parts)


def _words(text: str, size: float) -> float:
    return min(text_width(text, size), LETTERS * size * len(text) + 2)
