"""What may be a mask: True and False, or floats that are added as PyTorch adds them; nothing else gets through.

Each case goes through every module and every core, so that no door is left open.
"""

import warnings
from functools import partial

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from tfm.by_hand.attention import attention
from tfm.by_hand.masks import causal, reach
from tfm.by_hand.multi_head import multi_head
from tfm.lessons.masks.mixer import Mixer
from tfm.models.bert import BertConfig, BertEncoder
from tfm.models.stack import Stack, StackConfig
from tfm.models.transformer import Transformer, TransformerConfig
from tfm.nn.alibi import alibi_bias, alibi_mask
from tfm.nn.attention import MultiHeadAttention, Recorded, fused, scaled_dot_product
from tfm.nn.decoder import DecoderLayer
from tfm.nn.feedforward import FeedForward
from tfm.nn.grouped_attention import GroupedQueryAttention
from tfm.nn.layer import EncoderLayer, PreNorm
from tfm.nn.mask import as_bias, causal_mask, fit_mask
from tfm.nn.norm import LayerNorm

B, T, C, H, D = 2, 4, 8, 2, 4
SAME = 1e-12  # float64 against PyTorch's kernel, forward and backward; measured 4e-16
TRIANGLE = torch.ones(1, 1, T, T).tril()

CORES = {
    "fused": fused,
    "written out": scaled_dot_product,
    "recorded": Recorded(),
    "recorded, fused": Recorded(fused),
    "fused, causal": partial(fused, causal=True),
    "written out, causal": partial(scaled_dot_product, causal=True),
}

_ids, _x = torch.randint(9, (B, T)), torch.randn(B, T, C)


def _layers(n):
    return [PreNorm(LayerNorm(C)) for _ in range(n)]


MODULES = {
    "attention": lambda mask: MultiHeadAttention(C, H)(_x, mask=mask),
    "over a memory": lambda mask: MultiHeadAttention(C, H)(_x, _x, mask=mask),
    "grouped": lambda mask: GroupedQueryAttention(C, H, 1)(_x, mask=mask),
    "encoder layer": lambda mask: EncoderLayer(MultiHeadAttention(C, H), FeedForward(C, C), *_layers(2))(
        _x, mask
    ),
    "decoder layer": lambda mask: DecoderLayer(
        MultiHeadAttention(C, H), MultiHeadAttention(C, H), FeedForward(C, C), *_layers(3)
    )(_x, _x, mask),
    "decoder layer, memory": lambda mask: DecoderLayer(
        MultiHeadAttention(C, H), MultiHeadAttention(C, H), FeedForward(C, C), *_layers(3)
    )(_x, _x, None, mask),
    "stack": lambda mask: Stack(StackConfig(vocab_size=9, max_positions=T, d_model=C, n_heads=H))(_ids, mask),
    "Transformer": lambda mask: Transformer(
        TransformerConfig(source_vocab_size=9, target_vocab_size=9, d_model=C, n_heads=H, n_layers=1, d_ff=C)
    ).decode(_ids, _x, mask),
    "BERT": lambda mask: BertEncoder(
        BertConfig(vocab_size=9, d_model=C, n_layers=1, n_heads=H, d_ff=C, max_positions=T)
    )(_ids, mask),
}

NO_MASKS = {
    "a float triangle": (
        TRIANGLE,
        r"holds the number 1, .* added to the scores, .* pass mask\.bool\(\) if 1",
    ),
    "its opposite": (1 - TRIANGLE, r"holds the number 1, .* ~mask\.bool\(\) if 1 means “hidden”"),
    "halves": (TRIANGLE / 2, r"holds the number 0\.5"),
    "NaN": (TRIANGLE.double() * torch.nan, r"holds the number nan"),
    "whole numbers": (TRIANGLE.long(), r"numbers of torch\.int64, .* pass mask\.bool\(\)"),
    "bytes": (TRIANGLE.byte(), r"numbers of torch\.uint8"),
    "T × S": (TRIANGLE[0, 0].bool(), r"shape 4 × 4, .*: pass mask\[None, None\] if its axes are T × S"),
    "B × S": (
        torch.ones(B, T, dtype=torch.bool),
        r"shape 2 × 4, .*: pass mask\[:, None, None\] if they are B × S",
    ),
    "B × T × S": (
        torch.ones(B, T, T, dtype=torch.bool),
        r"shape 2 × 4 × 4, .*: pass mask\[:, None\] if its axes",
    ),
    "another batch": (
        torch.ones(B + 1, 1, 1, T, dtype=torch.bool),
        r"shape 3 × 1 × 1 × 4, but .*: give it one row",
    ),
    "a row of −∞": (
        torch.full((1, 1, T, T), -torch.inf),
        r"row \(0, 0, 0\) of the mask forbids every position",
    ),
    "a row of False": (torch.zeros(1, 1, T, T, dtype=torch.bool), r"row \(0, 0, 0\) of the mask forbids"),
}


