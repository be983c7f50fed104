"""Write token by token: what the model expects, what the filters leave, and one of them appended or taken back.

The scores come from a function that is passed in, so that the reader's own model can stand behind it; the filters
are those of `tfm.lessons.generation.choosing`. The widget never runs a model by itself and never trains.
"""

from collections.abc import Callable, Sequence
from html import escape
from typing import Any

import ipywidgets
import numpy as np

from tfm.by_hand.softmax import entropy
from tfm.kit.base import LessonWidget, View
from tfm.kit.choice import choice_svg
from tfm.kit.style import shorten
from tfm.kit.tokens import token_text
from tfm.lessons.generation.choosing import filtered, require_probabilities

BARS = 12
LARGEST_SEED = 10**6
SHOWN = 400  # characters of the text that are shown, the last ones


class Writer(LessonWidget):
    """A prompt, the next token's bars before and after the filters, and buttons to write and to go back.

    Args:
        score: a text → the probabilities of its next token, V numbers; a ValueError is shown to the reader.
        tokens: V texts, what each token adds.
        prompt: the first text.
        temperature: the first temperature.

    Example:
        >>> Writer(lambda text: [0.5, 0.25, 0.25], ["a", "b", " "], "ab")
        <widget Writer>
    """

    def __init__(
        self,
        score: Callable[[str], Any],
        tokens: Sequence[str],
        prompt: str = "",
        *,
        temperature: float = 1.0,
    ) -> None:
        super().__init__()
        self._score, self._tokens = score, list(tokens)
        self._written: list[int] = []
        self._p = np.empty(0)  # of the model, and after the filters: of the text that is shown
        self._q = np.empty(0)
        self._kept: tuple[str, Any] = ("", None)  # the last text that was scored
        self._rows: list[int] = []
        self._told = ""
        rows = self._make_controls(prompt, temperature)
        label = "The likeliest next tokens: arrow keys choose one, Enter appends it"
        self._bars = self.picture("bars", label, hover=False)
        self.when(self._bars, lambda: self._append_row(self._bars.clicks[-1][0]), "clicks")
        self.start(*rows, self._bars)

    # Layout -------------------------------------------------------------------------------------------------

    def _make_controls(self, prompt: str, temperature: float) -> list[Any]:
        text = ipywidgets.Text(prompt, description="prompt", continuous_update=False)
        text.layout.width = "min(640px, 96%)"
        self.when(text, self._written.clear)  # before the base draws
        self.control("prompt", text)
        sliders = [
            self.control(name, slider)
            for name, slider in {
                "temperature": ipywidgets.FloatSlider(temperature, min=0, max=2, step=0.1),
                "top-k": ipywidgets.IntSlider(0, 0, 20),
                "top-p": ipywidgets.FloatSlider(1, min=0.05, max=1, step=0.05),
                "min-p": ipywidgets.FloatSlider(0, min=0, max=0.5, step=0.05),
            }.items()
        ]
        for name, slider in zip(("temperature", "top-k (0: all)", "top-p", "min-p"), sliders, strict=True):
            slider.description, slider.layout.width = name, "270px"
        seed = ipywidgets.BoundedIntText(0, min=0, max=LARGEST_SEED, description="seed of chance")
        seed.layout.width = "190px"
        buttons = [
            self.button("Append the likeliest", self.append_likeliest),
            self.button("Append by chance", self.append_by_chance),
            self.button("Twenty by chance", lambda: self.append_by_chance(20)),
            self.button("Undo", self.undo),
        ]
        return [text, sliders, [*buttons, self.control("seed", seed)]]

    # What happens -------------------------------------------------------------------------------------------

    @property
    def text(self) -> str:
        """The prompt and what was written after it."""
        return self.value("prompt") + "".join(self._tokens[token] for token in self._written)

    def append_likeliest(self) -> None:
        """Append the token with the longest bar."""
        self._look()  # a text that cannot be scored has no bars, whatever the picture still shows
        self._append(int(self._q.argmax()), "Appended the likeliest, {}.")

    def append_by_chance(self, n: int = 1) -> None:
        """Append tokens on which random numbers fall; seed and place in the text decide the numbers."""
        for _ in range(n):
            self._look()
            chance = float(np.random.default_rng([self.value("seed"), len(self._written)]).random())
            token = int(np.searchsorted(self._q.cumsum(), chance * self._q.sum(), side="right"))
            self._written.append(min(token, len(self._q) - 1))
            self._told = f"The random number {chance:.3f} fell on {self._name(self._written[-1])}."
        self._point_home()

    def undo(self) -> None:
        """Take the last token back."""
        if not self._written:
            self.say("there is nothing to take back: no token is written yet")
            return
        self._told = f"Took {self._name(self._written.pop())} back."
        self._point_home()

    def forget(self) -> None:
        """See `LessonWidget.forget`."""
        self._written.clear()
        self._told = ""

    def _append_row(self, row: int) -> None:
        self._look()
        if 0 <= row < len(self._rows):
            self._append(self._rows[row], "Appended {}.")

    def _append(self, token: int, words: str) -> None:
        self._written.append(token)
        self._told = words.format(self._name(token))
        self._point_home()

    def _point_home(self) -> None:
        with self.at_once():
            self._bars.cell = [0, 0]

    # Drawing ------------------------------------------------------------------------------------------------

    def draw(self) -> View:
        """See `LessonWidget.draw`."""
        self._look()
        self._rows = [int(i) for i in np.argsort(-self._p, kind="stable")[:BARS]]
        chosen, _ = self.pointed("bars", len(self._rows))
        rest = len(self._p) - len(self._rows)
        note = f"{rest:,} other tokens share {self._p.sum() - self._p[self._rows].sum():.1%}" if rest else ""
        svg = choice_svg(
            [self._label(i) for i in self._rows],
            self._p[self._rows],
            self._q[self._rows],
            title=f"What comes after “{shorten_left(token_text(self.text.encode('utf-8', 'replace')), 24)}”?",
            chosen=chosen,
            note=note,
        )
        told, self._told = self._told, ""  # said once
        return View({"bars": svg}, self._words(told, self._rows[chosen]))

    def _look(self) -> None:
        """Score the text, unless it was the last one scored, and filter."""
        text = self.text
        if self._kept[0] != text or self._kept[1] is None:
            if not text:
                raise ValueError(
                    "the text is empty, and the model needs something to go on from: type a letter"
                )
            self._kept = (text, require_probabilities(self._score(text), len(self._tokens)))
        self._p = self._kept[1]
        k, nucleus, least = self.value("top-k") or None, self.value("top-p"), self.value("min-p") or None
        self._q = filtered(self._p, self.value("temperature"), k, None if nucleus >= 1 else nucleus, least)

    def _words(self, told: str, row: int) -> str:
        prompt, written = self.value("prompt"), self.text[len(self.value("prompt")) :]
        shown = written[-SHOWN:]
        left = int((self._q > 0).sum())
        n = len(self._written)
        counts = (
            f"{n} {'token' if n == 1 else 'tokens'} written. {left} of {len(self._q)} tokens can be drawn"
        )
        spread = f"{float(entropy(self._p)):.2f} bits before the filters, {float(entropy(self._q)):.2f} after"
        odds = f"probability {self._p[row]:.3f}, drawn with {self._q[row]:.3f}"
        lines = [
            f"<div style='white-space:pre-wrap'>{escape(prompt[-SHOWN:])}<b>{escape(shown)}</b></div>",
            f"<div>{escape(told)}</div>" if told else "",
            f"<div>{counts}; entropy {spread}.</div>",
            f"<div>{escape(self._name(row))}: {odds}.</div>",
        ]
        return "".join(lines)

    def _label(self, token: int) -> str:
        return token_text(self._tokens[token].encode())

    def _name(self, token: int) -> str:
        return f"“{self._label(token)}”"


def shorten_left(text: str, longest: int) -> str:
    """Cut a long text at its beginning.

    Example:
        >>> shorten_left("to be or not", 8)
        '… or not'
    """
    return text if len(text) <= longest else "…" + shorten(text[-(longest - 1) :], longest)
