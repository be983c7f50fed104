"""The playground's engine: it trains as plain descent does, takes moves back, stops in time and writes itself."""

import numpy as np
import pytest

from tfm.by_hand.activations import ACTIVATIONS, LINEAR, TANH
from tfm.by_hand.descent import SGD
from tfm.by_hand.losses import SQUARED_ERROR
from tfm.by_hand.network import Network
from tfm.by_hand.penalties import L2
from tfm.data.plane import plane_points
from tfm.lessons.playground.pair import LockStep
from tfm.lessons.playground.session import DivergedError, Session
from tfm.lessons.playground.settings import FEATURES, Settings, features, plane_grid
from tfm.lessons.playground.text import difference, playground_from_text, playground_text

ALL = tuple(FEATURES)
FLOAT32 = 1e-6  # weights come back from a text rounded to float32; the worst seen is 6e-8 of a weight of 1


def session(**settings):
    """A run on our own points."""
    return Session(Settings(**settings), plane_points)


def numbers(run):
    """All parameters in a row."""
    return np.concatenate([p.ravel() for p in run.network.parameters()])


def test_an_epoch_is_plain_descent_over_batches():
    """Three epochs give the very weights of the loop that lesson 03 writes out, penalty included."""
    run = session(hidden=(4, 2), penalty="L2", penalty_rate=0.01, batch=7, seed=5, rate=0.1)
    run.step(3)
    points = plane_points("circle", seed=5)
    net, rule = Network.random([2, 4, 2, 1], TANH, TANH, 5), SGD(0.1)
    for _ in range(3):
        for first in range(0, 250, 7):
            some = slice(first, first + 7)
            slopes = net.backward(points.train_x[some], points.train_y[some], SQUARED_ERROR, L2(0.01))
            rule.step(net.parameters(), slopes.flat())
    assert all(np.array_equal(a, b) for a, b in zip(run.network.parameters(), net.parameters(), strict=True))
    assert run.losses[-1][0] == SQUARED_ERROR.f(net.predict(points.train_x), points.train_y)


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("data", ["circle", "bumps"])
def test_training_lowers_the_loss(data, activation):
    """Whatever the bend, thirty epochs make the training loss smaller than it was."""
    run = session(data=data, hidden=(6,), activation=activation, rate=0.01, seed=1)
    run.step(30)
    assert run.losses[-1][0] < run.losses[0][0]
    assert len(run.losses) == 31


def test_heights_have_a_straight_output():
    """For regression the last neuron is not bent, and there is no share of right answers."""
    assert session(data="slope").network.output is LINEAR
    assert session(data="slope").accuracy() is None
    assert session(data="xor").network.output is TANH


def test_undo_takes_back_steps_and_edits_one_by_one():
    """Each move back gives weights, epoch and losses as they were, to the bit; then there is nothing left."""
    run = session()
    states = []
    moves = [
        run.step,
        lambda: run.step(5),
        lambda: run.set_parameter(0, 1, 2, 1.5),
        lambda: run.set_parameter(2, None, 0, -1.0),
        lambda: run.step(2),
    ]
    for move in moves:
        states.append((numbers(run), run.epoch, list(run.losses)))
        move()
    for was, epoch, losses in reversed(states):
        assert run.undo()
        assert np.array_equal(numbers(run), was)
        assert (run.epoch, run.losses) == (epoch, losses)
    assert not run.undo()


def test_an_edit_sets_one_number_and_measures_anew():
    """A weight set by hand moves the loss and nothing else."""
    run = session(hidden=(3,))
    before, loss = numbers(run), run.losses[-1]
    run.set_parameter(0, 0, 1, 7.0)
    assert run.network.weights[0][0, 1] == 7
    assert (numbers(run) != before).sum() == 1
    assert run.losses[-1] != loss
    assert len(run.losses) == 1


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 101])
def test_a_weight_that_is_no_number_is_refused(value):
    """Nothing is changed, and there is nothing to take back."""
    run = session()
    with pytest.raises(ValueError, match="a weight"):
        run.set_parameter(0, 0, 0, value)
    assert not run.undo()


@pytest.mark.parametrize(
    "settings",
    [
        {"data": "bumps", "rate": 10.0},
        {"data": "slope", "rate": 3.0, "activation": "relu", "hidden": (8, 8)},
        {"data": "bumps", "activation": "linear", "rate": 1000.0},
        {"penalty": "L2", "penalty_rate": 1000.0, "rate": 1.0},
    ],
)
def test_divergence_is_said_and_the_last_finite_state_stays(settings):
    """One sentence with the rate, finite weights and losses, and no move to take back that did not happen."""
    run = session(**settings)
    with pytest.raises(DivergedError, match=f"choose a learning rate below {settings['rate']:g}") as caught:
        run.step(200)
    assert "\n" not in str(caught.value)
    assert np.isfinite(numbers(run)).all()
    assert np.isfinite(run.losses).all()
    assert len(run.losses) == run.epoch + 1
    assert run.undo() is (run.epoch > 0)


