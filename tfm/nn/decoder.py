"""The decoder's layer: it looks at what it has written, then at what the encoder has read, then thinks.

    x ──▶ attention (causal) ──▶ cross-attention over memory ──▶ feed-forward ──▶      each in a residual wiring

Source: Vaswani et al., “Attention Is All You Need”, 2017, section 3.1. The NumPy twin is
`tfm.lessons.layers.decoder`.

A decoder that has no encoder, such as GPT-2 or Llama, has nothing to look across at. Its layer is therefore an
`EncoderLayer` called with a causal mask: the same two parts, and the mask alone makes it a decoder. There is no
class of its own for it.

Every part is passed in, as in `tfm.nn.layer`. This file knows nothing of what its parts compute.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from tfm.nn.attention import Attend, asked
from tfm.nn.cache import KeyValueCache, MemoryCache
from tfm.nn.mask import Mask


@dataclass(frozen=True)
class DecoderCache:
    """What a decoder layer keeps between two steps.

    Attributes:
        text: keys and values of what was written so far; grows.
        memory: keys and values of what the encoder read; stays.
    """

    text: KeyValueCache
    memory: MemoryCache

    @property
    def length(self) -> int:
        """How many positions of the text are kept."""
        return self.text.length

    def rewind(self, length: int = 0) -> None:
        """Forget all but the first positions of the text; the memory stays."""
        self.text.rewind(length)

    def reorder(self, rows: Int[Tensor, "B"], memory: Tensor | None = None) -> None:
        """Let row b go on from row rows[b]; `memory` is what later calls will pass, its rows in the same order."""
        self.text.reorder(rows)
        self.memory.reorder(rows, memory)


class DecoderLayer(nn.Module):
    """Self-attention, cross-attention, feed-forward, each inside its own residual wiring.

    Args:
        attention: a `Mixer`, such as `MultiHeadAttention`: over the text written so far.
        cross_attention: (x, memory, mask=, attend=) → B × T × C: over what the encoder read.
        feed_forward: B × T × C → B × T × C, such as `FeedForward`.
        attention_residual: the wiring around `attention`, `PostNorm` or `PreNorm`.
        cross_attention_residual: the wiring around `cross_attention`.
        feed_forward_residual: the wiring around `feed_forward`.

    Example:
        >>> from tfm.nn.attention import MultiHeadAttention
        >>> from tfm.nn.feedforward import FeedForward
        >>> from tfm.nn.layer import PostNorm
        >>> from tfm.nn.mask import causal_mask
        >>> from tfm.nn.norm import LayerNorm
        >>> layer = DecoderLayer(
        ...     MultiHeadAttention(8, 2), MultiHeadAttention(8, 2), FeedForward(8, 32),
        ...     PostNorm(LayerNorm(8)), PostNorm(LayerNorm(8)), PostNorm(LayerNorm(8)),
        ... )
        >>> layer(torch.randn(1, 3, 8), memory=torch.randn(1, 5, 8), mask=causal_mask(3)).shape
        torch.Size([1, 3, 8])

    Source: Vaswani et al., 2017, section 3.1.
    """

    def __init__(
        self,
        attention: nn.Module,
        cross_attention: nn.Module,
        feed_forward: nn.Module,
        attention_residual: nn.Module,
        cross_attention_residual: nn.Module,
        feed_forward_residual: nn.Module,
    ) -> None:
        super().__init__()
        self.attention = attention
        self.cross_attention = cross_attention
        self.feed_forward = feed_forward
        self.attention_residual = attention_residual
        self.cross_attention_residual = cross_attention_residual
        self.feed_forward_residual = feed_forward_residual

    def forward(
        self,
        x: Float[Tensor, "B T C"],
        memory: Float[Tensor, "B S C"],
        mask: Mask | None = None,
        memory_mask: Mask | None = None,
        attend: Attend | None = None,
        memory_attend: Attend | None = None,
        cache: DecoderCache | None = None,
        *,
        causal: bool = False,
    ) -> Float[Tensor, "B T C"]:
        """Mix the positions of the text, bring in the memory, then transform each position alone.

        Args:
            x: the text being written.
            memory: what the encoder made of the text being read.
            mask: True where a position of `x` may look at another, such as `causal_mask(T)`; all may when None.
            memory_mask: True where a position of `x` may look at the memory; broadcasts to B × H × T × S.
            attend: another core of self-attention for this call alone.
            memory_attend: another core of cross-attention for this call alone.
            cache: keys and values of earlier calls, by `new_cache`; `x` then holds the new positions alone.
            causal: whether, besides, no position of `x` looks ahead.

        Raises:
            ValueError: a width, a mask or the cache does not fit.
        """
        text = asked(mask=mask, attend=attend, cache=cache and cache.text, causal=causal)
        over = asked(mask=memory_mask, attend=memory_attend, cache=cache and cache.memory)
        x = self.attention_residual(x, lambda h: self.attention(h, **text))
        x = self.cross_attention_residual(x, lambda h: self.cross_attention(h, memory, **over))
        return self.feed_forward_residual(x, self.feed_forward)

    def new_cache(self, batch: int, max_length: int, dtype: torch.dtype | None = None) -> DecoderCache:
        """Make an empty cache for this layer, on its device.

        Args:
            batch: B, sentences that are written side by side.
            max_length: the longest text, in tokens.
            dtype: of the keys and values; that of the weights when None.

        Returns:
            A cache of length 0, to be passed to every call for this text.
        """
        text: KeyValueCache = self.attention.new_cache(batch, max_length, dtype)  # type: ignore[operator]
        return DecoderCache(text, MemoryCache())
