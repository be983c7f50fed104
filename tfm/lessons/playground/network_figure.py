"""A network as its neurons see the plane: a small map in every neuron, and between them the weights or gradients.

Blue and solid is above zero, orange and dashed below; a wide link is a large number. All maps of a layer are one
image, all links of one width and sign one path: so the picture is light enough to be drawn many times a second.
This file is handed arrays; it knows nothing of training.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from tfm.kit.style import BLUE, FOCUS, INK, LINE, MUTED, ORANGE, diverging, svg_page, svg_text
from tfm.lessons.playground.links_figure import (
    BIAS,
    FULL_WEIGHT,
    LEFT,
    MINUS,
    PITCH,
    PLUS,
    SIZE,
    TOP,
    corner,
    curve,
    hit_lines_svg,
    link_cell,
    links_svg,
    pushes_svg,
    read_cell,
)
from tfm.lessons.playground.smooth import smooth_image

SIDE = 32  # places of a neuron's map in each direction
BOTTOM = 40

Array = NDArray[Any]
Show = Literal["weights", "gradients", "both"]


@dataclass(frozen=True, kw_only=True, slots=True)
class NetworkView:
    """What there is to draw.

    Attributes:
        maps: a column each, the features first: neurons × SIDE × SIDE, drawn in full colour at ±1.
        labels: of the features.
        active: rows of the features that the network is given; the others are pale.
        weights: one array a layer, n_in × n_out, n_in of the first being `len(active)`.
        biases: one array a layer, n_out.
        weight_slopes: the gradient of each weight, shaped alike.
        show: weights as links, gradients as links, or weights as links with a mark for the gradient's push.
        chosen: row and column of the neuron that is looked at.
        link: the cell of a link that is looked at.
        buttons: whether neurons can be added and removed.
        title: above.
    """

    maps: Sequence[Array]
    labels: Sequence[str]
    active: Sequence[int]
    weights: Sequence[Array]
    biases: Sequence[Array]
    weight_slopes: Sequence[Array]
    show: Show = "weights"
    chosen: tuple[int, int] | None = None
    link: tuple[int, int] | None = None
    buttons: bool = True
    title: str = ""

    def step(self) -> int:
        """Pixels from one column to the next."""
        return {1: 210, 2: 170, 3: 130, 4: 112, 5: 98, 6: 84, 7: 76}[len(self.weights)]

    def rows(self, column: int) -> list[int]:
        """The rows of a column's neurons that take part."""
        return list(self.active) if column == 0 else list(range(len(self.maps[column])))


def network_svg(view: NetworkView) -> str:
    """Draw the network; neurons, links, biases and buttons carry `data-cell`, see `playground_links.read_cell`.

    Returns:
        An SVG.

    Example:
        >>> flat = np.zeros((1, SIDE, SIDE))
        >>> view = NetworkView(maps=[flat, flat], labels=["x1"], active=[0], weights=[np.eye(1)],
        ...                    biases=[np.zeros(1)], weight_slopes=[np.eye(1)])
        >>> network_svg(view).count("data-cell")  # two neurons, a link, a bias
        4
    """
    step, last = view.step(), len(view.weights)
    parts = [svg_text(8, 15, view.title, 13, 'font-weight="600"')] if view.title else []
    for column in range(1, last + 1):
        parts += _links(view, column)
    spots = tuple((tuple(view.rows(c - 1)), len(view.maps[c])) for c in range(1, last + 1))
    parts.append(hit_lines_svg(spots, step))
    for column, maps in enumerate(view.maps):
        parts += _column(view, column, maps)
    parts += _headers(view) + _marks_of_choice(view)
    most = max(len(m) for m in view.maps)
    height = TOP + most * PITCH + BOTTOM
    parts += _legend(view, height - 14)
    return svg_page(LEFT + last * step + SIZE + 22, height, parts, view.title or "a network")


def _links(view: NetworkView, column: int) -> list[str]:
    largest = max(float(np.abs(s).max()) for s in view.weight_slopes) or 1.0
    slopes = view.weight_slopes[column - 1] / largest
    values = slopes if view.show == "gradients" else view.weights[column - 1] / FULL_WEIGHT
    where = (view.rows(column - 1), column, view.step())
    return [links_svg(values, *where), pushes_svg(slopes, *where) if view.show == "both" else ""]


