"""The sums on paper of part 4: numbers that stand on its slides, each from the blocks of the lessons."""

import numpy as np
from numpy.typing import NDArray

from tfm.by_hand.attention import attention
from tfm.by_hand.counting import SHAPES, Shape, attention_parameters, feed_forward_parameters, parameters
from tfm.by_hand.feedforward import feed_forward, relu
from tfm.by_hand.multi_head import multi_head
from tfm.by_hand.norms import layer_norm

Array = NDArray[np.floating]


def desk(token: tuple[float, float]) -> tuple[Array, Array, Array]:
    """Sums, bent sums and output of lesson 14's four units."""
    up = np.array([[1.0, -1, 1, -1], [-1, 1, 1, 0]])
    sums = np.array(token) @ up + np.array([0.0, 0, -3, 0])
    down = np.array([[1.0, 0], [1, 0], [0, 1], [0, -1]])
    return sums, relu(sums), relu(sums) @ down


def attention_is_not_linear() -> float:
    """How far attention of twice the input is from twice its attention, as a share."""
    dice = np.random.default_rng(0)
    asks, says, gives = dice.normal(size=(3, 4, 4)) / 2
    x = dice.normal(size=(2, 5, 4))[0]
    once, twice = (attention(a @ asks, a @ says, a @ gives).output for a in (x, 2 * x))
    return float(np.linalg.norm(twice - 2 * once) / np.linalg.norm(2 * once))


def stream() -> list[Array]:
    """A word on its way through a layer: itself, what attention adds, the sum, and so on; 2 numbers each."""
    x, one = np.array([[3.0, 1.0], [0.0, 4.0]]), np.eye(2)  # our word and its neighbour
    looks = {
        "query.weight": one,
        "key.weight": one * np.log(3) * np.sqrt(2) / 4,  # scores that differ by ln 3: weights ¾ and ¼
        "value.weight": 2 * one,
        "output.weight": one,
    }
    thinks = {"up.weight": one, "down.weight": np.array([[0.0, 0.0], [3.0, 0.0]])}
    found = multi_head(layer_norm(x), looks, n_heads=1).output
    thought = feed_forward(layer_norm(x + found), thinks, relu)
    return [step[0].round(2) + 0.0 for step in (x, found, x + found, thought, x + found + thought)]


def gpt3() -> tuple[Shape, int, int, int]:
    """GPT-3's shape, a layer's matrices of C × C in attention and at the desk, and all its parameters."""
    shape = SHAPES["GPT-3"]
    square = shape.d_model**2
    looks = attention_parameters(shape.d_model, bias=False) // square
    thinks = feed_forward_parameters(shape.d_model, shape.d_ff, bias=False) // square
    return shape, looks, thinks, sum(parameters(shape).values())
