"""Half precision: cores written out, slopes, norms and twins are PyTorch's, for large numbers as well."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from tfm.by_hand.attention import attention as by_hand_attention
from tfm.by_hand.norms import layer_norm, rms_norm
from tfm.nn import attention
from tfm.nn.alibi import alibi_mask
from tfm.nn.attention import LONGEST, fused, scaled_dot_product
from tfm.nn.mask import causal_mask
from tfm.nn.norm import LayerNorm, RMSNorm
from tfm.nn.query_key_norm import QueryKeyNorm
from tfm.nn.rotary import rotate

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
    norm, exact = QueryKeyNorm(8), QueryKeyNorm(8).double()
    (q, k, v), (q64, k64, v64) = _inputs(torch.bfloat16), _inputs(torch.float64)
    one, two = fused(*norm(q, k), v)[0], fused(*exact(q64, k64), v64)[0]
    one.sum().backward()
    assert (one.double() - two).abs().max() < ROUNDING
    assert norm.query_norm.weight.grad.dtype == torch.float32
    assert norm.query_norm.weight.grad.any()


HALVES = [torch.float16, torch.bfloat16]
# Against float64: half an ulp of the format on the output, doubled for the sum; the kernel itself reaches as far.
LOSS = {torch.float16: 2e-3, torch.bfloat16: 1.6e-2}


def _large(dtype, size):
    """Queries, keys and values of one dtype with numbers up to `size`, and their exact copies."""
    draws = torch.Generator().manual_seed(1)
    half = [(torch.randn(2, 4, 9, 16, generator=draws) * size).clamp(-size, size).to(dtype) for _ in range(3)]
    half[0][0], half[1][0] = (
        size,
        size,
    )  # the case that overflows: every score is 16 · size², all keys are equal
    return half, [part.double() for part in half]


@pytest.mark.parametrize("size", [1, 30, 300])
@pytest.mark.parametrize("dtype", HALVES)
@pytest.mark.parametrize("core", [scaled_dot_product, fused], ids=["written out", "fused"])
@pytest.mark.parametrize("mask", [causal_mask(9), alibi_mask(4, 9), None], ids=["mask", "ALiBi", "causal"])
@pytest.mark.parametrize("autocast", [False, True])
def test_large_numbers_give_what_exact_attention_gives(core, mask, dtype, size, autocast):
    """Scores of half precision are summed in float32, under autocast as well, forward and backward."""
    half, exact = _large(dtype, size)
    inputs = [part.requires_grad_() for part in half]
    doubles = [part.requires_grad_() for part in exact]
    with torch.autocast("cpu", dtype, enabled=autocast):
        output = core(*inputs, mask, causal=mask is None)[0]
    peer = core(*doubles, mask, causal=mask is None)[0]
    assert output.dtype == dtype
    far = mask is not None and mask.dtype != torch.bool
    bound = LOSS[dtype] * size * (4 if far else 1)  # the kernel takes a bias of the format alone
    assert output.isfinite().all()
    assert (output.double() - peer).abs().max() <= bound
    output.float().sum().backward()
    peer.sum().backward()
    for part, double in zip(inputs, doubles, strict=True):  # float16 has no number for the largest gradients
        assert part.grad[double.grad.abs() < 0.1 * torch.finfo(dtype).max].isfinite().all()


@pytest.mark.parametrize("dtype", HALVES)
def test_the_written_out_core_is_as_exact_as_the_kernel(dtype):
    """Where q and k are 300 the written-out core gave NaN in float16; now it is the kernel's, weights and all."""
    q = k = torch.full((1, 1, 5, 64), 300.0, dtype=dtype)
    v = torch.randn(1, 1, 5, 64).to(dtype)
    output, weights = scaled_dot_product(q, k, v)
    assert (weights.float() - 0.2).abs().max() < LOSS[dtype]
    torch.testing.assert_close(
        output, functional.scaled_dot_product_attention(q, k, v), atol=LOSS[dtype], rtol=0
    )


@pytest.mark.parametrize("dtype", HALVES)
def test_slopes_reach_beyond_what_the_format_can_count(dtype):
    """70,000 steps are no number in float16, and a key that far off is still there."""
    q, k = torch.zeros(1, 1, 1, 4, dtype=dtype), torch.zeros(1, 1, 70_001, 4, dtype=dtype)
    far = alibi_mask(1, 1, before=70_000)
    exact = -(2.0**-8) * torch.arange(70_000, -1, -1, dtype=torch.float64)
    assert ((far.double().flatten() - exact).abs() <= exact.abs() * 1e-6).all()
    weights = exact.softmax(0)
    for core in (scaled_dot_product, fused):
        output = core(q, k, torch.ones_like(k), far)[0]
        assert (output - 1).abs().max() <= LOSS[dtype]
    seen = scaled_dot_product(q, k, k, far)[1].double().flatten()
    assert ((seen - weights).abs() <= weights.max() * LOSS[dtype]).all()


@pytest.mark.parametrize("dtype", HALVES)
def test_norms_and_turns_are_pytorchs_for_large_numbers(dtype):
    """300² is too large for float16; the norms divide by it all the same, and a turn at place 100,000 is exact."""
    x = (torch.randn(4, 64) * 100 + 300).to(dtype)
    for norm, peer in (
        (LayerNorm(64), functional.layer_norm(x.double(), (64,))),
        (RMSNorm(64), functional.rms_norm(x.double(), (64,), eps=1e-6)),
    ):
        y = norm.to(dtype)(x)
        assert y.dtype == dtype
        assert (y.double() - peer).abs().max() < LOSS[dtype] * peer.abs().max()
    turned = rotate(x, start=100_000)
    assert (turned.double() - rotate(x.double(), start=100_000)).abs().max() < LOSS[dtype] * 900


def test_the_twins_in_numpy_do_not_overflow():
    """In float16 the twins compute in float32, as the kernels that they stand beside."""
    q = np.full((3, 64), 300, dtype=np.float16)
    v = np.arange(9, dtype=np.float16).reshape(3, 3)
    np.testing.assert_allclose(by_hand_attention(q, q, v).output, np.tile(v.mean(0), (3, 1)), rtol=1e-3)
    assert (
        by_hand_attention(np.eye(2, dtype=int), np.eye(2, dtype=int), v[:2]).scores.dtype == int
    )  # as it was
    x = np.array([[300.0, 310, 320, 290]], dtype=np.float16)
    np.testing.assert_allclose(layer_norm(x), layer_norm(x.astype(float)), atol=1e-3)
    np.testing.assert_allclose(rms_norm(x), rms_norm(x.astype(float)), atol=1e-3)
