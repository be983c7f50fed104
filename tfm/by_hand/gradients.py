"""The gradient by trying: move each number a little both ways and see what the function does.

    ∂f/∂xᵢ ≈ (f(x + h·eᵢ) − f(x − h·eᵢ)) / 2h

It needs nothing but the function, and calls it twice for every number: right for checking a gradient, hopeless for
learning. Source: Bishop, *Pattern Recognition and Machine Learning*, 2006, section 5.3.3. This file knows nothing
of derivatives.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray


def finite_differences(
    f: Callable[[NDArray[Any]], Any], x: ArrayLike, h: float = 1e-5
) -> NDArray[np.float64]:
    """The slope of a function in each of its numbers, by central differences.

    Args:
        f: from an array of the shape of `x` to one number.
        x: where to measure, any shape; it is not changed.
        h: the little way, above 0. Too large sees the curve, too small only rounding.

    Returns:
        The gradient, the shape of `x`.

    Raises:
        ValueError: h is not above 0, or the function gives more than one number, or none.

    Example:
        >>> finite_differences(lambda x: x[0] ** 2 * x[1], [3.0, 2.0]).round(6).tolist()
        [12.0, 9.0]
    """
    if not (math.isfinite(h) and h > 0):
        raise ValueError(f"h must be above 0, and it is {h}: try h=1e-5")
    x = np.array(x, dtype=float)  # a copy
    slopes = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        there = x[i]
        x[i] = there + h
        above = _number(f(x))
        x[i] = there - h
        slopes[i] = (above - _number(f(x))) / (2 * h)
        x[i] = there
    return slopes


def _number(answer: Any) -> float:
    if np.size(answer) != 1:
        raise ValueError(
            f"the function gave {np.size(answer)} numbers and must give one: "
            "add them up, or ask for one at a time"
        )
    number = float(np.asarray(answer).item())
    if not math.isfinite(number):
        raise ValueError(f"the function gave {number}, and a slope needs numbers: look at what made it")
    return number
