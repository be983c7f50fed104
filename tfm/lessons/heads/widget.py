"""Heads to choose, read and switch off: each one's map, its rows' sums, and what the loss says without it.

What runs behind it is an argument, a function of (number of heads, text, heads that are off); the widget has no
model and trains nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from html import escape
from typing import Any, NamedTuple

import ipywidgets
import numpy as np
from numpy.typing import NDArray

from tfm.kit.base import LessonWidget, View
from tfm.kit.heatmap import heatmap_svg
from tfm.kit.multi_head import A_ROW, answers_svg, head_tiles_svg


class HeadsReading(NamedTuple):
    """What a model makes of one text, with some heads switched off.

    Attributes:
        tokens: T tokens.
        weights: H × T × T, each row's sum 1; those of a head that is off too.
        parts: H, how much each head adds to the output: the mean length of its part after W_O; 0 when off.
        answers: for each question T answers; an empty one is not asked for.
        truth: for each question T right answers.
        loss: the loss on a fixed set of texts with these heads off.
    """

    tokens: list[str]
    weights: NDArray[Any]
    parts: NDArray[Any]
    answers: Mapping[str, Sequence[str]]
    truth: Mapping[str, Sequence[str]]
    loss: float


Read = Callable[[int, str, frozenset[int]], HeadsReading]


class Heads(LessonWidget):
    """Choose a model by its number of heads, read a head, switch some off.

    Args:
        read: from (number of heads, text, heads that are off, counted from 0) to a `HeadsReading`; it raises
            ValueError with one sentence about a text it cannot read.
        text: the first text.
        sizes: the numbers of heads there is a model for, rising.
        n_heads: the first model.
        head: the head that is read first, counted from 1.
        cell: row and column of its map that are read first, counted from 0.

    Raises:
        ValueError: there is no model of that size, or no such head.
    """

    def __init__(
        self,
        read: Read,
        text: str,
        sizes: Sequence[int],
        *,
        n_heads: int,
        head: int = 1,
        cell: tuple[int, int] = (2, 1),
    ) -> None:
        super().__init__()
        if n_heads not in sizes:
            raise ValueError(
                f"there is no model with {n_heads} heads: choose one of {', '.join(map(str, sizes))}"
            )
        if not 1 <= head <= n_heads:
            raise ValueError(f"there is no head {head}: this model's heads are counted from 1 to {n_heads}")
        self._read = lru_cache(maxsize=64)(read)
        self._tiles = self.picture(
            "tiles", "All heads: arrow keys choose one", hover=False, cell=divmod(head - 1, A_ROW)
        )
        self._map = self.picture("map", "The chosen head: arrow keys read its cells", cell=cell)
        self._answers = self.picture("answers", "The answers", hover=False)
        self.when(self._tiles, self._choose, "cell")
        side = ipywidgets.Layout(
            display="flex", flex_flow="row wrap", align_items="flex-start", grid_gap="14px"
        )
        maps = ipywidgets.Box([self._tiles, self._map], layout=side)
        self.start(*self._make_controls(text, sizes, n_heads, head), maps, self._answers)

    # Layout -------------------------------------------------------------------------------------------------

    def _make_controls(self, text: str, sizes: Sequence[int], n_heads: int, head: int) -> list[Any]:
        box = self.control("text", ipywidgets.Text(text, description="text"))
        size = ipywidgets.SelectionSlider(
            options=list(sizes), value=n_heads, description="heads in the model"
        )
        self.when(size, self._change_model)  # before `control` observes and redraws
        self.control("n_heads", size)
        slider = ipywidgets.IntSlider(head, 1, n_heads, description="head to read")
        self.when(slider, self._follow_slider)
        self.control("head", slider)
        box.layout.width = size.layout.width = slider.layout.width = "262px"
        self._boxes = [
            self.control(f"off {h}", ipywidgets.Checkbox(False, description=f"head {h}", indent=False))
            for h in range(1, max(sizes) + 1)
        ]
        for tick in self._boxes:
            tick.layout.width = "72px"
        self._show_boxes()
        return [[box, size, slider], [ipywidgets.Label("switch off:"), *self._boxes]]

    def _show_boxes(self) -> None:
        for h, tick in enumerate(self._boxes):
            tick.layout.display = None if h < self.value("n_heads") else "none"

    # What happens -------------------------------------------------------------------------------------------

    def _change_model(self) -> None:
        """Another model's heads are others: start with all of them on."""
        with self.at_once():
            for tick in self._boxes:
                tick.value = False
            self.controls["head"].max = self.value("n_heads")  # which pulls its value in
            self._show_boxes()

    def _follow_slider(self) -> None:
        with self.at_once():
            self._tiles.cell = list(divmod(self.value("head") - 1, A_ROW))

    def _choose(self) -> None:
        n_heads = self.value("n_heads")
        row, column = self.pointed("tiles", n_heads, A_ROW)
        with self.at_once():
            self.controls["head"].value = min(row * A_ROW + column + 1, n_heads)

    @property
    def off(self) -> frozenset[int]:
        """The heads that are switched off, counted from 0."""
        return frozenset(h for h, tick in enumerate(self._boxes) if tick.value and h < self.value("n_heads"))

    # Drawing ------------------------------------------------------------------------------------------------

    def draw(self) -> View:
        """See `LessonWidget.draw`."""
        n_heads, head, off = self.value("n_heads"), self.value("head") - 1, self.off
        whole = self._read(n_heads, self.value("text"), frozenset())
        now = self._read(n_heads, self.value("text"), off)
        cell = self.pointed("map", len(now.tokens), len(now.tokens))
        shares = np.asarray(now.parts) / (np.sum(now.parts) or 1.0)
        pictures = {
            "tiles": head_tiles_svg(
                now.weights,
                notes=[f"adds {share:.0%}" for share in shares],
                chosen=head,
                off=off,
                title=f"{n_heads} heads" if n_heads > 1 else "One head",
                tile=88,
            ),
            "map": heatmap_svg(
                now.weights[head],
                now.tokens,
                now.tokens,
                title=f"head {head + 1}: who looks at whom",
                chosen=cell,
            ),
            "answers": answers_svg(now.tokens, now.answers, now.truth, title=_title(off)),
        }
        lines = [self._row(now, head, cell), self._column(now, cell), _losses(whole, now, off)]
        return View(pictures, "".join(f"<div>{escape(line)}</div>" for line in lines))

    @staticmethod
    def _row(now: HeadsReading, head: int, cell: tuple[int, int]) -> str:
        row, column = cell
        looks = f"{now.tokens[row]} (place {row + 1}) looks at {now.tokens[column]} (place {column + 1})"
        weights = now.weights[head]
        return f"Head {head + 1}: {looks} with {weights[cell]:.3f}; its row sums to {weights[row].sum():.2f}."

    @staticmethod
    def _column(now: HeadsReading, cell: tuple[int, int]) -> str:
        each = " ".join(f"{one:.2f}" for one in now.weights.sum(-1)[:, cell[0]])
        over = now.weights[(slice(None), *cell)].sum()
        return f"This row's sum in each head: {each}. This cell's sum over the heads: {over:.2f}."


def _title(off: frozenset[int]) -> str:
    return f"Answers without {_names(off)}" if off else "Answers with every head on"


def _losses(whole: HeadsReading, now: HeadsReading, off: frozenset[int]) -> str:
    if not off:
        return f"Loss with every head on: {whole.loss:.3f}."
    return f"Loss with every head on: {whole.loss:.3f}; without {_names(off)}: {now.loss:.3f}."


def _names(heads: frozenset[int]) -> str:
    *some, last = [str(h + 1) for h in sorted(heads)]
    return f"heads {', '.join(some)} and {last}" if some else f"head {last}"
