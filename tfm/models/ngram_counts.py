"""How often each token followed each context: all that an n-gram model knows of its training text.

c(h w) is how often the token w followed the context h, c(h) how often anything did. The continuation counts of
Kneser–Ney are here too: how many *different* tokens stood before an n-gram.

Source: Chen and Goodman, “An empirical study of smoothing techniques for language modeling”, 1999, sections 1 and
2.7. Tokens are anything hashable: words, characters, numbers. This file knows nothing of how a text was cut into
them, and nothing of probabilities.
"""

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import NamedTuple

UNKNOWN = "<unk>"  # stands for every token that is not in the vocabulary

Token = Hashable
Ids = tuple[int, ...]  # tokens by their places in the vocabulary


class Followers(NamedTuple):
    """What followed one context.

    Attributes:
        counts: how often each token did, by its place in the vocabulary; 1 or more.
        total: the sum of the counts.
        once: how many tokens did exactly once.
        twice: how many did exactly twice.
    """

    counts: Mapping[int, int]
    total: int
    once: int
    twice: int


Table = Mapping[Ids, Followers]


class NGramCounts:
    """How often each token followed each context of up to n − 1 tokens.

    Args:
        tokens: the training text, one token after the other.
        n: the longest n-gram to count, 1 or more.
        vocabulary: the tokens that may be predicted; every other one is read as `UNKNOWN`, which is always in it.
            None takes all tokens of the text.

    Attributes:
        n: the longest n-gram.
        vocabulary: V tokens; the order of every array of probabilities.

    Raises:
        ValueError: n is below 1, or there are no tokens.

    Example:
        >>> counts = NGramCounts("the cat sat on the mat".split(), n=2)
        >>> counts.vocabulary
        ('the', 'cat', 'sat', 'on', 'mat', '<unk>')
        >>> counts.count(["the"], "cat"), counts.count(["the"]), counts.count([], "the")
        (1, 2, 2)
    """

    def __init__(self, tokens: Iterable[Token], n: int, vocabulary: Iterable[Token] | None = None) -> None:
        if n < 1:
            raise ValueError(f"n ({n}) must be 1 or more: n=2 looks at one token before")
        text = list(tokens)
        if not text:
            raise ValueError("there are no tokens to count: give a text with at least one")
        known = text if vocabulary is None else vocabulary
        self.n = n
        self.vocabulary: tuple[Token, ...] = tuple(dict.fromkeys([*known, UNKNOWN]))
        self._ids = {token: i for i, token in enumerate(self.vocabulary)}
        ids = self.read(text)
        # For each n-gram one shift to the left a place; the shortest row ends the zip.
        self._grams = [Counter(zip(*(ids[i:] for i in range(m)), strict=False)) for m in range(1, n + 1)]
        self._raw: dict[int, Table] = {}
        self._left: dict[int, Table] = {}

    def read(self, tokens: Iterable[Token]) -> Ids:
        """The tokens' places in the vocabulary; unknown ones get the place of `UNKNOWN`."""
        unknown = self._ids[UNKNOWN]
        return tuple(self._ids.get(token, unknown) for token in tokens)

    def after(self, context: Sequence[Token]) -> Followers | None:
        """What followed the context; None when nothing ever did.

        Raises:
            ValueError: the context is longer than n − 1.
        """
        if len(context) >= self.n:
            raise ValueError(
                f"the context has {len(context)} tokens and only n-grams up to n = {self.n} were counted: "
                f"give at most {self.n - 1}, or count with n={len(context) + 1}"
            )
        return self.raw(len(context) + 1).get(self.read(context))

    def count(self, context: Sequence[Token], token: Token | None = None) -> int:
        """c(h w): how often the token followed the context; without a token c(h): how often anything did.

        Raises:
            ValueError: the context is longer than n − 1.
        """
        found = self.after(context)
        if found is None:
            return 0
        return found.total if token is None else found.counts.get(self.read([token])[0], 0)

    def distinct(self, order: int) -> set[tuple[Token, ...]]:
        """The different n-grams of one order, 1 to n, that stand in the text."""
        return {tuple(self.vocabulary[i] for i in gram) for gram in self._grams[order - 1]}

    def raw(self, order: int) -> Table:
        """The counts of the n-grams of one order, 1 to n, by context."""
        if order not in self._raw:
            self._raw[order] = _by_context(self._grams[order - 1])
        return self._raw[order]

    def left(self, order: int) -> Table:
        """Count for each n-gram of one order, 1 to n − 1, how many *different* tokens stood before it."""
        if order not in self._left:
            self._left[order] = _by_context(Counter(gram[1:] for gram in self._grams[order]))
        return self._left[order]


def _by_context(grams: Mapping[Ids, int]) -> Table:
    grouped: dict[Ids, dict[int, int]] = {}
    for gram, count in grams.items():
        grouped.setdefault(gram[:-1], {})[gram[-1]] = count
    table = {}
    for context, counts in grouped.items():
        values = list(counts.values())
        table[context] = Followers(counts, sum(values), values.count(1), values.count(2))
    return table
