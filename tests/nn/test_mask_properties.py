"""Masks: what they hide for any sentence, and what a wrong one is told."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tfm.nn.attention import MultiHeadAttention, fused, scaled_dot_product
from tfm.nn.mask import causal_mask, fit_mask, padding_mask

C, H, V = 8, 2, 20
PAD = 0
SAME = 1e-12  # worst case measured: 2.3e-16, in float64
CORES = [scaled_dot_product, fused]

lengths = st.integers(2, 9)
seeds = st.integers(0, 10_000)


def _attention(seed: int) -> MultiHeadAttention:
    torch.manual_seed(seed)
    return MultiHeadAttention(C, H).double()


@pytest.mark.parametrize("core", CORES)
@settings(deadline=None, max_examples=25)
@given(n=lengths, seed=seeds, data=st.data())
def test_changing_a_future_token_moves_no_earlier_output(core, n, seed, data):
    """For any length and any place: under the causal mask the past does not know the future."""
    place = data.draw(st.integers(1, n - 1), label="place that changes")
    attention = _attention(seed)
    x = torch.randn(1, n, C, dtype=torch.float64)
    other = x.clone()
    other[:, place:] = torch.randn(1, n - place, C, dtype=torch.float64)
    mask = causal_mask(n)
    moved = (
        (attention(x, mask=mask, attend=core) - attention(other, mask=mask, attend=core)).abs().amax((0, 2))
    )
    assert moved[:place].max() <= SAME
    assert moved[place] > SAME


@pytest.mark.parametrize("core", CORES)
@settings(deadline=None, max_examples=25)
@given(n=lengths, extra=st.integers(1, 6), seed=seeds)
def test_padding_changes_nothing_only_when_it_is_masked(core, n, extra, seed):
    """The same sentence in two batch shapes gives the same vectors with the mask, and others without."""
    attention = _attention(seed)
    table = torch.randn(V, C, dtype=torch.float64)
    ids = torch.randint(1, V, (1, n))
    padded = torch.cat([ids, torch.full((1, extra), PAD)], dim=1)
    alone = attention(table[ids], attend=core)
    masked = attention(table[padded], mask=padding_mask(padded, PAD), attend=core)[:, :n]
    unmasked = attention(table[padded], attend=core)[:, :n]
    torch.testing.assert_close(masked, alone, atol=SAME, rtol=0)
    assert (unmasked - alone).abs().max() > SAME


@settings(deadline=None, max_examples=25)
@given(n=lengths, seed=seeds)
def test_weights_are_shares_of_one_and_zero_where_forbidden(n, seed):
    """Under any mask with a place to look in each row, rows sum to 1 and forbidden places get exactly 0."""
    torch.manual_seed(seed)
    mask = torch.rand(1, 1, n, n) < 0.5
    mask |= torch.eye(n, dtype=torch.bool)
    q, k, v = torch.randn(3, 2, H, n, C, dtype=torch.float64)
    _, weights = scaled_dot_product(q, k, v, mask)
    torch.testing.assert_close(weights.sum(-1), torch.ones(2, H, n, dtype=torch.float64), atol=SAME, rtol=0)
    assert (weights.masked_fill(mask, 0) == 0).all()


@given(n=st.integers(1, 40))
def test_causal_mask_lets_position_t_see_t_plus_one_positions(n):
    """Row t of the triangle has t + 1 places, and they are the first ones."""
    mask = causal_mask(n)[0, 0]
    assert mask.sum(-1).tolist() == list(range(1, n + 1))
    assert (mask.int().diff(dim=-1) <= 0).all()


@given(n=st.integers(1, 8), before=st.integers(0, 8))
def test_positions_in_front_only_answer(n, before):
    """With positions in front, the mask is the last rows of that of the whole text."""
    assert torch.equal(causal_mask(n, before=before), causal_mask(before + n)[:, :, before:])


@pytest.mark.usefixtures("as_a_reader_calls_it")
def test_a_mask_of_the_wrong_shape_is_told_both_shapes():
    """The sentence names the mask's shape, the scores' shape and what to give."""
    with pytest.raises(ValueError) as caught:
        MultiHeadAttention(C, H)(torch.randn(2, 5, C), mask=causal_mask(4))
    assert str(caught.value) == (
        "the mask has shape 1 × 1 × 4 × 4, but the scores have shape 2 × 2 × 5 × 5 (B × H × T × S): "
        "give it one row a query and one column a key, and 1 on the axes it shares"
    )


def test_a_mask_with_too_few_axes_is_refused():
    """A T × S mask is not guessed at: it needs its two leading axes."""
    with pytest.raises(
        ValueError, match=r"the mask has shape 5 × 5, but the scores have shape 1 × 2 × 5 × 5"
    ):
        fit_mask(torch.ones(5, 5, dtype=torch.bool), (1, H, 5, 5))


def test_a_wholly_masked_row_is_named():
    """A query that may look nowhere is refused, with its place, before softmax makes NaN of it."""
    mask = causal_mask(3).clone()
    mask[0, 0, 1] = False
    with pytest.raises(ValueError) as caught:
        MultiHeadAttention(C, H)(torch.randn(1, 3, C), mask=mask)
    assert str(caught.value) == (
        "row (0, 0, 1) of the mask forbids every position, so its weights cannot sum to 1: "
        "let each row look at one position at least, its own for example"
    )


def test_a_sentence_of_nothing_but_padding_is_refused():
    """An empty sentence in a batch is found where the mask is made."""
    with pytest.raises(ValueError, match=r"row \(1, 0, 0\) of the mask forbids every position"):
        padding_mask(torch.tensor([[5, PAD], [PAD, PAD]]), PAD)


def test_a_causal_mask_needs_a_length():
    """No positions, no mask: the sentence says what to pass."""
    with pytest.raises(ValueError, match="a causal mask needs at least one position, and n is 0"):
        causal_mask(0)
