"""The exercises of lesson 03: one neuron's map, a network's size, a fold built by hand, the gradient by layer."""

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfm.by_hand.activations import RELU
from tfm.by_hand.network import Network
from tfm.kit.compare import as_array
from tfm.kit.exercise import Exercise, Mistake

Array = NDArray[Any]

_RANDOM = np.random.default_rng(3)
_PLACES = _RANDOM.normal(size=(5, 2))

neuron_map = Exercise(
    name="neuron_map",
    asks="return what a tanh neuron with weights w and bias b says at each place of x",
    praise="multiply, add up, add the bias, bend: a neuron is a slope across the plane, bent to a step",
    solution=lambda x, w, b: np.tanh(x @ w + b),
    cases=[
        (_PLACES, np.array([1.5, -0.5]), 0.3),
        (_PLACES, np.array([-0.2, 2.0]), -1.0),
        (np.zeros((2, 2)), np.array([1.0, 1.0]), 0.5),
    ],
    mistakes=[
        Mistake(
            "the bias is forgotten",
            "Add b to the sum before you bend it",
            lambda x, w, b: np.tanh(x @ w),  # noqa: ARG005 (that is the mistake)
        ),
        Mistake("nothing is bent", "Put the sum through np.tanh", lambda x, w, b: x @ w + b),
        Mistake(
            "the bias was added after the bend",
            "Add b first and bend last: np.tanh(… + b)",
            lambda x, w, b: np.tanh(x @ w) + b,
        ),
        Mistake(
            "the bias is subtracted",
            "Add it: lesson 01's threshold was subtracted, and a bias is its opposite",
            lambda x, w, b: np.tanh(x @ w - b),
        ),
        Mistake(
            "each product was bent by itself",
            "First add up the two products, then bend once",
            lambda x, w, b: np.tanh(x * w).sum(axis=1) + b,
        ),
        Mistake(
            "the two inputs stayed apart",
            "Add up over the inputs: x @ w gives one number a place",
            lambda x, w, b: np.tanh(x * w + b),
        ),
    ],
)


def _size(sizes: list[int]) -> int:
    return sum(n * m + m for n, m in pairwise(sizes))


network_size = Exercise(
    name="network_size",
    asks="return how many weights and biases a network with these layer sizes has, inputs first",
    praise="every neuron has a weight for each neuron before it, and one bias: width counts twice, depth once",
    solution=_size,
    cases=[([2, 4, 2, 1],), ([2, 1],), ([7, 8, 8, 8, 1],), ([3, 5, 4],)],
    mistakes=[
        Mistake(
            "the biases are missing",
            "Add one for each neuron after the inputs",
            lambda sizes: sum(n * m for n, m in pairwise(sizes)),
        ),
        Mistake(
            "the inputs were given biases too",
            "Count biases from the first hidden layer on: an input only hands its number over",
            lambda sizes: _size(sizes) + sizes[0],
        ),
        Mistake(
            "there is one bias a layer",
            "Give every neuron its own",
            lambda sizes: sum(n * m + 1 for n, m in pairwise(sizes)),
        ),
        Mistake(
            "these are the neurons, not their weights",
            "Multiply each layer's size by that of the layer before it",
            sum,
        ),
        Mistake(
            "the biases were counted on the wrong side",
            "A bias belongs to the neuron that adds up: n_in · n_out + n_out",
            lambda sizes: sum(n * m + n for n, m in pairwise(sizes)),
        ),
    ],
)


class BuiltNetwork(Exercise):
    """An exercise whose answer is a network of two ReLU neurons: what counts is what it says, not its numbers."""

    def _parts_of(self, answer: Any) -> list[Any]:
        shapes = ((2, 2), (2,), (2, 1), (1,))
        wanted = "return four arrays of numbers: W1 (2 × 2), b1 (2), W2 (2 × 1), b2 (1)"
        if not isinstance(answer, tuple | list) or len(answer) != len(shapes):
            raise TypeError(wanted)
        try:
            w1, b1, w2, b2 = (
                as_array(part).reshape(shape) for part, shape in zip(answer, shapes, strict=True)
            )
            return [Network([w1, w2], [b1, b2], RELU).predict(_PAIRS)[:, 0]]
        except (TypeError, ValueError):
            raise TypeError(wanted) from None


