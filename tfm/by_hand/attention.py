"""Scaled dot-product attention in NumPy: once with loops, once with matrices, every step kept.

Each position asks a question (its query), every position offers a label (its key) and a content (its value);
the answer is a mixture of the contents, weighted by how well label and question agree.

    Attention(Q, K, V) = softmax(Q Kᵀ / √D) V

Source: Vaswani et al., “Attention Is All You Need”, 2017, section 3.2.1. The block that models use is
`tfm.nn.attention`. This file knows nothing of words, layers or learning.
"""

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tfm.by_hand.masks import fit_mask
from tfm.by_hand.softmax import softmax, wide


class AttentionSteps(NamedTuple):
    """What attention computes on its way, in order. Leading axes (batch, heads) may stand in front of each.

    Attributes:
        scores: query · key for every pair, T × S.
        scaled: the scores times the scale, T × S.
        masked: the scaled scores, with −∞ where the mask forbids looking, T × S.
        weights: their softmax along S: each row sums to 1, T × S.
        output: the weighted mixture of the values, T × D.
    """

    scores: NDArray[Any]
    scaled: NDArray[Any]
    masked: NDArray[Any]
    weights: NDArray[Any]
    output: NDArray[Any]


def attention(
    query: ArrayLike,
    key: ArrayLike,
    value: ArrayLike,
    mask: ArrayLike | None = None,
    scale: float | None = None,
) -> AttentionSteps:
    """Scaled dot-product attention with matrices.

    Args:
        query: … × T × D.
        key: … × S × D.
        value: … × S × D (its width may differ from the query's).
        mask: True where a query may look at a key, or floats to add to the scores; broadcasts to … × T × S. None
            lets all look at all.
        scale: the number the scores are multiplied by; 1 / √D by default.

    Returns:
        Every step, as `AttentionSteps`.

    Raises:
        ValueError: shapes do not fit, the mask is none, a score is NaN, or a row of the mask forbids everything.

    Example:
        >>> steps = attention([[1.0, 0.0]], [[1.0, 0.0], [0.0, 1.0]], [[10.0, 0.0], [0.0, 10.0]])
        >>> steps.weights.round(3)
        array([[0.67, 0.33]])
        >>> steps.output.round(1)
        array([[6.7, 3.3]])
    """
    query, key, value = (wide(a) for a in (query, key, value))
    _require_fit(query, key, value)
    scores = query @ np.swapaxes(key, -1, -2)  # … T S
    scaled = scores * (1 / math.sqrt(query.shape[-1]) if scale is None else scale)
    masked = scaled if mask is None else _masked(scaled, fit_mask(mask, scaled.shape))
    weights = softmax(masked, axis=-1)
    return AttentionSteps(scores, scaled, masked, weights, weights @ value)  # output: … T D


def attention_loops(query: ArrayLike, key: ArrayLike, value: ArrayLike) -> NDArray[Any]:
    """The same attention, one pair of positions at a time: slow, and nothing is hidden.

    Args:
        query: T × D.
        key: S × D.
        value: S × D.

    Returns:
        The output, T × D.

    Example:
        >>> attention_loops([[1.0, 0.0]], [[1.0, 0.0], [0.0, 1.0]], [[10.0, 0.0], [0.0, 10.0]]).round(1)
        array([[6.7, 3.3]])
    """
    query, key, value = (np.asarray(a, dtype=float) for a in (query, key, value))
    _require_fit(query, key, value)
    output = np.zeros((len(query), value.shape[-1]))
    for t, q in enumerate(query):
        scores = [sum(a * b for a, b in zip(q, k, strict=True)) / math.sqrt(len(q)) for k in key]
        total = sum(math.exp(s) for s in scores)
        for s, v in zip(scores, value, strict=True):
            output[t] += math.exp(s) / total * v
    return output


def _masked(scaled: NDArray[Any], mask: NDArray[Any]) -> NDArray[Any]:
    return np.where(mask, scaled, -np.inf) if mask.dtype == bool else scaled + mask


def _require_fit(query: NDArray[Any], key: NDArray[Any], value: NDArray[Any]) -> None:
    for name, array in (("query", query), ("key", key), ("value", value)):
        if array.ndim < 2:
            raise ValueError(
                f"{name} has {array.ndim} axes and needs two, position × width: "
                f"for one vector pass {name}[None, :]"
            )
    if query.shape[-1] != key.shape[-1]:
        raise ValueError(
            f"query has width {query.shape[-1]} and key has width {key.shape[-1]}: "
            "a dot product needs both of one width, so project them to the same D"
        )
    if key.shape[-2] != value.shape[-2]:
        raise ValueError(
            f"there are {key.shape[-2]} keys and {value.shape[-2]} values: each key needs its own value"
        )
