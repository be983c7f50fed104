"""Dropout: while training, set a random share of the numbers to 0 and stretch the rest; else change nothing.

    Dropout(x) = x · kept / (1 − p)      kept is 1 with probability 1 − p and 0 with probability p

Dividing by 1 − p keeps every number's expectation, so that nothing needs scaling afterwards. A Transformer
drops in three places: what a part adds to the residual stream (`PostNorm` and `PreNorm` take the share),
the embeddings (`Dropout` behind them), and the weights of attention (`Dropped` around the core). Sources:
Srivastava et al., “Dropout: A Simple Way to Prevent Neural Networks from Overfitting”, 2014, section 4;
Vaswani et al., 2017, section 5.4. `torch.manual_seed` repeats the same zeros. The NumPy twin is
`tfm.by_hand.dropout`. This file knows nothing of what it drops.
"""

from torch import Tensor, nn

from tfm.nn.attention import DroppingAttend, fused


def require_share(p: float) -> float:
    """Return p, or say what a share is.

    Raises:
        ValueError: p is not a number from 0 to 1.

    Example:
        >>> require_share(1.5)
        Traceback (most recent call last):
        ValueError: dropout is the share that is set to 0, from 0 to 1, and it is 1.5: 0.1 is usual
    """
    if not 0 <= p <= 1:
        raise ValueError(f"dropout is the share that is set to 0, from 0 to 1, and it is {p}: 0.1 is usual")
    return p


class Dropout(nn.Dropout):
    """While training, set each number to 0 with probability p and divide the rest by 1 − p.

    Args:
        p: the share that is set to 0, from 0 to 1.

    Raises:
        ValueError: p is not a number from 0 to 1.

    Example:
        >>> import torch
        >>> _ = torch.manual_seed(0)
        >>> Dropout(0.5)(torch.ones(8)).unique().tolist()
        [0.0, 2.0]
        >>> Dropout(0.5).eval()(torch.ones(8)).unique().tolist()
        [1.0]

    Source: Srivastava et al., 2014, section 4.
    """

    def __init__(self, p: float = 0.1) -> None:
        super().__init__(require_share(p))


class Dropped(nn.Module):
    """A core of attention that forgets some of its weights while training: dropout(softmax(…)) V.

    A core that is a plain function cannot know whether the model trains. This one is a module, so that
    `model.train()` and `model.eval()` reach it when it is passed as a layer's `attend`, by itself or inside a core
    that is a module too: `Rotary(d_head, Dropped(p=0.1))`.

    Args:
        attend: the core whose weights are dropped; it takes `dropout=`, as `fused` and `scaled_dot_product` do.
        p: the share of the weights that is set to 0, from 0 to 1.

    Raises:
        ValueError: p is not a number from 0 to 1.

    Example:
        >>> import torch
        >>> from tfm.nn.attention import MultiHeadAttention
        >>> layer, x = MultiHeadAttention(8, 2, attend=Dropped(p=0.5)), torch.randn(1, 3, 8)
        >>> torch.equal(layer(x), layer(x)), torch.equal(layer.eval()(x), layer(x))
        (False, True)

    Source: Vaswani et al., 2017, in the authors' program; BERT and GPT-2 do the same.
    """

    def __init__(self, attend: DroppingAttend = fused, p: float = 0.1) -> None:
        super().__init__()
        self.attend, self.p = attend, require_share(p)

    def forward(
        self, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None = None
    ) -> tuple[Tensor, Tensor | None]:
        """Attend; while training, with a share of the weights set to 0 and the rest divided by 1 − p."""
        return self.attend(query, key, value, mask, dropout=self.p if self.training else 0.0)

    def extra_repr(self) -> str:
        """Say the share when the module is printed."""
        return f"p={self.p}"
