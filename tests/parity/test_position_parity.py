"""Our positions against Hugging Face's and PyTorch's, in float64: forwards, and every gradient."""

import pytest
import torch
from torch import nn
from torch.nn import functional
from transformers import LlamaConfig
from transformers.models.bloom.modeling_bloom import build_alibi_tensor
from transformers.models.gptj.modeling_gptj import apply_rotary_pos_emb as gptj_rotary
from transformers.models.llama.modeling_llama import LlamaRotaryEmbedding
from transformers.models.llama.modeling_llama import apply_rotary_pos_emb as llama_rotary
from transformers.models.marian.modeling_marian import MarianSinusoidalPositionalEmbedding

from tfm.nn.alibi import alibi_bias, alibi_mask, alibi_slopes
from tfm.nn.attention import MultiHeadAttention, fused, scaled_dot_product
from tfm.nn.mask import causal_mask
from tfm.nn.position import LearnedPositions, SinusoidalPositions, angles
from tfm.nn.rotary import Rotary, pairs_from_halves, rotate

B, H, T, D = 2, 4, 7, 16

# Worst case measured over the float64 tests of this file: 7.8e-16.
TOLERANCE = 1e-12
# Llama and Marian keep float32: measured 4.8e-7 at these positions.
FLOAT32 = 5e-6


def _close(ours, theirs, tolerance=TOLERANCE):
    torch.testing.assert_close(ours, theirs, atol=tolerance, rtol=0)


def _random(*shape):
    return torch.randn(*shape, dtype=torch.float64, requires_grad=True)


def _same_gradients(ours, theirs, inputs):
    direction = torch.randn_like(ours)
    _close(ours, theirs)
    mine, others = (torch.autograd.grad(output, inputs, direction) for output in (ours, theirs))
    for a, b in zip(mine, others, strict=True):
        _close(a, b)


def _llama_cos_sin(start=0):
    """Cosines and sines in Llama's layout, all halves twice, from our float64 angles."""
    turned = angles(start, T, D, 10_000.0)
    return (torch.cat([f(turned)] * 2, dim=-1)[None] for f in (torch.cos, torch.sin))


@pytest.mark.parametrize("start", [0, 1000])
def test_rotate_equals_llamas_in_another_order(start):
    """Features moved from halves to pairs, turned here, are Llama's turned features moved: forward, backward."""
    order, (cos, sin) = pairs_from_halves(D), _llama_cos_sin(start)
    q, k = _random(B, H, T, D), _random(B, H, T, D)
    theirs_q, theirs_k = llama_rotary(q, k, cos, sin)
    _same_gradients(rotate(q[..., order], start), theirs_q[..., order], (q,))
    _same_gradients(rotate(k[..., order], start), theirs_k[..., order], (k,))


def test_the_order_can_be_put_into_the_weights():
    """W_Q and W_K with their rows moved, head by head, make our attention equal to one with Llama's rotary."""
    ours = MultiHeadAttention(H * D, H, transform=Rotary(D)).double()
    theirs = MultiHeadAttention(H * D, H, transform=lambda q, k, _: llama_rotary(q, k, cos, sin)).double()
    theirs.load_state_dict(ours.state_dict())
    order, (cos, sin) = pairs_from_halves(D), _llama_cos_sin()
    with torch.no_grad():
        for part in (ours.query, ours.key):
            for tensor in (part.weight, part.bias):
                tensor.copy_(tensor.unflatten(0, (H, D))[:, order].flatten(0, 1))
    x = _random(B, T, H * D)
    _same_gradients(ours(x, causal=True), theirs(x, mask=causal_mask(T)), (x,))


