"""Multi-head attention in NumPy, one head after the other, every step kept.

    head_h = Attention(x W_Q,h, memory W_K,h, memory W_V,h)      output = [head_1 … head_H] W_O

The heads split the features, not the sentence: each sees every position, through its own D of the C features.
Source: Vaswani et al., “Attention Is All You Need”, 2017, section 3.2.2. The block that models use is
`tfm.nn.attention.MultiHeadAttention`, which does all heads in one product. This file knows nothing of layers.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tfm.by_hand.attention import AttentionSteps, attention
from tfm.by_hand.linear import Weights, linear


class MultiHeadSteps(NamedTuple):
    """What multi-head attention computes on its way.

    Attributes:
        heads: each head's steps, whose outputs are T × D.
        joined: the heads' outputs side by side, T × C.
        output: their mixture by the last weight matrix, T × C.
    """

    heads: list[AttentionSteps]
    joined: NDArray[Any]
    output: NDArray[Any]


def multi_head(
    x: ArrayLike,
    weights: Weights,
    n_heads: int,
    memory: ArrayLike | None = None,
    mask: ArrayLike | None = None,
) -> MultiHeadSteps:
    """Attention in H slices of the features, by a loop over the heads.

    Args:
        x: T × C, where the queries come from.
        weights: `query.weight`, `key.weight`, `value.weight` and `output.weight`, each C × C; the biases
            `query.bias` and so on, C, may be missing.
        n_heads: H; must divide C.
        memory: S × C, where keys and values come from; `x` when None.
        mask: True where a query may look; broadcasts to T × S.

    Returns:
        Every step, as `MultiHeadSteps`.

    Raises:
        ValueError: shapes do not fit, or `n_heads` does not divide C.

    Example:
        >>> eye = {f"{name}.weight": np.eye(4) for name in ("query", "key", "value", "output")}
        >>> steps = multi_head(np.eye(4)[:2], eye, n_heads=2)
        >>> [head.weights[0].round(2).tolist() for head in steps.heads]
        [[0.67, 0.33], [0.5, 0.5]]
    """
    x = np.asarray(x)
    memory = x if memory is None else np.asarray(memory)
    query, key, value = (
        linear(x, weights, "query"),
        linear(memory, weights, "key"),
        linear(memory, weights, "value"),
    )
    if query.shape[-1] % n_heads:
        raise ValueError(
            f"the width ({query.shape[-1]}) must be divisible by n_heads ({n_heads}): change one of them"
        )
    d_head = query.shape[-1] // n_heads
    heads = []
    for h in range(n_heads):
        own = slice(h * d_head, (h + 1) * d_head)  # this head's features
        heads.append(attention(query[:, own], key[:, own], value[:, own], mask))
    joined = np.concatenate([head.output for head in heads], axis=-1)  # T C
    return MultiHeadSteps(heads, joined, linear(joined, weights, "output"))
