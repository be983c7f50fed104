"""Dropout in NumPy: numbers set to 0 by chance, and the rest made larger by as much.

    dropout(x) = x · kept / (1 − p)      kept is 1 with probability 1 − p and 0 with probability p

Source: Srivastava et al., “Dropout: A Simple Way to Prevent Neural Networks from Overfitting”, 2014, section 4.
The blocks that models use are in `tfm.nn.dropout`. This file knows nothing of training: it always drops.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray


def dropout(x: ArrayLike, kept: ArrayLike, p: float) -> NDArray[Any]:
    """Set to 0 what is not kept, and divide the rest by 1 − p, so that the expectation stays.

    Args:
        x: any shape.
        kept: True where a number stays, the same shape, such as `rng.random(x.shape) >= p`.
        p: the share that is set to 0, from 0 to 1.

    Returns:
        The shape of `x`.

    Raises:
        ValueError: p is not a number from 0 to 1.

    Example:
        >>> dropout([1.0, 2.0, 3.0, 4.0], kept=[True, False, True, True], p=0.25).round(3)
        array([1.333, 0.   , 4.   , 5.333])
        >>> kept = np.random.default_rng(0).random(100_000) >= 0.25
        >>> dropout(np.ones(100_000), kept, p=0.25).mean().round(2).item()
        1.0
    """
    if not 0 <= p <= 1:
        raise ValueError(f"dropout is the share that is set to 0, from 0 to 1, and it is {p}: 0.1 is usual")
    stretch = 1 / (1 - p) if p < 1 else 0.0
    return np.asarray(np.where(kept, np.asarray(x) * stretch, 0.0))
