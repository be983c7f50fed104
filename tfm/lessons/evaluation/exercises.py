"""The exercises of lesson 20: precision and recall, clipped n-grams, and bits per byte."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfm.kit.exercise import Exercise, Mistake
from tfm.lessons.evaluation import metrics
from tfm.lessons.evaluation.bleu import clipped_matches, ngrams
from tfm.lessons.evaluation.metrics import Confusion, confusion

Array = NDArray[Any]
Tokens = Sequence[str]
Three = tuple[float, float, float]


def _three(answers: Array, marked: Array) -> Three:
    counts = confusion(answers, marked)
    return counts.precision, counts.recall, counts.f1


def _mean(counts: Confusion) -> Three:
    return counts.precision, counts.recall, (counts.precision + counts.recall) / 2


def _swapped(answers: Array, marked: Array) -> Three:
    precision, recall, f1 = _three(answers, marked)
    return recall, precision, f1


def _of_all(counts: Confusion, n: int) -> Three:
    return counts.found / n, counts.found / n, counts.found / n


precision_recall = Exercise(
    name="precision_recall",
    asks="return precision, recall and F1, in this order",
    praise="precision asks the marked, recall asks the yes, and F1 is high only when both are",
    solution=_three,
    cases=[
        (np.array([1, 1, 1, 1, 0, 0, 0, 0, 0, 0]), np.array([1, 1, 1, 0, 1, 1, 0, 0, 0, 0])),
        (np.array([1, 0, 0, 1, 1, 0]), np.array([1, 0, 0, 0, 0, 0])),
        (np.array([0, 1, 1, 0, 0]), np.array([1, 1, 1, 1, 0])),
    ],
    parts=("precision", "recall", "F1"),
    mistakes=[
        Mistake(
            "precision and recall are exchanged",
            "Precision divides by what was marked, recall by what is a yes",
            _swapped,
        ),
        Mistake(
            "F1 is the plain mean of the two",
            "Take the harmonic mean, 2 · precision · recall / (precision + recall)",
            lambda a, m: _mean(confusion(a, m)),
        ),
        Mistake(
            "everything is divided by all cases",
            "Precision divides by the marked, recall by the yes: the rest does not count",
            lambda a, m: _of_all(confusion(a, m), len(a)),
        ),
        Mistake(
            "accuracy stands where precision belongs",
            "Ask only the marked cases how many of them are a yes",
            lambda a, m: (confusion(a, m).accuracy, *_three(a, m)[1:]),
        ),
        Mistake(
            "yes and no are exchanged",
            "Count what was marked and is a yes, not what was left out and is a no",
            lambda a, m: _three(1 - a, 1 - m),
        ),
        Mistake(
            "the 2 of F1 is forgotten",
            "Without it, a precision and a recall of 1 would make one half",
            lambda a, m: (*_three(a, m)[:2], _three(a, m)[2] / 2),
        ),
    ],
)


def _clipped(output: Tokens, reference: Tokens, n: int) -> float:
    matches, total = clipped_matches(output, [reference], n)
    return matches / total


def _unclipped(output: Tokens, reference: Tokens, n: int) -> float:
    chains, known = ngrams(output, n), ngrams(reference, n)
    return sum(count for chain, count in chains.items() if chain in known) / chains.total()


def _different(output: Tokens, reference: Tokens, n: int) -> float:
    chains = set(ngrams(output, n))
    return len(chains & set(ngrams(reference, n))) / len(chains)


def _matches(output: Tokens, reference: Tokens, n: int) -> int:
    return clipped_matches(output, [reference], n)[0]


def _same_place(output: Tokens, reference: Tokens, n: int) -> float:
    pairs = [output[i : i + n] == reference[i : i + n] for i in range(len(output) - n + 1)]
    return sum(pairs) / len(pairs)


def _blocks(output: Tokens, reference: Tokens, n: int) -> float:
    mine, theirs = (
        Counter(tuple(text[i : i + n]) for i in range(0, len(text) - n + 1, n))
        for text in (output, reference)
    )
    return (mine & theirs).total() / mine.total()


clipped_precision = Exercise(
    name="clipped_precision",
    asks="return the share of the output's n-grams that the reference has, each at most as often as there",
    praise="a word that is repeated earns nothing beyond what the reference repeats",
    solution=_clipped,
    cases=[
        (output.split(), reference.split(), n)
        for output, reference, n in (
            ("the the the the", "the cat is on the mat", 1),
            ("the cat sat on a mat", "the cat sat on the mat", 2),
            ("on the mat the cat on the mat sat", "now the cat sat on the mat", 3),
            ("on the mat on the mat on the floor", "she slept on the mat", 2),
            ("a b a b", "b a b a c a b", 1),
        )
    ],
    mistakes=[
        Mistake(
            "repetitions are counted without limit",
            "Take the smaller of the two counts: “the the the the” must not score 4 of 4",
            _unclipped,
        ),
        Mistake(
            "each different n-gram is counted once",
            "Count with a Counter instead of a set: a repeated chain stands in the output twice",
            _different,
        ),
        Mistake(
            "it is divided by the reference's n-grams",
            "That would be a recall: divide by how many n-grams the output has",
            lambda o, r, n: _matches(o, r, n) / ngrams(r, n).total(),
        ),
        Mistake(
            "it is divided by the number of words",
            "Divide by the number of n-grams: of five words only four pairs can be made",
            lambda o, r, n: _matches(o, r, n) / len(o),
        ),
        Mistake(
            "n is forgotten",
            "Compare chains of n words, not single ones",
            lambda o, r, n: _clipped(o, r, 1),  # noqa: ARG005 (that is the mistake)
        ),
        Mistake(
            "only chains at the same place count",
            "Look for the chain anywhere in the reference",
            _same_place,
        ),
        Mistake(
            "the chains do not overlap",
            "Start one at every word: a chain of two may share a word with the next",
            _blocks,
        ),
        Mistake(
            "the count came back instead of the share",
            "Divide by how many n-grams the output has",
            _matches,
        ),
    ],
)


def _bits(shares: Array) -> float:
    return float(-np.log2(shares).sum())


bits_per_byte = Exercise(
    name="bits_per_byte",
    asks="return how many bits the text cost the model, for each of its bytes",
    praise="bits and bytes belong to the text, not to the tokenizer, so any two models can be compared",
    solution=metrics.bits_per_byte,
    cases=[
        (np.array([0.5, 0.25]), "我"),
        (np.array([0.9, 0.2, 0.01]), "naïve"),
        (np.array([0.125, 0.5, 0.5, 0.5, 0.3]), "a model"),
    ],
    mistakes=[
        Mistake(
            "it is divided by characters",
            "Divide by len(text.encode()): ï is two bytes, and 我 is three",
            lambda p, text: _bits(p) / len(text),
        ),
        Mistake(
            "it is divided by tokens",
            "Their number depends on the tokenizer: divide by len(text.encode())",
            lambda p, text: _bits(p) / len(p),  # noqa: ARG005 (that is the mistake)
        ),
        Mistake(
            "these are nats",
            "Take np.log2 instead of np.log, or divide by np.log(2)",
            lambda p, text: metrics.bits_per_byte(p, text) * np.log(2),
        ),
        Mistake(
            "the sign is missing",
            "A logarithm of a share is negative: put a minus before it",
            lambda p, text: -metrics.bits_per_byte(p, text),
        ),
        Mistake(
            "this is the perplexity",
            "Do not take the exponential: add up −log₂ p and divide by the bytes",
            lambda p, text: metrics.perplexity(p),  # noqa: ARG005
        ),
        Mistake(
            "the whole text's bits came back",
            "Divide them by len(text.encode())",
            lambda p, text: _bits(p),  # noqa: ARG005
        ),
        Mistake(
            "the shares were averaged before the logarithm",
            "Take the logarithm of each share, then add up",
            lambda p, text: float(-np.log2(p.mean())) * len(p) / len(text.encode()),
        ),
    ],
)
