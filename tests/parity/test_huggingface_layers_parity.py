"""Our layers against Hugging Face's, each with the same tiny random weights: GPT-2, Marian and Llama.

Output, input gradients and every parameter's gradient, in float64, without dropout.
"""

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from tfm.nn.attention import Attend, MultiHeadAttention, fused, scaled_dot_product
from tfm.nn.decoder import DecoderLayer
from tfm.nn.feedforward import FeedForward, GatedFeedForward, gelu_tanh
from tfm.nn.grouped_attention import GroupedQueryAttention
from tfm.nn.layer import EncoderLayer, PostNorm, PreNorm
from tfm.nn.mask import causal_mask
from tfm.nn.norm import LayerNorm, RMSNorm
from tfm.nn.rotary import Rotary, pairs_from_halves

transformers = pytest.importorskip(
    "transformers", reason="transformers is the peer here: pip install -e .[test]"
)

B, T, S, C, H, F = 2, 6, 4, 32, 4, 48
D = C // H

# Worst case measured over all tests of this file: 1.4e-14, in a sum of gradients.
TOLERANCE = 1e-12
# Worst case measured in float32: 9.5e-7.
TOLERANCE_FLOAT32 = 2e-5

CAUSAL = torch.zeros(1, 1, T, T, dtype=torch.float64).masked_fill(~causal_mask(T), -torch.inf)


def _close(ours: Tensor, theirs: Tensor) -> None:
    torch.testing.assert_close(ours, theirs, atol=TOLERANCE, rtol=0)


def _scatter(peer: nn.Module) -> nn.Module:
    for parameter in peer.double().parameters():
        nn.init.normal_(parameter, std=0.3)
    return peer


def _twice(*shape: int) -> tuple[Tensor, Tensor]:
    x = torch.randn(*shape, dtype=torch.float64)
    return x.clone().requires_grad_(), x.clone().requires_grad_()


def _renamed(theirs: dict[str, Tensor], names: dict[str, str]) -> dict[str, Tensor]:
    """Put our name in the place of theirs; each of theirs ends before `.weight` or `.bias`."""
    return {
        names[name.rpartition(".")[0]] + "." + name.rpartition(".")[2]: tensor
        for name, tensor in theirs.items()
    }


def _same_gradients(ours: nn.Module, expected: dict[str, Tensor]) -> None:
    assert expected.keys() == dict(ours.named_parameters()).keys()
    for name, parameter in ours.named_parameters():
        _close(parameter.grad, expected[name])


def _from_gpt2(theirs: dict[str, Tensor]) -> dict[str, Tensor]:
    """GPT-2 stores (in × out), and query, key and value side by side."""
    ours = {}
    for name, tensor in theirs.items():
        part, kind = name.rsplit(".", 1)
        if part == "attn.c_attn":
            rows = (tensor.T if kind == "weight" else tensor).chunk(3)
            ours |= {f"attention.{q}.{kind}": r for q, r in zip(("query", "key", "value"), rows, strict=True)}
        else:
            mine = {
                "ln_1": "attention_residual.norm",
                "ln_2": "feed_forward_residual.norm",
                "attn.c_proj": "attention.output",
                "mlp.c_fc": "feed_forward.up",
                "mlp.c_proj": "feed_forward.down",
            }[part]
            ours[f"{mine}.{kind}"] = tensor.T if tensor.ndim == 2 else tensor
    return ours


