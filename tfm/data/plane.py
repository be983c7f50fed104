"""Points in the plane to learn from: two classes to tell apart, or heights to predict.

All sets lie within −6 to 6 in both directions. The classes are +1 and −1, heights lie from −1 to 1, so that one
colour scale around a true zero serves them all.

Sources: the circle, exclusive or, clusters, spirals, slope and bumps are those that Smilkov and Carter's
TensorFlow Playground (2016) made usual; two spirals as a test of networks: Lang and Witbrock, “Learning to tell
two spirals apart”, 1988; the moons are scikit-learn's. This file knows nothing of who learns from the points.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

EDGE = 6.0  # the plane goes from −6 to 6
MOST_NOISE = 50
CLASSIFICATION = ("circle", "xor", "two clusters", "spiral", "moons")
REGRESSION = ("slope", "bumps")


class PlanePoints(NamedTuple):
    """Points with their targets, some to learn from and some to be tested on.

    Attributes:
        train_x: N × 2, in random order.
        train_y: N targets, +1 or −1, or heights from −1 to 1.
        test_x: M × 2.
        test_y: M targets.
        task: `classification` or `regression`.
    """

    train_x: Array
    train_y: Array
    test_x: Array
    test_y: Array
    task: str


def plane_points(
    name: str, *, noise: float = 0, train_share: float = 0.5, n: int = 500, seed: int = 0
) -> PlanePoints:
    """Draw a set of points, and divide it into training and test points.

    Args:
        name: `circle`, `xor`, `two clusters`, `spiral` or `moons` (classes), `slope` or `bumps` (heights).
        noise: 0 to 50; how far points stray from their class's place, in hundredths of the set's own scale.
        train_share: the part to learn from, above 0 and below 1.
        n: how many points in all, 20 or more.
        seed: the same seed gives the same points.

    Returns:
        The points, as `PlanePoints`.

    Raises:
        ValueError: there is no such set, or a number is out of range.

    Example:
        >>> points = plane_points("circle", train_share=0.6)
        >>> points.train_x.shape, points.test_x.shape, points.task
        ((300, 2), (200, 2), 'classification')
    """
    if name not in SETS:
        raise ValueError(f"there is no set {name!r}: take one of {', '.join(SETS)}")
    if not (0 <= noise <= MOST_NOISE and 0 < train_share < 1 and n >= 20):
        raise ValueError(
            f"noise ({noise}) must be from 0 to {MOST_NOISE}, train_share ({train_share}) between 0 and 1 and "
            f"n ({n}) at least 20: try noise=10, train_share=0.5, n=500"
        )
    random = np.random.default_rng([seed, list(SETS).index(name)])
    x, y = SETS[name](n, noise / 100, random)
    order = random.permutation(n)
    n_train = min(max(round(n * train_share), 1), n - 1)
    train, test = order[:n_train], order[n_train:]
    task = "regression" if name in REGRESSION else "classification"
    return PlanePoints(x[train], y[train], x[test], y[test], task)


def _circle(n: int, noise: float, random: np.random.Generator) -> tuple[Array, Array]:
    """A disc inside a ring. Noise moves a point after its place was drawn and before its class is read."""
    inside = np.arange(n) < n // 2
    far = np.where(inside, random.uniform(0, 2.5, n), random.uniform(3.5, 5, n))
    turn = random.uniform(0, 2 * np.pi, n)
    x = far[:, None] * np.stack([np.cos(turn), np.sin(turn)], axis=1)
    moved = x + random.uniform(-5, 5, (n, 2)) * noise
    return x, np.where(np.hypot(*moved.T) < 2.5, 1.0, -1.0)


def _xor(n: int, noise: float, random: np.random.Generator) -> tuple[Array, Array]:
    """Four corners: +1 where both coordinates have one sign. A gap of 0.6 keeps the corners apart."""
    x = random.uniform(-5, 5, (n, 2))
    x += 0.3 * np.sign(x)
    moved = x + random.uniform(-5, 5, (n, 2)) * noise
    return x, np.where(moved.prod(axis=1) >= 0, 1.0, -1.0)


def _two_clusters(n: int, noise: float, random: np.random.Generator) -> tuple[Array, Array]:
    """A cloud around (2, 2) and one around (−2, −2); noise widens both."""
    y = np.where(np.arange(n) < n // 2, 1.0, -1.0)
    spread = np.sqrt(0.5 + 7 * noise)  # a variance of 0.5 without noise, 4 at 50
    return np.clip(2 * y[:, None] + random.normal(0, spread, (n, 2)), -EDGE, EDGE), y


def _spiral(n: int, noise: float, random: np.random.Generator) -> tuple[Array, Array]:
    """Two arms of 1¾ turns, half a turn apart."""
    y = np.where(np.arange(n) < n // 2, 1.0, -1.0)
    along = np.concatenate([np.arange(n // 2) / (n // 2), np.arange(n - n // 2) / (n - n // 2)])
    turn = 1.75 * 2 * np.pi * along + np.where(y > 0, 0, np.pi)
    arms = 5 * along[:, None] * np.stack([np.sin(turn), np.cos(turn)], axis=1)
    return np.clip(arms + random.uniform(-1, 1, (n, 2)) * noise, -EDGE, EDGE), y


def _moons(n: int, noise: float, random: np.random.Generator) -> tuple[Array, Array]:
    """Two half moons that reach into each other, stretched from scikit-learn's unit to ours."""
    from sklearn.datasets import make_moons  # noqa: PLC0415 (a second that the other sets need not wait)

    state = int(random.integers(2**31))
    x, upper = make_moons(n, noise=noise or None, shuffle=False, random_state=state)
    return np.clip((x - [0.5, 0.25]) * 3.2, -EDGE, EDGE), np.where(upper == 1, 1.0, -1.0)


def _slope(n: int, noise: float, random: np.random.Generator) -> tuple[Array, Array]:
    """A height that rises evenly from the lower left to the upper right."""
    x = random.uniform(-EDGE, EDGE, (n, 2))
    moved = x + random.uniform(-EDGE, EDGE, (n, 2)) * noise
    return x, np.clip(moved.sum(axis=1) / 10, -1, 1)


def _bumps(n: int, noise: float, random: np.random.Generator) -> tuple[Array, Array]:
    """Six round hills and hollows in two rows; the height falls evenly to 0 two units from a top."""
    x = random.uniform(-EDGE, EDGE, (n, 2))
    moved = x + random.uniform(-EDGE, EDGE, (n, 2)) * noise
    tops = np.array([(a, b) for b in (2.5, -2.5) for a in (-4.0, 0.0, 4.0)])
    signs = np.array([1.0, -1.0, 1.0, -1.0, 1.0, -1.0])
    far = np.linalg.norm(moved[:, None] - tops, axis=-1)  # n × 6
    heights = signs * np.clip(1 - far / 2, 0, 1)
    return x, heights[np.arange(n), abs(heights).argmax(axis=1)]


SETS: dict[str, Callable[[int, float, np.random.Generator], tuple[Array, Array]]] = {
    "circle": _circle,
    "xor": _xor,
    "two clusters": _two_clusters,
    "spiral": _spiral,
    "moons": _moons,
    "slope": _slope,
    "bumps": _bumps,
}
