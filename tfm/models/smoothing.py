"""Smoothing: what an n-gram model answers where it has counted little or nothing.

    MaximumLikelihood   c(h w) / c(h)
    AddK                (c(h w) + k) / (c(h) + k V)
    KneserNey           max(c(h w) − D, 0) / c(h)  +  (what was taken off) · p(w | h′),  h′ one token shorter

Sources: Kneser and Ney, “Improved backing-off for m-gram language modeling”, 1995; Chen and Goodman, “An empirical
study of smoothing techniques for language modeling”, 1999, sections 2.1 (additive), 2.7 and 3 (Kneser–Ney,
interpolated, ending in the uniform distribution, and modified).
This file reads counts (`tfm.models.ngram_counts`); it has never seen a text.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from tfm.models.ngram_counts import Followers, Ids, NGramCounts, Table

USUAL_DISCOUNT = 0.75  # where no n-gram occurs exactly once, and the formula would take nothing off

Discounts = tuple[float, float, float, float]  # for a count of 0 (nothing), 1, 2, and 3 or more


@runtime_checkable
class Estimate(Protocol):
    """p(w | h), for contexts h of up to n − 1 tokens."""

    def probability(self, context: Ids, token: int) -> float:
        """p(w | h) of one token."""

    def probabilities(self, context: Ids) -> NDArray[Any]:
        """p(w | h) of every token: V numbers that sum to 1."""


@runtime_checkable
class Smoothing(Protocol):
    """What an n-gram model makes of its counts."""

    def fit(self, counts: NGramCounts, n: int) -> Estimate:
        """Estimate p(w | h) from n-grams up to n."""


@dataclass(frozen=True, slots=True)
class MaximumLikelihood:
    """No smoothing, the plain share: p(w | h) = c(h w) / c(h).

    After a context that never occurred there is no share to give: `NGram.probabilities` says so in a ValueError.
    In a text to be judged, a token after such a context gets probability 0. (That changes no perplexity: the
    n-gram that ends with the context was new as well, and had probability 0 already.)

    Example:
        >>> from tfm.models.ngram import NGram
        >>> from tfm.models.ngram_counts import NGramCounts
        >>> NGram(NGramCounts("abab", n=2), MaximumLikelihood()).probabilities("a").tolist()
        [0.0, 1.0, 0.0]
    """

    def fit(self, counts: NGramCounts, n: int) -> Estimate:
        """See `Smoothing.fit`."""
        return _Added(counts, n, 0.0)


@dataclass(frozen=True, slots=True)
class AddK:
    """Add k to every count: p(w | h) = (c(h w) + k) / (c(h) + k V).

    Args:
        k: above 0. Laplace's rule is k = 1.

    Raises:
        ValueError: k is not a number above 0.

    Example:
        >>> from tfm.models.ngram import NGram
        >>> from tfm.models.ngram_counts import NGramCounts
        >>> model = NGram(NGramCounts("abab", n=2), AddK(1))  # V = 3: a, b and unknown
        >>> model.probabilities("a").tolist()  # b followed a twice of two times: (2 + 1) / (2 + 3)
        [0.2, 0.6, 0.2]

    Source: Chen and Goodman, 1999, section 2.1.
    """

    k: float = 1.0

    def __post_init__(self) -> None:
        if not 0 < self.k < np.inf:
            raise ValueError(
                f"k ({self.k}) must be a number above 0: try 0.01, or MaximumLikelihood() for none"
            )

    def fit(self, counts: NGramCounts, n: int) -> Estimate:
        """See `Smoothing.fit`."""
        return _Added(counts, n, self.k)


@dataclass(frozen=True, slots=True)
class KneserNey:
    """Take a discount D off every count, and share it out by what the shorter context says.

    p(w | h) = max(c(h w) − D, 0) / c(h) + D · N(h) / c(h) · p(w | h′), where N(h) is how many different tokens
    followed h, and h′ is h without its first token. Below the longest n-grams c counts *different tokens before*,
    not occurrences: a word that has followed one word only is a poor guess after another, however frequent it is.
    At the end stands the uniform distribution 1 / V.

    Args:
        discount: D, from 0 to 1; None estimates one for each order, D = n₁ / (n₁ + 2 n₂), from how many n-grams
            occur once and twice (and takes 0.75 where none occurs once).

    Raises:
        ValueError: the discount is not from 0 to 1.

    Example:
        >>> from tfm.models.ngram import NGram
        >>> from tfm.models.ngram_counts import NGramCounts
        >>> model = NGram(NGramCounts("abab", n=2), KneserNey(0.5))
        >>> [round(p, 3) for p in model.probabilities("a").tolist()]  # b: (2 − .5) / 2 + .5 · 1 / 2 · 5/12
        [0.104, 0.854, 0.042]

    Source: Chen and Goodman, 1999, sections 2.7 and 3.
    """

    discount: float | None = None

    def __post_init__(self) -> None:
        if self.discount is not None and not 0 <= self.discount <= 1:
            raise ValueError(
                f"discount ({self.discount}) must be from 0 to 1: try 0.75, or None to estimate it"
            )

    def fit(self, counts: NGramCounts, n: int) -> Estimate:
        """See `Smoothing.fit`."""
        levels = [(table, self._discounts(table)) for table in _kneser_ney_tables(counts, n)]
        return _Interpolated(levels, len(counts.vocabulary))

    def _discounts(self, table: Table) -> Discounts:
        d = _one_discount(_how_many(table)) if self.discount is None else self.discount
        return 0.0, d, d, d


@dataclass(frozen=True, slots=True)
class ModifiedKneserNey:
    """Kneser–Ney with three discounts, for counts of 1, of 2, and of 3 or more.

    With nᵢ n-grams that occur i times and Y = n₁ / (n₁ + 2 n₂): D₁ = 1 − 2Y n₂/n₁, D₂ = 2 − 3Y n₃/n₂,
    D₃ = 3 − 4Y n₄/n₃. Where one of the four is 0, the one discount of `KneserNey` serves all counts.

    Example:
        >>> from tfm.models.ngram import NGram
        >>> from tfm.models.ngram_counts import NGramCounts
        >>> model = NGram(NGramCounts("the cat sat on the mat".split(), n=2), ModifiedKneserNey())
        >>> f"{model.probabilities(['the']).sum():.6f}"
        '1.000000'

    Source: Chen and Goodman, 1999, section 3.
    """

    def fit(self, counts: NGramCounts, n: int) -> Estimate:
        """See `Smoothing.fit`."""
        levels = [(table, _three_discounts(_how_many(table))) for table in _kneser_ney_tables(counts, n)]
        return _Interpolated(levels, len(counts.vocabulary))


class _Added:
    """(c(h w) + k) / (c(h) + k V)."""

    def __init__(self, counts: NGramCounts, n: int, k: float) -> None:
        self.counts, self.k, self.size = counts, k, len(counts.vocabulary)
        self.tables = [counts.raw(order) for order in range(1, n + 1)]

    def probability(self, context: Ids, token: int) -> float:
        found = self.tables[len(context)].get(context)
        if found is None:
            return 1 / self.size if self.k else 0.0
        return (found.counts.get(token, 0) + self.k) / (found.total + self.k * self.size)

    def probabilities(self, context: Ids) -> NDArray[Any]:
        found = self.tables[len(context)].get(context)
        if found is None:
            if not self.k:
                raise ValueError(_never_seen([str(self.counts.vocabulary[i]) for i in context]))
            return np.full(self.size, 1 / self.size)
        shares = np.full(self.size, self.k)
        shares[list(found.counts)] += list(found.counts.values())
        return shares / (found.total + self.k * self.size)


class _Interpolated:
    """From the uniform distribution upwards: each longer context corrects the shorter one's answer."""

    def __init__(self, levels: list[tuple[Table, Discounts]], size: int) -> None:
        self.levels, self.size = levels, size

    def probability(self, context: Ids, token: int) -> float:
        p = 1 / self.size
        for length, (table, discounts) in enumerate(self.levels[: len(context) + 1]):
            found = table.get(context[len(context) - length :])
            if found is None:
                break  # then no longer one occurred either
            count = found.counts.get(token, 0)
            p = (max(count - discounts[min(count, 3)], 0) + _taken(found, discounts) * p) / found.total
        return p

    def probabilities(self, context: Ids) -> NDArray[Any]:
        p = np.full(self.size, 1 / self.size)
        for length, (table, discounts) in enumerate(self.levels[: len(context) + 1]):
            found = table.get(context[len(context) - length :])
            if found is None:
                break
            places, values = list(found.counts), np.array(list(found.counts.values()))
            p *= _taken(found, discounts)
            p[places] += np.maximum(values - np.array(discounts)[np.minimum(values, 3)], 0)
            p /= found.total
        return p


