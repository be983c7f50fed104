"""The pictures of a training run's film: the loss with a marker, how far a head looks back, what the model writes.

All maps at once are `multi_head.head_tiles_svg`, one map large is `heatmap.heatmap_svg`. This file knows nothing
of models: numbers and text in, an SVG out.
"""

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tfm.kit.axis import Axis
from tfm.kit.curves import Series, chart_svg
from tfm.kit.style import BLUE, INK, LINE, MUTED, svg_page, svg_text, text_width

SIZE, LINE_HEIGHT = 14, 21  # pixels of the sample's letters, and from line to line
PAPER_WIDTH = 480
LINES = 6
Losses: TypeAlias = Sequence[float] | NDArray[Any]
NO_BREAK = "\N{NO-BREAK SPACE}"  # SVG drops plain spaces at a line's start


def loss_svg(
    steps: Sequence[int],
    losses: Losses,
    here: int,
    *,
    validation: tuple[Sequence[int], Losses] = ((), ()),
    guess: float | None = None,
) -> str:
    """Draw a run's losses, with a line where the film stands.

    Args:
        steps: n steps, rising.
        losses: n losses on the batches that were trained on.
        here: the step that is shown.
        validation: steps and losses on text that was not trained on.
        guess: the loss of a guess that takes every token for equally likely: a dotted line.

    Returns:
        An SVG.

    Example:
        >>> loss_svg([0, 10], [4.2, 2.0], 10).count("loss over step")
        1
    """
    values = np.asarray(losses, dtype=float)
    judged = np.asarray(validation[1], dtype=float)
    across = _run(steps)
    seen = np.concatenate([values, judged, [] if guess is None else [guess]])
    seen = seen[np.isfinite(seen)]
    upwards = Axis((min(float(seen.min()), 1.0), float(seen.max()) * 1.05))
    series = [Series(steps, values, "training", "solid")]
    if judged.size:
        series.append(Series(validation[0], judged, "validation", "ring"))
    if guess is not None:
        series.append(Series(np.array(across.ends), np.full(2, guess), "even guess", "dotted"))
    return chart_svg(series, across, upwards, ("step", "loss"), marker=here)


def looking_back_svg(
    steps: Sequence[int], shares: ArrayLike, here: int, name: str, *, chance: float, others: ArrayLike = ()
) -> str:
    """Draw how much of a head's weight is on the previous token, over the run.

    Args:
        steps: n steps, rising.
        shares: n shares from 0 to 1, of the chosen head.
        here: the step that is shown.
        name: the head's.
        chance: the share of a head that looks at everything alike: a dotted line.
        others: n × m, the shares of other heads, drawn thin for comparison.

    Returns:
        An SVG.

    Example:
        >>> svg = looking_back_svg([0, 10], [0.2, 0.9], 0, "head 1", chance=0.2)
        >>> svg.count("<path")  # the grid, two lines, and their signs in the legend
        5
    """
    across = _run(steps)
    rest = np.asarray(others, dtype=float)
    series = [Series(steps, column, "", "dotted") for column in (rest.T if rest.size else ())]
    series.append(Series(np.array(across.ends), np.full(2, chance), "by chance", "dashed"))
    series.append(Series(steps, shares, name, "solid"))
    return chart_svg(series, across, Axis((0.0, 1.0)), ("step", "weight on the previous token"), marker=here)


def sample_svg(prompt: str, text: str, title: str) -> str:
    r"""Draw what a model wrote: the prompt in grey, its own words after it, wrapped, on lined paper.

    Args:
        prompt: what it was given.
        text: what it wrote.
        title: a line above.

    Returns:
        An SVG of constant size; what does not fit in its lines is left out.

    Example:
        >>> sample_svg("To ", "be or\nnot", "step 5").count("<tspan")
        3
    """
    rows = _wrapped([*((c, MUTED) for c in prompt), *((c, INK) for c in text)])[:LINES]
    parts = [svg_text(10, 20, title, 14, 'font-weight="600"')]
    for i in range(LINES):
        y = 50 + i * LINE_HEIGHT
        parts.append(f'<path d="M10 {y + 5}H{PAPER_WIDTH - 10}" stroke="{LINE}" stroke-width="0.7"/>')
        if i < len(rows):
            parts.append(_row(rows[i], y))
    parts.append(f'<rect x="0" y="30" width="3" height="{LINES * LINE_HEIGHT + 4}" fill="{BLUE}"/>')
    return svg_page(PAPER_WIDTH, 50 + LINES * LINE_HEIGHT, parts, title)


def _run(steps: Sequence[int]) -> Axis:
    """The axis of a run: from the untrained model, step 0, to the last step."""
    return Axis((0, max(1, *steps)))


def _wrapped(letters: list[tuple[str, str]]) -> list[list[tuple[str, str]]]:
    """Cut coloured letters into rows that fit the paper, at every line end too."""
    rows: list[list[tuple[str, str]]] = [[]]
    used = 0.0
    for letter, colour in letters:
        width = text_width(letter, SIZE)
        if letter == "\n" or used + width > PAPER_WIDTH - 30:
            rows.append([])
            used = 0.0
        if letter != "\n":
            rows[-1].append((letter, colour))
            used += width
    return rows


def _row(letters: list[tuple[str, str]], y: float) -> str:
    """One row as runs of one colour."""
    grey = sum(colour == MUTED for _, colour in letters)
    runs = [(letters[:grey], MUTED), (letters[grey:], INK)]
    spans = "".join(
        svg_text(0, 0, "".join(letter for letter, _ in run).replace(" ", NO_BREAK), SIZE, "", colour)
        .replace('<text x="0.0" y="0.0"', "<tspan")
        .replace("</text>", "</tspan>")
        for run, colour in runs
        if run
    )
    return f'<text x="12" y="{y:.1f}">{spans}</text>'
