"""The exercises of lesson 15: a pre-norm layer from given parts, the decoder's order and its parameters."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfm.by_hand.attention import attention
from tfm.by_hand.norms import layer_norm
from tfm.kit.exercise import Exercise, Mistake

Array = NDArray[Any]
Part = Callable[[Array], Array]
_draws = np.random.default_rng(15)
_A, _B, _C, _D = (_draws.normal(size=(3, 3)).round(1) for _ in range(4))


def _mix(x: Array) -> Array:
    return np.asarray(attention(x, x, x @ _A).output)


def _think(x: Array) -> Array:
    return np.asarray(np.maximum(x @ _B, 0) @ _C)


def _norm(x: Array) -> Array:
    return layer_norm(x)


def _pre_norm(x: Array, look: Part, think: Part, norm: Part) -> Array:
    x = x + look(norm(x))
    return x + think(norm(x))


def _post_norm(x: Array, look: Part, think: Part, norm: Part) -> Array:
    x = norm(x + look(x))
    return norm(x + think(x))


def _no_residual(x: Array, look: Part, think: Part, norm: Part) -> Array:
    return think(norm(look(norm(x))))


def _from_normed(x: Array, look: Part, think: Part, norm: Part) -> Array:
    x = norm(x)
    x = norm(x + look(x))
    return x + think(x)


def _stale(x: Array, look: Part, think: Part, norm: Part) -> Array:
    return x + look(norm(x)) + think(norm(x))


def _think_first(x: Array, look: Part, think: Part, norm: Part) -> Array:
    return _pre_norm(x, think, look, norm)


def _unnormed(x: Array, look: Part, think: Part, norm: Part) -> Array:  # noqa: ARG001 (the mistake)
    x = x + look(x)
    return x + think(x)


_PARTS = (_mix, _think, _norm)

pre_norm_layer = Exercise(
    name="pre_norm_layer",
    asks="return x after a pre-norm layer: each part reads the normed stream and adds to the stream itself",
    praise="the stream is only ever added to; the norms stand on the side roads",
    solution=_pre_norm,
    cases=[(_draws.normal(size=(t, 3)).round(1) * 2, *_PARTS) for t in (1, 2, 4)],
    mistakes=[
        Mistake(
            "this is post-norm: the sum was normed",
            "Norm what the part reads, not what the layer hands on",
            _post_norm,
        ),
        Mistake("the residual is missing", "Add what a part computes to x", _no_residual),
        Mistake(
            "the normed x was handed on instead of x",
            "Keep x itself: x + look(norm(x)), not norm(x) + look(norm(x))",
            _from_normed,
        ),
        Mistake(
            "feed-forward read the old x",
            "Let it read the stream after attention has added to it",
            _stale,
        ),
        Mistake("feed-forward came first", "Attention first, feed-forward second", _think_first),
        Mistake("the norms were not used", "Each part reads norm(x)", _unnormed),
    ],
)

Look = Callable[..., Array]


def _look(asks: Array, offers: Array, mask: Array | None = None) -> Array:
    return np.asarray(attention(asks @ _A, offers @ _B, offers @ _D, mask).output)


def _decoder(x: Array, memory: Array, look: Look, think: Part, norm: Part) -> Array:
    x = norm(x + look(x, x, np.tri(len(x), dtype=bool)))
    x = norm(x + look(x, memory))
    return norm(x + think(x))


def _cross_first(x: Array, memory: Array, look: Look, think: Part, norm: Part) -> Array:
    x = norm(x + look(x, memory))
    x = norm(x + look(x, x, np.tri(len(x), dtype=bool)))
    return norm(x + think(x))


def _memory_asks(x: Array, memory: Array, look: Look, think: Part, norm: Part) -> Array:
    x = norm(x + look(x, x, np.tri(len(x), dtype=bool)))
    x = norm(x + look(memory, x))
    return norm(x + think(x))


def _unmasked(x: Array, memory: Array, look: Look, think: Part, norm: Part) -> Array:
    x = norm(x + look(x, x))
    x = norm(x + look(x, memory))
    return norm(x + think(x))


def _masked_twice(x: Array, memory: Array, look: Look, think: Part, norm: Part) -> Array:
    mask = np.tri(len(x), dtype=bool)
    x = norm(x + look(x, x, mask))
    x = norm(x + look(x, memory, mask))
    return norm(x + think(x))


def _no_memory(x: Array, memory: Array, look: Look, think: Part, norm: Part) -> Array:  # noqa: ARG001 (the mistake)
    x = norm(x + look(x, x, np.tri(len(x), dtype=bool)))
    x = norm(x + look(x, x))
    return norm(x + think(x))


def _bare(x: Array, memory: Array, look: Look, think: Part, norm: Part) -> Array:
    x = norm(look(x, x, np.tri(len(x), dtype=bool)))
    x = norm(look(x, memory))
    return norm(think(x))


def _skips_cross(x: Array, memory: Array, look: Look, think: Part, norm: Part) -> Array:
    x = norm(x + look(x, x, np.tri(len(x), dtype=bool)))
    x = norm(look(x, memory))
    return norm(x + think(x))


decoder_order = Exercise(
    name="decoder_order",
    asks="return x after a post-norm decoder layer: look back, look across into memory, think",
    praise="first what was written, then what was read, then each place by itself",
    solution=_decoder,
    cases=[
        (_draws.normal(size=(t, 3)).round(1), _draws.normal(size=(t, 3)).round(1), _look, _think, _norm)
        for t in (2, 4)
    ],
    mistakes=[
        Mistake(
            "the memory asks and the text answers",
            "The text looks at the memory: queries from x, keys and values from memory, so look(x, memory)",
            _memory_asks,
        ),
        Mistake(
            "it looked across before it looked back",
            "Self-attention first, cross-attention second",
            _cross_first,
        ),
        Mistake(
            "the causal mask is missing",
            "Pass np.tri(len(x), dtype=bool) to the look at the text itself",
            _unmasked,
        ),
        Mistake(
            "the memory was masked too",
            "The whole memory may be read: only the look at the text itself is causal",
            _masked_twice,
        ),
        Mistake("the memory was never read", "The second look is look(x, memory)", _no_memory),
        Mistake("the residuals are missing", "Norm(x + part), three times", _bare),
        Mistake(
            "the residual past cross-attention is missing",
            "Add what was found in the memory to x, instead of putting it in x's place",
            _skips_cross,
        ),
    ],
)


def _count(d_model: int, d_ff: int) -> int:
    attention_parameters = 4 * (d_model * d_model + d_model)
    feed_forward = 2 * d_model * d_ff + d_ff + d_model
    return 2 * attention_parameters + feed_forward + 3 * 2 * d_model


decoder_parameters = Exercise(
    name="decoder_parameters",
    asks="return how many parameters a decoder layer has, biases and all three norms included",
    praise="two attentions of four square matrices, two long matrices, their biases, and three norms of 2 · C",
    solution=_count,
    cases=[(2, 8), (32, 64), (512, 2048)],
    mistakes=[
        Mistake(
            "this is an encoder layer",
            "A decoder layer has a second attention, with a norm of its own",
            lambda c, f: _count(c, f) - 4 * (c * c + c) - 2 * c,
        ),
        Mistake(
            "the norm of the cross-attention is missing",
            "Each of the three parts has a norm, with a weight and a bias of C numbers",
            lambda c, f: _count(c, f) - 2 * c,
        ),
        Mistake(
            "the norms are missing",
            "Each of the three has a weight and a bias of C numbers",
            lambda c, f: _count(c, f) - 6 * c,
        ),
        Mistake(
            "the biases are missing",
            "The eight projections have C each, feed-forward has F and C",
            lambda c, f: 8 * c * c + 2 * c * f + 6 * c,
        ),
        Mistake(
            "an attention has four matrices, not three",
            "After query, key and value comes the output projection",
            lambda c, f: _count(c, f) - 2 * (c * c + c),
        ),
        Mistake(
            "feed-forward has two matrices, not one",
            "One widens to F and one narrows to C again",
            lambda c, f: _count(c, f) - c * f,
        ),
        Mistake(
            "these are the weight matrices alone",
            "Add the biases and the norms",
            lambda c, f: 8 * c * c + 2 * c * f,
        ),
    ],
)
