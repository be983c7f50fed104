"""Choosing the next token, by hand: temperature, top-k, top-p, min-p on a row of probabilities, and a beam.

    temperature τ:  p_i ← p_i^(1/τ) / Σ_j p_j^(1/τ)
    a filter:       p_i ← 0 where it is struck out, then all divided by their sum

NumPy, one text at a time, written for reading. The blocks that models use are `tfm.generate.filters` and
`tfm.generate.beam`; the tests hold the two equal. Sources: Holtzman et al., “The Curious Case of Neural Text
Degeneration”, 2020 (top-p); Nguyen et al., “Turning Up the Heat”, 2024 (min-p); Graves, 2012 (beam).
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

OFF_ONE = 1e-3  # by as much may probabilities that were rounded on their way miss a sum of 1


def with_temperature(p: ArrayLike, temperature: float) -> NDArray[np.float64]:
    """Sharpen (below 1) or flatten (above 1) probabilities; at 0 the likeliest gets everything.

    Args:
        p: V probabilities.
        temperature: τ, 0 or more.

    Returns:
        V probabilities.

    Raises:
        ValueError: τ is negative or not finite.

    Example:
        >>> with_temperature([0.6, 0.3, 0.1], 0.5).round(3)
        array([0.783, 0.196, 0.022])
    """
    p = np.asarray(p, dtype=float)
    if not 0 <= temperature < np.inf:
        raise ValueError(f"temperature ({temperature}) must be 0 (the likeliest) or above: 0.8 is usual")
    if temperature == 0:
        return np.eye(len(p))[p.argmax()]
    return shares(np.where(p > 0, (p / p.max()) ** (1 / temperature), 0.0))


def top_k(p: ArrayLike, k: int) -> NDArray[np.float64]:
    """Keep the k likeliest; what ties with the k-th stays.

    Example:
        >>> top_k([0.5, 0.25, 0.15, 0.1], 2).round(3)
        array([0.667, 0.333, 0.   , 0.   ])
    """
    p = np.asarray(p, dtype=float)
    if k < 1:
        raise ValueError(f"top_k ({k}) is how many tokens stay, at least 1: try 40")
    return shares(np.where(p >= np.sort(p)[::-1][min(k, len(p)) - 1], p, 0.0))


def top_p(p: ArrayLike, share: float) -> NDArray[np.float64]:
    """Keep the likeliest until together they reach a share.

    Example:
        >>> top_p([0.5, 0.25, 0.15, 0.1], 0.7).round(3)
        array([0.667, 0.333, 0.   , 0.   ])
    """
    p = np.asarray(p, dtype=float)
    _require_share("top_p", share)
    order = np.argsort(-p, kind="stable")
    before = np.cumsum(p[order]) - p[order]  # what the likelier ones have together
    kept = np.zeros(len(p), dtype=bool)
    kept[order] = before < share
    return shares(np.where(kept, p, 0.0))


def min_p(p: ArrayLike, share: float) -> NDArray[np.float64]:
    """Keep those that are at least a share of the likeliest.

    Example:
        >>> min_p([0.5, 0.25, 0.15, 0.1], 0.4).round(3)
        array([0.667, 0.333, 0.   , 0.   ])
    """
    p = np.asarray(p, dtype=float)
    _require_share("min_p", share)
    return shares(np.where(p >= share * p.max(), p, 0.0))


def filtered(
    p: ArrayLike,
    temperature: float = 1.0,
    k: int | None = None,
    nucleus: float | None = None,
    least: float | None = None,
) -> NDArray[np.float64]:
    """Temperature, then top-k, top-p and min-p, each where it is asked for.

    Args:
        p: V probabilities.
        temperature: τ.
        k: of top-k; None leaves it out.
        nucleus: of top-p.
        least: of min-p.

    Returns:
        V probabilities.
    """
    q = with_temperature(p, temperature)
    q = q if k is None else top_k(q, k)
    q = q if nucleus is None else top_p(q, nucleus)
    return q if least is None else min_p(q, least)


def shares(numbers: ArrayLike) -> NDArray[np.float64]:
    """Divide by the sum, so that all together are 1.

    Raises:
        ValueError: a number is negative, or all are 0.
    """
    numbers = np.asarray(numbers, dtype=float)
    if not (numbers >= 0).all() or not numbers.sum() > 0:
        raise ValueError("probabilities are numbers from 0 on that are not all 0: look at what made them")
    return np.asarray(numbers / numbers.sum())


def require_probabilities(p: ArrayLike, n: int) -> NDArray[np.float64]:
    """Hand p on if it is n probabilities, such as a model of the reader's own must give.

    Raises:
        ValueError: there are not n numbers, one is negative or not a number, or they do not sum to 1.

    Example:
        >>> require_probabilities([0.75, 0.25], 2)
        array([0.75, 0.25])
    """
    p = np.asarray(p, dtype=float)
    if p.shape != (n,):
        raise ValueError(f"the model gave {p.shape} numbers for {n} tokens: one each is needed")
    if not (p >= 0).all() or not abs(p.sum() - 1) < OFF_ONE:
        raise ValueError(
            f"the model gave numbers from {p.min():.3g} that sum to {p.sum():.3g}, and probabilities are 0 or "
            "more and sum to 1: put a softmax behind the scores"
        )
    return p


class Branch(NamedTuple):
    """One text in one round of a beam search.

    Attributes:
        text: its tokens, prompt left out.
        parent: row of the text in the round before that it continues.
        log_probability: sum of ln p of its tokens.
        kept: whether it goes on.
    """

    text: tuple[int, ...]
    parent: int
    log_probability: float
    kept: bool


def beam_rounds(
    step: Callable[[tuple[int, ...]], ArrayLike], width: int, n: int, shown: int | None = None
) -> list[list[Branch]]:
    """Search for the likeliest text of n tokens, keeping `width` texts, and show every round.

    Args:
        step: a text → V probabilities of its next token.
        width: how many texts are kept.
        n: tokens.
        shown: how many candidates of each round are given; twice the width when None.

    Returns:
        For each round its candidates, the likeliest text first; rows count the kept ones of the round before.

    Raises:
        ValueError: the width or the length is below 1.

    Example:
        >>> table = {(): [0.6, 0.4], (0,): [0.5, 0.5], (1,): [0.1, 0.9]}
        >>> rounds = beam_rounds(table.__getitem__, width=2, n=2)
        >>> rounds[-1][0].text, f"{np.exp(rounds[-1][0].log_probability):.2f}"  # greedy would begin with 0
        ((1, 1), '0.36')
    """
    if width < 1 or n < 1:
        raise ValueError(f"width ({width}) and n ({n}) must be at least 1: try width=3")
    live = [Branch((), 0, 0.0, kept=True)]
    rounds = []
    for _ in range(n):
        grown = []
        for row, branch in enumerate(live):
            p = np.asarray(step(branch.text), dtype=float)
            for token in np.flatnonzero(p > 0).tolist():
                total = branch.log_probability + float(np.log(p[token]))
                grown.append(Branch((*branch.text, token), row, total, kept=False))
        grown.sort(key=lambda branch: -branch.log_probability)
        best = grown[: max(width, shown or 2 * width)]
        rounds.append([branch._replace(kept=i < width) for i, branch in enumerate(best)])
        live = [branch for branch in rounds[-1] if branch.kept]
    return rounds


def repeated(tokens: Sequence[object], n: int) -> float:
    """What share of a text's chains of n tokens stood in it before.

    Args:
        tokens: a text.
        n: length of a chain.

    Returns:
        0 for a text that never repeats itself, near 1 for one that goes round in circles.

    Raises:
        ValueError: n is below 1, or the text has no chain of that length.

    Example:
        >>> repeated("abcabcabc", 3)
        0.5714285714285714
    """
    if n < 1 or len(tokens) < n:
        raise ValueError(f"a text of {len(tokens)} tokens has no chains of {n}: take a longer text")
    chains = [tuple(tokens[i : i + n]) for i in range(len(tokens) - n + 1)]
    return 1 - len(set(chains)) / len(chains)


def _require_share(name: str, share: float) -> None:
    if not 0 < share <= 1:
        raise ValueError(f"{name} ({share}) is a share above 0 and at most 1: try 0.9")
