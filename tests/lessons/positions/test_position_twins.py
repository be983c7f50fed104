"""Positions in PyTorch against their NumPy twins, and what the twins say of themselves."""

import numpy as np
import pytest
import torch

from tfm.lessons.positions import twin as positions
from tfm.nn import alibi, rotary
from tfm.nn.position import SinusoidalPositions

# Worst case measured over all tests of this file: 3.8e-11, at position 100,000.
TOLERANCE = 1e-10


def _close(tensor, array):
    torch.testing.assert_close(torch.as_tensor(tensor), torch.as_tensor(array), atol=TOLERANCE, rtol=0)


@pytest.mark.parametrize("width", [2, 6, 64])
@pytest.mark.parametrize("base", [10.0, 10_000.0])
@pytest.mark.parametrize("start", [0, 100_000])
def test_sinusoidal(width, base, start):
    """One hand at a time gives the table's rows."""
    _close(
        SinusoidalPositions(width, base).double()(5, start),
        positions.sinusoidal(np.arange(start, start + 5), width, base),
    )


@pytest.mark.parametrize("width", [2, 6, 64])
@pytest.mark.parametrize("start", [0, 100_000])
def test_rotate(width, start):
    """Sines and cosines pair by pair give what a product of complex numbers gives."""
    x = torch.randn(2, 3, 5, width, dtype=torch.float64)
    _close(rotary.rotate(x, start, 100.0), positions.rotate(x.numpy(), np.arange(start, start + 5), 100.0))


@pytest.mark.parametrize("n_heads", [*range(1, 18), 31, 32, 33])
def test_alibi(n_heads):
    """Slopes and bias for any number of heads, with fewer queries than keys too."""
    slopes = positions.alibi_slopes(n_heads)
    _close(alibi.alibi_slopes(n_heads), slopes)
    _close(alibi.alibi_bias(n_heads, 3, 5, dtype=torch.float64), positions.alibi_bias(slopes, 3, 5))


@pytest.mark.parametrize("steps", [0, 1, -7, 1000])
def test_a_step_is_a_turn(steps):
    """One matrix, a rotation, takes every code the same number of steps on."""
    code, matrix = positions.sinusoidal(np.arange(20), 8), positions.turn_hands(steps, 8)
    _close(code @ matrix.T, positions.sinusoidal(np.arange(20) + steps, 8))
    _close(matrix @ matrix.T, np.eye(8))


def test_distance_of_codes_is_the_distance_of_rows():
    """The formula by steps is the length of the difference, wherever the two stand."""
    for p in (0, 777, 50_000):
        here, there = positions.sinusoidal([p, p + 123], 16)
        assert positions.code_distance(123, 16) == pytest.approx(np.linalg.norm(here - there), abs=TOLERANCE)


def test_binary_counts():
    """The digits times powers of two are the position."""
    assert (positions.binary(np.arange(64), 6) @ 2 ** np.arange(6) == np.arange(64)).all()


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: positions.sinusoidal([0], 5), "the width \\(5\\) must be even and at least 2"),
        (
            lambda: positions.rotate([[1.0, 2.0]], [0], base=0.5),
            "base \\(0.5\\) must be a finite number above 1",
        ),
        (lambda: positions.alibi_slopes(0), "n_heads \\(0\\) must be at least 1"),
    ],
)
def test_misuse_gets_one_sentence(call, sentence):
    """The rule, the value and the fix."""
    with pytest.raises(ValueError, match=sentence):
        call()
