"""One encoder layer in NumPy: attention, add, norm, feed-forward, add, norm.

    a = LayerNorm(x + MultiHead(x))      y = LayerNorm(a + FeedForward(a))

Source: Vaswani et al., “Attention Is All You Need”, 2017, section 3.1 (post-norm, as in BERT). The block that
models use is `tfm.nn.layer.EncoderLayer`. This file knows nothing of training: there is no dropout here.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tfm.by_hand.feedforward import feed_forward
from tfm.by_hand.linear import Weights, under
from tfm.by_hand.multi_head import multi_head
from tfm.by_hand.norms import layer_norm


def encoder_layer(
    x: ArrayLike, weights: Weights, n_heads: int, mask: ArrayLike | None = None, eps: float = 1e-5
) -> NDArray[Any]:
    """One post-norm layer for one sentence.

    Args:
        x: T × C.
        weights: the names of the PyTorch layer's `state_dict`: `attention.query.weight`,
            `feed_forward.up.weight`, `attention_residual.norm.weight` and so on.
        n_heads: H.
        mask: True where a query may look; broadcasts to T × S.
        eps: of both norms.

    Returns:
        T × C.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> shapes = {f"attention.{name}": (4, 4) for name in ("query", "key", "value", "output")}
        >>> shapes |= {"feed_forward.up": (8, 4), "feed_forward.down": (4, 8)}
        >>> weights = {f"{name}.weight": rng.normal(size=shape) for name, shape in shapes.items()}
        >>> encoder_layer(rng.normal(size=(3, 4)), weights, n_heads=2).mean(axis=-1).round(6) + 0.0
        array([0., 0., 0.])
    """
    x = np.asarray(x)
    mixed = multi_head(x, under(weights, "attention"), n_heads, mask=mask).output  # T C
    x = layer_norm(x + mixed, **under(weights, "attention_residual.norm"), eps=eps)
    transformed = feed_forward(x, under(weights, "feed_forward"))  # T C
    return layer_norm(x + transformed, **under(weights, "feed_forward_residual.norm"), eps=eps)
