"""The exercises of lesson 17: one step of AdamW, a schedule, a clipped gradient, and when to stop."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfm.kit.exercise import Exercise, Mistake
from tfm.lessons.training.twin import clip

Array = NDArray[Any]
_draw = np.random.default_rng(17).normal
BETA1, BETA2, EPS = 0.9, 0.999, 1e-8


def _adamw(
    w: Array,
    g: Array,
    m: Array,
    s: Array,
    t: int,
    rate: float,
    decay: float,
    *,
    hats: tuple[bool, bool] = (True, True),
    shrink: float | None = None,
    inside: bool = False,
) -> tuple[Array, Array, Array]:
    if inside:
        g = g + decay * w
    m = BETA1 * m + (1 - BETA1) * g
    s = BETA2 * s + (1 - BETA2) * g * g
    mean = m / (1 - BETA1**t) if hats[0] else m
    size = s / (1 - BETA2**t) if hats[1] else s
    kept = 1 - rate * decay if shrink is None else shrink
    return kept * w - rate * mean / (np.sqrt(size) + EPS), m, s


def _without_root(w: Array, g: Array, m: Array, s: Array, t: int, rate: float, decay: float) -> Any:
    _, m, s = _adamw(w, g, m, s, t, rate, decay)
    step = rate * m / (1 - BETA1**t) / (s / (1 - BETA2**t) + EPS)
    return (1 - rate * decay) * w - step, m, s


def _without_rate(w: Array, g: Array, m: Array, s: Array, t: int, rate: float, decay: float) -> Any:
    return _adamw(w, g, m, s, t, rate, decay, shrink=1 - decay)


adamw_step = Exercise(
    name="adamw_step",
    asks="return the new weights, the new mean gradient and the new mean square after one step of AdamW",
    praise="the weights shrank by a share of themselves, and the gradient alone went through Adam's division",
    solution=_adamw,
    cases=[
        (_draw(size=3).round(2), _draw(size=3).round(2), np.zeros(3), np.zeros(3), 1, 0.1, 0.5),
        (
            _draw(size=4).round(2),
            _draw(size=4).round(2),
            _draw(size=4) / 9,
            abs(_draw(size=4)) / 9,
            5,
            0.01,
            0.3,
        ),
    ],
    mistakes=[
        Mistake(
            "the decay was added to the gradient",
            "That is L2 in the loss, and Adam divides it away: multiply the weights by 1 − rate · decay instead",
            lambda *a: _adamw(*a, inside=True, shrink=1.0),
        ),
        Mistake(
            "both hats are missing",
            "Divide the mean by 1 − 0.9ᵗ and the mean square by 1 − 0.999ᵗ first, t counting from 1",
            lambda *a: _adamw(*a, hats=(False, False)),
        ),
        Mistake(
            "the hat of the mean square is missing",
            "Divide it by 1 − 0.999ᵗ before the root",
            lambda *a: _adamw(*a, hats=(True, False)),
        ),
        Mistake(
            "the hat of the mean is missing",
            "Divide it by 1 − 0.9ᵗ",
            lambda *a: _adamw(*a, hats=(False, True)),
        ),
        Mistake(
            "there is no decay", "Multiply the weights by 1 − rate · decay", lambda *a: _adamw(*a, shrink=1.0)
        ),
        Mistake(
            "the decay was not multiplied by the rate",
            "Weights keep 1 − rate · decay of themselves",
            _without_rate,
        ),
        Mistake("the root is missing", "Divide by the root of the mean square, plus 1e-8", _without_root),
    ],
    parts=("the weights", "the mean gradient", "the mean square"),
)


def _factor(n: int, steps: int, warmup: int, rise: Callable[[int, int], float], half: bool = True) -> float:
    if n < warmup:
        return rise(n, warmup)
    share = (n - warmup) / (steps - warmup)
    return (1 + math.cos(math.pi * share)) / 2 if half else math.cos(math.pi * share)


def _from_one(n: int, warmup: int) -> float:
    return (n + 1) / warmup


warmup_factor = Exercise(
    name="warmup_factor",
    asks="return the factor after n updates: (n + 1) / warmup first, then half a cosine from 1 to 0 at steps",
    praise="it rises to 1 at the end of the warm-up, falls like half a wave, and no update has rate 0",
    solution=lambda n, steps, warmup: _factor(n, steps, warmup, _from_one),
    cases=[(n, 100, 10) for n in (0, 4, 9, 10, 32, 55, 99)] + [(0, 7, 2), (6, 7, 2)],
    mistakes=[
        Mistake(
            "the first update has rate 0",
            "N updates are made so far: give update n + 1 its share, (n + 1) / warmup",
            lambda n, steps, warmup: _factor(n, steps, warmup, lambda n, w: n / w),
        ),
        Mistake(
            "the warm-up is missing",
            "Return (n + 1) / warmup while n is below warmup",
            lambda n, steps, warmup: _factor(n, steps, warmup, lambda *_: 1.0),
        ),
        Mistake(
            "the cosine begins at update 0",
            "It begins where the warm-up ends: (n − warmup) / (steps − warmup)",
            lambda n, steps, warmup: _from_one(n, warmup) if n < warmup else _factor(n, steps, 0, _from_one),
        ),
        Mistake(
            "the factor becomes negative",
            "A cosine goes from 1 to −1: add 1, then halve",
            lambda n, steps, warmup: _factor(n, steps, warmup, _from_one, half=False),
        ),
        Mistake(
            "it falls in a line",
            "Put the share s into (1 + cos(π s)) / 2",
            lambda n, steps, warmup: (
                _from_one(n, warmup) if n < warmup else 1 - (n - warmup) / (steps - warmup)
            ),
        ),
    ],
)


def _scaled(gradients: list[Array], share: Callable[[float], float]) -> list[Array]:
    length = math.sqrt(sum(float((g * g).sum()) for g in gradients))
    return [g * share(length) for g in gradients]


clip_gradients = Exercise(
    name="clip_gradients",
    asks="return the two gradients, shortened together so that their common length is at most longest",
    praise="one share for all: the arrow is shorter and points where it did",
    solution=lambda a, b, longest: tuple(clip([a, b], longest)[0]),
    cases=[
        (np.array([3.0, 0.0]), np.array([0.0, 4.0]), 1.0),
        (np.array([0.3, 0.0]), np.array([0.0, 0.4]), 1.0),
        (_draw(size=(2, 2)).round(2), _draw(size=3).round(2), 0.5),
    ],
    mistakes=[
        Mistake(
            "each gradient was shortened by itself",
            "Add the squares of all of them: one length, one share",
            lambda a, b, c: tuple(g * min(1.0, c / np.linalg.norm(g)) for g in (a, b)),
        ),
        Mistake(
            "each number was cut off",
            "Shorten the whole arrow: cutting its numbers turns it",
            lambda a, b, c: (a.clip(-c, c), b.clip(-c, c)),
        ),
        Mistake(
            "short gradients were made longer",
            "The share is at most 1: min(1, longest / length)",
            lambda a, b, c: tuple(_scaled([a, b], lambda length: c / length)),
        ),
        Mistake(
            "the root is missing",
            "The length is the root of the sum of the squares",
            lambda a, b, c: tuple(_scaled([a, b], lambda length: min(1.0, c / length**2))),
        ),
        Mistake("nothing was shortened", "Multiply by min(1, longest / length)", lambda a, b, _: (a, b)),
    ],
    parts=("the first gradient", "the second gradient"),
)


def _stop(
    losses: list[float], patience: int, *, at_best: bool = True, total: bool = False, extra: int = 0
) -> int:
    best, waited = 0, 0
    for i in range(1, len(losses)):
        if losses[i] < losses[best]:
            best, waited = i, (waited if total else 0)
        else:
            waited += 1
        if waited >= patience + extra:
            return best if at_best else i
    return best if at_best else len(losses) - 1


def _against_last(losses: list[float], patience: int) -> int:
    waited = 0
    for i in range(1, len(losses)):
        waited = 0 if losses[i] < losses[i - 1] else waited + 1
        if waited >= patience:
            return i - patience
    return len(losses) - 1


early_stop = Exercise(
    name="early_stop",
    asks="return the number of the measurement whose weights are kept: the best one before patience ran out",
    praise="it waits as long as it was told, and goes back to the best weights it has seen",
    solution=_stop,
    cases=[
        ([3.0, 2.5, 2.4, 2.6, 2.7, 2.3], 2),
        ([3.0, 2.5, 2.6, 2.4, 2.6, 2.5, 2.2], 2),
        ([3.0, 2.0, 2.5, 2.4, 2.3, 1.5], 3),
        ([3.0, 2.0, 1.0], 2),
        ([3.0, 2.5, 2.6, 2.7, 2.8, 2.9, 2.0], 2),
        ([3.0, 2.5, 2.6, 2.2, 2.3, 2.1, 2.4, 2.5], 2),
    ],
    mistakes=[
        Mistake(
            "it returned where it stopped",
            "Keep the best measurement: what came after it was only the waiting",
            lambda losses, patience: _stop(losses, patience, at_best=False),
        ),
        Mistake(
            "it never stopped",
            "After patience measurements without a better one nothing later is ever seen",
            lambda losses, _: int(np.argmin(losses)),
        ),
        Mistake(
            "the waiting was not set back",
            "Each better loss starts the count at 0 again",
            lambda losses, patience: _stop(losses, patience, total=True),
        ),
        Mistake(
            "it waited one measurement too long",
            "Stop as soon as patience measurements in a row were no better",
            lambda losses, patience: _stop(losses, patience, extra=1),
        ),
        Mistake(
            "each loss was compared with the one before it",
            "Compare it with the best so far",
            _against_last,
        ),
    ],
)
