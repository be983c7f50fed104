"""The exercises of lesson 14: the feed-forward network, the same with a gate, and a layer counted."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfm.by_hand import counting
from tfm.by_hand.activations import sigmoid
from tfm.by_hand.feedforward import relu, silu
from tfm.kit.exercise import Exercise, Mistake

Array = NDArray[Any]


def _plain_case(seed: int, width: int, hidden: int) -> tuple[Array, ...]:
    """As many tokens as features, so that whoever mixes the axes up hears it from us, not from NumPy."""
    dice = np.random.default_rng(seed)
    shapes = [(width, width), (width, hidden), (hidden,), (hidden, width), (width,)]
    return tuple(dice.normal(size=shape) for shape in shapes)


def _gated_case(seed: int, width: int, hidden: int) -> tuple[Array, ...]:
    dice = np.random.default_rng(seed)
    shapes = [(width, width), (width, hidden), (width, hidden), (hidden, width)]
    return tuple(dice.normal(size=shape) for shape in shapes)


def _plain(x: Array, up: Array, up_bias: Array, down: Array, down_bias: Array) -> Array:
    return relu(x @ up + up_bias) @ down + down_bias


feed_forward = Exercise(
    name="feed_forward",
    asks="return each token widened by the first matrix, bent by ReLU, narrowed by the second, biases included",
    praise="widen, bend, narrow: and each token by itself, although you wrote no loop",
    solution=_plain,
    cases=[_plain_case(0, 4, 8), _plain_case(1, 3, 5)],
    mistakes=[
        Mistake(
            "the bend is forgotten",
            "Put relu round the first product: without it, two matrices are one",
            lambda x, up, b, down, c: (x @ up + b) @ down + c,
        ),
        Mistake(
            "the bend came after the second matrix",
            "Bend the hidden numbers, and let the second matrix have the last word",
            lambda x, up, b, down, c: relu((x @ up + b) @ down + c),
        ),
        Mistake(
            "it was bent twice",
            "Bend the hidden numbers alone: what comes out may be negative",
            lambda x, up, b, down, c: relu(_plain(x, up, b, down, c)),
        ),
        Mistake(
            "the first bias is forgotten",
            "Add it before the bend: it decides where each unit begins",
            lambda x, up, b, down, c: relu(x @ up) @ down + c,  # noqa: ARG005 (that is the mistake)
        ),
        Mistake(
            "the first bias came after the bend",
            "Add it inside relu, where it moves the corner",
            lambda x, up, b, down, c: (relu(x @ up) + b) @ down + c,
        ),
        Mistake(
            "the second bias is forgotten",
            "Add it at the end",
            lambda x, up, b, down, c: relu(x @ up + b) @ down,  # noqa: ARG005
        ),
        Mistake(
            "it ran along the sentence instead of the features",
            "Do not transpose x: its rows are tokens, and each row goes through alone",
            lambda x, up, b, down, c: _plain(x.T, up, b, down, c).T,
        ),
        Mistake(
            "the token itself was added",
            "Return the network alone: the way past it belongs to the layer",
            lambda x, up, b, down, c: x + _plain(x, up, b, down, c),
        ),
    ],
)


def _gated(x: Array, gate: Array, up: Array, down: Array) -> Array:
    return (silu(x @ gate) * (x @ up)) @ down


gated_feed_forward = Exercise(
    name="gated_feed_forward",
    asks="return SwiGLU: SiLU of the gate's product, times the up product, number by number, and down again",
    praise="one half opens and closes what the other half says",
    solution=_gated,
    cases=[_gated_case(2, 4, 6), _gated_case(3, 3, 5)],
    mistakes=[
        Mistake(
            "gate and value are exchanged",
            "Bend x @ W_gate and leave x @ W_up straight",
            lambda x, gate, up, down: _gated(x, up, gate, down),
        ),
        Mistake(
            "the bend is forgotten",
            "Put silu round the gate's product",
            lambda x, gate, up, down: ((x @ gate) * (x @ up)) @ down,
        ),
        Mistake(
            "both halves were bent",
            "Bend the gate alone",
            lambda x, gate, up, down: (silu(x @ gate) * silu(x @ up)) @ down,
        ),
        Mistake(
            "the product of the two was bent",
            "Bend the gate first, then multiply",
            lambda x, gate, up, down: silu((x @ gate) * (x @ up)) @ down,
        ),
        Mistake(
            "the halves were added",
            "Multiply them, number by number: a gate of 0 must close",
            lambda x, gate, up, down: (silu(x @ gate) + x @ up) @ down,
        ),
        Mistake(
            "the gate was bent by the sigmoid",
            "SiLU is x · σ(x), not σ(x) alone: call silu",
            lambda x, gate, up, down: (sigmoid(x @ gate) * (x @ up)) @ down,
        ),
        Mistake(
            "the gate was bent by ReLU",
            "Call silu, whose slope does not break off at 0",
            lambda x, gate, up, down: (relu(x @ gate) * (x @ up)) @ down,
        ),
    ],
)


def _layer(c: int, f: int) -> int:
    attention = counting.attention_parameters(c)
    return attention + counting.feed_forward_parameters(c, f) + 4 * c  # two norms: weight and shift each


layer_parameters = Exercise(
    name="layer_parameters",
    asks="return how many numbers one layer of width C and hidden width F holds, biases and both norms included",
    praise="4C² + 2CF + 9C + F: with F = 4C, one part of attention to two of feed-forward",
    solution=_layer,
    cases=[(768, 3072), (12_288, 49_152), (10, 7)],
    mistakes=[
        Mistake(
            "all biases and norms are forgotten",
            "A projection into n numbers has n biases, and each norm 2C numbers",
            lambda c, f: 4 * c * c + 2 * c * f,
        ),
        Mistake(
            "the biases are forgotten",
            "Add 4C for attention, F + C for the feed-forward network",
            lambda c, f: 4 * c * c + 2 * c * f + 4 * c,
        ),
        Mistake(
            "the norms are forgotten",
            "There are two, each with C weights and C shifts",
            lambda c, f: _layer(c, f) - 4 * c,
        ),
        Mistake(
            "one norm is missing",
            "Attention has one and the feed-forward network has one",
            lambda c, f: _layer(c, f) - 2 * c,
        ),
        Mistake(
            "attention's output projection is missing",
            "Query, key, value and output: four matrices, C × C each, C biases each",
            lambda c, f: _layer(c, f) - c * c - c,
        ),
        Mistake(
            "both of the feed-forward network's biases have C numbers",
            "The first projection makes F numbers, so it has F biases",
            lambda c, f: _layer(c, f) - f + c,
        ),
        Mistake(
            "only one matrix of the feed-forward network was counted",
            "One leads up, C × F, and one down, F × C",
            lambda c, f: _layer(c, f) - c * f,
        ),
    ],
)
