"""The exercises of lesson 13: layer normalisation, its simpler sister, and a wiring that leaves the road free."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfm.by_hand.norms import layer_norm as our_layer_norm
from tfm.by_hand.norms import rms_norm as our_rms_norm
from tfm.kit.exercise import Exercise, Mistake

Array = NDArray[Any]
Part = Callable[[Array], Array]
_draw = np.random.default_rng(13).normal


def _rows(T: int, C: int, spread: float = 1.0) -> Array:
    return np.asarray((_draw(size=(T, C)) * spread + 1).round(3))


def _shape(x: Array, deviation: Array, weight: Array, bias: Array) -> Array:
    return np.asarray((x - x.mean(axis=-1, keepdims=True)) / deviation * weight + bias)


def _variance(x: Array, axis: int = -1, ddof: int = 0) -> Array:
    return np.asarray(x.var(axis=axis, keepdims=True, ddof=ddof))


_MARKS = np.array([[90.0, 80, 70, 60, 50]])
_NORM_CASES = [
    (_MARKS, np.ones(5), np.zeros(5), 1e-5),
    (_rows(3, 4), _draw(size=4).round(2), _draw(size=4).round(2), 1e-5),
    (_rows(4, 4, 0.01), _draw(size=4).round(2), _draw(size=4).round(2), 1e-2),  # small rows, where eps counts
]

layer_norm = Exercise(
    name="layer_norm",
    asks="return each row with mean 0 and variance 1 (eps added to the variance), times weight, plus bias",
    praise="each row was measured by its own mean and its own spread, and by nobody else's",
    solution=our_layer_norm,
    cases=_NORM_CASES,
    mistakes=[
        Mistake(
            "the mean and the spread were taken down the columns",
            "Use axis=-1: a row is one token, and its neighbours are none of its business",
            lambda x, w, b, eps: (x - x.mean(axis=0)) / np.sqrt(_variance(x, 0) + eps) * w + b,
        ),
        Mistake(
            "the variance was divided by C − 1",
            "Divide by C: these C numbers are described, not a sample of others",
            lambda x, w, b, eps: _shape(x, np.sqrt(_variance(x, ddof=1) + eps), w, b),
        ),
        Mistake(
            "eps stands outside the root",
            "Add it to the variance, then take the root",
            lambda x, w, b, eps: _shape(x, np.sqrt(_variance(x)) + eps, w, b),
        ),
        Mistake(
            "eps is missing",
            "Add it to the variance: a row of equal numbers would divide by 0",
            lambda x, w, b, eps: _shape(x, np.sqrt(_variance(x)), w, b),  # noqa: ARG005
        ),
        Mistake(
            "weight and bias are missing",
            "Multiply by weight and add bias at the end, one for each feature",
            lambda x, w, b, eps: our_layer_norm(x, eps=eps),  # noqa: ARG005
        ),
        Mistake(
            "it was divided by the variance",
            "Divide by its root, the deviation",
            lambda x, w, b, eps: _shape(x, _variance(x) + eps, w, b),
        ),
        Mistake(
            "the mean was not taken off",
            "Subtract the row's mean first",
            lambda x, w, b, eps: x / np.sqrt(_variance(x) + eps) * w + b,
        ),
    ],
)

rms_norm = Exercise(
    name="rms_norm",
    asks="return each row divided by the root of its mean square (eps under the root), times weight",
    praise="one number a row, its size, and no mean: that is all that is left",
    solution=our_rms_norm,
    cases=[(x, w, eps) for x, w, _, eps in _NORM_CASES],
    mistakes=[
        Mistake(
            "the mean was taken off",
            "Leave it where it is: that is what RMSNorm saves",
            lambda x, w, eps: our_layer_norm(x, w, 0.0, eps),
        ),
        Mistake(
            "the squares were added up, not averaged",
            "Take their mean: otherwise wide rows come out small",
            lambda x, w, eps: x / np.sqrt((x * x).sum(-1, keepdims=True) + eps) * w,
        ),
        Mistake(
            "the root is missing",
            "Divide by the root of the mean square",
            lambda x, w, eps: x / ((x * x).mean(-1, keepdims=True) + eps) * w,
        ),
        Mistake(
            "the mean was taken over the whole array",
            "Each row has a size of its own: axis=-1, keepdims=True",
            lambda x, w, eps: x / np.sqrt((x * x).mean() + eps) * w,
        ),
        Mistake(
            "the mean ran down the columns",
            "Use axis=-1",
            lambda x, w, eps: x / np.sqrt((x * x).mean(0) + eps) * w,
        ),
        Mistake(
            "weight is missing",
            "Multiply by it at the end",
            lambda x, w, eps: our_rms_norm(x, 1.0, eps),  # noqa: ARG005
        ),
        Mistake(
            "eps is missing or stands outside the root",
            "Add it to the mean square, then take the root",
            lambda x, w, eps: x / np.sqrt((x * x).mean(-1, keepdims=True)) * w,  # noqa: ARG005
        ),
    ],
)


def _third(x: Array) -> Array:
    return np.asarray(x**3 / 3)


def _neighbours(x: Array) -> Array:
    return np.asarray(np.cumsum(x, axis=0))


pre_norm = Exercise(
    name="pre_norm",
    asks="return what pre-norm makes of x: the part works on a normalised copy, and x itself goes round it",
    praise="the road from the first layer to the last is free, and the part still gets numbers of one size",
    solution=lambda x, part, norm: x + part(norm(x)),
    cases=[(_rows(3, 4), _third, our_layer_norm), (_rows(4, 3), _neighbours, our_rms_norm)],
    mistakes=[
        Mistake(
            "this is post-norm",
            "Normalise a copy before the part, and leave the sum alone: x + part(norm(x))",
            lambda x, part, norm: norm(x + part(x)),
        ),
        Mistake(
            "the way past the part is missing",
            "Add x to what the part gives out",
            lambda x, part, norm: part(norm(x)),
        ),
        Mistake(
            "the normalised copy went past the part",
            "X itself goes round it, untouched",
            lambda x, part, norm: norm(x) + part(norm(x)),
        ),
        Mistake(
            "the norm came after the part",
            "Normalise what goes in, not what comes out",
            lambda x, part, norm: x + norm(part(x)),
        ),
        Mistake("there is no norm", "The part gets norm(x)", lambda x, part, _: x + part(x)),
        Mistake(
            "it was normalised twice",
            "Once, before the part",
            lambda x, part, norm: norm(x + part(norm(x))),
        ),
    ],
)
