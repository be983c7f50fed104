"""Where a playground's neurons and links stand, what its cells mean, and its links: width, sign and push.

Blue and solid is above zero, orange and dashed below; a wide link is a large number. This file is handed numbers;
it knows nothing of training.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tfm.kit.style import BLUE, ORANGE

SIZE = 36  # pixels of a neuron
PITCH = 45  # pixels from one neuron to the next; the gap is a whole number of places
LEFT, TOP = 66, 62
WIDEST = 8.0  # pixels of the widest link
FULL_WEIGHT = 3.0  # the weight that gets it
BIAS = 9  # stands for the bias where a link's source would stand
LINKS = 100  # cells from this row on are links
MINUS, PLUS = -1, -2  # rows of the buttons above a layer


Array = NDArray[Any]


class Place(NamedTuple):
    """What a cell of the picture is.

    Attributes:
        kind: `neuron`, `link`, `bias`, `minus` or `plus`.
        column: 0 for the features, the last for the output.
        row: the neuron, of a link the one it goes to.
        source: of a link, the row it comes from.
    """

    kind: str
    column: int
    row: int = 0
    source: int = 0


def read_cell(cell: Sequence[int]) -> Place:
    """What `data-cell` of the picture means.

    Example:
        >>> read_cell((2, 1))
        Place(kind='neuron', column=1, row=2, source=0)
        >>> read_cell((143, 2))
        Place(kind='link', column=2, row=3, source=4)
    """
    row, column = cell
    if row < 0:
        return Place("minus" if row == MINUS else "plus", column)
    if row < LINKS:
        return Place("neuron", column, row)
    source, target = divmod(row - LINKS, 10)
    return Place("bias", column, target) if source == BIAS else Place("link", column, target, source)


def link_cell(source: int, target: int, column: int) -> tuple[int, int]:
    """The cell of a link, or of a bias with `BIAS` as its source.

    Example:
        >>> link_cell(4, 3, 2)
        (143, 2)
    """
    return LINKS + 10 * source + target, column


def corner(row: int, column: int, step: int) -> tuple[float, float]:
    """The upper left corner of a neuron."""
    return LEFT + column * step, TOP + row * PITCH


def curve(source: int, target: int, column: int, step: int) -> str:
    """The path of a link from a row of the column before to a row of this one."""
    (x1, y1), (x2, y2) = corner(source, column - 1, step), corner(target, column, step)
    x1, y1, y2, half = x1 + SIZE, y1 + SIZE / 2, y2 + SIZE / 2, (step - SIZE) / 2
    return f"M{x1:g} {y1:g}C{x1 + half:g} {y1:g} {x1 + half:g} {y2:g} {x2:g} {y2:g}"


def links_svg(values: Array, rows: Sequence[int], column: int, step: int) -> str:
    """Paths of one layer's links, those of one width and sign together.

    Args:
        values: n_in × n_out; ±1 gets the full width.
        rows: of the n_in neurons, in the column before.
        column: of the neurons they go to.
        step: pixels from one column to the next.

    Returns:
        A group of paths, as many as there are widths and signs.
    """
    widths = np.clip(np.abs(values), 0.06, 1) * WIDEST
    bundles: dict[tuple[bool, float], list[str]] = {}
    for (i, j), value in np.ndenumerate(values):
        key = (bool(value < 0), round(2 * float(widths[i, j])) / 2)
        bundles.setdefault(key, []).append(curve(rows[i], j, column, step))
    lines = []
    for (below, width), curves in bundles.items():
        look = f'stroke="{ORANGE}" stroke-dasharray="6 4"' if below else f'stroke="{BLUE}"'
        lines.append(f'<path d="{"".join(curves)}" stroke-width="{width or 0.5:g}" {look}/>')
    return f'<g fill="none" stroke-opacity=".8">{"".join(lines)}</g>'


def pushes_svg(slopes: Array, rows: Sequence[int], column: int, step: int) -> str:
    """Marks on links: ▲ where the next step of descent raises the weight, ▽ where it lowers it.

    Args:
        slopes: n_in × n_out gradients, ±1 the steepest of the network.
        rows: of the n_in neurons, in the column before.
        column: of the neurons they go to.
        step: pixels from one column to the next.

    Returns:
        Two paths.
    """
    along = 0.4  # of the way, so that marks of crossing links stand apart
    up: list[str] = []
    down: list[str] = []
    mix = along**2 * (3 - 2 * along)
    for (i, j), slope in np.ndenumerate(slopes):
        half = 2.2 + 4 * abs(float(slope)) ** 0.5
        if abs(slope) < 0.01:
            continue
        (x1, y1), (_, y2) = corner(rows[i], column - 1, step), corner(j, column, step)
        t = 1.5 * along * (1 - along) * (step - SIZE) + along**3 * (step - SIZE)
        x, y = x1 + SIZE + t, y1 + SIZE / 2 + mix * (y2 - y1)
        tip = -half if slope < 0 else half
        shape = f"M{x - half:.1f} {y - tip:.1f}h{2 * half:.1f}L{x:.1f} {y + tip:.1f}Z"
        (up if slope < 0 else down).append(shape)
    return (
        f'<path d="{"".join(up)}" fill="{BLUE}" stroke="#fff" stroke-width=".8"/>'
        f'<path d="{"".join(down)}" fill="#fff" stroke="{ORANGE}" stroke-width="1.3"/>'
    )


@lru_cache(maxsize=32)
def hit_lines_svg(spots: tuple[tuple[tuple[int, ...], int], ...], step: int) -> str:
    """Wide invisible links to point at; they change with the network's shape only."""
    lines = []
    for column, (rows, n_out) in enumerate(spots, start=1):
        for source in rows:
            for target in range(n_out):
                cell = "{},{}".format(*link_cell(source, target, column))
                lines.append(f'<path d="{curve(source, target, column, step)}" data-cell="{cell}"/>')
    return f'<g fill="none" stroke="#000" stroke-opacity="0" stroke-width="9">{"".join(lines)}</g>'
