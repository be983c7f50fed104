"""The one base of every widget of the course.

A widget here is controls, pictures and a line of numbers. A subclass makes its controls with `control`, its
pictures with `picture`, and says in `draw` what they show; `draw` reads values, computes, and returns a `View`.
The base does the rest: it redraws when a control moves, one drawing at a time and the last one wins, says a bad
input in one sentence and keeps the picture, resets, and leaves a static PNG in the stored notebook.
"""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from html import escape
from typing import Any

import ipywidgets

from tfm.plots.drawing import png_bundle, stack_svgs
from tfm.widgets.picture import Picture

VIEW_TYPE = "application/vnd.jupyter.widget-view+json"


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
    """

    def __init__(self) -> None:
        super().__init__()
        self.add_class("tfm-widget")
        self.add_class(type(self).__name__)
        self.controls: dict[str, Any] = {}
        self.pictures: dict[str, Picture] = {}
        self.view: View | None = None
        self._first: dict[str, Any] = {}
        self._wanted = threading.Event()
        self._drawing = threading.Lock()
        self._quiet = False
        self._sentence = ""
        self._message = ipywidgets.HTML()
        self._readout = ipywidgets.HTML()
        self._reset = ipywidgets.Button(description="Reset", tooltip="Back to the first setting", icon="undo")
        self._reset.on_click(lambda _: self.reset())

    # What a subclass uses -----------------------------------------------------------------------------------

    def control(self, name: str, widget: Any) -> Any:
        """Register a control: moving it redraws, and `reset` brings its first value back."""
        if hasattr(widget, "description"):
            widget.style.description_width = "initial"
        self.controls[name] = widget
        self._first[name] = widget.value
        widget.observe(lambda _: self.redraw(), names="value")
        return widget

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
        self.redraw()

    def draw(self) -> View:
        """Compute what to show from the controls' values.

        Raises:
            ValueError: the reader's input cannot be drawn; the text is shown to them as it stands.
        """
        raise NotImplementedError

    def forget(self) -> None:
        """Drop what the widget remembers beside its controls and pictures; `reset` calls it."""

    def value(self, name: str) -> Any:
        """The value of a control."""
        return self.controls[name].value

    def say(self, sentence: str) -> None:
        """Show one sentence under the controls; the next drawing that succeeds takes it away."""
        self._sentence = sentence
        self._message.value = escape(sentence)

    def guarded(self, action: Callable[[], Any], failed: str = "this could not be done") -> Any:
        """Do what a control asks for; an error, of the reader's own code too, becomes a sentence.

        Args:
            action: what a button or a click does; its ValueError or TypeError is a sentence already.
            failed: what is said before any other error.

        Returns:
            What the action returns; None after an error.
        """
        try:
            return action()
        except (ValueError, TypeError) as error:
            self.say(str(error))
        except Exception as error:  # noqa: BLE001 (an observer's exception would be invisible)
            self.say(f"{failed} ({type(error).__name__}: {error}): press Reset")
        return None

    # What the base does -------------------------------------------------------------------------------------

    @property
    def message(self) -> str:
        """The sentence about a bad input; empty when all is well."""
        return self._sentence

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
                picture.cell = list(self._first[f"cell of {name}"])
            self.forget()

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """Context in which several controls change and one drawing follows; one may stand inside another."""
        before, self._quiet = self._quiet, True
        try:
            yield
        finally:
            self._quiet = before
            self.redraw()

    def _draw_once(self) -> None:
        view = self.guarded(self.draw, "this setting could not be drawn")
        if view is None:
            return
        self.view = view
        for name, svg in view.pictures.items():
            self.pictures[name].svg = svg
        self._readout.value = view.readout
        self.say("")

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
