"""Our RMSNorm, embedding and decoder layer against PyTorch's own: outputs and every gradient, in float64."""

import pytest
import torch
from torch import nn
from torch.nn import functional

from tfm.nn.attention import MultiHeadAttention
from tfm.nn.decoder import DecoderLayer
from tfm.nn.embedding import ScaledTokenEmbedding, TokenEmbedding, Unembedding
from tfm.nn.feedforward import FeedForward
from tfm.nn.layer import EncoderLayer, PostNorm, PreNorm
from tfm.nn.mask import causal_mask, padding_mask
from tfm.nn.norm import LayerNorm, RMSNorm

B, T, S, C, H, F, V = 2, 5, 4, 16, 4, 24, 11

# Worst case measured over all tests of this file: 4.3e-14, in a sum of gradients.
TOLERANCE = 1e-12

ACTIVATIONS = {"relu": functional.relu, "gelu": functional.gelu, "silu": functional.silu}


def _close(ours: torch.Tensor, theirs: torch.Tensor) -> None:
    torch.testing.assert_close(ours, theirs, atol=TOLERANCE, rtol=0)


def _twice(*shape: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Two leaves with the same random numbers, so that each side has a gradient of its own."""
    x = torch.randn(*shape, dtype=torch.float64)
    return x.clone().requires_grad_(), x.clone().requires_grad_()


@pytest.mark.parametrize("eps", [1e-5, 1e-6])
def test_rms_norm_equals_pytorchs_forward_and_backward(eps):
    """The same output and the same gradients of input and weight."""
    ours, peer = RMSNorm(C, eps=eps).double(), nn.RMSNorm(C, eps=eps).double()
    with torch.no_grad():
        peer.weight.copy_(ours.weight.normal_())
    x, x_peer = _twice(B, T, C)
    output, expected = ours(x), peer(x_peer)
    _close(output, expected)
    output.square().sum().backward()
    expected.square().sum().backward()
    _close(x.grad, x_peer.grad)
    _close(ours.weight.grad, peer.weight.grad)


def test_embedding_equals_pytorchs_forward_and_backward():
    """The same rows, and the same gradient: rows that were not asked for get none."""
    ours, peer = TokenEmbedding(V, C).double(), nn.Embedding(V, C).double()
    peer.load_state_dict(ours.state_dict())
    ids, direction = torch.tensor([[1, 5, 5], [0, 10, 1]]), torch.randn(2, 3, C, dtype=torch.float64)
    _close(ours(ids), peer(ids))
    ours(ids).backward(direction)
    peer(ids).backward(direction)
    _close(ours.weight.grad, peer.weight.grad)
    assert ours.weight.grad[[2, 3, 4]].abs().max() == 0


@pytest.mark.parametrize("kind", [TokenEmbedding, ScaledTokenEmbedding])
def test_a_tied_table_gets_the_sum_of_both_gradients(kind):
    """One table in both places learns from both: its gradient is that of two tables of the same numbers, added."""
    table = kind(V, C).double()
    tied = Unembedding(C, V, weight=table.weight)
    apart, head = kind(V, C).double(), nn.Linear(C, V, bias=False).double()
    with torch.no_grad():
        head.weight.copy_(table.weight)
        apart.weight.copy_(table.weight)
    ids = torch.tensor([[1, 5, 5, 0]])
    scores, expected = tied(table(ids)), head(apart(ids))
    _close(scores, expected)
    functional.cross_entropy(scores[0, :-1], ids[0, 1:]).backward()
    functional.cross_entropy(expected[0, :-1], ids[0, 1:]).backward()
    _close(table.weight.grad, apart.weight.grad + head.weight.grad)


def _our_names(theirs: dict[str, torch.Tensor], names: dict[str, str]) -> dict[str, torch.Tensor]:
    """Rename, and unstack the three matrices that PyTorch keeps in one."""
    ours = {}
    for name, tensor in theirs.items():
        for other, mine in names.items():
            if name.startswith(f"{other}.in_proj_"):
                parts = zip(("query", "key", "value"), tensor.chunk(3), strict=True)
                ours |= {f"{mine}.{part}.{name.rsplit('_', 1)[1]}": rows for part, rows in parts}
            elif name.startswith(f"{other}.out_proj."):
                ours[name.replace(f"{other}.out_proj", f"{mine}.output")] = tensor
            elif name.startswith(f"{other}."):
                ours[name.replace(other, mine)] = tensor
    return ours


ENCODER_NAMES = {
    "self_attn": "attention",
    "linear1": "feed_forward.up",
    "linear2": "feed_forward.down",
    "norm1": "attention_residual.norm",
    "norm2": "feed_forward_residual.norm",
}
DECODER_NAMES = ENCODER_NAMES | {
    "multihead_attn": "cross_attention",
    "norm2": "cross_attention_residual.norm",
    "norm3": "feed_forward_residual.norm",
}


def _copy(ours: nn.Module, peer: nn.Module, names: dict[str, str]) -> None:
    for parameter in peer.parameters():
        nn.init.normal_(parameter, std=0.5)
    ours.load_state_dict(_our_names(dict(peer.named_parameters()), names))


def _same_gradients(ours: nn.Module, peer: nn.Module, names: dict[str, str]) -> None:
    gradients = _our_names({name: parameter.grad for name, parameter in peer.named_parameters()}, names)
    for name, parameter in ours.named_parameters():
        _close(parameter.grad, gradients[name])


@pytest.mark.parametrize("padded", [False, True], ids=["whole memory", "padded memory"])
@pytest.mark.parametrize("activation", ["relu", "gelu"])
@pytest.mark.parametrize("wiring", [PostNorm, PreNorm])
def test_decoder_layer_equals_pytorchs_forward_and_backward(wiring, activation, padded):
    """Post-norm and pre-norm: output, the gradients of text and memory, and of every parameter."""
    peer = nn.TransformerDecoderLayer(
        C, H, F, dropout=0.0, activation=activation, batch_first=True, norm_first=wiring is PreNorm
    ).double()
    ours = DecoderLayer(
        MultiHeadAttention(C, H),
        MultiHeadAttention(C, H),
        FeedForward(C, F, ACTIVATIONS[activation]),
        *(wiring(LayerNorm(C)) for _ in range(3)),
    ).double()
    _copy(ours, peer, DECODER_NAMES)
    ids = torch.tensor([[1, 1, 1, 1], [1, 1, 0, 0]])
    (x, x_peer), (memory, memory_peer) = _twice(B, T, C), _twice(B, S, C)
    output = ours(x, memory, mask=causal_mask(T), memory_mask=padding_mask(ids, 0) if padded else None)
    expected = peer(
        x_peer,
        memory_peer,
        tgt_mask=~causal_mask(T)[0, 0],
        memory_key_padding_mask=ids == 0 if padded else None,
    )
    _close(output, expected)
    direction = torch.randn(B, T, C, dtype=torch.float64)
    output.backward(direction)
    expected.backward(direction)
    _close(x.grad, x_peer.grad)
    _close(memory.grad, memory_peer.grad)
    _same_gradients(ours, peer, DECODER_NAMES)


@pytest.mark.parametrize("wiring", [PostNorm, PreNorm])
def test_an_encoder_layer_under_a_causal_mask_is_pytorchs_too(wiring):
    """The layer of a decoder without an encoder needs no class of its own: output, every gradient, with ReLU."""
    peer = nn.TransformerEncoderLayer(
        C, H, F, dropout=0.0, activation="relu", batch_first=True, norm_first=wiring is PreNorm
    ).double()
    ours = EncoderLayer(
        MultiHeadAttention(C, H),
        FeedForward(C, F, functional.relu),
        wiring(LayerNorm(C)),
        wiring(LayerNorm(C)),
    ).double()
    _copy(ours, peer, ENCODER_NAMES)
    x, x_peer = _twice(B, T, C)
    output, expected = ours(x, mask=causal_mask(T)), peer(x_peer, src_mask=~causal_mask(T)[0, 0])
    _close(output, expected)
    direction = torch.randn(B, T, C, dtype=torch.float64)
    output.backward(direction)
    expected.backward(direction)
    _close(x.grad, x_peer.grad)
    _same_gradients(ours, peer, ENCODER_NAMES)


@pytest.mark.parametrize("p", [0.0, 0.3])
def test_dropout_falls_where_pytorchs_encoder_layer_drops(p):
    """In training, one seed sets the same weights, hidden features and residuals to 0.

    One sentence alone: PyTorch's attention leaves a batch with its axes in another order in memory, and a mask is
    drawn in memory's order.
    """
    peer = nn.TransformerEncoderLayer(C, H, F, dropout=p, activation="gelu", batch_first=True).double()
    ours = EncoderLayer(
        MultiHeadAttention(C, H, dropout=p),
        FeedForward(C, F, dropout=p),
        PostNorm(LayerNorm(C), p),
        PostNorm(LayerNorm(C), p),
    ).double()
    _copy(ours, peer, ENCODER_NAMES)
    x = torch.randn(1, T, C, dtype=torch.float64)
    torch.manual_seed(7)
    output = ours.train()(x)
    torch.manual_seed(7)
    expected = peer.train()(x)
    _close(output, expected)
    _close(ours.eval()(x), peer.eval()(x))
    assert (p > 0) == ((ours(x) - output).abs().max().item() > 0.01)
