"""The blocks of decoders and of newer models against their NumPy twins, in float64."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from tfm.by_hand.attention import attention_loops
from tfm.by_hand.dropout import dropout
from tfm.by_hand.feedforward import feed_forward, gated_feed_forward, gelu, gelu_tanh, relu, silu
from tfm.by_hand.grouped import grouped_query
from tfm.by_hand.linear import linear, under
from tfm.by_hand.multi_head import multi_head
from tfm.by_hand.norms import layer_norm, rms_norm
from tfm.lessons.layers.decoder import decoder_layer
from tfm.nn import feedforward
from tfm.nn.attention import MultiHeadAttention, Recorded, scaled_dot_product
from tfm.nn.decoder import DecoderLayer
from tfm.nn.dropout import Dropout
from tfm.nn.feedforward import FeedForward, GatedFeedForward
from tfm.nn.grouped_attention import GroupedQueryAttention
from tfm.nn.layer import PostNorm
from tfm.nn.mask import causal_mask
from tfm.nn.norm import LayerNorm, RMSNorm

T, S, C, H, F = 5, 3, 8, 4, 12

# Worst case measured over all tests of this file: 4.3e-14.
TOLERANCE = 1e-12
# Worst case measured for |gelu_tanh(x) − gelu(x)| between −8 and 8: 4.74e-4.
TANH_IS_NEAR = 5e-4

BENDS = [
    (gelu, functional.gelu),
    (gelu_tanh, feedforward.gelu_tanh),
    (relu, torch.relu),
    (silu, functional.silu),
]


@pytest.fixture
def x():
    """One sentence of T vectors."""
    return torch.randn(1, T, C, dtype=torch.float64)


def _arrays(block):
    return {name: tensor.numpy() for name, tensor in block.state_dict().items()}


def _close(tensor, array):
    torch.testing.assert_close(tensor.detach(), torch.as_tensor(array), atol=TOLERANCE, rtol=0)


def _scattered(block):
    """The block in float64 with every parameter drawn anew, norms and biases too."""
    for parameter in block.double().parameters():
        torch.nn.init.normal_(parameter)
    return block


def test_rms_norm(x):
    """The formula equals PyTorch's kernel, a row of zeros included."""
    x[0, 0] = 0.0
    block = _scattered(RMSNorm(C, eps=1e-5))
    _close(block(x), rms_norm(x.numpy(), **_arrays(block), eps=1e-5))


def test_rms_norm_is_layer_norm_without_the_mean(x):
    """On rows whose mean is 0 the two norms agree; on others they do not."""
    centred = (x - x.mean(-1, keepdim=True)).numpy()
    np.testing.assert_allclose(rms_norm(centred, eps=1e-5), layer_norm(centred, eps=1e-5), atol=TOLERANCE)
    assert np.abs(rms_norm(x.numpy(), eps=1e-5) - layer_norm(x.numpy(), eps=1e-5)).max() > 0.1


@pytest.mark.parametrize(("twin", "activation"), BENDS, ids=lambda function: function.__name__)
def test_each_bend_plain_and_gated(x, twin, activation):
    """Every activation equals its twin, by itself, in the plain network and as a gate, with biases and without."""
    _close(activation(3 * x), twin(3 * x.numpy()))
    for bias in (True, False):
        plain = _scattered(FeedForward(C, F, activation, bias=bias))
        gated = _scattered(GatedFeedForward(C, F, activation, bias=bias))
        _close(plain(x), feed_forward(x.numpy(), _arrays(plain), twin))
        _close(gated(x), gated_feed_forward(x.numpy(), _arrays(gated), twin))


def test_the_two_gelus_are_neighbours_not_twins():
    """The tanh form is near the exact one everywhere, and equal to it only at 0."""
    x = np.linspace(-8, 8, 3_201)
    apart = np.abs(gelu_tanh(x) - gelu(x))
    assert 0 < apart.max() < TANH_IS_NEAR


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("n_kv_heads", [1, 2, 4])
def test_grouped_query_attention(x, n_kv_heads, bias):
    """Shared heads of keys equal multi-head attention with the rows written down once a head, causal too."""
    block, core = _scattered(GroupedQueryAttention(C, H, n_kv_heads, bias=bias)), Recorded()
    mask = causal_mask(T)
    steps = grouped_query(x[0].numpy(), _arrays(block), H, n_kv_heads, mask=mask[0, 0].numpy())
    _close(block(x, mask=mask)[0], steps.output)
    _close(block(x, mask=mask, attend=core)[0], steps.output)
    _close(core.weights[0], np.stack([head.weights for head in steps.heads]))


