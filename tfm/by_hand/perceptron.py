"""The perceptron in NumPy: weighted yes/no reasons, a threshold, and a rule by which mistakes move both.

    fires  ⇔  w₁x₁ + … + wₙxₙ > θ

Source: McCulloch and Pitts, “A logical calculus of the ideas immanent in nervous activity”, 1943 (the unit
with a threshold); Rosenblatt, “The perceptron”, 1958 (the learning rule). What one perceptron cannot do stands
in `perceptron_limits`. This file knows nothing of gradients: a decision is right or wrong, and only wrong ones
teach.
"""

import itertools
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

ROUNDING = 1e-9  # 0.1 + 0.2 exceeds 0.3 by 4e-17 in a computer; more by rounding alone is not more


class Learned(NamedTuple):
    """What the learning rule arrived at, and how.

    Attributes:
        weights: n numbers.
        threshold: θ.
        mistakes: wrong decisions in each epoch, as they happened; the last is 0 if learning came to rest.
        path: weights and threshold before the first epoch and after each, (epochs + 1) × (n + 1).
    """

    weights: NDArray[Any]
    threshold: float
    mistakes: list[int]
    path: NDArray[Any]


def fires(inputs: ArrayLike, weights: ArrayLike, threshold: float) -> NDArray[np.bool_]:
    """Whether a weighted sum is strictly more than a threshold.

    fires ⇔ inputs · weights > θ

    Args:
        inputs: … × n, usually 0 or 1.
        weights: n numbers.
        threshold: θ; a sum that equals it does not fire.

    Returns:
        True where it fires, the shape of `inputs` without its last axis.

    Raises:
        ValueError: an input has no weight or a weight no input, or a number is NaN.

    Example:
        >>> fires([[1, 0, 1], [0, 1, 1]], [8, 4, 4], 8)
        array([ True, False])
        >>> fires([0, 1, 1], [8, 4, 4], 7.9).item()
        True
    """
    inputs, weights = _fitting(inputs, weights, threshold)
    return np.asarray(inputs @ weights - threshold > ROUNDING)


def all_cases(n: int) -> NDArray[np.int_]:
    """Every combination of n yes/no inputs, counted in binary.

    Args:
        n: how many inputs, 1 to 16.

    Returns:
        2ⁿ × n zeros and ones; the first row is all 0, the last all 1.

    Raises:
        ValueError: n is not a whole number from 1 to 16.

    Example:
        >>> all_cases(2).tolist()
        [[0, 0], [0, 1], [1, 0], [1, 1]]
    """
    if n not in range(1, 17):
        raise ValueError(f"n ({n}) must be a whole number from 1 to 16: n inputs have 2ⁿ cases, try n=3")
    return np.array(list(itertools.product([0, 1], repeat=n)))


def learn(
    inputs: ArrayLike,
    answers: ArrayLike,
    epochs: int = 100,
    rate: float = 1.0,
    *,
    weights: ArrayLike | None = None,
    threshold: float = 0.0,
) -> Learned:
    """The perceptron learning rule: decide for one example after another, and move only after a mistake.

    error = answer − decision (−1, 0 or 1);  w ← w + rate · error · x;  θ ← θ − rate · error

    It stops after an epoch without a mistake. If any perceptron decides every example rightly that epoch
    comes (Novikoff, 1962); if none does it never comes, and the last weights are merely the last.

    Args:
        inputs: N × n, a row an example, visited in this order.
        answers: N zeros and ones, or True and False.
        epochs: how often to go through all examples at most, 1 or more.
        rate: the step's size, above 0.
        weights: n numbers to start from; zeros by default.
        threshold: θ to start from.

    Returns:
        Weights, threshold, mistakes and path, as `Learned`.

    Raises:
        ValueError: the lengths differ, the answers are not 0 and 1 or are all alike, a number is NaN, or
            epochs or rate is too small.

    Example:
        >>> found = learn(all_cases(2), [0, 0, 0, 1])
        >>> fires(all_cases(2), found.weights, found.threshold).tolist()
        [False, False, False, True]
    """
    inputs = np.atleast_2d(np.asarray(inputs, dtype=float))
    start = np.zeros(inputs.shape[-1]) if weights is None else np.array(weights, dtype=float)
    inputs, w = _fitting(inputs, start, threshold)
    wanted = yes_no(answers, len(inputs))
    if epochs < 1 or not rate > 0:
        raise ValueError(
            f"epochs ({epochs}) must be at least 1 and rate ({rate}) above 0: try epochs=10, rate=1.0"
        )
    theta, mistakes, path = float(threshold), [], [np.append(w, threshold)]
    for _ in range(epochs):
        wrong = 0
        for x, answer in zip(inputs, wanted, strict=True):
            error = answer - int(x @ w - theta > ROUNDING)
            if error:
                w, theta, wrong = w + rate * error * x, theta - rate * error, wrong + 1
        mistakes.append(wrong)
        path.append(np.append(w, theta))
        if not wrong:
            break
    return Learned(w, theta, mistakes, np.array(path))


