"""A loss with two weights, seen as a landscape, and a walk down it.

    line:   loss(w, b) = ½ · mean (w·x + b − y)²         a bowl, round or long, as the inputs lie
    chain:  loss(w₁, w₂) = ½ · (w₂·w₁·x − y)²            two valleys and a saddle between them

Two weights are what a picture can show; a network has the same walk in more directions. Source: Boyd and
Vandenberghe, *Convex Optimization*, 2004, section 9.3. This file knows nothing of pictures.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tfm.by_hand.descent import Optimizer

DIVERGED = 1000.0  # so many times the first loss, and nobody comes back

Array = NDArray[Any]
Range = tuple[float, float]


@dataclass(frozen=True, kw_only=True, slots=True)
class Landscape:
    """A loss of two weights.

    Attributes:
        loss: from … × 2 weights to … losses.
        gradient: from 2 weights to the 2 slopes of the loss there.
        names: of the first weight, drawn to the right, and of the second, drawn upwards.
        across: from where to where the first weight is shown.
        upwards: the same for the second.
        start: 2 weights to walk from.
        bottom: the lowest loss there is.
    """

    loss: Callable[[Array], Array]
    gradient: Callable[[Array], Array]
    names: tuple[str, str]
    across: Range
    upwards: Range
    start: tuple[float, float]
    bottom: float = 0.0

    def heights(self, n: int = 61) -> Array:
        """The loss at n × n places, a row for each value of the second weight, from the least upwards.

        Example:
            >>> chain_landscape(2, 4).heights(3).shape
            (3, 3)
        """
        across, upwards = np.linspace(*self.across, n), np.linspace(*self.upwards, n)
        return self.loss(np.stack(np.meshgrid(across, upwards), axis=-1))  # n n 2


class Walk(NamedTuple):
    """Where a descent came by.

    Attributes:
        places: the weights at the start and after each step, (steps + 1) × 2.
        losses: the loss at each of them.
        diverged: whether it ended early because the loss had passed 1,000 times its first value.
    """

    places: Array
    losses: Array
    diverged: bool


def line_landscape(
    x: ArrayLike, y: ArrayLike, *, across: Range, upwards: Range, start: tuple[float, float]
) -> Landscape:
    """The loss of the line w·x + b through points, over w and b.

    Args:
        x: N numbers.
        y: N numbers, what the line should give.
        across: from where to where w is shown.
        upwards: from where to where b is shown.
        start: w and b to walk from.

    Returns:
        The landscape; its bottom is the least squares line's loss.

    Raises:
        ValueError: x and y differ in length, are empty, or hold NaN or ∞.

    Example:
        >>> bowl = line_landscape([-1, 1], [1, 5], across=(0, 4), upwards=(0, 6), start=(0, 0))
        >>> bowl.loss(np.array([[0.0, 0.0], [2.0, 3.0]]))  # the line 2x + 3 goes through both points
        array([6.5, 0. ])
        >>> bowl.gradient(np.array([0.0, 0.0]))
        array([-2., -3.])
    """
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    if x.ndim != 1 or x.shape != y.shape or not x.size:
        raise ValueError(f"x has shape {x.shape} and y {y.shape}: give each point one number in both")
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise ValueError("x and y must be finite numbers, and one of them is NaN or ∞: remove that point")

    def gaps(weights: Array) -> Array:
        return weights[..., :1] * x + weights[..., 1:] - y  # … N

    def loss(weights: Array) -> Array:
        return np.asarray((gaps(weights) ** 2).mean(axis=-1) / 2)

    def gradient(weights: Array) -> Array:
        gap = gaps(weights)
        return np.array([(gap * x).mean(), gap.mean()])

    best = np.linalg.lstsq(np.stack([x, np.ones_like(x)], axis=1), y, rcond=None)[0]
    return Landscape(
        loss=loss,
        gradient=gradient,
        names=("w", "b"),
        across=across,
        upwards=upwards,
        start=start,
        bottom=float(loss(best)),
    )


def chain_landscape(
    x: float, y: float, *, across: Range = (-3, 4), upwards: Range = (-3, 4), start: Range = (3, 0.5)
) -> Landscape:
    """The loss of two weights in a row, ½ · (w₂·w₁·x − y)², over both.

    Args:
        x: the input, not 0.
        y: what should come out.
        across: from where to where w₁ is shown.
        upwards: from where to where w₂ is shown.
        start: w₁ and w₂ to walk from.

    Returns:
        The landscape; its bottom is 0, along w₁·w₂ = y / x.

    Raises:
        ValueError: a number is NaN or ∞, or x is 0.

    Example:
        >>> chain = chain_landscape(2, 4)
        >>> chain.loss(np.array([3.0, 0.5])).item(), chain.gradient(np.array([3.0, 0.5])).tolist()
        (0.5, [-1.0, -6.0])
    """
    if not (math.isfinite(x) and math.isfinite(y)) or x == 0:
        raise ValueError(f"x ({x}) and y ({y}) must be finite numbers, and x not 0: try x=2, y=4")

    def gap(weights: Array) -> Array:
        return np.asarray(weights[..., 0] * weights[..., 1] * x - y)

    def gradient(weights: Array) -> Array:
        return gap(weights) * x * weights[::-1]  # each weight's slope holds the other weight

    return Landscape(
        loss=lambda weights: gap(weights) ** 2 / 2,
        gradient=gradient,
        names=("w₁", "w₂"),
        across=across,
        upwards=upwards,
        start=start,
    )


def walk(landscape: Landscape, optimizer: Optimizer, start: Sequence[float], steps: int) -> Walk:
    """Descend, and remember the way.

    Args:
        landscape: where.
        optimizer: how; a fresh one, because it may remember earlier steps.
        start: 2 weights.
        steps: how many steps at most, 0 or more.

    Returns:
        The walk; it ends early where the loss passes 1,000 times its first value.

    Raises:
        ValueError: the start is not two finite numbers, or steps is negative.

    Example:
        >>> from tfm.by_hand.descent import SGD
        >>> bowl = line_landscape([-1, 1], [1, 5], across=(0, 4), upwards=(0, 6), start=(0.0, 0.0))
        >>> walk(bowl, SGD(0.5), (0.0, 0.0), 3).places.tolist()
        [[0.0, 0.0], [1.0, 1.5], [1.5, 2.25], [1.75, 2.625]]
    """
    here = np.array(start, dtype=float)
    if here.shape != (2,) or not np.isfinite(here).all():
        raise ValueError(f"start must be two finite numbers, and it is {here.tolist()}: try (0, 0)")
    if steps < 0:
        raise ValueError(f"steps must be 0 or more, and it is {steps}: try 20")
    places, losses = [here.copy()], [float(landscape.loss(here))]
    while len(places) <= steps and losses[-1] <= DIVERGED * losses[0]:
        optimizer.step([here], [landscape.gradient(here)])
        places.append(here.copy())
        losses.append(float(landscape.loss(here)))
    return Walk(np.array(places), np.array(losses), losses[-1] > DIVERGED * losses[0])
