"""Learning curves: the loss over the steps of several runs, as a mean line inside the band from least to most.

Training is a solid line and validation a dashed one, so that they differ without colour; what was tried before
stands behind in grey. The same drawing serves a finished experiment and one that is still growing. This file knows
nothing of models or optimisers.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tfm.kit.axis import Axis, tick_text
from tfm.kit.drawing import Drawing
from tfm.kit.style import BLUE, INK, LINE, MUTED, ORANGE, svg_page, svg_text

WIDTH, HEIGHT = 570, 270  # pixels of the plot itself
LEFT, TOP, RIGHT, BOTTOM = 58, 74, 22, 46
GREY = "#8c959f"
KINDS = (("training", BLUE, ""), ("validation", ORANGE, 'stroke-dasharray="7 4"'))
ABOVE_EVEN = 1.3  # losses are shown up to so many times the even bet: what explodes leaves the picture

Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Curves:
    """Runs of one setting.

    Attributes:
        name: for the legend; an empty one says training and validation alone.
        runs: n × 3 numbers a run: step, training loss, validation loss; NaN where none was measured. Runs may
            differ in length.

    Example:
        >>> Curves("", [[[0, 4.2, 4.2], [10, 2.5, 2.7]], [[0, 4.1, 4.2], [10, 2.7, 2.7]]]).spread(1)
        (array([ 0., 10.]), array([4.15, 2.6 ]), array([4.1, 2.5]), array([4.2, 2.7]))
    """

    name: str
    runs: Sequence[ArrayLike]

    def spread(self, column: int) -> tuple[Array, Array, Array, Array]:
        """Steps, and mean, least and most of a column over the runs that reached them; no NaN counts."""
        rows = [np.reshape(np.asarray(run, dtype=float), (-1, 3)) for run in self.runs]
        points = np.concatenate([row[:, [0, column]] for row in rows]) if rows else np.empty((0, 2))
        points = points[np.isfinite(points).all(axis=1)]
        steps, place = np.unique(points[:, 0], return_inverse=True)
        if not len(steps):
            return steps, steps, steps, steps
        least, most = np.full(len(steps), np.inf), np.full(len(steps), -np.inf)
        np.minimum.at(least, place, points[:, 1])
        np.maximum.at(most, place, points[:, 1])
        mean = np.bincount(place, points[:, 1]) / np.bincount(place)
        return steps, mean, least, most


def curves_svg(
    now: Curves,
    before: Curves | None = None,
    *,
    steps: float | None = None,
    even: float | None = None,
    best: float | None = None,
    title: str = "",
) -> str:
    """Draw learning curves with their spread.

    Args:
        now: what is drawn in colour; it may have no runs yet.
        before: what stands behind it in grey.
        steps: right end of the picture; None: the last step there is.
        even: loss of the even bet, log V, drawn as a dotted line; the picture ends a little above it.
        best: a step to mark, such as that of the lowest validation loss.
        title: a line above.

    Returns:
        An SVG; what explodes is cut off at the top.

    Example:
        >>> svg = curves_svg(Curves("", [[[0, 4.2, 4.2], [10, 2.5, 2.7]]]), even=4.17)
        >>> svg.count("dasharray")  # the validation line, its sign in the legend, the even bet
        3
    """
    groups = [group for group in (before, now) if group is not None]
    last, top = _ends(groups, steps, even)
    across, upwards = Axis((0, last)), Axis((0, top))
    inner = [_grid(across, upwards)]
    if even is not None:
        inner.append(_even(even, upwards))
    if best is not None:
        x = across.share(best) * WIDTH
        inner.append(f'<path d="M{x:.1f} 0V{HEIGHT}" stroke="{INK}" stroke-width="1.1"/>')
    for group in groups:
        for column, (_, colour, dash) in enumerate(KINDS, start=1):
            inner.append(_band(group.spread(column), across, upwards, colour if group is now else GREY, dash))
    parts = [
        f'<svg x="{LEFT}" y="{TOP}" width="{WIDTH}" height="{HEIGHT}" overflow="hidden">',
        *inner,
        "</svg>",
        f'<rect x="{LEFT}" y="{TOP}" width="{WIDTH}" height="{HEIGHT}" fill="none" stroke="{LINE}"/>',
        svg_text(LEFT, 20, title, 14, 'font-weight="600"'),
        *_legend(groups, now),
        *_written(across, upwards),
    ]
    return svg_page(LEFT + WIDTH + RIGHT, TOP + HEIGHT + BOTTOM, parts, title or "learning curves")


def live_curves(
    training: Sequence[tuple[float, float]], validation: Sequence[tuple[float, float]] = (), title: str = ""
) -> Drawing:
    """Draw one run while it grows, for a listener of a trainer to show.

    Args:
        training: (step, loss) pairs.
        validation: (step, loss) pairs, usually fewer.
        title: a line above; empty says the last numbers.

    Returns:
        A drawing that a notebook shows.

    Example:
        >>> live_curves([(1, 4.2), (2, 3.9)], [(2, 4.0)])
        <drawing: step 2: training loss 3.90, validation loss 4.00>
    """
    rows = [(step, loss, math.nan) for step, loss in training]
    rows += [(step, math.nan, loss) for step, loss in validation]
    said = [f"training loss {training[-1][1]:.2f}"] if training else []
    said += [f"validation loss {validation[-1][1]:.2f}"] if validation else []
    last = max((step for step, *_ in rows), default=0)
    words = title or f"step {last:g}: {', '.join(said) or 'no loss yet'}"
    return Drawing(curves_svg(Curves("", [rows]), title=words), words)


def _ends(groups: Sequence[Curves], steps: float | None, even: float | None) -> tuple[float, float]:
    """The last step and the highest loss to show."""
    spreads = [group.spread(column) for group in groups for column in (1, 2)]
    last = max((float(s[0][-1]) for s in spreads if len(s[0])), default=1.0) if steps is None else steps
    if even is not None:
        return max(last, 1e-9), ABOVE_EVEN * even
    return max(last, 1e-9), 1.05 * max((float(s[3].max()) for s in spreads if len(s[3])), default=1.0) or 1.0


def _band(
    spread: tuple[Array, Array, Array, Array], across: Axis, upwards: Axis, colour: str, dash: str
) -> str:
    steps, mean, least, most = spread
    if not len(steps):
        return ""
    x = across.share(steps) * WIDTH
    down = [np.clip(HEIGHT * (1 - upwards.share(each)), -HEIGHT, 2 * HEIGHT) for each in (mean, least, most)]
    around = "L".join(_points(np.concatenate([x, x[::-1]]), np.concatenate([down[1], down[2][::-1]])))
    line = "L".join(_points(x, down[0]))
    return (
        f'<path d="M{around}Z" fill="{colour}" fill-opacity="0.16"/>'
        f'<path d="M{line}" fill="none" stroke="{colour}" stroke-width="2.2" {dash}/>'
    )


def _points(x: Array, y: Array) -> list[str]:
    return [f"{a:.1f} {b:.1f}" for a, b in zip(x.tolist(), y.tolist(), strict=True)]


def _even(even: float, upwards: Axis) -> str:
    y = HEIGHT * (1 - upwards.share(even))
    return (
        f'<path d="M0 {y:.1f}H{WIDTH}" stroke="{MUTED}" stroke-width="1.4" stroke-dasharray="2 4"/>'
        + svg_text(WIDTH - 6, y - 5, f"even bet {even:.2f}", 12, 'text-anchor="end"', MUTED)
    )


def _grid(across: Axis, upwards: Axis) -> str:
    lines = [f"M{across.share(v) * WIDTH:.1f} 0V{HEIGHT}" for v in across.ticks()]
    lines += [f"M0 {HEIGHT * (1 - upwards.share(v)):.1f}H{WIDTH}" for v in upwards.ticks()]
    return f'<path d="{"".join(lines)}" stroke="{LINE}" stroke-width="0.7"/>'


def _written(across: Axis, upwards: Axis) -> list[str]:
    bottom, middle, end = TOP + HEIGHT, 'text-anchor="middle"', 'text-anchor="end"'
    parts = [
        svg_text(LEFT + across.share(v) * WIDTH, bottom + 17, tick_text(v), 12, middle, MUTED)
        for v in across.ticks()
    ]
    parts += [
        svg_text(LEFT - 7, bottom - upwards.share(v) * HEIGHT + 4, tick_text(v), 12, end, MUTED)
        for v in upwards.ticks()
    ]
    turned = f'{middle} transform="rotate(-90 14 {TOP + HEIGHT / 2:.0f})"'
    parts.append(svg_text(LEFT + WIDTH / 2, bottom + 36, "step →", 13, middle))
    return [*parts, svg_text(14, TOP + HEIGHT / 2, "loss (nats) →", 13, turned)]


def _legend(groups: Sequence[Curves], now: Curves) -> list[str]:
    """A sign and a name for each line, above the plot, in a row for each group."""
    parts = []
    for row, group in enumerate(reversed(groups)):
        x, y = float(LEFT), 44 + 18 * row
        for kind, colour, dash in KINDS:
            shown = colour if group is now else GREY
            words = f"{kind}, {group.name}" if group.name else kind
            line = f'<path d="M{x:.0f} {y - 4}h26" fill="none" stroke="{shown}" stroke-width="2.2" {dash}/>'
            parts += [line, svg_text(x + 32, y, words, 12)]
            x = LEFT + WIDTH / 2
    return parts
