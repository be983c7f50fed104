"""Min–max, standardising and batch norm: what they promise, what they do not notice, and what they refuse."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tfm.by_hand.norms import layer_norm
from tfm.lessons.normalization.scaling import batch_norm, min_max, standardize

SAME = 1e-9  # measured: 4e-12 over 2,000 rows
rows = arrays(float, 5, elements=st.integers(-100, 100).map(float)).filter(lambda x: np.ptp(x) > 0)


@given(x=rows)
def test_min_max_goes_from_0_to_1(x):
    """The smallest becomes exactly 0, the largest exactly 1, and their order stays."""
    y = min_max(x)
    assert (y.min(), y.max()) == (0, 1)
    assert (np.argsort(y, kind="stable") == np.argsort(x, kind="stable")).all()


@given(x=rows, add=st.integers(-50, 50), times=st.integers(1, 9))
def test_neither_notices_the_unit(x, add, times):
    """A shift and a stretch of all numbers change nothing."""
    for way in (min_max, standardize):
        assert np.allclose(way(times * x + add), way(x), atol=SAME)


@given(x=rows)
def test_standardising_is_layer_norm_without_its_eps(x):
    """Mean 0, deviation 1, and LayerNorm at ε = 0."""
    y = standardize(x)
    assert np.allclose([y.mean(), y.std()], [0, 1], atol=SAME)
    assert np.allclose(y, layer_norm(x, eps=0.0), atol=SAME)


def test_batch_norm_is_torchs_in_training():
    """Over all rows of the batch, whatever stands in front of the features."""
    x = np.random.default_rng(0).normal(3, 5, size=(4, 6, 3))
    theirs = torch.nn.BatchNorm1d(3, affine=False).double().train()(torch.tensor(x.reshape(24, 3)))
    assert np.allclose(batch_norm(x).reshape(24, 3), theirs.numpy(), atol=SAME)


@pytest.mark.parametrize(("way", "name"), [(min_max, "min–max"), (standardize, "standardising")])
def test_equal_numbers_are_refused(way, name):
    """Nothing can be told apart, and the sentence says what to change."""
    sentence = f"^{name} divides by the spread, and all numbers of a row are equal: change one of them$"
    with pytest.raises(ValueError, match=sentence):
        way([7.0, 7.0])
