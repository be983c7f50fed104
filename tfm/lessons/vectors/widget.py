"""Two arrows to drag: their sum by both paths, the shadow of one on the other, and every number live.

What it computes with is `tfm.by_hand.vectors`. A tip moves by the mouse, by the arrow keys, or by its two
numbers in a box; all three are one state, the text in the boxes.
"""

from html import escape
from typing import Any

import ipywidgets
import numpy as np
from numpy.typing import ArrayLike, NDArray

from tfm.by_hand.vectors import angle, cosine, dot, length, projection
from tfm.kit.base import LessonWidget, View
from tfm.kit.cases import plain_number
from tfm.kit.entry import matrix_text, parse_matrix
from tfm.lessons.vectors.arrows_figure import EXTENT, RIM, SIDE, STEP, key_cell, two_vectors_svg, vector_text
from tfm.lessons.vectors.board_figure import Board

Array = NDArray[Any]

SHOWN = {"sum": (True, False), "projection of a on b": (False, True), "both": (True, True)}
FARTHEST = EXTENT - RIM
DRAG_STEP = 0.1  # a dragged tip stands on round tenths
NAMES = ("a", "b")
RIGHT_ANGLE = 1e-9


class Vectors(LessonWidget):
    """Drag the tips of a and b, or move one by the arrow keys; read sum, dot product, angle and shadow.

    Args:
        a: two numbers from −5 to 5.
        b: two numbers from −5 to 5.
        show: `sum`, `projection of a on b`, or `both`.

    Raises:
        ValueError: a or b is not two numbers from −5 to 5, or there is nothing called `show`.

    Example:
        >>> Vectors([3, 1], [1, 2], show="sum")
        <widget Vectors>
    """

    def __init__(self, a: ArrayLike = (3.0, 1.0), b: ArrayLike = (1.0, 2.0), *, show: str = "both") -> None:
        super().__init__()
        if show not in SHOWN:
            raise ValueError(f"there is nothing called {show!r} to show: choose from {', '.join(SHOWN)}")
        self._board = Board(-EXTENT, EXTENT, SIDE)
        boxes = [self._box(name, _require_tip(name, tip)) for name, tip in zip(NAMES, (a, b), strict=True)]
        shown = ipywidgets.Dropdown(options=list(SHOWN), value=show, description="show")
        held = ipywidgets.Dropdown(options=NAMES, description="keys move")
        shown.layout.width, held.layout.width = "250px", "140px"
        self.when(held, self._follow)
        controls = [*boxes, self.control("show", shown), self.control("keys move", held)]
        label = "Two arrows: drag a tip, or move the chosen one by the arrow keys; Enter chooses the other"
        row, column = key_cell(self._tip("a"))
        self._paper = self.picture("arrows", label, hover=False, cell=(row, column))
        self.when(self._paper, self._step, "cell")
        self.when(self._paper, self._drag, "drag")
        self.when(self._paper, self._change_hands, "clicks")
        self.start(controls, self._paper)

    # What the reader does -----------------------------------------------------------------------------------

    def _step(self) -> None:
        """Move the chosen tip as far as an arrow key moved the pointer."""
        name = self.value("keys move")
        try:
            tip = self._tip(name)
        except ValueError:
            return  # the box says what is wrong with it; nothing typed is overwritten
        old, new = key_cell(tip), self._paper.cell
        if old != new:
            self._put(name, tip + STEP * np.array([new[1] - old[1], old[0] - new[0]]))

    def _drag(self) -> None:
        """Bring a tip to where the pointer is, and let the keys move it from there."""
        drag = self._paper.drag
        if drag.get("name") not in NAMES:
            return
        place = np.array(self._board.place(drag["x"], drag["y"]))
        with self.at_once():
            self.controls["keys move"].value = drag["name"]
            self._put(drag["name"], (place / DRAG_STEP).round() * DRAG_STEP)

    def _change_hands(self) -> None:
        self.controls["keys move"].value = "b" if self.value("keys move") == "a" else "a"

    def _put(self, name: str, tip: Array) -> None:
        inside = np.clip(tip.round(6), -FARTHEST, FARTHEST) + 0.0  # no −0
        with self.at_once():
            self.controls[name].value = matrix_text([inside])
            self._follow()

    def _follow(self) -> None:
        """Let the pointer stand on the chosen tip, so that the next key moves it from there."""
        try:
            self._paper.cell = key_cell(self._tip(self.value("keys move")))
        except ValueError:
            return

    # Drawing ------------------------------------------------------------------------------------------------

    def draw(self) -> View:
        """See `LessonWidget.draw`."""
        a, b = self._tip("a"), self._tip("b")
        paths, shadow = SHOWN[self.value("show")]
        foot = projection(a, b).foot if shadow and b.any() else None
        svg = two_vectors_svg(a, b, paths=paths, foot=foot, held=self.value("keys move"))
        lines = [*_lengths(a, b), *([_sum(a, b)] if paths else []), _product(a, b), *_angles(a, b, shadow)]
        return View({"arrows": svg}, "".join(f"<div>{escape(line)}</div>" for line in lines))

    def _box(self, name: str, tip: Array) -> Any:
        box = ipywidgets.Text(matrix_text([tip]), description=name, continuous_update=False)
        box.layout.width = "130px"
        self.when(box, self._follow)
        return self.control(name, box)

    def _tip(self, name: str) -> Array:
        found = parse_matrix(name, self.value(name))
        return _require_tip(name, found.reshape(-1) if len(found) == 1 else found)


