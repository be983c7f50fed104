"""The exercises of lesson 18: windows of a text, a large batch in small pieces, a run's hours before it starts."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfm.kit.exercise import Exercise, Mistake
from tfm.lessons.gpt.budget import training_seconds, training_work

Array = NDArray[Any]
SECONDS_AN_HOUR = 3600


def _windows(ids: Array, starts: Array, context: int, ahead: int = 1) -> tuple[Array, Array]:
    """Inputs, and targets that begin `ahead` places after them; past its end the text begins again."""
    rows = starts[:, None] + np.arange(context)
    return ids[rows], np.take(ids, rows + ahead, mode="wrap")


def _text(seed: int) -> Array:
    return np.random.default_rng(seed).integers(0, 50, 40)


training_windows = Exercise(
    name="training_windows",
    asks="return the inputs, a window of T ids from each start, and the targets, the ids one place further",
    praise="T + 1 ids make T questions, each with its answer beside it",
    solution=_windows,
    cases=[(_text(0), np.array([0, 7, 20]), 5), (_text(1), np.array([35, 3]), 4)],
    parts=("the inputs", "the targets"),
    mistakes=[
        Mistake(
            "the targets are the inputs",
            "Begin the targets one id later: a model that may copy its input learns nothing",
            lambda ids, starts, t: _windows(ids, starts, t, ahead=0),
        ),
        Mistake(
            "the targets lie one place back",
            "The answer to a token is what follows it: start + 1, not start − 1",
            lambda ids, starts, t: _windows(ids, starts, t, ahead=-1),
        ),
        Mistake(
            "the targets lie two places further",
            "Begin them at start + 1",
            lambda ids, starts, t: _windows(ids, starts, t, ahead=2),
        ),
        Mistake(
            "the targets are the next window",
            "Move by one id, not by T: each token of the window has a target of its own",
            lambda ids, starts, t: _windows(ids, starts, t, ahead=t),
        ),
        Mistake(
            "inputs and targets are exchanged",
            "Return the inputs first",
            lambda ids, starts, t: _windows(ids, starts, t)[::-1],
        ),
    ],
)


def _accumulated(gradients: Array, rows: Array) -> Array:
    return (gradients * rows[:, None]).sum(0) / rows.sum()


def _pieces(seed: int, n: int) -> tuple[Array, Array]:
    dice = np.random.default_rng(seed)
    return dice.normal(size=(n, 4)), dice.permutation(np.arange(2, 2 + n))


accumulated_gradient = Exercise(
    name="accumulated_gradient",
    asks="return the gradient of the whole batch, a row of numbers, from the pieces' mean gradients and sizes",
    praise="a sum of sums over all rows: the model cannot tell it from one large batch",
    solution=_accumulated,
    cases=[_pieces(0, 3), _pieces(1, 5)],
    mistakes=[
        Mistake(
            "every piece counts alike",
            "Weigh each piece with its rows: the last one is often smaller",
            lambda g, rows: g.mean(0),  # noqa: ARG005 (that is the mistake)
        ),
        Mistake(
            "the pieces are only added",
            "Divide by all rows together, or the step grows with the number of pieces",
            lambda g, rows: g.sum(0),  # noqa: ARG005
        ),
        Mistake(
            "the sum over all rows was not divided",
            "Divide by all rows together: the loss is a mean",
            lambda g, rows: (g * rows[:, None]).sum(0),
        ),
        Mistake(
            "it was divided by the number of pieces",
            "Divide by the number of rows: the weights are rows too",
            lambda g, rows: (g * rows[:, None]).sum(0) / len(g),
        ),
        Mistake(
            "only the last piece is left",
            "Add the gradients up: zero_grad belongs before the first piece, not before each",
            lambda g, rows: g[-1],  # noqa: ARG005
        ),
        Mistake(
            "small pieces weigh more",
            "Multiply each piece's mean by its rows, do not divide by them",
            lambda g, rows: (g / rows[:, None]).sum(0) / (1 / rows).sum(),
        ),
    ],
)


def _hours(n: float, d: float, devices: int, peak: float, used: float) -> float:
    return training_seconds(training_work(n, d), peak, used=used, devices=devices) / SECONDS_AN_HOUR


training_hours = Exercise(
    name="training_hours",
    asks="return how many hours a run takes: 6ND operations, shared by devices that use a part of their peak",
    praise="five numbers that everybody publishes, and you know how long they waited",
    solution=_hours,
    cases=[(70e9, 2e12, 2048, 312e12, 0.4), (1.5e9, 30e9, 8, 990e12, 0.5), (1e6, 1e6, 1, 2e11, 1.0)],
    mistakes=[
        Mistake(
            "the backward pass is forgotten",
            "6 operations for each parameter and token: 2 forward, 4 backward",
            lambda n, d, k, p, u: _hours(n, d, k, p, u) / 3,
        ),
        Mistake(
            "the devices are forgotten",
            "They share the work: what is billed is devices × hours, but you wait for hours",
            lambda n, d, k, p, u: _hours(n, d, 1, p, u),  # noqa: ARG005 (that is the mistake)
        ),
        Mistake(
            "no machine reaches its peak",
            "Divide by the share that is used, too",
            lambda n, d, k, p, u: _hours(n, d, k, p, 1.0),  # noqa: ARG005
        ),
        Mistake(
            "the share made the run shorter",
            "A smaller share means more hours: divide by it",
            lambda n, d, k, p, u: _hours(n, d, k, p, u) * u * u,
        ),
        Mistake(
            "these are seconds",
            "An hour has 3,600 of them",
            lambda n, d, k, p, u: _hours(n, d, k, p, u) * SECONDS_AN_HOUR,
        ),
        Mistake(
            "these are days",
            "Leave the 24 out",
            lambda n, d, k, p, u: _hours(n, d, k, p, u) / 24,
        ),
    ],
)
