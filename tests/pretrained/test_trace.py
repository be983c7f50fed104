"""Tracing an encoder: what a trace holds, what each experiment changes, and what odd input gets."""

import dataclasses
import math

import numpy as np
import pytest
import torch

from tfm.by_hand.softmax import softmax
from tfm.pretrained import PretrainedEncoder, load_tiny_encoder
from tfm.text.wordpiece import SPECIAL, WordPiece

TEXT = "the while statement is used for repeated execution"
ATOL = 1e-5  # float32 sums of a few hundred terms; the worst difference met was 2e-6


@pytest.fixture(scope="module")
def encoder():
    """The small encoder of tfm/assets."""
    return load_tiny_encoder()


@pytest.fixture(scope="module")
def plain(encoder):
    """A trace without any experiment."""
    return encoder.trace(TEXT)


def test_a_trace_holds_every_step(encoder, plain):
    """Shapes follow the legend, all numbers are float32, and tokens start with [CLS] and end with [SEP]."""
    layers, heads, n, width = encoder.n_layers, encoder.n_heads, len(plain.tokens), encoder.d_head
    for name in ("query", "key", "value"):
        assert getattr(plain, name).shape == (layers, heads, n, width)
    assert plain.scores.shape == plain.weights.shape == (layers, heads, n, n)
    assert plain.hidden.shape == (layers + 1, n, encoder.model.config.d_model)
    arrays = [getattr(plain, f.name) for f in dataclasses.fields(plain) if f.name not in {"tokens", "mask"}]
    assert {array.dtype for array in arrays} == {np.dtype(np.float32)}
    assert plain.tokens[0] == "[CLS]"
    assert plain.tokens[-1] == "[SEP]"
    assert plain.mask is None


def test_the_steps_fit_together(encoder, plain):
    """Weights are the softmax of scores / √D, and the scores are the queries' products with the keys."""
    assert np.allclose(plain.scores, plain.query @ plain.key.swapaxes(-1, -2), atol=ATOL)
    assert np.allclose(plain.weights, softmax(plain.scores / math.sqrt(encoder.d_head)), atol=ATOL)


@pytest.mark.parametrize(("temperature", "scaled"), [(0.5, True), (3.0, True), (1.0, False), (2.0, False)])
def test_temperature_and_scale_act_in_every_layer(encoder, temperature, scaled):
    """Each layer's weights are the softmax of its own scores, divided by τ and, if asked, by √D."""
    trace = encoder.trace(TEXT, temperature=temperature, scaled=scaled)
    divisor = temperature * (math.sqrt(encoder.d_head) if scaled else 1.0)
    assert np.allclose(trace.weights, softmax(trace.scores / divisor), atol=ATOL)


def test_causal_hides_what_comes_later(encoder, plain):
    """With the causal mask no weight stands above the diagonal, and [CLS] can see itself alone."""
    trace = encoder.trace(TEXT, mask="causal")
    assert np.triu(trace.weights, 1).max() == 0
    assert np.allclose(trace.weights[..., 0, 0], 1)
    assert np.array_equal(trace.mask, np.tril(np.ones_like(trace.mask)))
    assert not np.allclose(trace.hidden[-1], plain.hidden[-1])


def test_padding_changes_the_answer_unless_it_is_hidden(encoder, plain):
    """Three [PAD]s move the sentence's hidden states; with the padding mask they do not."""
    n = len(plain.tokens)
    seen, hidden = encoder.trace(TEXT, pads=3), encoder.trace(TEXT, pads=3, mask="padding")
    assert seen.tokens == hidden.tokens == [*plain.tokens, "[PAD]", "[PAD]", "[PAD]"]
    assert not np.allclose(seen.hidden[-1, :n], plain.hidden[-1], atol=1e-3)
    assert np.allclose(hidden.hidden[:, :n], plain.hidden, atol=ATOL)
    assert hidden.weights[..., n:].max() == 0
    assert hidden.mask.shape == (n + 3, n + 3)
    assert hidden.mask[:, :n].all()
    assert not hidden.mask[:, n:].any()


def test_both_masks_together(encoder):
    """`both` forbids what either forbids."""
    trace = encoder.trace(TEXT, pads=2, mask="both")
    assert np.triu(trace.weights, 1).max() == 0
    assert trace.weights[..., -2:].max() == 0


