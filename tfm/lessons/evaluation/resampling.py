"""How sure is a score? Draw the test set again, from itself, and look how far the score wanders.

The bootstrap: of n cases draw n, with replacement, and compute the score once more; do it many times. The middle
95 % of those scores is an interval for the score. Two models are drawn together, the same cases for both: what
wanders is then their *difference*, without the luck of the cases that both share.

Sources: Efron, “Bootstrap Methods: Another Look at the Jackknife”, 1979; Koehn, “Statistical Significance Tests
for Machine Translation Evaluation”, 2004 (paired, for BLEU). This file knows no score.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[Any]
Score = Callable[[Array], float]


def bootstrap(score: Score, n: int, rounds: int = 1000, seed: int = 0) -> Array:
    """Compute a score on many test sets that are drawn from one.

    Args:
        score: from n places of cases, some of them twice, to a number.
        n: how many cases there are.
        rounds: how many test sets to draw.
        seed: of the drawing.

    Returns:
        `rounds` scores.

    Raises:
        ValueError: n or rounds is below 1.

    Example:
        >>> right = np.array([1, 1, 1, 0])
        >>> scores = bootstrap(lambda drawn: right[drawn].mean(), 4)
        >>> len(scores), bool(0.7 < scores.mean() < 0.8)
        (1000, True)
    """
    if n < 1 or rounds < 1:
        raise ValueError(f"n ({n}) and rounds ({rounds}) must be 1 or more: there is nothing to draw")
    generator = np.random.default_rng(seed)
    return np.array([score(generator.integers(0, n, size=n)) for _ in range(rounds)], dtype=float)


def interval(scores: ArrayLike, level: float = 0.95) -> tuple[float, float]:
    """The middle of many scores, between the (1 − level) / 2 quantiles.

    Raises:
        ValueError: the level is not between 0 and 1.

    Example:
        >>> interval(range(101), level=0.5)
        (25.0, 75.0)
    """
    if not 0 < level < 1:
        raise ValueError(f"level ({level}) must lie between 0 and 1: try 0.95")
    low, high = np.quantile(np.asarray(scores, dtype=float), [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def paired_bootstrap(first: Score, second: Score, n: int, rounds: int = 1000, seed: int = 0) -> Array:
    """Draw test sets and compute on each how much the second model's score is above the first's.

    Example:
        >>> a, b = np.array([1, 0, 0, 1]), np.array([1, 1, 0, 1])
        >>> gains = paired_bootstrap(lambda i: a[i].mean(), lambda i: b[i].mean(), 4)
        >>> bool((gains >= 0).all())  # b is right wherever a is
        True
    """
    return bootstrap(lambda drawn: second(drawn) - first(drawn), n, rounds, seed)
