"""The perceptron explorer: weights and a threshold to move, every case's sum, and the line in the plane.

What it decides with is `tfm.by_hand.perceptron`; what is asked of it (a truth table, people's answers) is an
argument. The widget never learns.
"""

from collections.abc import Sequence
from html import escape
from itertools import combinations
from typing import Any

import ipywidgets
import numpy as np
from numpy.typing import ArrayLike, NDArray

from tfm.by_hand.perceptron import all_cases, fires, yes_no
from tfm.kit.base import LessonWidget, View
from tfm.kit.cases import cases_svg, plain_number
from tfm.lessons.perceptron.figures import plane_svg

MOST_DRAWN = 300  # more points than this are counted, not drawn
WEIGHTS, THRESHOLDS = (-10.0, 10.0), (-20.0, 20.0)
TAKEN = ("threshold", "plane", "the other input")

Points = tuple[NDArray[Any], NDArray[np.int_]]


class Perceptron(LessonWidget):
    """Move weights and threshold; read each case's sum, and see the line they draw.

    Args:
        weights: two or three numbers from −10 to 10.
        threshold: from −20 to 20; a sum must be more.
        names: one for each weight.
        answers: what each case should be decided as, 2ⁿ zeros and ones in the order of `all_cases(n)`.
        points: examples, N × n, and their N answers, zeros and ones; the first 300 in the plane are drawn, all
            are counted.

    Raises:
        ValueError: there are not two or three weights, a length does not fit, a number is NaN or out of its
            slider's range, or an answer is neither 0 nor 1.

    Example:
        >>> Perceptron((1, 1), 0.5, ("a", "b"), answers=[0, 1, 1, 0])
        <widget Perceptron>
    """

    def __init__(
        self,
        weights: Sequence[float] = (8, 4, 4),
        threshold: float = 8,
        names: Sequence[str] = ("weather", "price", "company"),
        *,
        answers: ArrayLike | None = None,
        points: tuple[ArrayLike, ArrayLike] | None = None,
    ) -> None:
        super().__init__()
        _require_weights(weights, threshold, names)
        n = len(weights)
        self.names, self._cases = list(names), all_cases(n)
        self._asked = None if answers is None else _require_table(answers, n)
        self._points = None if points is None else _require_points(points, n)
        self._planes = {f"{names[i]} and {names[j]}": (i, j) for i, j in combinations(range(n), 2)}
        rows = self._make_controls(weights, threshold)
        label = "The cases and their sums: arrow keys choose one, the line below adds it up"
        cases = self.picture("cases", label, cell=(2**n - 1, 0))
        plane = self.picture("plane", "The line in the plane of two inputs", hover=False)
        self.start(*rows, [cases, plane])

    # Layout -------------------------------------------------------------------------------------------------

    def _make_controls(self, weights: Sequence[float], threshold: float) -> list[list[Any]]:
        sliders = [
            self.control(name, _slider(name, weight, WEIGHTS))
            for name, weight in zip(self.names, weights, strict=True)
        ]
        limit = self.control("threshold", _slider("threshold", threshold, THRESHOLDS))
        plane = ipywidgets.Dropdown(options=list(self._planes), description="plane")
        other = ipywidgets.Dropdown(options=[("0", 0), ("1", 1)], value=1, description="the other input")
        plane.layout.width, other.layout.width = "240px", "170px"
        choice = [self.control("plane", plane), self.control("the other input", other)]
        return [sliders, [limit, *choice]] if len(weights) > 2 else [[*sliders, limit]]

    # Drawing ------------------------------------------------------------------------------------------------

    def draw(self) -> View:
        """See `LessonWidget.draw`."""
        weights = np.array([self.value(name) for name in self.names])
        threshold = float(self.value("threshold"))
        goes = fires(self._cases, weights, threshold)
        chosen, _ = self.pointed("cases", len(goes))
        asked = [] if self._asked is None else ["go" if yes else "stay" for yes in self._asked]
        right = [] if self._asked is None else (goes == self._asked).tolist()
        cases = cases_svg(
            self._cases, weights, threshold, self.names, asked=asked, right=right, chosen=chosen
        )
        pictures = {"cases": cases, "plane": self._draw_plane(weights, threshold, goes)}
        sentences = [
            self._rule(weights, threshold, goes, right),
            self._sum(weights, threshold, goes, chosen),
            self._score(weights, threshold),
        ]
        return View(pictures, "".join(f"<div>{escape(text)}</div>" for text in sentences if text))

    def _draw_plane(self, weights: NDArray[Any], threshold: float, goes: NDArray[np.bool_]) -> str:
        across, upwards = pair = self._planes[self.value("plane")]
        rest, level = [i for i in range(len(weights)) if i not in pair], self.value("the other input")
        shown = (self._cases[:, rest] == level).all(axis=-1) & self._has_cases()
        crowd = None
        if self._points is not None:
            here = (abs(self._points[0][:, rest] - level) < 0.5).all(axis=-1).nonzero()[0][:MOST_DRAWN]
            crowd = (self._points[0][here][:, pair], self._points[1][here])
        wanted = goes if self._asked is None else self._asked.astype(bool)
        sums = [plain_number(total) for total in (self._cases @ weights)[shown]]
        return plane_svg(
            [
                (
                    float(weights[across]),
                    float(weights[upwards]),
                    threshold - float(weights[rest].sum()) * level,
                )
            ],
            (self.names[across], self.names[upwards]),
            self._cases[shown][:, pair],
            wanted[shown],
            labels=sums if crowd is None else [],
            wrong=(goes != wanted)[shown].tolist(),
            crowd=crowd,
            title=f"{self.names[rest[0]]} = {level}" if rest else "",
        )

    def _has_cases(self) -> bool:
        """Whether the corners 0 and 1 mean something among the points."""
        return self._points is None or bool(np.isin(self._points[0], (0, 1)).all())

    # Numbers ------------------------------------------------------------------------------------------------

    def _rule(
        self, weights: NDArray[Any], threshold: float, goes: NDArray[np.bool_], right: list[bool]
    ) -> str:
        terms = [f"{plain_number(w)}·{name}" for name, w in zip(self.names, weights, strict=True)]
        rule = f"Goes when {_added(terms)} > {plain_number(threshold)}: goes in {goes.sum()} of {len(goes)} cases"
        return rule + (f", {sum(right)} of {len(right)} cases right." if right else ".")

    def _sum(self, weights: NDArray[Any], threshold: float, goes: NDArray[np.bool_], chosen: int) -> str:
        case = self._cases[chosen]
        inputs = ", ".join(f"{name} {x}" for name, x in zip(self.names, case, strict=True))
        terms = _added([plain_number(w * x) for w, x in zip(weights, case, strict=True)])
        total, limit = plain_number(case @ weights), plain_number(threshold)
        verdict = f"more than {limit}: go" if goes[chosen] else f"not more than {limit}: stay"
        return f"{inputs}: {terms} = {total}, {verdict}."

    def _score(self, weights: NDArray[Any], threshold: float) -> str:
        if self._points is None:
            return ""
        inputs, answers = self._points
        right, n = int((fires(inputs, weights, threshold) == answers).sum()), len(answers)
        drawn = f"; the first {MOST_DRAWN} are drawn" if n > MOST_DRAWN else ""
        return f"{right:,} of {n:,} points right ({right / n:.1%}){drawn}."


