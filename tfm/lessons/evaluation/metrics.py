"""How often was it right? Counts, and the shares that are made of them.

                      marked            not marked
    a yes             true positive     false negative (missed)
    a no              false positive    true negative
                      (false alarm)

    accuracy  = (TP + TN) / all          precision = TP / (TP + FP)
    recall    = TP / (TP + FN)           F1 = 2 · precision · recall / (precision + recall)

A share of nothing (precision where nothing was marked) is NaN: it has no value, and 0 would be an invented one.
`tfm.metrics` has the same from scikit-learn, which is the one to use. Sources: van Rijsbergen, *Information
Retrieval*, 1979, chapter 7 (precision, recall, F); Fawcett, “An introduction to ROC analysis”, 2006. This file
knows nothing of the model that gave the scores.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Confusion:
    """The four counts of a yes-or-no decision.

    Attributes:
        found: true positives, a yes that was marked.
        alarms: false positives, a no that was marked.
        missed: false negatives, a yes that was not marked.
        passed: true negatives, a no that was not marked.

    Example:
        >>> counts = Confusion(found=3, alarms=2, missed=1, passed=4)
        >>> counts.accuracy, counts.precision, counts.recall, round(counts.f1, 3)
        (0.7, 0.6, 0.75, 0.667)
    """

    found: int
    alarms: int
    missed: int
    passed: int

    @property
    def accuracy(self) -> float:
        """Share of all that was decided rightly."""
        return share(self.found + self.passed, self.found + self.alarms + self.missed + self.passed)

    @property
    def precision(self) -> float:
        """Share of the marked that are a yes; NaN when nothing is marked."""
        return share(self.found, self.found + self.alarms)

    @property
    def recall(self) -> float:
        """Share of the yes that is marked: the true positive rate; NaN when there is no yes."""
        return share(self.found, self.found + self.missed)

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall, 2TP / (2TP + FP + FN); NaN when there is neither."""
        return share(2 * self.found, 2 * self.found + self.alarms + self.missed)

    @property
    def alarm_rate(self) -> float:
        """Share of the no that is marked: the false positive rate; NaN when there is no no."""
        return share(self.alarms, self.alarms + self.passed)


def share(part: float, whole: float) -> float:
    """Divide part by whole; a share of nothing is NaN.

    Example:
        >>> share(3, 4), share(0, 0)
        (0.75, nan)
    """
    return part / whole if whole else math.nan


def confusion(answers: ArrayLike, marked: ArrayLike) -> Confusion:
    """Count the four kinds of decision.

    Args:
        answers: N truths, what each case is.
        marked: N truths, what it was taken for.

    Raises:
        ValueError: there are no cases, or not as many decisions as answers.

    Example:
        >>> confusion([1, 1, 0, 0], [1, 0, 1, 0])
        Confusion(found=1, alarms=1, missed=1, passed=1)
    """
    truths, marks = _pair(answers, marked)
    return Confusion(
        found=int((truths & marks).sum()),
        alarms=int((~truths & marks).sum()),
        missed=int((truths & ~marks).sum()),
        passed=int((~truths & ~marks).sum()),
    )


@dataclass(frozen=True, slots=True)
class Curve:
    """The four counts at every threshold that makes a difference, the strictest first.

    Attributes:
        thresholds: K falling numbers; a case is marked when its score is at least as much. The first is ∞.
        found: true positives at each.
        alarms: false positives at each.
        n_yes: how many cases are a yes.
        n_no: how many are a no.
    """

    thresholds: Array
    found: Array
    alarms: Array
    n_yes: int
    n_no: int

    def at(self, threshold: float) -> Confusion:
        """The counts when every score of at least the threshold is marked."""
        place = int((self.thresholds >= threshold).sum()) - 1
        found, alarms = int(self.found[place]), int(self.alarms[place])
        return Confusion(found, alarms, self.n_yes - found, self.n_no - alarms)

    @property
    def recall(self) -> Array:
        """True positive rates: up on the ROC curve, to the right on the precision–recall curve."""
        return self.found / self.n_yes

    @property
    def alarm_rate(self) -> Array:
        """False positive rates: to the right on the ROC curve."""
        return self.alarms / self.n_no

    @property
    def precision(self) -> Array:
        """Precision at each threshold; NaN at the first, where nothing is marked."""
        marked = self.found + self.alarms
        return np.where(marked, self.found / np.maximum(marked, 1), np.nan)

    @property
    def area(self) -> float:
        """Area under the ROC curve, by trapezia; 0.5 for a coin, 1 for a perfect order."""
        steps, heights = np.diff(self.alarm_rate), self.recall
        return float((steps * (heights[1:] + heights[:-1]) / 2).sum())

    @property
    def average_precision(self) -> float:
        """Σ (recallₖ − recallₖ₋₁) · precisionₖ: precision, averaged over the yes as they are found."""
        return float((np.diff(self.recall) * self.precision[1:]).sum())


