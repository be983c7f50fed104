"""The feed-forward network: what a layer does with each position alone, after attention has mixed them.

    FeedForward(x)      = activation(x W_up + b_up) W_down + b_down
    GatedFeedForward(x) = (activation(x W_gate) · x W_up) W_down

Sources: Vaswani et al., “Attention Is All You Need”, 2017, section 3.3, with ReLU; BERT and GPT-2 use GELU
(Hendrycks and Gimpel, “Gaussian Error Linear Units”, 2016); Llama uses the gate with SiLU, called SwiGLU
(Shazeer, “GLU Variants Improve Transformer”, 2020). The NumPy twin is `tfm.by_hand.feedforward`.

| here | in the paper | in Hugging Face's BERT | in Hugging Face's Llama |
| --- | --- | --- | --- |
| `up` | W_1, b_1; with a gate V | `intermediate.dense` | `up_proj` |
| `gate` | W | – | `gate_proj` |
| `down` | W_2, b_2 | `output.dense` | `down_proj` |

The activation is an argument: `torch.relu`, `functional.gelu`, `gelu_tanh`, `squared_relu`, `functional.silu`, or
the reader's own. This file knows nothing of sentences: no position ever sees another here.
"""

from collections.abc import Callable

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from tfm.nn.dropout import Dropout
from tfm.shapes import require_shape


def gelu_tanh(x: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
    """GELU as GPT-2 computes it: x · (1 + tanh(√(2/π) · (x + 0.044715 x³))) / 2, within 0.0005 of the exact one.

    Example:
        >>> import torch
        >>> gelu_tanh(torch.tensor([-1.0, 0.0, 1.0])).numpy().round(4)
        array([-0.1588,  0.    ,  0.8412], dtype=float32)

    Source: Hendrycks and Gimpel, 2016, section 2.
    """
    return functional.gelu(x, approximate="tanh")


def squared_relu(x: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
    """ReLU, squared: max(x, 0)².

    Example:
        >>> import torch
        >>> squared_relu(torch.tensor([-3.0, 0.5, 3.0])).tolist()
        [0.0, 0.25, 9.0]

    Source: So et al., “Primer: Searching for Efficient Transformers for Language Modeling”, 2021, section 3.
    """
    return functional.relu(x).square()


class FeedForward(nn.Module):
    """Widen each position from C to F features, bend them, and narrow them back to C.

    Args:
        d_model: width C of what goes in and comes out.
        d_ff: hidden width F, usually 4 · C.
        activation: any function that keeps the shape; GELU by default.
        bias: whether the two projections add a bias.
        dropout: share of the hidden features set to 0 while training, 0 to 1.

    Raises:
        ValueError: `dropout` is not a number from 0 to 1.

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
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.d_model, self.activation = d_model, activation
        self.up = nn.Linear(d_model, d_ff, bias=bias)
        self.dropout = Dropout(dropout)
        self.down = nn.Linear(d_ff, d_model, bias=bias)

    def forward(self, x: Float[Tensor, "... C"]) -> Float[Tensor, "... C"]:
        """Transform each position by itself, all with the same weights.

        Raises:
            ValueError: the last axis is not `d_model` wide.
        """
        require_shape("x", x, "... C", C=self.d_model)
        hidden = self.activation(self.up(x))  # … F
        return self.down(self.dropout(hidden))  # … C


class GatedFeedForward(nn.Module):
    """A feed-forward network whose hidden features are opened and closed by a second projection.

    With SiLU it is SwiGLU, with GELU GEGLU, with the sigmoid the plain gated linear unit. Three matrices
    instead of two: for as many parameters as `FeedForward` with 4 · C, take d_ff = 8 · C / 3.

    Args:
        d_model: width C of what goes in and comes out.
        d_ff: hidden width F.
        activation: of the gate; keeps the shape; SiLU by default.
        bias: whether the three projections add a bias; Llama's do not.
        dropout: share of the hidden features set to 0 while training, 0 to 1.

    Raises:
        ValueError: `dropout` is not a number from 0 to 1.

    Example:
        >>> import torch
        >>> GatedFeedForward(d_model=6, d_ff=16)(torch.randn(1, 3, 6)).shape
        torch.Size([1, 3, 6])
        >>> sum(p.numel() for p in GatedFeedForward(6, 16).parameters())  # FeedForward(6, 24, bias=False) has
        288

    Source: Shazeer, 2020, section 2.
    """

    def __init__(
        self,
        d_model: int,
        d_ff: int,
        activation: Callable[[Tensor], Tensor] = functional.silu,
        *,
        bias: bool = False,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.d_model, self.activation = d_model, activation
        self.gate = nn.Linear(d_model, d_ff, bias=bias)
        self.up = nn.Linear(d_model, d_ff, bias=bias)
        self.dropout = Dropout(dropout)
        self.down = nn.Linear(d_ff, d_model, bias=bias)

    def forward(self, x: Float[Tensor, "... C"]) -> Float[Tensor, "... C"]:
        """Transform each position by itself, all with the same weights.

        Raises:
            ValueError: the last axis is not `d_model` wide.
        """
        require_shape("x", x, "... C", C=self.d_model)
        hidden = self.activation(self.gate(x)) * self.up(x)  # … F
        return self.down(self.dropout(hidden))  # … C
