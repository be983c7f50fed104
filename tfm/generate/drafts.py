"""Drafts: guesses, for next to nothing, of what a model will write next; `tfm.generate.speculative` checks them.

    LookBack     … to be or not to b│e or n…       what followed the last time that the text stood like this
    Counted      th│e                              what followed most often in a text that was counted beforehand
    FirstOf      the first of several drafts that has a guess

A wrong guess costs a little time and nothing else, so a draft may be as simple as it likes. Sources: Leviathan,
Kalman and Matias, “Fast Inference from Transformers via Speculative Decoding”, 2023, section 2.1 (the draft, and
n-grams as one); Saxena, “Prompt Lookup Decoding”, 2023 (looking back). This file knows nothing of models.
"""

from collections.abc import Sequence
from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike, NDArray

FACTOR, ROUND = (
    6_364_136_223_846_793_005,
    2**64,
)  # of the numbers that stand for contexts; any large odd one does


@runtime_checkable
class Draft(Protocol):
    """What is asked of a draft."""

    def __call__(self, ids: Sequence[int], n: int) -> Sequence[int]:
        """Guess what comes after `ids`: n ids at most, none where there is no guess."""
        ...


class LookBack:
    """Guess that the text goes on as it did the last time it looked like this.

    Args:
        shortest: how many tokens at the end must have stood before, 1 or more.
        longest: so many are looked for first, then one less, and so on.

    Raises:
        ValueError: a number is out of range.

    Example:
        >>> LookBack(shortest=2)([7, 1, 2, 3, 9, 1, 2], 3)
        [3, 9, 1]
        >>> LookBack(shortest=2)([5, 5, 5], 4)  # what repeats itself is taken to go on doing so
        [5, 5, 5, 5]

    Source: Saxena, 2023.
    """

    def __init__(self, shortest: int = 3, longest: int = 16) -> None:
        if not 1 <= shortest <= longest:
            raise ValueError(f"shortest ({shortest}) must be from 1 to longest ({longest}): try 3 and 16")
        self.shortest, self.longest = shortest, longest

    def __call__(self, ids: Sequence[int], n: int) -> list[int]:
        """Guess n ids, or none."""
        text = "".join(map(chr, ids))  # Python finds a string in a string in C
        for length in range(min(self.longest, len(text) - 1), self.shortest - 1, -1):
            place = text.rfind(text[-length:], 0, len(text) - 1)
            if place >= 0:
                start = place + length
                return [ids[start + i % (len(ids) - start)] for i in range(n)]
        return []


class _Order(NamedTuple):
    """All contexts of one length: their numbers in order, the token that followed most often, and how often."""

    contexts: NDArray[np.uint64]
    following: NDArray[np.int64]
    share: NDArray[np.float64]


class Counted:
    """Guess what followed most often after the last few tokens, in a text that was counted once.

    The longest context that was ever seen decides. A context is kept as one 64-bit number; should two share one,
    a guess is worse. A guess is as sure as the share of times that this token followed, one doubtful time added;
    guessing ends where all guesses together are less sure than `least`.

    Args:
        ids: the text, at least two tokens; what the model was trained on is best.
        longest: tokens of the longest context, 1 or more.
        least: how likely the last guess must be to be reached and right, 0 to 1.

    Raises:
        ValueError: the text is too short, or a number is out of range.

    Example:
        >>> Counted([1, 2, 3, 1, 2, 3, 1, 2, 4], longest=2, least=0.0)([9, 1, 2], 3)
        [3, 1, 2]

    Source: Leviathan, Kalman and Matias, 2023, section 4.1, where bigrams are the cheapest draft.
    """

    def __init__(self, ids: ArrayLike, longest: int = 6, least: float = 0.35) -> None:
        text = np.asarray(ids).astype(np.uint64)
        if text.ndim != 1 or len(text) < 2:
            raise ValueError(f"a text of {text.size} tokens has nothing to count: pass two or more, in a row")
        if longest < 1 or not 0 <= least <= 1:
            raise ValueError(
                f"longest ({longest}) must be 1 or more, least ({least}) from 0 to 1: try 6 and 0.35"
            )
        self.longest, self.least = min(longest, len(text) - 1), least
        numbers, factor = np.zeros(len(text), np.uint64), 1
        self._orders = []
        for length in range(1, self.longest + 1):
            factor = factor * FACTOR % ROUND
            numbers[length - 1 :] += (text[: len(text) - length + 1] + np.uint64(1)) * np.uint64(factor)
            self._orders.append(_counted(numbers[length - 1 : -1], text[length:]))

    def __call__(self, ids: Sequence[int], n: int) -> list[int]:
        """Guess n ids at most."""
        text, sure = list(ids[-self.longest :]), 1.0
        guesses: list[int] = []
        while len(guesses) < n:
            token, share = self._next(text[-self.longest :])
            sure *= share
            if share == 0 or sure < self.least:
                break
            guesses.append(token)
            text.append(token)
        return guesses

    def _next(self, context: Sequence[int]) -> tuple[int, float]:
        """The likeliest next token after the longest known end of a context, and how sure that is."""
        number, factor, found = 0, 1, (0, 0.0)
        for token, order in zip(reversed(context), self._orders, strict=False):
            factor = factor * FACTOR % ROUND
            number = (number + (token + 1) * factor) % ROUND
            place = int(order.contexts.searchsorted(np.uint64(number)))
            if place == len(order.contexts) or int(order.contexts[place]) != number:
                break  # a longer context that ends so was not seen either
            found = int(order.following[place]), float(order.share[place])
        return found


class FirstOf:
    """Ask several drafts in turn, and take the first guess that there is.

    Args:
        drafts: the most careful one first.
    """

    def __init__(self, *drafts: Draft) -> None:
        self.drafts = drafts

    def __call__(self, ids: Sequence[int], n: int) -> Sequence[int]:
        """Guess n ids at most."""
        return next((guesses for draft in self.drafts if (guesses := draft(ids, n))), [])


def _counted(contexts: NDArray[np.uint64], following: NDArray[np.uint64]) -> _Order:
    """Count what followed each context, and keep the most frequent, the smallest id of equally frequent ones."""
    order = np.lexsort((following, contexts))
    contexts, following = contexts[order], following[order]
    new = (contexts[1:] != contexts[:-1]) | (following[1:] != following[:-1])
    starts = np.flatnonzero(np.concatenate([[True], new]))  # of equal pairs
    counts = np.diff(np.concatenate([starts, [len(contexts)]]))
    contexts, following = contexts[starts], following[starts]
    firsts = np.flatnonzero(np.concatenate([[True], contexts[1:] != contexts[:-1]]))  # of equal contexts
    totals = np.add.reduceat(counts, firsts)
    best = np.lexsort((following, -counts, contexts))[firsts]
    return _Order(contexts[firsts], following[best].astype(np.int64), counts[best] / (totals + 1))