@pytest.mark.parametrize("base", [10_000.0, 500_000.0])
def test_speeds_are_llamas(base):
    """Llama's own module, at either of its bases, turns as far as ours does, up to its float32."""
    parameters = {"rope_type": "default", "rope_theta": base}
    config = LlamaConfig(hidden_size=H * D, num_attention_heads=H, rope_parameters=parameters)
    peer = LlamaRotaryEmbedding(config)
    q = torch.randn(B, H, T, D)
    cos, sin = peer(q, torch.arange(T)[None])
    theirs, _ = llama_rotary(q, q, cos, sin)
    order = pairs_from_halves(D)
    _close(rotate(q[..., order], base=base), theirs[..., order], FLOAT32)
    _close(angles(1, 1, D, base)[0].float(), peer.inv_freq, FLOAT32)


def test_rotate_equals_gptjs_as_it_stands():
    """GPT-J pairs neighbours, as the paper and we do: no reordering, forward and backward."""
    q, turned = _random(B, H, T, D), angles(0, T, D, 10_000.0)[None]
    theirs = gptj_rotary(q.transpose(1, 2), turned.sin(), turned.cos()).transpose(1, 2)
    _same_gradients(rotate(q), theirs, (q,))


def test_sinusoidal_equals_marians_in_another_order():
    """Marian keeps all sines before all cosines; in our order the numbers are the same, rounded to float32."""
    peer = MarianSinusoidalPositionalEmbedding(50, D)
    peer.weight = nn.Parameter(peer.create_weight(), requires_grad=False)
    _close(SinusoidalPositions(D)(50), peer(torch.Size([1, 50]))[..., pairs_from_halves(D)], FLOAT32)


def test_learned_equals_pytorchs_embedding():
    """Rows by slicing are rows by looking up positions: output and the table's gradient."""
    ours, peer = LearnedPositions(9, D).double(), nn.Embedding(9, D).double()
    peer.load_state_dict(ours.state_dict())
    direction = torch.randn(T, D, dtype=torch.float64)
    output, expected = ours(T, start=2), peer(torch.arange(2, 2 + T))
    _close(output, expected)
    output.backward(direction)
    expected.backward(direction)
    _close(ours.weight.grad, peer.weight.grad)


@pytest.mark.parametrize("n_heads", [1, 2, 3, 4, 6, 8, 12, 16, 20])
def test_alibi_equals_blooms(n_heads):
    """Bloom adds slope · position; for a query that looks back that is our bias plus one number a row."""
    theirs = build_alibi_tensor(torch.ones(1, T), n_heads, torch.float64)  # H 1 T
    shifted = theirs - alibi_slopes(n_heads)[:, None, None] * torch.arange(T)[:, None]
    behind = causal_mask(T)[0, 0]
    _close(alibi_bias(n_heads, T, T, dtype=torch.float64)[:, behind], shifted[:, behind].double(), FLOAT32)


@pytest.mark.parametrize("core", [fused, scaled_dot_product], ids=["fused", "written out"])
def test_attention_with_alibi_equals_attention_with_blooms_tensor(core):
    """Under the causal mask softmax forgets the number that Bloom's rows have more."""
    q, k, v = (_random(B, H, T, D) for _ in range(3))
    theirs = build_alibi_tensor(torch.ones(B, T), H, torch.float64).view(B, H, 1, T)
    theirs = theirs.expand(-1, -1, T, -1).masked_fill(~causal_mask(T), -torch.inf)
    expected = functional.scaled_dot_product_attention(q, k, v, attn_mask=theirs)
    _same_gradients(core(q, k, v, alibi_mask(H, T))[0], expected, (q, k, v))


@pytest.mark.parametrize("core", [fused, scaled_dot_product], ids=["fused", "written out"])
def test_gradients_equal_finite_differences(core):
    """In float64 every gradient is what moving the numbers shows, with fewer queries than keys too."""
    q, k, v = _random(1, 2, 3, 4), _random(1, 2, 5, 4), _random(1, 2, 5, 4)
    far = alibi_mask(2, 3, before=2)
    assert torch.autograd.gradcheck(lambda *parts: core(*parts, far)[0], (q, k, v))
    assert torch.autograd.gradcheck(lambda *parts: core(*parts, causal=True)[0], (q, k, v))
    assert torch.autograd.gradcheck(lambda a, b: Rotary(4)(a, b, start=3), (k, v))
