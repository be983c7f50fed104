"""Cores of attention around other cores: exchange the innermost one, and bring queries and keys to one size.

    NormedQueryKey(q, k, v) = attend(norm(q), norm(k), v)

With queries and keys of one size no score can grow without bound, however long training goes on. Sources: Henry
et al., “Query-Key Normalization for Transformers”, 2020; with a norm that learns, as here, Dehghani et al.,
“Scaling Vision Transformers to 22 Billion Parameters”, 2023, section 2.1. This file knows nothing of layers.
"""

import copy
from typing import Any

from torch import Tensor, nn

from tfm.nn.attention import Attend, fused
from tfm.nn.dropout import Dropped
from tfm.nn.norm import RMSNorm


class NormedQueryKey(nn.Module):
    """A core that brings every query and key to one size and hands them to another core.

    Args:
        d_head: width D of a query.
        attend: the core that is given the normed query and key.
        eps: added under the root.

    Example:
        >>> import torch
        >>> from tfm.nn.attention import MultiHeadAttention
        >>> attention = MultiHeadAttention(d_model=8, n_heads=2, attend=NormedQueryKey(d_head=4))
        >>> x = torch.randn(1, 3, 8)
        >>> sum(p.numel() for p in attention.attend.parameters())
        8

    Source: Dehghani et al., 2023, section 2.1.
    """

    def __init__(self, d_head: int, attend: Attend = fused, *, eps: float = 1e-5) -> None:
        super().__init__()
        self.query_norm, self.key_norm = RMSNorm(d_head, eps=eps), RMSNorm(d_head, eps=eps)
        self.attend = attend

    def forward(
        self, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None = None
    ) -> tuple[Tensor, Tensor | None]:
        """Norm and attend; shapes as in `scaled_dot_product`.

        Raises:
            ValueError: a width is not D.
        """
        return self.attend(self.query_norm(query), self.key_norm(key), value, mask)


def around(core: Any, inner: Any) -> Any:
    """Give the same core around another innermost one: parameters and tables are shared, the old core stays.

    Args:
        core: cores within cores, each a module with the next one as its `attend`.
        inner: the new innermost core, such as `Recorded()`; inside `ALiBi` it must take a bias, such as
            `Recorded(biased)`.

    Returns:
        A core. A `Dropped` goes with what it dropped from.

    Example:
        >>> from tfm.nn.attention import Recorded
        >>> from tfm.nn.rotary import Rotary
        >>> seen = around(Rotary(d_head=4), Recorded())
        >>> type(seen).__name__, type(seen.attend).__name__
        ('Rotary', 'Recorded')
    """
    if isinstance(core, Dropped) or not isinstance(core, nn.Module) or not hasattr(core, "attend"):
        return inner
    other = copy.copy(core)  # shares parameters and tables; the lists of them must be its own
    parts = {name: part for name, part in core.named_children() if name != "attend"}
    other.__dict__ |= {"_modules": parts}
    other.__dict__.pop("attend", None)
    other.attend = around(core.attend, inner)
    return other
