"""Backpropagation against autograd and against trying, for every activation, loss and penalty."""

import itertools

import numpy as np
import pytest
import torch

from tfm.by_hand.activations import ACTIVATIONS, LINEAR, RELU, SIGMOID, TANH
from tfm.by_hand.descent import SGD
from tfm.by_hand.gradients import finite_differences
from tfm.by_hand.losses import BINARY_CROSS_ENTROPY, CROSS_ENTROPY, SQUARED_ERROR
from tfm.by_hand.network import Network
from tfm.by_hand.penalties import L1, L2, NO_PENALTY
from tfm.by_hand.softmax import softmax_jacobian

# Worst case measured over all tests of this file: 2.2e-16 against autograd, 5.1e-11 against trying.
AUTOGRAD = 1e-13
TRYING = 1e-8

N = 6
BENDS = {"tanh": torch.tanh, "relu": torch.relu, "sigmoid": torch.sigmoid, "linear": torch.nn.Identity()}
LOSSES = {
    SQUARED_ERROR: lambda out, y: torch.nn.functional.mse_loss(out, y) / 2,
    BINARY_CROSS_ENTROPY: torch.nn.functional.binary_cross_entropy_with_logits,
    CROSS_ENTROPY: torch.nn.functional.cross_entropy,
}
PENALTIES = {
    None: lambda _: 0.0,
    NO_PENALTY: lambda _: 0.0,
    L1(0.3): lambda weights: 0.3 * sum(w.abs().sum() for w in weights),
    L2(0.7): lambda weights: 0.35 * sum((w**2).sum() for w in weights),
}


def _examples(loss, n_out, seed=1):
    random = np.random.default_rng(seed)
    x = random.normal(size=(N, 3))
    if loss is CROSS_ENTROPY:
        return x, random.integers(0, n_out, N)
    return x, random.integers(0, 2, (N, n_out)).astype(float)


def _autograd(net, x, targets, loss, penalty):
    weights = [torch.tensor(w, requires_grad=True) for w in net.weights]
    biases = [torch.tensor(b, requires_grad=True) for b in net.biases]
    a = torch.tensor(x)
    bends = [BENDS[net.activation.name]] * (len(weights) - 1) + [BENDS[net.output.name]]
    for w, b, bend in zip(weights, biases, bends, strict=True):
        a = bend(a @ w + b)
    value = LOSSES[loss](a, torch.tensor(targets))
    (value + PENALTIES[penalty](weights)).backward()
    return value.item(), [p.grad.numpy() for pair in zip(weights, biases, strict=True) for p in pair]


@pytest.mark.parametrize("penalty", PENALTIES, ids=str)
@pytest.mark.parametrize("loss", LOSSES, ids=str)
@pytest.mark.parametrize("activation", ACTIVATIONS.values(), ids=str)
def test_backpropagation_equals_autograd(activation, loss, penalty):
    """The same numbers in both: same loss, same slope in every weight and bias, through two hidden layers."""
    net = Network.random([3, 5, 4, 2], activation, seed=2)
    net.biases = [bias + 0.1 for bias in net.biases]  # at 0 ReLU's corner could hide a wrong sum
    x, targets = _examples(loss, 2)
    ours = net.backward(x, targets, loss, penalty)
    value, theirs = _autograd(net, x, targets, loss, penalty)
    assert ours.loss == pytest.approx(value, abs=AUTOGRAD)
    for mine, other in zip(ours.flat(), theirs, strict=True):
        np.testing.assert_allclose(mine, other, atol=AUTOGRAD, rtol=0)


@pytest.mark.parametrize("output", [TANH, SIGMOID], ids=str)
def test_backpropagation_through_a_bent_output_equals_autograd(output):
    """The last layer's own activation is on the way too."""
    net = Network.random([3, 4, 1], TANH, output, seed=3)
    x, targets = _examples(SQUARED_ERROR, 1)
    _, theirs = _autograd(net, x, targets, SQUARED_ERROR, None)
    for mine, other in zip(net.backward(x, targets, SQUARED_ERROR).flat(), theirs, strict=True):
        np.testing.assert_allclose(mine, other, atol=AUTOGRAD, rtol=0)


