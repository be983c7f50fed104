"""The formulas for parameters against real modules, and those for work and memory against what is published."""

from dataclasses import replace

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from tfm.by_hand.counting import (
    SHAPES,
    Shape,
    attention_parameters,
    crossing,
    feed_forward_parameters,
    flops,
    layer_parameters,
    memory,
    parameters,
)
from tfm.models.bert import BertConfig, BertEncoder
from tfm.nn.attention import MultiHeadAttention, scaled_dot_product
from tfm.nn.embedding import TokenEmbedding, Unembedding
from tfm.nn.feedforward import FeedForward, GatedFeedForward
from tfm.nn.layer import EncoderLayer, PreNorm
from tfm.nn.norm import LayerNorm, RMSNorm
from tfm.nn.position import LearnedPositions

SMALL = Shape(d_model=12, d_ff=20, n_layers=3, n_heads=2, vocab_size=7, context=5)
VARIANTS = [
    replace(SMALL, gated=gated, bias=bias, tied=tied, learned_positions=learned)
    for gated in (False, True)
    for bias in (False, True)
    for tied in (False, True)
    for learned in (False, True)
]
# What their makers say, to the digits they say it in.
PUBLISHED = {
    "GPT-2 small": 124_439_808,  # Hugging Face's gpt2, every parameter
    "BERT base": 108_891_648,  # bert-base-uncased, 109,482,240, without its pooler of 768 · 768 + 768
    "GPT-3": 174_604_259_328,  # 174,600 million in Brown et al., 2020, table D.1
    "Llama 2 7B": 6_738_415_616,  # meta-llama/Llama-2-7b-hf
}


def size(module):
    """Count a module's parameters, shared ones once."""
    return sum(p.numel() for p in module.parameters())


def real_model(shape):
    """Build the modules that a shape describes, without memory."""
    c, f = shape.d_model, shape.d_ff
    norm = LayerNorm if shape.bias else RMSNorm
    network = GatedFeedForward if shape.gated else FeedForward
    with torch.device("meta"):
        tokens = TokenEmbedding(shape.vocab_size, c)
        layers = [
            EncoderLayer(
                MultiHeadAttention(c, shape.n_heads, bias=shape.bias),
                network(c, f, bias=shape.bias),
                PreNorm(norm(c)),
                PreNorm(norm(c)),
            )
            for _ in range(shape.n_layers)
        ]
        scores = Unembedding(c, shape.vocab_size, weight=tokens.weight if shape.tied else None)
        places = [LearnedPositions(shape.context, c)] if shape.learned_positions else []
        return nn.ModuleDict(
            {
                "token table": tokens,
                "positions": nn.ModuleList(places),
                "layers": nn.ModuleList(layers),
                "norm": norm(c),
                "output table": scores,
            }
        )


@pytest.mark.parametrize("shape", VARIANTS, ids=str)
def test_every_part_is_the_real_modules(shape):
    """Gated or plain, biases or none, tied or not, learned positions or none: each part's count is right."""
    model, counts = real_model(shape), parameters(shape)
    layers = model["layers"]
    assert counts["token table"] == size(model["token table"])
    assert counts["positions"] == size(model["positions"])
    assert counts["attention"] == sum(size(layer.attention) for layer in layers)
    assert counts["feed-forward"] == sum(size(layer.feed_forward) for layer in layers)
    norms = sum(size(layer.attention_residual) + size(layer.feed_forward_residual) for layer in layers)
    assert counts["norms"] == norms + size(model["norm"])
    assert sum(counts.values()) == size(model)
    assert layer_parameters(shape) == size(layers[0])


@pytest.mark.parametrize("name", SHAPES)
def test_presets_have_the_published_size(name):
    """The four models of the widget are counted to the last parameter."""
    assert sum(parameters(SHAPES[name]).values()) == PUBLISHED[name]