def test_ablating_a_head_changes_what_follows_it(encoder, plain):
    """A head switched off in layer 1 keeps its own weights and moves everything after it."""
    trace = encoder.trace(TEXT, ablated={(1, 2)})
    assert np.array_equal(trace.hidden[:2], plain.hidden[:2])
    assert np.array_equal(trace.weights[:2], plain.weights[:2])
    assert not np.allclose(trace.hidden[2], plain.hidden[2], atol=1e-3)
    assert not np.allclose(trace.weights[2], plain.weights[2], atol=1e-4)


def test_ablating_every_head_leaves_the_output_bias(encoder, plain):
    """With all heads of a layer off, its attention adds the output projection's bias and nothing else."""
    trace = encoder.trace(TEXT, ablated={(0, head) for head in range(encoder.n_heads)})
    layer = encoder.model.layers[0]
    with torch.inference_mode():
        x = torch.from_numpy(plain.hidden[0])[None]
        x = layer.attention_residual(x, layer.attention.output.bias.expand_as)
        expected = layer.feed_forward_residual(x, layer.feed_forward)[0]
    assert np.allclose(trace.hidden[1], expected.numpy(), atol=ATOL)


def test_no_experiment_leaves_a_trace(encoder, plain):
    """After every experiment, a plain trace is what it was, bit for bit."""
    encoder.trace(TEXT, temperature=0.1, scaled=False, mask="both", pads=4, ablated={(0, 0), (2, 3)})
    again = encoder.trace(TEXT)
    assert np.array_equal(again.weights, plain.weights)
    assert np.array_equal(again.hidden, plain.hidden)


@pytest.mark.parametrize("text", ["", "   \t\n", "\u200b"])
def test_an_empty_sentence_asks_for_one(encoder, text):
    """Nothing to read gets a request, not a traceback from inside."""
    with pytest.raises(ValueError, match="type a sentence first: "):
        encoder.trace(text)


@pytest.mark.parametrize(("over", "cure"), [(1, "by 1 token$"), (7, "by 7 tokens$")])
def test_too_long_a_text_says_by_how_much(encoder, over, cure):
    """A text over the limit gets its length, the limit and the difference; one at the limit is read."""
    limit = encoder.max_tokens
    words = ["a"] * (limit - 2)
    assert len(encoder.trace(" ".join(words)).tokens) == limit
    sentence = f"the text has {limit + over} tokens and this encoder reads at most {limit}: shorten it {cure}"
    with pytest.raises(ValueError, match=sentence):
        encoder.trace(" ".join(words + ["a"] * over))
    with pytest.raises(ValueError, match=sentence):
        encoder.trace(" ".join(words), pads=over)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"mask": "future"}, "no mask is called 'future': choose one of none, causal, padding, both"),
        ({"temperature": 0.0}, "temperature must be above 0, and it is 0.0"),
        ({"temperature": -1.5}, "temperature must be above 0, and it is -1.5"),
        ({"temperature": float("nan")}, "temperature must be above 0, and it is nan"),
        ({"pads": -1}, "pads must be 0 or more, and it is -1"),
        ({"ablated": {(3, 0)}}, "there is no head 0 in a layer 3: layers go from 0 to 2, heads from 0 to 3"),
        ({"ablated": {(0, -1)}}, "there is no head -1 in a layer 0"),
    ],
)
def test_settings_out_of_range_get_a_sentence(encoder, settings, sentence):
    """Each wrong setting is named with its value and what is right."""
    with pytest.raises(ValueError, match=sentence):
        encoder.trace(TEXT, **settings)


@pytest.mark.parametrize("text", ["😀👩‍💻", "我爱吃苹果", "##", "[MASK]", "x" * 10_000, "שלום עולם"])
def test_odd_text_is_read(encoder, text):
    """Emoji, other scripts, bare ## and one endless word all give finite numbers."""
    assert np.isfinite(encoder.trace(text).hidden).all()


def test_tokenizer_and_model_must_fit(encoder):
    """A tokenizer with another vocabulary is refused."""
    with pytest.raises(ValueError, match="the tokenizer knows 5 pieces and the model 2000"):
        PretrainedEncoder("x", "y", WordPiece(SPECIAL), encoder.model)
