"""Predict, then reveal: what does a token look at in this head? Pick first, and get a score.

A map that is shown at once looks obvious; a guess beforehand tells how obvious it was. The score compares the
reader's picks with the best picks there are, and with picks by chance.
"""

from collections.abc import Collection, Sequence
from functools import lru_cache
from html import escape
from itertools import product
from typing import Any, NamedTuple

import ipywidgets
import numpy as np
from numpy.typing import ArrayLike, NDArray

from tfm.kit.base import LessonWidget, View
from tfm.kit.style import shorten
from tfm.kit.trace import Source, Trace, require_head, require_room
from tfm.lessons.real_attention.figures import gaze_svg

Question = tuple[int, int, int]  # layer and head from 1, the asking token's position from 0
SETTINGS = ("sentence", "layer", "head", "asker")


class GazeScore(NamedTuple):
    """How good some picks are.

    Attributes:
        held: the weight that the picks hold, 0 to 1.
        best: the weight that the best as many tokens hold, 0 to 1.
        score: held ÷ best, 0 to 1.
        by_chance: the score that as many picks by chance get on average, 0 to 1.
    """

    held: float
    best: float
    score: float
    by_chance: float


def score_picks(weights: ArrayLike, picks: Collection[int]) -> GazeScore:
    """Compare picks with the best and with chance.

    Args:
        weights: T weights that sum to 1, one row of an attention map.
        picks: the picked positions, at least one.

    Returns:
        A `GazeScore`.

    Example:
        >>> score = score_picks([0.5, 0.3, 0.2, 0.0], [0, 2])
        >>> f"{score.held:.2f} of {score.best:.2f} is {score.score:.1%}, by chance {score.by_chance:.1%}"
        '0.70 of 0.80 is 87.5%, by chance 62.5%'
    """
    row = np.asarray(weights, dtype=float)
    held = float(row[sorted(picks)].sum())
    best = float(np.sort(row)[::-1][: len(picks)].sum())
    chance = float(row.sum()) * len(picks) / len(row)  # the mean over all choices of that many tokens
    return GazeScore(held, best, held / best, chance / best)


