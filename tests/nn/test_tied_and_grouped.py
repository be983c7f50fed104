"""Tied tables, shared heads of keys, and what a decoder says when it is used wrongly."""

import copy

import pytest
import torch
from torch import nn

from tfm.nn.attention import MultiHeadAttention
from tfm.nn.decoder import DecoderLayer
from tfm.nn.embedding import ScaledTokenEmbedding, TokenEmbedding, Unembedding
from tfm.nn.feedforward import FeedForward, GatedFeedForward
from tfm.nn.grouped_attention import GroupedQueryAttention
from tfm.nn.layer import PostNorm
from tfm.nn.mask import causal_mask
from tfm.nn.norm import LayerNorm, RMSNorm

C, H, F, V = 8, 4, 16, 11


def _tied() -> nn.ModuleDict:
    table = TokenEmbedding(V, C)
    return nn.ModuleDict({"embedding": table, "head": Unembedding(C, V, weight=table.weight)})


def _tied_on_meta() -> nn.ModuleDict:
    with torch.device("meta"):
        return _tied()


@pytest.mark.parametrize(
    "make",
    [_tied, _tied_on_meta, lambda: copy.deepcopy(_tied()), lambda: _tied().double()],
    ids=["as made", "without memory", "copied", "cast"],
)
def test_a_tie_holds(make):
    """Copied, cast, or built on the device that holds no numbers, the two share one table, which counts once."""
    model = make()
    assert model["head"].weight is model["embedding"].weight
    assert sum(p.numel() for p in model.parameters()) == V * C


def test_a_step_of_learning_moves_both_ends_of_a_tie():
    """One optimiser step changes the row that is looked up and the row that scores."""
    model = _tied()
    before = model["embedding"].weight.detach().clone()
    torch.optim.SGD(model.parameters(), lr=1.0).zero_grad()
    model["head"](torch.randn(1, C)).sum().backward()
    torch.optim.SGD(model.parameters(), lr=1.0).step()
    assert (model["embedding"](torch.tensor([[3]]))[0, 0] - before[3]).abs().max() > 0


def test_an_untied_head_has_rows_of_its_own():
    """Without a weight passed in, learning the head leaves the table alone."""
    assert Unembedding(C, V).weight is not TokenEmbedding(V, C).weight
    assert sum(p.numel() for p in Unembedding(C, V).parameters()) == V * C


def test_a_tie_to_a_table_of_another_vocabulary():
    """The sentence has both shapes and the remedy."""
    with pytest.raises(ValueError) as caught:
        Unembedding(C, V + 1, weight=TokenEmbedding(V, C).weight)
    assert str(caught.value) == (
        "weight has shape 11 × 8, but 12 tokens and d_model 8 need 12 × 8: "
        "tie an embedding of the same vocabulary and width"
    )


def test_a_scaled_embedding_is_of_size_one_and_its_scores_too():
    """What comes out has standard deviation 1; the same table scores such vectors with deviation about 1."""
    table = ScaledTokenEmbedding(500, 256)
    vectors = table(torch.arange(500)[None])
    assert vectors.std().item() == pytest.approx(1, abs=0.02)
    scores = Unembedding(256, 500, weight=table.weight)(torch.randn(100, 256))
    assert scores.std().item() == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize(
    "block",
    [RMSNorm(8), GatedFeedForward(8, 16), GroupedQueryAttention(8, 4, 2), Unembedding(8, 5)],
    ids=lambda block: type(block).__name__,
)
def test_newer_blocks_name_a_wrong_width(block):
    """Every block that knows its width says so."""
    with pytest.raises(ValueError, match=r"x has shape 2 × 3 × 6, but its axis C \(model width\) must be 8"):
        block(torch.zeros(2, 3, 6))


@pytest.mark.parametrize(
    ("n_kv_heads", "sentence"),
    [
        (3, "n_heads (8) must be divisible by n_kv_heads (3): try n_kv_heads=4"),
        (16, "n_heads (8) must be divisible by n_kv_heads (16): try n_kv_heads=8"),
        (0, "n_kv_heads must be at least 1, and it is 0: 1 lets all heads share one"),
    ],
)
def test_heads_of_keys_that_cannot_be_shared(n_kv_heads, sentence):
    """The sentence offers a number that can."""
    with pytest.raises(ValueError) as caught:
        GroupedQueryAttention(64, 8, n_kv_heads)
    assert str(caught.value) == sentence


def test_as_many_heads_of_keys_as_of_queries_is_multi_head_attention():
    """With G = H the two classes hold the same weights and give the same bits."""
    ours, plain, x = GroupedQueryAttention(C, H, H), MultiHeadAttention(C, H), torch.randn(2, 3, C)
    ours.load_state_dict(plain.state_dict())
    assert torch.equal(ours(x, mask=causal_mask(3)), plain(x, mask=causal_mask(3)))


def _decoder_layer() -> DecoderLayer:
    return DecoderLayer(
        MultiHeadAttention(C, H),
        MultiHeadAttention(C, H),
        FeedForward(C, F),
        *(PostNorm(LayerNorm(C)) for _ in range(3)),
    )


@pytest.mark.usefixtures("as_a_reader_calls_it")
@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (
            {"memory": torch.zeros(1, 5, 6)},
            r"memory has shape 1 × 5 × 6, but its axis C \(model width\) must be 8",
        ),
        (
            {"mask": causal_mask(5)},
            "the mask has shape 1 × 1 × 5 × 5, but the scores have shape 1 × 4 × 3 × 3",
        ),
        ({"memory_mask": causal_mask(3)}, "1 × 1 × 3 × 3, but the scores have shape 1 × 4 × 3 × 5"),
        (
            {"memory_mask": torch.zeros(1, 1, 1, 5, dtype=torch.bool)},
            r"row \(0, 0, 0\) of the mask forbids every position",
        ),
    ],
    ids=["memory's width", "text's mask", "memory's mask", "nothing to look at"],
)
def test_a_decoder_layer_used_wrongly(wrong, words):
    """Each of its inputs is named with its shape and the shape it should have."""
    inputs = {"memory": torch.zeros(1, 5, C)} | wrong
    with pytest.raises(ValueError, match=words):
        _decoder_layer()(torch.zeros(1, 3, C), **inputs)


def test_a_decoder_layer_takes_other_cores_for_one_call():
    """Each attention can be replaced for a call alone: silenced, its residual branch adds its bias only."""
    layer, x, memory = _decoder_layer(), torch.randn(1, 3, C), torch.randn(1, 5, C)
    before = layer(x, memory)

    def silent(query, _key, _value, _mask=None):
        return torch.zeros_like(query), None

    for which in ("attend", "memory_attend"):
        assert not torch.allclose(layer(x, memory, **{which: silent}), before)
    torch.testing.assert_close(
        layer(x, memory, memory_attend=silent), layer(x, torch.randn(1, 2, C), memory_attend=silent)
    )
    assert torch.equal(layer(x, memory), before)
