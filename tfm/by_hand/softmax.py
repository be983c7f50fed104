"""Softmax: numbers of any size in, shares of one whole out.

NumPy, written for reading. The block that models use is PyTorch's own `torch.softmax`; the tests hold the two
equal. Source: Bridle, “Probabilistic interpretation of feedforward classification network outputs”, 1990.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray


def softmax(scores: ArrayLike, axis: int = -1, temperature: float = 1.0) -> NDArray[Any]:
    """Turn scores into positive weights that sum to 1 along one axis.

    weight_i = exp(score_i / τ) / Σ_j exp(score_j / τ)

    The largest score is subtracted first. That changes no weight, because it multiplies numerator and
    denominator by the same number, and it keeps `exp` from overflowing.

    Args:
        scores: any shape; −∞ is allowed and gets weight 0.
        axis: the axis along which the weights sum to 1.
        temperature: τ > 0; below 1 sharpens the weights, above 1 evens them out.

    Returns:
        Weights of the same shape as `scores`.

    Raises:
        ValueError: τ ≤ 0, a score is NaN or +∞, or every score along the axis is −∞.

    Example:
        >>> softmax([2.0, 1.0, 0.0]).round(3)
        array([0.665, 0.245, 0.09 ])
        >>> softmax([2.0, 1.0, 0.0], temperature=0.2).round(3)
        array([0.993, 0.007, 0.   ])
    """
    scores = np.asarray(scores, dtype=np.result_type(np.asarray(scores).dtype, np.float32))
    if not temperature > 0:
        raise ValueError(f"temperature must be above 0, and it is {temperature}: try 1.0")
    bad = np.isnan(scores) | (scores == np.inf)
    if bad.any():
        place = tuple(int(i) for i in np.argwhere(bad)[0])
        raise ValueError(
            f"softmax needs numbers, and the score at {place} is {scores[place]}: look at what made it"
        )
    largest = scores.max(axis=axis, keepdims=True)
    if np.isneginf(largest).any():
        row = tuple(int(i) for i in np.argwhere(np.isneginf(largest.squeeze(axis)))[0])
        raise ValueError(
            f"every score{f' of row {row}' if row else ''} is −∞, so its weights cannot sum to 1: "
            "let each row of the mask look at one position at least"
        )
    grown = np.exp((scores - largest) / temperature)
    return np.asarray(grown / grown.sum(axis=axis, keepdims=True))


def wide(numbers: ArrayLike) -> NDArray[Any]:
    """Give float16 as float32, in which PyTorch's kernels compute, since float16 cannot hold 300 · 300.

    Example:
        >>> (wide(np.float16([300.0])) ** 2).tolist()
        [90000.0]
    """
    array = np.asarray(numbers)
    return array.astype(np.float32) if array.dtype == np.float16 else array


def softmax_jacobian(scores: ArrayLike) -> NDArray[Any]:
    """How each weight of a softmax moves with each score: every slope at once.

    ∂weight_i / ∂score_j = weight_i · ([i = j] − weight_j)

    Args:
        scores: … × n.

    Returns:
        … × n × n: row i a weight, column j a score. Columns sum to 0, because the weights always sum to 1.

    Raises:
        ValueError: as `softmax`.

    Example:
        >>> softmax_jacobian([0.0, 0.0])
        array([[ 0.25, -0.25],
               [-0.25,  0.25]])
    """
    weights = softmax(scores)
    return weights[..., :, None] * (np.eye(weights.shape[-1]) - weights[..., None, :])


def entropy(weights: ArrayLike, axis: int = -1) -> NDArray[Any]:
    """How spread out weights are, in bits: 0 for all weight in one place, log₂ n for n equal shares.

    Args:
        weights: any shape, non-negative, summing to 1 along `axis`.
        axis: the axis to sum over.

    Returns:
        The shape of `weights` without `axis`, in bits.

    Example:
        >>> entropy([0.25, 0.25, 0.25, 0.25]).item()
        2.0
    """
    weights = np.asarray(weights, dtype=float)
    logs = np.log2(weights, out=np.zeros_like(weights), where=weights > 0)
    return np.asarray(np.abs((weights * logs).sum(axis=axis)))
