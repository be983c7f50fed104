"""Descent: move every parameter a little against its gradient.

    SGD:   v ← μ·v + g;   p ← p − η·v
    Adam:  m ← β₁m + (1 − β₁)g;   s ← β₂s + (1 − β₂)g²;   p ← p − η · m̂ / (√ŝ + ε)

η is the learning rate, g the gradient, μ the momentum. Adam divides each parameter's running mean gradient by the
running size of that gradient; the hats, m̂ = m / (1 − β₁ᵗ) and ŝ = s / (1 − β₂ᵗ), undo the start from zeros.

Sources: Polyak, “Some methods of speeding up the convergence of iteration methods”, 1964 (momentum); Kingma and
Ba, “Adam: A Method for Stochastic Optimization”, 2015, algorithm 1. This file knows nothing of networks: it is
handed arrays and their gradients.
"""

import math
from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


@runtime_checkable
class Optimizer(Protocol):
    """What every way to descend can do."""

    def step(self, parameters: Sequence[Array], gradients: Sequence[Array]) -> None:
        """Move the parameters, in place, once."""
        ...


class SGD:
    """Gradient descent, with momentum if you like.

    “Stochastic” is not in here: it is when the gradients come from a few examples at a time.

    Args:
        rate: η, above 0.
        momentum: μ from 0 to below 1: how much of the last step's direction is kept.

    Raises:
        ValueError: rate or momentum is out of range.

    Example:
        >>> weight = np.array([1.0])
        >>> SGD(rate=0.1).step([weight], [np.array([2.0])])
        >>> weight
        array([0.8])
    """

    def __init__(self, rate: float, momentum: float = 0.0) -> None:
        _require_rate(rate)
        _require_share("momentum", momentum)
        self.rate, self.momentum = rate, momentum
        self._speed: list[Array] = []

    def step(self, parameters: Sequence[Array], gradients: Sequence[Array]) -> None:
        """Move the parameters, in place, once.

        Args:
            parameters: float arrays, the same ones at every call.
            gradients: one of the same shape for each.

        Raises:
            ValueError: numbers or shapes of the two differ from each other or from the last call.
        """
        _require_pairs(parameters, gradients)
        if not self.momentum:
            for p, g in zip(parameters, gradients, strict=True):
                p -= self.rate * g  # noqa: PLW2901 (in place: the caller's array moves)
            return
        self._speed = self._speed or _zeros(parameters)
        _require_pairs(parameters, self._speed)
        for p, g, v in zip(parameters, gradients, self._speed, strict=True):
            v *= self.momentum  # noqa: PLW2901
            v += g  # noqa: PLW2901
            p -= self.rate * v  # noqa: PLW2901


class Adam:
    """Descent in which every parameter has its own step, by how large its gradient usually is.

    Args:
        rate: η, above 0.
        beta1: β₁ from 0 to below 1: how slowly the mean gradient forgets.
        beta2: β₂ from 0 to below 1: how slowly the mean squared gradient forgets.
        eps: ε above 0, so that a gradient of 0 divides by something.

    Raises:
        ValueError: an argument is out of range.

    Example:
        >>> weights = np.array([1.0, 1.0])
        >>> Adam(rate=0.1).step([weights], [np.array([2.0, -500.0])])
        >>> weights.round(6)  # the first step is the rate itself, however large the gradient
        array([0.9, 1.1])
    """

    def __init__(self, rate: float, beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-8) -> None:
        _require_rate(rate)
        _require_share("beta1", beta1)
        _require_share("beta2", beta2)
        if not (math.isfinite(eps) and eps > 0):
            raise ValueError(f"eps must be above 0, and it is {eps}: try eps=1e-8")
        self.rate, self.beta1, self.beta2, self.eps = rate, beta1, beta2, eps
        self._mean: list[Array] = []
        self._size: list[Array] = []
        self._steps = 0

    def step(self, parameters: Sequence[Array], gradients: Sequence[Array]) -> None:
        """Move the parameters, in place, once.

        Args:
            parameters: float arrays, the same ones at every call.
            gradients: one of the same shape for each.

        Raises:
            ValueError: numbers or shapes of the two differ from each other or from the last call.
        """
        _require_pairs(parameters, gradients)
        if not self._mean:
            self._mean, self._size = _zeros(parameters), _zeros(parameters)
        _require_pairs(parameters, self._mean)
        self._steps += 1
        step = self.rate / (1 - self.beta1**self._steps)
        widen = math.sqrt(1 - self.beta2**self._steps)
        for p, g, m, s in zip(parameters, gradients, self._mean, self._size, strict=True):
            m *= self.beta1  # noqa: PLW2901
            m += (1 - self.beta1) * g  # noqa: PLW2901
            s *= self.beta2  # noqa: PLW2901
            s += (1 - self.beta2) * g * g  # noqa: PLW2901
            p -= step * m / (np.sqrt(s) / widen + self.eps)  # noqa: PLW2901


def _zeros(parameters: Sequence[Array]) -> list[Array]:
    return [np.zeros_like(p) for p in parameters]


def _require_rate(rate: float) -> None:
    if not (math.isfinite(rate) and rate > 0):
        raise ValueError(f"rate must be above 0, and it is {rate}: try rate=0.1")


def _require_share(name: str, share: float) -> None:
    if not 0 <= share < 1:
        raise ValueError(f"{name} must be from 0 to below 1, and it is {share}: try {name}=0.9")


def _require_pairs(parameters: Sequence[Array], others: Sequence[Array]) -> None:
    shapes, others_shapes = [p.shape for p in parameters], [o.shape for o in others]
    if shapes != others_shapes:
        raise ValueError(
            f"the parameters have shapes {shapes} and the gradients {others_shapes}: "
            "give one gradient of the same shape for each parameter, and one optimiser to each network"
        )
