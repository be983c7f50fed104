"""The feed-forward network in NumPy, plain and gated, and the bends it is used with.

    FeedForward(x)      = activation(x W_upᵀ + b_up) W_downᵀ + b_down
    GatedFeedForward(x) = (activation(x W_gateᵀ) · x W_upᵀ) W_downᵀ

Sources: Vaswani et al., “Attention Is All You Need”, 2017, section 3.3; GELU: Hendrycks and Gimpel, “Gaussian
Error Linear Units”, 2016; SiLU: Elfwing, Uchibe and Doya, “Sigmoid-Weighted Linear Units for Neural Network
Function Approximation in Reinforcement Learning”, 2018; the gate: Shazeer, “GLU Variants Improve Transformer”,
2020. The block that models use is `tfm.nn.feedforward`. This file knows nothing of
sentences: each position is transformed alone.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tfm.by_hand.linear import Weights, linear

_erf = np.vectorize(math.erf, otypes=[float])


def relu(x: ArrayLike) -> NDArray[Any]:
    """Keep what is positive, and make the rest 0: max(x, 0).

    Args:
        x: any shape.

    Returns:
        The same shape.

    Example:
        >>> relu([-1.0, 0.0, 2.0])
        array([0., 0., 2.])
    """
    return np.asarray(np.maximum(x, 0))


def gelu(x: ArrayLike) -> NDArray[Any]:
    """Keep each number in the share of a normal distribution that lies below it: x · Φ(x).

    Φ(x) = (1 + erf(x / √2)) / 2

    Args:
        x: any shape.

    Returns:
        The same shape, float64.

    Example:
        >>> gelu([-1.0, 0.0, 1.0, 10.0]).round(3)
        array([-0.159,  0.   ,  0.841, 10.   ])
    """
    x = np.asarray(x)
    return np.asarray(x * (1 + _erf(x / math.sqrt(2))) / 2)


def gelu_tanh(x: ArrayLike) -> NDArray[Any]:
    """GELU with a tanh in the place of the error function: x · (1 + tanh(√(2/π) · (x + 0.044715 x³))) / 2.

    Args:
        x: any shape.

    Returns:
        The same shape, within 0.0005 of `gelu`.

    Example:
        >>> gelu_tanh([-1.0, 0.0, 1.0, 10.0]).round(4)
        array([-0.1588,  0.    ,  0.8412, 10.    ])
    """
    x = np.asarray(x)
    return np.asarray(x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))) / 2)


def silu(x: ArrayLike) -> NDArray[Any]:
    """Let each number open its own gate: x · σ(x), with σ(x) = 1 / (1 + e⁻ˣ).

    Args:
        x: any shape.

    Returns:
        The same shape.

    Example:
        >>> silu([-1.0, 0.0, 1.0, 10.0]).round(3)
        array([-0.269,  0.   ,  0.731, 10.   ])
    """
    x = np.asarray(x)
    return np.asarray(x * (1 + np.tanh(x / 2)) / 2)  # the same σ, which cannot overflow


def feed_forward(
    x: ArrayLike, weights: Weights, activation: Callable[[NDArray[Any]], NDArray[Any]] = gelu
) -> NDArray[Any]:
    """Widen, bend, narrow.

    Args:
        x: … × C.
        weights: `up.weight` F × C, `up.bias` F, `down.weight` C × F, `down.bias` C.
        activation: keeps the shape.

    Returns:
        … × C.

    Example:
        >>> weights = {"up.weight": [[1.0], [-1.0]], "down.weight": [[1.0, 1.0]]}
        >>> feed_forward([[-3.0], [2.0]], weights, relu)  # up and down again by ReLU: the absolute value
        array([[3.],
               [2.]])
    """
    hidden = activation(linear(x, weights, "up"))  # … F
    return linear(hidden, weights, "down")  # … C


def gated_feed_forward(
    x: ArrayLike, weights: Weights, activation: Callable[[NDArray[Any]], NDArray[Any]] = silu
) -> NDArray[Any]:
    """Widen twice, let one half open and close the other, narrow; with SiLU this is SwiGLU.

    Args:
        x: … × C.
        weights: `gate.weight` and `up.weight` F × C, `down.weight` C × F; biases may be there too.
        activation: of the gate; keeps the shape.

    Returns:
        … × C.

    Example:
        >>> weights = {"gate.weight": [[1.0]], "up.weight": [[1.0]], "down.weight": [[1.0]]}
        >>> gated_feed_forward([[-3.0], [2.0]], weights, relu)  # shut below 0, and x · x above
        array([[0.],
               [4.]])
    """
    gate = activation(linear(x, weights, "gate"))  # … F
    return linear(gate * linear(x, weights, "up"), weights, "down")  # … C
