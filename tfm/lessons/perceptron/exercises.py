"""The exercises of lesson 01: decide by a threshold, learn from one answer, and build XOR."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfm.by_hand.perceptron import all_cases, fires
from tfm.kit.exercise import Exercise, Mistake
from tfm.lessons.perceptron.limits import xor_by_two_layers

Array = NDArray[Any]
Moved = tuple[Array, float]

_FILM = np.array([8.0, 4.0, 4.0])


def _decide(inputs: Array, weights: Array, threshold: float) -> int:
    return int(fires(inputs, weights, threshold))


decide = Exercise(
    name="decide",
    asks="return 1 if the inputs times their weights add up to more than the threshold, and 0 if not",
    praise="each reason counts with its weight, and a sum that only equals the threshold stays at home",
    solution=_decide,
    cases=[
        *((case, _FILM, 8.0) for case in all_cases(3)),
        *((case, np.array([-2.0, 3.0]), -1.0) for case in all_cases(2)),
    ],
    mistakes=[
        Mistake(
            "a sum that equals the threshold counts as more",
            "Compare with > instead of >=: 8 is not more than 8",
            lambda x, w, t: int(x @ w >= t),
        ),
        Mistake(
            "the threshold is forgotten",
            "Compare the sum with the threshold, not with 0",
            lambda x, w, t: int(x @ w > 0),  # noqa: ARG005 (that is the mistake)
        ),
        Mistake(
            "the sum itself came back",
            "Compare it with the threshold and return 1 or 0",
            lambda x, w, _: x @ w,
        ),
        Mistake(
            "the inputs are added without their weights",
            "Multiply each input by its weight before you add",
            lambda x, w, t: int(x.sum() > t),  # noqa: ARG005
        ),
        Mistake(
            "every input has to be 1",
            "Let enough weight decide: one strong reason may do, and a weak one may be missing",
            lambda x, w, t: int(x.all()),  # noqa: ARG005
        ),
        Mistake(
            "yes and no are exchanged",
            "Return 1 when the sum is more than the threshold, 0 when it is not",
            lambda x, w, t: 1 - _decide(x, w, t),
        ),
        Mistake(
            "the weights of the inputs that are 0 were added too",
            "Multiply each input by its weight: a 0 takes its weight out of the sum",
            lambda x, w, t: int(w.sum() > t),  # noqa: ARG005
        ),
    ],
)


def _step(weights: Array, threshold: float, inputs: Array, answer: int, rate: float) -> Moved:
    # `learn` turns a single answer away, since nothing can be told apart in it: so the rule stands here again.
    return _moved(weights, threshold, inputs, rate * (answer - _decide(inputs, weights, threshold)))


def _moved(weights: Array, threshold: float, inputs: Array, by: float) -> Moved:
    return weights + by * inputs, threshold - by


def _error(w: Array, t: float, x: Array, answer: int) -> int:
    return answer - _decide(x, w, t)


def _part_only(w: Array, t: float, x: Array, answer: int, rate: float, *, weights: bool) -> Moved:
    new_weights, new_threshold = _step(w, t, x, answer, rate)
    return (new_weights, t) if weights else (w, new_threshold)


learn_step = Exercise(
    name="learn_step",
    asks="return the new weights and the new threshold after one example",
    praise="only a mistake teaches, only the inputs that spoke are moved, and the threshold moves against them",
    solution=_step,
    cases=[
        (_FILM, 8.0, np.array([0.0, 1.0, 1.0]), 1, 0.5),  # stayed and should have gone
        (_FILM, 8.0, np.array([1.0, 0.0, 1.0]), 0, 0.5),  # went and should have stayed
        (_FILM, 8.0, np.array([1.0, 1.0, 0.0]), 1, 0.5),  # right
        (_FILM, 8.0, np.array([0.0, 1.0, 0.0]), 0, 0.5),  # right
        (np.array([-1.0, 2.0]), 0.5, np.array([1.0, 0.0]), 1, 2.0),
    ],
    parts=("weights", "threshold"),
    mistakes=[
        Mistake(
            "everything moved in the wrong direction",
            "The error is answer − decision, so a missed yes must raise the weights",
            lambda w, t, x, a, r: _moved(w, t, x, -r * _error(w, t, x, a)),
        ),
        Mistake(
            "the threshold moved the wrong way",
            "Subtract rate · error from the threshold: a missed yes makes it lower",
            lambda w, t, x, a, r: (_step(w, t, x, a, r)[0], t + r * _error(w, t, x, a)),
        ),
        Mistake(
            "the threshold was not moved",
            "Move it too, by −rate · error",
            lambda w, t, x, a, r: _part_only(w, t, x, a, r, weights=True),
        ),
        Mistake(
            "the weights were not moved",
            "Add rate · error · inputs to them",
            lambda w, t, x, a, r: _part_only(w, t, x, a, r, weights=False),
        ),
        Mistake(
            "the rate is forgotten",
            "Multiply the error by rate before you add it",
            lambda w, t, x, a, r: _moved(w, t, x, _error(w, t, x, a)),  # noqa: ARG005
        ),
        Mistake(
            "it moved although the decision was right",
            "Use the error, answer − decision, which is 0 when nothing went wrong",
            lambda w, t, x, a, r: _moved(w, t, x, r * (1 if a else -1)),
        ),
        Mistake(
            "the answer stands where the error belongs",
            "First decide, then subtract: error = answer − decision",
            lambda w, t, x, a, r: _moved(w, t, x, r * a),
        ),
        Mistake(
            "weights of inputs that are 0 moved too",
            "Multiply the step by inputs, so that only those that were 1 move",
            lambda w, t, x, a, r: _moved(w, t, np.ones_like(x), r * _error(w, t, x, a)),
        ),
    ],
)

xor = Exercise(
    name="xor",
    asks="return 1 if exactly one of a and b is 1, by several threshold decisions, and 0 if not",
    praise="exactly one: no single line divides these four cases, and a second layer does",
    solution=lambda a, b: int(xor_by_two_layers([a, b]).output),
    cases=[tuple(map(int, case)) for case in all_cases(2)],
    mistakes=[
        Mistake("this is or", "Take back the case in which both are 1", lambda a, b: int(a + b > 0.5)),
        Mistake(
            "this is and", "Both are too many: exactly one of them must be 1", lambda a, b: int(a + b > 1.5)
        ),
        Mistake(
            "this is nand, not both",
            "Ask for at least one as well: at 0, 0 the answer is 0",
            lambda a, b: int(a + b < 1.5),
        ),
        Mistake(
            "this says whether both are alike",
            "Exchange 0 and 1 in what you return",
            lambda a, b: int(a == b),
        ),
        Mistake(
            "this is the single line a − b > 0",
            "It finds a without b; add a second decision for b without a",
            lambda a, b: int(a - b > 0),
        ),
        Mistake(
            "this is the single line b − a > 0",
            "It finds b without a; add a second decision for a without b",
            lambda a, b: int(b - a > 0),
        ),
        Mistake("this is the sum", "At 1, 1 it must be 0: end with a decision", lambda a, b: a + b),
    ],
)