_PAIRS = np.array([[3.0, 1.0], [1.0, 3.0], [2.0, 2.0], [-1.0, 2.0], [-2.0, -5.0], [0.0, 0.0], [4.0, -1.0]])
_CROSS = [[1.0, -1.0], [-1.0, 1.0]]
_NONE, _ONE = [0.0, 0.0], [0.0]

built_difference = BuiltNetwork(
    name="built_difference",
    asks="return W1, b1, W2, b2 of a network with two ReLU neurons that says how far x1 and x2 are apart",
    praise="one neuron sees how much x1 leads, the other how much x2 leads, and only one of them ever speaks",
    solution=lambda: (_CROSS, _NONE, [[1.0], [1.0]], _ONE),
    cases=[()],
    parts=("the output",),
    mistakes=[
        Mistake(
            "only one side is seen: the output is 0 where x2 leads",
            "Let the second neuron see x2 − x1",
            lambda: ([[1.0, 0.0], [-1.0, 0.0]], _NONE, [[1.0], [1.0]], _ONE),
        ),
        Mistake(
            "only one side is seen: the output is 0 where x1 leads",
            "Let the other neuron see x1 − x2",
            lambda: ([[0.0, -1.0], [0.0, 1.0]], _NONE, [[1.0], [1.0]], _ONE),
        ),
        Mistake(
            "the two sides are subtracted, which is x1 − x2 again",
            "Add both neurons: two weights of 1 in W2",
            lambda: (_CROSS, _NONE, [[1.0], [-1.0]], _ONE),
        ),
        Mistake(
            "this is x1 + x2 without its sign",
            "Give x2 the opposite weight of x1 in each neuron",
            lambda: ([[1.0, -1.0], [1.0, -1.0]], _NONE, [[1.0], [1.0]], _ONE),
        ),
        Mistake(
            "the sides are averaged",
            "Take weights of 1 in W2: only one neuron speaks at a time",
            lambda: (_CROSS, _NONE, [[0.5], [0.5]], _ONE),
        ),
        Mistake(
            "the output has the wrong sign",
            "A distance is never below 0: make W2 positive",
            lambda: (_CROSS, _NONE, [[-1.0], [-1.0]], _ONE),
        ),
    ],
)


def _sizes_of(gradients: list[Array]) -> list[float]:
    return [float(np.sqrt((g**2).sum())) for g in gradients]


_GRADIENTS = [
    _RANDOM.normal(size=shape) * scale for shape, scale in (((2, 4), 0.01), ((4, 2), 0.3), ((2, 1), 2))
]

layer_gradients = Exercise(
    name="layer_gradients",
    asks="return for each layer the length of its gradient: the root of the sum of its squares",
    praise="one number a layer says how strongly the error still speaks there",
    solution=_sizes_of,
    cases=[(_GRADIENTS,), (_GRADIENTS[:1],), ([-np.ones((2, 2)), np.zeros((2, 3))],)],
    mistakes=[
        Mistake(
            "the root is missing",
            "Take np.sqrt of each sum",
            lambda gs: [(g**2).sum() for g in gs],
        ),
        Mistake(
            "positive and negative slopes cancelled",
            "Square each slope before you add them up",
            lambda gs: [g.sum() for g in gs],
        ),
        Mistake(
            "the mean was taken, so that large layers look small",
            "Add the squares up",
            lambda gs: [np.sqrt((g**2).mean()) for g in gs],
        ),
        Mistake(
            "all layers were added into one number",
            "Return one length a layer",
            lambda gs: np.sqrt(sum((g**2).sum() for g in gs)),
        ),
        Mistake(
            "this is the largest slope of each layer",
            "Let every slope count: add up the squares",
            lambda gs: [np.abs(g).max() for g in gs],
        ),
        Mistake(
            "the sizes were added without squares",
            "Square, add up, and take the root at the end",
            lambda gs: [np.abs(g).sum() for g in gs],
        ),
    ],
)