@pytest.mark.parametrize("penalty", [None, L1(0.3), L2(0.7)], ids=str)
@pytest.mark.parametrize("loss", LOSSES, ids=str)
def test_backpropagation_equals_trying(loss, penalty):
    """Moving each parameter a little changes loss plus penalty as the gradient says."""
    net = Network.random([3, 4, 3], TANH, seed=4)
    x, targets = _examples(loss, 3)
    for parameter, slopes in zip(
        net.parameters(), net.backward(x, targets, loss, penalty).flat(), strict=True
    ):

        def total(values, parameter=parameter):
            parameter[...] = values
            return loss.f(net.predict(x), targets) + (penalty.value(net.weights) if penalty else 0.0)

        before = parameter.copy()
        tried = finite_differences(total, before)
        parameter[...] = before
        np.testing.assert_allclose(slopes, tried, atol=TRYING, rtol=0)


@pytest.mark.parametrize("activation", ACTIVATIONS.values(), ids=str)
def test_every_slope_is_the_slope_of_its_activation(activation):
    """By trying, left and right of 0, and far out where the curve is flat."""
    z = np.array([-30.0, -2.0, -0.5, 0.5, 2.0, 30.0])
    tried = [finite_differences(lambda x: activation.f(x)[0], [v])[0] for v in z]
    np.testing.assert_allclose(activation.slope(z), tried, atol=TRYING)


@pytest.mark.parametrize("loss", LOSSES, ids=str)
def test_a_loss_of_huge_logits_stays_finite(loss):
    """±1,000 overflows an exponential; the loss and its slope are written so that nothing does."""
    outputs = np.array([[1000.0, -1000.0], [-1000.0, 1000.0]])
    targets = np.array([1, 0]) if loss is CROSS_ENTROPY else np.array([[0.0, 1.0], [1.0, 0.0]])
    assert loss.f(outputs, targets) == pytest.approx(
        500_500 if loss is SQUARED_ERROR else 1000, rel=0.01
    ) or (loss is CROSS_ENTROPY and loss.f(outputs, targets) == pytest.approx(2000))
    assert np.isfinite(loss.gradient(outputs, targets)).all()


def test_softmax_jacobian_equals_autograd():
    """Every weight by every score, for a batch too; large scores and shares of 0 included."""
    scores = np.array([[1.0, -2.0, 0.5], [1000.0, 0.0, -1000.0]])
    theirs = [
        torch.autograd.functional.jacobian(lambda s: s.softmax(-1), torch.tensor(row)).numpy()
        for row in scores
    ]
    np.testing.assert_allclose(softmax_jacobian(scores), theirs, atol=AUTOGRAD)


def test_forward_shows_every_layer():
    """The input first, the output last, and a matrix product by hand between them."""
    net = Network.random([2, 3, 1], RELU, seed=5)
    x, hidden, output = net.forward([[1.0, -2.0]])
    np.testing.assert_array_equal(x, [[1.0, -2.0]])
    np.testing.assert_allclose(hidden, np.maximum(x @ net.weights[0] + net.biases[0], 0))
    np.testing.assert_allclose(output, net.predict(x))


def test_the_same_seed_gives_the_same_network_and_another_seed_another():
    """Weights come from the seed alone."""
    first, again, other = (Network.random([4, 3, 1], TANH, seed=s) for s in (0, 0, 1))
    for a, b, c in zip(first.weights, again.weights, other.weights, strict=True):
        np.testing.assert_array_equal(a, b)
        assert (a != c).all()


def test_first_weights_keep_the_size_of_the_sums():
    """With 1 / √n_in the weighted sums of inputs of size 1 have size 1, whatever the width."""
    for width in (4, 400):
        net = Network.random([width, 2000], LINEAR)
        sums = net.predict(np.random.default_rng(0).normal(size=(1, width)))
        assert 0.3 < sums.std() < 2


