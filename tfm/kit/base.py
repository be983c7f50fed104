"""The one base of every widget of the course.

A widget here is controls, pictures and a line of numbers. A subclass makes its controls with `control`, its
pictures with `picture`, and says in `draw` what they show; `draw` reads values, computes, and returns a `View`.
The base does the rest: it redraws when a control moves, one drawing at a time and the last one wins, says a bad
input in one sentence and dims the picture that does not answer to it, resets, and leaves a static PNG in the
stored notebook. Whatever the page sends passes one door: one thing at a time, and nothing that goes wrong escapes.
"""

import logging
import math
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from html import escape
from typing import Any

import ipywidgets

from tfm.kit.cells import parts, replace_earlier
from tfm.kit.door import admit, changeable, guard_text, half, whole
from tfm.kit.drawing import png_bundle, stack_svgs
from tfm.kit.messages import key, say
from tfm.kit.picture import Picture

VIEW_TYPE = "application/vnd.jupyter.widget-view+json"
STALE = "tfm-stale"  # the class of a picture that does not answer to its controls
STALE_WORDS = key("What is dimmed shows the last setting that could be drawn.")
HELP = key("{failed}: press Reset; JupyterLab's log (View › Show Log Console) has the details")
LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class View:
    """What a widget shows at one moment.

    Attributes:
        pictures: an SVG for each picture's name.
        readout: the numbers beside the picture, as HTML whose text is already escaped.
    """

    pictures: Mapping[str, str]
    readout: str = ""


