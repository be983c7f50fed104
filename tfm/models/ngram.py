"""n-gram models: the next token from counts of what followed the last few.

A language model gives every token of a vocabulary the probability of standing next, p(w | h). An n-gram model
looks at the last n − 1 tokens h and answers from counts (`tfm.models.ngram_counts`). What it does where it counted
nothing is its smoothing, a part that is passed in (`tfm.models.smoothing`).

Sources: Shannon, “A mathematical theory of communication”, 1948, section 3 (n-grams of English); Chen and Goodman,
“An empirical study of smoothing techniques for language modeling”, 1999, section 1 (perplexity, notation).
This file knows nothing of how a text was cut into tokens.
"""

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfm.models.ngram_counts import UNKNOWN, NGramCounts, Token
from tfm.models.smoothing import Smoothing


class NGram:
    """A language model: p(w | h) from the last n − 1 tokens h.

    Near the start of a text the context is shorter, and the model answers from that.

    Args:
        counts: the training text, counted.
        smoothing: what to make of the counts, see `tfm.models.smoothing`.
        n: how long an n-gram it uses, 1 to `counts.n`; None takes `counts.n`.

    Raises:
        ValueError: longer n-grams are asked for than were counted.

    Example:
        >>> from tfm.models.ngram_counts import NGramCounts
        >>> from tfm.models.smoothing import AddK
        >>> model = NGram(NGramCounts("abracadabra", n=3), AddK(0.1))
        >>> f"{model.probability('r', 'ab'):.2f}, {model.perplexity('abra'):.1f}"
        '0.81, 1.7'
        >>> "".join(model.generate("ab", 5, seed=0))
        'raaad'
    """

    def __init__(self, counts: NGramCounts, smoothing: Smoothing, n: int | None = None) -> None:
        self.n = counts.n if n is None else n
        if not 1 <= self.n <= counts.n:
            raise ValueError(
                f"n ({self.n}) must be from 1 to {counts.n}, the longest n-gram that was counted"
            )
        self.counts, self.smoothing = counts, smoothing
        self._estimate = smoothing.fit(counts, self.n)

    @property
    def vocabulary(self) -> tuple[Token, ...]:
        """V tokens: the order of the probabilities."""
        return self.counts.vocabulary

    def probabilities(self, context: Sequence[Token] = ()) -> NDArray[Any]:
        """p(w | h) of every token of the vocabulary.

        Args:
            context: what stands before, any length; the last n − 1 tokens are looked at.

        Returns:
            V numbers that sum to 1.

        Raises:
            ValueError: the smoothing is none, and nothing ever followed this context.
        """
        return self._estimate.probabilities(self.counts.read(self.window(context)))

    def probability(self, token: Token, context: Sequence[Token] = ()) -> float:
        """p(w | h) of one token; 0 where there is no smoothing and the context never occurred."""
        return self._estimate.probability(
            self.counts.read(self.window(context)), self.counts.read([token])[0]
        )

    def count(self, context: Sequence[Token], token: Token | None = None) -> int:
        """c(h w): how often the token followed the last n − 1; without a token, how often anything did."""
        return self.counts.count(self.window(context), token)

    def window(self, context: Sequence[Token]) -> Sequence[Token]:
        """The last n − 1 tokens of the context: all that the model looks at."""
        return context[max(0, len(context) - self.n + 1) :]

    def surprises(self, tokens: Sequence[Token]) -> NDArray[Any]:
        """−log₂ p of each token after those before it, in bits: 1 bit for a coin, ∞ for what has probability 0."""
        ids, known = self.counts.read(tokens), {}
        bits = []
        for i, token in enumerate(ids):
            context = ids[max(0, i - self.n + 1) : i]
            if (context, token) not in known:  # a text repeats itself
                p = self._estimate.probability(context, token)
                known[context, token] = -math.log2(p) if p else math.inf
            bits.append(known[context, token])
        return np.array(bits)

    def log_probability(self, tokens: Sequence[Token]) -> float:
        """The natural logarithm of p(w₁ … w_T), Σ ln p(w_t | h_t): −∞ when a token has probability 0."""
        return -float(self.surprises(tokens).sum()) * math.log(2)

    def perplexity(self, tokens: Sequence[Token]) -> float:
        """exp(−ln p(w₁ … w_T) / T): among how many equally likely tokens the model hesitates on average.

        Returns:
            1 or more; V for a model that knows nothing; ∞ when one of the tokens has probability 0.

        Raises:
            ValueError: there are no tokens.
        """
        if not len(tokens):
            raise ValueError("there are no tokens to judge: give a text with at least one")
        return math.exp(-self.log_probability(tokens) / len(tokens))

    def sample(self, context: Sequence[Token], chance: float) -> Token:
        """The token on which a random number falls, when all tokens lie side by side, each as wide as likely.

        `UNKNOWN` is no word one can say: it is left out.

        Args:
            context: what stands before.
            chance: from 0 to just below 1.

        Raises:
            ValueError: there is nothing to say but `UNKNOWN`.
        """
        shares = self.probabilities(context)
        shares[self.counts.read([UNKNOWN])[0]] = 0
        ends = shares.cumsum()
        if not ends[-1]:
            raise ValueError(f"only unknown tokens ever followed {list(context)!r}: shorten it, or smooth")
        return self.vocabulary[int(np.searchsorted(ends, chance * ends[-1], side="right"))]

    def generate(self, context: Sequence[Token], steps: int, seed: int | None = None) -> Iterator[Token]:
        """Look, draw a token, append it, look again.

        Args:
            context: what stands before.
            steps: how many tokens to draw.
            seed: the same seed draws the same tokens.

        Yields:
            The new tokens, one at a time.
        """
        random, text = np.random.default_rng(seed), list(context)
        for _ in range(steps):
            text.append(self.sample(text, random.random()))
            yield text[-1]
