"""A curve through points: one neuron whose inputs are the powers of x, with a price on its weights.

    curve(x) = w₀ + w₁x + w₂x² + … + w_d x^d
    loss = ½ · mean (curve(x) − y)² + λ/2 · (w₁² + … + w_d²)

The curve bends, but the loss is a bowl in the weights, and its bottom, where every slope is 0, can be had at once
by solving linear equations. Sources: Bishop, *Pattern Recognition and Machine Learning*, 2006, section 1.1; Hoerl
and Kennard, “Ridge Regression”, 1970. This file knows nothing of descent.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tfm.by_hand.losses import SQUARED_ERROR

Array = NDArray[Any]


def powers(x: ArrayLike, degree: int) -> Array:
    """The inputs of the neuron: 1, x, x² and so on.

    Args:
        x: N numbers.
        degree: the highest power, 0 or more.

    Returns:
        N × (degree + 1).

    Example:
        >>> powers([2.0, 3.0], 3).tolist()
        [[1.0, 2.0, 4.0, 8.0], [1.0, 3.0, 9.0, 27.0]]
    """
    return np.asarray(np.asarray(x, dtype=float)[:, None] ** np.arange(degree + 1))


def fit_polynomial(x: ArrayLike, y: ArrayLike, degree: int, rate: float = 0.0) -> Array:
    """The weights at the bottom of the bowl.

    Args:
        x: N numbers, best between −1 and 1: large ones make powers that overflow.
        y: N numbers.
        degree: the highest power, 0 or more.
        rate: λ, the price on every weight but w₀, 0 or more.

    Returns:
        w₀ … w_d.

    Raises:
        ValueError: x and y differ in length or hold NaN, the degree or the rate is out of range.

    Example:
        >>> fit_polynomial([-1, 0, 1], [3, 1, 1], degree=2).round(6)
        array([ 1., -1.,  1.])
        >>> fit_polynomial([-1, 0, 1], [2, 1, 2], degree=2, rate=1e9).round(3)
        array([1.667, 0.   , 0.   ])
    """
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    if x.ndim != 1 or x.shape != y.shape or not x.size:
        raise ValueError(f"x has shape {x.shape} and y {y.shape}: give each point one number in both")
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise ValueError("x and y must be finite numbers, and one of them is NaN or ∞: remove that point")
    if degree < 0 or not (math.isfinite(rate) and rate >= 0):
        raise ValueError(f"degree ({degree}) and rate ({rate}) must be 0 or more: try degree=3, rate=0.01")
    # λ/2 · w² is the squared error of one more example, that asks w to be 0: so it is least squares again.
    asked = np.sqrt(rate * len(x)) * np.eye(degree + 1)[1:]  # d (d + 1)
    inputs = np.concatenate([powers(x, degree), asked])
    return np.asarray(np.linalg.lstsq(inputs, np.concatenate([y, np.zeros(degree)]), rcond=None)[0])


def polynomial_loss(x: ArrayLike, y: ArrayLike, weights: ArrayLike) -> float:
    """½ · mean (curve(x) − y)², without the price.

    Example:
        >>> polynomial_loss([0, 1], [1, 4], [1, 1])  # the line 1 + x misses the second point by 2
        1.0
    """
    return SQUARED_ERROR.f(powers(x, np.size(weights) - 1) @ np.asarray(weights, dtype=float), y)


def noisy_wave(n: int, noise: float, seed: int) -> tuple[Array, Array]:
    """Points on one turn of a sine, evenly spread from −1 to 1, each moved up or down by chance.

    Args:
        n: how many, 2 or more.
        noise: the width of the normal curve that moves them, 0 or more.
        seed: the same seed gives the same points.

    Returns:
        x and y, n numbers each.

    Raises:
        ValueError: n or noise is too small.

    Example:
        >>> x, y = noisy_wave(3, noise=0.0, seed=0)
        >>> x.tolist(), y.round(6).tolist()
        ([-1.0, 0.0, 1.0], [-0.0, 0.0, 0.0])
    """
    if n < 2 or not noise >= 0:
        raise ValueError(f"n ({n}) must be 2 or more and noise ({noise}) 0 or more: try n=15, noise=0.3")
    x = np.linspace(-1, 1, n)
    return x, np.sin(np.pi * x) + noise * np.random.default_rng(seed).normal(size=n)