class LessonWidget(ipywidgets.VBox):
    """Controls above, pictures below, numbers beside them.

    A subclass builds its controls and pictures in `__init__`, then calls `start`.

    Attributes:
        controls: every control by name.
        pictures: every picture by name.
        view: what is shown now; None before the first drawing.
        message: the sentence about a bad input; empty when all is well.
        turn: held by what the page sends and by a player's frame, so that neither sees the other's half.
    """

    def __init__(self) -> None:
        super().__init__()
        replace_earlier(self)
        self.add_class("tfm-widget")
        self.add_class(type(self).__name__)
        self.controls: dict[str, Any] = {}
        self.pictures: dict[str, Picture] = {}
        self.view: View | None = None
        self.turn = threading.RLock()
        self._first: dict[str, Any] = {}
        self._opening: tuple[str, ...] = ()  # the pictures that are drawn at first
        self._wanted = threading.Event()
        self._drawing = threading.Lock()
        self._quiet = False
        self._sentence, self._is_stale = "", False
        self._message = ipywidgets.HTML()
        self._readout = ipywidgets.HTML()
        self._reset = self.button(
            say("Reset"), self.reset, width=None, tooltip=say("Back to the first setting"), icon="undo"
        )

    # What a subclass uses -----------------------------------------------------------------------------------

    def control(self, name: str, widget: Any) -> Any:
        """Register a control: moving it redraws, and `reset` brings its first value back."""
        if hasattr(widget, "description"):
            widget.style.description_width = "initial"
        self.controls[name] = widget
        self._first[name] = widget.value
        widget.observe(lambda _: self.redraw(), names="value")
        return widget

    def button(
        self, words: str, action: Callable[[], Any], *, width: str | None = "auto", **traits: Any
    ) -> ipywidgets.Button:
        """Make a button, as wide as its words by default; what goes wrong with it becomes a sentence."""
        button = ipywidgets.Button(description=words, layout=ipywidgets.Layout(width=width), **traits)
        button.on_click(lambda _: self.guarded(action))
        return button

    def when(self, widget: Any, action: Callable[[], Any], names: str = "value") -> None:
        """Do something when a trait of a control or a picture changes; what goes wrong becomes a sentence.

        What has to happen before the drawing is told of before the control is registered.
        """
        widget.observe(lambda _: self.guarded(action), names=names)

    def picture(
        self, name: str, label: str, *, hover: bool = True, cell: tuple[int, int] = (0, 0)
    ) -> Picture:
        """Register a picture: pointing into it redraws."""
        picture = Picture(label=label, hover=hover, cell=list(cell))
        self.pictures[name] = picture
        self._first[f"cell of {name}"] = list(cell)
        picture.observe(lambda _: self.redraw(), names="cell")
        return picture

    def start(self, *rows: Any) -> None:
        """Lay the widget out, a row of controls or a picture at a time, and draw it for the first time.

        Args:
            *rows: lists of controls (side by side, wrapping) or single widgets. The reset button, the message
                and the numbers come by themselves.
        """
        boxes = [_row(row) if isinstance(row, list) else row for row in rows]
        self._message.add_class("tfm-message")
        self._readout.add_class("tfm-readout")
        self.children = (*boxes, self._message, self._readout, self._reset)
        for part in changeable(self):
            guard_text(part)
            entry = partial(admit, part, part.set_state)
            part.set_state = lambda state, entry=entry: self.guarded(partial(entry, state))
        self.redraw()
        self._opening = tuple(self.view.pictures) if self.view else ()

    def draw(self) -> View:
        """Compute what to show from the controls' values.

        Raises:
            ValueError: the reader's input cannot be drawn; the text is shown to them as it stands.
        """
        raise NotImplementedError

    def forget(self) -> None:
        """Drop what the widget remembers beside its controls and pictures; `reset` calls it."""

    def value(self, name: str) -> Any:
        """The value of a control.

        Raises:
            ValueError: it holds none, or a slider no finite number; of a box for numbers `draw` says what fits.
        """
        control = self.controls[name]
        value = control.value
        if value is None or (hasattr(control, "max") and not math.isfinite(value)):
            shown = getattr(control, "description", "") or name
            raise ValueError(
                say("{name} has no value that can be drawn: choose another one, or press Reset", name=shown)
            )
        return value

    def pointed(self, name: str, rows: int, columns: int = 1) -> tuple[int, int]:
        """The cell of a picture that the reader points at; the nearest one where it lies outside.

        Args:
            name: of the picture.
            rows: how many it has.
            columns: how many it has.
        """
        row, column = self.pictures[name].cell
        return max(min(row, rows - 1), 0), max(min(column, columns - 1), 0)

    def say(self, sentence: str) -> None:
        """Show one sentence under the controls; the next drawing that succeeds takes it away."""
        self._sentence = whole(sentence)
        self._show_sentence()

    def guarded(self, action: Callable[[], Any], failed: str = key("this could not be done")) -> Any:
        """Do what a control asks for; an error, of the reader's own code too, becomes a sentence.

        Args:
            action: what a button or a click does; its ValueError is a sentence already. Any other error is for the
                log.
            failed: what is said then.

        Returns:
            What the action returns; None after an error.
        """
        try:
            with self.turn:
                return action()
        except UnicodeEncodeError as error:
            self.say(half(error.object[error.start]))
        except ValueError as error:
            self.say(str(error))
        except Exception:
            LOG.exception("%s: %s", type(self).__name__, failed)
            self.say(say(HELP, failed=say(failed)))
        return None

    # What the base does -------------------------------------------------------------------------------------

    @property
    def message(self) -> str:
        """The sentence about a bad input; empty when all is well."""
        return self._sentence

    def close(self) -> None:
        """Close the widget with all its parts, as ipywidgets does with one."""
        for part in list(parts(self)):
            part.close()
        super().close()

    def redraw(self) -> None:
        """Draw now, or let the drawing that is under way on another thread draw once more when it is done."""
        if self._quiet:
            return
        self._wanted.set()
        while self._wanted.is_set() and self._drawing.acquire(blocking=False):
            try:
                self._wanted.clear()
                self._draw_once()
            finally:
                self._drawing.release()

    def reset(self) -> None:
        """Bring every control back to its first value, in one drawing."""
        with self.at_once():
            for name, control in self.controls.items():
                control.value = self._first[name]
            for name, picture in self.pictures.items():
                picture.cell, picture.drag = list(self._first[f"cell of {name}"]), {}
                if name not in self._opening:
                    picture.svg = ""  # a second run, say: at first it was not there
            self.forget()

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """Context in which several controls change and one drawing follows; one may stand inside another."""
        with self.turn:
            before, self._quiet = self._quiet, True
            try:
                yield
            finally:
                self._quiet = before
                self.redraw()

    def _draw_once(self) -> None:
        view = self.guarded(self.draw, key("this setting could not be drawn"))
        if view is not None:
            self.view = view
            for name, svg in view.pictures.items():
                self.pictures[name].svg = svg
            self._readout.value = whole(view.readout)
            self.say("")
        self._dim(() if view is None else view.pictures, readout=view is None)

    def _dim(self, drawn: Collection[str], *, readout: bool) -> None:
        """Mark what shows an earlier setting: every picture that was not drawn, and the numbers."""
        stale = [picture for name, picture in self.pictures.items() if name not in drawn and picture.svg]
        for part in (*self.pictures.values(), self._readout):
            dimmed = part in stale or (part is self._readout and readout and bool(part.value))
            (part.add_class if dimmed else part.remove_class)(STALE)
        self._is_stale = readout and bool(stale)
        self._show_sentence()

    def _show_sentence(self) -> None:
        more = (
            f' <span class="tfm-stale-words">{say(STALE_WORDS)}</span>'
            if self._is_stale and self._sentence
            else ""
        )
        self._message.value = escape(self._sentence) + more

    def __repr__(self) -> str:
        return f"<widget {type(self).__name__}>"

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """A live view where there is a kernel, a PNG where there is none, and one constant text."""
        svgs = list(self.view.pictures.values()) if self.view else []
        bundle, sizes = png_bundle(stack_svgs(svgs), repr(self)) if svgs else ({"text/plain": repr(self)}, {})
        live = {"version_major": 2, "version_minor": 0, "model_id": self.model_id}
        return {**bundle, VIEW_TYPE: live}, sizes


def _row(controls: list[Any]) -> ipywidgets.Box:
    layout = ipywidgets.Layout(
        display="flex", flex_flow="row wrap", align_items="center", grid_gap="4px 14px"
    )
    return ipywidgets.Box(controls, layout=layout)
