"""Precision, recall, curves, averages and calibration by hand: equal to scikit-learn, on any decisions."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn import metrics as oracle
from sklearn.calibration import calibration_curve

from tfm.lessons.evaluation.classes import class_f1, confusion_matrix, macro_f1, micro_f1, reliability
from tfm.lessons.evaluation.metrics import (
    Confusion,
    bits_per_byte,
    confusion,
    curve,
    perplexity,
    ranking_share,
)

EXACT = 1e-12  # measured: 2.2e-16 apart at worst, since both divide the same counts
TRUTHS = arrays(bool, 30)
SCORES = arrays(np.int64, 30, elements=st.integers(0, 8)).map(lambda a: a / 8)  # ties are the hard part
CLASSES = arrays(np.int64, 40, elements=st.integers(0, 3))


@given(TRUTHS, TRUTHS)
def test_the_four_counts_and_their_shares_are_those_of_scikit_learn(answers, marked):
    """Counts, accuracy, precision, recall and F1 agree, and a share of nothing is NaN in both."""
    ours = confusion(answers, marked)
    square = oracle.confusion_matrix(answers, marked, labels=[False, True])
    assert [[ours.passed, ours.alarms], [ours.missed, ours.found]] == square.tolist()
    theirs = [
        oracle.accuracy_score(answers, marked),
        oracle.precision_score(answers, marked, zero_division=np.nan),
        oracle.recall_score(answers, marked, zero_division=np.nan),
        oracle.f1_score(answers, marked, zero_division=np.nan),
    ]
    found = [ours.accuracy, ours.precision, ours.recall, ours.f1]
    np.testing.assert_allclose(found, theirs, atol=EXACT)


@given(TRUTHS, SCORES)
def test_every_point_of_the_curves_is_that_of_scikit_learn(answers, scores):
    """ROC, its area and the average precision agree, ties included; the area is the share of ordered pairs."""
    if answers.all() or not answers.any():
        return
    ours = curve(answers, scores)
    rates, recalls, thresholds = oracle.roc_curve(answers, scores, drop_intermediate=False)
    np.testing.assert_allclose(ours.alarm_rate, rates, atol=EXACT)
    np.testing.assert_allclose(ours.recall, recalls, atol=EXACT)
    np.testing.assert_array_equal(ours.thresholds, thresholds)
    assert ours.area == pytest.approx(oracle.roc_auc_score(answers, scores), abs=EXACT)
    assert ours.area == pytest.approx(ranking_share(answers, scores), abs=EXACT)
    assert ours.average_precision == pytest.approx(oracle.average_precision_score(answers, scores), abs=EXACT)
    precisions, _, _ = oracle.precision_recall_curve(answers, scores)
    np.testing.assert_allclose(ours.precision[1:], precisions[:-1][::-1], atol=EXACT)


@given(TRUTHS, SCORES, st.floats(0, 1))
def test_a_point_of_the_curve_is_the_decision_at_that_threshold(answers, scores, threshold):
    """Looking up a threshold gives what marking by it gives."""
    if answers.all() or not answers.any():
        return
    assert curve(answers, scores).at(threshold) == confusion(answers, scores >= threshold)


@given(CLASSES, CLASSES)
def test_several_classes_are_those_of_scikit_learn(answers, guesses):
    """Matrix, F1 of each class, macro and micro F1 agree; micro F1 is the accuracy."""
    matrix = confusion_matrix(answers, guesses, 4)
    options = {"labels": range(4), "zero_division": 0}
    np.testing.assert_array_equal(matrix, oracle.confusion_matrix(answers, guesses, labels=range(4)))
    np.testing.assert_allclose(class_f1(matrix), oracle.f1_score(answers, guesses, average=None, **options))
    assert macro_f1(matrix) == pytest.approx(oracle.f1_score(answers, guesses, average="macro", **options))
    assert micro_f1(matrix) == pytest.approx((answers == guesses).mean(), abs=EXACT)


def test_reliability_is_scikit_learns_calibration_curve():
    """The full bins hold the same promises and the same shares, and the gap weighs them by their cases."""
    generator = np.random.default_rng(0)
    promises = generator.random(500)
    truths = generator.random(500) < promises**2
    ours = reliability(promises, truths)
    kept, said = calibration_curve(truths, promises, n_bins=10)
    np.testing.assert_allclose(ours.kept, kept)
    np.testing.assert_allclose(ours.said, said)
    assert ours.many.sum() == 500
    assert ours.gap == pytest.approx((ours.many / 500) @ abs(kept - said))
    assert reliability([1.0, 1.0], [1, 1]).gap == 0


def test_never_has_no_precision():
    """Whoever marks nothing has an accuracy, a recall of 0, and no precision at all."""
    never = confusion([1] * 3 + [0] * 97, [0] * 100)
    assert (never.accuracy, never.recall) == (0.97, 0.0)
    assert math.isnan(never.precision)
    assert Confusion(0, 0, 0, 5).accuracy == 1


def test_bits_and_perplexity_measure_one_surprise():
    """Bits per byte times bytes are tokens times log₂ of the perplexity."""
    shares, text = [0.5, 0.1, 0.03], "naïve 我"
    bits = bits_per_byte(shares, text) * len(text.encode())
    assert bits == pytest.approx(3 * math.log2(perplexity(shares)))


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: confusion([], []), "at least one case"),
        (lambda: confusion([1, 0], [1]), r"shape \(2,\) and what stands beside it \(1,\)"),
        (lambda: curve([1, 1], [0.5, 0.6]), "at least one yes and one no"),
        (lambda: curve([1, 0], [0.5, np.nan]), "finite"),
        (lambda: confusion_matrix([0, 4], [0, 1], 4), "not from 0 to 3"),
        (lambda: confusion_matrix([0, -1], [0, 1], 4), "not from 0 to 3"),
        (lambda: confusion_matrix([0, 1], [0], 4), "one guess a case"),
        (lambda: reliability([], []), "at least one"),
        (lambda: reliability([1.5], [1]), "from 0 to 1"),
        (lambda: reliability([np.nan], [1]), "from 0 to 1"),
        (lambda: bits_per_byte([0.5], ""), "text is empty"),
        (lambda: bits_per_byte([0.0], "a"), "infinitely dear"),
        (lambda: bits_per_byte([np.nan], "a"), r"outside \(0, 1\]"),
    ],
)
def test_what_cannot_be_counted_gets_one_sentence(call, sentence):
    """Each slip is refused with the rule and the cure."""
    with pytest.raises(ValueError, match=sentence) as caught:
        call()
    assert "\n" not in str(caught.value)
