"""Queries and keys of one size: a norm for each, before they meet.

    scores = norm(q) · norm(k) / √D

With queries and keys of one size no score can grow without bound, however long training goes on. Sources: Henry
et al., “Query-Key Normalization for Transformers”, 2020; with a norm that learns, as here, Dehghani et al.,
“Scaling Vision Transformers to 22 Billion Parameters”, 2023, section 2.1. This file knows nothing of layers.
"""

from torch import Tensor, nn

from tfm.nn.attention import Transform
from tfm.nn.norm import RMSNorm


class QueryKeyNorm(nn.Module):
    """A transform that brings every query and key to one size.

    Args:
        d_head: width D of a query.
        then: the transform that comes next, such as `Rotary`; none when None.
        eps: added under the root.

    Example:
        >>> import torch
        >>> from tfm.nn.attention import MultiHeadAttention
        >>> attention = MultiHeadAttention(d_model=8, n_heads=2, transform=QueryKeyNorm(d_head=4))
        >>> attention(torch.randn(1, 3, 8)).shape, sum(p.numel() for p in attention.transform.parameters())
        (torch.Size([1, 3, 8]), 8)

    Source: Dehghani et al., 2023, section 2.1; Qwen3 turns what is normed.
    """

    def __init__(self, d_head: int, then: Transform | None = None, *, eps: float = 1e-5) -> None:
        super().__init__()
        self.query_norm, self.key_norm = RMSNorm(d_head, eps=eps), RMSNorm(d_head, eps=eps)
        self.then = then

    def forward(self, query: Tensor, key: Tensor, start: int = 0) -> tuple[Tensor, Tensor]:
        """Norm both, then let the next transform have them; shapes as in `Transform`.

        Raises:
            ValueError: a width is not D.
        """
        query, key = self.query_norm(query), self.key_norm(key)
        return (query, key) if self.then is None else self.then(query, key, start)
