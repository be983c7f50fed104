"""Does a head look at the previous token? One number a head, and the step of training at which it began.

    weight on the previous token = mean over t ≥ 2 of A[t, t − 1]

A head that looks everywhere alike gives the previous of t tokens 1/t, and over a text the mean of that: chance.
Source: Elhage et al., “A Mathematical Framework for Transformer Circuits”, 2021 (previous-token heads); Olsson
et al., “In-context Learning and Induction Heads”, 2022 (when they appear). This file knows nothing of models.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray


def weight_on_previous(weights: ArrayLike) -> NDArray[Any]:
    """How much each map gives to the token just before, averaged over all tokens that have one.

    Args:
        weights: … × T × T, T ≥ 2, each row's sum 1.

    Returns:
        One share for each map: the leading axes.

    Raises:
        ValueError: the maps are not square, or of one token only.

    Example:
        >>> float(weight_on_previous([[1.0, 0.0, 0.0], [0.75, 0.25, 0.0], [0.25, 0.25, 0.5]]))
        0.5
    """
    maps = np.asarray(weights, dtype=float)
    if maps.ndim < 2 or maps.shape[-1] != maps.shape[-2] or maps.shape[-1] < 2:
        raise ValueError(
            f"maps are … × T × T with T ≥ 2, and these are {maps.shape}: pass a text of two tokens"
        )
    return np.asarray(np.diagonal(maps, offset=-1, axis1=-2, axis2=-1).mean(axis=-1))


def previous_by_chance(n_tokens: int) -> float:
    """The weight on the previous token of a head that looks at all it may see alike.

    Example:
        >>> round(previous_by_chance(3), 3)  # (1/2 + 1/3) ÷ 2
        0.417
    """
    return float(np.mean([1 / t for t in range(2, n_tokens + 1)]))


def first_above(steps: Sequence[int], values: Sequence[float], level: float) -> int | None:
    """The first step from which on a value stays above a level; None when it does not.

    Example:
        >>> first_above([0, 10, 20, 30], [0.1, 0.6, 0.4, 0.7], 0.5)
        30
        >>> first_above([0, 10], [0.1, 0.2], 0.5)
    """
    above = np.asarray(values, dtype=float) > level
    if not len(above) or not above[-1]:
        return None
    below = np.flatnonzero(~above)
    return steps[int(below[-1]) + 1] if below.size else steps[0]
