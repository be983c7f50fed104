"""The learning-curve laboratory: rates and switches to set, a button, and the curves of several seeds that grow.

What was trained before stands behind in grey. The widget trains nothing by itself: it is handed a function that
trains one run and tells of it as it goes; it runs in a thread of its own, so that the notebook stays free.
It knows no model.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import ipywidgets
import numpy as np
from numpy.typing import ArrayLike, NDArray

from tfm.kit.base import View
from tfm.kit.played import PlayedWidget
from tfm.lessons.training.figures import Curves, curves_svg

OPTIMISERS = ("SGD", "momentum", "AdamW")
RATES = (0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0)
DECAYS = (0.0, 0.1, 0.3, 1.0, 3.0)
DROPOUTS = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5)
SEEDS = (0, 1, 2)
UNDER_WAY = "the first step is under way."


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """One setting of the laboratory.

    Attributes:
        optimiser: `SGD`, `momentum` or `AdamW` (with a weight decay of 0 it is Adam).
        rate: learning rate, one of `RATES`.
        warmup: whether the rate rises during the first steps.
        clip: whether long gradients are shortened.
        dropout: share of features set to 0 while training, one of `DROPOUTS`.
        weight_decay: share of the weights that decays, times the rate, one of `DECAYS`.

    Raises:
        ValueError: a value is not among those the laboratory has.

    Example:
        >>> Choice(rate=0.01).optimiser
        'AdamW'
    """

    optimiser: str = "AdamW"
    rate: float = 0.01
    warmup: bool = True
    clip: bool = True
    dropout: float = 0.0
    weight_decay: float = 0.0

    def __post_init__(self) -> None:
        options = (OPTIMISERS, RATES, DROPOUTS, DECAYS)
        names = ("optimiser", "rate", "dropout", "weight_decay")
        for name, known in zip(names, options, strict=True):
            if getattr(self, name) not in known:
                told = ", ".join(f"{value:g}" if isinstance(value, float) else str(value) for value in known)
                raise ValueError(f"{name} is {getattr(self, name)!r}: the laboratory has {told}")

    def __str__(self) -> str:
        parts = [f"{self.optimiser}, rate {self.rate:g}"]
        parts += ["warm-up"] * self.warmup + ["clipping"] * self.clip
        parts += [f"dropout {self.dropout:g}"] if self.dropout else []
        parts += [f"decay {self.weight_decay:g}"] if self.weight_decay else []
        return ", ".join(parts)


Point = tuple[float, float, float]  # step, training loss, validation loss
Train = Callable[[Choice, int], Iterable[Point]]


class _Training:
    """One training under way: it belongs to its play alone, so that a later one begins with nothing of it.

    Attributes:
        choice: what is trained.
        runs: the points that were taken, one list a seed.
        problem: what stopped it; empty when nothing did.
    """

    def __init__(self, train: Train, choice: Choice, seeds: Sequence[int]) -> None:
        self.choice, self.problem = choice, ""
        self.runs: list[list[Point]] = []
        self._points = ((n, point) for n, seed in enumerate(seeds) for point in train(choice, seed))
        self._next: tuple[int, Point] | None = None
        self._n = len(seeds)

    def compute(self) -> None:
        """Compute the next point, which `take` takes."""
        try:
            self._next = next(self._points, None)
        except Exception as error:  # noqa: BLE001 (whatever the training raises: its thread has no other voice)
            self._next, self.problem = None, f"training stopped with {type(error).__name__}: {error}"

    def take(self) -> bool:
        """Add the point to its run; False when there is none left."""
        run, point = self._next or (self._n - 1, None)
        self.runs += [[] for _ in range(run + 1 - len(self.runs))]  # a seed without a point has an empty run
        if point is not None:
            self.runs[run].append(point)
        return point is not None


class CurveLab(PlayedWidget):
    """Set rates and switches, train a few seeds, and compare with what was trained before.

    Args:
        train: (choice, seed) → an iterable of (step, training loss, validation loss), computed while it is read.
        steps: right end of the picture.
        even: loss of the even bet, log V.
        choice: the first setting.
        first: its runs if they are at hand, one n × 3 array a seed.
        seeds: which seeds are trained, one after another.

    Raises:
        ValueError: there are no seeds, or no steps.

    Example:
        >>> lab = CurveLab(lambda choice, seed: [(0, 4.0, 4.0), (9, choice.rate, 2.0)], steps=9, even=4.1)
        >>> lab.run(); len(lab.kept[Choice()])
        3
    """

    def __init__(
        self,
        train: Train,
        steps: int,
        even: float,
        choice: Choice | None = None,
        first: Sequence[ArrayLike] = (),
        seeds: Sequence[int] = SEEDS,
    ) -> None:
        super().__init__(("Train", "play"), ("Stop", "stop"))
        if steps < 1 or not seeds:
            raise ValueError(f"there are {steps} steps and {len(seeds)} seeds: give at least one of each")
        self._train, self.steps, self.even, self.seeds = train, steps, even, tuple(seeds)
        begin = Choice() if choice is None else choice
        self._given = {begin: [np.asarray(run, dtype=float) for run in first]} if len(first) else {}
        self.kept: dict[Choice, list[NDArray[Any]]] = dict(self._given)
        self._order: list[Choice] = []
        self._growing: _Training | None = None
        self._problem = ""
        rows = self._make_controls(begin)
        curves = self.picture("curves", "Training and validation loss over the steps", hover=False)
        self.pace(curves)
        self.start(*rows, curves)

    def _make_controls(self, choice: Choice) -> list[list[Any]]:
        optimiser = ipywidgets.Dropdown(options=OPTIMISERS, value=choice.optimiser, description="optimiser")
        optimiser.layout.width = "200px"
        made: Mapping[str, Any] = {
            "optimiser": optimiser,
            "rate": _steps_of("learning rate", RATES, choice.rate),
            "warmup": ipywidgets.Checkbox(choice.warmup, description="warm-up", indent=False),
            "clip": ipywidgets.Checkbox(choice.clip, description="clipping", indent=False),
            "dropout": _steps_of("dropout", DROPOUTS, choice.dropout),
            "weight_decay": _steps_of("weight decay", DECAYS, choice.weight_decay),
        }
        for name in ("warmup", "clip"):
            made[name].layout.width = "auto"
        for name, widget in made.items():
            self.control(name, widget)
        switches = [made[name] for name in ("optimiser", "rate", "warmup", "clip")]
        return [switches, [made["dropout"], made["weight_decay"], self.play_button]]

    # Training -----------------------------------------------------------------------------------------------

    @property
    def choice(self) -> Choice:
        """The setting that the controls show."""
        return Choice(**{name: self.value(name) for name in self.controls})

    def run(self) -> None:
        """Train the setting that the controls show, all seeds, here and now."""
        (training,) = self.begin()
        more = True
        while more:
            training.compute()
            more = self._take(training)
        self.redraw()

    def forget(self) -> None:
        """See `LessonWidget.forget`: only the runs it was given stay."""
        self.kept, self._order, self._growing, self._problem = dict(self._given), [], None, ""

    def begin(self) -> "tuple[_Training]":
        """Make a training of the setting that the controls show, which nothing else will touch."""
        self._problem = ""
        self._growing = _Training(self._train, self.choice, self.seeds)
        self.redraw()
        return (self._growing,)

    def pause(self) -> None:
        """Stop training; a run that was half-way is not kept."""
        with self.turn:
            self._growing = None
            super().pause()

    def work(self, training: "_Training") -> None:  # type: ignore[override]
        """Compute the next point."""
        training.compute()

    def frame(self, training: "_Training") -> bool:  # type: ignore[override]
        """Take the point and show it; False after the last."""
        before = self.pictures["curves"].svg
        more = self._take(training)
        self.redraw()
        if self.pictures["curves"].svg == before:
            self.player.shown()  # the page has nothing to show, and would not say that it did
        return more

    def ended(self, training: "_Training") -> None:  # type: ignore[override]
        """A run that was stopped half-way is not kept."""
        if self._growing is training:
            self._growing = None
        super().ended()
        self.redraw()

    def _take(self, training: "_Training") -> bool:
        """Keep the training if it is done; False then."""
        if training.take():
            return True
        self._problem = training.problem
        if not training.problem:
            runs = [np.reshape(np.asarray(run, dtype=float), (-1, 3)) for run in training.runs]
            self.kept[training.choice] = runs
        self._growing = None
        return False

    # Drawing ------------------------------------------------------------------------------------------------

    def draw(self) -> View:
        """See `LessonWidget.draw`."""
        choice = self.choice
        growing = self._growing
        runs: Sequence[ArrayLike] = self.kept.get(choice, [])
        if growing is not None and growing.choice == choice:
            runs = [np.reshape(np.asarray(run, dtype=float), (-1, 3)) for run in growing.runs]
        elif choice in self.kept:
            self._order = [*(each for each in self._order if each != choice), choice]
        earlier = next((each for each in reversed(self._order) if each != choice), None)
        before = None if earlier is None else Curves("before", self.kept[earlier])
        now = Curves("now" if before else "", runs)
        svg = curves_svg(now, before, steps=self.steps, even=self.even, title=str(choice))
        lines = [self._problem] if self._problem else []
        waits = growing is not None and growing.choice == choice and not runs
        empty = UNDER_WAY.capitalize() if waits else "This setting is not trained yet: press Train."
        lines.append(self._words(now, len(runs)) if runs else empty)
        if earlier is not None and before is not None:
            lines.append(f"Before ({earlier}): {self._words(before, len(before.runs))}")
        return View({"curves": svg}, "".join(f"<div>{escape(line)}</div>" for line in lines))

    def _words(self, curves: Curves, seeds: int) -> str:
        """The numbers of some runs: last training loss, last and lowest validation loss, with their spread."""
        steps, mean, least, most = curves.spread(1)
        if not len(steps):
            return UNDER_WAY
        told = f"{seeds} seed{'s' * (seeds > 1)}, step {steps[-1]:g}: training {mean[-1]:.2f}"
        told += _range(least[-1], most[-1]) if seeds > 1 else ""
        steps, mean, least, most = curves.spread(2)
        if len(steps):
            lowest = int(np.argmin(mean))
            told += f"; validation {mean[-1]:.2f}" + (_range(least[-1], most[-1]) if seeds > 1 else "")
            told += f", lowest {mean[lowest]:.2f} at step {steps[lowest]:g}"
        lost = sum(not np.isfinite(np.asarray(run)).all() for run in curves.runs)
        return told + (f"; in {lost} of them the loss is no number any more." if lost else ".")


def _steps_of(name: str, options: Sequence[float], value: float) -> ipywidgets.SelectionSlider:
    told = [(f"{option:g}", option) for option in options]
    return ipywidgets.SelectionSlider(
        options=told, value=value, description=name, layout=ipywidgets.Layout(width="270px")
    )


def _range(least: float, most: float) -> str:
    return f" ({least:.2f} to {most:.2f})"
