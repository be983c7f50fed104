"""Points in the plane: each set is what its name says, repeats by seed, and refuses what it cannot draw."""

import numpy as np
import pytest

from tfm.data.plane import CLASSIFICATION, EDGE, REGRESSION, SETS, plane_points


def everything(points):
    """All places and all targets, training and test together."""
    return np.concatenate([points.train_x, points.test_x]), np.concatenate([points.train_y, points.test_y])


def test_the_lists_name_every_set():
    """Every set is either classes or heights."""
    assert set(CLASSIFICATION) | set(REGRESSION) == set(SETS)
    assert not set(CLASSIFICATION) & set(REGRESSION)


@pytest.mark.parametrize("noise", [0, 50])
@pytest.mark.parametrize("name", SETS)
def test_shapes_range_and_targets(name, noise):
    """Places lie in the plane, targets on their scale, and classes are about as frequent as each other."""
    points = plane_points(name, noise=noise, train_share=0.7, n=400, seed=3)
    assert points.train_x.shape == (280, 2)
    assert points.test_x.shape == (120, 2)
    x, y = everything(points)
    assert np.abs(x).max() <= EDGE
    if name in REGRESSION:
        assert points.task == "regression"
        assert np.abs(y).max() <= 1
        assert len(np.unique(y)) > 50
    else:
        assert points.task == "classification"
        assert set(np.unique(y)) == {-1.0, 1.0}
        assert 0.3 < (y > 0).mean() < 0.7


@pytest.mark.parametrize("name", SETS)
def test_a_seed_repeats_and_another_differs(name):
    """The same seed gives the same points in the same order."""
    one, same, other = (plane_points(name, noise=10, seed=s) for s in (1, 1, 2))
    assert all(np.array_equal(a, b) for a, b in zip(one[:4], same[:4], strict=True))
    assert not np.array_equal(one.train_x, other.train_x)


@pytest.mark.parametrize("name", SETS)
def test_train_and_test_are_drawn_alike(name):
    """The division is random: the means of both halves agree within what chance allows."""
    points = plane_points(name, n=2000, seed=0)
    error = 6 / np.sqrt(1000)  # two means of 1,000 places within ±6: more than five standard errors
    assert np.abs(points.train_x.mean(axis=0) - points.test_x.mean(axis=0)).max() < error * 2
    assert abs(points.train_y.mean() - points.test_y.mean()) < 0.25


def test_each_set_is_what_its_name_says():
    """Without noise the classes lie where the name puts them."""
    x, y = everything(plane_points("circle"))
    assert (np.hypot(*x[y > 0].T) < 2.5).all()
    assert (np.hypot(*x[y < 0].T) >= 3.5 - 1e-12).all()
    x, y = everything(plane_points("xor"))
    assert (np.sign(x.prod(axis=1)) == y).all()
    assert np.abs(x).min() >= 0.3
    x, y = everything(plane_points("two clusters"))
    assert (x[y > 0].mean(axis=0) > 1.5).all()
    assert (x[y < 0].mean(axis=0) < -1.5).all()
    x, y = everything(plane_points("slope"))
    assert np.allclose(y, np.clip(x.sum(axis=1) / 10, -1, 1))
    x, y = everything(plane_points("bumps", n=4000))
    assert y[np.linalg.norm(x - [-4, 2.5], axis=1) < 0.3].min() > 0.8
    assert y[np.linalg.norm(x - [-4, -2.5], axis=1) < 0.3].max() < -0.8


@pytest.mark.parametrize("name", ["circle", "xor"])
def test_noise_puts_points_on_the_wrong_side(name):
    """With noise some targets contradict the noiseless rule, and more noise contradicts more."""

    def wrong(noise):
        x, y = everything(plane_points(name, noise=noise, n=2000))
        rule = np.where(np.hypot(*x.T) < 3, 1, -1) if name == "circle" else np.sign(x.prod(axis=1))
        return (rule != y).mean()

    assert wrong(0) == 0
    assert 0.02 < wrong(20) < wrong(50)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"name": "square"}, "there is no set 'square': take one of circle"),
        ({"name": "circle", "noise": 51}, r"noise \(51\)"),
        ({"name": "circle", "noise": float("nan")}, r"noise \(nan\)"),
        ({"name": "circle", "train_share": 1.0}, r"train_share \(1.0\)"),
        ({"name": "circle", "n": 2}, r"n \(2\)"),
    ],
)
def test_bad_input_gets_one_sentence(arguments, sentence):
    """The rule, the value and the cure, in one line."""
    with pytest.raises(ValueError, match=sentence) as caught:
        plane_points(**arguments)
    assert "\n" not in str(caught.value)
