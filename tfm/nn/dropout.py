"""Dropout: while training, set a random share of the numbers to 0 and stretch the rest; else change nothing.

    Dropout(x) = x · kept / (1 − p)      kept is 1 with probability 1 − p and 0 with probability p

Dividing by 1 − p keeps every number's expectation, so that nothing needs scaling afterwards. A Transformer
drops in three places: what a part adds to the residual stream (`PostNorm` and `PreNorm` take the share),
the embeddings (`Dropout` behind them), and the weights of attention (`MultiHeadAttention` takes it). Sources:
Srivastava et al., “Dropout: A Simple Way to Prevent Neural Networks from Overfitting”, 2014, section 4;
Vaswani et al., 2017, section 5.4. `torch.manual_seed` repeats the same zeros. The NumPy twin is
`tfm.by_hand.dropout`. This file knows nothing of what it drops.
"""

from torch import nn


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
