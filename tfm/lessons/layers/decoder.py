"""One decoder layer in NumPy: look back, look across, think; each added and normalised.

    a = LayerNorm(x + MultiHead(x, x))      b = LayerNorm(a + MultiHead(a, memory))      y = LayerNorm(b + FFN(b))

Source: Vaswani et al., “Attention Is All You Need”, 2017, section 3.1 (post-norm). The block that models use is
`tfm.nn.decoder.DecoderLayer`. This file knows nothing of training: there is no dropout here.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tfm.by_hand.feedforward import feed_forward
from tfm.by_hand.linear import Weights, under
from tfm.by_hand.multi_head import multi_head
from tfm.by_hand.norms import layer_norm


def decoder_layer(
    x: ArrayLike,
    memory: ArrayLike,
    weights: Weights,
    n_heads: int,
    memory_mask: ArrayLike | None = None,
    eps: float = 1e-5,
) -> NDArray[Any]:
    """One post-norm layer for one sentence, causal by itself: no position looks at a later one.

    Args:
        x: T × C, the text being written.
        memory: S × C, what the encoder made of the text being read.
        weights: the names of the PyTorch layer's `state_dict`: `attention.query.weight`,
            `cross_attention.query.weight`, `feed_forward.up.weight`, `attention_residual.norm.weight` and so on.
        n_heads: H.
        memory_mask: True where a position may look at the memory; broadcasts to T × S.
        eps: of the three norms.

    Returns:
        T × C.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> names = ("query", "key", "value", "output")
        >>> shapes = {f"{part}.{name}": (4, 4) for part in ("attention", "cross_attention") for name in names}
        >>> shapes |= {"feed_forward.up": (8, 4), "feed_forward.down": (4, 8)}
        >>> weights = {f"{name}.weight": rng.normal(size=shape) for name, shape in shapes.items()}
        >>> x, memory = rng.normal(size=(3, 4)), rng.normal(size=(5, 4))
        >>> whole, begun = decoder_layer(x, memory, weights, 2), decoder_layer(x[:2], memory, weights, 2)
        >>> np.allclose(whole[:2], begun)  # the third word changes nothing before it
        True
    """
    x = np.asarray(x)
    causal = np.tri(len(x), dtype=bool)  # T T
    mixed = multi_head(x, under(weights, "attention"), n_heads, mask=causal).output  # T C
    x = layer_norm(x + mixed, **under(weights, "attention_residual.norm"), eps=eps)
    crossed = multi_head(x, under(weights, "cross_attention"), n_heads, memory, memory_mask).output  # T C
    x = layer_norm(x + crossed, **under(weights, "cross_attention_residual.norm"), eps=eps)
    transformed = feed_forward(x, under(weights, "feed_forward"))  # T C
    return layer_norm(x + transformed, **under(weights, "feed_forward_residual.norm"), eps=eps)
