"""Write word by word: a prompt, the bars of the next token, and one of them appended, again and again.

The models are made by a function that is passed in, `model(n, smoothing, k)`, such as `tfm.models.ngram.NGram`
over counts that the lesson has made. The widget never counts and never trains.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from html import escape
from typing import Any, Protocol

import ipywidgets
import numpy as np

from tfm.kit.base import LessonWidget, View
from tfm.kit.next_token import bars_svg, percent
from tfm.kit.style import shorten

BARS = 10  # the likeliest tokens that are drawn
KS = (0.001, 0.01, 0.1, 1.0)
LONGEST_TITLE = 8  # tokens of the context that a title names
LARGEST_SEED = 10**6


class Predictor(Protocol):
    """What can say what comes next; `tfm.models.ngram.NGram` does."""

    vocabulary: Sequence[Any]

    def probabilities(self, context: Sequence[Any]) -> Any:
        """p(w | h) of every token of the vocabulary; a ValueError where there is none to give."""

    def window(self, context: Sequence[Any]) -> Sequence[Any]:
        """The part of the context it looks at."""

    def count(self, context: Sequence[Any], token: Any = None) -> int:
        """How often the token followed this context, or without a token, how often anything did."""

    def sample(self, context: Sequence[Any], chance: float) -> Any:
        """The token on which a random number from 0 to 1 falls."""


class NextToken(LessonWidget):
    """Type a prompt, see what may come next, and append a token: the likeliest, one by chance, or any you click.

    Args:
        model: makes a `Predictor` from n, the smoothing's name and k; each setting is asked for once.
        tokenize: cuts the prompt into tokens.
        prompt: the first prompt.
        n: the first n.
        most_n: the largest n.
        smoothings: names to choose from, the first at first; a single one is not shown.
        add_k: the name whose model uses k; for the others the menu of k is off, and without it there is none.
        join: what stands between the prompt and an appended token: a space, or nothing for characters.
        silent: tokens that nobody can say, and that are not drawn.

    Raises:
        ValueError: n is not from 1 to `most_n`, or there are no smoothings.
    """

    def __init__(
        self,
        model: Callable[[int, str, float], Any],
        tokenize: Callable[[str], Sequence[Any]],
        prompt: str = "",
        *,
        n: int = 3,
        most_n: int = 5,
        smoothings: Sequence[str] = ("Kneser–Ney", "add-k", "none"),
        add_k: str = "add-k",
        join: str = " ",
        silent: Sequence[str] = ("<unk>",),
    ) -> None:
        super().__init__()
        if not 1 <= n <= most_n:
            raise ValueError(f"n ({n}) must be from 1 to most_n ({most_n}): try n={most_n}")
        if not smoothings:
            raise ValueError("there is no smoothing to choose from: name at least one")
        self._model, self._tokenize = lru_cache(maxsize=64)(model), tokenize
        self._join, self._silent, self._add_k = join, set(silent), add_k
        self._before: list[str] = []  # the prompts that undo goes back to
        self._ranked: list[str] = []  # the tokens that are drawn, the likeliest first
        self._told = ""
        rows = self._make_controls(prompt, n, most_n, list(smoothings))
        label = "The likeliest next tokens: arrow keys choose one, Enter appends it"
        self._bars = self.picture("bars", label, hover=False)
        self.when(self._bars, lambda: self._append_row(self._bars.clicks[-1][0]), "clicks")
        self.start(*rows, self._bars)

    # Layout -------------------------------------------------------------------------------------------------

    def _make_controls(self, prompt: str, n: int, most_n: int, smoothings: list[str]) -> list[Any]:
        text = ipywidgets.Text(prompt, description="prompt", continuous_update=False)
        text.layout.width = "min(700px, 96%)"
        self._last = prompt
        self.when(text, self._remember)  # before the base draws
        self.control("prompt", text)
        slider = self.control("n", ipywidgets.IntSlider(n, 1, most_n, description="n"))
        menu = self.control("smoothing", ipywidgets.Dropdown(options=smoothings, description="smoothing"))
        options = [(f"{k:g}", k) for k in KS]
        k = self.control("k", ipywidgets.Dropdown(options=options, value=0.01, description="k"))
        seed = self.control(
            "seed", ipywidgets.BoundedIntText(0, min=0, max=LARGEST_SEED, description="seed of chance")
        )
        slider.layout.width, menu.layout.width, k.layout.width = "230px", "230px", "110px"
        seed.layout.width = "190px"
        buttons = [
            self.button("Append the likeliest", self.append_likeliest),
            self.button("Append by chance", self.append_by_chance),
            self.button("Undo", self.undo),
        ]
        choices = [menu] * (len(smoothings) > 1) + [k] * (self._add_k in smoothings)
        return [text, [slider, *choices], [*buttons, seed]]

    # What happens -------------------------------------------------------------------------------------------

    def append_likeliest(self) -> None:
        """Append the token with the longest bar."""
        self._append_row(0)

    def append_by_chance(self) -> None:
        """Append the token on which a random number falls; seed and length of the prompt decide the number."""
        tokens = self._tokens()
        chance = float(np.random.default_rng([self.value("seed"), len(tokens)]).random())
        token = self._predictor().sample(tokens, chance)
        self._append(token, f"The random number {chance:.3f} fell on “{token}”.")

    def undo(self) -> None:
        """Go back to the prompt before the last change, appended or typed."""
        if not self._before:
            self.say("there is nothing to undo: this is the first prompt")
            return
        earlier = list(self._before[:-1])
        with self.at_once():
            self._told = ""
            self.controls["prompt"].value = self._before[-1]
            self._before = earlier

    def forget(self) -> None:
        """See `LessonWidget.forget`."""
        self._before, self._told = [], ""

    def _append_row(self, row: int) -> None:
        if not 0 <= row < len(self._ranked):
            self.say("there is no bar to append: shorten n, or choose a smoothing")
            return
        self._append(self._ranked[row], f"Appended “{self._ranked[row]}”.")

    def _append(self, token: Any, sentence: str) -> None:
        prompt = self.value("prompt").rstrip(" ") if self._join == " " else self.value("prompt")
        with self.at_once():
            self.controls["prompt"].value = f"{prompt}{self._join if prompt else ''}{token}"
            self._bars.cell = [0, 0]
            self._told = sentence

    def _remember(self) -> None:
        self._before.append(self._last)
        self._last, self._told = self.value("prompt"), ""

    # Drawing ------------------------------------------------------------------------------------------------

    def draw(self) -> View:
        """See `LessonWidget.draw`."""
        self.controls["k"].disabled = self.value("smoothing") != self._add_k
        tokens, predictor = self._tokens(), self._predictor()
        window = list(predictor.window(tokens))
        title = self._title(window)
        try:
            p = np.asarray(predictor.probabilities(tokens))
        except ValueError as error:
            self._ranked = []
            empty = bars_svg([], [], [], title=title, note="no bars: this model has no answer here")
            return View({"bars": empty}, _lines([*self._strangers(tokens), str(error) + "."]))
        best = self._best(p, predictor.vocabulary)
        self._ranked = [predictor.vocabulary[i] for i in best]
        counts = [predictor.count(tokens, token) for token in self._ranked]
        rest = _rest(len(p) - len(best), max(float(1 - p[best].sum()), 0.0))
        chosen, _ = self.pointed("bars", len(best))
        names = [str(token) for token in self._ranked]
        note = rest + ("" if all(counts) else "; a hollow bar was never counted here")
        svg = bars_svg(names, p[best], counts, title=title, chosen=chosen, note=note)
        total = predictor.count(tokens)
        told, self._told = self._told, ""  # said once
        words = [told, self._counted(window, total), self._chosen(chosen, p[best], counts, total)]
        return View({"bars": svg}, _lines([*words, *self._strangers(tokens)]))

    def _best(self, p: Any, vocabulary: Sequence[Any]) -> list[int]:
        order = np.argsort(-p, kind="stable")[: BARS + len(self._silent)]
        return [int(i) for i in order if p[i] > 0 and vocabulary[i] not in self._silent][:BARS]

    def _title(self, window: list[Any]) -> str:
        if not window:
            return "What may come next, whatever stands before?"
        words = self._join.join(shorten(str(token)) for token in window[-LONGEST_TITLE:])
        return f"What may come after “{words}”?"

    def _counted(self, window: list[Any], total: int) -> str:
        if not window:
            return f"The model looks at no token before and has counted {total:,} in all."
        words = shorten(self._join.join(map(str, window)), 60)
        many = "the last token" if len(window) == 1 else f"the last {len(window)} tokens"
        return f"The model looks at {many}, “{words}”, and has counted what follows {total:,} times."

    def _chosen(self, row: int, p: Any, counts: list[int], total: int) -> str:
        if not self._ranked:
            return ""
        return (
            f"“{self._ranked[row]}”: probability {percent(float(p[row]))}, surprise "
            f"{-np.log2(max(float(p[row]), 1e-300)):.1f} bits, counted {counts[row]:,} of {total:,} times."
        )

    def _strangers(self, tokens: Sequence[Any]) -> list[str]:
        known = set(self._predictor().vocabulary)
        strange = list(dict.fromkeys(str(token) for token in tokens if token not in known))
        if not strange:
            return []
        words = ", ".join(f"“{shorten(word, 20)}”" for word in strange[:3]) + ("…" if strange[3:] else "")
        return [
            f"Never read in the training text: {words}; to the model every such token is the same unknown."
        ]

    def _tokens(self) -> Sequence[Any]:
        return self._tokenize(self.value("prompt"))

    def _predictor(self) -> Any:
        smoothing = self.value("smoothing")
        k = self.value("k") if smoothing == self._add_k else 0.0
        return self._model(self.value("n"), smoothing, k)


def _rest(others: int, p: float) -> str:
    return f"{others:,} other {'token has' if others == 1 else 'tokens share'} {percent(p)}"


def _lines(sentences: Sequence[str]) -> str:
    return "".join(f"<div>{escape(sentence)}</div>" for sentence in sentences if sentence)
