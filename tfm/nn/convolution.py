"""A causal convolution as a mixer: each position sees itself and a few before it, through the same weights.

    y_t = b + Σ_j W_j x_{t−K+1+j}        j = 0 … K − 1; what lies before the text is 0

Source: van den Oord et al., “WaveNet: A Generative Model for Raw Audio”, 2016, section 2.1; of texts, Dauphin et
al., “Language Modeling with Gated Convolutional Networks”, 2017. A mixer takes the place of attention in a layer
(`tfm.nn.layer`). This file knows nothing of layers.

| here | `torch.nn.Conv1d` |
| --- | --- |
| `weight`, C × C × K, and `bias` | the same; it takes B × C × T, padded on the left by K − 1 |
"""

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from tfm.nn.recurrence import StateCache, require_back_only
from tfm.shapes import require_shape


class CausalConvolution(nn.Module):
    """A convolution over positions that looks back only.

    Args:
        d_model: width C of what goes in and comes out.
        width: K, how many positions are seen, the present one among them.

    Raises:
        ValueError: `width` is below 1.

    Example:
        >>> CausalConvolution(8, width=3)(torch.randn(1, 5, 8)).shape
        torch.Size([1, 5, 8])

    Source: van den Oord et al., 2016, figure 2.
    """

    def __init__(self, d_model: int, width: int = 4) -> None:
        super().__init__()
        if width < 1:
            raise ValueError(f"the convolution sees {width} positions and must see 1 at least: 4 is usual")
        self.d_model, self.width = d_model, width
        self.weight = nn.Parameter(torch.empty(d_model, d_model, width))
        self.bias = nn.Parameter(torch.empty(d_model))
        for parameter in self.parameters():
            nn.init.uniform_(parameter, -((d_model * width) ** -0.5), (d_model * width) ** -0.5)

    def forward(
        self, x: Float[Tensor, "B T C"], *, cache: StateCache | None = None, **options: Any
    ) -> Float[Tensor, "B T C"]:
        """Mix every position with those before it.

        Args:
            cache: the last K − 1 positions of earlier calls, by `new_cache`; `x` then holds the new ones alone.
            options: `causal`, which it is anyhow.

        Raises:
            ValueError: the width does not fit, or it is told something else.
        """
        require_back_only("a causal convolution", options)
        require_shape("x", x, "B T C", C=self.d_model)
        n, back = x.shape[1], self.width - 1
        before = x.new_zeros(len(x), back, self.d_model) if cache is None else cache.before(x)  # B K−1 C
        seen = torch.cat([before, x], dim=1)  # B K−1+T C
        if cache is not None:
            cache.keep(seen[:, n:], n)
        shifted = (seen[:, j : j + n] @ self.weight[:, :, j].T for j in range(self.width))  # B T C each
        return sum(shifted, start=self.bias)

    def new_cache(self, batch: int, max_length: int, dtype: torch.dtype | None = None) -> StateCache:
        """Make what lies before a text: zeros, on this module's device.

        Args:
            batch: B, texts that are written side by side.
            max_length: any; only K − 1 positions are kept.
            dtype: of what is kept; that of the weights when None.
        """
        del max_length
        before = torch.zeros(batch, self.width - 1, self.d_model, device=self.weight.device)
        return StateCache(before.to(dtype or self.weight.dtype))
