"""Compare two answers part by part, and say in one sentence which tensor differs first.

Used wherever a reader's own function stands beside ours: the exercise checks and the widgets.
"""

import contextlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfm.kit.messages import say

RTOL = 1e-4  # a reader may work in float32 where we work in float64
ATOL = 1e-5


def as_array(answer: Any) -> NDArray[Any]:
    """Turn a reader's answer, a number, a list, a NumPy array or a PyTorch tensor, into a NumPy array.

    Raises:
        TypeError: the answer is not made of numbers.

    Example:
        >>> as_array([1, 2]).shape
        (2,)
    """
    try:
        array = np.asarray(_detached(answer))
        return array.astype(float) if array.dtype != bool else array.astype(int).astype(float)
    except (TypeError, ValueError):
        raise TypeError(
            say(
                "the answer is {kind} and should be numbers: return a number or an array",
                kind=type(answer).__name__,
            )
        ) from None


def is_boolean(answer: Any) -> bool:
    """Whether an answer is made of True and False, not of numbers.

    Example:
        >>> is_boolean([True, False]), is_boolean([1, 0])
        (True, False)
    """
    with contextlib.suppress(ValueError):  # rows of unequal length are neither
        return bool(np.asarray(_detached(answer)).dtype == bool)
    return False


def close(yours: Any, ours: Any) -> bool:
    """Whether two answers have one shape and equal numbers, NaN counting as equal to NaN.

    Example:
        >>> close([0.1 + 0.2], [0.3])
        True
    """
    a, b = as_array(yours), as_array(ours)
    return a.shape == b.shape and bool(np.allclose(a, b, rtol=RTOL, atol=ATOL, equal_nan=True))


def first_difference(yours: Sequence[Any], ours: Sequence[Any], names: Sequence[str]) -> str | None:
    """Name the first part that differs, where, and by how much; None when all agree.

    Args:
        yours: the reader's parts, in order.
        ours: the parts they should equal.
        names: what each part is called.

    Returns:
        One sentence without a full stop, or None.

    Example:
        >>> first_difference([[1.0, 2.0], [3.0]], [[1.0, 2.0], [4.0]], ["scores", "weights"])
        'weights differ first: at [0] yours is 3, ours is 4'
    """
    for name, a, b in zip(names, yours, ours, strict=True):
        mine, other = as_array(a), as_array(b)
        if mine.shape != other.shape:
            shapes = {"mine": _shape(mine), "other": _shape(other)}
            return _differs(name, say("yours has shape {mine}, ours has {other}", **shapes))
        if not close(mine, other):
            far = ~np.isclose(mine, other, rtol=RTOL, atol=ATOL, equal_nan=True)
            place = tuple(int(i) for i in np.argwhere(far)[0])
            numbers = {"mine": mine[place], "other": other[place]}
            if not place:
                return _differs(name, say("yours is {mine:.4g}, ours is {other:.4g}", **numbers))
            where = f"[{', '.join(map(str, place))}]"
            return _differs(
                name, say("at {where} yours is {mine:.4g}, ours is {other:.4g}", where=where, **numbers)
            )
    return None


def _differs(name: str, how: str) -> str:
    """The sentence of a part that differs; in English the names of several things end in s."""
    if name.endswith("s"):
        return say("{parts} differ first: {how}", parts=say(name), how=how)
    return say("{part} differs first: {how}", part=say(name), how=how)


def _detached(answer: Any) -> Any:
    return answer.detach().cpu().numpy() if hasattr(answer, "detach") else answer


def _shape(array: NDArray[Any]) -> str:
    return " × ".join(map(str, array.shape)) or say("of a single number")
