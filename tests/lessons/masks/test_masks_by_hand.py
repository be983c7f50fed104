"""Masks by hand, and the test that finds a leak without seeing the mask."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tfm.by_hand.masks import causal, moved, padding, prefix, reach, window
from tfm.lessons.masks.mixer import Mixer
from tfm.nn.mask import causal_mask, padding_mask

SIZES = st.integers(1, 7)
NOTHING = 1e-12  # measured: exactly 0 where nothing can move; the faintest path of 4 layers moves 1e-4


@given(n=SIZES)
def test_causal_is_the_block_that_models_use(n):
    """The NumPy triangle is the PyTorch one."""
    assert (causal(n) == causal_mask(n)[0, 0].numpy()).all()


@given(lengths=st.lists(st.integers(1, 5), min_size=1, max_size=4))
def test_padding_is_the_block_that_models_use(lengths):
    """From lengths the same mask arises as from token ids."""
    ids = torch.tensor([[7] * length + [0] * (5 - length) for length in lengths])
    assert (padding(lengths, 5) == padding_mask(ids, pad_id=0)[:, 0].numpy()).all()


@given(n=SIZES, width=SIZES, known=SIZES)
def test_windows_and_prefixes_lie_between_known_masks(n, width, known):
    """A full window and an empty prefix are causal; a window of 1 sees itself, a full prefix sees all."""
    assert (window(n, n + width) == causal(n)).all()
    assert (window(n, 1) == np.eye(n, dtype=bool)).all()
    assert (prefix(n, 0) == causal(n)).all()
    assert prefix(n, n).all()
    if known <= n:
        assert (prefix(n, known) >= causal(n)).all()
        assert prefix(n, known)[:known, :known].all()


@pytest.mark.parametrize("mask", [causal(5), window(5, 2), prefix(5, 3)], ids=["causal", "window", "prefix"])
@pytest.mark.parametrize("n_layers", [1, 2, 3, 4])
def test_what_moves_is_what_a_path_allows(mask, n_layers):
    """The measured table and the table of paths are the same, in every number of layers."""
    mixer = Mixer(n_layers)
    table = moved(lambda x: mixer(x, mask), mixer.vectors(list("abcde")))
    assert ((table > NOTHING) == reach(mask, n_layers)).all()


def test_a_window_reaches_one_further_with_each_layer():
    """Through n layers a window of 2 is a window of n + 1."""
    for n_layers in range(1, 6):
        assert (reach(window(6, 2), n_layers) == window(6, n_layers + 1)).all()


def test_the_same_word_has_the_same_vector_everywhere():
    """A word's vector depends on the word alone, whatever characters it has."""
    first, second = Mixer.vectors(["a", "麻", "\ud800"]), Mixer.vectors(["麻"])
    assert (first[1] == second[0]).all()


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: causal(0), "a mask needs at least one position, and n is 0: pass the sentence's length"),
        (
            lambda: window(3, 0),
            "a window holds at least the position itself, and width is 0: pass 1 or more",
        ),
        (lambda: prefix(3, 4), "the prefix is part of the 3 positions, and known is 4: pass 0 to 3"),
        (lambda: padding([2, 0], 3), "a sentence filled up to 3 has 1 to 3 tokens, and one has 0"),
        (lambda: Mixer(0), "a mixer needs at least one layer, and n_layers is 0: pass 1 or more"),
    ],
)
def test_bad_sizes_get_one_sentence(call, sentence):
    """The rule, the value, the fix."""
    with pytest.raises(ValueError, match="^" + sentence + "$"):
        call()
