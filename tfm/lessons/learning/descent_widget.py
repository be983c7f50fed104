"""The descent explorer: a rate, a momentum and a start to move; the path over the map of a loss, step by step.

It walks with `tfm.by_hand.descent` over landscapes it is given, two weights each. It loads nothing.
"""

from collections.abc import Mapping
from html import escape
from typing import Any

import ipywidgets
import numpy as np
from numpy.typing import NDArray

from tfm.by_hand.descent import SGD, Adam, Optimizer
from tfm.kit.axis import Axis
from tfm.kit.base import LessonWidget, View
from tfm.kit.cases import plain_number
from tfm.kit.curves import Series, chart_svg
from tfm.lessons.learning.figures import Surface
from tfm.lessons.learning.landscape import DIVERGED, Landscape, Walk, walk

MOST_STEPS = 100
LEAST_RATE, MOST_RATE = 1e-3, 2.0
STARTS = ("start across", "start upwards")
PLAIN, ADAM = "gradient descent", "Adam"
NEARLY = 0.99  # of the way down: what the readout calls there


class Descent(LessonWidget):
    """Walk down a loss of two weights: choose rate, momentum, optimiser, start and steps.

    Args:
        landscapes: what to walk on, by name; the first is shown first.
        rate: the first learning rate, 0.001 to 2.
        momentum: the first momentum, 0 to 0.95.
        steps: how many steps are shown first, 0 to 100.

    Raises:
        ValueError: there is no landscape, one starts off its own map, or a number is out of its slider's range.

    Example:
        >>> from tfm.lessons.learning.landscape import line_landscape
        >>> bowl = line_landscape([-1, 1], [1, 5], across=(-4, 6), upwards=(-4, 6), start=(-3, -3))
        >>> Descent({"a bowl": bowl})
        <widget Descent>
    """

    def __init__(
        self,
        landscapes: Mapping[str, Landscape],
        rate: float = 0.1,
        momentum: float = 0.0,
        steps: int = 30,
    ) -> None:
        super().__init__()
        _require(landscapes, rate, momentum, steps)
        self.landscapes = dict(landscapes)
        self._surfaces: dict[str, Surface] = {}
        rows = self._make_controls(rate, momentum, steps)
        label = "The map of the loss and the path over it: drag the ring to start elsewhere"
        self._map = self.picture("map", label, hover=False)
        chart = self.picture("loss", "The loss after each step", hover=False)
        self.when(self._map, self._drag, "drag")
        self.start(*rows, [self._map, chart])

    # Layout -------------------------------------------------------------------------------------------------

    def _make_controls(self, rate: float, momentum: float, steps: int) -> list[list[Any]]:
        first = next(iter(self.landscapes))
        surface = ipywidgets.Dropdown(options=list(self.landscapes), value=first, description="surface")
        optimiser = ipywidgets.Dropdown(options=[PLAIN, ADAM], description="optimiser")
        self.when(self.control("surface", surface), self._follow_surface)
        self.when(self.control("optimiser", optimiser), self._follow_optimiser)
        size = ipywidgets.Layout(width="290px")
        low, high = np.log10([LEAST_RATE, MOST_RATE])
        speed = ipywidgets.FloatLogSlider(
            rate, min=low, max=high, step=0.02, description="learning rate", readout_format=".2g", layout=size
        )
        keep = ipywidgets.FloatSlider(
            momentum, min=0, max=0.95, step=0.05, description="momentum", layout=size
        )
        shown = ipywidgets.IntSlider(steps, 0, MOST_STEPS, description="steps", layout=size)
        moves = [
            self.control("learning rate", speed),
            self.control("momentum", keep),
            self.control("steps", shown),
        ]
        starts = [ipywidgets.FloatSlider(layout=size, readout_format=".1f") for _ in STARTS]
        _fit_starts(starts, self.landscapes[first])
        starts = [self.control(name, slider) for name, slider in zip(STARTS, starts, strict=True)]
        choice = [surface, optimiser] if len(self.landscapes) > 1 else [optimiser]
        return [choice, moves, starts]

    def _follow_surface(self) -> None:
        """Another surface has other weights, other ends and a start of its own."""
        with self.at_once():
            _fit_starts([self.controls[name] for name in STARTS], self.landscapes[self.value("surface")])

    def _follow_optimiser(self) -> None:
        self.controls["momentum"].disabled = self.value("optimiser") == ADAM  # it brings its own

    def _drag(self) -> None:
        drag = self._map.drag
        if not drag:
            return  # after Reset
        place = self._surface().at(float(drag["x"]), float(drag["y"]))
        with self.at_once():
            for name, value in zip(STARTS, place, strict=True):
                self.controls[name].value = value

    # Drawing ------------------------------------------------------------------------------------------------

    def draw(self) -> View:
        """See `LessonWidget.draw`."""
        land = self.landscapes[self.value("surface")]
        start = [float(self.value(name)) for name in STARTS]
        found = walk(land, self._optimizer(), start, self.value("steps"))
        taken = len(found.losses) - 1
        surface = self._surface()
        title = f"{self.value('optimiser')}, rate {plain_rate(self.value('learning rate'))}"
        path = surface.svg(found.places, title=title, handle=True, last=f"step {taken}")
        pictures = {"map": path, "loss": self._chart(found, land, surface)}
        lines = [self._numbers(found, land), self._slopes(found, land), self._verdict(found, land)]
        return View(pictures, "".join(f"<div>{escape(line)}</div>" for line in lines))

    def _optimizer(self) -> Optimizer:
        rate = float(self.value("learning rate"))
        return Adam(rate) if self.value("optimiser") == ADAM else SGD(rate, float(self.value("momentum")))

    def _surface(self) -> Surface:
        name = self.value("surface")
        if name not in self._surfaces:
            land = self.landscapes[name]
            self._surfaces[name] = Surface(land.heights(), land.across, land.upwards, land.names)
        return self._surfaces[name]

    def _chart(self, found: Walk, land: Landscape, surface: Surface) -> str:
        most = 10 * float(surface.values.max())
        least = land.bottom / 2 if land.bottom > 0 else most * 1e-8
        steps = np.arange(len(found.losses))
        lines = [Series(steps, found.losses, "loss"), Series(steps[-1:], found.losses[-1:], sign="disc")]
        if land.bottom > 0:
            lines.append(Series([0, MOST_STEPS], [land.bottom] * 2, "the bottom", "dotted"))
        axes = Axis((0, MOST_STEPS)), Axis((least, most), log=True)
        return chart_svg(lines, *axes, ("step", "loss"), title="Loss by step")

    # Numbers ------------------------------------------------------------------------------------------------

    def _numbers(self, found: Walk, land: Landscape) -> str:
        place = _named(land.names, found.places[-1])
        first, last = _short(found.losses[0]), _short(found.losses[-1])
        return (
            f"After {len(found.losses) - 1} steps: {place}, loss {last} "
            f"(at the start {first}, at the bottom {_short(land.bottom)})."
        )

    def _slopes(self, found: Walk, land: Landscape) -> str:
        slopes = land.gradient(found.places[-1])
        return f"Slope of the loss here: {_named(land.names, slopes)}."

    def _verdict(self, found: Walk, land: Landscape) -> str:
        losses = found.losses
        if found.diverged:
            return (
                f"Diverged: after {len(losses) - 1} steps the loss is more than {DIVERGED:,.0f} times its first "
                "value, and the path has left the map. Lower the rate."
            )
        if losses[-1] > losses[0]:
            return "Overshooting: the loss is higher than at the start. Lower the rate."
        there = losses - land.bottom <= (1 - NEARLY) * (losses[0] - land.bottom)
        if there.any():
            return f"{NEARLY:.0%} of the way down after {int(there.argmax())} steps."
        share = (losses[0] - losses[-1]) / (losses[0] - land.bottom)
        return f"{np.floor(100 * share):.0f}% of the way down so far."


