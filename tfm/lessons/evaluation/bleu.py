"""BLEU: how many of a translation's words, pairs, triples and fours stand in a translation by people.

    pₙ = matching n-grams / n-grams of the output,   a match counted at most as often as the reference has it
    BP = 1 where the output is at least as long as the reference, else exp(1 − r / c)
    BLEU = 100 · BP · (p₁ · p₂ · p₃ · p₄)^(1/4)

Over a corpus the counts are added first and divided once. A single sentence seldom has matching fours: each order
without a match then counts as a half, the next as a quarter of one (“exp” in sacreBLEU). Lists of tokens go in;
cutting text into them is the caller's, and changes the score. `tfm.metrics.bleu` is the one to publish.

Sources: Papineni, Roukos, Ward and Zhu, “BLEU: a Method for Automatic Evaluation of Machine Translation”, 2002,
section 2; Chen and Cherry, “A Systematic Comparison of Smoothing Techniques for Sentence-Level BLEU”, 2014,
method 3; Post, “A Call for Clarity in Reporting BLEU Scores”, 2018.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

LONGEST = 4  # words in the longest n-gram

Tokens = Sequence[str]


@dataclass(frozen=True, slots=True)
class NgramCounts:
    """What BLEU is made of, for one sentence or, added up, for many.

    Attributes:
        matches: matching n-grams for n = 1 to 4, clipped.
        totals: n-grams of the output for n = 1 to 4.
        length: c, tokens of the output.
        reference_length: r, tokens of the reference nearest in length.
    """

    matches: tuple[int, ...]
    totals: tuple[int, ...]
    length: int
    reference_length: int

    def __add__(self, other: "NgramCounts") -> "NgramCounts":
        """Add two sentences' counts."""
        return NgramCounts(
            tuple(a + b for a, b in zip(self.matches, other.matches, strict=True)),
            tuple(a + b for a, b in zip(self.totals, other.totals, strict=True)),
            self.length + other.length,
            self.reference_length + other.reference_length,
        )


def ngrams(tokens: Tokens, n: int) -> Counter[tuple[str, ...]]:
    """Count the chains of n tokens.

    Example:
        >>> ngrams("the cat the cat".split(), 2).most_common(1)
        [(('the', 'cat'), 2)]
    """
    return Counter(tuple(tokens[i : i + n]) for i in range(len(tokens) - n + 1))


def clipped_matches(output: Tokens, references: Sequence[Tokens], n: int) -> tuple[int, int]:
    """How many of the output's n-grams the references have, each at most as often as one reference has it.

    Returns:
        Matches, and n-grams of the output.

    Example:
        >>> clipped_matches("the the the the".split(), ["the cat is on the mat".split()], 1)
        (2, 4)
    """
    counts = ngrams(output, n)
    allowed: Counter[tuple[str, ...]] = Counter()
    for reference in references:
        allowed |= ngrams(reference, n)  # the larger of the two counts
    return (counts & allowed).total(), counts.total()


def brevity_penalty(length: int, reference_length: int) -> float:
    """1 for an output at least as long as the reference, exp(1 − r / c) for a shorter one, 0 for an empty one.

    Example:
        >>> brevity_penalty(6, 6), round(brevity_penalty(3, 6), 3)
        (1.0, 0.368)
    """
    if length >= reference_length:
        return 1.0
    return math.exp(1 - reference_length / length) if length else 0.0


def count_ngrams(output: Tokens, references: Sequence[Tokens]) -> NgramCounts:
    """Count one output against its references.

    Raises:
        ValueError: there is no reference.

    Example:
        >>> count_ngrams("the cat sat".split(), ["the cat sat down".split()]).matches
        (3, 2, 1, 0)
    """
    if not references:
        raise ValueError("there is no reference to compare with: give at least one")
    matches, totals = zip(
        *(clipped_matches(output, references, n) for n in range(1, LONGEST + 1)), strict=True
    )
    nearest = min((len(r) for r in references), key=lambda r: (abs(r - len(output)), r))
    return NgramCounts(matches, totals, len(output), nearest)


def corpus_bleu(outputs: Sequence[Tokens], references: Sequence[Sequence[Tokens]]) -> float:
    """BLEU of many outputs: counts are added over all sentences, then divided.

    Args:
        outputs: N lists of tokens.
        references: N lists of references, each a list of tokens.

    Returns:
        0 to 100. An order for which the outputs have no n-gram at all makes it 0, as in sacreBLEU.

    Raises:
        ValueError: there are no outputs, or not one list of references for each.

    Example:
        >>> round(corpus_bleu(["the cat sat on a mat".split()], [["the cat sat on the mat".split()]]), 2)
        53.73
    """
    if not outputs or len(outputs) != len(references):
        raise ValueError(
            f"there are {len(outputs)} outputs and {len(references)} lists of references: give one list for each"
        )
    counts = [count_ngrams(output, refs) for output, refs in zip(outputs, references, strict=True)]
    return _score(sum(counts[1:], counts[0]), LONGEST)


def sentence_bleu(output: Tokens, references: Sequence[Tokens]) -> float:
    """BLEU of one sentence: orders for which it is too short are left out.

    Example:
        >>> sentence_bleu("I am a student .".split(), ["I am a student .".split()])
        100.0
    """
    counts = count_ngrams(output, references)
    return _score(counts, sum(total > 0 for total in counts.totals))


def _score(counts: NgramCounts, orders: int) -> float:
    """100 · BP · the geometric mean of the first orders' precisions."""
    if not any(counts.matches) or not all(counts.totals[:orders]):
        return 0.0
    logs, half = 0.0, 1.0
    for match, total in zip(counts.matches[:orders], counts.totals, strict=False):
        if not match:
            half /= 2
        logs += math.log((match or half) / total)
    return 100 * brevity_penalty(counts.length, counts.reference_length) * math.exp(logs / orders)
