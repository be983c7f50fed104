"""Grouped-query attention: several heads ask, and share one head of keys and values.

    head_h = softmax(Q_h K_gᵀ / √D) V_g      g = h div (H / G)

With G = H it is multi-head attention, with G = 1 multi-query attention. The outputs are as wide as before, but
only G heads of keys and values are computed, and kept while a text is written: a cache G / H as large. Sources:
Ainslie et al., “GQA: Training Generalized Multi-Query Transformer Models from Multi-Head Checkpoints”, 2023,
section 2.2; for G = 1, Shazeer, “Fast Transformer Decoding: One Write-Head is All You Need”, 2019. The NumPy twin
is `tfm.by_hand.grouped`. This file knows nothing of positions, layers or models.

| here | in the paper | in Hugging Face's Llama |
| --- | --- | --- |
| `n_heads`, `n_kv_heads` | H, G | `num_attention_heads`, `num_key_value_heads` |
| `query`, `key`, `value`, `output` | – | `q_proj`, `k_proj`, `v_proj`, `o_proj` |
"""

from typing import Any

from torch import nn

from tfm.nn.attention import Attend, MultiHeadAttention, fused


class GroupedQueryAttention(MultiHeadAttention):
    """Multi-head attention with fewer heads of keys and values than of queries.

    A core that is passed in gets keys and values with G heads; `fused` and `scaled_dot_product` know what to do.

    Args:
        d_model: width C of what goes in and comes out.
        n_heads: H, heads of the queries; must divide `d_model`.
        n_kv_heads: G, heads of the keys and values; must divide `n_heads`.
        bias: whether the four projections add a bias; Llama's do not.
        attend: the core; `fused` by default.
        options: `d_head`, `output_bias`, `transform` and `dropout`, as in `MultiHeadAttention`.

    Raises:
        ValueError: `d_model` is not divisible by `n_heads`, or `n_heads` not by `n_kv_heads`.

    Example:
        >>> import torch
        >>> attention = GroupedQueryAttention(d_model=16, n_heads=4, n_kv_heads=2)
        >>> attention(torch.randn(1, 3, 16)).shape, attention.key.weight.shape
        (torch.Size([1, 3, 16]), torch.Size([8, 16]))

    Source: Ainslie et al., 2023, section 2.2.
    """

    def __init__(
        self,
        d_model: int,
        n_heads: int,
        n_kv_heads: int,
        *,
        bias: bool = True,
        attend: Attend = fused,
        **options: Any,
    ) -> None:
        super().__init__(d_model, n_heads, bias=bias, attend=attend, **options)
        self.n_kv_heads = require_groups(n_heads, n_kv_heads)
        self.key = nn.Linear(d_model, n_kv_heads * self.d_head, bias=bias)
        self.value = nn.Linear(d_model, n_kv_heads * self.d_head, bias=bias)


def require_groups(n_heads: int, n_kv_heads: int) -> int:
    """Return G, or say why the heads cannot share so.

    Raises:
        ValueError: `n_heads` is not a multiple of `n_kv_heads`, or that is not positive.

    Example:
        >>> require_groups(8, 3)
        Traceback (most recent call last):
        ValueError: n_heads (8) must be divisible by n_kv_heads (3): try n_kv_heads=4
    """
    if n_kv_heads < 1:
        raise ValueError(f"n_kv_heads must be at least 1, and it is {n_kv_heads}: 1 lets all heads share one")
    if n_heads % n_kv_heads:
        fit = min(
            (g for g in range(1, n_heads + 1) if n_heads % g == 0), key=lambda g: (abs(g - n_kv_heads), -g)
        )
        raise ValueError(
            f"n_heads ({n_heads}) must be divisible by n_kv_heads ({n_kv_heads}): try n_kv_heads={fit}"
        )
    return n_kv_heads
