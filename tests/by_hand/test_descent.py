"""SGD, momentum and Adam against torch.optim, step by step, in float64."""

import numpy as np
import pytest
import torch

from tfm.by_hand.descent import SGD, Adam

STEPS = 50
# Worst case measured over all tests of this file: 1.7e-13.
TOLERANCE = 1e-12

PAIRS = {
    "sgd": (SGD(0.05), lambda p: torch.optim.SGD(p, lr=0.05)),
    "momentum": (SGD(0.05, momentum=0.9), lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9)),
    "adam": (Adam(0.02), lambda p: torch.optim.Adam(p, lr=0.02)),
    "adam, other betas": (
        Adam(0.3, beta1=0.5, beta2=0.7, eps=1e-3),
        lambda p: torch.optim.Adam(p, lr=0.3, betas=(0.5, 0.7), eps=1e-3),
    ),
    "adam without memory": (Adam(0.02, 0.0, 0.0), lambda p: torch.optim.Adam(p, lr=0.02, betas=(0.0, 0.0))),
}


@pytest.mark.parametrize("name", PAIRS)
def test_fifty_steps_equal_torch(name):
    """The same gradients move the same parameters to the same place, at every step."""
    random = np.random.default_rng(0)
    optimiser, make = PAIRS[name]
    ours = [random.normal(size=(3, 2)), random.normal(size=2)]
    theirs = [torch.tensor(p.copy(), requires_grad=True) for p in ours]
    twin = make(theirs)
    for _ in range(STEPS):
        gradients = [random.normal(size=p.shape) * 10 ** random.uniform(-3, 3) for p in ours]
        optimiser.step(ours, gradients)
        for p, g in zip(theirs, gradients, strict=True):
            p.grad = torch.tensor(g)
        twin.step()
        for mine, other in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(mine, other.detach().numpy(), atol=TOLERANCE, rtol=0)


def test_the_gradients_are_left_as_they_were():
    """A step moves parameters, in place, and nothing else."""
    for optimiser in (SGD(0.1), SGD(0.1, 0.9), Adam(0.1)):
        weight, gradient = np.array([1.0]), np.array([2.0])
        optimiser.step([weight], [gradient])
        optimiser.step([weight], [gradient])
        assert gradient == 2.0
        assert weight < 1.0


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: SGD(0), "rate must be above 0, and it is 0: try rate=0.1"),
        (lambda: SGD(-1.0), "rate must be above 0, and it is -1.0"),
        (lambda: Adam(float("nan")), "rate must be above 0, and it is nan"),
        (lambda: Adam(float("inf")), "rate must be above 0, and it is inf"),
        (lambda: SGD(0.1, momentum=1.0), "momentum must be from 0 to below 1, and it is 1.0"),
        (lambda: SGD(0.1, momentum=float("nan")), "momentum must be from 0"),
        (lambda: Adam(0.1, beta1=-0.1), "beta1 must be from 0"),
        (lambda: Adam(0.1, beta2=1.0), "beta2 must be from 0"),
        (lambda: Adam(0.1, eps=0.0), "eps must be above 0"),
    ],
)
def test_a_number_out_of_range_gets_one_sentence(make, sentence):
    """The rule, the value and something to try."""
    with pytest.raises(ValueError, match=sentence) as caught:
        make()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("optimiser", [SGD(0.1), SGD(0.1, 0.9), Adam(0.1)], ids=["sgd", "momentum", "adam"])
def test_parameters_and_gradients_must_pair(optimiser):
    """One too few, another shape, or another network's parameters: a sentence, and nothing has moved."""
    weight = np.ones(2)
    for gradients in ([], [np.ones(3)], [np.ones(2), np.ones(2)]):
        with pytest.raises(ValueError, match="one gradient of the same shape for each parameter"):
            optimiser.step([weight], gradients)
    np.testing.assert_array_equal(weight, 1.0)


@pytest.mark.parametrize("optimiser", [SGD(0.1, 0.9), Adam(0.1)], ids=["momentum", "adam"])
def test_one_memory_serves_one_network(optimiser):
    """What remembers steps refuses parameters of other shapes than it began with."""
    optimiser.step([np.ones(2)], [np.ones(2)])
    with pytest.raises(ValueError, match="one optimiser to each network"):
        optimiser.step([np.ones(3)], [np.ones(3)])
