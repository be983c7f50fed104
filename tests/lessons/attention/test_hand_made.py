"""The attention written by hand: its numbers are attention's, and each slip gets one sentence."""

import numpy as np
import pytest

from tfm.by_hand.attention import attention
from tfm.lessons.attention.hand_made import PAD, HandMadeAttention

VECTORS = {"sun": [1, 0], "moon": [0, 1], "sky": [1, 1]}
EYE = np.eye(2)
ATOL = 1e-14  # 1 / √D and D to the power −½ differ in the last bit; the worst met was 2e-16


@pytest.fixture
def toy():
    """Three words, and matrices that differ from each other."""
    return HandMadeAttention(vectors=VECTORS, W_Q=EYE, W_K=[[2, 0], [0, 3]], W_V=[[0, 1, 0], [1, 0, 5]])


def test_a_trace_is_attention_of_the_projected_words(toy):
    """Queries, keys and values are vectors times matrices, and the rest is `tfm.by_hand.attention`."""
    trace = toy.trace("sun sky")
    assert np.array_equal(trace.query[0, 0], [[1, 0], [1, 1]])
    assert np.array_equal(trace.key[0, 0], [[2, 0], [2, 3]])
    assert np.array_equal(trace.value[0, 0], [[0, 1, 0], [1, 1, 5]])
    steps = attention(trace.query[0, 0], trace.key[0, 0], trace.value[0, 0])
    assert np.array_equal(trace.scores[0, 0], steps.scores)
    assert np.allclose(trace.weights[0, 0], steps.weights, rtol=0, atol=ATOL)
    assert np.allclose(trace.hidden[0], steps.output, rtol=0, atol=ATOL)
    assert (trace.mask, toy.d_head) == (None, 2)


def test_temperature_and_scale_divide_the_scores(toy):
    """τ divides, √D divides unless it is left out, and the unscaled scores stay as they are."""
    trace = toy.trace("sun moon", temperature=2.0, scaled=False)
    steps = attention(trace.query[0, 0], trace.key[0, 0], trace.value[0, 0], scale=0.5)
    assert np.array_equal(trace.weights[0, 0], steps.weights)
    assert np.array_equal(trace.scores, toy.trace("sun moon").scores)


@pytest.mark.parametrize(
    ("mask", "open_cells"),
    [
        ("causal", [[1, 0, 0], [1, 1, 0], [1, 1, 1]]),
        ("padding", [[1, 1, 0]] * 3),
        ("both", [[1, 0, 0], [1, 1, 0], [1, 1, 0]]),
    ],
)
def test_masks_forbid(toy, mask, open_cells):
    """A forbidden pair has weight zero, and each row still sums to 1."""
    trace = toy.trace("sun moon", mask=mask, pads=1)
    assert trace.tokens == ["sun", "moon", PAD]
    assert np.array_equal(trace.mask, np.array(open_cells, dtype=bool))
    assert not trace.weights[0, 0][~trace.mask].any()
    assert np.allclose(trace.weights.sum(-1), 1)


def test_switching_the_head_off_silences_it(toy):
    """The weights stay, the output is zero."""
    on, off = toy.trace("sun sky"), toy.trace("sun sky", ablated={(0, 0)})
    assert np.array_equal(on.weights, off.weights)
    assert on.hidden.any()
    assert not off.hidden.any()


def test_other_matrices_leave_the_first_alone(toy):
    """`with_matrices` returns a second one that shares the words."""
    other = toy.with_matrices(W_Q=2 * EYE)
    assert np.array_equal(other.matrices["W_Q"], 2 * EYE)
    assert np.array_equal(toy.matrices["W_Q"], EYE)
    assert other.vectors is toy.vectors


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"vectors": {"sun": [1, 0], "moon": [1]}}, "the vector of 'moon' has 1 numbers .* give every word"),
        ({"W_Q": [[1, 2]]}, "W_Q has shape 1 × 2, but the word vectors have 2 numbers: give W_Q 2 rows"),
        ({"W_V": [1, 2]}, "W_V has shape 2, but"),
        ({"W_K": [[1], [2]]}, "W_Q and W_K must have as many columns"),
    ],
)
def test_parts_that_do_not_fit_are_refused(changes, sentence):
    """A vector or matrix of the wrong shape is named, with what would fit."""
    with pytest.raises(ValueError, match=sentence):
        HandMadeAttention(**{"vectors": VECTORS, "W_Q": EYE, "W_K": EYE, "W_V": EYE} | changes)


@pytest.mark.parametrize(
    ("text", "options", "sentence"),
    [
        (" \n", {}, "type a sentence first"),
        ("sun fish", {}, "'fish' is not in the hand-made dictionary: use sun, moon, sky"),
        ("sun", {"temperature": 0.0}, "temperature must be above 0, and it is 0"),
        ("sun", {"temperature": float("nan")}, "temperature must be above 0, and it is nan"),
        ("sun", {"mask": "future"}, "no mask is called 'future': choose one of none, causal, padding, both"),
        ("[PAD]", {"mask": "padding"}, "let each row of the mask look at one position at least"),
    ],
)
def test_what_cannot_be_read_gets_a_sentence(toy, text, options, sentence):
    """No words, an unknown word, an impossible setting."""
    with pytest.raises(ValueError, match=sentence):
        toy.trace(text, **options)
