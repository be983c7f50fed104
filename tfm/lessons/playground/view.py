"""What the playground shows of a run: its network beside the plane, and the same in numbers."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from tfm.kit.drawing import side_by_side
from tfm.lessons.playground.board_figure import plane_map_svg, points_svg
from tfm.lessons.playground.links_figure import BIAS, MINUS, PLUS, Place, link_cell, read_cell
from tfm.lessons.playground.network_figure import SIDE, NetworkView, Show, network_svg
from tfm.lessons.playground.session import Session
from tfm.lessons.playground.settings import FEATURES, features, plane_grid

FINE = 2 * SIDE  # places of the plane's map in each direction
LABELS = ("x₁", "x₂", "x₁²", "x₂²", "x₁x₂", "sin x₁", "sin x₂")  # of FEATURES, in order
LONGEST_SUM = 4  # terms that are written out
BUTTONS = {"minus": MINUS, "plus": PLUS}

Array = NDArray[Any]


def run_svg(
    run: Session, place: Place, *, show: Show, test: bool, sign: bool, title: str, buttons: bool
) -> str:
    """Draw a run.

    Args:
        run: what to draw.
        place: what the reader looks at, see `tfm.lessons.playground.links_figure.read_cell`.
        show: what the links are.
        test: whether test points are drawn.
        sign: whether the plane shows the sign only.
        title: above the network.
        buttons: whether neurons can be added and removed.

    Returns:
        An SVG.
    """
    maps = run.maps(FINE)
    small = [_feature_maps(SIDE), *(layer[:, ::2, ::2] for layer in maps[1:])]
    last = len(run.network.weights)
    column, row = (last, 0) if place.kind in BUTTONS else (place.column, place.row)
    seen = _feature_maps(FINE)[row] if column == 0 else maps[column][row]
    network = network_svg(
        NetworkView(
            maps=small,
            labels=LABELS,
            active=active_rows(run),
            weights=run.network.weights,
            biases=run.network.biases,
            weight_slopes=run.gradients().weights,
            show=show,
            chosen=None if place.kind in BUTTONS else (row, column),
            link=None if place.kind == "neuron" else _cell(place),
            buttons=buttons,
            title=title,
        )
    )
    what = "the output" if column == last else f"what {neuron_name(run, column, row)} sees"
    plane = plane_map_svg(
        seen, what, points=_dots(run, test), losses=run.losses, epochs=run.history.epochs, sign=sign
    )
    return side_by_side([network, plane], gap=6)


def place_at(cell: Sequence[int], run: Session) -> Place:
    """What the reader looks at; the output, if that is no longer there."""
    place, sizes = read_cell((cell[0], cell[1])), run.network.sizes
    last = len(sizes) - 1
    if place.kind in BUTTONS:
        there = 0 < place.column < last
    elif place.kind == "neuron" and place.column == 0:
        there = place.row < len(FEATURES)
    else:
        there = 0 < place.column <= last and place.row < sizes[place.column]
    if there and place.kind == "link":
        known = active_rows(run) if place.column == 1 else range(sizes[place.column - 1])
        there = place.source in known
    return place if there else Place("neuron", last, 0)


def source_names(run: Session, layer: int) -> list[str]:
    """What goes into a layer, by name; layer 0 is the first hidden one."""
    rows = active_rows(run) if layer == 0 else range(run.network.sizes[layer])
    return [neuron_name(run, layer, row) for row in rows]


def active_rows(run: Session) -> list[int]:
    """The rows of the features that a run is given."""
    names = list(FEATURES)
    return [names.index(name) for name in run.settings.features]


def neuron_name(run: Session, column: int, row: int) -> str:
    """What people call a neuron or feature.

    Example:
        >>> from tfm.lessons.playground.session import Settings
        >>> from tfm.data.plane import plane_points
        >>> neuron_name(Session(Settings(), plane_points), 1, 2)
        'neuron 3 of layer 1'
    """
    if column == 0:
        return LABELS[row]
    return "the output" if column == len(run.network.weights) else f"neuron {row + 1} of layer {column}"


def run_words(run: Session, title: str) -> str:
    """Epoch, losses, share right, parameters and the gradient's size by layer."""
    train, test = run.losses[-1]
    words = f"{title}: " if title else ""
    words += f"epoch {run.epoch:,}, loss {train:.3f} on training points, {test:.3f} on test points"
    shares = run.accuracy()
    if shares:
        words += f"; right {shares[0]:.1%} and {shares[1]:.1%}"
    sizes = " · ".join(f"{np.abs(g).mean():.2g}" for g in run.gradients().weights)
    n = sum(p.size for p in run.network.parameters())
    return f"{words}; {n} parameters; mean |gradient| by layer {sizes}."