@pytest.mark.parametrize("core", [scaled_dot_product, fused])
def test_gpt2_block(core):
    """Pre-norm, GELU by tanh, causal: GPT-2's block is our encoder layer under a causal mask."""
    from transformers.models.gpt2.modeling_gpt2 import GPT2Block

    config = transformers.GPT2Config(
        n_embd=C, n_head=H, n_inner=F, attn_pdrop=0.0, resid_pdrop=0.0, attn_implementation="eager"
    )
    peer = _scatter(GPT2Block(config, layer_idx=0))
    ours = EncoderLayer(
        MultiHeadAttention(C, H, attend=core),
        FeedForward(C, F, gelu_tanh),
        PreNorm(LayerNorm(C)),
        PreNorm(LayerNorm(C)),
    ).double()
    ours.load_state_dict(_from_gpt2(dict(peer.named_parameters())))
    (x, x_peer), direction = _twice(B, T, C), torch.randn(B, T, C, dtype=torch.float64)
    output, expected = ours(x, mask=causal_mask(T)), peer(x_peer, attention_mask=CAUSAL)
    _close(output, expected)
    output.backward(direction)
    expected.backward(direction)
    _close(x.grad, x_peer.grad)
    _same_gradients(ours, _from_gpt2({name: p.grad for name, p in peer.named_parameters()}))


MARIAN_NAMES = {
    "self_attn_layer_norm": "attention_residual.norm",
    "encoder_attn_layer_norm": "cross_attention_residual.norm",
    "final_layer_norm": "feed_forward_residual.norm",
    "fc1": "feed_forward.up",
    "fc2": "feed_forward.down",
} | {
    f"{theirs}.{there}": f"{mine}.{here}"
    for theirs, mine in (("self_attn", "attention"), ("encoder_attn", "cross_attention"))
    for there, here in (("q_proj", "query"), ("k_proj", "key"), ("v_proj", "value"), ("out_proj", "output"))
}


@pytest.mark.parametrize("padded", [False, True], ids=["whole memory", "padded memory"])
def test_marian_decoder_layer(padded):
    """Post-norm, SiLU, cross-attention: the decoder layer of a real translator."""
    from transformers.models.marian.modeling_marian import MarianDecoderLayer

    config = transformers.MarianConfig(
        d_model=C,
        decoder_attention_heads=H,
        decoder_ffn_dim=F,
        dropout=0.0,
        activation_function="silu",
        attn_implementation="eager",
    )
    peer = _scatter(MarianDecoderLayer(config, layer_idx=0))
    ours = DecoderLayer(
        MultiHeadAttention(C, H),
        MultiHeadAttention(C, H),
        FeedForward(C, F, functional.silu),
        *(PostNorm(LayerNorm(C)) for _ in range(3)),
    ).double()
    ours.load_state_dict(_renamed(dict(peer.named_parameters()), MARIAN_NAMES))
    (x, x_peer), (memory, memory_peer) = _twice(B, T, C), _twice(B, S, C)
    seen = torch.tensor([[True] * S, [True, True, False, False]])[:, None, None]
    output = ours(x, memory, mask=causal_mask(T), memory_mask=seen if padded else None)
    expected = peer(
        x_peer,
        attention_mask=CAUSAL,
        encoder_hidden_states=memory_peer,
        encoder_attention_mask=torch.zeros(seen.shape).double().masked_fill(~seen, -torch.inf)
        if padded
        else None,
        use_cache=False,
    )
    _close(output, expected)
    direction = torch.randn(B, T, C, dtype=torch.float64)
    output.backward(direction)
    expected.backward(direction)
    _close(x.grad, x_peer.grad)
    _close(memory.grad, memory_peer.grad)
    _same_gradients(ours, _renamed({name: p.grad for name, p in peer.named_parameters()}, MARIAN_NAMES))


ATTENTION_NAMES = {"q_proj": "query", "k_proj": "key", "v_proj": "value", "o_proj": "output"}
LLAMA_NAMES = (
    {"input_layernorm": "attention_residual.norm", "post_attention_layernorm": "feed_forward_residual.norm"}
    | {f"self_attn.{theirs}": f"attention.{ours}" for theirs, ours in ATTENTION_NAMES.items()}
    | {f"mlp.{part}_proj": f"feed_forward.{part}" for part in ("gate", "up", "down")}
)