@pytest.mark.parametrize("name", SHAPES)
def test_presets_are_what_our_modules_would_hold(name):
    """Built from our own blocks on the meta device, each preset has as many; BERT from its own model."""
    shape = SHAPES[name]
    if shape.n_segments:
        config = {field: getattr(shape, field) for field in ("d_model", "d_ff", "n_layers", "n_heads")}
        with torch.device("meta"):
            model = BertEncoder(BertConfig(vocab_size=shape.vocab_size, **config))
    else:
        model = real_model(shape)
    assert sum(parameters(shape).values()) == size(model)


@pytest.mark.parametrize("gated", [False, True])
@pytest.mark.parametrize("length", [1, 5])
def test_work_is_what_pytorch_counts(gated, length):
    """Scores for one token that looks at T: PyTorch's own counter of matrix products finds as many."""
    shape = replace(SMALL, gated=gated)
    c, counted = shape.d_model, 0
    with torch.no_grad():
        x, keys = torch.randn(1, 1, c), torch.randn(1, length, c)
        attention = MultiHeadAttention(c, shape.n_heads, attend=scaled_dot_product)
        network = (GatedFeedForward if gated else FeedForward)(c, shape.d_ff, bias=False)
        with FlopCounterMode(display=False) as one_token:
            projected = [attention._split(p(x)) for p in (attention.query, attention.key, attention.value)]
            kept = attention._split(keys)
            mixed, _ = scaled_dot_product(projected[0], kept, kept)
            attention.output(mixed.transpose(1, 2).flatten(2))
            network(x)
        counted = shape.n_layers * one_token.get_total_flops()
        with FlopCounterMode(display=False) as scores:
            Unembedding(c, shape.vocab_size)(x)
        counted += scores.get_total_flops()
    assert sum(flops(shape, length).values()) == counted


@pytest.mark.parametrize("shape", [*SHAPES.values(), *VARIANTS], ids=str)
def test_crossing_is_where_the_two_meet(shape):
    """One token before it the matrices are more work, from there on scores and mixing are at least as much."""
    here = crossing(shape)

    def ahead(length):
        work = flops(shape, length)
        return work["scores and mixing"] - work["attention"] - work["feed-forward"]

    assert ahead(here) >= 0
    assert ahead(here - 1) < 0


def test_only_scores_and_mixing_grow_with_the_text():
    """A text twice as long doubles that part and no other."""
    one, two = (flops(SMALL, length) for length in (100, 200))
    assert {part for part in one if one[part] != two[part]} == {"scores and mixing"}
    assert two["scores and mixing"] == 2 * one["scores and mixing"]


def test_a_gate_with_two_thirds_of_the_width_costs_nothing():
    """2CF with F = 4C, and 3CF with F = 8C / 3: the same number of weights."""
    for c in (6, 768, 4098):
        plain = feed_forward_parameters(c, 4 * c, bias=False)
        assert plain == feed_forward_parameters(c, 8 * c // 3, gated=True, bias=False) == 8 * c**2
        assert plain == 2 * attention_parameters(c, bias=False)


def test_heads_change_no_count():
    """Twelve narrow heads hold as many numbers as one wide one."""
    assert parameters(SMALL) == parameters(replace(SMALL, n_heads=12))


def test_memory_by_the_rules():
    """4, 2 and 16 bytes a parameter."""
    assert list(memory(10).values()) == [40, 20, 160]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"n_heads": 5}, r"d_model \(12\) must be divisible by n_heads \(5\): try n_heads=6"),
        ({"d_ff": 0}, "d_ff must be at least 1, and it is 0: count from 1"),
        ({"context": -3}, "context must be at least 1, and it is -3"),
        ({"n_segments": -1}, "n_segments must be 0 or more, and it is -1: BERT has 2"),
    ],
)
def test_impossible_shapes_get_a_sentence(change, sentence):
    """A shape that cannot be built says why, and what would do."""
    with pytest.raises(ValueError, match=sentence):
        replace(SMALL, **change)


def test_no_text_gets_a_sentence():
    """A token looks at itself at least."""
    with pytest.raises(ValueError, match="length is 0: pass 1 or more"):
        flops(SMALL, 0)