def _slider(name: str, value: float, ends: tuple[float, float]) -> ipywidgets.FloatSlider:
    low, high = ends
    return ipywidgets.FloatSlider(
        float(value),
        min=low,
        max=high,
        step=0.1,
        description=name,
        readout_format=".1f",
        layout=ipywidgets.Layout(width="260px"),
    )


def _added(terms: list[str]) -> str:
    """Terms with plus between them, or minus where a term brings its own."""
    return terms[0] + "".join(f" − {t[1:]}" if t.startswith("−") else f" + {t}" for t in terms[1:])


def _require_weights(weights: Sequence[float], threshold: float, names: Sequence[str]) -> None:
    if len(weights) not in (2, 3):
        raise ValueError(
            f"weights ({len(weights)} of them) must be two or three: give one for each input the explorer shows"
        )
    if len(names) != len(weights):
        raise ValueError(
            f"there are {len(weights)} weights and {len(names)} names: each weight needs one name"
        )
    if len({*names, *TAKEN}) < len(names) + len(TAKEN):
        raise ValueError(
            f"the names {', '.join(names)} must differ from each other and from {', '.join(TAKEN)}"
        )
    for name, value, (low, high) in [
        *((name, w, WEIGHTS) for name, w in zip(names, weights, strict=True)),
        ("threshold", threshold, THRESHOLDS),
    ]:
        if not low <= value <= high:
            raise ValueError(
                f"{name} ({plain_number(value)}) must be a number from {low:g} to {high:g}: its slider ends there"
            )


def _require_table(answers: ArrayLike, n: int) -> NDArray[np.int_]:
    if np.shape(answers) != (2**n,):
        raise ValueError(
            f"there are {np.size(answers)} answers and {2**n} cases of {n} inputs: each case needs one, in the "
            f"order of all_cases({n})"
        )
    return yes_no(answers, 2**n, one_class=True)


def _require_points(points: tuple[ArrayLike, ArrayLike], n: int) -> Points:
    if len(points) != 2:
        raise ValueError(
            f"points has {len(points)} parts: give a pair, the inputs and their answers, points=(X, y)"
        )
    inputs = np.asarray(points[0], dtype=float)
    if inputs.ndim != 2 or inputs.shape[1] != n or not len(inputs):
        raise ValueError(
            f"the points' inputs have shape {inputs.shape}: with {n} weights they must be N × {n}"
        )
    if not np.isfinite(inputs).all():
        raise ValueError("the points' inputs must be finite numbers: remove the rows with NaN or ∞")
    return inputs, yes_no(points[1], len(inputs), one_class=True)
