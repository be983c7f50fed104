"""What rotary and ALiBi promise for every query, key and place: distance counts, and nothing else."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tfm.nn.alibi import ALiBi, alibi_bias, biased
from tfm.nn.attention import MultiHeadAttention, Recorded, fused, scaled_dot_product
from tfm.nn.dropout import Dropped
from tfm.nn.grouped_attention import GroupedQueryAttention
from tfm.nn.mask import causal_mask
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


@pytest.mark.parametrize(
    "make", [lambda a: Rotary(8, a), lambda a: ALiBi(4, biased)], ids=["rotary", "ALiBi"]
)
def test_a_shuffle_is_noticed(make):
    """Attention alone only shuffles its outputs with its inputs; with positions they differ."""
    attention, x = MultiHeadAttention(32, 4).double(), torch.randn(1, 6, 32, dtype=torch.float64)
    order = torch.tensor([3, 0, 5, 1, 4, 2])
    torch.testing.assert_close(attention(x[:, order]), attention(x)[:, order], atol=SAME, rtol=0)
    core = make(fused)
    placed, shuffled = attention(x, attend=core), attention(x[:, order], attend=core)
    assert (shuffled - placed[:, order]).abs().max() > 1e-3


@pytest.mark.parametrize("core", [Rotary(8), Rotary(8, scaled_dot_product), ALiBi(4), ALiBi(4, biased)])
@pytest.mark.parametrize("grouped", [False, True])
def test_a_cache_gives_what_the_whole_text_gives(core, grouped):
    """Token by token, with all keys from the cache, every output is that of the whole text at once."""
    attention = GroupedQueryAttention(32, 4, 2) if grouped else MultiHeadAttention(32, 4)
    attention, x = attention.double(), torch.randn(2, 7, 32, dtype=torch.float64)
    whole = attention(x, mask=causal_mask(7), attend=core)
    cache = attention.new_cache(2, 7)
    with torch.no_grad():
        first = attention(x[:, :3], mask=causal_mask(3), attend=core, cache=cache)
        rest = [attention(x[:, t : t + 1], attend=core, cache=cache) for t in range(3, 7)]
    torch.testing.assert_close(torch.cat([first, *rest], dim=1), whole, atol=SAME, rtol=0)


def test_keys_turned_before_they_are_kept_need_an_offset():
    """`at` places a new key after those that came before, so that turned keys can be kept instead."""
    q, k = torch.randn(2, 1, 2, 5, 8, dtype=torch.float64)
    rotary, seen = Rotary(8), {}

    def keep(query, key, value, mask=None):
        seen["query"], seen["key"] = query, key
        return query, None

    whole = Rotary(8, keep)
    whole(q, k, k)
    query, key = seen["query"][:, :, 3:], seen["key"][:, :, 3:]
    whole.at(3)(q[:, :, 3:], k[:, :, 3:], k[:, :, 3:])
    torch.testing.assert_close(seen["query"], query, atol=SAME, rtol=0)
    torch.testing.assert_close(seen["key"], key, atol=SAME, rtol=0)
    torch.testing.assert_close(rotary.at(1000)(q, k, k)[0], rotary(q, k, k)[0], atol=SAME, rtol=0)


def test_cores_around_cores_are_recorded_and_combined():
    """Recording sees what is turned from inside and what came in from outside; rotary can stand around ALiBi."""
    inner, outer = Recorded(), Recorded(Rotary(8))
    attention, x = MultiHeadAttention(32, 4), torch.randn(1, 5, 32)
    attention(x, attend=Rotary(8, inner))
    attention(x, attend=outer)
    torch.testing.assert_close(inner.query, rotate(outer.query))
    both = attention(x, attend=Rotary(8, ALiBi(4, biased)))
    assert both.shape == x.shape
    weights = Recorded(ALiBi(4, biased))
    attention(x, attend=weights)
    torch.testing.assert_close(weights.weights.sum(-1), torch.ones(1, 4, 5))


@pytest.mark.parametrize(
    "make",
    [lambda: Rotary(8, Dropped(p=0.5)), lambda: ALiBi(4, Dropped(biased, p=0.5))],
    ids=["rotary", "ALiBi"],
)
def test_eval_reaches_the_core_inside(make):
    """A model in eval drops no weights of a core that stands inside another one."""
    attention, x = MultiHeadAttention(32, 4, attend=make()), torch.randn(1, 5, 32)
    assert not torch.equal(attention(x), attention(x))
    attention.eval()
    assert torch.equal(attention(x), attention(x))
