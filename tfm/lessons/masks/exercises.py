"""The exercises of lesson 10: the triangle, the mask before softmax, padding, and a detector of leaks."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfm.by_hand.masks import causal as our_causal
from tfm.by_hand.masks import moved
from tfm.by_hand.masks import padding as our_padding
from tfm.by_hand.softmax import softmax
from tfm.kit.exercise import Exercise, Mistake

Array = NDArray[Any]
_draw = np.random.default_rng(10).normal


def _numbers(right: Callable[..., Array]) -> Mistake:
    """The mistake of a mask with the right shape that is made of ones and zeros."""
    return Mistake(
        "these are ones and zeros, not True and False",
        "Return the comparison itself, or use .astype(bool): added to the scores, a 1 hides nothing",
        lambda *args: right(*args).astype(float),
    )


causal = Exercise(
    name="causal",
    asks="return the T × T mask in which each position may look at itself and at all before it (True: may look)",
    praise="a triangle with its diagonal: the first position sees itself, the last one everybody",
    solution=our_causal,
    cases=[(1,), (3,), (6,)],
    boolean=True,
    mistakes=[
        _numbers(our_causal),
        Mistake(
            "a position may not look at itself",
            "Keep the diagonal: with k <= t each row has one place at least",
            lambda n: np.tril(np.ones((n, n), dtype=bool), k=-1),
        ),
        Mistake(
            "this is the future, not the past",
            "Row t is the one that looks: allow columns s <= t, the lower triangle",
            lambda n: our_causal(n).T,
        ),
        Mistake(
            "True and False are exchanged",
            "True means “may look” in this course",
            lambda n: ~our_causal(n),
        ),
        Mistake(
            "everybody sees everybody", "Forbid the columns s > t", lambda n: np.ones((n, n), dtype=bool)
        ),
        Mistake(
            "each position sees itself alone",
            "Allow all columns up to the row's own number",
            lambda n: np.eye(n, dtype=bool),
        ),
        Mistake(
            "the mask holds numbers to add, not yes and no",
            "Return True and False; the −∞ comes when the mask is used",
            lambda n: np.where(our_causal(n), 0.0, -1e9),
        ),
    ],
)


def _masked(scores: Array, mask: Array) -> Array:
    return softmax(np.where(mask, scores, -np.inf), axis=-1)


def _share(weights: Array, mask: Array) -> Array:
    return weights * mask


mask_softmax = Exercise(
    name="mask_softmax",
    asks="return the weights: softmax of each row over the places its mask allows, and 0 elsewhere",
    praise="what is struck out before softmax leaves no trace, and each row still sums to 1",
    solution=_masked,
    cases=[
        (np.array([[0.0, 1.0, 2.0]]), np.array([[True, True, False]])),
        (_draw(size=(4, 4)).round(2), our_causal(4)),
        (_draw(size=(3, 5)).round(2) - 6.0, np.array([[True, False, True, True, False]] * 3)),
    ],
    mistakes=[
        Mistake(
            "the mask came after softmax",
            "Strike scores out first: otherwise rows do not sum to 1, and a hidden score still counts",
            lambda s, m: _share(softmax(s, axis=-1), m),
        ),
        Mistake(
            "a forbidden score became 0",
            "Use −∞: a score of 0 still gets a share, since e to the power of 0 is 1",
            lambda s, m: softmax(np.where(m, s, 0.0), axis=-1),
        ),
        Mistake(
            "the mask was multiplied in, before softmax and after it",
            "Use −∞ in the scores, and nothing afterwards",
            lambda s, m: _share(softmax(s * m, axis=-1), m),
        ),
        Mistake(
            "allowed and forbidden are exchanged",
            "True means “may look”: put −∞ where the mask is False",
            lambda s, m: softmax(np.where(m, -1e9, s), axis=-1),
        ),
        Mistake(
            "softmax ran down the columns",
            "Share out along the last axis: a row is one word's attention",
            lambda s, m: softmax(np.where(m, s, -1e9), axis=0),
        ),
        Mistake("the mask was not used", "Put −∞ where it is False", lambda s, m: softmax(s, axis=-1)),  # noqa: ARG005
        Mistake(
            "these are the masked scores",
            "Softmax is still to come",
            lambda s, m: np.where(m, s, -np.inf),
        ),
    ],
)


def _pad(lengths: Array, n: int) -> Array:
    return our_padding(lengths.tolist(), n)[:, 0]


padding = Exercise(
    name="padding",
    asks="from the lengths of B sentences return the B × S mask that is True on tokens and False on padding",
    praise="each sentence ends where it ends, however long its neighbours are",
    solution=_pad,
    cases=[(np.array([3, 1, 4]), 4), (np.array([2]), 2), (np.array([1, 2]), 5)],
    boolean=True,
    mistakes=[
        _numbers(_pad),
        Mistake(
            "one place too many is allowed",
            "Places count from 0: a sentence of 3 tokens has places 0, 1 and 2, so compare with <",
            lambda lengths, n: np.arange(n) <= lengths[:, None],
        ),
        Mistake(
            "the padding is allowed and the words are forbidden",
            "True means “may look”",
            lambda lengths, n: ~_pad(lengths, n),
        ),
        Mistake(
            "the padding stands in front",
            "Sentences are filled up at their end here",
            lambda lengths, n: _pad(lengths, n)[:, ::-1],
        ),
        Mistake(
            "rows and columns are exchanged",
            "A row is a sentence: lengths[:, None] stands them upright",
            lambda lengths, n: _pad(lengths, n).T,
        ),
        Mistake(
            "all sentences have the length of the longest",
            "Compare each row with its own length",
            lambda lengths, n: np.tile(np.arange(n) < lengths.max(), (len(lengths), 1)),
        ),
    ],
)


def _honest(x: Array) -> Array:
    return np.asarray(np.cumsum(x, axis=0))


def _next_too(x: Array) -> Array:
    return x + np.vstack([x[1:], 0 * x[:1]])


def _faintly(x: Array) -> Array:
    return np.asarray(np.cumsum(x, axis=0) + 1e-6 * x[:, :1].mean(axis=0))


def _alone(x: Array) -> Array:
    return np.tanh(x)


def _second_sees_third(x: Array) -> Array:
    return x + np.vstack([0 * x[:1], x[2:3], 0 * x[2:]])


def _leaks(model: Callable[[Array], Array], x: Array) -> bool:
    return bool((np.triu(moved(model, x), k=1) > 0).any())


_X = _draw(size=(5, 3)).round(2)
_MODELS = [
    _honest,
    _next_too,
    _second_sees_third,
    _faintly,
    _alone,
    lambda x: x[::-1],
    lambda x: np.vstack([0 * x[:1], x[:-1]]),
]

leaks = Exercise(
    name="leaks",
    asks="return True if changing any position of x moves an output before it, and False if not",
    praise="you change, run, and compare: a test that no model can talk its way around",
    solution=_leaks,
    cases=[(model, _X) for model in _MODELS],
    mistakes=[
        Mistake(
            "only the last position was changed",
            "Change each position in turn: a model may hide the last and still show the one before",
            lambda model, x: bool((moved(model, x)[:-1, -1] > 0).any()),
        ),
        Mistake(
            "a change in the position's own output counts as a leak",
            "Compare only the outputs before the changed position",
            lambda model, x: bool((np.triu(moved(model, x)) > 0).any()),
        ),
        Mistake(
            "outputs after the changed position count as a leak",
            "They may move: only the outputs before it must not",
            lambda model, x: bool((np.tril(moved(model, x), k=-1) > 0).any()),
        ),
        Mistake(
            "a faint leak was missed",
            "Compare with == or a bound near rounding: training finds a millionth as well as a half",
            lambda model, x: bool((np.triu(moved(model, x), k=1) > 1e-3).any()),
        ),
        Mistake(
            "yes and no are exchanged",
            "Return True when something moved that must not",
            lambda model, x: not _leaks(model, x),
        ),
        Mistake(
            "every model is said to leak",
            "Run the model on x as it is, and compare with that",
            lambda *_: True,
        ),
        Mistake("no model is said to leak", "Change a later position before you run it", lambda *_: False),
    ],
)
