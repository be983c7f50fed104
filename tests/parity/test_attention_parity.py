"""Our attention against PyTorch's own: outputs, weights and every gradient, in float64."""

import pytest
import torch
from torch import nn
from torch.nn import functional

from tfm.nn.attention import MultiHeadAttention, fused, scaled_dot_product
from tfm.nn.mask import causal_mask, padding_mask

B, T, S, C, H = 2, 6, 4, 16, 4

# Worst case measured over all tests of this file: 1.1e-14, in a sum of gradients.
TOLERANCE = 1e-12

CORES = {"written out": scaled_dot_product, "fused": fused}
MASKS = {
    "all look at all": None,
    "causal": causal_mask(T),
    "padding": padding_mask(torch.tensor([[1, 2, 3, 4, 5, 6], [1, 2, 3, 0, 0, 0]]), pad_id=0),
    "both": causal_mask(T) & padding_mask(torch.tensor([[1, 2, 3, 4, 5, 6], [1, 2, 3, 0, 0, 0]]), pad_id=0),
}


def _copy_weights(ours: MultiHeadAttention, peer: nn.MultiheadAttention) -> None:
    """PyTorch keeps the query's, key's and value's matrices stacked in one."""
    with torch.no_grad():
        peer.in_proj_weight.copy_(torch.cat([ours.query.weight, ours.key.weight, ours.value.weight]))
        peer.in_proj_bias.copy_(torch.cat([ours.query.bias, ours.key.bias, ours.value.bias]).normal_())
        for ours_bias, bias in zip(
            (ours.query, ours.key, ours.value), peer.in_proj_bias.chunk(3), strict=True
        ):
            ours_bias.bias.copy_(bias)
        peer.out_proj.load_state_dict(ours.output.state_dict())


def _stacked_gradient(ours: MultiHeadAttention, kind: str) -> torch.Tensor:
    return torch.cat([getattr(part, kind).grad for part in (ours.query, ours.key, ours.value)])


def _close(ours: torch.Tensor, theirs: torch.Tensor) -> None:
    torch.testing.assert_close(ours, theirs, atol=TOLERANCE, rtol=0)


@pytest.mark.parametrize("mask", MASKS.values(), ids=MASKS)
@pytest.mark.parametrize("core", CORES.values(), ids=CORES)
def test_core_equals_pytorchs_kernel_forward_and_backward(core, mask):
    """Both cores give what F.scaled_dot_product_attention gives, and the same three gradients."""
    q, k, v = (torch.randn(B, H, T, C // H, dtype=torch.float64, requires_grad=True) for _ in range(3))
    direction = torch.randn(B, H, T, C // H, dtype=torch.float64)
    ours, _ = core(q, k, v, mask)
    theirs = functional.scaled_dot_product_attention(q, k, v, attn_mask=mask)
    _close(ours, theirs)
    for mine, other in zip(
        torch.autograd.grad(ours, (q, k, v), direction),
        torch.autograd.grad(theirs, (q, k, v), direction),
        strict=True,
    ):
        _close(mine, other)


@pytest.mark.parametrize("mask", MASKS.values(), ids=MASKS)
@pytest.mark.parametrize("core", CORES.values(), ids=CORES)
def test_self_attention_equals_pytorchs_module_forward_and_backward(core, mask):
    """MultiHeadAttention is torch.nn.MultiheadAttention: output, input gradient, parameter gradients."""
    ours = MultiHeadAttention(C, H, attend=core).double()
    peer = nn.MultiheadAttention(C, H, batch_first=True).double()
    _copy_weights(ours, peer)
    x, x_peer = (torch.ones(B, T, C, dtype=torch.float64, requires_grad=True) for _ in range(2))
    with torch.no_grad():
        x_peer.copy_(x.normal_())
    forbidden = None if mask is None else ~mask.expand(B, H, T, T).reshape(B * H, T, T)
    output, expected = (
        ours(x, mask=mask),
        peer(x_peer, x_peer, x_peer, attn_mask=forbidden, need_weights=False)[0],
    )
    _close(output, expected)
    direction = torch.randn(B, T, C, dtype=torch.float64)
    output.backward(direction)
    expected.backward(direction)
    _close(x.grad, x_peer.grad)
    _close(_stacked_gradient(ours, "weight"), peer.in_proj_weight.grad)
    _close(_stacked_gradient(ours, "bias"), peer.in_proj_bias.grad)
    _close(ours.output.weight.grad, peer.out_proj.weight.grad)
    _close(ours.output.bias.grad, peer.out_proj.bias.grad)


def test_attention_over_a_memory_equals_pytorchs_module():
    """Queries from one text, keys and values from another, of another length: output and both gradients."""
    ours = MultiHeadAttention(C, H).double()
    peer = nn.MultiheadAttention(C, H, batch_first=True).double()
    _copy_weights(ours, peer)
    x = torch.randn(B, T, C, dtype=torch.float64, requires_grad=True)
    memory = torch.randn(B, S, C, dtype=torch.float64, requires_grad=True)
    output, expected = ours(x, memory), peer(x, memory, memory, need_weights=False)[0]
    _close(output, expected)
    for mine, other in zip(
        torch.autograd.grad(output.square().sum(), (x, memory)),
        torch.autograd.grad(expected.square().sum(), (x, memory)),
        strict=True,
    ):
        _close(mine, other)


def test_weights_equal_pytorchs_head_by_head():
    """The written-out core's weights are those that PyTorch's module reports for each head."""
    ours = MultiHeadAttention(C, H).double()
    peer = nn.MultiheadAttention(C, H, batch_first=True).double()
    _copy_weights(ours, peer)
    x = torch.randn(B, T, C, dtype=torch.float64)
    q, k, v = (
        part(x).unflatten(-1, (H, C // H)).transpose(1, 2) for part in (ours.query, ours.key, ours.value)
    )
    _, expected = peer(x, x, x, need_weights=True, average_attn_weights=False)
    _close(scaled_dot_product(q, k, v)[1], expected)
