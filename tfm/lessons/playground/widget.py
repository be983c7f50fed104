"""The playground: watch a small network learn, look into every neuron, change any weight, take any step back.

What trains is a `Session` of `tfm.lessons.playground.session`, handed over; a second one with one other setting
may run beside it in lock-step. Source: Smilkov and Carter, TensorFlow Playground, 2016; the gradients on the
links, undo, the second run and the text to paste are ours.
"""

from collections.abc import Callable, Mapping
from functools import partial
from html import escape
from typing import Any

import ipywidgets

from tfm.kit.base import View
from tfm.kit.played import PlayedWidget
from tfm.lessons.playground.controls import RivalForm, SettingsForm, hidden_text
from tfm.lessons.playground.fields import Fields, Target
from tfm.lessons.playground.links_figure import Place, read_cell
from tfm.lessons.playground.pair import LockStep
from tfm.lessons.playground.session import DivergedError, Session
from tfm.lessons.playground.settings import FEATURES
from tfm.lessons.playground.text import difference, playground_from_text, playground_text
from tfm.lessons.playground.view import (
    active_rows,
    neuron_name,
    place_at,
    place_words,
    run_svg,
    run_words,
    source_names,
)

SHOWS = ("weights", "gradients", "both")


class Playground(PlayedWidget):
    """Train a network on points in the plane, live.

    Args:
        session: the run to begin with; its settings are what Reset comes back to.
        links: what links show first: `weights`, `gradients` or `both`.
        rival: the one setting in which a second run differs, such as `{"activation": "relu"}`.

    Raises:
        ValueError: `links` is none of the three, or `rival` is not one setting with another value.

    Example:
        >>> from tfm.lessons.playground.session import Settings
        >>> from tfm.data.plane import plane_points
        >>> Playground(Session(Settings(data="xor"), plane_points))
        <widget Playground>
    """

    def __init__(
        self, session: Session, *, links: str = "weights", rival: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__()
        if links not in SHOWS:
            raise ValueError(f"links is {links!r}: choose one of {', '.join(SHOWS)}")
        self.bench = LockStep([session])
        self._features = self._first_features = session.settings.features
        self._first_rival = rival or {}
        self._trouble = ""  # what stopped the training; it stands until the next move
        self._target: Target | None = None
        self._fields = Fields(
            self._guard(self._choose), self._guard(self._set_number), self._guard(self._load)
        )
        rows = self._make_controls(links)
        home = self._home()
        for name, label in (("run", "The network"), ("second run", "The second network")):
            keys = f"{label}: arrow keys choose a neuron, Enter pins it or switches a feature"
            picture = self.picture(name, keys, cell=(home[0], home[1]))
            picture.home = home
            self.pace(picture)
            picture.layout.flex = "1 1 620px"  # side by side where the page is wide enough to read both
            self.when(picture, partial(self._clicked, picture), "clicks")
        self.pictures["second run"].layout.display = "none"
        self._set_rival(self._first_rival)
        both = ipywidgets.Box(list(self.pictures.values()), layout=ipywidgets.Layout(flex_flow="row wrap"))
        self.start(*rows, both, *self._fields.rows)

    # Layout -------------------------------------------------------------------------------------------------

    def _make_controls(self, links: str) -> list[list[Any]]:
        self._form = SettingsForm(self.runs[0].settings, self.control)
        self._rival = RivalForm(self.control)
        epochs = ipywidgets.Dropdown(options=[1, 5, 20, 100], description="epochs a step")
        shows = ipywidgets.Dropdown(options=SHOWS, value=links, description="links show")
        epochs.layout.width, shows.layout.width = "170px", "180px"
        buttons = [
            self.play_button,
            self.button("Step", self._step, icon="step-forward"),
            self.button("Undo", self._undo, icon="rotate-left"),
            self.button("Start again", self._restart, icon="refresh"),
            self.control("epochs", epochs),
            self._form.seed,
        ]
        f = self._form
        layers = [
            self.button("Add a layer", lambda: self._set_layers(add=True), icon="plus"),
            self.button("Remove one", lambda: self._set_layers(add=False), icon="minus"),
        ]
        ticks = [
            self.control(name, ipywidgets.Checkbox(False, description=name, indent=False))
            for name in ("test points", "only the sign")
        ]
        for tick in ticks:
            tick.layout.width = "110px"
        return [
            buttons,
            [f.data, f.noise, f.train, f.batch],
            [f.hidden, *layers, f.activation, f.rate],
            [f.penalty, f.penalty_rate, self.control("links", shows), *ticks],
            [self._rival.name, self._rival.value],
        ]

    # Moves --------------------------------------------------------------------------------------------------

    def begin(self) -> tuple[Any, ...]:
        """What stopped the last training is forgotten."""
        self._trouble = ""
        return ()

    def frame(self) -> bool:
        """One step and one drawing."""
        self._train()
        self.redraw()
        return not self._trouble

    def _train(self) -> None:
        self._trouble = ""
        try:
            self.bench.step(self.value("epochs"))
        except DivergedError as error:
            self._trouble = str(error)

    def _step(self) -> None:
        self.pause()
        self._train()
        self.redraw()

    def _undo(self) -> None:
        self.pause()
        self._trouble = "" if self.bench.undo() else "there is no step left to take back"
        self.redraw()

    def _restart(self) -> None:
        self.pause()
        self.bench.restart()
        self._trouble = ""
        self.redraw()

    def forget(self) -> None:
        """See `LessonWidget.forget`: Reset begins anew."""
        self._features, self._target, self._trouble = self._first_features, None, ""
        self._fields.keep_text = False
        self._set_rival(self._first_rival)
        self.bench.restart()
        self._point(self._home())

    def say(self, sentence: str) -> None:
        """See `LessonWidget.say`; what happened to the training stays until the next move."""
        super().say(sentence or self._trouble)

    # Changes ------------------------------------------------------------------------------------------------

    def _clicked(self, picture: Any) -> None:
        cell = picture.clicks[-1]
        number = min(list(self.pictures.values()).index(picture), len(self.runs) - 1)
        place, run = read_cell(cell), self.runs[number]
        if place.kind in ("minus", "plus"):
            self._resize(place, run)
        elif place != place_at(cell, run):
            return  # a neuron that is there no more
        elif place.kind == "neuron" and place.column == 0:
            self._toggle(list(FEATURES)[place.row])
        else:
            source = None
            if place.kind == "link":
                source = active_rows(run).index(place.source) if place.column == 1 else place.source
            self._target = (number, place.column - 1, source, place.row)
            for each in self.pictures.values():
                each.home = [place.row, place.column]
            self.redraw()

    def _toggle(self, name: str) -> None:
        chosen = set(self._features) ^ {name}
        if not chosen:
            self.say("a network needs at least one feature to see: switch another one on first")
            return
        self._features = tuple(each for each in FEATURES if each in chosen)
        self.redraw()

    def _resize(self, place: Place, run: Session) -> None:
        hidden = list(run.settings.hidden)
        if not 0 < place.column <= len(hidden):
            return
        hidden[place.column - 1] += 1 if place.kind == "plus" else -1
        self._form.hidden.value = hidden_text([n for n in hidden if n])  # a layer of none is no layer

    def _set_layers(self, *, add: bool) -> None:
        hidden = self.runs[0].settings.hidden
        self._form.hidden.value = hidden_text([*hidden, 2] if add else hidden[:-1])

    def _guard(self, act: Callable[[Any], None]) -> Callable[[Any], None]:
        return lambda entered: self.guarded(lambda: act(entered))

    def _choose(self, target: Target) -> None:
        self._target = target
        self.redraw()

    def _set_number(self, value: float) -> None:
        if self._target is None:
            return
        number, layer, source, neuron = self._target
        self.bench.set_parameter(number, layer, source, neuron, value)
        self.redraw()

    def _load(self, text: str) -> None:
        """Take up the playground that somebody pasted; a bad text stays where it was typed."""
        self.pause()
        self._fields.keep_text = True
        runs = playground_from_text(text, self.runs[0].source)
        rival = {n: getattr(runs[-1].settings, n) for n in difference(runs[0].settings, runs[-1].settings)}
        with self.at_once():
            self._set_rival(rival)  # first: it may be refused
            self._form.write(runs[0].settings)
            self._features = runs[0].settings.features
            self.bench, self._target, self._trouble = LockStep(runs), None, ""
            self._fields.keep_text = False
            self._point(self._home())

    def _set_rival(self, rival: Mapping[str, Any]) -> None:
        if len(rival) > 1:
            raise ValueError(
                f"rival names {len(rival)} settings ({', '.join(rival)}): a second run differs in one"
            )
        self._rival.write(*next(iter(rival.items()), (None, None)))

    # Drawing ------------------------------------------------------------------------------------------------

    @property
    def runs(self) -> list[Session]:
        """The one run, or both."""
        return self.bench.runs

    def draw(self) -> View:
        """See `LessonWidget.draw`."""
        self._follow_controls()
        if not self.player.playing:
            self._fill_fields()
        pictures, words = {}, []
        for number, (name, run) in enumerate(zip(self.pictures, self.runs, strict=False)):
            place, title = place_at(self.pictures[name].cell, run), self._title(number)
            pictures[name] = run_svg(
                run,
                place,
                show=self.value("links"),
                test=self.value("test points"),
                sign=self.value("only the sign"),
                title=title,
                buttons=number == 0,
            )
            words += [run_words(run, title), place_words(run, place)]
        return View(pictures, "".join(f"<div>{escape(each)}</div>" for each in words))

    def _follow_controls(self) -> None:
        settings = self._form.read(self._features, self.value)
        before = len(self.runs[0].settings.hidden)
        began = self.bench.follow(settings, self._rival.read(settings, self.value))
        if self._target is not None and self._target[0] >= len(self.runs):
            self._target = None
        if began:
            self._target, self._trouble = None, ""
            if len(settings.hidden) != before:
                self._point(self._home())
        self.pictures["second run"].layout.display = "" if len(self.runs) > 1 else "none"

    def _home(self) -> list[int]:
        return [0, len(self.runs[0].settings.hidden) + 1]

    def _point(self, cell: list[int]) -> None:
        for picture in self.pictures.values():
            picture.home = picture.cell = cell

    def _title(self, number: int) -> str:
        if len(self.runs) == 1:
            return ""
        name = self._rival.name.value
        return (
            f"{'second' if number else 'first'} run, {name} {self._rival.words(self.runs[number].settings)}"
        )

    def _fill_fields(self) -> None:
        text = playground_text(self.runs)
        if self._target is None:
            self._fields.fill(None, [], 0.0, text)
            return
        number, layer, source, neuron = self._target
        run = self.runs[number]
        name = ("second run, " if number else "") + neuron_name(run, layer + 1, neuron)
        choices: list[tuple[str, Target]] = [(f"bias of {name}", (number, layer, None, neuron))]
        for i, source_name in enumerate(source_names(run, layer)):
            choices.append((f"{source_name} → {name}", (number, layer, i, neuron)))
        held = run.network.biases[layer] if source is None else run.network.weights[layer][source]
        self._fields.fill(self._target, choices, float(held[neuron]), text)
