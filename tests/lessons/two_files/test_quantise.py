"""Weights in fewer bits, by hand: the codes fit, the errors stay within half a step, PyTorch rounds alike."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from tfm.lessons.two_files.quantise import quantise, restore, top

MATRICES = arrays(np.float64, array_shapes(min_dims=2, max_dims=2, max_side=6), elements=st.floats(-1e3, 1e3))


@given(matrix=MATRICES, bits=st.integers(2, 12))
def test_codes_fit_and_errors_stay_within_half_a_step(matrix, bits):
    """Each code is at most 2^(bits − 1) − 1, and each weight at most half its row's step from what comes back."""
    codes, steps = quantise(matrix, bits)
    assert codes.shape == matrix.shape
    assert steps.shape == (len(matrix), 1)
    assert np.abs(codes).max() <= top(bits)
    assert (np.abs(restore(codes, steps) - matrix) <= steps * (0.5 + 1e-9)).all()


@pytest.mark.parametrize("bits", [2, 4, 8])
def test_the_largest_of_each_row_keeps_its_value(bits):
    """What sets the step is stored exactly, whatever stands in the other rows."""
    matrix = np.random.default_rng(0).normal(size=(5, 7)) * 10.0 ** np.arange(-2, 3)[:, None]
    places = np.abs(matrix).argmax(axis=1)[:, None]
    restored = restore(*quantise(matrix, bits))
    np.testing.assert_allclose(np.take_along_axis(restored, places, 1), np.take_along_axis(matrix, places, 1))


def test_eight_bits_round_as_pytorchs_do():
    """PyTorch's own quantised tensors, given our steps, hold the same whole numbers."""
    matrix = np.random.default_rng(1).normal(size=(6, 9))
    codes, steps = quantise(matrix, 8)
    theirs = torch.fake_quantize_per_channel_affine(
        torch.from_numpy(matrix).float(),
        torch.from_numpy(steps[:, 0]).float(),
        torch.zeros(6, dtype=torch.int32),
        0,
        -128,
        127,
    )
    np.testing.assert_allclose(restore(codes, steps), theirs.numpy(), atol=1e-6)


def test_a_row_of_zeros_stays_zero():
    """Nothing is divided by nothing."""
    assert restore(*quantise(np.zeros((2, 3)), 4)).tolist() == [[0.0] * 3] * 2


@pytest.mark.parametrize(
    ("matrix", "bits", "sentence"), [([[1.0]], 1, "at least 2"), ([[np.nan]], 8, "not finite")]
)
def test_what_cannot_be_stored_is_told_so(matrix, bits, sentence):
    """One bit has no room for a sign and a number, and NaN has no place among whole numbers."""
    with pytest.raises(ValueError, match=sentence):
        quantise(np.array(matrix), bits)
