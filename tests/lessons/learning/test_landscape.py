"""Landscapes of two weights and walks down them, and curves through points: against trying and scikit-learn."""

from itertools import pairwise

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from tfm.by_hand.activations import LINEAR
from tfm.by_hand.descent import SGD, Adam
from tfm.by_hand.gradients import finite_differences
from tfm.by_hand.losses import SQUARED_ERROR
from tfm.by_hand.network import Network
from tfm.by_hand.penalties import L2
from tfm.lessons.learning.landscape import DIVERGED, chain_landscape, line_landscape, walk
from tfm.lessons.learning.polynomial import fit_polynomial, noisy_wave, polynomial_loss, powers

# Worst cases measured over all tests of this file: 7.6e-10 by trying, 4.2e-14 for a slope that must be 0,
# 1.8e-12 against scikit-learn.
TRYING = 1e-8
FLAT = 1e-12
RIDGE = 1e-9

X, Y = np.array([1.0, 2.0, 2.5, 4.0]), np.array([8.0, 10.0, 15.0, 21.0])
MAP = {"across": (-2.0, 10.0), "upwards": (-8.0, 18.0), "start": (0.0, 14.0)}


@pytest.mark.parametrize(
    "land", [line_landscape(X, Y, **MAP), chain_landscape(2.0, 4.0)], ids=["line", "chain"]
)
def test_the_gradient_is_the_slope_of_the_loss(land):
    """At several places of the map, by trying."""
    for place in ([0.5, 0.25], [3.0, -1.0], [-1.0, 2.0]):
        tried = finite_differences(land.loss, place)
        np.testing.assert_allclose(land.gradient(np.array(place)), tried, atol=TRYING)


def test_the_line_is_a_linear_neuron():
    """The landscape's loss and gradient are those of a network with one weight and one bias."""
    land = line_landscape(X, Y, **MAP)
    found = Network(
        [
            [[3.0]],
        ],
        [[1.0]],
        LINEAR,
    ).backward(X[:, None], Y, SQUARED_ERROR)
    np.testing.assert_allclose(land.loss(np.array([3.0, 1.0])), found.loss)
    np.testing.assert_allclose(
        land.gradient(np.array([3.0, 1.0])), [found.weights[0][0, 0], found.biases[0][0]]
    )


def test_the_bottom_is_the_lowest_place():
    """No place of the map lies below the bottom, and descent comes down to it."""
    land = line_landscape(X - X.mean(), Y, across=(-4.0, 12.0), upwards=(5.0, 25.0), start=(0.0, 10.0))
    assert land.heights(101).min() >= land.bottom
    assert walk(land, SGD(0.5), land.start, 200).losses[-1] == pytest.approx(land.bottom)


def test_heights_are_rows_of_the_second_weight():
    """The first row is the least of the second weight, the last column the most of the first."""
    land = chain_landscape(2.0, 4.0, across=(0.0, 1.0), upwards=(0.0, 2.0), start=(0.5, 0.5))
    heights = land.heights(2)
    assert heights[1, 1] == land.loss(np.array([1.0, 2.0]))
    assert heights[0, 1] == land.loss(np.array([1.0, 0.0]))


def test_a_walk_remembers_every_step():
    """One place and one loss more than steps, beginning at the start, which is left as it was."""
    land, start = chain_landscape(2.0, 4.0), [3.0, 0.5]
    found = walk(land, Adam(0.05), start, 7)
    assert found.places.shape == (8, 2)
    assert start == [3.0, 0.5]
    np.testing.assert_array_equal(found.places[0], start)
    np.testing.assert_allclose(found.losses, land.loss(found.places))
    assert not found.diverged


def test_a_walk_that_diverges_ends_early_and_says_so():
    """It stops at the first loss above 1,000 times the start's, before anything overflows."""
    land = line_landscape(X, Y, **MAP)
    found = walk(land, SGD(1.9), land.start, 500)
    assert found.diverged
    assert found.losses[-1] > DIVERGED * found.losses[0] >= found.losses[-2]
    assert np.isfinite(found.places).all()