def place_words(run: Session, place: Place) -> str:
    """What the reader looks at, in numbers."""
    if place.kind in BUTTONS:
        return (
            f"Press Enter: one neuron {'more' if place.kind == 'plus' else 'less'} in layer {place.column}."
        )
    if place.kind == "link":
        source = active_rows(run).index(place.source) if place.column == 1 else place.source
        weight = run.network.weights[place.column - 1][source, place.row]
        slope = run.gradients().weights[place.column - 1][source, place.row]
        ends = [neuron_name(run, place.column - 1, place.source), neuron_name(run, place.column, place.row)]
        return f"From {ends[0]} to {ends[1]}: weight {_signed(weight)}, gradient {_push(slope)}."
    if place.column == 0:
        on = "goes in" if place.row in active_rows(run) else "is switched off: click it or press Enter"
        return f"{LABELS[place.row]} {on}."
    slope = run.gradients().biases[place.column - 1][place.row]
    bias = run.network.biases[place.column - 1][place.row]
    if place.kind == "bias":
        return (
            f"Bias of {neuron_name(run, place.column, place.row)}: {_signed(bias)}, gradient {_push(slope)}."
        )
    name = neuron_name(run, place.column, place.row)
    return f"{name[0].upper()}{name[1:]} = {_formula(run, place.column, place.row, bias)}."


def _formula(run: Session, column: int, row: int, bias: float) -> str:
    weights = run.network.weights[column - 1][:, row]
    bend = run.network.output if column == len(run.network.weights) else run.network.activation
    if len(weights) > LONGEST_SUM:
        return f"{bend.name}(sum of {len(weights)} inputs × weights {_signed(bias, spaced=True)})"
    rows = active_rows(run) if column == 1 else range(len(weights))
    names = [LABELS[r] if column == 1 else f"n{r + 1}" for r in rows]
    terms = [f"{_signed(w, spaced=bool(i))}·{n}" for i, (w, n) in enumerate(zip(weights, names, strict=True))]
    return f"{bend.name}({' '.join(terms)} {_signed(bias, spaced=True)})"


def _signed(value: float, *, spaced: bool = False) -> str:
    digits = f"{abs(value):.2f}"
    minus = value < 0 and float(digits) > 0
    return f"{'−' if minus else '+'} {digits}" if spaced else f"{'−' if minus else ''}{digits}"


def _push(slope: float) -> str:
    if slope == 0:
        return "0: the next step does not move it"
    return f"{slope:+.2g}".replace("-", "−") + f": the next step {'lowers' if slope > 0 else 'raises'} it"


def _cell(place: Place) -> tuple[int, int]:
    if place.kind in BUTTONS:
        return BUTTONS[place.kind], place.column
    return link_cell(BIAS if place.kind == "bias" else place.source, place.row, place.column)


@lru_cache(maxsize=4)
def _feature_maps(side: int) -> Array:
    return features(plane_grid(side), tuple(FEATURES)).T.reshape(-1, side, side)


_DRAWN: WeakKeyDictionary[Session, dict[bool, str]] = WeakKeyDictionary()


def _dots(run: Session, test: bool) -> str:
    """The points of a run, drawn once: they never move."""
    drawn = _DRAWN.setdefault(run, {})
    if test not in drawn:
        hollow = points_svg(run.points.test_x, run.points.test_y, hollow=True) if test else ""
        drawn[test] = points_svg(run.points.train_x, run.points.train_y) + hollow
    return drawn[test]
