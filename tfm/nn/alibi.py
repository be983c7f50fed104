"""ALiBi: no positions anywhere; each head takes a fixed amount off a score for every step of distance.

    score[h, t, s] = q_t · k_s / √D − slope_h · |t − s|      slope_h = 2^(−8 (h + 1) / H)

Source: Press, Smith and Lewis, “Train Short, Test Long: Attention with Linear Biases Enables Input Length
Extrapolation”, 2022, section 3. There queries look backwards only; where a mask lets them look ahead, what lies
ahead is as far as what lies behind. The NumPy twin is `tfm.lessons.positions.twin`.

`ALiBi` is a core of attention around another core, one that takes a bias, a number added to each score: it turns
a mask (True = may look) into a bias (−∞ = may not) and adds its own. It is a module without parameters, so that
`model.eval()` reaches a core inside it. This file knows nothing of projections.
"""

from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from tfm.nn.attention import written_out
from tfm.nn.mask import Mask, as_bias, fit_mask
from tfm.shapes import require_shape


@runtime_checkable
class AttendBiased(Protocol):
    """A core that adds numbers to the scores: (query, key, value, bias) → (output, weights or None)."""

    def __call__(
        self, query: Tensor, key: Tensor, value: Tensor, bias: Tensor, /
    ) -> tuple[Tensor, Tensor | None]:
        """Mix the values; shapes as in `biased`."""
        ...


def biased(
    query: Float[Tensor, "B H T D"],
    key: Float[Tensor, "B G S D"],
    value: Float[Tensor, "B G S D"],
    bias: Float[Tensor, "#B #H #T #S"],
    *,
    dropout: float = 0.0,
) -> tuple[Float[Tensor, "B H T D"], Float[Tensor, "B H T S"]]:
    """Attention with a number added to each score, written out: softmax(Q Kᵀ / √D + bias) V.

    Args:
        query: B × H × T × D.
        key: B × G × S × D; G is H, or divides it.
        value: B × G × S × D.
        bias: broadcasts to B × H × T × S; −∞ forbids looking.
        dropout: share of the weights set to 0, the rest divided by 1 − dropout; the weights returned show it.

    Returns:
        The output, B × H × T × D, and the weights, B × H × T × S.

    Example:
        >>> same = torch.zeros(1, 1, 2, 4)
        >>> biased(same[:, :, :1], same, same, torch.tensor([[[[0.0, -torch.inf]]]]))[1].flatten().tolist()
        [1.0, 0.0]
    """
    return written_out(query, key, value, bias, dropout=dropout)


def fused_biased(
    query: Float[Tensor, "B H T D"],
    key: Float[Tensor, "B G S D"],
    value: Float[Tensor, "B G S D"],
    bias: Float[Tensor, "#B #H #T #S"],
    *,
    dropout: float = 0.0,
) -> tuple[Float[Tensor, "B H T D"], None]:
    """The same output by PyTorch's fused kernel, which keeps no weights.

    Args:
        query: B × H × T × D.
        key: B × G × S × D; G is H, or divides it.
        value: B × G × S × D.
        bias: as in `biased`.
        dropout: as in `biased`.

    Returns:
        The output, B × H × T × D, and None.
    """
    grouped = key.shape[1] != query.shape[1]
    output = functional.scaled_dot_product_attention(
        query, key, value, attn_mask=bias, dropout_p=dropout, enable_gqa=grouped
    )
    return output, None


