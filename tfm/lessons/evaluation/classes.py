"""More than two classes, and how sure a model was: a matrix of counts, two averages, and a promise kept or not.

    macro F1   the mean of the classes' F1s: every class counts alike, however rare
    micro F1   F1 of all the counts together: every case counts alike; with one guess a case it is the accuracy

    calibration: of all cases in which a model said “80%”, how many were right?

Sources: Sokolova and Lapalme, “A systematic analysis of performance measures for classification tasks”, 2009
(averages); DeGroot and Fienberg, 1983, and Guo et al., “On Calibration of Modern Neural Networks”, 2017, section 2
(reliability, expected calibration error). Yes or no: `tfm.lessons.evaluation.metrics`.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tfm.lessons.evaluation.metrics import share

Array = NDArray[Any]


def confusion_matrix(answers: ArrayLike, guesses: ArrayLike, n_classes: int) -> Array:
    """Count every pair of an answer and a guess.

    Args:
        answers: N classes, 0 to `n_classes` − 1.
        guesses: N classes.
        n_classes: K.

    Returns:
        K × K counts: a row is what it is, a column what it was taken for.

    Raises:
        ValueError: the lengths differ, or a class is not from 0 to K − 1.

    Example:
        >>> confusion_matrix([0, 0, 1], [0, 1, 1], 2).tolist()
        [[1, 1], [0, 1]]
    """
    rows, columns = np.asarray(answers), np.asarray(guesses)
    if rows.shape != columns.shape or rows.ndim != 1:
        raise ValueError(f"answers has shape {rows.shape} and guesses {columns.shape}: give one guess a case")
    if rows.size and not (0 <= min(rows.min(), columns.min()) <= max(rows.max(), columns.max()) < n_classes):
        raise ValueError(f"a class is not from 0 to {n_classes - 1}: number the classes from 0")
    matrix = np.zeros((n_classes, n_classes), dtype=int)
    for row, column in zip(rows.tolist(), columns.tolist(), strict=True):
        matrix[row, column] += 1
    return matrix


def class_f1(matrix: ArrayLike) -> Array:
    """F1 of each class against all others, 2 · diagonal / (row + column); 0 for a class that never occurs.

    Args:
        matrix: K × K counts, as `confusion_matrix` gives them.

    Returns:
        K numbers from 0 to 1.

    Example:
        >>> class_f1([[1, 1], [0, 1]]).round(3).tolist()
        [0.667, 0.667]
    """
    counts = np.asarray(matrix, dtype=float)
    both = counts.sum(axis=0) + counts.sum(axis=1)
    return 2 * counts.diagonal() / np.maximum(both, 1)


def macro_f1(matrix: ArrayLike) -> float:
    """The plain mean of the classes' F1s.

    Example:
        >>> round(macro_f1([[97, 0], [3, 0]]), 3)  # “never”: the rare class drags it down to a half
        0.492
    """
    return float(class_f1(matrix).mean())


def micro_f1(matrix: ArrayLike) -> float:
    """F1 of all counts together; each wrong guess is one class's false alarm and another's miss.

    Example:
        >>> micro_f1([[97, 0], [3, 0]])
        0.97
    """
    counts = np.asarray(matrix, dtype=float)
    right, all_of_them = float(counts.trace()), float(counts.sum())
    wrong = all_of_them - right
    return share(2 * right, 2 * right + wrong + wrong)


@dataclass(frozen=True, slots=True)
class Reliability:
    """What a model promised and what it kept, a bin of promises at a time.

    Attributes:
        said: mean promise of each bin; NaN for an empty one.
        kept: share of the bin that came true; NaN for an empty one.
        many: how many cases are in each bin.
    """

    said: Array
    kept: Array
    many: Array

    @property
    def gap(self) -> float:
        """Expected calibration error: |kept − said|, averaged over all cases."""
        full = self.many > 0
        return float((abs(self.kept - self.said)[full] * self.many[full]).sum() / self.many.sum())


def reliability(promises: ArrayLike, came_true: ArrayLike, bins: int = 10) -> Reliability:
    """Sort promises into bins of equal width and ask each how often it came true.

    Args:
        promises: N probabilities from 0 to 1.
        came_true: N truths.
        bins: how many; the last one includes 1.

    Raises:
        ValueError: there are no cases, the lengths differ, or a promise is not from 0 to 1.

    Example:
        >>> kept = reliability([0.9, 0.9, 0.9, 0.2], [1, 1, 0, 0], bins=2)
        >>> kept.many.tolist(), kept.kept.round(2).tolist(), round(kept.gap, 3)
        ([1, 3], [0.0, 0.67], 0.225)
    """
    p, truths = np.asarray(promises, dtype=float), np.asarray(came_true).astype(bool)
    if p.shape != truths.shape or p.ndim != 1 or not p.size:
        raise ValueError(
            f"promises has shape {p.shape} and came_true {truths.shape}: give one promise a case, and at least one"
        )
    if not ((p >= 0) & (p <= 1)).all():
        raise ValueError("a promise is not from 0 to 1: give probabilities, not scores")
    place = np.minimum((p * bins).astype(int), bins - 1)
    many = np.bincount(place, minlength=bins)
    here = np.where(many, many, np.nan)
    said = np.bincount(place, weights=p, minlength=bins) / here
    return Reliability(said, np.bincount(place, weights=truths, minlength=bins) / here, many)