def simulate_answers(
    n: int, weights: ArrayLike, threshold: float, noise: float = 0.0, seed: int = 0
) -> tuple[NDArray[np.int_], NDArray[np.int_]]:
    """Ask n simulated people who all decide by one hidden perceptron.

    Each person meets random yes/no inputs, every combination equally likely.

    Args:
        n: how many people, 1 or more.
        weights: the hidden weights, one an input.
        threshold: the hidden θ.
        noise: the chance, 0 to 1, that a person answers the opposite.
        seed: the same seed asks the same people.

    Returns:
        The inputs, n × (number of weights), and the n answers, all 0 or 1.

    Raises:
        ValueError: n is below 1, noise is not a chance, or a number is NaN.

    Example:
        >>> inputs, answers = simulate_answers(4, [8, 4, 4], 8, seed=1)
        >>> inputs.shape, (answers == fires(inputs, [8, 4, 4], 8)).all().item()
        ((4, 3), True)
    """
    if n < 1 or not 0 <= noise <= 1:
        raise ValueError(
            f"n ({n}) must be at least 1 and noise ({noise}) between 0 and 1: try n=10_000, noise=0.05"
        )
    random = np.random.default_rng(seed)
    inputs = random.integers(0, 2, size=(n, np.size(weights)))
    whims = random.random(n) < noise
    return inputs, (fires(inputs, weights, threshold) ^ whims).astype(int)


def _fitting(inputs: ArrayLike, weights: ArrayLike, threshold: float) -> tuple[NDArray[Any], NDArray[Any]]:
    x, w = np.asarray(inputs, dtype=float), np.asarray(weights, dtype=float)
    if w.ndim != 1 or x.ndim < 1 or x.shape[-1] != len(w):
        raise ValueError(
            f"there are {x.shape[-1] if x.ndim else 1} inputs and {w.size} weights: "
            "each input needs one weight"
        )
    if np.isnan(x).any() or np.isnan(w).any() or np.isnan(threshold):
        raise ValueError("inputs, weights and threshold must be numbers, and one of them is NaN: replace it")
    return x, w


def yes_no(answers: ArrayLike, n: int, *, one_class: bool = False) -> NDArray[np.int_]:
    """The answers as n zeros and ones, or a sentence; `one_class` allows them to be all alike."""
    wanted = np.asarray(answers)
    if wanted.shape != (n,):
        raise ValueError(f"there are {wanted.size} answers and {n} examples: each example needs one answer")
    if not np.isin(wanted, (0, 1)).all():
        raise ValueError("answers must be 0 or 1 (or True and False): write 1 for yes and 0 for no")
    if not one_class and len(np.unique(wanted)) < 2:
        only = "yes" if wanted[0] else "no"
        raise ValueError(
            f"all {n} answers are {only}, so there is nothing to tell apart: add an example of the other"
        )
    return wanted.astype(int)