class ALiBi(nn.Module):
    """A core that takes slope × distance off every score.

    The queries are the last T of the S keys' places, so it needs no offset beside a cache.

    Args:
        n_heads: H.
        attend: the core that is given the bias; `fused_biased` keeps no weights, `biased` does.

    Raises:
        ValueError: `n_heads` is below 1.

    Example:
        >>> from tfm.nn.attention import MultiHeadAttention
        >>> attention = MultiHeadAttention(d_model=8, n_heads=2, attend=ALiBi(n_heads=2))
        >>> attention(torch.randn(1, 3, 8)).shape
        torch.Size([1, 3, 8])

    Source: Press et al., 2022, section 3; BLOOM uses it.
    """

    def __init__(self, n_heads: int, attend: AttendBiased = fused_biased) -> None:
        super().__init__()
        self.attend, self.slopes = attend, alibi_slopes(n_heads)  # not a buffer: they stay in float64

    def forward(
        self,
        query: Float[Tensor, "B H T D"],
        key: Float[Tensor, "B G S D"],
        value: Float[Tensor, "B G S D"],
        mask: Mask | None = None,
    ) -> tuple[Tensor, Tensor | None]:
        """Attend with the bias; shapes as in `scaled_dot_product`.

        Raises:
            ValueError: there are not H heads, more queries than keys, or the mask is none.
        """
        require_shape("query", query, "B H T D", H=len(self.slopes))
        wide = torch.promote_types(query.dtype, torch.float32)  # 70,000 steps are more than float16 can count
        slopes = self.slopes.to(query.device, wide)[:, None, None]  # H 1 1
        bias = -slopes * _distance(query.shape[-2], key.shape[-2], slopes)  # H T S
        if mask is None:
            return self.attend(query, key, value, bias[None].to(query.dtype))
        hidden = as_bias(fit_mask(mask, (*query.shape[:3], key.shape[2])), wide)
        return self.attend(query, key, value, (bias + hidden).to(query.dtype))  # (B) H T S

    def extra_repr(self) -> str:
        """Say the number of heads when the module is printed."""
        return f"n_heads={len(self.slopes)}"


def alibi_slopes(n_heads: int) -> Float[Tensor, "H"]:
    """What each head takes off for one step of distance: a geometric row that starts at its own ratio.

    For H = 2ⁿ heads: 2^(−8/H), 2^(−16/H), …, 2^(−8). For another number, the slopes of the power of two below it,
    then every other slope of the power of two above it.

    Args:
        n_heads: H, 1 or more.

    Returns:
        H slopes above 0, in float64 on the CPU.

    Raises:
        ValueError: `n_heads` is below 1.

    Example:
        >>> alibi_slopes(4).tolist()
        [0.25, 0.0625, 0.015625, 0.00390625]
        >>> alibi_slopes(6)[4:].tolist()
        [0.5, 0.125]

    Source: Press et al., 2022, section 3; the rule for other numbers is that of their code.
    """
    if n_heads < 1:
        raise ValueError(f"n_heads ({n_heads}) must be at least 1: each head has one slope")
    below = 1 << (n_heads.bit_length() - 1)
    return torch.cat([_powers(below), _powers(2 * below)[::2][: n_heads - below]])


def alibi_bias(n_heads: int, n_queries: int, n_keys: int) -> Float[Tensor, "H T S"]:
    """What is added to every score: −slope · distance.

    Args:
        n_heads: H.
        n_queries: T; the queries are the last T of the keys' places.
        n_keys: S, T or more.

    Returns:
        H × T × S, in float64, 0 where a place looks at itself.

    Raises:
        ValueError: there are more queries than keys, or no head.

    Example:
        >>> alibi_bias(n_heads=1, n_queries=2, n_keys=3) * 256
        tensor([[[-1.,  0., -1.],
                 [-2., -1.,  0.]]], dtype=torch.float64)
    """
    slopes = alibi_slopes(n_heads)
    return 0.0 - slopes[:, None, None] * _distance(
        n_queries, n_keys, slopes
    )  # 0 − 0 is 0, and −0 is not pretty


def _powers(n: int) -> Float[Tensor, "H"]:
    return 2 ** (-8 * torch.arange(1, n + 1, dtype=torch.float64) / n)


def _distance(n_queries: int, n_keys: int, like: Tensor) -> Float[Tensor, "T S"]:
    if n_queries > n_keys:
        raise ValueError(
            f"there are {n_queries} queries and {n_keys} keys, and ALiBi places the queries at the last keys: "
            "use it where a text looks at itself, not at another"
        )
    places = torch.arange(n_keys, device=like.device)
    return (places[n_keys - n_queries :, None] - places).abs().to(like.dtype)  # T S
