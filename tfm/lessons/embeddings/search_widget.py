"""Search: type a query and read a ranking; the same texts, ranked by whatever scores them.

The scorers are functions that are passed in, from a query to a score for each text; the widget knows no model.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from html import escape
from typing import Any

import ipywidgets
import numpy as np
from numpy.typing import ArrayLike, NDArray

from tfm.kit.base import LessonWidget, View
from tfm.kit.style import shorten
from tfm.lessons.embeddings.figures import ranking_svg
from tfm.lessons.embeddings.search import best_first

SHOWN = 8
KEPT = 64  # answers that are remembered
LONGEST_QUERY = 2000  # characters
SNIPPET = 320  # characters of a text in the readout
LONGEST_NAME = 40
Scorer = Callable[[str], ArrayLike]


class Search(LessonWidget):
    """Type a query; the texts are ranked by the scorer you choose, and each says its place under all others.

    Args:
        texts: each text under the name that stands in the ranking.
        scorers: for each name to choose from, a function from the query to N scores, higher is better. It may
            raise ValueError, whose sentence is shown.
        query: the first query.
        by: the first scorer; None takes the first of them.

    Raises:
        ValueError: there is no text or no scorer, or none is called `by`.

    Example:
        >>> Search({"a": "a cat", "b": "a dog"}, {"has it": lambda q: [q in "a cat", q in "a dog"]}, "dog")
        <widget Search>
    """

    def __init__(
        self, texts: Mapping[str, str], scorers: Mapping[str, Scorer], query: str, *, by: str | None = None
    ) -> None:
        super().__init__()
        if not texts or not scorers:
            raise ValueError("there is nothing to rank, or nothing to rank by: give a text and a scorer")
        if by is not None and by not in scorers:
            raise ValueError(f"no scorer is called {by!r}: choose one of {', '.join(scorers)}")
        self._names, self._texts = list(texts), list(texts.values())
        self._scorers = dict(scorers)
        self._scores = lru_cache(maxsize=KEPT)(self._compute)
        text = ipywidgets.Text(query, description="query", continuous_update=False)
        text.layout.width = "min(620px, 96%)"
        menu = ipywidgets.Dropdown(
            options=list(self._scorers), value=by or next(iter(scorers)), description="rank by"
        )
        menu.layout.width = "300px"
        row = [self.control("query", text), self.control("by", menu)]
        self.start(row, self.picture("ranking", "The best texts: arrow keys read another one", hover=False))

    def draw(self) -> View:
        """See `LessonWidget.draw`."""
        query, by = self._typed(), self.value("by")
        scores = self._scores(by, query)
        best = best_first(scores)[:SHOWN]
        chosen, _ = self.pointed("ranking", len(best))
        title = f"“{shorten(query, 36)}”, by {by}"
        digits = 2 if np.abs(scores).max() < 100 else 0
        names = [self._names[i] for i in best]
        svg = ranking_svg(
            names, scores[best], title=title, chosen=chosen, longest=LONGEST_NAME, digits=digits
        )
        shown = f"The first {len(best)} of {len(self._names):,} texts."
        lines = [
            *self._warning(scores),
            shown,
            self._places(best[chosen], query),
            self._snippet(best[chosen]),
        ]
        return View({"ranking": svg}, "".join(f"<div>{escape(line)}</div>" for line in lines))

    def _warning(self, scores: NDArray[Any]) -> Sequence[str]:
        if not np.ptp(scores) and len(scores) > 1:
            return ["Every text has the same score, so this order says nothing: try other words."]
        return []

    def _places(self, text: int, query: str) -> str:
        """The chosen text's place under every scorer."""
        places = []
        for by in self._scorers:
            try:
                scores = self._scores(by, query)
            except ValueError:
                places.append(f"none by {by}")
                continue
            place = f"{best_first(scores).index(text) + 1:,}" if np.ptp(scores) else "none"
            places.append(f"{place} by {by}")
        return f"Place of “{self._names[text]}”: {'; '.join(places)}."

    def _snippet(self, text: int) -> str:
        words = " ".join(self._texts[text].split())
        return f"{len(self._texts[text].split()):,} words: {shorten(words, SNIPPET)}"

    def _typed(self) -> str:
        query = self.value("query").strip()
        if not query:
            raise ValueError("the query is empty: type some words")
        if len(query) > LONGEST_QUERY:
            raise ValueError(
                f"the query has {len(query):,} characters: shorten it to {LONGEST_QUERY:,} or fewer"
            )
        return query

    def _compute(self, by: str, query: str) -> NDArray[Any]:
        scores = np.asarray(self._scorers[by](query), dtype=float)
        if scores.shape != (len(self._texts),):
            raise ValueError(
                f"“{by}” gave scores of shape {scores.shape} for {len(self._texts)} texts: return one for each"
            )
        return scores
