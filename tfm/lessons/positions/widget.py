"""The positions explorer: four ways to say where a word stands, each as a map, as hands, and against distance.

The codes are `tfm.lessons.positions.twin`'; a learned table is an argument. The widget never trains.
"""

from collections.abc import Sequence
from html import escape
from typing import Any, NamedTuple

import ipywidgets
import numpy as np
from numpy.typing import ArrayLike, NDArray

from tfm.kit.base import LessonWidget, View
from tfm.kit.drawing import stack_svgs
from tfm.lessons.positions import twin as positions
from tfm.lessons.positions.codes_figure import code_svg, hands_svg
from tfm.lessons.positions.distances_figure import Curve, distance_svg

CODES = ("sinusoidal", "learned", "rotary", "ALiBi")
BASES = (2, 10, 100, 1_000, 10_000, 100_000, 1_000_000)
LENGTHS, WIDTHS, SHIFTS = (8, 128), (2, 64), (0, 64)
HEADS = 8
EQUAL = 1e-9  # two curves of rounded sums

Array = NDArray[Any]


class _Scene(NamedTuple):
    """What is drawn of a code: a row for each position up to the end of the moved window, and the words for it."""

    code: Array
    title: str
    compared: str


class Positions(LessonWidget):
    """Choose a code, its base, length and width; point at a position and a pair; shift both positions.

    Args:
        code: one of sinusoidal, learned, rotary, ALiBi.
        base: one of 2, 10, 100, … 1,000,000.
        length: positions in the window, 8 to 128.
        d_model: width C of the code, 2 to 64, even.
        shift: how far the second window begins behind the first, 0 to 64.
        learned: a table, positions × width of any size; by default 64 random rows, which nobody has trained.
        learned_name: what to call that table.

    Raises:
        ValueError: an argument is none of these, or the table is not one of finite numbers.

    Example:
        >>> Positions("rotary", base=100)
        <widget Positions>
    """

    def __init__(
        self,
        code: str = "sinusoidal",
        base: int = 10_000,
        length: int = 48,
        d_model: int = 32,
        shift: int = 8,
        *,
        learned: ArrayLike | None = None,
        learned_name: str = "64 random rows, not trained",
    ) -> None:
        super().__init__()
        _require_choice("code", code, CODES)
        _require_choice("base", base, BASES)
        for name, value, (low, high), step in (
            ("length", length, LENGTHS, 1),
            ("d_model", d_model, WIDTHS, 2),
            ("shift", shift, SHIFTS, 1),
        ):
            _require_between(name, value, low, high, step)
        self._learned = _require_learned(learned)
        self._learned_name = learned_name
        self._word = np.random.default_rng(8).normal(size=WIDTHS[1])  # the query that rotary turns
        rows = self._make_controls(code, base, length, d_model, shift)
        label = "The codes: up and down choose a position, left and right a pair of features"
        codes = self.picture("codes", label, cell=(min(12, length - 1), 0))
        compared = self.picture("compared", "Compared with every position, and as hands", hover=False)
        codes.layout.align_self = compared.layout.align_self = "flex-start"
        self.start(*rows, [codes, compared])

    # Layout -------------------------------------------------------------------------------------------------

    def _make_controls(self, code: str, base: int, length: int, d_model: int, shift: int) -> list[list[Any]]:
        options = [(f"{b:,}", b) for b in BASES]
        menu = ipywidgets.Dropdown(options=CODES, value=code, description="code")
        bases = ipywidgets.Dropdown(options=options, value=base, description="base")
        menu.layout.width = bases.layout.width = "170px"
        return [
            [
                self.control("code", menu),
                self.control("base", bases),
                self.control("length", _slider("length", length, LENGTHS)),
            ],
            [
                self.control("d_model", _slider("d_model", d_model, WIDTHS, step=2)),
                self.control("shift", _slider("shift", shift, SHIFTS)),
            ],
        ]

    # Drawing ------------------------------------------------------------------------------------------------

    def draw(self) -> View:
        """See `LessonWidget.draw`."""
        kind = self.value("code")
        self.controls["base"].disabled = kind not in ("sinusoidal", "rotary")
        self.controls["d_model"].disabled = kind in ("learned", "ALiBi")
        self.controls["shift"].disabled = kind == "ALiBi"
        row, column = self.pointed("codes", self.value("length"), max(WIDTHS))
        view, sentences = (
            self._draw_alibi(row, column) if kind == "ALiBi" else self._draw_code(kind, row, column)
        )
        return View(view, "".join(f"<div>{escape(text)}</div>" for text in sentences))

    def _draw_code(self, kind: str, p: int, pair: int) -> tuple[dict[str, str], list[str]]:
        length, shift = self.value("length"), self.value("shift")
        scene = self._scene(kind, length, shift)
        code = scene.code
        pair = min(max(pair, 0), code.shape[1] // 2 - 1)
        here, there = code[:length] @ code[p], code[shift:] @ code[p + shift]
        limit = round(float(np.abs(code).max()), 2) or 1.0
        names = (f"position {p}", f"position {p + shift}")
        distances = np.arange(length) - p
        curves = [Curve(distances, here, f"from {names[0]}"), Curve(distances, there, f"from {names[1]}")]
        against = distance_svg(curves, title=scene.compared)
        hands = hands_svg(
            code[p], code[p + shift], chosen=pair, labels=names, title="one hand for each pair of features"
        )
        pictures = {
            "codes": code_svg(code[:length], chosen=(p, pair), limit=limit, title=scene.title),
            "compared": stack_svgs([against, hands]),
        }
        return pictures, [
            self._pair(kind, code, p, pair),
            _verdict(here, there, p, shift),
        ]

    def _scene(self, kind: str, length: int, shift: int) -> _Scene:
        base, width, everywhere = self.value("base"), self.value("d_model"), np.arange(length + shift)
        if kind == "sinusoidal":
            code = positions.sinusoidal(everywhere, width, base)
            return _Scene(code, f"sinusoidal, base {base:,}", "dot product of two codes")
        if kind == "rotary":
            word = np.broadcast_to(self._word[:width], (length + shift, width))
            code = positions.rotate(word, everywhere, base)
            return _Scene(
                code, f"rotary, base {base:,}: one query, turned", "dot product of two turned queries"
            )
        rows = len(self._learned)
        if length + shift > rows:
            raise ValueError(
                f"position {length + shift - 1} has no row: this learned table ends at position {rows - 1}, "
                f"so make length and shift together {rows} or less"
            )
        return _Scene(
            self._learned[: length + shift], f"learned: {self._learned_name}", "dot product of two codes"
        )

    def _draw_alibi(self, distance: int, head: int) -> tuple[dict[str, str], list[str]]:
        length, slopes = self.value("length"), positions.alibi_slopes(HEADS)
        head = min(max(head, 0), HEADS - 1)
        penalty = -slopes * np.arange(length)[:, None]  # distances × heads
        distances = np.arange(1 - length, length)
        others = [h for h in (0, HEADS - 1) if h != head]
        curves = [Curve(distances, -slopes[h] * abs(distances), f"head {h}") for h in (head, *others)]
        pictures = {
            "codes": code_svg(
                penalty,
                chosen=(distance, head),
                band=1,
                rows="distance",
                columns="head",
                limit=float(-penalty.min()),
                title="ALiBi: what is taken off a score",
            ),
            "compared": distance_svg(curves, marked=distance, title="added to the score"),
        }
        lost = f"at distance {distance} it takes off {_number(slopes[head] * distance)}"
        return pictures, [
            f"Head {head}: slope {slopes[head]:g}; {lost}.",
            "Nothing is added to a word, and there is nothing to shift: only the distance is asked for.",
        ]

    # Numbers ------------------------------------------------------------------------------------------------

    def _pair(self, kind: str, code: Array, p: int, pair: int) -> str:
        i, (x, y) = 2 * pair, code[p, 2 * pair : 2 * pair + 2]
        place = f"Position {p}, pair {pair}: feature {i} is {_number(x)}, feature {i + 1} is {_number(y)}"
        if kind == "learned":
            return f"{place}; a learned pair is no clock hand, it may point anywhere."
        speed = positions.speeds(code.shape[1], self.value("base"))[pair]
        return f"{place}; {_number(speed)} radians a step, once round in {2 * np.pi / speed:,.1f} positions."


def _verdict(here: Array, there: Array, p: int, shift: int) -> str:
    if not shift:
        return "Shift is 0, so both curves are one: move it to compare from further on."
    apart = float(np.abs(here - there).max())
    what = "only the distance counts" if apart < EQUAL else "the place counts too"
    return f"The curves from {p} and from {p + shift} are at most {_number(apart)} apart: {what}."


def _number(value: float) -> str:
    text = f"{value:.4f}" if abs(value) < 0.01 and abs(value) > EQUAL else f"{value:.2f}"
    return "0.00" if abs(value) <= EQUAL else text.replace("-", "−")


def _slider(name: str, value: int, ends: tuple[int, int], step: int = 1) -> ipywidgets.IntSlider:
    layout = ipywidgets.Layout(width="270px")
    return ipywidgets.IntSlider(value, min=ends[0], max=ends[1], step=step, description=name, layout=layout)


def _require_choice(name: str, value: Any, choices: Sequence[Any]) -> None:
    if value not in choices:
        words = ", ".join(f"{c:,}" if isinstance(c, int) else c for c in choices)
        raise ValueError(f"{name} ({value}) must be one of {words}")


def _require_between(name: str, value: int, low: int, high: int, step: int) -> None:
    if value not in range(low, high + 1, step):
        even = " even" if step == 2 else ""
        raise ValueError(f"{name} ({value}) must be a whole{even} number from {low} to {high}")


def _require_learned(table: ArrayLike | None) -> Array:
    if table is None:
        return np.random.default_rng(0).normal(size=(64, 32))
    rows = np.asarray(table, dtype=float)
    if rows.ndim != 2 or rows.shape[1] % 2 or not rows.size or not np.isfinite(rows).all():
        raise ValueError(
            f"learned (shape {rows.shape}) must be a table of finite numbers, positions × an even width"
        )
    return rows
