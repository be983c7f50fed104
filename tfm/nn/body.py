"""The body of a Transformer: layers one after the other, over vectors of one width.

    x_l = layer_l(x_{l−1})        a model is front → body → head

What makes the first vectors of a text, an image or a sound stands in front of it, and what is made of the last
ones behind it. This file knows nothing of either, nor of what a layer computes.
"""

from collections.abc import Sequence
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from tfm.nn.attention import Attend, asked


class BodyCache:
    """What a body keeps between two calls: what each layer keeps.

    Attributes:
        layers: a cache for each layer.
    """

    def __init__(self, layers: Sequence[Any]) -> None:
        self.layers = list(layers)

    @property
    def length(self) -> int:
        """How many positions are kept."""
        return self.layers[0].length  # type: ignore[no-any-return]

    def rewind(self, length: int = 0) -> None:
        """Forget all but the first positions."""
        for layer in self.layers:
            layer.rewind(length)

    def reorder(self, rows: Int[Tensor, "B"]) -> None:
        """Let row b go on from what row rows[b] has kept."""
        for layer in self.layers:
            layer.reorder(rows)


class Body(nn.ModuleList):
    """Layers one after the other; the list of them as well.

    Example:
        >>> from tfm.nn.attention import MultiHeadAttention
        >>> from tfm.nn.feedforward import FeedForward
        >>> from tfm.nn.layer import EncoderLayer, PreNorm
        >>> from tfm.nn.norm import LayerNorm
        >>> body = Body(
        ...     EncoderLayer(MultiHeadAttention(8, 2), FeedForward(8, 32), *(PreNorm(LayerNorm(8)) for _ in "ab"))
        ...     for _ in range(2)
        ... )
        >>> body(torch.randn(1, 3, 8), causal=True).shape
        torch.Size([1, 3, 8])
    """

    def forward(
        self,
        x: Float[Tensor, "B T C"],
        *,
        attends: Sequence[Attend | None] | None = None,
        memory_attends: Sequence[Attend | None] | None = None,
        cache: BodyCache | None = None,
        hidden: list[Tensor] | None = None,
        **shared: Any,
    ) -> Float[Tensor, "B T C"]:
        """Send x through all layers.

        Args:
            attends: for each layer another core of attention for this call, or None.
            memory_attends: for each layer another core of cross-attention for this call, or None.
            cache: what was kept of earlier calls, by `new_cache`; `x` then holds the new positions alone.
            hidden: a list that what stands behind each layer is appended to, B × T × C.
            shared: what all layers are told: `mask`, `causal`, `memory`, `memory_mask`.

        Raises:
            ValueError: there are not as many cores as layers.
        """
        own = asked(attend=attends, memory_attend=memory_attends, cache=cache and cache.layers)
        for name, cores in own.items():
            if len(cores) != len(self):
                raise ValueError(
                    f"{name}s has {len(cores)} cores and there are {len(self)} layers: "
                    "pass one core for each layer, or None in its place"
                )
        for number, layer in enumerate(self):
            x = layer(x, **shared, **{name: cores[number] for name, cores in own.items()})
            if hidden is not None:
                hidden.append(x)
        return x

    def new_cache(self, batch: int, max_length: int, dtype: torch.dtype | None = None) -> BodyCache:
        """Make an empty cache.

        Args:
            batch: B, texts that are written side by side.
            max_length: the longest text, in tokens.
            dtype: of what is kept; that of the weights when None.

        Returns:
            A cache of length 0, to be passed to every call for these texts.
        """
        layers: list[Any] = list(self)
        return BodyCache([layer.new_cache(batch, max_length, dtype) for layer in layers])
