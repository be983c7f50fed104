"""The cache changes the work, never the numbers: any text, cut anywhere, gives what the whole text gives."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tfm.nn.alibi import alibi_mask
from tfm.nn.attention import MultiHeadAttention, Recorded, scaled_dot_product
from tfm.nn.cache import MemoryCache
from tfm.nn.decoder import DecoderLayer
from tfm.nn.feedforward import FeedForward, GatedFeedForward
from tfm.nn.grouped_attention import GroupedQueryAttention
from tfm.nn.layer import EncoderLayer, PostNorm, PreNorm
from tfm.nn.mask import as_bias, causal_mask, padding_mask
from tfm.nn.norm import LayerNorm, RMSNorm
from tfm.nn.position import LearnedPositions
from tfm.nn.query_key_norm import QueryKeyNorm
from tfm.nn.rotary import Rotary

B, C, H, F = 2, 16, 4, 24
D = C // H
LONGEST = 12

# Worst case measured over all tests of this file, in float64: 8.9e-16.
TOLERANCE = 1e-12

ATTENTIONS = {
    "multi-head": lambda: MultiHeadAttention(C, H),
    "multi-head, written out": lambda: MultiHeadAttention(C, H, attend=scaled_dot_product),
    "multi-head, weights dropped in training": lambda: MultiHeadAttention(C, H, dropout=0.5),
    "multi-head, rotary": lambda: MultiHeadAttention(C, H, transform=Rotary(D)),
    "multi-head, normed and turned": lambda: MultiHeadAttention(C, H, transform=QueryKeyNorm(D, Rotary(D))),
    "grouped": lambda: GroupedQueryAttention(C, H, 2),
    "grouped, written out": lambda: GroupedQueryAttention(C, H, 2, attend=scaled_dot_product),
    "grouped, rotary": lambda: GroupedQueryAttention(C, H, 2, bias=False, transform=Rotary(D)),
    "one head of keys": lambda: GroupedQueryAttention(C, H, 1),
}

# A text as the lengths of the pieces in which it comes: one token at a time, a prompt and then single tokens …
pieces = st.lists(st.integers(1, 4), min_size=1, max_size=6).filter(lambda p: sum(p) <= LONGEST)
seeds = st.integers(0, 10_000)


def _close(ours, theirs):
    torch.testing.assert_close(ours, theirs, atol=TOLERANCE, rtol=0)


@pytest.mark.parametrize("make", ATTENTIONS.values(), ids=ATTENTIONS)
@settings(deadline=None, max_examples=25)
@given(pieces=pieces, seed=seeds)
@torch.no_grad()
def test_any_cut_of_the_text_gives_the_whole(make, pieces, seed):
    """For every attention: pieces through the cache equal the whole text under a causal mask."""
    torch.manual_seed(seed)
    attention = make().double().eval()
    x = torch.randn(B, sum(pieces), C, dtype=torch.float64)
    cache = attention.new_cache(B, LONGEST)
    outputs = [
        attention(piece, mask=cache.causal_mask(piece.shape[1]), cache=cache)
        for piece in x.split(pieces, dim=1)
    ]
    _close(torch.cat(outputs, dim=1), attention(x, mask=causal_mask(sum(pieces))))
    assert cache.length == sum(pieces)


@pytest.mark.parametrize("make", ATTENTIONS.values(), ids=ATTENTIONS)
@settings(deadline=None, max_examples=10)
@given(pieces=pieces, seed=seeds)
@torch.no_grad()
def test_causal_is_the_causal_mask(make, pieces, seed):
    """Asked for by `causal` alone, whole or in pieces, nobody looks ahead; with a mask, both hide."""
    torch.manual_seed(seed)
    attention, n = make().double().eval(), sum(pieces)
    x, cache = torch.randn(B, n, C, dtype=torch.float64), attention.new_cache(B, LONGEST)
    outputs = [attention(piece, causal=True, cache=cache) for piece in x.split(pieces, dim=1)]
    whole = attention(x, mask=causal_mask(n))
    _close(torch.cat(outputs, dim=1), whole)
    _close(attention(x, causal=True), whole)
    first = padding_mask(
        torch.tensor([[1] + [seed % 2] * (n - 1)] * B), 0
    )  # hides all but the first, or nothing
    both = attention(x, mask=first & causal_mask(n))
    _close(attention(x, mask=first, causal=True), both)
    _close(attention(x, mask=as_bias(first, torch.float64), causal=True), both)


@pytest.mark.parametrize("make", ATTENTIONS.values(), ids=ATTENTIONS)
@settings(deadline=None, max_examples=10)
@given(pieces=pieces, seed=seeds)
@torch.no_grad()
def test_alibi_counts_what_is_kept(make, pieces, seed):
    """The amounts for new positions begin where the cache ends."""
    torch.manual_seed(seed)
    attention, n = make().double().eval(), sum(pieces)
    x, cache = torch.randn(B, n, C, dtype=torch.float64), attention.new_cache(B, LONGEST)
    outputs = [
        attention(piece, mask=alibi_mask(H, piece.shape[1], before=cache.length), cache=cache)
        for piece in x.split(pieces, dim=1)
    ]
    _close(torch.cat(outputs, dim=1), attention(x, mask=alibi_mask(H, n)))


@settings(deadline=None, max_examples=25)
@given(n=st.integers(1, LONGEST), seed=seeds)
@torch.no_grad()
def test_one_token_at_a_time_needs_no_mask(n, seed):
    """A single new position may look at all that is kept and at itself: there is nothing to forbid."""
    torch.manual_seed(seed)
    attention = GroupedQueryAttention(C, H, 2, transform=Rotary(D)).double()
    x, cache = torch.randn(B, n, C, dtype=torch.float64), attention.new_cache(B, LONGEST)
    outputs = [attention(token, cache=cache) for token in x.split(1, dim=1)]
    _close(torch.cat(outputs, dim=1), attention(x, mask=causal_mask(n)))


@settings(deadline=None, max_examples=15)
@given(pieces=pieces, seed=seeds)
@torch.no_grad()
def test_a_stack_with_positions_learned(pieces, seed):
    """Through two layers, and with positions that begin where the cache ends."""
    torch.manual_seed(seed)
    place = LearnedPositions(LONGEST, C).double()
    layers = [
        EncoderLayer(
            GroupedQueryAttention(C, H, 2),
            GatedFeedForward(C, F),
            PreNorm(RMSNorm(C)),
            PreNorm(RMSNorm(C)),
        ).double()
        for _ in range(2)
    ]
    text = torch.randn(B, sum(pieces), C, dtype=torch.float64)
    caches = [layer.attention.new_cache(B, LONGEST) for layer in layers]
    outputs = []
    for piece in text.split(pieces, dim=1):
        mask, x = caches[0].causal_mask(piece.shape[1]), piece + place(piece.shape[1], start=caches[0].length)
        for layer, cache in zip(layers, caches, strict=True):
            x = layer(x, mask=mask, cache=cache)
        outputs.append(x)
    whole = text + place(sum(pieces))
    for layer in layers:
        whole = layer(whole, mask=causal_mask(sum(pieces)))
    _close(torch.cat(outputs, dim=1), whole)


def _decoder_layer(wiring):
    return (
        DecoderLayer(
            GroupedQueryAttention(C, H, 2, transform=Rotary(D)),
            GroupedQueryAttention(C, H, 1),
            FeedForward(C, F),
            *(wiring(LayerNorm(C)) for _ in range(3)),
        )
        .double()
        .eval()
    )


@pytest.mark.parametrize("wiring", [PostNorm, PreNorm])
@settings(deadline=None, max_examples=15)
@given(pieces=pieces, seed=seeds)
@torch.no_grad()
def test_a_decoder_layer_over_a_padded_memory(wiring, pieces, seed):
    """Self-attention grows, cross-attention stays, and the text comes out as from the whole."""
    torch.manual_seed(seed)
    layer = _decoder_layer(wiring)
    x, memory = torch.randn(B, sum(pieces), C).double(), torch.randn(B, 5, C).double()
    seen = padding_mask(torch.tensor([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]]), 0)
    cache = layer.new_cache(B, LONGEST)
    outputs = [
        layer(piece, memory, cache.text.causal_mask(piece.shape[1]), seen, cache=cache)
        for piece in x.split(pieces, dim=1)
    ]
    _close(torch.cat(outputs, dim=1), layer(x, memory, causal_mask(sum(pieces)), seen))


@torch.no_grad()
def test_the_memory_is_projected_once_and_again_when_it_is_another():
    """Three steps project a memory once; another of the same shape is not answered from the old one."""
    attention, calls = MultiHeadAttention(C, H).double(), []
    attention.key.register_forward_hook(lambda *_: calls.append(1))
    cache, memory = MemoryCache(), torch.randn(B, 5, C, dtype=torch.float64)
    for _ in range(3):
        x = torch.randn(B, 1, C, dtype=torch.float64)
        _close(attention(x, memory, cache=cache), attention(x, memory.clone()))
    assert len(calls) == 1 + 3  # once for the cache, and once for each call without it
    other = torch.randn(B, 5, C, dtype=torch.float64)
    _close(attention(x, other, cache=cache), attention(x, other))


@torch.no_grad()
def test_rewinding_takes_a_token_back():
    """After a wrong token and a rewind, the right token gives what it would have given at once."""
    attention = MultiHeadAttention(C, H, transform=Rotary(D)).double()
    prompt, wrong, right = (torch.randn(B, n, C, dtype=torch.float64) for n in (3, 2, 1))
    cache = attention.new_cache(B, LONGEST)
    attention(prompt, mask=cache.causal_mask(3), cache=cache)
    attention(wrong, mask=cache.causal_mask(2), cache=cache)
    cache.rewind(3)
    again = attention(right, cache=cache)
    _close(again, attention(torch.cat([prompt, right], dim=1), mask=causal_mask(4))[:, -1:])
    cache.rewind()
    assert cache.length == 0


@torch.no_grad()
def test_a_recorded_core_sees_the_whole_text_through_the_cache():
    """The weights of a step reach back over all that is kept, and sum to 1."""
    attention, core = MultiHeadAttention(C, H), Recorded()
    cache = attention.new_cache(1, LONGEST)
    attention(torch.randn(1, 4, C), mask=cache.causal_mask(4), cache=cache)
    attention(torch.randn(1, 1, C), cache=cache, attend=core)
    assert core.weights.shape == (1, H, 1, 5)
    torch.testing.assert_close(core.weights.sum(-1), torch.ones(1, H, 1))


def test_a_grouped_cache_is_smaller_by_the_groups():
    """That is what the groups are for: G / H of the numbers."""
    sizes = [
        a.new_cache(B, LONGEST)._key.numel()
        for a in (MultiHeadAttention(C, H), GroupedQueryAttention(C, H, 1))
    ]
    assert sizes == [B * H * LONGEST * D, B * LONGEST * D]


def test_a_cache_made_in_inference_mode_can_be_filled_outside_it():
    """And the other way round: a cache outlives the block of code it was made in."""
    attention, x = MultiHeadAttention(C, H), torch.randn(1, 1, C)
    with torch.inference_mode():
        cache = attention.new_cache(1, 3)
    with torch.no_grad():
        attention(x, cache=cache)
    with torch.inference_mode():
        attention(x, cache=cache)
    assert cache.length == 2