@pytest.mark.parametrize("rate", [0.0, 1e-8, 1e-3, 10.0])
@pytest.mark.parametrize("degree", [0, 3, 11])
def test_the_fit_is_where_every_slope_is_zero(degree, rate):
    """The gradient of loss and price, by our own backpropagation, vanishes there."""
    x, y = noisy_wave(15, 0.3, seed=0)
    weights = fit_polynomial(x, y, degree, rate)
    if not degree:
        assert weights == pytest.approx(y.mean())
        return
    net = Network([weights[1:, None]], [weights[:1]], LINEAR)
    slopes = net.backward(powers(x, degree)[:, 1:], y, SQUARED_ERROR, L2(rate))
    for slope in slopes.flat():
        np.testing.assert_allclose(slope, 0, atol=FLAT)


@pytest.mark.parametrize("rate", [1e-6, 1e-3, 1.0])
def test_the_fit_equals_scikit_learn(rate):
    """Ridge calls N·λ its alpha; the first weight is its intercept."""
    x, y = noisy_wave(15, 0.3, seed=0)
    theirs = Ridge(alpha=rate * len(x), solver="svd").fit(powers(x, 9)[:, 1:], y)
    ours = fit_polynomial(x, y, 9, rate)
    np.testing.assert_allclose(ours, [theirs.intercept_, *theirs.coef_], atol=RIDGE)


def test_more_powers_fit_better_and_more_price_worse():
    """Train loss falls with the degree, to 0 where there are as many weights as points, and rises with λ."""
    points = noisy_wave(12, 0.3, seed=2)
    by_degree = [polynomial_loss(*points, fit_polynomial(*points, d)) for d in range(12)]
    by_price = [polynomial_loss(*points, fit_polynomial(*points, 11, 10.0**p)) for p in range(-8, 2)]
    assert all(after <= before + FLAT for before, after in pairwise(by_degree))
    assert by_degree[-1] < FLAT
    assert by_price == sorted(by_price)


@pytest.mark.parametrize(
    ("act", "sentence"),
    [
        (lambda: line_landscape([1.0], [1.0, 2.0], **MAP), "give each point one number in both"),
        (lambda: line_landscape([], [], **MAP), "give each point one number in both"),
        (lambda: line_landscape([np.nan], [1.0], **MAP), "must be finite numbers"),
        (lambda: chain_landscape(0.0, 1.0), "x not 0"),
        (lambda: chain_landscape(1.0, float("nan")), "must be finite numbers"),
        (lambda: walk(chain_landscape(2.0, 4.0), SGD(0.1), [1.0], 3), "start must be two finite numbers"),
        (lambda: walk(chain_landscape(2.0, 4.0), SGD(0.1), [1.0, np.inf], 3), "start must be two finite"),
        (lambda: walk(chain_landscape(2.0, 4.0), SGD(0.1), [1.0, 1.0], -1), "steps must be 0 or more"),
        (lambda: fit_polynomial([1.0], [1.0, 2.0], 1), "give each point one number in both"),
        (lambda: fit_polynomial([np.inf], [1.0], 1), "must be finite numbers"),
        (lambda: fit_polynomial([0.5], [1.0], -1), r"degree \(-1\) and rate"),
        (lambda: fit_polynomial([0.5], [1.0], 1, float("nan")), r"rate \(nan\) must be 0 or more"),
        (lambda: noisy_wave(1, 0.3, 0), "n .1. must be 2 or more"),
        (lambda: noisy_wave(5, float("nan"), 0), r"noise \(nan\)"),
    ],
)
def test_bad_input_gets_one_sentence(act, sentence):
    """The rule, the value, the fix."""
    with pytest.raises(ValueError, match=sentence) as caught:
        act()
    assert "\n" not in str(caught.value)