@pytest.mark.usefixtures("as_a_reader_calls_it")
@pytest.mark.parametrize("what", NO_MASKS)
@pytest.mark.parametrize("through", [*MODULES, *CORES])
def test_what_is_no_mask_gets_one_sentence_everywhere(through, what):
    """Each module and each core names the fault and its cure, before anything is computed with it."""
    mask, sentence = NO_MASKS[what]
    q, k, v = torch.randn(3, B, H, T, D)
    call = MODULES.get(through) or (lambda m: CORES[through](q, k, v, m))
    with pytest.raises(ValueError, match=sentence) as caught:
        call(mask)
    assert "\n" not in str(caught.value)


@pytest.mark.usefixtures("as_a_reader_calls_it")
def test_a_mask_on_its_side_is_told_so():
    """S × T is no T × S, and the sentence says how to turn it; a list is told that it is none."""
    mask = torch.ones(1, 1, 6, T, dtype=torch.bool)
    with pytest.raises(ValueError, match=r"pass mask\.transpose\(-2, -1\), since a row is a query"):
        MultiHeadAttention(C, H)(_x, torch.randn(B, 6, C), mask=mask)
    with pytest.raises(TypeError, match=r"the mask is a list and must be a tensor"):
        MultiHeadAttention(C, H)(_x, mask=[[True]])


BIASES = {
    "0 and −∞": as_bias(causal_mask(T), torch.float64),
    "0 and −10,000": (1 - TRIANGLE.double()) * -1e4,
    "padding": torch.tensor([[0.0, 0, -torch.inf, -torch.inf], [0, 0, 0, 0]], dtype=torch.float64)[
        :, None, None
    ],
    "slopes": alibi_bias(H, T, T, dtype=torch.float64)[None],
    "slopes in float32": alibi_bias(H, T, T)[None],
    "learned": -torch.rand(B, H, T, T, dtype=torch.float64),
}


@pytest.mark.parametrize("bias", BIASES)
@pytest.mark.parametrize(
    "core", [fused, scaled_dot_product, Recorded()], ids=["fused", "written out", "recorded"]
)
@pytest.mark.parametrize("groups", [H, 1])
def test_an_additive_mask_is_pytorchs(bias, core, groups):
    """Floats that are meant as a bias are added as PyTorch's kernel adds them, forward and backward."""
    mask = BIASES[bias]
    ours, theirs = (
        [torch.randn(B, n, T, D, dtype=torch.float64).requires_grad_() for n in (H, groups, groups)]
        for _ in range(2)
    )
    for a, b in zip(ours, theirs, strict=True):
        a.data.copy_(b.data)
    masks = [mask.clone().requires_grad_(bias == "learned") for _ in range(2)]
    output = core(*ours, masks[0])[0]
    peer = functional.scaled_dot_product_attention(
        *theirs, attn_mask=masks[1].double(), enable_gqa=groups != H
    )
    weigh = torch.randn_like(peer)
    (output * weigh).sum().backward()
    (peer * weigh).sum().backward()
    assert (output - peer).abs().max() < SAME
    for a, b in zip(ours, theirs, strict=True):
        assert (a.grad - b.grad).abs().max() < SAME
    if bias == "learned":
        assert (masks[0].grad - masks[1].grad).abs().max() < SAME


@pytest.mark.parametrize("through", [name for name in MODULES if name != "Transformer"])
def test_a_bias_of_0_and_minus_infinity_is_the_boolean_mask(through):
    """In every module the two ways to write a mask give the same numbers."""
    outputs = []
    for mask in (causal_mask(T), as_bias(causal_mask(T), torch.float32)):
        torch.manual_seed(0)
        outputs.append(MODULES[through](mask))
    torch.testing.assert_close(*outputs, atol=1e-6, rtol=0)


