"""The exercises of lesson 09: scores, softmax, and the whole of attention."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfm.by_hand.attention import attention as our_attention
from tfm.by_hand.softmax import softmax as our_softmax
from tfm.kit.exercise import Exercise, Mistake

Array = NDArray[Any]
_draw = np.random.default_rng(9).normal


def _inputs(T: int, S: int, D: int) -> tuple[Array, Array, Array]:
    return _draw(size=(T, D)).round(2), _draw(size=(S, D)).round(2), _draw(size=(S, D)).round(2)


_CASES = [_inputs(3, 3, 2), _inputs(2, 5, 4), _inputs(4, 4, 9)]


def _attend(query: Array, key: Array, value: Array) -> tuple[Array, Array, Array]:
    steps = our_attention(query, key, value)
    return steps.scaled, steps.weights, steps.output


def _root(query: Array) -> float:
    return float(np.sqrt(query.shape[-1]))


scores = Exercise(
    name="scores",
    asks="return the T × S scores: each query's dot product with each key, divided by √D",
    praise="every query met every key, and √D keeps the scores of wide and narrow heads alike",
    solution=lambda query, key: query @ key.T / _root(query),
    cases=[case[:2] for case in _CASES],
    mistakes=[
        Mistake("scaled by D instead of √D", "Divide by np.sqrt(D)", lambda q, k: q @ k.T / q.shape[-1]),
        Mistake("not scaled", "Divide the dot products by np.sqrt(D)", lambda q, k: q @ k.T),
        Mistake(
            "multiplied by √D",
            "Divide: large scores are what √D protects from",
            lambda q, k: q @ k.T * _root(q),
        ),
        Mistake(
            "keys and queries are swapped",
            "One row a query: query @ key.T, not key @ query.T",
            lambda q, k: k @ q.T / _root(q),
        ),
        Mistake(
            "scaled by the number of keys",
            "D is the width of a query, its last axis, not the number of positions",
            lambda q, k: q @ k.T / np.sqrt(len(k)),
        ),
        Mistake(
            "divided each vector by its own length, which is cosine similarity",
            "Attention keeps the lengths: divide by √D alone",
            lambda q, k: (
                (q / np.linalg.norm(q, axis=-1, keepdims=True))
                @ (k / np.linalg.norm(k, axis=-1, keepdims=True)).T
            ),
        ),
    ],
)


def _plain_softmax(scores: Array, axis: int | None = -1) -> Array:
    grown = np.exp(scores)
    return np.asarray(grown / grown.sum(axis=axis, keepdims=True))


softmax = Exercise(
    name="softmax",
    asks="return weights of the same shape, positive, with every row summing to 1, even for scores near 1,000",
    praise="each row is shared out by itself, and the largest score, taken away first, keeps exp from overflowing",
    solution=our_softmax,
    cases=[(np.array([[2.0, 1.0, 0.0], [0.0, 0.0, 3.0]]),), (np.array([[1000.0, 999.0], [-5.0, 5.0]]),)],
    mistakes=[
        Mistake(
            "softmax over the wrong axis",
            "Each query shares its attention among the keys, so sum along the last axis: axis=-1",
            lambda s: our_softmax(s, axis=0),
        ),
        Mistake(
            "the whole matrix sums to 1",
            "Give the sum axis=-1 and keepdims=True",
            lambda s: np.exp(s - s.max()) / np.exp(s - s.max()).sum(),
        ),
        Mistake(
            "exp overflows for large scores",
            "Subtract each row's largest score first: it changes no weight",
            _plain_softmax,
        ),
        Mistake(
            "one maximum for the whole matrix",
            "Subtract each row's own maximum, or the exponentials of a row far below it all become 0",
            lambda s: _plain_softmax(s - s.max()),
        ),
        Mistake(
            "no exponential", "Take np.exp of the scores, then divide", lambda s: s / s.sum(-1, keepdims=True)
        ),
        Mistake(
            "not divided by the sum",
            "Divide each row by its sum, so that it is shared out",
            lambda s: np.exp(s - s.max(-1, keepdims=True)),
        ),
        Mistake(
            "a hard maximum",
            "Softmax is soft: every score keeps a share",
            lambda s: (s == s.max(-1, keepdims=True)).astype(float),
        ),
    ],
)

attention = Exercise(
    name="attention",
    asks="return scores, weights and output: T × S, T × S and T × D",
    praise="all three tensors are right; this is equation 1 of the 2017 paper",
    solution=_attend,
    cases=_CASES,
    parts=("scores", "weights", "output"),
    mistakes=[
        Mistake(
            "scaled by D instead of √D",
            "Divide by np.sqrt(D)",
            lambda q, k, v: _finish(q @ k.T / q.shape[-1], v),
        ),
        Mistake("not scaled", "Divide the dot products by np.sqrt(D)", lambda q, k, v: _finish(q @ k.T, v)),
        Mistake(
            "softmax over the wrong axis",
            "Each query's row must sum to 1: axis=-1",
            lambda q, k, v: _finish(q @ k.T / _root(q), v, axis=0),
        ),
        Mistake(
            "mixed the keys instead of the values",
            "The keys only decide how much; what is mixed is value",
            lambda q, k, _: _finish(q @ k.T / _root(q), k),
        ),
        Mistake(
            "mixed by the scores instead of the weights",
            "Multiply the softmax's result with value",
            lambda q, k, v: (*_finish(q @ k.T / _root(q), v)[:2], q @ k.T / _root(q) @ v),
        ),
        Mistake(
            "no softmax",
            "Turn the scores into weights first",
            lambda q, k, v: (q @ k.T / _root(q), q @ k.T / _root(q), q @ k.T / _root(q) @ v),
        ),
        Mistake(
            "softmax of unscaled scores",
            "Use the scaled scores you return",
            lambda q, k, v: (q @ k.T / _root(q), *_finish(q @ k.T, v)[1:]),
        ),
    ],
)


def _finish(scores: Array, value: Array, axis: int = -1) -> tuple[Array, Array, Array]:
    weights = our_softmax(scores, axis=axis)
    return scores, weights, weights @ value
