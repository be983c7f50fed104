"""What a neuron does with its weighted sum: the activation, and its slope, which learning needs.

    tanh(z) = (eᶻ − e⁻ᶻ) / (eᶻ + e⁻ᶻ)     slope 1 − tanh²(z)
    ReLU(z) = max(z, 0)                    slope 1 where z > 0, otherwise 0
    σ(z)    = 1 / (1 + e⁻ᶻ)                slope σ(z) · (1 − σ(z))

Sources: LeCun, Bottou, Orr and Müller, “Efficient BackProp”, 1998, section 4.4 (tanh); Nair and Hinton,
“Rectified Linear Units Improve Restricted Boltzmann Machines”, 2010 (ReLU). This file knows nothing of weights:
an activation sees one number at a time.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tfm.by_hand.feedforward import relu


@dataclass(frozen=True, slots=True)
class Activation:
    """A bend and its slope.

    Attributes:
        name: what people call it.
        f: from weighted sums of any shape to activations of the same shape.
        slope: from the same weighted sums (not from the activations) to the derivative of `f` there.

    Example:
        >>> TANH.f(np.array([0.0, 1.0])).round(3)
        array([0.   , 0.762])
        >>> TANH.slope(np.array([0.0, 1.0])).round(3)
        array([1.  , 0.42])
        >>> TANH
        <activation tanh>
    """

    name: str
    f: Callable[[NDArray[Any]], NDArray[Any]]
    slope: Callable[[NDArray[Any]], NDArray[Any]]

    def __repr__(self) -> str:
        return f"<activation {self.name}>"


def sigmoid(z: ArrayLike) -> NDArray[Any]:
    """Squeeze a number between 0 and 1: 1 / (1 + e⁻ᶻ).

    Written as (1 + tanh(z / 2)) / 2, the same curve, which cannot overflow.

    Args:
        z: any shape.

    Returns:
        The same shape, from 0 to 1.

    Example:
        >>> sigmoid([-1000.0, 0.0, 2.0]).round(3)
        array([0.   , 0.5  , 0.881])
    """
    return np.asarray((1 + np.tanh(np.asarray(z) / 2)) / 2)


def _tanh_slope(z: NDArray[Any]) -> NDArray[Any]:
    bent = np.tanh(z)
    return np.asarray(1 - bent * bent)


def _sigmoid_slope(z: NDArray[Any]) -> NDArray[Any]:
    share = sigmoid(z)
    return share * (1 - share)


def _relu_slope(z: NDArray[Any]) -> NDArray[Any]:
    return (z > 0).astype(z.dtype)  # at 0 itself, where there is a corner, 0: as PyTorch has it


TANH = Activation("tanh", np.tanh, _tanh_slope)
RELU = Activation("relu", relu, _relu_slope)
SIGMOID = Activation("sigmoid", sigmoid, _sigmoid_slope)
LINEAR = Activation("linear", np.asarray, np.ones_like)
ACTIVATIONS = {each.name: each for each in (TANH, RELU, SIGMOID, LINEAR)}