def _from_llama(theirs: dict[str, Tensor]) -> dict[str, Tensor]:
    """Rename, and put each head's rows of query and key in the order in which our rotary pairs them."""
    ours = _renamed(theirs, LLAMA_NAMES)
    for name in ("attention.query.weight", "attention.key.weight"):
        ours[name] = ours[name].unflatten(0, (-1, D))[:, pairs_from_halves(D)].flatten(0, 1)
    return ours


def _llama_pair(n_kv_heads: int, core: Attend) -> tuple[EncoderLayer, nn.Module]:
    from transformers.models.llama.modeling_llama import LlamaDecoderLayer

    config = transformers.LlamaConfig(
        hidden_size=C,
        num_attention_heads=H,
        num_key_value_heads=n_kv_heads,
        intermediate_size=F,
        rms_norm_eps=1e-6,
        attn_implementation="sdpa",  # the written-out one takes its softmax in float32
    )
    peer = _scatter(LlamaDecoderLayer(config, layer_idx=0))
    ours = EncoderLayer(
        GroupedQueryAttention(C, H, n_kv_heads, bias=False, attend=core, transform=Rotary(D)),
        GatedFeedForward(C, F),
        PreNorm(RMSNorm(C, eps=1e-6)),
        PreNorm(RMSNorm(C, eps=1e-6)),
    ).double()
    ours.load_state_dict(_from_llama(dict(peer.named_parameters())))
    return ours, peer


def _llama_turns() -> tuple[Tensor, Tensor]:
    """Cosines and sines of halves side by side, as Llama's attention takes them, in float64."""
    speeds = 10_000.0 ** (-torch.arange(0, D, 2, dtype=torch.float64) / D)
    angles = (torch.arange(T, dtype=torch.float64)[:, None] * speeds).repeat(1, 2)[None]
    return angles.cos(), angles.sin()


def _in_float64(norm: nn.Module) -> nn.Module:
    """Llama's norm computes in float32 whatever it is given; PyTorch's, with the same weight, does not."""
    wide = nn.RMSNorm(C, eps=norm.variance_epsilon).double()
    wide.weight = norm.weight
    return wide


@pytest.mark.parametrize("core", [scaled_dot_product, fused])
@pytest.mark.parametrize("n_kv_heads", [1, 2, 4])
def test_llama_layer(n_kv_heads, core):
    """RMSNorm, rotary positions, grouped-query attention and SwiGLU: Llama's layer is our parts put together."""
    ours, peer = _llama_pair(n_kv_heads, core)
    peer.input_layernorm = _in_float64(peer.input_layernorm)
    peer.post_attention_layernorm = _in_float64(peer.post_attention_layernorm)
    (x, x_peer), direction = _twice(B, T, C), torch.randn(B, T, C, dtype=torch.float64)
    output = ours(x, mask=causal_mask(T))
    expected = peer(x_peer, attention_mask=CAUSAL, position_embeddings=_llama_turns())
    _close(output, expected)
    output.backward(direction)
    expected.backward(direction)
    _close(x.grad, x_peer.grad)
    _same_gradients(ours, _from_llama({name: p.grad for name, p in peer.named_parameters()}))


def test_llama_layer_as_it_comes_in_float32():
    """Norm and positions untouched, in the precision that models run in: output and input gradient."""
    from transformers.models.llama.modeling_llama import LlamaRotaryEmbedding

    ours, peer = (layer.float() for layer in _llama_pair(2, fused))
    x, x_peer = (twin.detach().float().requires_grad_() for twin in _twice(B, T, C))
    turns = LlamaRotaryEmbedding(peer.self_attn.config)(x_peer, torch.arange(T)[None])
    output = ours(x, mask=causal_mask(T))
    expected = peer(x_peer, attention_mask=CAUSAL.float(), position_embeddings=turns)
    torch.testing.assert_close(output, expected, atol=TOLERANCE_FLOAT32, rtol=0)
    output.sum().backward()
    expected.sum().backward()
    torch.testing.assert_close(x.grad, x_peer.grad, atol=TOLERANCE_FLOAT32, rtol=0)
