"""Schedules: how large the learning rate is at each update, as a share of its full size.

    warm-up   (n + 1) / warmup                                n updates made so far, n < warmup
    cosine    floor + (1 − floor) · (1 + cos π s) / 2         s = (n − warmup) / (steps − warmup), from 0 towards 1
    linear    floor + (1 − floor) · (1 − s)
    Vaswani   C^−½ · min((n + 1)^−½, (n + 1) · warmup^−3⁄2)

A schedule is a function from the number of updates made so far to a factor; whoever trains multiplies the rate by
it. The factor is 1 at the last update of the warm-up and at the one after it, and reaches the floor only after the
last update, so that a floor of 0 wastes none.

Sources: Vaswani et al., “Attention Is All You Need”, 2017, section 5.3; Loshchilov and Hutter, “SGDR:
Stochastic Gradient Descent with Warm Restarts”, 2017 (cosine); Hu et al., “MiniCPM”, 2024, section 4 (warm-up,
stable, decay). This file knows nothing of optimisers or models.
"""

import math
from collections.abc import Callable
from typing import TypeAlias

Schedule: TypeAlias = Callable[[int], float]


def constant(warmup: int = 0) -> Schedule:
    """The full rate, after a warm-up if there is one.

    Args:
        warmup: updates until the full rate, 0 or more.

    Returns:
        A schedule.

    Raises:
        ValueError: the warm-up is negative.

    Example:
        >>> [constant(warmup=4)(n) for n in range(6)]
        [0.25, 0.5, 0.75, 1.0, 1.0, 1.0]
    """
    _require_warmup(warmup)
    return lambda n: _risen(n, warmup)


def warmup_cosine(steps: int, warmup: int = 0, floor: float = 0.1) -> Schedule:
    """Rise in a line, then fall as a cosine does: slowly, quickly, slowly.

    Args:
        steps: updates in all, 1 or more.
        warmup: updates until the full rate, from 0 to below `steps`.
        floor: the factor after the last update, 0 to 1.

    Returns:
        A schedule; beyond `steps` it stays at the floor.

    Raises:
        ValueError: a number is out of range.

    Example:
        >>> schedule = warmup_cosine(steps=10, warmup=2, floor=0.0)
        >>> [round(schedule(n), 2) for n in (0, 1, 2, 6, 9, 10)]
        [0.5, 1.0, 1.0, 0.5, 0.04, 0.0]

    Source: Loshchilov and Hutter, 2017, equation 5.
    """
    return _rise_and_fall(steps, warmup, floor, lambda share: (1 + math.cos(math.pi * share)) / 2)


def warmup_linear(steps: int, warmup: int = 0, floor: float = 0.0) -> Schedule:
    """Rise in a line, then fall in a line.

    Args:
        steps: updates in all, 1 or more.
        warmup: updates until the full rate, from 0 to below `steps`.
        floor: the factor after the last update, 0 to 1.

    Returns:
        A schedule; beyond `steps` it stays at the floor.

    Raises:
        ValueError: a number is out of range.

    Example:
        >>> schedule = warmup_linear(steps=10, warmup=2)
        >>> [schedule(n) for n in (0, 1, 2, 6, 9, 10)]
        [0.5, 1.0, 1.0, 0.5, 0.125, 0.0]
    """
    return _rise_and_fall(steps, warmup, floor, lambda share: 1 - share)


def trapezoid(steps: int, warmup: int, decay: int, floor: float = 0.0) -> Schedule:
    """Rise in a line, stay, and fall in a line at the end: a run can be made longer without knowing its end.

    Args:
        steps: updates in all, 1 or more.
        warmup: updates until the full rate, 0 or more.
        decay: updates that fall, 1 or more; warm-up and decay together are at most `steps`.
        floor: the factor after the last update, 0 to 1.

    Returns:
        A schedule; beyond `steps` it stays at the floor.

    Raises:
        ValueError: a number is out of range.

    Example:
        >>> schedule = trapezoid(steps=10, warmup=2, decay=4)
        >>> [schedule(n) for n in (0, 1, 5, 6, 8, 9, 10)]
        [0.5, 1.0, 1.0, 1.0, 0.5, 0.25, 0.0]

    Source: Hu et al., 2024, section 4.
    """
    schedule = _rise_and_fall(steps, warmup, floor, lambda share: 1 - share, start=steps - decay)
    if not 1 <= decay <= steps - warmup:
        raise ValueError(f"decay ({decay}) must be from 1 to steps − warmup ({steps - warmup})")
    return schedule


def vaswani(d_model: int, warmup: int = 4000) -> Schedule:
    """The schedule of 2017: rise in a line, then fall as one over the root of the update's number.

    It is a rate, not a share of one: train with rate 1.

    Args:
        d_model: C; a wider model gets a smaller rate.
        warmup: updates until the peak, 1 or more.

    Returns:
        A schedule without an end.

    Raises:
        ValueError: a number is below 1.

    Example:
        >>> schedule = vaswani(d_model=512, warmup=4000)
        >>> f"{schedule(3999):.6f}"  # the peak
        '0.000699'

    Source: Vaswani et al., 2017, equation 3.
    """
    if d_model < 1 or warmup < 1:
        raise ValueError(
            f"d_model ({d_model}) and warmup ({warmup}) must be 1 or more: 512 and 4000 were theirs"
        )
    return lambda n: d_model**-0.5 * min((n + 1) ** -0.5, (n + 1) * warmup**-1.5)


def _rise_and_fall(
    steps: int, warmup: int, floor: float, shape: Callable[[float], float], start: int | None = None
) -> Schedule:
    """Rise in a line, stay until `start`, by default the warm-up's end, and fall to the floor as `shape` does.

    Args:
        steps: updates in all.
        warmup: updates until the full rate.
        floor: the factor after the last update.
        shape: share of the fall that is behind us → height above the floor, from 1 to 0.
        start: updates until the fall begins.
    """
    _require(steps, warmup, floor)
    fall = warmup if start is None else start
    return lambda n: _risen(n, warmup) * (floor + (1 - floor) * shape(_share(n, fall, steps)))


def _risen(n: int, warmup: int) -> float:
    return min(1.0, (n + 1) / warmup) if warmup else 1.0


def _share(n: int, start: int, end: int) -> float:
    """How much of the way from start to end is behind us, 0 to 1."""
    return min(1.0, max(0.0, (n - start) / (end - start)))


def _require(steps: int, warmup: int, floor: float) -> None:
    if steps < 1:
        raise ValueError(f"steps ({steps}) must be 1 or more: how many updates shall there be?")
    _require_warmup(warmup)
    if warmup >= steps:
        raise ValueError(f"warmup ({warmup}) must be below steps ({steps}): a tenth of them is usual")
    if not 0 <= floor <= 1:
        raise ValueError(f"floor ({floor}) must be from 0 to 1: it is a share of the full rate, such as 0.1")


def _require_warmup(warmup: int) -> None:
    if warmup < 0:
        raise ValueError(f"warmup ({warmup}) must be 0 or more: 0 begins with the full rate")
