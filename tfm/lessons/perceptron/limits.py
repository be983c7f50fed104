"""What one perceptron can decide and what it cannot: by trying all of a grid, and XOR by two layers.

Source: Minsky and Papert, *Perceptrons*, 1969. This file knows nothing of learning: it tries.
"""

import itertools
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tfm.by_hand.perceptron import ROUNDING, all_cases, fires, yes_no


class Search(NamedTuple):
    """The best perceptron of a grid.

    Attributes:
        right: how many of the 2ⁿ cases it decides as asked.
        weights: n numbers.
        threshold: θ.
        tried: how many perceptrons the grid holds.
    """

    right: int
    weights: NDArray[Any]
    threshold: float
    tried: int


class TwoLayers(NamedTuple):
    """What two layers decide.

    Attributes:
        hidden: “at least one” and “both”, … × 2.
        output: exactly one, ….
    """

    hidden: NDArray[Any]
    output: NDArray[Any]


def search_grid(answers: ArrayLike, weights: Sequence[float], thresholds: Sequence[float]) -> Search:
    """Try every perceptron of a grid on a truth table.

    Args:
        answers: 2ⁿ zeros and ones, in the order of `all_cases(n)`.
        weights: the values each weight may take.
        thresholds: the values θ may take.

    Returns:
        The first of the best, and how many were tried, as `Search`.

    Raises:
        ValueError: the number of answers is not 2, 4, 8 or 16, or they are not 0 and 1.

    Example:
        >>> search_grid([0, 0, 0, 1], range(-2, 3), [0.5, 1.5])
        Search(right=4, weights=array([1, 1]), threshold=1.5, tried=50)
    """
    n = int(np.log2(max(np.size(answers), 1)))
    if np.size(answers) != 2**n or not 1 <= n <= 4:
        raise ValueError(
            f"there are {np.size(answers)} answers: a truth table of n inputs has 2ⁿ, that is 2, 4, 8 or 16"
        )
    wanted = yes_no(answers, 2**n, one_class=True)
    grid = np.array(list(itertools.product(weights, repeat=n)))
    sums = grid @ all_cases(n).T  # one row a choice of weights, one column a case
    right = np.stack([((sums - t > ROUNDING) == wanted).sum(axis=-1) for t in thresholds])  # thresholds first
    t, w = np.unravel_index(right.argmax(), right.shape)
    return Search(int(right.max()), grid[w], float(thresholds[int(t)]), right.size)


def expressible_rules(n: int) -> set[tuple[bool, ...]]:
    """Every truth table over n inputs that one perceptron can decide, n ≤ 4.

    Whole weights from −3 to 3 and a threshold between whole numbers are enough for up to four inputs: the
    counts 4, 14, 104, 1,882 are those of Winder, “Enumeration of seven-argument threshold functions”, 1965.

    Args:
        n: how many inputs, 1 to 4.

    Returns:
        The tables, each 2ⁿ answers in the order of `all_cases(n)`.

    Raises:
        ValueError: n is not 1, 2, 3 or 4.

    Example:
        >>> len(expressible_rules(2)), 2 ** 2**2
        (14, 16)
    """
    if n not in range(1, 5):
        raise ValueError(f"n ({n}) must be 1, 2, 3 or 4: with more inputs there are too many weights to try")
    grid = np.array(list(itertools.product(range(-3, 4), repeat=n)))
    sums = grid @ all_cases(n).T
    tables = np.concatenate([sums > t for t in np.arange(-3 * n - 0.5, 3 * n + 1)])
    return {tuple(table.tolist()) for table in np.unique(tables, axis=0)}


def xor_by_two_layers(inputs: ArrayLike) -> TwoLayers:
    """Exactly one of two, by three perceptrons: “at least one”, “both”, and the first without the second.

    Args:
        inputs: … × 2, zeros and ones.

    Returns:
        The hidden layer and the output, 0 or 1, as `TwoLayers`.

    Raises:
        ValueError: an input is not 0 or 1, or there are not two.

    Example:
        >>> xor_by_two_layers(all_cases(2)).output.tolist()
        [0, 1, 1, 0]
    """
    inputs = np.asarray(inputs)
    if not np.isin(inputs, (0, 1)).all():
        raise ValueError("xor needs inputs that are 0 or 1: write 1 for yes and 0 for no")
    hidden = np.stack([fires(inputs, [1, 1], 0.5), fires(inputs, [1, 1], 1.5)], axis=-1).astype(int)  # … 2
    return TwoLayers(hidden, fires(hidden, [1, -1], 0.5).astype(int))
