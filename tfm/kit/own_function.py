"""The reader's own attention function beside ours, on the tensors that the widget shows.

The function takes query, key and value (T × D, S × D, S × D, NumPy) and, if it likes, a mask (T × S, True where a
query may look), and returns scores, weights and output. What it returns is compared tensor by tensor.
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfm.by_hand.attention import AttentionSteps
from tfm.kit.compare import as_array, first_difference
from tfm.kit.exercise import in_order
from tfm.kit.messages import key, say

PARTS = (key("scores"), key("weights"), key("output"))
OwnAttention = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class OwnResult:
    """What the reader's function gave.

    Attributes:
        sentence: how it stands beside ours, one sentence without a full stop.
        agrees: whether every tensor is ours.
        weights: its weights, T × S, when they have the right shape; else None.
    """

    sentence: str
    agrees: bool
    weights: NDArray[Any] | None = None


def judge_own(
    fn: OwnAttention,
    query: NDArray[Any],
    key: NDArray[Any],
    value: NDArray[Any],
    ours: AttentionSteps,
    mask: Any,
) -> OwnResult:
    """Run the reader's function and name the first tensor that differs from ours.

    Args:
        fn: the reader's function.
        query: T × D, already multiplied so that a plain 1 / √D gives the widget's temperature and scale.
        key: S × D.
        value: S × D.
        ours: every step of ours for the same tensors.
        mask: T × S or None.

    Returns:
        An `OwnResult`; an exception of the reader's function becomes its sentence.
    """
    try:
        inputs = [query.copy(), key.copy(), value.copy()]
        if mask is not None:
            inputs.append(np.array(mask))
            if not _takes(fn, inputs):
                return OwnResult(
                    say("it takes no mask: give it a fourth argument to try this setting"), False
                )
        with np.errstate(all="ignore"):
            answer = fn(*inputs)
    except Exception as error:  # noqa: BLE001 (whatever the reader's code raises)
        return OwnResult(
            say("it stopped with {kind}: {error}", kind=type(error).__name__, error=error), False
        )
    if answer is None or answer is Ellipsis:
        return OwnResult(say("it returns nothing yet"), False)
    if not isinstance(answer, tuple) or len(answer) != len(PARTS):
        return OwnResult(in_order(PARTS), False)
    return _compare(answer, ours)


def _takes(fn: OwnAttention, inputs: list[Any]) -> bool:
    try:
        inspect.signature(fn).bind(*inputs)
    except TypeError:
        return False
    return True


def _compare(answer: tuple[Any, ...], ours: AttentionSteps) -> OwnResult:
    try:
        parts = [as_array(part) for part in answer]
    except TypeError as error:
        return OwnResult(str(error), False)
    difference = first_difference(parts, [ours.masked, ours.weights, ours.output], PARTS)
    fits = parts[1].shape == ours.weights.shape
    if difference is None:
        return OwnResult(say("scores, weights and output all agree with ours"), True, parts[1])
    return OwnResult(difference, False, parts[1] if fits else None)