def test_one_query_over_grouped_keys(x):
    """The shortcut for a single position, by which a text is written, computes the same; with a mask too."""
    block = _scattered(GroupedQueryAttention(C, H, 2))
    mask = torch.tensor([[[[True, False, True, True, False]]]])
    for row in (None, mask):
        by_hand = None if row is None else row[0, 0].numpy()
        steps = grouped_query(x[0, :1].numpy(), _arrays(block), H, 2, memory=x[0].numpy(), mask=by_hand)
        _close(block(x[:, :1], x, row)[0], steps.output)


@pytest.mark.parametrize("heads", [1, H])
def test_one_query_over_grouped_keys_under_a_mask_for_each_head(x, heads):
    """Heads that share keys may still be forbidden different places: both cores agree."""
    block = _scattered(GroupedQueryAttention(C, H, 2))
    mask = torch.rand(1, heads, 1, T) < 0.5
    mask[..., 0] = True
    _close(block(x[:, :1], x, mask), block(x[:, :1], x, mask, attend=scaled_dot_product).detach())


def test_multi_head_by_loops_alone(x):
    """Each head, one pair of positions at a time and no matrix of scores anywhere, gives the block's output."""
    block = _scattered(MultiHeadAttention(C, H))
    weights = _arrays(block)
    q, k, v = (
        linear(x[0].numpy(), weights, name).reshape(T, H, C // H) for name in ("query", "key", "value")
    )
    joined = np.concatenate([attention_loops(q[:, h], k[:, h], v[:, h]) for h in range(H)], axis=-1)
    _close(block(x)[0], linear(joined, weights, "output"))
    np.testing.assert_allclose(joined, multi_head(x[0].numpy(), weights, H).joined, atol=TOLERANCE)


@pytest.mark.parametrize("padded", [False, True], ids=["whole memory", "padded memory"])
def test_decoder_layer(x, padded):
    """One whole post-norm layer: causal self-attention, cross-attention, feed-forward."""
    block = _scattered(
        DecoderLayer(
            MultiHeadAttention(C, H),
            MultiHeadAttention(C, H),
            FeedForward(C, F),
            *(PostNorm(LayerNorm(C)) for _ in range(3)),
        )
    )
    memory = torch.randn(1, S, C, dtype=torch.float64)
    mask = torch.tensor([[[[True, True, False]]]]) if padded else None
    expected = decoder_layer(
        x[0].numpy(), memory[0].numpy(), _arrays(block), H, None if mask is None else mask[0, 0].numpy()
    )
    _close(block(x, memory, mask=causal_mask(T), memory_mask=mask)[0], expected)
    assert under(_arrays(block), "cross_attention").keys() == under(_arrays(block), "attention").keys()


@pytest.mark.parametrize("p", [0.0, 0.25, 1.0])
def test_dropout(x, p):
    """Given the places that PyTorch kept, the twin gives PyTorch's numbers, even where nothing or all stays."""
    dropped = Dropout(p).train()(x)
    _close(dropped, dropout(x.numpy(), kept=(dropped != 0).numpy(), p=p))


def test_the_twins_refuse_what_the_blocks_refuse(x):
    """A share that is none, and heads that cannot be shared: the rule, the value, the fix."""
    with pytest.raises(ValueError, match=r"from 0 to 1, and it is 1\.5: 0\.1 is usual"):
        dropout(x.numpy(), kept=x.numpy() > 0, p=1.5)
    weights = _arrays(GroupedQueryAttention(C, H, 2))
    with pytest.raises(ValueError, match=r"n_heads \(4\) must be divisible by n_kv_heads \(3\)"):
        grouped_query(x[0].numpy(), weights, H, 3)