def test_a_copy_moves_alone():
    """Changing the copy's weights leaves the original as it was; both give the same before."""
    net = Network.random([2, 3, 1], TANH)
    other, x = net.copy(), [[0.5, -0.5]]
    np.testing.assert_array_equal(other.predict(x), net.predict(x))
    before = net.predict(x)
    for parameter in other.parameters():
        np.add(parameter, 1, out=parameter)
    np.testing.assert_array_equal(net.predict(x), before)
    assert (other.predict(x) != before).all()


def test_a_network_that_has_blown_up_says_so_by_its_loss():
    """No exception and no warning: the loss is not finite, for whoever trains to see."""
    net = Network([[[1e200]], [[1e200]]], [[0.0], [0.0]], LINEAR)
    assert not np.isfinite(net.backward([[1.0]], [0.0], SQUARED_ERROR).loss)


SIZES = "sizes must be two or more whole numbers"


@pytest.mark.parametrize(
    ("act", "sentence"),
    [
        (lambda: Network.random([2], TANH), SIZES),
        (lambda: Network.random([2, 0, 1], TANH), SIZES),
        (lambda: Network.random([2, 2.5, 1], TANH), SIZES),
        (lambda: Network.random([2, 3, 1], "tanhh"), "activation is 'tanhh', not an Activation"),
        (lambda: Network([], [], TANH), "0 weights and 0 biases"),
        (lambda: Network([[[1.0]]], [], TANH), "1 weights and 0 biases"),
        (
            lambda: Network([[[1.0]], [[1.0], [1.0]]], [[0.0], [0.0]], TANH),
            r"layer 2 has weights of shape \(2, 1\)",
        ),
        (lambda: Network([[[1.0]]], [[0.0, 0.0]], TANH), r"layer 1 .* biases of shape \(2,\)"),
        (lambda: Network([[[np.nan]]], [[0.0]], TANH), "layer 1 holds a number that is NaN"),
        (
            lambda: Network.random([2, 1], TANH).forward([[1.0]]),
            r"x has shape \(1, 1\) and the network takes N × 2",
        ),
        (lambda: Network.random([2, 1], TANH).forward([1.0, 2.0]), "give a row for each example"),
        (lambda: Network.random([1, 1], TANH).forward([[np.nan]]), "x must be finite numbers"),
        (
            lambda: Network.random([1, 1], TANH).backward([[1.0], [2.0]], [1.0], SQUARED_ERROR),
            r"outputs have shape \(2, 1\) and targets \(1,\)",
        ),
        (lambda: SQUARED_ERROR.f([[1.0, 2.0]], [[1.0], [2.0]]), "each output needs one target"),
        (lambda: BINARY_CROSS_ENTROPY.gradient([], []), "each output needs one target"),
        (lambda: CROSS_ENTROPY.f([[1.0, 2.0]], [2]), "whole numbers from 0 to 1"),
        (lambda: CROSS_ENTROPY.f([[1.0, 2.0]], [0.5]), "whole numbers from 0 to 1"),
        (lambda: CROSS_ENTROPY.f([1.0, 2.0], [1]), "give logits as N × classes"),
        (lambda: L1(-0.1), "the rate of L1 must be 0 or more, and it is -0.1"),
        (lambda: L2(float("nan")), "the rate of L2 must be 0 or more, and it is nan"),
        (lambda: finite_differences(np.sum, [1.0], h=0), "h must be above 0"),
        (lambda: finite_differences(np.asarray, [1.0, 2.0]), "the function gave 2 numbers"),
        (lambda: finite_differences(lambda _: np.nan, [1.0]), "the function gave nan"),
    ],
)
def test_bad_input_gets_one_sentence(as_a_reader_calls_it, act, sentence):
    """Whatever does not fit is answered with the rule and the value, in one sentence."""
    with pytest.raises((ValueError, TypeError), match=sentence) as caught:
        act()
    assert "\n" not in str(caught.value)


def test_every_combination_trains_downhill():
    """One small step against the gradient lowers the loss, for all activations and losses."""
    for activation, loss in itertools.product(ACTIVATIONS.values(), LOSSES):
        net = Network.random([3, 4, 2], activation, seed=6)
        x, targets = _examples(loss, 2)
        found = net.backward(x, targets, loss)
        SGD(1e-3).step(net.parameters(), found.flat())
        assert loss.f(net.predict(x), targets) < found.loss
