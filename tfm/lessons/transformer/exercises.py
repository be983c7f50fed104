"""The exercises of lesson 16: what the decoder is given, the loss without padding, and the loop that writes."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfm.kit.exercise import Exercise, Mistake

Array = NDArray[Any]
START, END, PAD = 1, 2, 0


def _shift(target: Sequence[int], start: int, end: int) -> tuple[Array, Array]:
    return np.array([start, *target]), np.array([*target, end])


shift_right = Exercise(
    name="shift_right",
    asks="return what the decoder reads and what it shall write: two lists, each one longer than the target",
    praise="at every place the decoder has read what comes before, and the answer stands one place further",
    solution=_shift,
    cases=[([5, 6, 7], START, END), ([9], START, END), ([4, 4, 8, 3, 6], 11, 12)],
    parts=("what it reads", "what it shall write"),
    mistakes=[
        Mistake(
            "nothing is shifted, so that the decoder reads the answer it is asked for",
            "Let it read start and then the target, and write the target and then end",
            lambda target, start, end: (np.array([start, *target, end]), np.array([start, *target, end])),
        ),
        Mistake(
            "the two are exchanged",
            "First what it reads, beginning with start; then what it shall write, ending with end",
            lambda target, start, end: _shift(target, start, end)[::-1],
        ),
        Mistake(
            "the end mark is missing, so that it never learns to stop",
            "What it shall write is the whole target and then end",
            lambda target, start, end: (np.array([start, *target[:-1]]), np.array([*target])),  # noqa: ARG005 (the mistake)
        ),
        Mistake(
            "the start mark is missing, so that the first word has nothing to be predicted from",
            "What it reads begins with start",
            lambda target, start, end: (np.array([*target]), np.array([*target[1:], end])),  # noqa: ARG005 (the mistake)
        ),
        Mistake(
            "start and end are exchanged",
            "The decoder reads start first and writes end last",
            lambda target, start, end: _shift(target, end, start),
        ),
    ],
)


def _surprise(logits: Array, targets: Array) -> Array:
    shifted = logits - logits.max(-1, keepdims=True)
    logs = shifted - np.log(np.exp(shifted).sum(-1, keepdims=True))  # B T V
    return -np.take_along_axis(logs, targets[..., None], -1)[..., 0]  # B T


def _padded_loss(logits: Array, targets: Array, pad: int) -> Any:
    return _surprise(logits, targets)[targets != pad].mean()


def _row_means(logits: Array, targets: Array, pad: int) -> Any:
    surprise, real = _surprise(logits, targets), targets != pad
    return ((surprise * real).sum(1) / real.sum(1)).mean()


_draws = np.random.default_rng(16)
_CASES = [
    (_draws.normal(size=(2, 4, 6)).round(1), np.array([[3, 4, 2, 0], [5, 3, 4, 2]]), PAD),
    (_draws.normal(size=(3, 3, 6)).round(1), np.array([[5, 2, 0], [2, 0, 0], [3, 4, 2]]), PAD),
    (_draws.normal(size=(1, 4, 6)).round(1), np.array([[0, 2, 5, 5]]), 5),
]

padded_loss = Exercise(
    name="padded_loss",
    asks="return the mean of −ln p of the right words, over the places that are not padding",
    praise="filler teaches nothing: neither its surprise nor its places count",
    solution=_padded_loss,
    cases=_CASES,
    mistakes=[
        Mistake(
            "padding counts too",
            "Leave out the places where targets equals pad",
            lambda logits, targets, pad: _surprise(logits, targets).mean(),  # noqa: ARG005 (the mistake)
        ),
        Mistake(
            "the sum leaves padding out, but the mean still divides by all places",
            "Divide by how many places are not padding",
            lambda logits, targets, pad: (_surprise(logits, targets) * (targets != pad)).mean(),
        ),
        Mistake(
            "this is the sum, not the mean",
            "Divide by how many places are not padding",
            lambda logits, targets, pad: _surprise(logits, targets)[targets != pad].sum(),
        ),
        Mistake(
            "each sentence has the same weight, however long",
            "Take one mean over all places that are not padding, not a mean of each sentence's mean",
            _row_means,
        ),
        Mistake(
            "the sign is wrong",
            "Ln p is negative: the loss is −ln p",
            lambda logits, targets, pad: -_padded_loss(logits, targets, pad),
        ),
        Mistake(
            "the places of padding were kept and the others left out",
            "Keep the places where targets differs from pad",
            lambda logits, targets, pad: _surprise(logits, targets)[targets == pad].mean(),
        ),
    ],
)

Next = Callable[[list[int]], Array]


def _next(ids: list[int]) -> Array:
    """A stand-in for a decoder: logits that depend on the whole text so far, and end after a few words."""
    logits = np.sin(np.arange(8) * (2.3 + sum(i * (n + 1) for n, i in enumerate(ids))))
    logits[END] = len(ids) - 4.5  # becomes the likeliest by and by
    return logits


def _greedy(next_logits: Next, start: int, end: int, most: int) -> Array:
    ids = [start]
    while len(ids) <= most and (len(ids) == 1 or ids[-1] != end):
        ids.append(int(np.argmax(next_logits(ids))))
    return np.array([i for i in ids[1:] if i != end])


def _last_only(next_logits: Next, start: int, end: int, most: int) -> Array:
    return _greedy(lambda ids: next_logits(ids[-1:]), start, end, most)


def _from_start(next_logits: Next, start: int, end: int, most: int) -> Array:
    return _greedy(lambda ids: next_logits([start]), start, end, most)  # noqa: ARG005 (the mistake)


def _never_stops(next_logits: Next, start: int, end: int, most: int) -> Array:  # noqa: ARG001 (the mistake)
    return _greedy(next_logits, start, -1, most)


def _with_end(next_logits: Next, start: int, end: int, most: int) -> Array:
    ids = [start]
    while len(ids) <= most and (len(ids) == 1 or ids[-1] != end):
        ids.append(int(np.argmax(next_logits(ids))))
    return np.array(ids[1:])


greedy_loop = Exercise(
    name="greedy_loop",
    asks="return the ids that are written: the likeliest next id again and again, until end or `most` ids",
    praise="the loop hands the whole text so far to the decoder, every time",
    solution=_greedy,
    cases=[(_next, START, END, 12), (_next, 3, END, 12), (_next, START, END, 2)],
    mistakes=[
        Mistake(
            "the decoder was given the last id alone",
            "Hand it everything that was written so far, from start on",
            _last_only,
        ),
        Mistake(
            "what was written was not appended",
            "Append each id to the list before you ask for the next",
            _from_start,
        ),
        Mistake(
            "it did not stop at the end mark", "Leave the loop when the likeliest id is end", _never_stops
        ),
        Mistake(
            "the end mark was kept",
            "The end mark says that the translation is done and is no word of it",
            _with_end,
        ),
        Mistake(
            "the start mark was kept",
            "Start is what the decoder reads first; return what was written after it",
            lambda next_logits, start, end, most: np.array([start, *_greedy(next_logits, start, end, most)]),
        ),
        Mistake(
            "the least likely id was taken",
            "Take the id with the largest logit: np.argmax",
            lambda next_logits, start, end, most: _greedy(lambda ids: -next_logits(ids), start, end, most),
        ),
    ],
)
