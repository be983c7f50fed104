"""A translator step by step: the next word, where it looks, what it may not look at, and a word of your own.

The translator is one argument, a function of the sentence, of the words that the reader wrote and of the places
that may not be looked at; the widget has no model.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from typing import Any

import ipywidgets
import numpy as np
from numpy.typing import NDArray

from tfm.kit.base import LessonWidget, View
from tfm.kit.choice import choice_svg
from tfm.kit.heatmap import heatmap_svg
from tfm.kit.next_token import percent
from tfm.kit.style import shorten
from tfm.lessons.transformer.figures import cross_attention_svg

BARS = 6  # candidates that are drawn
LONGEST = 200  # characters of a sentence
MEAN = "mean of all"
LABEL = "The sentence that is read: arrow keys choose a word, Enter forbids or allows looking at it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Translation:
    """What a translator made of one sentence.

    Attributes:
        source: S words, as they were read.
        written: T words, the end mark among them if it was written.
        vocabulary: V words that could have been written.
        probabilities: T × V, what each written word was chosen from.
        weights: L × H × T × S, each layer's and head's cross-attention.
    """

    source: Sequence[str]
    written: Sequence[str]
    vocabulary: Sequence[str]
    probabilities: NDArray[Any]
    weights: NDArray[Any]


Translate = Callable[[str, tuple[str, ...], frozenset[int]], Translation]


class Translator(LessonWidget):
    """Step through a translation; forbid a look, or write another word and let the model go on from it.

    Args:
        translate: from (the sentence, the first words as the reader wants them, the places of the source that may
            not be looked at) to a `Translation`; a ValueError is shown.
        sentence: the first sentence.
        glosses: what a written word means, for readers who do not know the language.
        join: what stands between two written words when they are read as a sentence.
        step: how many words are shown at first, from 1 to as many as are written.

    Raises:
        ValueError: the sentence cannot be translated, or there is no such step.

    Example:
        >>> one = Translation(
        ...     source=["I"], written=["我"], vocabulary=["我"], probabilities=np.ones((1, 1)),
        ...     weights=np.ones((1, 1, 1, 1)),
        ... )
        >>> Translator(lambda sentence, prefix, forbidden: one, "I")
        <widget Translator>
    """

    def __init__(
        self,
        translate: Translate,
        sentence: str,
        *,
        glosses: Mapping[str, str] | None = None,
        join: str = "",
        step: int = 1,
    ) -> None:
        super().__init__()
        self._translate = lru_cache(maxsize=64)(translate)
        self._glosses, self._join = dict(glosses or {}), join
        self._prefix: tuple[str, ...] = ()
        self._forbidden: frozenset[int] = frozenset()
        self._offered: list[str] = []  # the candidates that are drawn, the likeliest first
        first = self._read(sentence)
        if not 1 <= step <= len(first.written):
            raise ValueError(f"step goes from 1 to {len(first.written)}, and this is {step}: try 1")
        rows = self._make_controls(sentence, first, step)
        self._line = self.picture("line", LABEL, hover=False)
        self.when(self._line, self._strike, "clicks")
        bars = self.picture("bars", "What could be written: arrow keys choose, Enter writes it", hover=False)
        self.when(bars, self._write, "clicks")
        looks = self.picture("map", "Where every word written so far looks", hover=False)
        self.start(*rows, self._line, [bars, looks])

    # Layout -------------------------------------------------------------------------------------------------

    def _make_controls(self, sentence: str, first: Translation, at: int) -> list[Any]:
        text = ipywidgets.Text(sentence, description="sentence", continuous_update=False)
        text.layout.width = "min(640px, 96%)"
        self.when(text, self._follow_joined)  # before the base draws
        n_layers, n_heads = first.weights.shape[:2]
        step = ipywidgets.IntSlider(at, 1, len(first.written), description="step")
        layer = ipywidgets.Dropdown(
            options=list(range(1, n_layers + 1)), value=n_layers, description="decoder layer"
        )
        head = ipywidgets.Dropdown(options=[MEAN, *map(str, range(1, n_heads + 1))], description="head")
        step.layout.width, layer.layout.width, head.layout.width = "300px", "170px", "190px"
        for name, control in (("sentence", text), ("step", step), ("layer", layer), ("head", head)):
            self.control(name, control)
        again = self.button(
            "Its own words again", self.let_go, tooltip="Take back what you wrote and forbade"
        )
        return [text, [step, layer, head, again]]

    # What happens -------------------------------------------------------------------------------------------

    def let_go(self) -> None:
        """Take back the words the reader wrote and the looks that were forbidden."""
        with self.at_once():
            self.forget()
            self._fit_step()

    def forget(self) -> None:
        """See `LessonWidget.forget`."""
        self._prefix, self._forbidden = (), frozenset()

    def _follow_joined(self) -> None:
        """A new sentence begins at its first step; a bad one leaves everything as it was."""
        with self.at_once():
            self.forget()
            self.controls["step"].value = 1
            self._line.cell = [0, 0]
            self._fit_step()

    def _strike(self) -> None:
        """Forbid the look at the word that was clicked, or allow it again."""
        place = self._line.clicks[-1][1]
        if 0 <= place < len(self._read(self.value("sentence")).source):
            with self.at_once():
                self._forbidden ^= {place}
                self._fit_step()

    def _write(self) -> None:
        """Write the candidate that was clicked at this step, and let the model go on from it."""
        row = self.pictures["bars"].clicks[-1][0]
        before = self._now().written[: self._step() - 1]
        if not 0 <= row < len(self._offered):
            return
        with self.at_once():
            self._prefix = (*before, self._offered[row])
            self.pictures["bars"].cell = [0, 0]
            self._fit_step()

    def _fit_step(self) -> None:
        try:
            self.controls["step"].max = len(self._now().written)
        except ValueError:
            return  # the drawing that follows says why

    # Drawing ------------------------------------------------------------------------------------------------

    def draw(self) -> View:
        """See `LessonWidget.draw`."""
        now, step = self._now(), self._step()
        own = self._read(self.value("sentence"))
        weights = self._map(now)[:step]
        written = list(now.written[:step])
        svg = cross_attention_svg(
            now.source,
            written,
            weights[-1],
            forbidden=self._forbidden,
            changed=[
                i for i in range(step) if list(now.written[: i + 1])[-1:] != list(own.written[i : i + 1])
            ],
            chosen=self.pointed("line", 1, len(now.source))[1],
            glosses=self._glosses,
            title=f"Step {step} of {len(now.written)}: where does “{shorten(written[-1])}” look?",
        )
        looks = heatmap_svg(
            weights, written, now.source, title="writes (rows) looks at reads (columns)", chosen=None
        )
        return View({"line": svg, "bars": self._bars(now, step), "map": looks}, self._numbers(now, own, step))

    def _bars(self, now: Translation, step: int) -> str:
        p = now.probabilities[step - 1]
        best = np.argsort(-p, kind="stable")[:BARS]
        self._offered = [now.vocabulary[i] for i in best]
        names = [self._with_gloss(word) for word in self._offered]
        chosen, _ = self.pointed("bars", len(best))
        return choice_svg(names, p[best], p[best], title=f"What could stand at place {step}?", chosen=chosen)

    def _with_gloss(self, word: str) -> str:
        return f"{word} {self._glosses[word]}" if word in self._glosses else word

    def _numbers(self, now: Translation, own: Translation, step: int) -> str:
        row, word = self._map(now)[step - 1], now.written[step - 1]
        p = float(now.probabilities[step - 1][list(now.vocabulary).index(word)])
        top = ", ".join(
            f"“{now.source[j]}” {percent(float(row[j]))}" for j in np.argsort(-row, kind="stable")[:3]
        )
        who = "You wrote" if step <= len(self._prefix) else "It writes"
        lines = [
            f"{who} {self._with_gloss(word)}, to which it gave {percent(p)}; this place looks most at {top}.",
            f"So far: {self._joined(now.written[:step])}",
        ]
        if self._forbidden or self._prefix:
            same = "the same as" if list(now.written) == list(own.written) else "instead of"
            lines.append(
                f"All in all {self._joined(now.written)}, {same} {self._joined(own.written)} unhindered."
            )
        return "".join(f"<div>{escape(line)}</div>" for line in lines)

    def _joined(self, words: Sequence[str]) -> str:
        return self._join.join(words)

    # The translator -----------------------------------------------------------------------------------------

    def _step(self) -> int:
        return min(self.value("step"), len(self._now().written))

    def _map(self, now: Translation) -> NDArray[Any]:
        layer, head = now.weights[self.value("layer") - 1], self.value("head")
        return np.asarray(layer.mean(0) if head == MEAN else layer[int(head) - 1])  # T S

    def _now(self) -> Translation:
        source = self._read(self.value("sentence")).source
        if self._forbidden >= set(range(len(source))):
            raise ValueError("every word is forbidden: allow it to look at one at least")
        return self._read(self.value("sentence"), self._prefix, self._forbidden)

    def _read(
        self, sentence: str, prefix: tuple[str, ...] = (), forbidden: frozenset[int] = frozenset()
    ) -> Translation:
        if len(sentence) > LONGEST:
            raise ValueError(f"the sentence has {len(sentence):,} characters: write {LONGEST} at most")
        return self._translate(sentence, prefix, forbidden)