def test_gradients_are_those_of_the_training_loss():
    """The slope on a link is what finite differences find."""
    run = session(hidden=(3,), activation="sigmoid")
    slope, step = run.gradients().weights[0][1, 2], 1e-5
    losses = []
    for way in (step, -step):
        run.network.weights[0][1, 2] += way
        losses.append(SQUARED_ERROR.f(run.network.predict(run.points.train_x), run.points.train_y))
        run.network.weights[0][1, 2] -= way
    assert slope == pytest.approx((losses[0] - losses[1]) / (2 * step), rel=1e-5)  # worst seen 2e-9


def test_maps_are_what_neurons_say_at_each_place():
    """The first row of a map is the plane's top, and each layer has its own."""
    run = session(features=("x1", "x2", "x1*x2"), hidden=(4, 2))
    maps = run.maps(8)
    assert [m.shape for m in maps] == [(3, 8, 8), (4, 8, 8), (2, 8, 8), (1, 8, 8)]
    assert maps[0][1][0, 0] == pytest.approx(5.25)  # x2 at the top
    assert maps[0][0][0, 0] == pytest.approx(-5.25)
    place = features([[-5.25, 5.25]], run.settings.features)
    assert maps[-1][0][0, 0] == pytest.approx(run.network.predict(place)[0, 0])


def test_every_feature_is_what_its_name_says():
    """Seven functions of two numbers."""
    a, b = 1.5, -2.0
    wanted = [a, b, a * a, b * b, a * b, np.sin(a), np.sin(b)]
    assert np.allclose(features([[a, b]], ALL)[0], wanted)
    assert plane_grid(4).shape == (16, 2)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"noise": 60}, r"noise \(60\) must be a number from 0 to 50"),
        ({"train": 5}, r"train \(5\)"),
        ({"batch": 0}, r"batch \(0\)"),
        ({"rate": 0.0}, r"rate \(0\)"),
        ({"rate": float("nan")}, r"rate \(nan\)"),
        ({"penalty_rate": -1.0}, r"penalty_rate \(-1\)"),
        ({"seed": -1}, r"seed \(-1\)"),
        ({"activation": "gelu"}, "there is no activation 'gelu': take tanh, relu"),
        ({"penalty": "L3"}, "there is no penalty 'L3'"),
        ({"features": ("x3",)}, "there is no feature 'x3'"),
        ({"features": ("x1", "x1")}, "stands twice"),
        ({"features": ()}, "at least one feature"),
        ({"hidden": (9,)}, r"hidden \(9\)"),
        ({"hidden": (1,) * 7}, "at most 6 layers"),
        ({"data": "square"}, "there is no set 'square'"),
    ],
)
def test_bad_settings_get_one_sentence(settings, sentence):
    """Every field is checked, once, with the value in the sentence."""
    with pytest.raises(ValueError, match=sentence) as caught:
        session(**settings)
    assert "\n" not in str(caught.value)


# Two runs in lock-step ------------------------------------------------------------------------------------------


def pair(rival, **settings):
    """Two runs, as `follow` makes them."""
    both = LockStep([session(**settings)])
    both.follow(Settings(**settings), rival)
    return both


def test_both_begin_with_the_same_weights_and_points():
    """Only the named setting differs, and every step is a step of both."""
    both = pair({"activation": "relu"}, hidden=(4, 2), seed=3)
    one, two = both.runs
    assert np.array_equal(numbers(one), numbers(two))
    assert np.array_equal(one.points.train_x, two.points.train_x)
    assert difference(one.settings, two.settings) == ["activation"]
    both.step(4)
    assert (one.epoch, two.epoch) == (4, 4)
    assert not np.array_equal(numbers(one), numbers(two))


def test_undo_and_edits_keep_step():
    """A weight set in one run is a move of both, so that undo takes back what belongs together."""
    both = pair({"rate": 0.3})
    both.step(3)
    was = [numbers(run) for run in both.runs]
    both.set_parameter(1, 0, 0, 0, 2.0)
    both.step(2)
    assert both.undo()
    assert both.undo()
    assert all(np.array_equal(numbers(run), w) for run, w in zip(both.runs, was, strict=True))
    assert both.undo()
    assert [run.epoch for run in both.runs] == [0, 0]
    assert not both.undo()


