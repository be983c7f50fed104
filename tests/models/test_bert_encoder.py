"""The assembled BERT encoder: its config, its tree of names, its hidden states, its sentences."""

import dataclasses

import pytest
import torch

from tfm.models.bert import BertConfig, BertEncoder
from tfm.nn.attention import Recorded, scaled_dot_product
from tfm.nn.mask import padding_mask

TINY = BertConfig(vocab_size=20, d_model=8, n_layers=2, n_heads=2, d_ff=12, max_positions=6)
IDS = torch.tensor([[4, 8, 15, 16]])
SAME = 1e-12  # worst case measured: 2.3e-16, in float64

LAYER_NAMES = [
    f"{part}.{kind}"
    for part in (
        "attention.query",
        "attention.key",
        "attention.value",
        "attention.output",
        "feed_forward.up",
        "feed_forward.down",
        "attention_residual.norm",
        "feed_forward_residual.norm",
    )
    for kind in ("weight", "bias")
]
EMBEDDING_NAMES = ["token.weight", "position.weight", "segment.weight", "norm.weight", "norm.bias"]


@pytest.fixture
def encoder():
    """A tiny encoder in float64, in eval."""
    return BertEncoder(TINY).double().eval()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"vocab_size": 0}, r"vocab_size \(0\) must be at least 1"),
        ({"n_layers": -2}, r"n_layers \(-2\) must be at least 1"),
        ({"n_heads": 3}, r"d_model \(8\) must be divisible by n_heads \(3\): try n_heads="),
        ({"norm_eps": 0.0}, r"norm_eps must be above 0, and it is 0\.0: BERT uses 1e-12"),
        ({"dropout": 1.0}, r"dropout must lie in 0 to below 1, and it is 1\.0: BERT uses 0\.1"),
        ({"pad_id": 20}, r"pad_id \(20\) must be one of the ids, 0 to 19: BERT uses 0"),
    ],
)
def test_config_refuses_what_cannot_be_built(changes, sentence):
    """Each number is checked once, when the config is made, and named when it is wrong."""
    with pytest.raises(ValueError, match=sentence):
        dataclasses.replace(TINY, **changes)


def test_config_is_frozen():
    """A config does not change under a model that was built from it."""
    with pytest.raises(dataclasses.FrozenInstanceError):
        TINY.d_model = 16


def test_names_of_the_weights_are_a_promise(encoder):
    """Files and lessons rely on these names: changing one is a decision, not an accident."""
    layers = [f"layers.{i}.{name}" for i in range(TINY.n_layers) for name in LAYER_NAMES]
    assert list(encoder.state_dict()) == [f"embedding.{name}" for name in EMBEDDING_NAMES] + layers


def test_minilm_has_its_22_million_parameters():
    """At all-MiniLM-L6-v2's numbers the encoder has that file's parameters, less its unused pooling layer."""
    with torch.device("meta"):
        encoder = BertEncoder(BertConfig(vocab_size=30_522, d_model=384, n_layers=6, n_heads=12, d_ff=1_536))
    assert sum(parameter.numel() for parameter in encoder.parameters()) == 22_565_376


def test_forward_is_the_last_hidden_state(encoder):
    """There is one way through the layers; `hidden_states` only keeps what passes."""
    states = encoder.hidden_states(IDS)
    assert len(states) == TINY.n_layers + 1
    assert torch.equal(encoder(IDS), states[-1])
    assert torch.equal(states[0], encoder.embedding(IDS))


def test_padding_changes_nothing_only_when_it_is_masked(encoder):
    """The same sentence in two batch shapes gives the same vectors with the mask, and others without."""
    padded = torch.tensor([[4, 8, 15, 16, 0, 0]])
    masked, unmasked = encoder(padded, padding_mask(padded, TINY.pad_id))[:, :4], encoder(padded)[:, :4]
    torch.testing.assert_close(masked, encoder(IDS), atol=SAME, rtol=0)
    assert (unmasked - encoder(IDS)).abs().max() > SAME


def test_word_order_matters(encoder):
    """Positions are in: the reversed sentence does not give the reversed vectors."""
    assert (encoder(IDS.flip(1)).flip(1) - encoder(IDS)).abs().max() > SAME


def test_segments_are_all_0_unless_given(encoder):
    """One sentence needs no segments; another segment gives another vector."""
    assert torch.equal(encoder(IDS), encoder(IDS, segments=torch.zeros_like(IDS)))
    assert not torch.equal(encoder(IDS), encoder(IDS, segments=torch.ones_like(IDS)))


def test_a_core_for_one_layer_leaves_the_others_their_own(encoder):
    """None in a layer's place keeps that layer's core; a recorded layer changes no output."""
    core = Recorded(scaled_dot_product)
    torch.testing.assert_close(encoder(IDS, attends=[None, core]), encoder(IDS), atol=SAME, rtol=0)
    assert core.weights.shape == (1, TINY.n_heads, 4, 4)


def test_wrong_number_of_cores(encoder):
    """One core for each layer, and the sentence has both numbers."""
    with pytest.raises(ValueError, match="attends has 1 cores and there are 2 layers"):
        encoder(IDS, attends=[None])


def test_a_text_that_is_too_long(encoder):
    """The sentence says to what length to shorten it."""
    with pytest.raises(ValueError, match="the text has 7 tokens and this encoder has learned 6 positions"):
        encoder(torch.ones(1, 7, dtype=torch.long))


def test_ids_out_of_range(encoder):
    """Token and segment are told apart."""
    with pytest.raises(ValueError, match=r"token id 20 is outside the vocabulary of 20 ids \(0 to 19\)"):
        encoder(torch.tensor([[20]]))
    with pytest.raises(ValueError, match=r"segment id 2 is outside the table of 2 ids \(0 to 1\)"):
        encoder(IDS, segments=torch.full_like(IDS, 2))


@pytest.mark.usefixtures("as_a_reader_calls_it")
def test_the_whole_encoder_traces_in_one_graph(encoder):
    """No check breaks torch.compile's graph."""
    traced = torch.compile(encoder, backend="eager", fullgraph=True)
    mask = padding_mask(IDS, TINY.pad_id)
    torch.testing.assert_close(traced(IDS, mask), encoder(IDS, mask), atol=SAME, rtol=0)
