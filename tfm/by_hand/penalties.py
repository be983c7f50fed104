"""A price on large weights, added to the loss: regularisation.

    L2:  λ/2 · Σ w²     slope λ·w         a pull towards 0 that weakens as the weight shrinks
    L1:  λ · Σ |w|      slope λ·sign(w)   a pull of the same strength to the very end: weights arrive at 0

Sources: Hoerl and Kennard, “Ridge Regression”, 1970 (L2); Tibshirani, “Regression Shrinkage and Selection via the
Lasso”, 1996 (L1). Biases are not priced: they shift a function and do not bend it. This file knows nothing of
data or losses.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


@runtime_checkable
class Penalty(Protocol):
    """What every price on weights can do."""

    def value(self, weights: Sequence[Array]) -> float:
        """The price of all weight arrays together."""
        ...

    def gradient(self, weight: Array) -> Array:
        """The slope of the price in each number of one weight array, of the same shape."""
        ...


@dataclass(frozen=True, slots=True)
class L2:
    """λ/2 · Σ w²: large weights are dear, small ones almost free.

    Attributes:
        rate: λ, 0 or more.

    Raises:
        ValueError: the rate is negative, infinite or NaN.

    Example:
        >>> L2(0.5).value([np.array([3.0, -4.0])])
        6.25
        >>> L2(0.5).gradient(np.array([3.0, -4.0])).tolist()
        [1.5, -2.0]
    """

    rate: float

    def __post_init__(self) -> None:
        _require_rate("L2", self.rate)

    def value(self, weights: Sequence[Array]) -> float:
        """The price of all weights together."""
        return self.rate / 2 * sum(float(np.vdot(w, w)) for w in weights)

    def gradient(self, weight: Array) -> Array:
        """λ·w, the shape of `weight`."""
        return self.rate * weight


@dataclass(frozen=True, slots=True)
class L1:
    """λ · Σ |w|: every unit of weight costs the same, the last one too.

    Attributes:
        rate: λ, 0 or more.

    Raises:
        ValueError: the rate is negative, infinite or NaN.

    Example:
        >>> L1(0.5).value([np.array([3.0, -4.0])])
        3.5
        >>> L1(0.5).gradient(np.array([3.0, 0.0, -4.0])).tolist()
        [0.5, 0.0, -0.5]
    """

    rate: float

    def __post_init__(self) -> None:
        _require_rate("L1", self.rate)

    def value(self, weights: Sequence[Array]) -> float:
        """The price of all weights together."""
        return self.rate * sum(float(abs(w).sum()) for w in weights)

    def gradient(self, weight: Array) -> Array:
        """λ·sign(w), the shape of `weight`; at 0 itself, where there is a corner, 0."""
        return self.rate * np.sign(weight)


def _require_rate(name: str, rate: float) -> None:
    if not (math.isfinite(rate) and rate >= 0):
        raise ValueError(f"the rate of {name} must be 0 or more, and it is {rate}: try {name}(0.01)")


NO_PENALTY = L2(0.0)
