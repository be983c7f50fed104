"""The contract of every block: one suite, and one line in BLOCKS for each block that joins.

Shapes, dtypes, finite gradients, determinism, state, independence of sentences and positions, causality, and
float64 gradients against finite differences.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from tfm.models.bert import BertConfig, BertEmbedding, BertEncoder
from tfm.nn.alibi import alibi_mask
from tfm.nn.attention import MultiHeadAttention, Recorded, scaled_dot_product
from tfm.nn.convolution import CausalConvolution
from tfm.nn.decoder import DecoderLayer
from tfm.nn.dropout import Dropout
from tfm.nn.embedding import ScaledTokenEmbedding, TokenEmbedding, Unembedding
from tfm.nn.feedforward import FeedForward, GatedFeedForward, gelu_tanh
from tfm.nn.grouped_attention import GroupedQueryAttention
from tfm.nn.layer import EncoderLayer, PostNorm, PreNorm
from tfm.nn.mask import causal_mask
from tfm.nn.norm import LayerNorm, RMSNorm
from tfm.nn.position import LearnedPositions, SinusoidalPositions
from tfm.nn.query_key_norm import QueryKeyNorm
from tfm.nn.recurrence import GRU
from tfm.nn.rotary import Rotary

B, T, C, H, F, V = 3, 5, 8, 2, 12, 11
BERT = BertConfig(vocab_size=V, d_model=C, n_layers=2, n_heads=H, d_ff=F, max_positions=T, dropout=0.5)

# Worst case measured in float64: 6.7e-16. Another summation order may move a last digit, never more.
SAME = 1e-12


@dataclass(frozen=True)
class Block:
    """How to make a block, what it takes, and what it promises."""

    make: Callable[[], nn.Module]
    call: Callable[[Any, Tensor], Tensor] = lambda block, x: block(x)
    takes_ids: bool = False  # token ids instead of vectors
    causal: Callable[[Any, Tensor, Tensor], Tensor] | None = (
        None  # called with a mask, where it looks at others
    )
    alone: bool = False  # transforms each position by itself
    back_only: bool = False  # sees itself and what came before, without being told


def _layer(wiring: type[nn.Module]) -> EncoderLayer:
    return EncoderLayer(
        MultiHeadAttention(C, H), FeedForward(C, F), wiring(LayerNorm(C), 0.5), wiring(LayerNorm(C), 0.5)
    )


def _decoder_layer(wiring: type[nn.Module]) -> DecoderLayer:
    return DecoderLayer(
        MultiHeadAttention(C, H, dropout=0.5),
        MultiHeadAttention(C, H),
        FeedForward(C, F, dropout=0.5),
        *(wiring(LayerNorm(C), 0.5) for _ in range(3)),
    )


def _llama_layer() -> EncoderLayer:
    return EncoderLayer(
        GroupedQueryAttention(C, H, 1, bias=False, transform=Rotary(C // H)),
        GatedFeedForward(C, F),
        PreNorm(RMSNorm(C)),
        PreNorm(RMSNorm(C)),
    )


def _over_a_memory(block: Any, x: Tensor, mask: Tensor | None = None) -> Tensor:
    """Decode over a memory that does not change with x, so that causality shows."""
    memory = torch.linspace(-1, 1, 3 * C, dtype=x.dtype).view(1, 3, C).expand(len(x), -1, -1)
    return block(x, memory, mask=mask)


def _masked(block: Any, x: Tensor, mask: Tensor) -> Tensor:
    return block(x, mask=mask)


def _far(block: Any, x: Tensor, mask: Tensor | None = None) -> Tensor:
    """With ALiBi's amounts, over all positions or over those that a mask lets see."""
    all_of_them = torch.ones(1, 1, T, T, dtype=torch.bool)
    return block(x, mask=alibi_mask(H, T, mask=all_of_them if mask is None else mask))


