"""Grouped-query attention in NumPy: multi-head attention whose neighbouring heads share keys and values.

    group g serves the heads g · H / G … (g + 1) · H / G − 1

So it is `multi_head` with each group's rows of W_K and W_V written down once for every head of the group. Source:
Ainslie et al., “GQA: Training Generalized Multi-Query Transformer Models from Multi-Head Checkpoints”, 2023,
section 2.2. The block that models use is `tfm.nn.grouped_attention`, which copies nothing. This file knows nothing
of layers.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tfm.by_hand.linear import Weights
from tfm.by_hand.multi_head import MultiHeadSteps, multi_head


def grouped_query(
    x: ArrayLike,
    weights: Weights,
    n_heads: int,
    n_kv_heads: int,
    memory: ArrayLike | None = None,
    mask: ArrayLike | None = None,
) -> MultiHeadSteps:
    """Attention with H heads of queries over G heads of keys and values.

    Args:
        x: T × C, where the queries come from.
        weights: `query.weight` and `output.weight`, C × C; `key.weight` and `value.weight`, (G · D) × C; the
            biases may be missing.
        n_heads: H; must divide C.
        n_kv_heads: G; must divide H.
        memory: S × C, where keys and values come from; `x` when None.
        mask: True where a query may look; broadcasts to T × S.

    Returns:
        Every step, as `MultiHeadSteps`.

    Raises:
        ValueError: shapes do not fit, or G does not divide H.

    Example:
        >>> weights = {"query.weight": np.eye(4), "output.weight": np.eye(4)}
        >>> weights |= {name: np.eye(4)[:2] for name in ("key.weight", "value.weight")}
        >>> steps = grouped_query(np.eye(4)[:2], weights, n_heads=2, n_kv_heads=1)
        >>> [head.output[1].round(2).tolist() for head in steps.heads]  # two questions, one set of contents
        [[0.33, 0.67], [0.5, 0.5]]
    """
    if n_kv_heads < 1 or n_heads % n_kv_heads:
        raise ValueError(
            f"n_heads ({n_heads}) must be divisible by n_kv_heads ({n_kv_heads}): change one of them"
        )
    spread = {
        name: _once_a_head(array, n_heads, n_kv_heads) if name.startswith(("key.", "value.")) else array
        for name, array in weights.items()
    }
    return multi_head(x, spread, n_heads, memory, mask)


def _once_a_head(array: ArrayLike, n_heads: int, n_kv_heads: int) -> NDArray[Any]:
    groups = np.split(np.asarray(array), n_kv_heads)  # G of D rows each
    return np.concatenate([group for group in groups for _ in range(n_heads // n_kv_heads)])  # H · D rows
