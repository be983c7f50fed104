"""Losses to expect before a model is trained, counted from the data: three rulers to hold a run against.

    even      ln V: every token is as likely as any other
    tokens    the mean of −ln p(t), each token as likely as it is frequent
    pairs     the mean of −ln p(t | the token before), counted

A model passes them from top to bottom as it learns. Source: the n-gram models of lesson 05 (Shannon, 1951). Knows
nothing of models, tokenizers or training.
"""

import math

import numpy as np
from numpy.typing import NDArray

PAIRS = 2_048  # tokens of a vocabulary at most for a table of all pairs
Ids = NDArray[np.int64]


def expected_losses(train: Ids, val: Ids, n_vocab: int, *, pairs_up_to: int = PAIRS) -> dict[str, float]:
    """Losses that a model should pass on its way down, in nats a token.

    Args:
        train: ids to count in.
        val: ids to judge on.
        n_vocab: V.
        pairs_up_to: the largest V for which a table of V × V pairs is counted.

    Returns:
        “even”: ln V; “tokens”: the bet follows how often each token is; “pairs”: it follows how often each token
        came after the one before, which is left out for larger vocabularies.

    Example:
        >>> ids = np.array([0, 1] * 50)
        >>> losses = expected_losses(ids, ids, 2)
        >>> [round(losses[name], 2) for name in ("even", "tokens", "pairs")]
        [0.69, 0.69, 0.01]
    """
    counts = np.bincount(train, minlength=n_vocab) + 1.0  # one more of each, so that none is impossible
    often = counts / counts.sum()
    losses = {"even": math.log(n_vocab), "tokens": float(-np.log(often[val]).mean())}
    if n_vocab <= pairs_up_to and len(val) > 1:
        pairs = np.bincount(train[:-1] * n_vocab + train[1:], minlength=n_vocab**2).reshape(n_vocab, n_vocab)
        after = (pairs + often) / (pairs.sum(1, keepdims=True) + 1.0)  # rare pairs lean on single tokens
        losses["pairs"] = float(-np.log(after[val[:-1], val[1:]]).mean())
    return losses
