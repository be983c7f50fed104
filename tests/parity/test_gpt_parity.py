"""Our GPT against Hugging Face's GPT-2 and Llama, with the same tiny random weights: logits, gradients, cache."""

import pytest
import torch
from torch import nn

from tfm.models.gpt import GPT
from tfm.nn.attention import fused, scaled_dot_product
from tfm.pretrained import (
    Checkpoint,
    gpt2_from_huggingface,
    gpt2_to_huggingface,
    llama_from_huggingface,
    llama_to_huggingface,
)

transformers = pytest.importorskip(
    "transformers", reason="transformers is the peer here: pip install -e .[test]"
)

V, CONTEXT, C, LAYERS, HEADS = 41, 24, 32, 3, 4
IDS = torch.tensor([[3, 1, 4, 1, 5, 9, 2, 6], [5, 3, 5, 8, 9, 7, 9, 3]])

# Worst case measured over all tests of this file, in float64: 1.3e-15.
TOLERANCE = 1e-12
# Llama's norm and rotary positions compute in float32 whatever they are given; worst case measured: 7.2e-7.
TOLERANCE_FLOAT32 = 2e-5


def _scatter(peer: nn.Module, std: float) -> nn.Module:
    torch.manual_seed(1)
    for parameter in peer.parameters():
        nn.init.normal_(parameter, std=std)
    return peer.eval()


def _gpt2(**fields):
    config = transformers.GPT2Config(
        vocab_size=V,
        n_positions=CONTEXT,
        n_embd=C,
        n_layer=LAYERS,
        n_head=HEADS,
        resid_pdrop=0.0,
        embd_pdrop=0.0,
        attn_pdrop=0.0,
        attn_implementation="eager",
        **fields,
    )
    return _scatter(transformers.GPT2LMHeadModel(config).double(), 0.3)


def _llama(**fields):
    sizes = {"num_key_value_heads": 2, "rope_theta": 500.0, "tie_word_embeddings": False} | fields
    config = transformers.LlamaConfig(
        vocab_size=V,
        max_position_embeddings=CONTEXT,
        hidden_size=C,
        intermediate_size=48,
        num_hidden_layers=LAYERS,
        num_attention_heads=HEADS,
        attn_implementation="sdpa",
        **sizes,
    )
    return _scatter(transformers.LlamaForCausalLM(config), 0.3)


def _stored(peer) -> Checkpoint:
    """What lies in a folder of theirs: the configuration as JSON has it, and each tensor once where it is tied."""
    tensors = dict(peer.state_dict())
    if peer.config.tie_word_embeddings:
        del tensors["lm_head.weight"]
    return Checkpoint(peer.config.to_dict(), tensors)


PEERS = {
    "gpt2": (_gpt2, gpt2_from_huggingface, gpt2_to_huggingface, torch.float64, TOLERANCE),
    "llama": (_llama, llama_from_huggingface, llama_to_huggingface, torch.float32, TOLERANCE_FLOAT32),
}
CASES = [
    ("gpt2", {}),
    ("gpt2", {"tie_word_embeddings": False}),
    ("gpt2", {"activation_function": "gelu", "n_inner": 40}),
    ("llama", {}),
    ("llama", {"num_key_value_heads": 4}),
    ("llama", {"num_key_value_heads": 1, "tie_word_embeddings": True}),
]


def _pair(kind, fields):
    make, read, _, dtype, tolerance = PEERS[kind]
    peer = make(**fields)
    return read(_stored(peer), dtype), peer, tolerance


def _close(ours, theirs, tolerance):
    torch.testing.assert_close(ours, theirs, atol=tolerance, rtol=tolerance)


@pytest.mark.parametrize("core", [scaled_dot_product, fused])
@pytest.mark.parametrize(("kind", "fields"), CASES)
def test_every_logit_equals(kind, fields, core):
    """The same ids get the same scores, whichever core attends."""
    ours, peer, tolerance = _pair(kind, fields)
    _close(ours(IDS, attends=[core] * LAYERS), peer(IDS).logits, tolerance)


@pytest.mark.parametrize(("kind", "fields"), CASES)
def test_every_gradient_equals(kind, fields):
    """Backward from the loss gives each parameter the same gradient, in their names and their order of rows."""
    ours, peer, tolerance = _pair(kind, fields)
    to_theirs = PEERS[kind][2]
    for model, logits in ((ours, ours(IDS)), (peer, peer(IDS).logits)):
        loss = nn.functional.cross_entropy(logits[:, :-1].flatten(0, 1), IDS[:, 1:].flatten())
        model.zero_grad()
        loss.backward()
    with torch.no_grad():
        for parameter in ours.parameters():
            parameter.copy_(parameter.grad)
    gradients = to_theirs(ours)
    expected = dict(peer.named_parameters())
    assert expected.keys() <= gradients.keys()
    for name, parameter in expected.items():
        _close(gradients[name], parameter.grad, tolerance)


@pytest.mark.parametrize(("kind", "fields"), CASES)
def test_the_cache_gives_what_theirs_gives(kind, fields):
    """Written piece by piece, 3 tokens, 1 and 4, each step's scores are theirs with their cache."""
    ours, peer, tolerance = _pair(kind, fields)
    cache, kept = ours.new_cache(batch=2, max_length=CONTEXT), transformers.DynamicCache()
    with torch.no_grad():
        for piece in IDS.split([3, 1, 4], dim=1):
            _close(ours(piece, cache=cache), peer(piece, past_key_values=kept).logits, tolerance)


@pytest.mark.parametrize(("kind", "fields"), CASES)
def test_padding_on_the_left_is_hidden_as_theirs_is(kind, fields):
    """A row with two filler tokens in front gets, behind them, the scores that theirs gives it."""
    ours, peer, tolerance = _pair(kind, fields)
    padding = torch.tensor([0, 2])
    seen = (torch.arange(8) >= padding[:, None]).long()
    places = (seen.cumsum(-1) - 1).clamp(min=0)
    logits = ours(IDS, padding=padding)
    expected = peer(IDS, attention_mask=seen, position_ids=places).logits
    _close(logits[0], expected[0], tolerance)
    _close(logits[1, 2:], expected[1, 2:], tolerance)


@pytest.mark.parametrize(("kind", "fields"), CASES)
def test_weights_go_there_and_back(kind, fields):
    """To their layout and back, every number is where it was, and their model takes the names."""
    _, read, to_theirs, dtype, _ = PEERS[kind]
    ours, peer, _ = _pair(kind, fields)
    state = to_theirs(ours)
    peer.load_state_dict(state, strict=False)
    assert peer.state_dict().keys() == state.keys()
    again = read(_stored(peer), dtype)
    assert isinstance(again, GPT)
    assert (again.scores.weight is again.tokens.weight) == peer.config.tie_word_embeddings
    for name, tensor in ours.state_dict().items():
        assert torch.equal(again.state_dict()[name], tensor), name
