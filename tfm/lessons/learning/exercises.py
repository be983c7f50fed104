"""The exercises of lesson 02: a linear neuron's gradient, a step of descent, and the way back through a layer."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfm.by_hand.activations import LINEAR, TANH
from tfm.by_hand.losses import SQUARED_ERROR
from tfm.by_hand.network import Network
from tfm.kit.exercise import Exercise, Mistake

Array = NDArray[Any]

_INPUTS = np.array([[1.0, 2.0, -1.0], [0.5, -1.0, 3.0], [2.0, 0.0, 1.0], [-1.5, 1.0, 0.5]])
_TARGETS = np.array([1.0, -2.0, 0.5, 3.0])


def _neuron_gradient(inputs: Array, targets: Array, weights: Array) -> Array:
    neuron = Network([weights[:, None]], [[0.0]], LINEAR)
    return neuron.backward(inputs, targets, SQUARED_ERROR).weights[0][:, 0]


def _gaps(inputs: Array, targets: Array, weights: Array) -> Array:
    return np.asarray(inputs @ weights - targets)


neuron_gradient = Exercise(
    name="neuron_gradient",
    asks="return the slope of ½ · mean (inputs @ weights − targets)² in each weight",
    praise="each example pulls by its error times its input, and the mean of the pulls is the gradient",
    solution=_neuron_gradient,
    cases=[
        (_INPUTS, _TARGETS, np.array([0.5, -1.0, 2.0])),
        (_INPUTS, _TARGETS, np.zeros(3)),
        (np.array([[2.0]]), np.array([8.0]), np.array([3.0])),
    ],
    mistakes=[
        Mistake(
            "the pulls are added up, not averaged",
            "Divide by the number of examples: the loss is a mean",
            lambda x, t, w: x.T @ _gaps(x, t, w),
        ),
        Mistake(
            "this points downhill",
            "The gap is output − target, not target − output: a gradient points uphill, and descent subtracts it",
            lambda x, t, w: -_neuron_gradient(x, t, w),
        ),
        Mistake(
            "a factor 2 is left over",
            "The ½ in front of the loss cancels the 2 that the square leaves behind",
            lambda x, t, w: 2 * _neuron_gradient(x, t, w),
        ),
        Mistake(
            "the inputs are forgotten",
            "Multiply each gap by its own input before the mean: a weight whose input was 0 is not to blame",
            lambda x, t, w: np.full(len(w), _gaps(x, t, w).mean()),
        ),
        Mistake(
            "this is the loss, not its slope",
            "Return one number for each weight: the inputs transposed times the gaps, divided by how many",
            lambda x, t, w: (_gaps(x, t, w) ** 2).mean() / 2,
        ),
        Mistake(
            "the targets are forgotten",
            "Subtract them from the outputs first",
            lambda x, t, w: x.T @ (x @ w) / len(t),
        ),
    ],
)


def _descent_step(weights: Array, gradient: Array, rate: float, decay: float) -> Array:
    return weights - rate * (gradient + decay * weights)


descent_step = Exercise(
    name="descent_step",
    asks="return the weights after one step of descent on loss + decay/2 · (sum of the squared weights)",
    praise="downhill by rate times slope, and the price pulls every weight towards 0 on the way",
    solution=_descent_step,
    cases=[
        (np.array([3.0, -2.0]), np.array([-4.0, 1.0]), 0.1, 0.0),
        (np.array([3.0, -2.0]), np.array([-4.0, 1.0]), 0.1, 0.5),
        (np.array([1.0, 0.0, -1.0]), np.array([0.0, 2.0, 0.0]), 0.5, 0.2),
    ],
    mistakes=[
        Mistake(
            "this climbs",
            "Subtract the step: the gradient points uphill",
            lambda w, g, r, d: w + r * (g + d * w),
        ),
        Mistake(
            "the rate is forgotten",
            "Multiply the whole slope by rate before you subtract it",
            lambda w, g, r, d: w - (g + d * w),  # noqa: ARG005 (that is the mistake)
        ),
        Mistake(
            "the decay is forgotten",
            "The price decay/2 · w² has a slope too: add decay · w to the gradient",
            lambda w, g, r, d: w - r * g,  # noqa: ARG005
        ),
        Mistake(
            "the price pushes weights away from 0",
            "Add decay · w to the gradient instead of subtracting it",
            lambda w, g, r, d: w - r * (g - d * w),
        ),
        Mistake(
            "the decay is not multiplied by the rate",
            "Add decay · w to the gradient first, then multiply both by rate",
            lambda w, g, r, d: w - r * g - d * w,
        ),
        Mistake(
            "this is the step, not the weights after it",
            "Subtract it from the weights",
            lambda w, g, r, d: r * (g + d * w),
        ),
    ],
)


def _backprop(x: Array, target: float, w1: Array, w2: Array) -> tuple[Array, Array]:
    net = Network([w1, w2[:, None]], [np.zeros(len(w2)), [0.0]], TANH)
    first, second = net.backward(x[None], [target], SQUARED_ERROR).weights
    return first, second[:, 0]


def _way_back(x: Array, target: float, w1: Array, w2: Array) -> tuple[float, Array, Array]:
    """The error, the hidden activations, and the slope of their bend."""
    hidden = np.tanh(x @ w1)
    return float(hidden @ w2 - target), hidden, 1 - hidden**2


def _without_slope(x: Array, t: float, w1: Array, w2: Array) -> tuple[Array, Array]:
    error, hidden, _ = _way_back(x, t, w1, w2)
    return np.outer(x, error * w2), error * hidden


def _without_w2(x: Array, t: float, w1: Array, w2: Array) -> tuple[Array, Array]:
    error, hidden, slope = _way_back(x, t, w1, w2)
    return np.outer(x, error * slope), error * hidden


def _bent_twice(x: Array, t: float, w1: Array, w2: Array) -> tuple[Array, Array]:
    error, hidden, _ = _way_back(x, t, w1, w2)
    return np.outer(x, error * w2 * (1 - np.tanh(hidden) ** 2)), error * hidden


def _sums_for_hidden(x: Array, t: float, w1: Array, w2: Array) -> tuple[Array, Array]:
    return _backprop(x, t, w1, w2)[0], _way_back(x, t, w1, w2)[0] * (x @ w1)


def _without_error(x: Array, t: float, w1: Array, w2: Array) -> tuple[Array, Array]:
    _, hidden, slope = _way_back(x, t, w1, w2)
    return np.outer(x, w2 * slope), hidden


def _signs_exchanged(x: Array, t: float, w1: Array, w2: Array) -> tuple[Array, Array]:
    first, second = _backprop(x, t, w1, w2)
    return -first, -second


def _transposed(x: Array, t: float, w1: Array, w2: Array) -> tuple[Array, Array]:
    first, second = _backprop(x, t, w1, w2)
    return first.T, second


backprop = Exercise(
    name="backprop",
    asks="return the gradients of ½ · (tanh(x @ W1) @ w2 − target)² in W1 and in w2, in this order",
    praise="the error went back through w2 and the bend; a weight's share is what came in times what came back",
    solution=_backprop,
    cases=[
        (
            np.array([1.0, -2.0]),
            0.5,
            np.array([[0.3, -0.8, 0.5], [0.9, 0.2, -0.4]]),
            np.array([1.5, -0.7, 0.6]),
        ),
        (
            np.array([0.5, 1.0]),
            -1.0,
            np.array([[1.0, 0.2, -1.2], [-0.5, 0.7, 0.3]]),
            np.array([0.4, 2.0, -1.0]),
        ),
    ],
    parts=("the gradient of W1", "the gradient of w2"),
    mistakes=[
        Mistake(
            "the slope of the bend is forgotten",
            "On the way back multiply by 1 − hidden²: where tanh is flat, nothing gets through",
            _without_slope,
        ),
        Mistake(
            "the way back misses w2",
            "Multiply the error by w2 before it enters the hidden layer: who had no say has no blame",
            _without_w2,
        ),
        Mistake(
            "the bend's slope is taken at its output",
            "Hidden is already tanh of the sum, so its slope is 1 − hidden², without another tanh",
            _bent_twice,
        ),
        Mistake(
            "w2 is blamed for what came before the bend",
            "What came into w2 is hidden, after the tanh",
            _sums_for_hidden,
        ),
        Mistake(
            "the error is forgotten",
            "Begin with output − target, and multiply everything by it",
            _without_error,
        ),
        Mistake(
            "both gradients point downhill",
            "The error is output − target: the gradient points uphill",
            _signs_exchanged,
        ),
        Mistake(
            "the gradient of W1 is turned on its side",
            "Give it the shape of W1, a row for each input: np.outer(x, what came back)",
            _transposed,
        ),
    ],
)
