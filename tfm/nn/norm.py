"""Norms: each position's features are brought to one size, then stretched by learned numbers.

    mean = Σ x / C      variance = Σ (x − mean)² / C
    LayerNorm(x) = (x − mean) / √(variance + eps) · weight + bias

    RMSNorm(x) = x / √(Σ x² / C + eps) · weight

LayerNorm gives every position mean 0 and variance 1; RMSNorm leaves the mean where it is and only brings the
root of the mean square to 1. Either way every position is normalised by itself, over its own C features:
never over the batch, never over the sentence. Sources: Ba, Kiros and Hinton, “Layer Normalization”, 2016,
section 3; Zhang and Sennrich, “Root Mean Square Layer Normalization”, 2019, section 3. The formulas, step by
step, are `tfm.by_hand.norms`. This file knows nothing of where in a layer a norm stands: that is
`tfm.nn.layer`.
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

        Raises:
            ValueError: the last axis is not `d_model` wide.
        """
        require_shape("x", x, "... C", C=self.d_model)
        return functional.layer_norm(x, (self.d_model,), self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        """Say the width and eps when the module is printed."""
        return f"{self.d_model}, eps={self.eps}"


class RMSNorm(nn.Module):
    """x / √(mean of x² + eps) · weight, over the last axis, by PyTorch's kernel: no mean taken off, no shift.

    Args:
        d_model: width C.
        eps: added to the mean square, so that a row of zeros divides by something; T5 and the first Llama use
            1e-6, later Llamas 1e-5.

    Example:
        >>> RMSNorm(3)(torch.tensor([[10.0, 20.0, 30.0]])).detach().numpy().round(3)
        array([[0.463, 0.926, 1.389]], dtype=float32)

    Source: Zhang and Sennrich, 2019, equation 4; used by T5 and Llama.
    """

    def __init__(self, d_model: int, *, eps: float = 1e-6) -> None:
        super().__init__()
        self.d_model, self.eps = d_model, eps
        self.weight = nn.Parameter(torch.ones(d_model))

    def forward(self, x: Float[Tensor, "... C"]) -> Float[Tensor, "... C"]:
        """Normalise each position by itself.

        Returns:
            … × C, of the dtype of `x`.

        Raises:
            ValueError: the last axis is not `d_model` wide.
        """
        require_shape("x", x, "... C", C=self.d_model)
        weight = self.weight.to(x.dtype)  # under autocast queries and keys come in bfloat16
        return functional.rms_norm(x, (self.d_model,), weight, self.eps)

    def extra_repr(self) -> str:
        """Say the width and eps when the module is printed."""
        return f"{self.d_model}, eps={self.eps}"