def _require_tip(name: str, tip: ArrayLike) -> Array:
    found = np.asarray(tip, dtype=float)
    if found.shape != (2,):
        raise ValueError(f"{name} must be two numbers, to the right and upwards: write 3 1")
    if not (np.abs(found) <= FARTHEST).all():  # NaN is not either
        raise ValueError(
            f"{name} is {vector_text(found)}: write numbers from −{FARTHEST:g} to {FARTHEST:g}, where the paper is"
        )
    return found


def _lengths(a: Array, b: Array) -> list[str]:
    parts = [
        f"{name} = {vector_text(v)}, length {plain_number(length(v))}" for name, v in (("a", a), ("b", b))
    ]
    return ["; ".join(parts) + "."]


def _sum(a: Array, b: Array) -> str:
    places = ", ".join(
        f"{plain_number(x)} {'−' if y < 0 else '+'} {plain_number(abs(y))}" for x, y in zip(a, b, strict=True)
    )
    out = "" if (np.abs(a + b) <= EXTENT).all() else ", beyond the paper"
    return f"a + b = ({places}) = {vector_text(a + b)}, length {plain_number(length(a + b))}{out}."


def _product(a: Array, b: Array) -> str:
    terms = " + ".join(f"{_factor(x)}·{_factor(y)}" for x, y in zip(a, b, strict=True))
    return f"a · b = {terms} = {plain_number(dot(a, b))}."


def _angles(a: Array, b: Array, shadow: bool) -> list[str]:
    if not (a.any() and b.any()):
        none = [name for name, v in (("a", a), ("b", b)) if not v.any()]
        have = f"{' and '.join(none)} {'have' if len(none) > 1 else 'has'}"
        return [f"{have} length 0 and no direction: there is no angle, and the dot product is 0."]
    total = dot(a, b)
    kind = "a right angle" if abs(total) < RIGHT_ANGLE else "they agree" if total > 0 else "they disagree"
    sizes = f"{length(a):.3f} · {length(b):.3f}"
    lines = [
        f"Angle {angle(a, b):.1f}°, cosine {_signed(cosine(a, b))}: {kind}.",
        f"Length · length · cosine: {sizes} · {_signed(cosine(a, b))} = {plain_number(total)}.",
    ]
    if shadow:
        along = _signed(projection(a, b).length)
        lines.append(f"Shadow of a on b · length of b: {along} · {length(b):.3f} = {plain_number(total)}.")
    return lines


def _signed(value: float) -> str:
    text = f"{abs(value):.3f}"
    return f"−{text}" if value < 0 and float(text) else text


def _factor(value: float) -> str:
    return plain_number(value) if value >= 0 else f"({plain_number(value)})"
