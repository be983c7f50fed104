"""Words as vectors: type some, read how near they are to each other and to all others, and scrub through training.

The tables come from outside, one for each training step that was kept; the widget never trains.
"""

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from html import escape
from typing import Any

import ipywidgets
import numpy as np
from numpy.typing import ArrayLike

from tfm.kit.base import LessonWidget, View
from tfm.kit.heatmap import heatmap_svg
from tfm.kit.style import shorten
from tfm.lessons.embeddings.figures import ranking_svg
from tfm.lessons.embeddings.search import cosines, nearest, unit_rows

MOST_WORDS = 12
NEIGHBOURS = 10
LONGEST_WORD = 40  # of a misspelt word that is looked up
Checkpoints = Mapping[int, ArrayLike]


class Words(LessonWidget):
    """Type words; read every cosine between them, and the nearest neighbours of the row you point at.

    A click on a neighbour, or Enter, adds it to the words.

    Args:
        tables: for each name to choose from, a table V × C for each training step that was kept, the steps evenly
            spaced; a single one for what was never trained.
        vocabulary: V words, in the order of the rows.
        words: the first words, with spaces between.

    Raises:
        ValueError: there is no table, one has not V rows, or the steps are not evenly spaced and alike.

    Example:
        >>> Words({"mine": {0: [[1, 0], [0, 1]]}}, ["cat", "dog"], "cat dog")
        <widget Words>
    """

    def __init__(self, tables: Mapping[str, Checkpoints], vocabulary: Sequence[str], words: str) -> None:
        super().__init__()
        if not tables:
            raise ValueError("tables is empty: give at least one, such as {'trained': {0: table}}")
        self._vocabulary = list(vocabulary)
        self._places = {word: place for place, word in enumerate(self._vocabulary)}
        self._tables = {name: self._checked(name, kept) for name, kept in tables.items()}
        steps = max((list(kept) for kept in self._tables.values()), key=len)
        for name, kept in self._tables.items():
            if len(kept) > 1 and list(kept) != steps:
                raise ValueError(f"table “{name}” was kept at other steps than the rest: keep all at {steps}")
        text = ipywidgets.Text(words, description="words", continuous_update=False)
        text.layout.width = "min(620px, 96%)"
        menu = ipywidgets.Dropdown(options=list(self._tables), description="table")
        menu.layout.width = "240px"
        slider = ipywidgets.SelectionSlider(options=steps, value=steps[-1], description="training step")
        slider.layout.width = "min(420px, 96%)"
        row = [self.control("table", menu), self.control("step", slider)]
        grid = self.picture("cosines", "Cosines: arrow keys move from cell to cell", cell=(0, 1))
        label = "Nearest words: arrow keys choose one, Enter adds it to your words"
        self._near = self.picture("near", label, hover=False)
        self.when(self._near, lambda: self._add(self._near.clicks[-1][0]), "clicks")
        self._names: list[str] = []  # the neighbours that are drawn
        self.start([self.control("words", text)], row, [grid, self._near])

    def draw(self) -> View:
        """See `LessonWidget.draw`."""
        words = self._words()
        kept = self._tables[self.value("table")]
        self.controls["step"].disabled = len(kept) == 1
        step = self.value("step") if len(kept) > 1 else next(iter(kept))
        table = kept[step]
        rows = unit_rows(table[[self._places[word] for word in words]])
        grid = np.clip(rows @ rows.T, -1, 1)
        row, column = self.pointed("cosines", len(words), len(words))
        title = f"cosines after {step} steps" if len(kept) > 1 else "cosines, never trained"
        left = heatmap_svg(grid, words, words, title=title, chosen=(row, column))
        place = self._places[words[row]]
        near = nearest(table, place, NEIGHBOURS)
        self._names = [self._vocabulary[i] for i in near]
        right = ranking_svg(
            self._names,
            cosines(table[place], table)[near],
            title=f"nearest to “{shorten(words[row], 16)}”",
            chosen=self.pointed("near", len(near))[0],
            full=1.0,
        )
        first, second = words[row], words[column]
        lines = [
            f"“{first}” and “{second}”: cosine {grid[row, column]:.2f}.".replace("-", "−"),
            self._rank(first, second, table),
        ]
        readout = "".join(f"<div>{escape(line)}</div>" for line in lines if line)
        return View({"cosines": left, "near": right}, readout)

    def _add(self, row: int) -> None:
        """Append a neighbour to the reader's words."""
        if 0 <= row < len(self._names):
            self.controls["words"].value = f"{self.value('words')} {self._names[row]}"

    def _rank(self, first: str, second: str, table: Any) -> str:
        """How many words are nearer to the first than the second is."""
        if first == second:
            return "A word has cosine 1 with itself."
        order = nearest(table, self._places[first], len(table))
        place = order.index(self._places[second]) + 1
        return (
            f"Among the {len(order):,} other words, “{second}” is number {place:,} in nearness to “{first}”."
        )

    def _words(self) -> list[str]:
        typed = list(dict.fromkeys(re.findall(r"[^\s,;]+", self.value("words"))))
        for i, word in enumerate(typed):
            if word not in self._places and word.lower() in self._places:
                typed[i] = word.lower()
        typed = list(dict.fromkeys(typed))
        unknown = next((word for word in typed[: MOST_WORDS + 1] if word not in self._places), None)
        if unknown is not None:
            raise ValueError(self._stranger(unknown))
        if not 1 <= len(typed) <= MOST_WORDS:
            raise ValueError(f"{len(typed)} words are typed: type 1 to {MOST_WORDS}, with spaces between")
        return typed

    def _stranger(self, word: str) -> str:
        short = word[:LONGEST_WORD].lower()
        alike = get_close_matches(short, self._vocabulary, n=1, cutoff=0.5)
        cure = f"the closest spelling is “{alike[0]}”" if alike else f"try “{self._vocabulary[0]}”"
        return f"the table has no row for “{shorten(word, 24)}”: {cure}"

    def _checked(self, name: str, kept: Checkpoints) -> dict[int, Any]:
        tables = {step: np.asarray(kept[step], dtype=float) for step in sorted(kept)}
        for step, table in tables.items():
            if table.ndim != 2 or len(table) != len(self._vocabulary):
                raise ValueError(
                    f"table “{name}” at step {step} has shape {table.shape} for {len(self._vocabulary)} words: "
                    "give it a row for each word"
                )
        if not tables or len(set(np.diff(list(tables)).tolist())) > 1:
            raise ValueError(f"table “{name}” was kept at {list(tables)}: keep it at evenly spaced steps")
        return tables
