"""Norms in NumPy, one step a line: layer normalisation, and the simpler one by the root mean square.

    mean = Σ x / C      variance = Σ (x − mean)² / C
    LayerNorm(x) = (x − mean) / √(variance + eps) · weight + bias

    RMSNorm(x) = x / √(Σ x² / C + eps) · weight

Sources: Ba, Kiros and Hinton, “Layer Normalization”, 2016, section 3; Zhang and Sennrich, “Root Mean Square
Layer Normalization”, 2019, section 3. The blocks that models use are in `tfm.nn.norm`. This file knows
nothing of layers: it sees one row of numbers at a time.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tfm.by_hand.softmax import wide


def layer_norm(
    x: ArrayLike, weight: ArrayLike | float = 1.0, bias: ArrayLike | float = 0.0, eps: float = 1e-5
) -> NDArray[Any]:
    """Give every row mean 0 and variance 1, then stretch and shift each feature.

    The variance divides by C, not by C − 1: it describes these C numbers, it does not guess at others.

    Args:
        x: … × C.
        weight: the stretch of each feature, C, or one number for all.
        bias: the shift of each feature, C, or one number for all.
        eps: added to the variance, so that a row of equal numbers divides by something.

    Returns:
        … × C.

    Example:
        >>> layer_norm([90.0, 80.0, 70.0, 60.0, 50.0]).round(3)
        array([ 1.414,  0.707,  0.   , -0.707, -1.414])
    """
    x = wide(x)
    mean = x.mean(axis=-1, keepdims=True)
    variance = ((x - mean) ** 2).mean(axis=-1, keepdims=True)
    standard = (x - mean) / np.sqrt(variance + eps)  # … C, mean 0 and variance 1
    return np.asarray(standard * np.asarray(weight) + np.asarray(bias))


def rms_norm(x: ArrayLike, weight: ArrayLike | float = 1.0, eps: float = 1e-6) -> NDArray[Any]:
    """Bring every row's root mean square to 1, then stretch each feature; the mean is left where it is.

    Args:
        x: … × C.
        weight: the stretch of each feature, C, or one number for all.
        eps: added to the mean square, so that a row of zeros divides by something.

    Returns:
        … × C.

    Example:
        >>> rms_norm([90.0, 80.0, 70.0, 60.0, 50.0]).round(3)
        array([1.26, 1.12, 0.98, 0.84, 0.7 ])
    """
    x = wide(x)
    mean_square = (x**2).mean(axis=-1, keepdims=True)
    return np.asarray(x / np.sqrt(mean_square + eps) * np.asarray(weight))