def _kneser_ney_tables(counts: NGramCounts, n: int) -> list[Table]:
    return [*(counts.left(order) for order in range(1, n)), counts.raw(n)]


def _taken(found: Followers, discounts: Discounts) -> float:
    """What the discounts take off the counts of one context, together."""
    many = len(found.counts) - found.once - found.twice
    return found.once * discounts[1] + found.twice * discounts[2] + many * discounts[3]


def _how_many(table: Table) -> Counter[int]:
    """nᵢ: how many n-grams have the count i."""
    return Counter(count for found in table.values() for count in found.counts.values())


def _one_discount(n: Counter[int]) -> float:
    return n[1] / (n[1] + 2 * n[2]) if n[1] else USUAL_DISCOUNT


def _three_discounts(n: Counter[int]) -> Discounts:
    y = _one_discount(n)
    if not all(n[i] for i in (1, 2, 3, 4)):
        return 0.0, y, y, y
    d = [i - (i + 1) * y * n[i + 1] / n[i] for i in (1, 2, 3)]
    return 0.0, *(min(max(x, 0.0), float(i)) for i, x in enumerate(d, start=1))  # type: ignore[return-value]


def _never_seen(context: list[str]) -> str:
    return (
        f"nothing ever followed “{' '.join(context)}” in the training text, so there is no share to give: "
        "shorten the context (a smaller n), or smooth"
    )
