"""The exercises of lesson 19: temperature, top-p, and one round of a beam search."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfm.by_hand.softmax import softmax
from tfm.kit.exercise import Exercise, Mistake
from tfm.lessons.generation import choosing

Array = NDArray[Any]
Round = tuple[Array, Array, Array]

sharpen = Exercise(
    name="sharpen",
    asks="return the probabilities that these logits give at this temperature",
    praise="below 1 the likely gets likelier, above 1 all come closer, and the order never changes",
    solution=lambda logits, t: softmax(np.asarray(logits), temperature=t),
    cases=[
        (np.array([2.0, 1.0, 0.0, -1.5]), 0.5),
        (np.array([0.3, -0.7, 1.9]), 2.0),
        (np.array([1.0, 1.0, -3.0, 0.5, 0.2]), 0.8),
    ],
    parts=("the probabilities",),
    mistakes=[
        Mistake(
            "the logits are multiplied by the temperature",
            "Divide: a temperature below 1 has to pull the logits apart",
            lambda logits, t: softmax(logits * t),
        ),
        Mistake(
            "the temperature comes after the softmax",
            "Divide the logits first; shares that are all divided by the same number keep their ratios",
            lambda logits, t: softmax(logits) / t,
        ),
        Mistake(
            "the softmax is missing",
            "Divided logits are no probabilities yet: exponentiate them and divide by their sum",
            lambda logits, t: logits / t,
        ),
        Mistake(
            "the temperature is not used",
            "At a temperature of 2 every logit should count half",
            lambda logits, _: softmax(logits),
        ),
        Mistake(
            "the shares do not sum to 1",
            "Divide by the sum of the exponentials",
            lambda logits, t: np.exp(logits / t),
        ),
    ],
)


def _keep(p: Array, kept: Array, *, share_out: bool = True) -> Array:
    q = np.where(kept, p, 0.0)
    return q / q.sum() if share_out else q


def _nucleus(p: Array, starts: Callable[[Array, Array], Array], **how: bool) -> Array:
    """Top-p by a rule: the ordered probabilities and their sums so far → which stay."""
    order = np.argsort(-p, kind="stable")
    kept = np.zeros(len(p), dtype=bool)
    kept[order] = starts(p[order], p[order].cumsum())
    return _keep(p, kept, **how)


def _ascending(p: Array, share: float) -> Array:
    order = np.argsort(p, kind="stable")
    kept = np.zeros(len(p), dtype=bool)
    kept[order] = p[order].cumsum() - p[order] < share
    return _keep(p, kept)


nucleus = Exercise(
    name="nucleus",
    asks="return the probabilities after top-p, an array of the same length",
    praise="the likeliest tokens stay until together they reach the share, and what stays sums to 1",
    solution=choosing.top_p,
    cases=[
        (np.array([0.1, 0.45, 0.15, 0.3]), 0.7),
        (np.array([0.05, 0.04, 0.9, 0.01]), 0.5),
        (np.array([0.22, 0.19, 0.21, 0.18, 0.2]), 0.8),
    ],
    parts=("the probabilities",),
    mistakes=[
        Mistake(
            "the token that crosses the share is struck out",
            "Keep a token while those before it have less than the share: then the likeliest always stays",
            lambda p, share: _nucleus(p, lambda q, sums: (sums <= share) | (q == q[0])),
        ),
        Mistake(
            "what stays does not sum to 1",
            "Divide by the sum of what stays, or the dice would sometimes fall on nothing",
            lambda p, share: _nucleus(p, lambda q, sums: sums - q < share, share_out=False),
        ),
        Mistake(
            "the probabilities come back in order of size",
            "A token's number is its place: strike out in the array you were given",
            lambda p, share: np.sort(choosing.top_p(p, share))[::-1],
        ),
        Mistake(
            "the sum runs in the order of the vocabulary",
            "Sort first: the likeliest tokens are to be added up",
            lambda p, share: _keep(p, p.cumsum() - p < share),
        ),
        Mistake(
            "the unlikeliest tokens are kept",
            "Argsort goes upwards: sort −p, so that the likeliest come first",
            _ascending,
        ),
        Mistake(
            "this is min-p",
            "Compare sums with the share, not each token with the likeliest",
            choosing.min_p,
        ),
    ],
)


def _best(scores: Array, width: int) -> Round:
    """The best cells of a table: their rows, their columns and what stands there."""
    places = np.argsort(-scores, axis=None, kind="stable")[:width]
    rows, tokens = np.unravel_index(places, scores.shape)
    return rows, tokens, scores.flatten()[places]


def _one_each(totals: Array, p: Array) -> Round:
    tokens = p.argmax(axis=1)
    rows = np.arange(len(p))
    return rows, tokens, totals + np.log(p[rows, tokens])


def _exchanged(rows: Array, tokens: Array, totals: Array) -> Round:
    return tokens, rows, totals


def _negated(found: Round) -> Round:
    rows, tokens, totals = found
    return rows, tokens, -totals


beam_step = Exercise(
    name="beam_step",
    asks="return rows, tokens and totals of the width best continuations, the best first",
    praise="all continuations of all texts compete, and a text that was second may have the best child",
    solution=lambda totals, p, width: _best(totals[:, None] + np.log(p), width),
    cases=[
        (np.log([0.5, 0.4]), np.array([[0.4, 0.35, 0.25], [0.9, 0.04, 0.06]]), 2),
        (np.log([0.3, 0.29, 0.02]), np.array([[0.1, 0.9], [0.45, 0.55], [0.2, 0.8]]), 3),
        (np.log([0.6, 0.2]), np.array([[0.5, 0.3, 0.2], [0.7, 0.2, 0.1]]), 2),
    ],
    parts=("the rows", "the tokens", "the totals"),
    mistakes=[
        Mistake(
            "every text keeps its own best child",
            "Let all continuations compete: both of the next texts may come from one",
            lambda totals, p, _: _one_each(totals, p),
        ),
        Mistake(
            "the texts' own totals are left out",
            "Add each row's total: a text is its beginning and its new token",
            lambda _, p, width: _best(np.log(p), width),
        ),
        Mistake(
            "probabilities are added to logarithms",
            "Take the logarithm of p: the totals are sums of ln p",
            lambda totals, p, width: _best(totals[:, None] + p, width),
        ),
        Mistake(
            "the unlikeliest are kept",
            "Sort downwards: the best total is the one nearest to 0",
            lambda totals, p, width: _negated(_best(-(totals[:, None] + np.log(p)), width)),
        ),
        Mistake(
            "rows and tokens are exchanged",
            "The row says which text goes on, the token what it writes",
            lambda totals, p, width: _exchanged(*_best(totals[:, None] + np.log(p), width)),
        ),
        Mistake(
            "logarithms are multiplied",
            "Probabilities are multiplied, so their logarithms are added",
            lambda totals, p, width: _best(totals[:, None] * np.log(p), width),
        ),
    ],
)
