"""Every PyTorch block against its NumPy twin, in float64: two programs, one formula."""

import numpy as np
import pytest
import torch

from tfm.by_hand.attention import attention, attention_loops
from tfm.by_hand.feedforward import feed_forward, gelu, relu
from tfm.by_hand.multi_head import multi_head
from tfm.by_hand.norms import layer_norm
from tfm.by_hand.softmax import softmax
from tfm.lessons.embeddings.twin import embed
from tfm.lessons.layers.encoder import encoder_layer
from tfm.nn.attention import MultiHeadAttention, Recorded, fused, scaled_dot_product
from tfm.nn.embedding import TokenEmbedding
from tfm.nn.feedforward import FeedForward
from tfm.nn.layer import EncoderLayer, PostNorm
from tfm.nn.mask import causal_mask
from tfm.nn.norm import LayerNorm

T, C, H, F = 5, 8, 2, 12

# Worst case measured over all tests of this file: 5.8e-15.
TOLERANCE = 1e-12


@pytest.fixture
def x():
    """One sentence of T vectors."""
    return torch.randn(1, T, C, dtype=torch.float64)


def _arrays(block):
    return {name: tensor.numpy() for name, tensor in block.state_dict().items()}


def _close(tensor, array):
    torch.testing.assert_close(tensor.detach(), torch.as_tensor(array), atol=TOLERANCE, rtol=0)


def test_softmax(x):
    """The twin equals torch.softmax, at any temperature."""
    for temperature in (0.5, 1.0, 3.0):
        _close((x / temperature).softmax(-1), softmax(x.numpy(), temperature=temperature))


@pytest.mark.parametrize("core", [scaled_dot_product, fused])
@pytest.mark.parametrize("causal", [False, True])
def test_attention(core, causal):
    """Both cores mix values as the matrices in NumPy do."""
    q, k, v = torch.randn(3, 1, H, T, C // H, dtype=torch.float64)
    mask = causal_mask(T) if causal else None
    steps = attention(q.numpy(), k.numpy(), v.numpy(), None if mask is None else mask.numpy())
    output, weights = core(q, k, v, mask)
    _close(output, steps.output)
    if weights is not None:
        _close(weights, steps.weights)


def test_attention_at_another_scale():
    """`scale` means the same on both sides."""
    q, k, v = torch.randn(3, 1, H, T, C // H, dtype=torch.float64)
    output, _ = scaled_dot_product(q, k, v, scale=0.3)
    _close(output, attention(q.numpy(), k.numpy(), v.numpy(), scale=0.3).output)


def test_attention_with_loops_equals_attention_with_matrices():
    """One pair of positions at a time gives what three matrix products give."""
    query, key, value = np.random.default_rng(0).normal(size=(3, T, C))
    _close(torch.as_tensor(attention_loops(query, key, value)), attention(query, key, value).output)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("causal", [False, True])
def test_multi_head(x, bias, causal):
    """A loop over heads equals all heads in one product: output, and each head's weights."""
    block, core = MultiHeadAttention(C, H, bias=bias).double(), Recorded()
    mask = causal_mask(T) if causal else None
    steps = multi_head(x[0].numpy(), _arrays(block), H, mask=None if mask is None else mask[0, 0].numpy())
    _close(block(x, mask=mask, attend=core)[0], steps.output)
    _close(core.weights[0], np.stack([head.weights for head in steps.heads]))


def test_multi_head_over_a_memory(x):
    """Keys and values may come from another text."""
    block, memory = MultiHeadAttention(C, H).double(), torch.randn(1, 3, C, dtype=torch.float64)
    _close(block(x, memory)[0], multi_head(x[0].numpy(), _arrays(block), H, memory=memory[0].numpy()).output)


def test_layer_norm(x):
    """The formula, step by step, equals PyTorch's kernel; a row of equal numbers included."""
    x[0, 0] = 3.0
    block = LayerNorm(C, eps=1e-5).double()
    torch.nn.init.normal_(block.weight)
    torch.nn.init.normal_(block.bias)
    _close(block(x), layer_norm(x.numpy(), **_arrays(block), eps=1e-5))


@pytest.mark.parametrize(("twin", "activation"), [(gelu, torch.nn.functional.gelu), (relu, torch.relu)])
def test_feed_forward(x, twin, activation):
    """Widen, bend, narrow, with either bend."""
    block = FeedForward(C, F, activation).double()
    _close(activation(x), twin(x.numpy()))
    _close(block(x), feed_forward(x.numpy(), _arrays(block), twin))


def test_embedding():
    """A one-hot product takes the row that the table look-up takes."""
    block, ids = TokenEmbedding(7, C).double(), torch.tensor([[6, 0, 6]])
    _close(block(ids), embed(ids.numpy(), block.weight.detach().numpy()))


@pytest.mark.parametrize("causal", [False, True])
def test_encoder_layer(x, causal):
    """One whole post-norm layer."""
    block = EncoderLayer(
        MultiHeadAttention(C, H), FeedForward(C, F), PostNorm(LayerNorm(C)), PostNorm(LayerNorm(C))
    ).double()
    for parameter in block.parameters():
        torch.nn.init.normal_(parameter)
    mask = causal_mask(T) if causal else None
    expected = encoder_layer(
        x[0].numpy(), _arrays(block), H, mask=None if mask is None else mask[0, 0].numpy()
    )
    _close(block(x, mask)[0], expected)
