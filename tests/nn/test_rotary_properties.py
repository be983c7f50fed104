"""What rotary and ALiBi promise for every query, key and place: distance counts, and nothing else."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tfm.nn.alibi import alibi_bias, alibi_mask
from tfm.nn.attention import MultiHeadAttention, Recorded
from tfm.nn.rotary import Rotary, rotate

# Worst case measured over all tests of this file: 3.3e-12, at positions near 100,000.
SAME = 1e-10

places = st.integers(0, 50_000)
bases = st.sampled_from([2.0, 100.0, 10_000.0, 500_000.0])
widths = st.sampled_from([2, 4, 16, 64])
quick = settings(max_examples=50, deadline=None)


def _pair(seed: int, width: int) -> torch.Tensor:
    return torch.randn(2, 1, width, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


@quick
@given(st.integers(0, 999), widths, bases, places, places, places)
def test_scores_depend_on_the_distance_only(seed, width, base, t, s, shift):
    """A query at t and a key at s score as they do when both stand some places further on."""
    q, k = _pair(seed, width)
    here = rotate(q, t, base) @ rotate(k, s, base).T
    there = rotate(q, t + shift, base) @ rotate(k, s + shift, base).T
    torch.testing.assert_close(here, there, atol=SAME * width, rtol=0)


@quick
@given(st.integers(0, 999), widths, bases, places)
def test_a_turn_changes_no_length(seed, width, base, t):
    """Every pair keeps its own length, so the whole does."""
    q, _ = _pair(seed, width)
    pairs, turned = q.view(-1, 2), rotate(q, t, base).view(-1, 2)
    torch.testing.assert_close(turned.norm(dim=-1), pairs.norm(dim=-1), atol=SAME, rtol=0)


@quick
@given(st.integers(1, 20), st.integers(1, 12), st.integers(0, 30))
def test_alibi_depends_on_the_distance_only(n_heads, n_queries, more):
    """Along each diagonal the bias is one number, and it falls by the slope with every step."""
    bias = alibi_bias(n_heads, n_queries, n_queries + more)
    assert torch.equal(bias[:, 1:, 1:], bias[:, :-1, :-1])
    last = bias[:, -1].flip(-1)  # the last query: distances 0, 1, 2, …
    if last.shape[-1] > 1:
        torch.testing.assert_close(last[:, :-1] - last[:, 1:], (-last[:, 1:2]).expand_as(last[:, 1:]))


@pytest.mark.parametrize("code", ["rotary", "ALiBi"])
def test_a_shuffle_is_noticed(code):
    """Attention alone only shuffles its outputs with its inputs; with positions they differ."""
    attention, x = MultiHeadAttention(32, 4).double(), torch.randn(1, 6, 32, dtype=torch.float64)
    order = torch.tensor([3, 0, 5, 1, 4, 2])
    torch.testing.assert_close(attention(x[:, order]), attention(x)[:, order], atol=SAME, rtol=0)
    mask = alibi_mask(4, 6, mask=torch.ones(1, 1, 6, 6, dtype=torch.bool)) if code == "ALiBi" else None
    attention.transform = Rotary(8) if code == "rotary" else None
    placed, shuffled = attention(x, mask=mask), attention(x[:, order], mask=mask)
    assert (shuffled - placed[:, order]).abs().max() > 1e-3


def test_a_key_is_turned_once_and_any_start_gives_the_same_scores():
    """From a start on, rows are turned as in the whole text; scores know the distance alone."""
    q, k = torch.randn(2, 1, 2, 5, 8, dtype=torch.float64)
    rotary = Rotary(8)
    query, key = rotary(q, k)
    later = rotary(q[:, :, 3:], k[:, :, 3:], start=3)
    torch.testing.assert_close(later, (query[:, :, 3:], key[:, :, 3:]), atol=SAME, rtol=0)
    far, further = rotary(q, k, start=1000)
    torch.testing.assert_close(far @ further.mT, query @ key.mT, atol=SAME, rtol=0)


def test_a_core_sees_what_is_turned():
    """Whatever core is passed is given the queries and keys behind the transform."""
    plain, turned = Recorded(), Recorded()
    attention, x = MultiHeadAttention(32, 4), torch.randn(1, 5, 32)
    attention(x, attend=plain)
    attention.transform = Rotary(8)
    attention(x, attend=turned)
    torch.testing.assert_close(turned.query, rotate(plain.query))
    torch.testing.assert_close(turned.key, rotate(plain.key))
    assert torch.equal(turned.value, plain.value)