def test_one_that_diverges_holds_both():
    """The sentence names the run, and both stand at the epoch where the move began."""
    both = pair({"rate": 10.0}, data="bumps", rate=0.01)
    with pytest.raises(DivergedError, match="the second run: training diverged"):
        both.step(50)
    assert [run.epoch for run in both.runs] == [0, 0]
    assert not both.undo()


def test_a_new_rate_goes_on_and_anything_else_begins_anew():
    """`follow` says whether it began anew; dropping the second run does not disturb the first."""
    both = pair({"activation": "relu"})
    both.step(2)
    assert not both.follow(Settings(rate=0.3), {"activation": "relu"})
    assert [run.epoch for run in both.runs] == [2, 2]
    assert [run.settings.rate for run in both.runs] == [0.3, 0.3]
    assert not both.follow(Settings(rate=0.3), {})
    assert [run.epoch for run in both.runs] == [2]
    assert both.follow(Settings(rate=0.3, batch=5), {})
    assert both.runs[0].epoch == 0


def test_a_second_run_that_does_not_differ_is_refused():
    """Comparing a run with itself shows nothing."""
    with pytest.raises(ValueError, match="must differ from the first in one setting"):
        pair({"rate": 0.03})


# As text --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"data": "two clusters", "noise": 35, "train": 70, "batch": 1, "features": ALL, "hidden": (8,) * 6},
        {"hidden": (), "activation": "sigmoid", "penalty": "L1", "penalty_rate": 0.003, "rate": 1e-5},
    ],
)
def test_a_text_brings_settings_and_weights_back(settings):
    """Settings exactly, weights to float32, edits and the epoch as well; and it goes on training alike."""
    run = session(**settings, seed=9)
    run.step(2)
    run.set_parameter(0, 0, 0, 0.123456789)
    (again,) = playground_from_text(playground_text([run]), plane_points)
    assert again.settings == run.settings
    assert (again.epoch, again.history.epochs) == (2, [2])
    assert np.allclose(numbers(again), numbers(run), rtol=FLOAT32, atol=FLOAT32)
    run.step(1)
    again.step(1)
    assert np.allclose(numbers(again), numbers(run), rtol=1e-4, atol=1e-4)
    assert playground_text([playground_from_text(playground_text([again]), plane_points)[0]])


def test_an_untrained_text_is_words_alone():
    """What follows from the seed is not written out."""
    text = playground_text([session(seed=4)])
    assert "weights" not in text
    assert len(text) < 160
    assert np.array_equal(numbers(playground_from_text(text, plane_points)[0]), numbers(session(seed=4)))


def test_two_runs_in_one_text():
    """The second stands with its one difference; both come back."""
    both = pair({"hidden": (3,)}, data="moons")
    both.step(3)
    text = playground_text(both.runs)
    assert "| hidden=3 epoch=3" in text
    again = playground_from_text(text, plane_points)
    assert [r.settings for r in again] == [r.settings for r in both.runs]
    assert all(
        np.allclose(numbers(a), numbers(b), rtol=FLOAT32, atol=FLOAT32)
        for a, b in zip(again, both.runs, strict=True)
    )


def _trained():
    run = session(hidden=(2,))
    run.step()
    return playground_text([run])


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "no playground's text"),
        ("🙂", "no playground's text"),
        ("x" * 30_000, "30,000 characters"),
        ("playground rate", "'rate' where name=value should stand"),
        ("playground rate=1 rate=2", "'rate=2' where name=value"),
        ("playground colour=red", "a setting 'colour' that no playground knows"),
        ("playground rate=fast", "rate is 'fast' in this text and must be a number"),
        ("playground rate=nan", r"rate \(nan\)"),
        ("playground noise=1.5", "noise is '1.5' in this text and must be a whole number"),
        ("playground noise=⁵", "must be a whole number"),
        ("playground hidden=4,99", r"hidden \(4 99\)"),
        ("playground data=square", "there is no set 'square'"),
        ("playground epoch=-3 weights=AAAA", "holds 0.75 weights"),
        ("playground weights=???", "weights in this text are damaged"),
        ("playground | rate=0.1 | rate=0.3", "has 3 runs"),
        ("playground rate=0.1 |", "differ in exactly one setting"),
        ("playground rate=0.1 | rate=0.3 seed=4", "differ in exactly one setting"),
        (_trained()[:-5], "weights in this text are damaged|weights and its network has"),
        (_trained().replace("hidden=2", "hidden=3"), "holds 9 weights and its network has 13"),
        ("playground hidden= features=x1 epoch=1 weights=AADAfwAAwH8", "not finite"),
    ],
)
def test_a_bad_text_gets_one_sentence(text, sentence):
    """Whatever is pasted, it is told what is wrong with it."""
    with pytest.raises(ValueError, match=sentence) as caught:
        playground_from_text(text, plane_points)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 200