def curve(answers: ArrayLike, scores: ArrayLike) -> Curve:
    """Sort by score, the highest first, and count while the threshold falls from case to case.

    Args:
        answers: N truths, some of each kind.
        scores: N finite numbers, higher for a likelier yes. Equal scores are marked together.

    Raises:
        ValueError: the lengths differ, all answers are alike, or a score is not finite.

    Example:
        >>> points = curve([1, 0, 1, 0], [0.9, 0.8, 0.4, 0.1])
        >>> points.thresholds.tolist(), points.recall.tolist(), points.area
        ([inf, 0.9, 0.8, 0.4, 0.1], [0.0, 0.5, 0.5, 1.0, 1.0], 0.75)
    """
    values = np.asarray(scores, dtype=float)
    truths, _ = _pair(answers, values)
    if not np.isfinite(values).all():
        raise ValueError("every score must be a finite number: look for NaN or ∞ in what the model gave")
    if truths.all() or not truths.any():
        raise ValueError("all answers are alike: a curve needs at least one yes and one no")
    order = np.argsort(-values, kind="stable")
    last = np.append(np.diff(values[order]) != 0, True)  # equal scores cross the threshold together
    found, alarms = truths[order].cumsum()[last], (~truths[order]).cumsum()[last]
    thresholds = np.append(np.inf, values[order][last])
    zero, n_yes = np.zeros(1, dtype=int), int(truths.sum())
    return Curve(
        thresholds,
        np.concatenate([zero, found]),
        np.concatenate([zero, alarms]),
        n_yes,
        len(truths) - n_yes,
    )


def ranking_share(answers: ArrayLike, scores: ArrayLike) -> float:
    """In which share of all pairs of a yes and a no does the yes have the higher score? A tie is half a pair.

    It is the area under the ROC curve, by another road.

    Example:
        >>> ranking_share([1, 0, 1, 0], [0.9, 0.8, 0.4, 0.1])
        0.75

    Source: Mann and Whitney, 1947; Hanley and McNeil, 1982, for the ROC curve.
    """
    values = np.asarray(scores, dtype=float)
    truths, _ = _pair(answers, values)
    ahead = values[truths][:, None] - values[~truths]  # a row a yes, a column a no
    return share(float((ahead > 0).sum() + (ahead == 0).sum() / 2), ahead.size)


def bits_per_byte(shares: ArrayLike, text: str) -> float:
    """−Σ log₂ p / bytes: what a text costs a model, spread over something that no tokenizer can change.

    Args:
        shares: the probability that the model gave to each token of the text, each above 0 and at most 1.
        text: the text.

    Raises:
        ValueError: there is no text, or a share is no probability above 0.

    Example:
        >>> bits_per_byte([0.5, 0.25], "我")  # 1 + 2 bits, and three bytes
        1.0
    """
    p = np.asarray(shares, dtype=float)
    if not text:
        raise ValueError("the text is empty: give the text that the tokens spell")
    if not ((p > 0) & (p <= 1)).all():
        raise ValueError("a share lies outside (0, 1]: a token that got 0 makes the text infinitely dear")
    return float(-np.log2(p).sum()) / len(text.encode("utf-8"))


def perplexity(shares: ArrayLike) -> float:
    """Take exp of the mean of −ln p: among how many equally likely tokens the model hesitated.

    Example:
        >>> round(perplexity([0.5, 0.25, 0.125]), 2)
        4.0
    """
    return float(np.exp(-np.log(np.asarray(shares, dtype=float)).mean()))


def _pair(answers: ArrayLike, others: ArrayLike) -> tuple[Array, Array]:
    truths, values = np.asarray(answers).astype(bool), np.asarray(others)
    if truths.ndim != 1 or truths.shape != values.shape or not truths.size:
        raise ValueError(
            f"answers has shape {truths.shape} and what stands beside it {values.shape}: give two lists of one "
            "length, with at least one case"
        )
    return truths, values.astype(bool)
