"""Our norm and encoder layer against PyTorch's own: outputs and every gradient, in float64."""

import pytest
import torch
from torch import nn

from tfm.nn.attention import MultiHeadAttention
from tfm.nn.feedforward import FeedForward
from tfm.nn.layer import EncoderLayer, PostNorm, PreNorm
from tfm.nn.mask import padding_mask
from tfm.nn.norm import LayerNorm

B, T, C, H, F = 2, 5, 16, 4, 24

# Worst case measured over all tests of this file: 4.8e-14, in a sum of gradients.
TOLERANCE = 1e-12


def _close(ours: torch.Tensor, theirs: torch.Tensor) -> None:
    torch.testing.assert_close(ours, theirs, atol=TOLERANCE, rtol=0)


@pytest.mark.parametrize("eps", [1e-5, 1e-12])
def test_layer_norm_equals_pytorchs_forward_and_backward(eps):
    """The same output and the same gradients of input, weight and bias."""
    ours, peer = LayerNorm(C, eps=eps).double(), nn.LayerNorm(C, eps=eps).double()
    with torch.no_grad():
        peer.weight.copy_(ours.weight.normal_())
        peer.bias.copy_(ours.bias.normal_())
    x = torch.randn(B, T, C, dtype=torch.float64, requires_grad=True)
    output, expected = ours(x), peer(x)
    _close(output, expected)
    (gradient,) = torch.autograd.grad(output.square().sum(), x, retain_graph=True)
    (gradient_peer,) = torch.autograd.grad(expected.square().sum(), x, retain_graph=True)
    _close(gradient, gradient_peer)
    output.square().sum().backward()
    expected.square().sum().backward()
    _close(ours.weight.grad, peer.weight.grad)
    _close(ours.bias.grad, peer.bias.grad)


def _pair(wiring: type[nn.Module]) -> tuple[EncoderLayer, nn.TransformerEncoderLayer]:
    """Build the same layer twice, ours with the peer's random weights."""
    peer = nn.TransformerEncoderLayer(
        C, H, F, dropout=0.0, activation="gelu", batch_first=True, norm_first=wiring is PreNorm
    ).double()
    ours = EncoderLayer(
        MultiHeadAttention(C, H), FeedForward(C, F), wiring(LayerNorm(C)), wiring(LayerNorm(C))
    ).double()
    for parameter in peer.parameters():
        nn.init.normal_(parameter, std=0.5)
    ours.load_state_dict(_in_our_names(dict(peer.named_parameters())))
    return ours, peer


def _in_our_names(theirs: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Rename, and unstack the three matrices that PyTorch keeps in one."""
    names = {
        "self_attn.out_proj": "attention.output",
        "linear1": "feed_forward.up",
        "linear2": "feed_forward.down",
        "norm1": "attention_residual.norm",
        "norm2": "feed_forward_residual.norm",
    }
    ours = {
        f"{mine}.{kind}": theirs[f"{other}.{kind}"]
        for other, mine in names.items()
        for kind in ("weight", "bias")
    }
    for kind in ("weight", "bias"):
        parts = theirs[f"self_attn.in_proj_{kind}"].chunk(3)
        ours |= {f"attention.{n}.{kind}": p for n, p in zip(("query", "key", "value"), parts, strict=True)}
    return ours


@pytest.mark.parametrize("padded", [False, True], ids=["all tokens", "padding"])
@pytest.mark.parametrize("wiring", [PostNorm, PreNorm])
def test_encoder_layer_equals_pytorchs_forward_and_backward(wiring, padded):
    """Post-norm and pre-norm, with padding and without: output, and the gradient of everything."""
    ours, peer = _pair(wiring)
    ids = torch.tensor([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]])
    mask, forbidden = (padding_mask(ids, 0), ids == 0) if padded else (None, None)
    x, x_peer = (torch.ones(B, T, C, dtype=torch.float64, requires_grad=True) for _ in range(2))
    with torch.no_grad():
        x_peer.copy_(x.normal_())
    output, expected = ours(x, mask), peer(x_peer, src_key_padding_mask=forbidden)
    _close(output, expected)
    direction = torch.randn(B, T, C, dtype=torch.float64)
    output.backward(direction)
    expected.backward(direction)
    _close(x.grad, x_peer.grad)
    gradients = _in_our_names({name: parameter.grad for name, parameter in peer.named_parameters()})
    for name, parameter in ours.named_parameters():
        _close(parameter.grad, gradients[name])