def _column(view: NetworkView, column: int, maps: Array) -> list[str]:
    step, n = view.step(), len(maps)
    x, y = corner(0, column, step)
    parts = [_stack(maps, x, y)]
    taking_part = set(view.rows(column))
    for row in range(n):
        at = f'x="{x:g}" y="{y + row * PITCH:g}" width="{SIZE}" height="{SIZE}" data-cell="{row},{column}"'
        pale = (
            ' fill="#fff" fill-opacity=".72"' if row not in taking_part else ' fill="#fff" fill-opacity="0"'
        )
        edge = LINE if row not in taking_part else INK
        parts.append(f'<rect {at}{pale} stroke="{edge}" stroke-width="1.6" rx="3"/>')
        if column == 0:
            colour = INK if row in taking_part else MUTED
            label = 'text-anchor="end"' + (' font-weight="600"' if row in taking_part else "")
            parts.append(svg_text(x - 8, y + row * PITCH + 23, view.labels[row], 13, label, colour))
    if column:
        for row, bias in enumerate(view.biases[column - 1]):
            cell = "{},{}".format(*link_cell(BIAS, row, column))
            colour = diverging(float(np.clip(bias, -1, 1)))
            at = f'x="{x - 5:g}" y="{y + row * PITCH + SIZE - 6:g}" width="11" height="11"'
            parts.append(f'<rect {at} fill="{colour}" stroke="{INK}" stroke-width="1" data-cell="{cell}"/>')
    return parts


def _stack(maps: Array, x: float, y: float) -> str:
    """A column's maps as one image, white between them."""
    gap = SIDE * (PITCH - SIZE) // SIZE
    column = np.zeros((len(maps), SIDE + gap, SIDE))
    column[:, :SIDE] = maps
    rows = column.reshape(-1, SIDE)[:-gap]
    return smooth_image(rows, x, y, SIZE, SIZE * len(rows) / SIDE)


def _headers(view: NetworkView) -> list[str]:
    step, last, parts = view.step(), len(view.weights), []
    for column in range(last + 1):
        x = corner(0, column, step)[0] + SIZE / 2
        name = "features" if column == 0 else "output" if column == last else f"layer {column}"
        parts.append(svg_text(x, 33, name, 12, 'text-anchor="middle"', MUTED))
        if 0 < column < last and view.buttons:
            parts.append(svg_text(x, 52, str(len(view.maps[column])), 12, 'text-anchor="middle"'))
            for row, sign, shift in ((MINUS, "−", -16), (PLUS, "+", 16)):
                disc = f'<circle cx="{x + shift:g}" cy="48" r="8" fill="#fff" stroke="{MUTED}"/>'
                words = svg_text(x + shift, 52, sign, 13, 'text-anchor="middle"')
                parts.append(f'<g data-cell="{row},{column}">{disc}{words}</g>')
    return parts


def _marks_of_choice(view: NetworkView) -> list[str]:
    step, parts = view.step(), []
    if view.chosen is not None:
        x, y = corner(*view.chosen, step)
        parts.append(
            f'<rect x="{x - 3:g}" y="{y - 3:g}" width="{SIZE + 6}" height="{SIZE + 6}" rx="5" fill="none" '
            f'stroke="{FOCUS}" stroke-width="2.5" pointer-events="none"/>'
        )
    if view.link is not None:
        place = read_cell(view.link)
        look = f'fill="none" stroke="{FOCUS}" stroke-width="2.2" pointer-events="none"'
        x, y = corner(place.row, place.column, step)
        if place.kind == "link":
            parts.append(f'<path d="{curve(place.source, place.row, place.column, step)}" {look}/>')
        elif place.kind == "bias":
            parts.append(f'<rect x="{x - 7:g}" y="{y + SIZE - 8:g}" width="15" height="15" {look}/>')
        else:
            shift = -16 if place.kind == "minus" else 16
            x = corner(0, place.column, step)[0] + SIZE / 2
            parts.append(f'<circle cx="{x + shift:g}" cy="48" r="10" {look}/>')
    return parts


def _legend(view: NetworkView, y: float) -> list[str]:
    largest = max(float(np.abs(s).max()) for s in view.weight_slopes)
    what = "gradient" if view.show == "gradients" else "weight"
    width = f", full width {largest:.2g}" if view.show == "gradients" else f", full width ±{FULL_WEIGHT:g}"
    parts = [
        f'<path d="M10 {y - 4:g}h26" stroke="{BLUE}" stroke-width="3"/>',
        svg_text(41, y, f"{what} above 0", 11, "", MUTED),
        f'<path d="M146 {y - 4:g}h26" stroke="{ORANGE}" stroke-width="3" stroke-dasharray="6 4"/>',
        svg_text(177, y, f"below 0{width}", 11, "", MUTED),
    ]
    if view.show == "both":
        parts.append(
            svg_text(10, y - 15, "▲ the next step raises it, ▽ lowers it (large: steep)", 11, "", MUTED)
        )
    return parts