@pytest.mark.parametrize("core", CORES)
def test_every_core_adds_a_bias(core):
    """The mask as floats changes nothing against True and False."""
    q, k, v = torch.randn(3, B, H, T, D)
    some, other = (
        CORES[core](q, k, v, m)[0] for m in (causal_mask(T), as_bias(causal_mask(T), torch.float32))
    )
    torch.testing.assert_close(some, other, atol=1e-6, rtol=0)


@pytest.mark.parametrize("core", [fused, scaled_dot_product], ids=["fused", "written out"])
def test_two_masks_that_hide_all_together_are_refused(core):
    """Filler on the left may be looked at by nobody, and its own row sees nothing else: no NaN, a sentence."""
    q, k, v = torch.randn(3, B, H, T, D)
    left = torch.tensor([[False, True, True, True], [True] * 4])[:, None, None]
    for mask in (left, as_bias(left, torch.float32)):
        with pytest.raises(ValueError, match=r"row \(0, 0, 0\) of the mask forbids every position"):
            core(q, k, v, mask, causal=True)


def test_alibi_takes_masks_alone():
    """What is no mask is none for ALiBi's amounts either."""
    with pytest.raises(ValueError, match=r"holds the number 1, .* pass mask\.bool\(\)"):
        alibi_mask(H, T, mask=TRIANGLE)
    with pytest.raises(ValueError, match="but the scores have shape"):
        alibi_mask(H, T, mask=causal_mask(T + 1))


def test_a_mask_is_read_once_and_again_when_it_changes(monkeypatch):
    """Layers that share a mask read its numbers once; one that was changed in place is read again."""
    from tfm.nn import mask as module

    read, plain = [], module._require_rows
    monkeypatch.setattr(module, "_require_rows", lambda m: read.append(1) or plain(m))
    bias, layer = (1 - TRIANGLE) * -1e4, MultiHeadAttention(C, H)
    for _ in range(3):
        layer(_x, mask=bias)
    assert len(read) == 1
    bias[0, 0, 1] = 1.0
    with pytest.raises(ValueError, match="holds the number 1"):
        layer(_x, mask=bias)
    assert len(read) == 2
    layer(_x, mask=causal_mask(T))
    assert len(read) == 2  # made here, so that there is nothing to read


@pytest.mark.usefixtures("as_a_reader_calls_it")
def test_compiling_and_exporting_read_no_numbers():
    """While PyTorch traces, a mask's kind and shape are judged and its numbers are left alone."""

    class Causal(nn.Module):
        def __init__(self):
            super().__init__()
            self.attention = MultiHeadAttention(C, H, attend=scaled_dot_product)

        def forward(self, x, bias):
            return self.attention(x, mask=causal_mask(x.shape[1], x.device)) + self.attention(x, mask=bias)

    model, bias = Causal(), (1 - TRIANGLE) * -1e4
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exported = torch.export.export(model, (_x, bias)).module()
    traced = torch.compile(model, backend="eager", fullgraph=True)
    torch.testing.assert_close(exported(_x, bias), model(_x, bias))
    torch.testing.assert_close(traced(_x, bias), model(_x, bias))
    assert model.to("meta")(_x.to("meta"), bias.to("meta")).shape == _x.shape


TWINS = {
    "attention": lambda mask: attention(np.eye(3), np.eye(3), np.eye(3), mask).output,
    "multi_head": lambda mask: (
        multi_head(
            np.eye(3), {f"{n}.weight": np.eye(3) for n in ("query", "key", "value", "output")}, 1, mask=mask
        ).output
    ),
    "Mixer": lambda mask: Mixer()(Mixer.vectors(["a", "b", "c"]), mask),
    "reach": lambda mask: reach(mask, 2),
}


@pytest.mark.parametrize("twin", TWINS)
def test_the_twins_in_numpy_take_the_same_masks(twin):
    """By hand a triangle of numbers is refused, and 0 and −∞ are added, not read as False and True."""
    call, right = TWINS[twin], causal(3)
    with pytest.raises(ValueError, match=r"holds the number 1, .* pass mask\.astype\(bool\)"):
        call(right.astype(float))
    with pytest.raises(ValueError, match=r"numbers of int64, .* pass mask\.astype\(bool\)"):
        call(right.astype(np.int64))
    np.testing.assert_allclose(call(np.where(right, 0.0, -np.inf)), call(right), atol=1e-12)


def test_fit_mask_judges_by_itself():
    """The one function that everybody asks gives back what it was given."""
    mask = causal_mask(T)
    assert fit_mask(mask, (B, H, T, T)) is mask