class PredictGaze(LessonWidget):
    """Pick the tokens that one token looks at, reveal the weights, read the score.

    Args:
        source: the model to guess at, see `tfm.kit.trace`.
        sentence: the first sentence.
        layer: the first layer, counted from 1.
        head: the first head, counted from 1.
        asker: position of the token that looks, counted from 0.
        picks: the most tokens one may pick.
        questions: (layer, head, asker) of each question that “Next question” walks through, layer and head
            counted from 1, asker from 0; without any it walks through the heads.

    Raises:
        ValueError: there is no such layer or head, an asker is negative, or `picks` is below 1.
    """

    def __init__(
        self,
        source: Source,
        sentence: str,
        *,
        layer: int = 1,
        head: int = 1,
        asker: int = 1,
        picks: int = 3,
        questions: Sequence[Question] = (),
    ) -> None:
        super().__init__()
        for question in ((layer, head, asker), *questions):
            _require_question(source, question)
        if picks < 1:
            raise ValueError(f"picks must be 1 or more, and it is {picks}: try 3")
        self.source, self.most = source, picks
        heads = product(range(1, source.n_layers + 1), range(1, source.n_heads + 1))
        self.questions: list[Question] = list(questions) or [(i, h, asker) for i, h in heads]
        self._scores: dict[tuple[str, Question], GazeScore] = {}
        self._picked: list[int] = []
        self._answered = False  # the present question: its picks stand
        self._following = 0  # the question that “Next question” falls back to
        self._read = lru_cache(maxsize=16)(source.trace)
        self._line = self.picture("line", "Tokens: arrow keys move, Enter picks", hover=False)
        self.when(self._line, self._pick, "clicks")
        self.start(*self._make_controls(sentence, (layer, head, asker)), self._line)

    # Layout -------------------------------------------------------------------------------------------------

    def _make_controls(self, sentence: str, start: Question) -> list[Any]:
        layer, head, asker = start
        last = self._last_position(sentence, asker)
        text = ipywidgets.Text(sentence, description="sentence", continuous_update=False)
        text.layout.width = "min(620px, 96%)"
        self.when(text, self._follow_sentence)
        sliders = [
            ipywidgets.IntSlider(layer, 1, self.source.n_layers, description="layer"),
            ipywidgets.IntSlider(head, 1, self.source.n_heads, description="head"),
            ipywidgets.IntSlider(min(asker, last), 0, last, description="who looks"),
        ]
        for name, widget in zip(SETTINGS, [text, *sliders], strict=True):
            self.when(widget, self._ask_anew)  # before the base draws
            self.control(name, widget)
        for slider in sliders:
            slider.layout.width = "260px"
        reveal = self.control("reveal", ipywidgets.ToggleButton(False, description="Reveal"))
        following = self.button("Next question", self.next_question, width=None)
        return [text, sliders, [reveal, following]]

    # What happens -------------------------------------------------------------------------------------------

    def next_question(self) -> None:
        """Go to the question after the present one, and from the last to the first."""
        now = self._question()
        place = self.questions.index(now) + 1 if now in self.questions else self._following
        place %= len(self.questions)
        with self.at_once():
            for name, value in zip(SETTINGS[1:], self.questions[place], strict=True):
                self.controls[name].value = value
            self._ask_anew()
        self._following = place + 1

    def forget(self) -> None:
        """See `LessonWidget.forget`."""
        self._scores.clear()
        self._following = 0
        self._ask_anew()

    def _ask_anew(self) -> None:
        self._picked, self._answered = [], False
        self.controls["reveal"].value = False

    def _follow_sentence(self) -> None:
        """Let the slider and the frame end where the new sentence ends; a bad one changes neither."""
        slider = self.controls["asker"]
        with self.at_once():
            self._ask_anew()  # first: picks of the old sentence must not be judged by the new one
            slider.max = self._last_position(self.value("sentence"), slider.max)
            self._line.cell = [0, min(self._line.cell[1], slider.max)]

    def _pick(self) -> None:
        """Pick the token that was clicked, or take it back."""
        position = self._line.clicks[-1][1]
        if self._answered or not 0 <= position < len(self._trace(self.value("sentence")).tokens):
            return
        if position not in self._picked and len(self._picked) >= self.most:
            self.say(f"you have picked {self.most} tokens, the most there are: take one back first")
            return
        with self.at_once():
            self.controls["reveal"].value = False  # it may still be down from an attempt without picks
            others = [i for i in self._picked if i != position]
            self._picked = others if position in self._picked else sorted([*others, position])

    # Drawing ------------------------------------------------------------------------------------------------

    def draw(self) -> View:
        """See `LessonWidget.draw`."""
        trace = self._trace(self.value("sentence"))
        (layer, head, asker), picked = self._question(), list(self._picked)
        asker = min(asker, len(trace.tokens) - 1)
        weights = trace.weights[layer - 1, head - 1, asker] if self.value("reveal") else None
        if weights is not None and not picked:
            raise ValueError("pick at least one token first: click it, or press Enter on it")
        svg = gaze_svg(
            trace.tokens,
            asker=asker,
            picked=picked,
            chosen=self.pointed("line", 1, len(trace.tokens))[1],
            weights=weights,
            title=self._title(trace.tokens[asker]),
        )
        words = self._invitation(trace.tokens, picked)
        if weights is not None:
            score = score_picks(weights, picked)
            self._answered = True
            self._scores.setdefault((self.value("sentence"), (layer, head, asker)), score)
            words = _result(trace.tokens, picked, np.asarray(weights), score)
        return View({"line": svg}, "".join(f"<div>{escape(line)}</div>" for line in [words, *self._mean()]))

    def _title(self, token: str) -> str:
        many = self.source.n_layers * self.source.n_heads > 1
        place = f"In layer {self.value('layer')}, head {self.value('head')}, " if many else ""
        return f"{place}{'what' if many else 'What'} does “{shorten(token)}” look at most?"

    def _invitation(self, tokens: Sequence[str], picked: Sequence[int]) -> str:
        chosen = ", ".join(f"“{tokens[i]}”" for i in picked) or "nothing yet"
        if self._answered:
            return f"Your picks stand: {chosen}. “Next question” or another setting asks anew."
        most = min(self.most, len(tokens))
        return f"Pick up to {most} of these {len(tokens)} tokens, then reveal. Picked: {chosen}."

    def _mean(self) -> list[str]:
        scores = list(self._scores.values())
        if not scores:
            return []
        mean, chance = np.mean([s.score for s in scores]), np.mean([s.by_chance for s in scores])
        many = "1 question" if len(scores) == 1 else f"{len(scores)} questions"
        return [f"Mean score over {many} answered: {mean:.0%}, by chance {chance:.0%}."]

    # The source ---------------------------------------------------------------------------------------------

    def _question(self) -> Question:
        return self.value("layer"), self.value("head"), self.value("asker")

    def _trace(self, sentence: str) -> Trace:
        trace: Trace = self._read(sentence)
        require_room(trace.tokens)
        return trace

    def _last_position(self, sentence: str, otherwise: int) -> int:
        try:
            return len(self._trace(sentence).tokens) - 1
        except ValueError:
            return otherwise


def _require_question(source: Source, question: Question) -> None:
    layer, head, asker = question
    require_head(source, layer, head)
    if asker < 0:
        raise ValueError(f"the asking token's position is {asker}: count tokens from 0, from the left")


def _result(tokens: Sequence[str], picked: Sequence[int], weights: NDArray[Any], score: GazeScore) -> str:
    shares = ", ".join(f"“{tokens[i]}” {weights[i]:.1%}" for i in picked)
    top = ", ".join(
        f"“{tokens[i]}” {weights[i]:.1%}" for i in np.argsort(-weights, kind="stable")[: len(picked)]
    )
    return (
        f"Your {_count(picked)} {score.held:.1%} of the weight ({shares}); the best {len(picked)} would hold "
        f"{score.best:.1%} ({top}). Score: {score.score:.0%}, by chance {score.by_chance:.0%} on average."
    )


def _count(picked: Sequence[int]) -> str:
    return "pick holds" if len(picked) == 1 else f"{len(picked)} picks hold"
