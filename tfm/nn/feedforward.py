"""The feed-forward network: what a layer does with each position alone, after attention has mixed them.

    FeedForward(x) = activation(x W_up + b_up) W_down + b_down

Source: Vaswani et al., “Attention Is All You Need”, 2017, section 3.3, with ReLU; BERT and GPT-2 use GELU
(Hendrycks and Gimpel, “Gaussian Error Linear Units”, 2016). The NumPy twin is `tfm.by_hand.feedforward`.

| here | in the paper | in Hugging Face's BERT |
| --- | --- | --- |
| `up` | W_1, b_1 | `intermediate.dense` |
| `down` | W_2, b_2 | `output.dense` |

This file knows nothing of sentences: no position ever sees another here.
"""

from collections.abc import Callable

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from tfm.shapes import require_shape


class FeedForward(nn.Module):
    """Widen each position from C to F features, bend them, and narrow them back to C.

    Args:
        d_model: width C of what goes in and comes out.
        d_ff: hidden width F, usually 4 · C.
        activation: any function that keeps the shape; GELU by default.
        bias: whether the two projections add a bias.

    Example:
        >>> import torch
        >>> FeedForward(d_model=8, d_ff=32)(torch.randn(1, 3, 8)).shape
        torch.Size([1, 3, 8])
        >>> FeedForward(8, 32, activation=functional.relu).activation.__name__
        'relu'

    Source: Vaswani et al., 2017, equation 2.
    """

    def __init__(
        self,
        d_model: int,
        d_ff: int,
        activation: Callable[[Tensor], Tensor] = functional.gelu,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__()
        self.d_model, self.activation = d_model, activation
        self.up = nn.Linear(d_model, d_ff, bias=bias)
        self.down = nn.Linear(d_ff, d_model, bias=bias)

    def forward(self, x: Float[Tensor, "... C"]) -> Float[Tensor, "... C"]:
        """Transform each position by itself, all with the same weights.

        Args:
            x: … × C.

        Returns:
            … × C.

        Raises:
            ValueError: the last axis is not `d_model` wide.
        """
        require_shape("x", x, "... C", C=self.d_model)
        hidden = self.activation(self.up(x))  # … F
        return self.down(hidden)  # … C
