"""The curve fitter: a degree and a price on the weights to move; the curve, and two losses that disagree.

It fits with `tfm.lessons.learning.polynomial` to points it is given, and compares with points it does not fit.
"""

from functools import lru_cache
from html import escape
from typing import Any

import ipywidgets
import numpy as np
from numpy.typing import ArrayLike, NDArray

from tfm.kit.axis import Axis, Ends
from tfm.kit.base import LessonWidget, View
from tfm.kit.curves import Series, chart_svg
from tfm.lessons.learning.polynomial import fit_polynomial, polynomial_loss, powers

MOST_DEGREE = 15
LEAST_RATE, MOST_RATE = -8.0, 1.0  # powers of ten of λ
RATES = 10.0 ** np.linspace(LEAST_RATE, MOST_RATE, 37)

Array = NDArray[Any]
Points = tuple[ArrayLike, ArrayLike]


class PolynomialFit(LessonWidget):
    """Fit a polynomial to some points, price its weights, and see how it does on others.

    Args:
        train: x and y of the points that are fitted, x from −1 to 1.
        validation: x and y of the points that are only compared with.
        degree: the first degree, 0 to 15.
        rate: the first λ, 10⁻⁸ to 10.

    Raises:
        ValueError: a set is empty, its x and y differ in length, a number is NaN or infinite, an x lies outside
            −1 to 1, or degree or rate is out of its slider's range.

    Example:
        >>> PolynomialFit(([-1, 0, 1], [1, 0, 1]), ([-0.5, 0.5], [0.3, 0.3]), degree=2)
        <widget PolynomialFit>
    """

    def __init__(self, train: Points, validation: Points, degree: int = 3, rate: float = 1e-8) -> None:
        super().__init__()
        self.train, self.validation = _points("train", train), _points("validation", validation)
        _require(degree, rate)
        heights = np.concatenate([self.train[1], self.validation[1]])
        room = 0.25 * (float(np.ptp(heights)) or 1.0)
        self._ends: Ends = (float(heights.min()) - room, float(heights.max()) + room)
        self._sweep = lru_cache(maxsize=MOST_DEGREE + 1)(self._losses_over_rates)
        size = ipywidgets.Layout(width="320px")
        power = ipywidgets.IntSlider(degree, 0, MOST_DEGREE, description="degree", layout=size)
        price = ipywidgets.FloatLogSlider(
            rate, min=LEAST_RATE, max=MOST_RATE, step=0.25, description="λ", readout_format=".0e", layout=size
        )
        curve = self.picture("curve", "The points and the curve", hover=False)
        losses = self.picture("losses", "Both losses over λ", hover=False)
        self.start([self.control("degree", power), self.control("λ", price)], [curve, losses])

    # Drawing ------------------------------------------------------------------------------------------------

    def draw(self) -> View:
        """See `LessonWidget.draw`."""
        degree, rate = int(self.value("degree")), float(self.value("λ"))
        weights = fit_polynomial(*self.train, degree, rate)
        pictures = {"curve": self._curve(weights), "losses": self._losses(degree, rate)}
        mine, theirs = polynomial_loss(*self.train, weights), polynomial_loss(*self.validation, weights)
        largest = float(abs(weights[1:]).max()) if degree else 0.0
        sentences = [
            f"Degree {degree}, λ = {rate:.2g}: train loss {mine:.3f}, validation loss {theirs:.3f}.",
            f"{degree} priced weights, the largest {largest:,.2f}.",
        ]
        return View(pictures, "".join(f"<div>{escape(s)}</div>" for s in sentences))

    def _curve(self, weights: Array) -> str:
        across = np.linspace(-1, 1, 201)
        series = [
            Series(*self.validation, "validation", "ring"),
            Series(*self.train, "train", "disc"),
            Series(across, powers(across, len(weights) - 1) @ weights, "curve"),
        ]
        return chart_svg(series, Axis((-1.06, 1.06)), Axis(self._ends), ("x", "y"))

    def _losses(self, degree: int, rate: float) -> str:
        mine, theirs = self._sweep(degree)
        series = [Series(RATES, mine, "train loss"), Series(RATES, theirs, "validation loss", "dashed")]
        most = 1.1 * float(self._sweep(0)[1].max())
        axes = Axis((RATES[0], RATES[-1]), log=True), Axis((0, max(most, 1e-6)))
        return chart_svg(series, *axes, ("λ", "loss"), marker=rate)

    def _losses_over_rates(self, degree: int) -> tuple[Array, Array]:
        fits = [fit_polynomial(*self.train, degree, float(rate)) for rate in RATES]
        both = [[polynomial_loss(*points, w) for w in fits] for points in (self.train, self.validation)]
        return np.array(both[0]), np.array(both[1])


def _points(name: str, points: Points) -> tuple[Array, Array]:
    if len(points) != 2:
        raise ValueError(f"{name} has {len(points)} parts: give a pair, {name}=(x, y)")
    x, y = np.asarray(points[0], dtype=float), np.asarray(points[1], dtype=float)
    if x.ndim != 1 or x.shape != y.shape or not x.size:
        raise ValueError(
            f"{name} has x of shape {x.shape} and y of {y.shape}: give each point one number in both"
        )
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise ValueError(f"{name} must be finite numbers, and one of them is NaN or ∞: remove that point")
    if abs(x).max() > 1:
        raise ValueError(f"{name} has an x of {x[abs(x).argmax()]:g}: scale x so that it lies from −1 to 1")
    return x, y


def _require(degree: int, rate: float) -> None:
    if degree not in range(MOST_DEGREE + 1):
        raise ValueError(f"degree ({degree}) must be a whole number from 0 to {MOST_DEGREE}: try 3")
    if not 10**LEAST_RATE <= rate <= 10**MOST_RATE:
        raise ValueError(f"rate ({rate:g}) must be from 1e-8 to 10: λ's slider ends there")
