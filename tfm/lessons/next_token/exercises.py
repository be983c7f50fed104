"""The exercises of lesson 05: shares from counts, perplexity, add-k, and one step of writing."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfm.kit.exercise import Exercise, Mistake

Array = NDArray[Any]

_COUNTS = np.array([[0.0, 3.0, 2.0, 1.0], [2.0, 0.0, 1.0, 1.0], [1.0, 1.0, 0.0, 6.0], [4.0, 0.0, 1.0, 0.0]])

next_shares = Exercise(
    name="next_shares",
    asks="return the table of p(next | before): each count divided by the sum of its row",
    praise="every row is a distribution of its own: it says what follows one word, and sums to 1",
    solution=lambda counts: counts / counts.sum(axis=1, keepdims=True),
    cases=[(_COUNTS,), (np.array([[1.0, 3.0], [5.0, 5.0]]),)],
    mistakes=[
        Mistake(
            "divided by the sum of the whole table",
            "That is the share of the pair among all pairs: divide each row by its own sum",
            lambda counts: counts / counts.sum(),
        ),
        Mistake(
            "divided each column by its sum",
            "That is p(before | next): sum over axis=1, along the row",
            lambda counts: counts / counts.sum(axis=0, keepdims=True),
        ),
        Mistake(
            "the sums of the rows met the columns",
            "Keep the axis, sum(axis=1, keepdims=True), so that each sum divides its own row",
            lambda counts: counts / counts.sum(axis=1),
        ),
        Mistake(
            "divided by the largest count of the row",
            "Use the sum, or the row does not sum to 1",
            lambda counts: counts / counts.max(axis=1, keepdims=True),
        ),
        Mistake(
            "softmax stands where a share belongs",
            "Counts are no scores: divide them by their sum, without any power of e",
            lambda counts: np.exp(counts) / np.exp(counts).sum(axis=1, keepdims=True),
        ),
    ],
)

_CHANCES = np.array([0.5, 0.25, 0.125, 0.125, 0.3])
_LONG = np.linspace(0.001, 0.02, 700)  # their product is smaller than any number a computer holds


def _surprise(p: Array) -> float:
    return float(-np.log(p).mean())


perplexity = Exercise(
    name="perplexity",
    asks="return the perplexity of the probabilities that a model gave to the words that came",
    praise="logarithms add up where a product of 700 probabilities would have vanished",
    solution=lambda p: np.exp(_surprise(p)),
    cases=[(np.full(4, 1 / 6),), (_CHANCES,), (_LONG,)],
    mistakes=[
        Mistake(
            "the product became 0 on a long text",
            "Add logarithms instead: np.exp(-np.log(p).mean())",
            lambda p: np.prod(p) ** (-1 / len(p)),
        ),
        Mistake(
            "the minus is missing",
            "The logarithm of a probability is negative: take −mean before the exponential",
            lambda p: np.exp(-_surprise(p)),
        ),
        Mistake(
            "stopped at the mean surprise",
            "That is the cross-entropy: its exponential is the perplexity",
            _surprise,
        ),
        Mistake(
            "averaged 1/p",
            "Average the logarithms and take the exponential at the end",
            lambda p: (1 / p).mean(),
        ),
        Mistake(
            "took 1 over the average probability",
            "A good word cannot make up for a bad one so easily: average the logarithms",
            lambda p: 1 / p.mean(),
        ),
        Mistake(
            "bits met the power of e",
            "Log2 goes with 2 ** …, and log with exp",
            lambda p: np.exp(-np.log2(p).mean()),
        ),
        Mistake(
            "summed instead of averaging",
            "Divide by the number of words, or a long text is always worse",
            lambda p: np.exp(-np.log(p).sum()),
        ),
    ],
)


def _shared(counts: Array) -> Array:
    return counts / counts.sum()


add_k = Exercise(
    name="add_k",
    asks="return (count + k) divided by its sum, for the counts of all words after one context",
    praise="no word is impossible any more, and the shares still sum to 1",
    solution=lambda counts, k: _shared(counts + k),
    cases=[
        (np.array([3.0, 2.0, 1.0, 0.0, 0.0]), 1.0),
        (np.array([3.0, 2.0, 1.0, 0.0, 0.0]), 0.1),
        (np.array([0.0, 0.0, 7.0]), 0.5),
        (np.zeros(4), 0.5),
    ],
    mistakes=[
        Mistake(
            "divided by the old sum",
            "Every one of the V words got k, so the sum has grown by k · V",
            lambda counts, k: (counts + k) / counts.sum(),
        ),
        Mistake(
            "k was added once below",
            "The sum grows by k for each of the V words: add k · V",
            lambda counts, k: (counts + k) / (counts.sum() + k),
        ),
        Mistake(
            "only the zeros got k",
            "Add k to every count, seen or not",
            lambda counts, k: _shared(counts + k * (counts == 0)),
        ),
        Mistake(
            "the counts themselves got nothing",
            "Add k above the line too, or a word that was never seen stays at 0",
            lambda counts, k: counts / (counts + k).sum(),
        ),
        Mistake(
            "added 1, whatever k is",
            "Add k: a smaller one takes less from the words that were seen",
            lambda counts, k: _shared(counts + 1),  # noqa: ARG005 (that is the mistake)
        ),
        Mistake(
            "nothing was added",
            "Add k to every count before you divide",
            lambda counts, k: _shared(counts),  # noqa: ARG005
        ),
    ],
)

_SHARES = np.array([0.1, 0.4, 0.2, 0.3])


def _landed(p: Array, chance: float) -> int:
    return int(np.searchsorted(np.cumsum(p), chance, side="right"))


next_place = Exercise(
    name="next_place",
    asks="return the place of the word on which the random number falls",
    praise="each word is hit as often as it is likely: this is the whole of drawing by chance",
    solution=_landed,
    cases=[(_SHARES, chance) for chance in (0.05, 0.3, 0.45, 0.6, 0.75, 0.95)]
    + [(np.array([0.5, 0.25, 0.25]), 0.5), (np.array([0.0, 0.75, 0.25]), 0.0)],
    mistakes=[
        Mistake(
            "always took the likeliest",
            "That is greedy: use the random number, so that the others get their turn",
            lambda p, chance: int(np.argmax(p)),  # noqa: ARG005
        ),
        Mistake(
            "compared the number with single probabilities",
            "Add them up from the left, np.cumsum, and see where the number falls",
            lambda p, chance: int(np.argmax(p > chance)),
        ),
        Mistake(
            "took the word before",
            "Take the first word at whose end the sum is more than the random number",
            lambda p, chance: max(_landed(p, chance) - 1, 0),
        ),
        Mistake(
            "a number on the border stayed on the left",
            "The sum must be more than the number, not as much: a word with probability 0 must never be hit",
            lambda p, chance: int(np.searchsorted(np.cumsum(p), chance, side="left")),
        ),
        Mistake(
            "counted from the right",
            "The words lie side by side from the left, in the order of the list",
            lambda p, chance: len(p) - 1 - _landed(p[::-1], chance),
        ),
        Mistake(
            "all words were equally likely",
            "Let each word be as wide as its probability, not 1 / V",
            lambda p, chance: int(chance * len(p)),
        ),
        Mistake(
            "sorted the words first",
            "Keep their order: the place must fit the vocabulary",
            lambda p, chance: _landed(np.sort(p)[::-1], chance),
        ),
    ],
)
