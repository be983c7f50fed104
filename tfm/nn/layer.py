"""A layer: attention, then a feed-forward network, each wired past by a residual connection and a norm.

    PostNorm:  x ← norm(x + dropout(part(x)))      Vaswani et al., 2017, section 5.4; BERT
    PreNorm:   x ← x + dropout(part(norm(x)))      GPT-2; Xiong et al., “On Layer Normalization in the
                                                   Transformer Architecture”, 2020

Every part is passed in: another norm, another attention or another wiring is another argument. Where attention
stands, anything may stand that lets positions see each other, a `Mixer`: a recurrence (`tfm.nn.recurrence`), a
convolution (`tfm.nn.convolution`). The wirings serve the decoder's three parts as well (`tfm.nn.decoder`). This
file knows nothing of what its parts compute.
The NumPy twin is `tfm.lessons.layers.encoder`.
"""

from collections.abc import Callable
from typing import Any, Protocol, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor, nn

from tfm.nn.attention import Attend, asked
from tfm.nn.cache import Cache
from tfm.nn.dropout import Dropout
from tfm.nn.mask import Mask


@runtime_checkable
class Mixer(Protocol):
    """Whatever lets positions see each other: attention, a recurrence, a convolution.

    A layer passes on what it was asked for and nothing else: `mask`, `causal`, `attend`, `cache`. So a mixer takes
    those it can answer to, and refuses, or does not know, the others.
    """

    def __call__(self, x: Tensor, **options: Any) -> Tensor:
        """Mix B × T × C."""
        ...

    def new_cache(self, batch: int, max_length: int, dtype: torch.dtype | None = None) -> Cache:
        """Make what is kept between two calls, of length 0."""
        ...


class PostNorm(nn.Module):
    """Add what a part computes to its input, then normalise the sum: norm(x + dropout(part(x))).

    Args:
        norm: keeps B × T × C, such as `LayerNorm(d_model)` or `RMSNorm(d_model)`.
        dropout: share of the part's output that is set to 0 while training, 0 to 1.

    Raises:
        ValueError: `dropout` is not a number from 0 to 1.

    Example:
        >>> import torch
        >>> from tfm.nn.norm import LayerNorm
        >>> PostNorm(LayerNorm(3))(torch.zeros(1, 1, 3), lambda x: x + torch.tensor([1.0, 2.0, 3.0])).shape
        torch.Size([1, 1, 3])

    Source: Vaswani et al., 2017, section 5.4.
    """

    def __init__(self, norm: nn.Module, dropout: float = 0.0) -> None:
        super().__init__()
        self.norm = norm
        self.dropout = Dropout(dropout)

    def forward(self, x: Float[Tensor, "B T C"], part: Callable[[Tensor], Tensor]) -> Float[Tensor, "B T C"]:
        """Send `x` through `part` and around it.

        Args:
            part: any function from B × T × C to B × T × C.

        Returns:
            B × T × C, normalised.
        """
        return self.norm(x + self.dropout(part(x)))


class PreNorm(nn.Module):
    """Normalise, let the part compute, and add that to the untouched input: x + dropout(part(norm(x))).

    The sum is never normalised, so that gradients flow unchanged from the last layer to the first; a stack of
    such layers needs one more norm at its end.

    Args:
        norm: keeps B × T × C, such as `LayerNorm(d_model)` or `RMSNorm(d_model)`.
        dropout: share of the part's output that is set to 0 while training, 0 to 1.

    Raises:
        ValueError: `dropout` is not a number from 0 to 1.

    Example:
        >>> import torch
        >>> from tfm.nn.norm import LayerNorm
        >>> x = torch.randn(1, 2, 3)
        >>> torch.equal(PreNorm(LayerNorm(3))(x, torch.zeros_like), x)
        True

    Source: Xiong et al., 2020, figure 1b.
    """

    def __init__(self, norm: nn.Module, dropout: float = 0.0) -> None:
        super().__init__()
        self.norm = norm
        self.dropout = Dropout(dropout)

    def forward(self, x: Float[Tensor, "B T C"], part: Callable[[Tensor], Tensor]) -> Float[Tensor, "B T C"]:
        """Send the normalised `x` through `part`, and `x` itself around it.

        Args:
            part: any function from B × T × C to B × T × C.

        Returns:
            B × T × C, not normalised.
        """
        return x + self.dropout(part(self.norm(x)))


class EncoderLayer(nn.Module):
    """Attention, then feed-forward, each inside its own residual wiring.

        x ──▶ attention_residual(attention) ──▶ feed_forward_residual(feed_forward) ──▶

    Called with a causal mask it is the layer of a decoder without an encoder, such as GPT-2's or Llama's.

    Args:
        attention: a `Mixer`, such as `MultiHeadAttention`.
        feed_forward: B × T × C → B × T × C, such as `FeedForward`.
        attention_residual: the wiring around attention, `PostNorm` or `PreNorm`.
        feed_forward_residual: the wiring around the feed-forward network.

    Example:
        >>> from tfm.nn.attention import MultiHeadAttention
        >>> from tfm.nn.feedforward import FeedForward
        >>> import torch
        >>> from tfm.nn.norm import LayerNorm
        >>> layer = EncoderLayer(
        ...     MultiHeadAttention(8, 2), FeedForward(8, 32), PreNorm(LayerNorm(8)), PreNorm(LayerNorm(8))
        ... )
        >>> layer(torch.randn(1, 3, 8)).shape
        torch.Size([1, 3, 8])

    Source: Vaswani et al., 2017, section 3.1.
    """

    def __init__(
        self,
        attention: nn.Module,
        feed_forward: nn.Module,
        attention_residual: nn.Module,
        feed_forward_residual: nn.Module,
    ) -> None:
        super().__init__()
        self.attention = attention
        self.feed_forward = feed_forward
        self.attention_residual = attention_residual
        self.feed_forward_residual = feed_forward_residual

    def forward(
        self,
        x: Float[Tensor, "B T C"],
        mask: Mask | None = None,
        attend: Attend | None = None,
        cache: Cache | None = None,
        *,
        causal: bool = False,
    ) -> Float[Tensor, "B T C"]:
        """Mix the positions, then transform each alone.

        Args:
            mask: True where a query may look; broadcasts to B × H × T × S.
            attend: another core of attention for this call alone.
            cache: keys and values of earlier calls, by `new_cache`; `x` then holds the new positions
                alone, and S counts them with the kept ones.
            causal: whether, besides, nobody looks ahead.
        """
        options = asked(mask=mask, attend=attend, cache=cache, causal=causal)
        x = self.attention_residual(x, lambda h: self.attention(h, **options))
        return self.feed_forward_residual(x, self.feed_forward)

    def new_cache(self, batch: int, max_length: int, dtype: torch.dtype | None = None) -> Cache:
        """Make what the attention keeps between two calls; see `MultiHeadAttention.new_cache`."""
        return self.attention.new_cache(batch, max_length, dtype)  # type: ignore[operator, no-any-return]
