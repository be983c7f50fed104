"""Layer normalisation: each position's features get mean 0 and variance 1, then a learned stretch and shift.

    mean = Σ x / C      variance = Σ (x − mean)² / C
    LayerNorm(x) = (x − mean) / √(variance + eps) · weight + bias

Every position is normalised by itself, over its own C features: never over the batch, never over the
sentence. Source: Ba, Kiros and Hinton, “Layer Normalization”, 2016, section 3. The formula, step by step, is
`tfm.by_hand.norms`. This file knows nothing of where in a layer a norm stands: that is `tfm.nn.layer`.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from tfm.shapes import require_shape


class LayerNorm(nn.Module):
    """(x − mean) / √(variance + eps) · weight + bias, over the last axis, by PyTorch's kernel.

    Args:
        d_model: width C.
        eps: added to the variance, so that a row of equal numbers divides by something; PyTorch's modules and
            GPT-2 use 1e-5, BERT 1e-12.

    Example:
        >>> LayerNorm(3)(torch.tensor([[10.0, 20.0, 30.0]])).detach().numpy().round(3)
        array([[-1.225,  0.   ,  1.225]], dtype=float32)

    Source: Ba, Kiros and Hinton, 2016, equation 4.
    """

    def __init__(self, d_model: int, *, eps: float = 1e-5) -> None:
        super().__init__()
        self.d_model, self.eps = d_model, eps
        self.weight = nn.Parameter(torch.ones(d_model))
        self.bias = nn.Parameter(torch.zeros(d_model))

    def forward(self, x: Float[Tensor, "... C"]) -> Float[Tensor, "... C"]:
        """Normalise each position by itself.

        Args:
            x: … × C.

        Returns:
            … × C.

        Raises:
            ValueError: the last axis is not `d_model` wide.
        """
        require_shape("x", x, "... C", C=self.d_model)
        return functional.layer_norm(x, (self.d_model,), self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        """Say the width and eps when the module is printed."""
        return f"{self.d_model}, eps={self.eps}"
