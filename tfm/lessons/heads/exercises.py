"""The exercises of lesson 11: features split among heads, heads put side by side, and the whole of multi-head."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfm.by_hand.attention import attention
from tfm.by_hand.softmax import softmax
from tfm.kit.exercise import Exercise, Mistake

Array = NDArray[Any]
Attend = Callable[[Array, Array, Array], Array]
_draw = np.random.default_rng(11).normal


def _split(x: Array, n_heads: int) -> Array:
    return x.reshape(len(x), n_heads, -1).transpose(1, 0, 2)  # H T D


def _merge(heads: Array) -> Array:
    return heads.transpose(1, 0, 2).reshape(heads.shape[1], -1)  # T C


split_heads = Exercise(
    name="split_heads",
    asks="from x, T × C, return H × T × D: head h has features h · D to h · D + D − 1 of every position",
    praise="each head has every position and its own D features",
    solution=_split,
    cases=[(_draw(size=(4, 6)), 2), (_draw(size=(6, 12)), 3)],
    mistakes=[
        Mistake(
            "reshaped without transposing",
            "Reshape to T × H × D first, then bring H to the front: reshape alone mixes positions and heads",
            lambda x, n: x.reshape(n, len(x), -1),
        ),
        Mistake(
            "the sequence was split",
            "Every head sees all T positions: it is the C features that are shared out",
            lambda x, n: x.reshape(n, len(x) // n, -1),
        ),
        Mistake(
            "the heads stand behind the positions",
            "Bring H to the front with .transpose(1, 0, 2)",
            lambda x, n: x.reshape(len(x), n, -1),
        ),
        Mistake(
            "features were dealt out in turn, like cards",
            "Neighbouring features stay together: reshape to T × H × D, not to T × D × H",
            lambda x, n: x.reshape(len(x), -1, n).transpose(2, 0, 1),
        ),
        Mistake(
            "positions and features are exchanged inside each head",
            "The order is H × T × D: .transpose(1, 0, 2)",
            lambda x, n: _split(x, n).transpose(0, 2, 1),
        ),
        Mistake(
            "each head got all the features",
            "Head h gets D = C / H of them",
            lambda x, n: np.stack([x] * n),
        ),
    ],
)

merge_heads = Exercise(
    name="merge_heads",
    asks="from heads, H × T × D, return T × C: for each position, head 1's features, then head 2's, and so on",
    praise="what was split is whole again, each feature where it came from",
    solution=_merge,
    cases=[(_draw(size=(2, 4, 3)),), (_draw(size=(3, 5, 2)),)],
    mistakes=[
        Mistake(
            "reshaped without transposing",
            "Bring T to the front first, with .transpose(1, 0, 2): reshape alone mixes positions and heads",
            lambda h: h.reshape(h.shape[1], -1),
        ),
        Mistake(
            "the heads were added up",
            "Put them side by side: in a sum nobody can tell who said what",
            lambda h: h.sum(axis=0),
        ),
        Mistake("the heads were averaged", "Put them side by side", lambda h: h.mean(axis=0)),
        Mistake(
            "features were dealt out in turn, like cards",
            "Each head's D features stay together: .transpose(1, 0, 2), not .transpose(1, 2, 0)",
            lambda h: h.transpose(1, 2, 0).reshape(h.shape[1], -1),
        ),
        Mistake(
            "the heads stand one below another",
            "Join along the features, the last axis",
            np.concatenate,
        ),
        Mistake("only the first head is left", "Join all of them", lambda h: h[0]),
    ],
)


def _attend(query: Array, key: Array, value: Array) -> Array:
    return attention(query, key, value).output


def _multi_head(
    x: Array,
    W_Q: Array,
    W_K: Array,
    W_V: Array,
    W_O: Array,
    n_heads: int,
    attend: Attend,
    *,
    split: Callable[[Array, int], Array] = _split,
    merge: Callable[[Array], Array] = _merge,
) -> Array:
    query, key, value = (split(x @ W, n_heads) for W in (W_Q, W_K, W_V))
    return np.asarray(merge(attend(query, key, value)) @ W_O)


def _with(**parts: Any) -> Callable[..., Array]:
    """Our solution with one part exchanged."""
    return lambda *arguments: _multi_head(*arguments, **parts)


def _without_output(x: Array, W_Q: Array, W_K: Array, W_V: Array, _: Array, *rest: Any) -> Array:
    return _multi_head(x, W_Q, W_K, W_V, np.eye(x.shape[-1]), *rest)


def _attending(make: Callable[[Array, Array, Array, int], Array]) -> Callable[..., Array]:
    """Our solution with another attention: a function of query, key, value and H."""

    def wrong(*arguments: Any) -> Array:
        x, W_Q, W_K, W_V, W_O, n_heads, _ = arguments
        return _multi_head(x, W_Q, W_K, W_V, W_O, n_heads, lambda q, k, v: make(q, k, v, n_heads))

    return wrong


def _across_heads(query: Array, key: Array, value: Array, _: int) -> Array:
    scores = query @ key.transpose(0, 2, 1) / np.sqrt(query.shape[-1])
    return np.asarray(softmax(scores, axis=0) @ value)


def _summed(x: Array, W_Q: Array, W_K: Array, W_V: Array, W_O: Array, n_heads: int, attend: Attend) -> Array:
    d_head = x.shape[-1] // n_heads
    heads = attend(_split(x @ W_Q, n_heads), _split(x @ W_K, n_heads), _split(x @ W_V, n_heads))
    return np.asarray(heads.sum(axis=0) @ W_O[:d_head])


def _one_head(x: Array, W_Q: Array, W_K: Array, W_V: Array, W_O: Array, _: int, attend: Attend) -> Array:
    return _multi_head(x, W_Q, W_K, W_V, W_O, 1, attend)


def _case(T: int, C: int, n_heads: int) -> tuple[Any, ...]:
    return (_draw(size=(T, C)), *(_draw(size=(C, C)) / np.sqrt(C) for _ in range(4)), n_heads, _attend)


multi_head = Exercise(
    name="multi_head",
    asks="return the T × C output: project x by W_Q, W_K, W_V, split, attend in each head, merge, then W_O",
    praise="H looks at the price of one: this is the layer that every Transformer is built of",
    solution=_multi_head,
    cases=[_case(4, 6, 2), _case(6, 12, 3)],
    mistakes=[
        Mistake(
            "W_O was forgotten",
            "Multiply the heads, side by side, by W_O: it is where they meet",
            _without_output,
        ),
        Mistake(
            "reshaped without transposing",
            "Split to T × H × D and bring H to the front, and back before you merge",
            _with(
                split=lambda x, n: x.reshape(n, len(x), -1),
                merge=lambda heads: heads.reshape(heads.shape[1], -1),
            ),
        ),
        Mistake(
            "split rightly, merged without transposing",
            "Bring T to the front before you reshape: .transpose(1, 0, 2)",
            _with(merge=lambda heads: heads.reshape(heads.shape[1], -1)),
        ),
        Mistake(
            "the sequence was split",
            "Every head sees all T positions: share out the features",
            _with(
                split=lambda x, n: x.reshape(n, len(x) // n, -1),
                merge=lambda heads: heads.reshape(-1, heads.shape[-1]),
            ),
        ),
        Mistake(
            "the features were not split",
            "One attention over all C features is one head: split them first",
            _one_head,
        ),
        Mistake(
            "scaled by √C instead of √D",
            "A head's queries have D places: divide by the root of their own width",
            _attending(lambda q, k, v, n: _attend(q / np.sqrt(n), k, v)),
        ),
        Mistake(
            "softmax ran across the heads",
            "Each head shares out each of its rows by itself, along the last axis",
            _attending(_across_heads),
        ),
        Mistake("the heads were added up, not put side by side", "Merge them to T × C before W_O", _summed),
        Mistake(
            "W_O stands transposed",
            "Multiply from the right as it is: side_by_side @ W_O",
            lambda x, q, k, v, o, *rest: _multi_head(x, q, k, v, o.T, *rest),
        ),
    ],
)
