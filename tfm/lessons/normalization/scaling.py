"""Ways to bring numbers to one size that are not a Transformer's norms: min–max, standardising, batch norm.

    min_max(x)     = (x − min) / (max − min)            the smallest becomes 0, the largest 1
    standardize(x) = (x − mean) / deviation             mean 0, deviation 1
    batch_norm(x)  = the same, for each feature over all rows of a batch

Batch norm as in training: Ioffe and Szegedy, “Batch Normalization”, 2015, algorithm 1, without its learned
stretch and shift and without the running averages it uses afterwards. The norms of a Transformer, which look
at one row at a time, are `tfm.by_hand.norms`. This file knows nothing of layers.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray


def min_max(x: ArrayLike) -> NDArray[Any]:
    """Squeeze each row into 0…1: (x − min) / (max − min).

    Args:
        x: … × C; no row of equal numbers.

    Returns:
        … × C, from 0 to 1.

    Raises:
        ValueError: the numbers of a row are all equal.

    Example:
        >>> min_max([90, 80, 70, 60, 50])
        array([1.  , 0.75, 0.5 , 0.25, 0.  ])
    """
    x = np.asarray(x, dtype=float)
    low, high = x.min(axis=-1, keepdims=True), x.max(axis=-1, keepdims=True)
    _require_spread("min–max", high - low)
    return np.asarray((x - low) / (high - low))


def standardize(x: ArrayLike) -> NDArray[Any]:
    """Measure each number in deviations from its row's mean: (x − mean) / √(Σ (x − mean)² / C).

    Args:
        x: … × C; no row of equal numbers.

    Returns:
        … × C, each row with mean 0 and deviation 1.

    Raises:
        ValueError: the numbers of a row are all equal.

    Example:
        >>> standardize([90, 80, 70, 60, 50]).round(3)
        array([ 1.414,  0.707,  0.   , -0.707, -1.414])
    """
    x = np.asarray(x, dtype=float)
    away = x - x.mean(axis=-1, keepdims=True)
    deviation = np.sqrt((away**2).mean(axis=-1, keepdims=True))
    _require_spread("standardising", np.ptp(x, axis=-1, keepdims=True))
    return np.asarray(away / deviation)


def batch_norm(x: ArrayLike, eps: float = 1e-5) -> NDArray[Any]:
    """Give every feature mean 0 and variance 1 over all rows of the batch, whosever they are.

    Args:
        x: … × C; every axis but the last counts as rows.
        eps: added to the variance.

    Returns:
        … × C.

    Example:
        >>> batch_norm([[1.0, 20.0], [3.0, 40.0]]).round(3)
        array([[-1., -1.],
               [ 1.,  1.]])

    Source: Ioffe and Szegedy, 2015, algorithm 1.
    """
    x = np.asarray(x, dtype=float)
    rows = tuple(range(x.ndim - 1))
    away = x - x.mean(axis=rows)
    return np.asarray(away / np.sqrt((away**2).mean(axis=rows) + eps))


def _require_spread(name: str, spread: NDArray[Any]) -> None:
    if not (spread > 0).all():
        raise ValueError(
            f"{name} divides by the spread, and all numbers of a row are equal: change one of them"
        )
