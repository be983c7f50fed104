"""A trained stack whose parts are switched off one by one: what it answers, what flows, how often it is right.

The stack itself is two arguments, functions of what is typed and of what is off; the widget has no model.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import ipywidgets
import numpy as np
from numpy.typing import NDArray

from tfm.kit.base import LessonWidget, View
from tfm.kit.drawing import side_by_side
from tfm.kit.heatmap import heatmap_svg
from tfm.lessons.layers.figures import answers_svg, circuit_svg

SHOWN = 6  # bars
KINDS = ("attention", "feed-forward", "residual", "norms")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a stack made of one text.

    Attributes:
        answers: every possible answer, V.
        probabilities: of each, V.
        right: the answer that is right.
        stream: length of the stream's vector at the last place, after tokens, positions, attention 1 …
        wrote: length of what each part wrote there, by the part's name.
        weights: each layer's attention, T × T; None where it is off.
    """

    answers: Sequence[str]
    probabilities: NDArray[Any]
    right: str
    stream: Sequence[float]
    wrote: Mapping[str, float]
    weights: Sequence[NDArray[Any] | None]


Look = Callable[[list[str], frozenset[str]], Reading]


class LayerParts(LessonWidget):
    """Switch parts of a trained stack off and on, and see what it costs.

    Args:
        look: from (the signs, the names of the parts that are off) to a `Reading`; a ValueError is shown.
        accuracy: from the names of the parts that are off to the share of right answers in an examination.
        text: the first text, signs with blanks between; the last one is the question.
        n_layers: how many layers the stack has.

    Example:
        >>> reading = Reading(
        ...     answers=["a", "b"], probabilities=np.array([0.25, 0.75]), right="b",
        ...     stream=[1.0], wrote={}, weights=[np.eye(2)],
        ... )
        >>> LayerParts(lambda signs, off: reading, lambda off: 0.5, "a b", n_layers=1)
        <widget LayerParts>
    """

    def __init__(
        self, look: Look, accuracy: Callable[[frozenset[str]], float], text: str, *, n_layers: int = 2
    ) -> None:
        super().__init__()
        self.look, self.accuracy, self.n_layers = look, accuracy, n_layers
        self._known: dict[frozenset[str], float] = {}
        wide = ipywidgets.Layout(width="min(420px, 96%)")
        line = self.control(
            "row and question", ipywidgets.Text(text, description="row and question", layout=wide)
        )
        ends = [self._switch("positions"), self._switch("last norm")]
        layers = [[self._switch(f"{kind} {layer}") for kind in KINDS] for layer in range(1, n_layers + 1)]
        circuit = self.picture("circuit", "The stack, with what is off struck out", hover=False)
        answer = self.picture("answer", "What it answers, and where each layer looks", hover=False)
        self.start([line, *ends], *layers, circuit, answer)

    def _switch(self, name: str) -> Any:
        narrow = ipywidgets.Layout(width="170px")
        return self.control(name, ipywidgets.Checkbox(True, description=name, indent=False, layout=narrow))

    @property
    def off(self) -> frozenset[str]:
        """The parts that are switched off now."""
        return frozenset(name for name, control in self.controls.items() if control.value is False)

    # Drawing ------------------------------------------------------------------------------------------------

    def draw(self) -> View:
        """See `LessonWidget.draw`."""
        signs, off = self.value("row and question").split(), self.off
        reading = self.look(signs, off)
        circuit = circuit_svg(
            self.n_layers, off=off, stream=reading.stream, wrote=reading.wrote, title="what each part writes"
        )
        best = np.argsort(-reading.probabilities, kind="stable")[:SHOWN]
        bars = answers_svg(
            [reading.answers[i] for i in best],
            [float(reading.probabilities[i]) for i in best],
            reading.right,
            title=f"behind {signs[-1]}?",
        )
        empty = np.zeros((len(signs), len(signs)))  # in the place of a map that is off, so that nothing moves
        maps = [
            heatmap_svg(
                empty if weights is None else weights,
                signs,
                signs,
                title=f"layer {layer} {'is off' if weights is None else 'looks'}",
            )
            for layer, weights in enumerate(reading.weights, start=1)
        ]
        return View({"circuit": circuit, "answer": side_by_side([bars, *maps])}, self._numbers(reading, off))

    def _numbers(self, reading: Reading, off: frozenset[str]) -> str:
        best = int(np.argmax(reading.probabilities))
        said, sure = reading.answers[best], float(reading.probabilities[best])
        verdict = "right" if said == reading.right else f"wrong, it is {reading.right}"
        first = f"It answers {said} with probability {sure:.2f}: {verdict}."
        score, whole = self._score(off), self._score(frozenset())
        gone = f"without {', '.join(sorted(off))}" if off else "with every part"
        second = f"Examination {gone}: {score:.1%} right" + (f"; intact {whole:.1%}." if off else ".")
        return f"<div>{escape(first)}</div><div><b>{escape(second)}</b></div>"

    def _score(self, off: frozenset[str]) -> float:
        if off not in self._known:
            self._known[off] = self.accuracy(off)
        return self._known[off]
