"""Attention while bfloat16 learns on a CPU: the core is written out, queries are normed, all still the same."""

import pytest
import torch
from torch.nn import functional

from tfm.nn import attention
from tfm.nn.attention import LONGEST, fused
from tfm.nn.core import NormedQueryKey
from tfm.nn.mask import causal_mask

ROUNDING = 0.03  # bfloat16 against float64, outputs and gradients of size 1: measured 0.013


def _inputs(dtype, n=9, groups=4):
    draws = torch.Generator().manual_seed(0)
    shapes = ((2, 4, n, 8), (2, groups, n, 8), (2, groups, n, 8))
    return [torch.randn(shape, generator=draws).to(dtype).requires_grad_() for shape in shapes]


@pytest.mark.parametrize("groups", [4, 2])
@pytest.mark.parametrize("masked", [False, True])
def test_output_and_gradients_are_those_of_exact_attention(masked, groups):
    """With a mask and without, keys shared or not, it agrees with float64 up to bfloat16's rounding."""
    half, exact = _inputs(torch.bfloat16, groups=groups), _inputs(torch.float64, groups=groups)
    mask = causal_mask(9) if masked else None
    one, two = (
        fused(*half, mask)[0],
        functional.scaled_dot_product_attention(*exact, attn_mask=mask, enable_gqa=True),
    )
    one.sum().backward()
    two.sum().backward()
    assert one.dtype == torch.bfloat16
    assert (one.double() - two).abs().max() < ROUNDING
    for a, b in zip(half, exact, strict=True):
        assert (a.grad.double() - b.grad).abs().max() < ROUNDING * b.grad.abs().max().clamp(min=1)


@pytest.mark.parametrize(
    ("dtype", "n", "learns", "written_out"),
    [
        (torch.bfloat16, 9, True, True),
        (torch.bfloat16, 9, False, False),
        (torch.float32, 9, True, False),
        (torch.bfloat16, LONGEST + 1, True, False),
    ],
)
def test_only_there_it_is_written_out(monkeypatch, dtype, n, learns, written_out):
    """Without gradients, in float32 and for long texts the kernel is used, which keeps no weights."""
    calls = []
    plain = attention.scaled_dot_product
    monkeypatch.setattr(attention, "scaled_dot_product", lambda *a, **k: calls.append(1) or plain(*a, **k))
    query, key, value = (x.detach()[:1, :1].requires_grad_(learns) for x in _inputs(dtype, n))
    output, weights = fused(query, key, value)
    assert output.shape == (1, 1, n, 8)
    assert weights is None
    assert bool(calls) == written_out


def test_queries_of_half_width_are_normed_without_a_warning():
    """Weights in float32 meet queries in bfloat16 under autocast: PyTorch's kernel takes them, and they learn."""
    core, inputs = NormedQueryKey(8), _inputs(torch.bfloat16)
    exact = NormedQueryKey(8).double()
    one, two = core(*inputs)[0], exact(*_inputs(torch.float64))[0]
    one.sum().backward()
    assert (one.double() - two).abs().max() < ROUNDING
    assert core.query_norm.weight.grad.dtype == torch.float32
    assert core.query_norm.weight.grad.any()