BLOCKS = {
    "LayerNorm": Block(lambda: LayerNorm(C), alone=True),
    "RMSNorm": Block(lambda: RMSNorm(C), alone=True),
    "Dropout": Block(lambda: Dropout(0.5), alone=True),
    "FeedForward": Block(lambda: FeedForward(C, F), alone=True),
    "FeedForward, dropout": Block(lambda: FeedForward(C, F, gelu_tanh, dropout=0.5), alone=True),
    "GatedFeedForward": Block(lambda: GatedFeedForward(C, F), alone=True),
    "GatedFeedForward, bias": Block(lambda: GatedFeedForward(C, F, bias=True, dropout=0.5), alone=True),
    "Unembedding": Block(lambda: Unembedding(C, C), alone=True),
    "ScaledTokenEmbedding": Block(lambda: ScaledTokenEmbedding(V, C), takes_ids=True, alone=True),
    "TokenEmbedding": Block(lambda: TokenEmbedding(V, C), takes_ids=True, alone=True),
    "LearnedPositions": Block(
        lambda: LearnedPositions(T, C),
        lambda block, ids: block(ids.shape[1]).expand(*ids.shape, C),
        takes_ids=True,
    ),
    "SinusoidalPositions": Block(
        lambda: SinusoidalPositions(C), lambda block, x: x + block(x.shape[1]), alone=True
    ),
    "MultiHeadAttention, rotary": Block(
        lambda: MultiHeadAttention(C, H, transform=Rotary(C // H)), causal=_masked
    ),
    "MultiHeadAttention, ALiBi": Block(lambda: MultiHeadAttention(C, H), _far, causal=_far),
    "MultiHeadAttention, ALiBi written out": Block(
        lambda: MultiHeadAttention(C, H, attend=scaled_dot_product), _far, causal=_far
    ),
    "MultiHeadAttention, queries and keys of one size": Block(
        lambda: MultiHeadAttention(C, H, transform=QueryKeyNorm(C // H, Rotary(C // H))), causal=_masked
    ),
    "MultiHeadAttention": Block(lambda: MultiHeadAttention(C, H), causal=_masked),
    "MultiHeadAttention, no bias": Block(lambda: MultiHeadAttention(C, H, bias=False), causal=_masked),
    "MultiHeadAttention, written out": Block(
        lambda: MultiHeadAttention(C, H, attend=scaled_dot_product), causal=_masked
    ),
    "MultiHeadAttention, recorded": Block(
        lambda: MultiHeadAttention(C, H, attend=Recorded()), causal=_masked
    ),
    "MultiHeadAttention over a memory": Block(
        lambda: MultiHeadAttention(C, H), lambda block, x: block(x, memory=x.flip(1)[:, :3])
    ),
    "MultiHeadAttention, weights dropped": Block(
        lambda: MultiHeadAttention(C, H, dropout=0.5), causal=_masked
    ),
    "GRU": Block(lambda: GRU(C), back_only=True),
    "CausalConvolution": Block(lambda: CausalConvolution(C, width=3), back_only=True),
    "GroupedQueryAttention": Block(lambda: GroupedQueryAttention(C, 4, 2), causal=_masked),
    "GroupedQueryAttention, one head of keys": Block(lambda: GroupedQueryAttention(C, 4, 1), causal=_masked),
    "GroupedQueryAttention, written out": Block(
        lambda: GroupedQueryAttention(C, 4, 2, attend=scaled_dot_product), causal=_masked
    ),
    "PostNorm": Block(lambda: PostNorm(LayerNorm(C), 0.5), lambda block, x: block(x, torch.tanh), alone=True),
    "PreNorm": Block(lambda: PreNorm(LayerNorm(C), 0.5), lambda block, x: block(x, torch.tanh), alone=True),
    "EncoderLayer, post-norm": Block(lambda: _layer(PostNorm), causal=_masked),
    "EncoderLayer, pre-norm": Block(lambda: _layer(PreNorm), causal=_masked),
    "EncoderLayer, like Llama's": Block(_llama_layer, causal=_masked),
    "DecoderLayer, post-norm": Block(lambda: _decoder_layer(PostNorm), _over_a_memory, causal=_over_a_memory),
    "DecoderLayer, pre-norm": Block(lambda: _decoder_layer(PreNorm), _over_a_memory, causal=_over_a_memory),
    "BertEmbedding": Block(lambda: BertEmbedding(BERT), takes_ids=True, alone=True),
    "BertEncoder": Block(lambda: BertEncoder(BERT), takes_ids=True, causal=_masked),
}


@pytest.fixture(params=BLOCKS)
def case(request) -> Block:
    """Each block in turn."""
    return BLOCKS[request.param]


def _input(case: Block, dtype: torch.dtype = torch.float64) -> Tensor:
    if case.takes_ids:
        return torch.randint(0, V, (B, T))
    return torch.randn(B, T, C, dtype=dtype)


def _changed(case: Block, x: Tensor, position: int) -> Tensor:
    """Give `x` with another token at one position."""
    other = x.clone()
    other[:, position] = (x[:, position] + 1) % V if case.takes_ids else torch.randn(B, C, dtype=x.dtype)
    return other


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_output_has_the_promised_shape_and_the_input_dtype(case, dtype):
    """A block gives B × T × C in the dtype it was built for."""
    output = case.call(case.make().to(dtype), _input(case, dtype))
    assert output.shape == (B, T, C)
    assert output.dtype == dtype


def test_every_parameter_and_input_gets_a_finite_gradient(case):
    """Nothing is cut off from learning, and nothing blows up, not even in training with dropout."""
    block, x = case.make().double().train(), _input(case)
    x = x if case.takes_ids else x.requires_grad_()
    case.call(block, x).square().sum().backward()
    for name, tensor in [("the input", x), *block.named_parameters()]:
        if tensor.is_floating_point():
            assert tensor.grad is not None, f"{name} has no gradient"
            assert tensor.grad.isfinite().all(), f"the gradient of {name} is not finite"


def test_eval_is_deterministic(case):
    """Two calls in eval give the same bits, even with dropout in the block."""
    block, x = case.make().double().eval(), _input(case)
    assert torch.equal(case.call(block, x), case.call(block, x))


def test_state_dict_round_trip(case):
    """A block rebuilt from another's state gives the same bits."""
    first, second, x = case.make().double().eval(), case.make().double().eval(), _input(case)
    second.load_state_dict(first.state_dict())
    assert torch.equal(case.call(first, x), case.call(second, x))


def test_a_sentence_does_not_depend_on_its_batch(case):
    """A sentence alone gives what it gives among others."""
    block, x = case.make().double().eval(), _input(case)
    torch.testing.assert_close(case.call(block, x[:1]), case.call(block, x)[:1], atol=SAME, rtol=0)


@pytest.mark.parametrize("position", [1, T - 1])
@pytest.mark.parametrize("name", [name for name, case in BLOCKS.items() if case.alone])
def test_position_wise_blocks_let_no_position_see_another(name, position):
    """Changing one position moves that position's output and no other."""
    case = BLOCKS[name]
    block, x = case.make().double().eval(), _input(case)
    moved = (case.call(block, _changed(case, x, position)) - case.call(block, x)).abs().amax((0, 2))
    assert moved[position] > SAME
    assert moved[torch.arange(T) != position].max() <= SAME


@pytest.mark.parametrize("position", [1, T - 1])
@pytest.mark.parametrize("name", [name for name, case in BLOCKS.items() if case.causal])
def test_causal_mask_hides_the_future(name, position):
    """With the causal mask, changing a token moves no earlier output; without it, it does."""
    case = BLOCKS[name]
    block, x = case.make().double().eval(), _input(case)
    other = _changed(case, x, position)
    moved = (
        (case.causal(block, other, causal_mask(T)) - case.causal(block, x, causal_mask(T))).abs().amax((0, 2))
    )
    assert moved[:position].max() <= SAME
    assert moved[position:].min() > SAME
    assert (case.call(block, other) - case.call(block, x)).abs().amax((0, 2))[:position].min() > SAME


@pytest.mark.parametrize("position", [1, T - 1])
@pytest.mark.parametrize("name", [name for name, case in BLOCKS.items() if case.back_only])
def test_mixers_that_look_back_only(name, position):
    """Changing one position moves it and a later one, and none before it."""
    case = BLOCKS[name]
    block, x = case.make().double().eval(), _input(case)
    moved = (case.call(block, _changed(case, x, position)) - case.call(block, x)).abs().amax((0, 2))
    assert moved[:position].max() <= SAME
    assert moved[position : position + 2].min() > SAME


def test_gradients_equal_finite_differences(case):
    """In float64 every gradient, of the input and of each parameter, is what moving the numbers shows."""
    block, x = case.make().double().eval(), _input(case)
    inputs = [*block.parameters()] if case.takes_ids else [x.requires_grad_(), *block.parameters()]
    assert torch.autograd.gradcheck(lambda *_: case.call(block, x), inputs, fast_mode=True)