def _fit_starts(sliders: list[Any], land: Landscape) -> None:
    for slider, name, ends, value in zip(
        sliders, land.names, (land.across, land.upwards), land.start, strict=True
    ):
        with (
            slider.hold_sync()
        ):  # one message: between two of them the page would send back a value of its own
            slider.min, slider.max = -1e9, 1e9  # so that neither end ever passes the other
            slider.step = (ends[1] - ends[0]) / 80
            slider.value = value
            slider.min, slider.max = ends
            slider.description = f"start {name}"
            # The page follows a message name by name, and hold_sync sends a set, in any order: a value that came
            # before its scale was pulled into the old one, and sent back.
            slider.send_state(["min", "max", "step", "value", "description"])


def plain_rate(rate: float) -> str:
    """A learning rate in at most three digits.

    Example:
        >>> plain_rate(0.1), plain_rate(0.0012589)
        ('0.1', '0.00126')
    """
    return f"{rate:.3g}"


def _short(value: float) -> str:
    return f"{value:,.3f}" if value < 1e4 else f"{value:.2e}"


def _named(names: tuple[str, str], values: NDArray[Any]) -> str:
    return ", ".join(
        f"{name} = {plain_number(v) if abs(v) < 1e4 else f'{v:.1e}'}"
        for name, v in zip(names, values.tolist(), strict=True)
    )


def _require(landscapes: Mapping[str, Landscape], rate: float, momentum: float, steps: int) -> None:
    if not landscapes:
        raise ValueError('there is no landscape: give one by name, such as Descent({"a bowl": bowl})')
    for name, land in landscapes.items():
        for own, value, (low, high) in zip(land.names, land.start, (land.across, land.upwards), strict=True):
            if not low <= value <= high:
                raise ValueError(
                    f"“{name}” starts at {own} = {value:g}, off its map from {low:g} to {high:g}: move the start"
                )
    for name, value, low, high in (
        ("rate", rate, LEAST_RATE, MOST_RATE),
        ("momentum", momentum, 0, 0.95),
        ("steps", steps, 0, MOST_STEPS),
    ):
        if not low <= value <= high:
            raise ValueError(
                f"{name} ({value:g}) must be a number from {low:g} to {high:g}: its slider ends there"
            )
