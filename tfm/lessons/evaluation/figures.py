"""A threshold over scores, the four counts it makes, and promises beside what came true.

A yes is blue and stands above the line, a no is orange and hangs below it, so that nobody needs the colour. This
file is given counts and draws them: what precision is, it does not know.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from tfm.kit.cases import GO_SIDE, plain_number
from tfm.kit.figure import LessonFigure, new_figure
from tfm.kit.style import (
    BLUE,
    INK,
    LINE,
    MUTED,
    ORANGE,
    diverging,
    ink_on,
    shorten,
    svg_page,
    svg_text,
    text_width,
)

WIDTH, HEIGHT = 440, 216  # pixels of the score axis, and of the tallest bars up and down together
LEFT, TOP = 40, 62
BINS = 20
MARKS = "os^D"


def scores_svg(scores: ArrayLike, answers: ArrayLike, threshold: float, names: tuple[str, str]) -> str:
    """Draw how the scores of both kinds lie about a threshold: yes upwards, no downwards, in bins of 0.05.

    A bar's height is the square root of its count, so that a bar of 2 is seen beside one of 300; the count is
    written on it.

    Args:
        scores: N numbers from 0 to 1.
        answers: N truths.
        threshold: what lies on it or to its right is marked.
        names: of a no and of a yes.

    Returns:
        An SVG.

    Example:
        >>> scores_svg([0.2, 0.9], [False, True], 0.5, ("other", "eight")).count('class="bar"')
        2
    """
    values, truths = np.asarray(scores, dtype=float), np.asarray(answers, dtype=bool)
    place = np.minimum((values * BINS).astype(int), BINS - 1)
    up, down = (np.sqrt(np.bincount(place[kind], minlength=BINS)) for kind in (truths, ~truths))
    pixels = HEIGHT / max(1.0, up.max() + down.max())
    middle, at = TOP + pixels * up.max(), LEFT + threshold * WIDTH
    bottom = TOP + HEIGHT + 22
    parts = [f'<path d="M{at:.1f} {TOP - 22}H{LEFT + WIDTH}V{bottom}H{at:.1f}Z" fill="{GO_SIDE}"/>']
    parts += _bars(up, pixels, middle, down=False) + _bars(down, pixels, middle, down=True)
    parts.append(f'<path d="M{LEFT} {middle:.1f}h{WIDTH}" stroke="{MUTED}"/>')
    parts.append(f'<path d="M{at:.1f} {TOP - 28}V{bottom}" stroke="{INK}" stroke-width="2"/>')
    parts += _score_words(threshold, at, (TOP - 22, middle, bottom), names)
    return svg_page(LEFT + WIDTH + 20, bottom + 46, parts, f"scores and the threshold {threshold:.2f}")


def counts_svg(found: int, alarms: int, missed: int, passed: int, names: tuple[str, str]) -> str:
    """Draw the four counts of a decision as a square: rows are what it is, columns what it was taken for.

    Right decisions are shaded and carry ✓, wrong ones are white and carry ✗.

    Example:
        >>> counts_svg(3, 2, 1, 4, ("other", "eight")).count("✓")
        2
    """
    no, yes = (shorten(name, 14) for name in names)
    left, top, wide, high = 26 + 1.1 * max(text_width(no, 14), text_width(yes, 14)), 62, 122, 84
    parts = [svg_text(left + wide, 22, "marked as", 13, 'text-anchor="middle"', MUTED)]
    for j, name in enumerate((yes, no)):
        parts.append(
            svg_text(left + wide * (j + 0.5), 48, name, 14, 'text-anchor="middle" font-weight="600"')
        )
        parts.append(
            svg_text(left - 10, top + high * (j + 0.55), name, 14, 'text-anchor="end" font-weight="600"')
        )
    parts.append(svg_text(left - 10, top - 14, "it is", 13, 'text-anchor="end"', MUTED))
    cells = (
        ((found, "found", True), (missed, "missed", False)),
        ((alarms, "false alarms", False), (passed, "passed", True)),
    )
    for i, row in enumerate(cells):
        for j, (count, word, right) in enumerate(row):
            parts += _count(left + wide * j, top + high * i, (wide, high), count, word, right)
    return svg_page(left + 2 * wide + 14, top + 2 * high + 14, parts, f"{found} found, {missed} missed")


def classes_svg(matrix: ArrayLike, names: Sequence[str]) -> str:
    """Draw a confusion matrix of several classes: the right ones blue on the diagonal, the others orange.

    A cell is as dark as its share of its row; a count of 0 is left blank.

    Args:
        matrix: K × K counts, a row what it is, a column what it was taken for.
        names: K short names.

    Returns:
        An SVG.

    Example:
        >>> classes_svg([[8, 2], [0, 5]], ["0", "1"]).count("<rect")  # four cells, and the paper
        5
    """
    counts = np.asarray(matrix, dtype=int)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    side, left, top = 42, 84, 62
    wide = side * len(names)
    parts = [svg_text(left + wide / 2, 20, "taken for", 13, 'text-anchor="middle"', MUTED)]
    parts.append(svg_text(14, top + wide / 2, "it is", 13, "", MUTED))
    for i, name in enumerate(names):
        bold, middle = 'text-anchor="middle" font-weight="600"', side * (i + 0.5)
        parts.append(svg_text(left + middle, top - 10, shorten(name, 5), 14, bold))
        parts.append(svg_text(left - 18, top + middle + 5, shorten(name, 5), 14, bold))
        for j in range(len(names)):
            share = float(shares[i, j]) * (1 if i == j else -1)
            x, y = left + side * j, top + side * i
            parts.append(
                f'<rect x="{x}" y="{y}" width="{side}" height="{side}" fill="{diverging(share)}" stroke="{LINE}"/>'
            )
            if counts[i, j]:
                look = 'text-anchor="middle"'
                words = str(counts[i, j])
                parts.append(svg_text(x + side / 2, y + side / 2 + 5, words, 14, look, ink_on(share)))
    return svg_page(left + wide + 14, top + wide + 14, parts, f"a confusion matrix of {len(names)} classes")


def reliability_figure(panels: Mapping[str, tuple[ArrayLike, ArrayLike, ArrayLike]]) -> LessonFigure:
    """Draw what each model said against how often it came true; on the diagonal a promise is kept.

    Args:
        panels: name of the model → mean promise, share that came true and number of cases of each bin; NaN in
            an empty one.

    Returns:
        A figure with a panel for each model; a dot's area grows with its number of cases.

    Example:
        >>> reliability_figure({"careful": ([0.2, 0.8], [0.25, 0.75], [10, 30])})
        <figure with 1 panel>
    """
    figure, axes = new_figure(3.5 * len(panels), 4.1, columns=len(panels), sharey=True)
    for ax, (name, (said, kept, many)) in zip(np.atleast_1d(axes), panels.items(), strict=True):
        sizes = 14 + 260 * np.sqrt(np.asarray(many, dtype=float) / max(1, np.asarray(many).max()))
        ax.plot([0, 1], [0, 1], color=MUTED, linestyle=":", linewidth=1.5, label="a promise kept")
        ax.scatter(said, kept, s=sizes, color=BLUE, edgecolor="white", zorder=3, label="a bin of promises")
        ax.set(title=name, xlabel="what it said", xlim=(0, 1.03), ylim=(-0.03, 1.05))
        ax.set_aspect("equal")
    np.atleast_1d(axes)[0].set_ylabel("how often it came true")
    np.atleast_1d(axes)[0].legend(frameon=False, fontsize=9, loc="upper left")
    return figure


def spread_figure(samples: Mapping[str, ArrayLike], label: str, zero: bool = False) -> LessonFigure:
    """Draw resampled scores: a row a name, a grey dot a drawn test set, a thick bar the middle 95%.

    Args:
        samples: name → scores.
        label: what is measured.
        zero: whether to draw the line at 0, where two models are equal.

    Example:
        >>> spread_figure({"50 cases": [0.8, 0.9], "500 cases": [0.84, 0.86]}, "accuracy")
        <figure with 1 panel>
    """
    figure, ax = new_figure(7.4, 0.9 + 0.62 * len(samples))
    for row, values in enumerate(samples.values()):
        scores = np.asarray(values, dtype=float)
        lifts = row + 0.16 + 0.42 * ((np.arange(len(scores)) * 0.618034) % 1)
        low, high = np.quantile(scores, [0.025, 0.975])
        ax.plot(scores, lifts, ".", color=LINE, markersize=3, zorder=1)
        ax.plot([low, high], [row, row], color=BLUE, linewidth=5, solid_capstyle="butt")
        ax.plot(scores.mean(), row, "D", color=INK, markersize=6)
    if zero:
        ax.axvline(0, color=ORANGE, linestyle="--", linewidth=1.5)
    ax.set_yticks(range(len(samples)), list(samples))
    ax.set(xlabel=label, ylim=(len(samples) - 0.25, -0.45))
    return figure


def _bars(roots: Any, pixels: float, middle: float, *, down: bool) -> list[str]:
    """A bar for each bin that is not empty; `roots` are the square roots of the counts."""
    parts, wide = [], WIDTH / BINS
    look = f'fill="#fff" stroke="{ORANGE}" stroke-width="2"' if down else f'fill="{BLUE}"'
    for i in np.flatnonzero(roots).tolist():
        x, high = LEFT + i * wide + 2, max(pixels * float(roots[i]), 2.0)
        y, end = (middle, middle + high + 14) if down else (middle - high, middle - high - 4)
        parts.append(
            f'<rect class="bar" x="{x:.1f}" y="{y:.1f}" width="{wide - 4:.1f}" height="{high:.1f}" {look}/>'
        )
        parts.append(svg_text(x + wide / 2 - 2, end, f"{roots[i] ** 2:.0f}", 11, 'text-anchor="middle"'))
    return parts


def _score_words(
    threshold: float, at: float, heights: tuple[float, float, float], names: Sequence[str]
) -> list[str]:
    """The threshold's number above, the kinds beside their halves, the scale below."""
    top, middle, bottom = heights
    where, centre = min(max(at, LEFT + 52), LEFT + WIDTH - 52), 'text-anchor="middle"'
    parts = [svg_text(where, TOP - 36, f"threshold {threshold:.2f}", 13, f'{centre} font-weight="600"')]
    for name, arrow, y, fill in (
        (names[1], "→", (top + middle) / 2, BLUE),
        (names[0], "←", (middle + bottom) / 2, ORANGE),
    ):
        words = f"{shorten(name, 14)} {arrow}" if arrow == "→" else f"{arrow} {shorten(name, 14)}"
        parts.append(svg_text(22, y, words, 13, f'{centre} transform="rotate(-90 22 {y:.0f})"', fill))
    parts += [
        svg_text(LEFT + tick * WIDTH, bottom + 17, plain_number(tick), 12, centre, MUTED)
        for tick in (0, 0.2, 0.4, 0.6, 0.8, 1)
    ]
    return [*parts, svg_text(LEFT + WIDTH / 2, bottom + 38, "score →", 13, centre)]


def _count(x: float, y: float, size: tuple[float, float], count: int, word: str, right: bool) -> list[str]:
    wide, high = size
    fill, sign = (GO_SIDE, "✓") if right else ("#ffffff", "✗")
    return [
        f'<rect x="{x}" y="{y}" width="{wide}" height="{high}" fill="{fill}" stroke="{LINE}"/>',
        svg_text(x + wide / 2, y + high / 2 + 4, f"{count:,}", 24, 'text-anchor="middle" font-weight="600"'),
        svg_text(x + wide / 2, y + high - 14, f"{sign} {word}", 12, 'text-anchor="middle"', MUTED),
    ]
