"""The tree of a beam search: choose the width, see which texts are kept and dropped, and what greedy missed.

The probabilities come from a function that is passed in; the search is
`tfm.lessons.generation.choosing.beam_rounds`. The widget never runs a model by itself.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from html import escape
from typing import Any

import ipywidgets
import numpy as np

from tfm.kit.base import LessonWidget, View
from tfm.kit.next_token import percent
from tfm.kit.style import shorten
from tfm.kit.tokens import token_text
from tfm.lessons.generation.choosing import Branch, beam_rounds, require_probabilities
from tfm.lessons.generation.figures import Node, beam_tree_svg

MOST = 6  # texts in a column that are drawn


class BeamTree(LessonWidget):
    """A prompt, a width and a length, and the tree of the search.

    Args:
        score: a text → the probabilities of its next token, V numbers; a ValueError is shown to the reader.
        tokens: V texts, what each token adds.
        prompt: the first text.
        width: the first width.
        n: the first number of tokens.
        most_n: the largest.

    Example:
        >>> BeamTree(lambda text: [0.6, 0.4], ["a", "b"], "a", width=2, n=3)
        <widget BeamTree>
    """

    def __init__(
        self,
        score: Callable[[str], Any],
        tokens: Sequence[str],
        prompt: str,
        *,
        width: int = 2,
        n: int = 4,
        most_n: int = 8,
    ) -> None:
        super().__init__()
        self._tokens = list(tokens)
        self._score = lru_cache(maxsize=4096)(
            lambda text: require_probabilities(score(text), len(self._tokens))
        )
        text = ipywidgets.Text(prompt, description="prompt", continuous_update=False)
        text.layout.width = "min(520px, 96%)"
        sliders = [
            self.control("width", ipywidgets.IntSlider(width, 1, MOST - 2, description="width of the beam")),
            self.control("n", ipywidgets.IntSlider(n, 1, most_n, description="tokens")),
        ]
        for slider in sliders:
            slider.layout.width = "300px"
        self.control("prompt", text)
        label = "The tree: arrow keys go from text to text"
        self._tree = self.picture("tree", label)
        self.start(text, sliders, self._tree)

    def draw(self) -> View:
        """See `LessonWidget.draw`."""
        prompt, width, n = self.value("prompt"), self.value("width"), self.value("n")
        if not prompt:
            raise ValueError(
                "the prompt is empty, and the model needs something to go on from: type a letter"
            )
        shown = min(MOST, 2 * width)
        rounds = beam_rounds(lambda text: self._after(prompt, text), width, n, shown)
        greedy = beam_rounds(lambda text: self._after(prompt, text), 1, n, 1)[-1][0]
        row, column = self._place(rounds)
        nodes = [[self._node(branch) for branch in branches] for branches in rounds]
        svg = beam_tree_svg(
            nodes,
            start=shorten(token_text(prompt.encode("utf-8", "replace"))[-9:], 9),
            greedy=_rows_of(greedy.text, rounds),
            chosen=(row, column),
            title=f"a beam of {width} over {n} {'token' if n == 1 else 'tokens'}",
        )
        return View({"tree": svg}, self._words(rounds, greedy, rounds[column][row]))

    def _after(self, prompt: str, text: tuple[int, ...]) -> Any:
        return self._score(prompt + self._spelled(text))

    def _place(self, rounds: list[list[Branch]]) -> tuple[int, int]:
        _, column = self.pointed("tree", 1, len(rounds))
        row, _ = self.pointed("tree", len(rounds[column]))
        return row, column

    def _node(self, branch: Branch) -> Node:
        label = token_text(self._tokens[branch.text[-1]].encode())
        return Node(label, branch.parent, branch.log_probability, branch.kept)

    def _words(self, rounds: list[list[Branch]], greedy: Branch, chosen: Branch) -> str:
        best = rounds[-1][0]
        gain = np.exp(best.log_probability - greedy.log_probability)
        same = best.text == greedy.text
        sentences = [
            f"Best text found: {self._quoted(best)}.",
            f"Greedy: {self._quoted(greedy)}, "
            + (
                "the same text."
                if same
                else f"{gain:.2f} times less likely."
                if gain >= 1
                else "likelier than the beam's."
            ),
            f"Chosen: {self._quoted(chosen)}, {'kept' if chosen.kept else 'dropped'}.",
        ]
        return "".join(
            f"<div style='white-space:pre-wrap'>{escape(sentence)}</div>" for sentence in sentences
        )

    def _quoted(self, branch: Branch) -> str:
        text, p = token_text(self._spelled(branch.text).encode()), float(np.exp(branch.log_probability))
        return f"“{text}” with {percent(p)} (ln p = {branch.log_probability:.2f})".replace("-", "−")

    def _spelled(self, text: tuple[int, ...]) -> str:
        return "".join(self._tokens[token] for token in text)


def _rows_of(text: tuple[int, ...], rounds: list[list[Branch]]) -> list[int]:
    """The rows of a text's beginnings, as long as each was kept."""
    rows: list[int] = []
    for n, branches in enumerate(rounds, start=1):
        found = [row for row, branch in enumerate(branches) if branch.text == text[:n]]
        if not found:
            break
        rows.append(found[0])
        if not branches[found[0]].kept:
            break
    return rows
