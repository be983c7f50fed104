"""All that decides a run of the playground, validated, and what a network can be given to see of the plane.

Source: Smilkov, Carter, Sculley, Viégas and Wattenberg, “Direct-Manipulation Visualization of Deep Networks”, 2017
(the choices are TensorFlow Playground's). This file knows nothing of training.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tfm.by_hand.activations import ACTIVATIONS
from tfm.by_hand.penalties import L1, L2, NO_PENALTY, Penalty
from tfm.names import shown

Array = NDArray[Any]

EDGE = 6.0  # the maps show the plane from −6 to 6
MOST_LAYERS, MOST_NEURONS = 6, 8
PENALTIES: dict[str, Callable[[float], Penalty]] = {"none": lambda _: NO_PENALTY, "L1": L1, "L2": L2}
FEATURES: dict[str, Callable[[Array, Array], Array]] = {
    "x1": lambda a, _: a,
    "x2": lambda _, b: b,
    "x1^2": lambda a, _: a * a,
    "x2^2": lambda _, b: b * b,
    "x1*x2": lambda a, b: a * b,
    "sin(x1)": lambda a, _: np.sin(a),
    "sin(x2)": lambda _, b: np.sin(b),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """All that decides a run, validated.

    Attributes:
        data: name of the set, as the source of points knows it.
        noise: 0 to 50.
        train: how many of a hundred points are learned from, 10 to 90; the rest are for testing.
        batch: how many points a step of descent sees, 1 to 30.
        features: what goes in, names from `FEATURES`, one at least.
        hidden: neurons of each hidden layer, up to 6 layers of 1 to 8; none is a single neuron.
        activation: of the hidden layers, a name from `ACTIVATIONS`.
        rate: the learning rate, above 0.
        penalty: `none`, `L1` or `L2`.
        penalty_rate: its λ, 0 or more.
        seed: of the points and the first weights.

    Raises:
        ValueError: a value is out of its range.

    Example:
        >>> Settings(hidden=(4, 2)).features
        ('x1', 'x2')
    """

    data: str = "circle"
    noise: int = 0
    train: int = 50
    batch: int = 10
    features: tuple[str, ...] = ("x1", "x2")
    hidden: tuple[int, ...] = (4, 2)
    activation: str = "tanh"
    rate: float = 0.03
    penalty: str = "none"
    penalty_rate: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        require_range("noise", self.noise, 0, 50)
        require_range("train", self.train, 10, 90)
        require_range("batch", self.batch, 1, 30)
        require_range("rate", self.rate, 1e-9, 1000)
        require_range("penalty_rate", self.penalty_rate, 0, 1000)
        require_range("seed", self.seed, 0, 2**31)
        _require_known("activation", (self.activation,), ACTIVATIONS)
        _require_known("penalty", (self.penalty,), PENALTIES)
        _require_known("feature", self.features, FEATURES)
        if not self.features:
            raise ValueError("a network needs at least one feature to see: switch on x1 or another one")
        if len(self.hidden) > MOST_LAYERS or not all(1 <= n <= MOST_NEURONS for n in self.hidden):
            raise ValueError(
                f"hidden ({' '.join(map(str, self.hidden))}) must be at most {MOST_LAYERS} layers of 1 to "
                f"{MOST_NEURONS} neurons: try 4 2"
            )


def features(x: ArrayLike, names: tuple[str, ...]) -> Array:
    """What the network sees of places in the plane.

    Args:
        x: N × 2.
        names: from `FEATURES`.

    Returns:
        N × len(names).

    Example:
        >>> features([[2.0, -3.0]], ("x1", "x2", "x1*x2")).tolist()
        [[2.0, -3.0, -6.0]]
    """
    a, b = np.asarray(x, dtype=float).T
    return np.stack([FEATURES[name](a, b) for name in names], axis=1)


def plane_grid(side: int) -> Array:
    """The middles of side × side squares that fill the plane, row by row from the top: side² × 2.

    Example:
        >>> plane_grid(2).tolist()
        [[-3.0, 3.0], [3.0, 3.0], [-3.0, -3.0], [3.0, -3.0]]
    """
    middles = (np.arange(side) + 0.5) / side * 2 * EDGE - EDGE
    across, upwards = np.meshgrid(middles, middles[::-1])
    return np.stack([across.ravel(), upwards.ravel()], axis=1)


def require_range(name: str, value: float, low: float, high: float) -> None:
    """Refuse a number outside its range, and NaN, in one sentence."""
    if not low <= value <= high:
        raise ValueError(f"{name} ({value:g}) must be a number from {low:g} to {high:g}")


def _require_known(kind: str, names: tuple[str, ...], known: Any) -> None:
    for name in names:
        if name not in known:
            raise ValueError(f"there is no {kind} {shown(name)}: take {', '.join(known)}")
    if len(set(names)) < len(names):
        raise ValueError(f"a {kind} stands twice in {', '.join(names)}: name each once")
