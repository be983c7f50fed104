"""What a cache says when it is used wrongly: the rule, the value and the fix, in one sentence."""

import pytest
import torch

from tfm.nn.attention import MultiHeadAttention
from tfm.nn.cache import KeyValueCache, MemoryCache
from tfm.nn.mask import causal_mask

C, H, LONGEST = 16, 4, 12


def test_a_cache_that_is_full_says_by_how_much_to_make_it_longer():
    """The sentence has the room, what is taken, what comes, and the fix; nothing was added."""
    cache = KeyValueCache(1, 2, 4, 3)
    cache.append(torch.zeros(1, 2, 3, 3), torch.zeros(1, 2, 3, 3))
    with pytest.raises(ValueError) as caught:
        cache.append(torch.zeros(1, 2, 2, 3), torch.zeros(1, 2, 2, 3))
    assert str(caught.value) == (
        "the cache has room for 4 positions, 3 are taken and 2 come in: "
        "make it with max_length=5 or more, or rewind it"
    )
    assert cache.length == 3


def test_a_cache_refuses_what_has_to_learn():
    """A training step through a cache would lose gradients without a word."""
    attention = MultiHeadAttention(C, H)
    for cache, memory in ((attention.new_cache(1, 3), None), (MemoryCache(), torch.randn(1, 2, C))):
        with pytest.raises(
            ValueError, match=r"a cache keeps no gradients: call the model under torch\.no_grad\(\)"
        ):
            attention(torch.randn(1, 1, C), memory, cache=cache)


@pytest.mark.usefixtures("as_a_reader_calls_it")
@pytest.mark.parametrize(
    ("key", "words"),
    [
        (
            torch.zeros(2, 2, 1, 3),
            "takes keys of shape 1 × 2 × 1 × 3 .* have shape 2 × 2 × 1 × 3: make it for this batch",
        ),
        (torch.zeros(1, 4, 1, 3), "takes keys of shape 1 × 2 × 1 × 3 .* have shape 1 × 4 × 1 × 3"),
        (
            torch.zeros(1, 2, 1, 3).half(),
            "keeps torch.float32 and the keys are torch.float16: make it with dtype=",
        ),
    ],
    ids=["batch", "heads", "dtype"],
)
def test_keys_that_the_cache_was_not_made_for(key, words):
    """Another batch, another number of heads, another dtype: one sentence each."""
    with pytest.raises(ValueError, match=words):
        KeyValueCache(1, 2, 4, 3).append(key, key)


def test_the_two_caches_are_not_mixed_up():
    """A growing cache beside a memory, or a memory's cache without one, would mix two texts."""
    attention, x = MultiHeadAttention(C, H), torch.randn(1, 2, C)
    with pytest.raises(
        ValueError, match="a KeyValueCache grows with x, and a memory stays: pass a MemoryCache"
    ):
        attention(x, x, cache=attention.new_cache(1, 4))
    with pytest.raises(
        ValueError, match="a MemoryCache keeps a memory, and none was passed: pass a KeyValueCache"
    ):
        attention(x, cache=MemoryCache())


@torch.no_grad()
def test_a_mask_that_forgets_the_kept_positions_leaves_the_cache_as_it_was():
    """The plain causal mask is too narrow beside a cache; it is refused before anything is kept."""
    attention = MultiHeadAttention(C, H)
    cache = attention.new_cache(1, LONGEST)
    attention(torch.randn(1, 3, C), mask=cache.causal_mask(3), cache=cache)
    with pytest.raises(
        ValueError, match="the mask has shape 1 × 1 × 2 × 2, but the scores have shape 1 × 4 × 2 × 5"
    ):
        attention(torch.randn(1, 2, C), mask=causal_mask(2), cache=cache)
    assert cache.length == 3


def test_other_numbers_that_make_no_cache():
    """No room, no position to come, and a rewind into the future."""
    with pytest.raises(
        ValueError, match=r"a cache of shape 1 × 2 × 0 × 3 .* holds nothing: make each at least 1"
    ):
        KeyValueCache(1, 2, 0, 3)
    with pytest.raises(ValueError, match="a causal mask needs at least one position, and n is 0"):
        KeyValueCache(1, 2, 4, 3).causal_mask(0)
    with pytest.raises(ValueError, match="the cache holds 0 positions and cannot go to 1: go back, not on"):
        KeyValueCache(1, 2, 4, 3).rewind(1)
