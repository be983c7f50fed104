"""Our BERT encoder against Hugging Face's, both with the same tiny random weights."""

import pytest
import torch

from tfm.models.bert import BertConfig, BertEncoder
from tfm.nn.attention import Recorded, fused, scaled_dot_product
from tfm.nn.mask import padding_mask

transformers = pytest.importorskip(
    "transformers", reason="transformers is the peer here: pip install -e .[test]"
)

TINY = BertConfig(vocab_size=50, d_model=16, n_layers=3, n_heads=4, d_ff=32, max_positions=12, dropout=0.0)
IDS = torch.tensor([[4, 8, 15, 16, 23, 42, 7], [4, 8, 15, 16, 0, 0, 0]])
SEGMENTS = torch.tensor([[0, 0, 0, 0, 1, 1, 1], [0, 0, 1, 1, 0, 0, 0]])

# Worst case measured, in float64: 6.7e-16 for states and weights, 2.7e-15 for gradients.
TOLERANCE = 1e-12
# Worst case measured, in float32: 2.4e-7.
TOLERANCE_FLOAT32 = 5e-6

OUR_NAMES = {
    "embeddings.word_embeddings": "embedding.token",
    "embeddings.position_embeddings": "embedding.position",
    "embeddings.token_type_embeddings": "embedding.segment",
    "embeddings.LayerNorm": "embedding.norm",
    "encoder.layer": "layers",
    "attention.self": "attention",
    "attention.output.dense": "attention.output",
    "attention.output.LayerNorm": "attention_residual.norm",
    "intermediate.dense": "feed_forward.up",
    "output.dense": "feed_forward.down",
    "output.LayerNorm": "feed_forward_residual.norm",
}


def _our_name(theirs: str) -> str:
    for old, new in OUR_NAMES.items():  # in this order: attention's own output comes before the last one
        theirs = theirs.replace(old, new)
    return theirs


@pytest.fixture
def pair():
    """The same encoder twice, in float64 and in training mode without dropout."""
    config = transformers.BertConfig(
        vocab_size=TINY.vocab_size,
        hidden_size=TINY.d_model,
        num_hidden_layers=TINY.n_layers,
        num_attention_heads=TINY.n_heads,
        intermediate_size=TINY.d_ff,
        max_position_embeddings=TINY.max_positions,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
        attn_implementation="eager",
    )
    peer = transformers.BertModel(config, add_pooling_layer=False).double()
    for parameter in peer.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    ours = BertEncoder(TINY).double()
    ours.load_state_dict({_our_name(name): parameter for name, parameter in peer.named_parameters()})
    return ours, peer


def _close(ours, theirs, tolerance=TOLERANCE):
    torch.testing.assert_close(ours, theirs, atol=tolerance, rtol=0)


@pytest.mark.parametrize("core", [scaled_dot_product, fused])
@pytest.mark.parametrize("padded", [False, True], ids=["all tokens", "padding"])
def test_every_hidden_state_equals(pair, padded, core):
    """The embedding's output and every layer's, with two segments, with padding hidden and without."""
    ours, peer = pair
    mask = padding_mask(IDS, 0) if padded else None
    states = ours.hidden_states(IDS, mask, [core] * TINY.n_layers, SEGMENTS)
    expected = peer(
        IDS, (IDS != 0).long() if padded else None, token_type_ids=SEGMENTS, output_hidden_states=True
    ).hidden_states
    assert len(states) == len(expected) == TINY.n_layers + 1
    for state, other in zip(states, expected, strict=True):
        _close(state, other)
    _close(ours(IDS, mask, segments=SEGMENTS), expected[-1])


def test_every_attention_weight_equals(pair):
    """What Recorded keeps is what Hugging Face reports, for every layer and head; padding gets no weight."""
    ours, peer = pair
    cores = [Recorded() for _ in range(TINY.n_layers)]
    ours(IDS, padding_mask(IDS, 0), cores)
    expected = peer(IDS, (IDS != 0).long(), output_attentions=True).attentions
    for core, other in zip(cores, expected, strict=True):
        _close(core.weights, other)
        assert core.weights[1, :, :, 4:].abs().max() == 0


def test_every_gradient_equals(pair):
    """Backward through the whole encoder gives each parameter the same gradient."""
    ours, peer = pair
    direction = torch.randn(*IDS.shape, TINY.d_model, dtype=torch.float64)
    ours(IDS, padding_mask(IDS, 0), segments=SEGMENTS).backward(direction)
    peer(IDS, (IDS != 0).long(), token_type_ids=SEGMENTS).last_hidden_state.backward(direction)
    gradients = {_our_name(name): parameter.grad for name, parameter in peer.named_parameters()}
    for name, parameter in ours.named_parameters():
        expected = gradients[name].clone()
        if name == "embedding.token.weight":  # their table never learns the filler's row
            assert expected[TINY.pad_id].abs().max() == 0
            expected[TINY.pad_id] = parameter.grad[TINY.pad_id]
        _close(parameter.grad, expected)


def test_float32_equals_within_single_precision(pair):
    """In the precision that models run in, the last hidden state still agrees."""
    ours, peer = pair[0].float().eval(), pair[1].float().eval()
    _close(
        ours(IDS, padding_mask(IDS, 0)),
        peer(IDS, (IDS != 0).long()).last_hidden_state,
        TOLERANCE_FLOAT32,
    )
