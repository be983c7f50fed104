"""The threshold explorer: one number to move over a model's scores, and everything that follows from it.

The counts come from `tfm.lessons.evaluation.metrics`. Whose scores they are is the caller's; the widget never
trains.
"""

from collections.abc import Sequence
from html import escape
from typing import Any

import ipywidgets
import numpy as np
from numpy.typing import ArrayLike, NDArray

from tfm.kit.axis import Axis
from tfm.kit.base import LessonWidget, View
from tfm.kit.cases import plain_number
from tfm.kit.curves import Series, chart_svg
from tfm.kit.drawing import side_by_side
from tfm.lessons.evaluation.figures import counts_svg, scores_svg
from tfm.lessons.evaluation.metrics import Confusion, curve

DEAREST = 1000.0
PLACES = 500  # along each axis; a curve is drawn on 330 pixels
Array = NDArray[Any]
UNIT = Axis((-0.02, 1.02))  # room for the ring at either end


class Threshold(LessonWidget):
    """Move a threshold over scores; read the four counts, and follow a point along two curves.

    Args:
        answers: N truths, some of each kind.
        scores: N numbers from 0 to 1.
        names: what a no and a yes are called.
        threshold: the first one, from 0 to 1.
        costs: what a false alarm and a miss cost at first, 0 to 1,000.

    Raises:
        ValueError: the lengths differ, all answers are alike, a score or the threshold is not from 0 to 1, or a
            cost is not from 0 to 1,000.

    Example:
        >>> Threshold([0, 0, 1, 1], [0.1, 0.6, 0.4, 0.9], ("other", "eight"))
        <widget Threshold>
    """

    def __init__(
        self,
        answers: ArrayLike,
        scores: ArrayLike,
        names: tuple[str, str] = ("no", "yes"),
        *,
        threshold: float = 0.5,
        costs: Sequence[float] = (1, 1),
    ) -> None:
        super().__init__()
        _require(scores, threshold, costs)
        self.names, self._curve = names, curve(answers, scores)
        self._roc = _seen(self._curve.alarm_rate, self._curve.recall)
        self._precision = _seen(self._curve.recall, self._curve.precision)
        self._answers, self._scores = np.asarray(answers, dtype=bool), np.asarray(scores, dtype=float)
        limit = self.control(
            "threshold",
            ipywidgets.FloatSlider(
                float(threshold),
                min=0,
                max=1,
                step=0.01,
                description="threshold",
                layout=ipywidgets.Layout(width="440px"),
            ),
        )
        prices = [
            self.control(name, _price(name, cost))
            for name, cost in zip(("a false alarm costs", "a miss costs"), costs, strict=True)
        ]
        counts = self.picture("counts", "The scores, the threshold, and what was marked", hover=False)
        curves = self.picture("curves", "Two curves: recall against false alarms, and precision", hover=False)
        self.start([limit, *prices], counts, curves)

    # Drawing ------------------------------------------------------------------------------------------------

    def draw(self) -> View:
        """See `LessonWidget.draw`."""
        threshold = round(float(self.value("threshold")), 2)
        counts = self._curve.at(threshold)
        scores = scores_svg(self._scores, self._answers, threshold, self.names)
        square = counts_svg(counts.found, counts.alarms, counts.missed, counts.passed, self.names)
        pictures = {
            "counts": side_by_side([scores, square]),
            "curves": side_by_side([self._draw_roc(counts), self._draw_precision(counts)]),
        }
        sentences = [_marked(counts, threshold), _shares(counts), self._price(counts), self._areas()]
        return View(pictures, "".join(f"<div>{escape(text)}</div>" for text in sentences))

    def _draw_roc(self, counts: Confusion) -> str:
        series = [
            Series([0, 1], [0, 1], "a coin", "dotted"),
            Series(*self._roc, "every threshold"),
            Series([counts.alarm_rate], [counts.recall], "this one", "ring"),
        ]
        return chart_svg(series, UNIT, UNIT, ("share of false alarms", "recall"))

    def _draw_precision(self, counts: Confusion) -> str:
        often = self._curve.n_yes / len(self._scores)
        series = [
            Series([0, 1], [often, often], "mark all", "dotted"),
            Series(*self._precision, "every threshold"),
            Series([counts.recall], [counts.precision], "this one", "ring"),
        ]
        return chart_svg(series, UNIT, UNIT, ("recall", "precision"))

    # Numbers ------------------------------------------------------------------------------------------------

    def _price(self, counts: Confusion) -> str:
        alarm, miss = float(self.value("a false alarm costs")), float(self.value("a miss costs"))
        here = alarm * counts.alarms + miss * counts.missed
        least = float((alarm * self._curve.alarms + miss * (self._curve.n_yes - self._curve.found)).min())
        bill = f"{counts.alarms} × {plain_number(alarm)} + {counts.missed} × {plain_number(miss)}"
        best = "no threshold is cheaper" if here <= least else f"the cheapest costs {plain_number(least)}"
        return f"Cost: {bill} = {plain_number(here)}; {best}."

    def _areas(self) -> str:
        area, average = self._curve.area, self._curve.average_precision
        return f"Over all thresholds: area under ROC {area:.3f}, average precision {average:.3f}."


def _seen(x: Array, y: Array) -> tuple[Array, Array]:
    """The points of a curve without those that fall on their neighbour's place."""
    places = np.nan_to_num(np.stack([x, y]) * PLACES, nan=-1).round()
    new = np.append(True, (np.diff(places) != 0).any(axis=0))
    return x[new], y[new]


def _marked(counts: Confusion, threshold: float) -> str:
    marked, everything = counts.found + counts.alarms, counts.missed + counts.passed
    return f"Marked from {threshold:.2f} upwards: {marked:,} of {marked + everything:,}."


def _shares(counts: Confusion) -> str:
    marked = counts.found + counts.alarms
    precision = f"{counts.found} / {marked} = {counts.precision:.3f}" if marked else "nothing is marked"
    recall = f"{counts.found} / {counts.found + counts.missed} = {counts.recall:.3f}"
    return (
        f"precision {precision} · recall {recall} · F1 {counts.f1:.3f} · accuracy {counts.accuracy:.3f} · "
        f"false alarms {counts.alarms} / {counts.alarms + counts.passed} = {counts.alarm_rate:.3f}"
    )


def _price(name: str, cost: float) -> Any:
    return ipywidgets.BoundedFloatText(
        float(cost), min=0, max=DEAREST, description=name, layout=ipywidgets.Layout(width="220px")
    )


def _require(scores: ArrayLike, threshold: float, costs: Sequence[float]) -> None:
    values = np.asarray(scores, dtype=float)
    if not ((values >= 0) & (values <= 1)).all():
        raise ValueError(
            "a score is not from 0 to 1: hand over probabilities, the logits' sigmoid or softmax"
        )
    if not 0 <= threshold <= 1:
        raise ValueError(f"threshold ({threshold}) must be from 0 to 1: its slider ends there")
    if len(costs) != 2 or not all(0 <= cost <= DEAREST for cost in costs):
        raise ValueError(
            f"costs ({costs}) must be two numbers from 0 to 1,000: what a false alarm and a miss cost"
        )
