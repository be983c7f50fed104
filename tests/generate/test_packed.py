"""The quick way of writing one text: the model's own answers, token for token, for every kind of part."""

import pytest
import torch

from tfm.generate.packed import MOST_ROWS, PackedModel
from tfm.generate.sampling import Sampling
from tfm.generate.writing import generate
from tfm.models.gpt import GPT
from tfm.models.gpt_config import FEED_FORWARDS, POSITIONS, GPTConfig
from tfm.nn.layer import PostNorm
from tfm.nn.norm import LayerNorm

SAME = 3e-6  # logits below 1, float32: measured 2.6e-7
SIZES = {"vocab_size": 130, "context": 24, "d_model": 128, "n_layers": 2, "n_heads": 4}
KINDS = [
    *({"positions": kind} for kind in POSITIONS),
    *({"feed_forward": kind} for kind in FEED_FORWARDS),
    {"norm": "rms", "bias": False, "tied": False},
    {"positions": "rotary", "n_kv_heads": 2, "qk_norm": True, "dropout": 0.1},
    {"d_model": 132, "d_ff": 77, "n_heads": 3},
]


def _model(**fields):
    model = GPT(GPTConfig(**(SIZES | fields))).eval()
    for p in model.parameters():
        torch.nn.init.normal_(p, std=0.1)
    return model


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("fields", KINDS, ids=str)
def test_it_answers_as_the_model_does(fields, threads):
    """After a prompt, single tokens and a few at once have the model's logits, however the columns are cut."""
    model = _model(**fields)
    quick = PackedModel(model, threads)
    ids = torch.randint(model.vocab_size, (1, 16))
    ours, theirs = quick.new_cache(1, 24), model.new_cache(1, 24)
    with torch.inference_mode():
        for start, end in ((0, 6), (6, 7), (7, 8), (8, 11), (11, 12), (12, 16)):
            one, two = quick(ids[:, start:end], cache=ours), model(ids[:, start:end], cache=theirs)
            torch.testing.assert_close(one, two, atol=SAME, rtol=0)
    assert ours.length == theirs.length == 16


@pytest.mark.parametrize("fields", [{}, {"positions": "rotary", "norm": "rms", "feed_forward": "swiglu"}])
def test_greedy_writes_the_same(fields):
    """Forty tokens, past the window's end too, are the ones the model writes, with a cache and without."""
    model = _model(**fields)
    settings = Sampling(max_new=40, temperature=0)
    assert generate(PackedModel(model), [[1, 2, 3]], settings) == generate(model, [[1, 2, 3]], settings)
    assert generate(PackedModel(model), [[1, 2, 3]], settings, cached=False) == generate(
        model, [[1, 2, 3]], settings
    )


def test_many_rows_go_to_the_model(monkeypatch):
    """A pass of more than `MOST_ROWS` tokens is the model's; one of as many is not."""
    model = _model(context=64)
    quick, read, forward = PackedModel(model), [], model.forward
    monkeypatch.setattr(
        model, "forward", lambda ids, **how: (read.append(ids.shape[1]), forward(ids, **how))[1]
    )
    with torch.inference_mode():
        quick(torch.zeros(1, MOST_ROWS, dtype=torch.long), cache=model.new_cache(1, 64))
        assert not read
        quick(torch.zeros(1, MOST_ROWS + 1, dtype=torch.long), cache=model.new_cache(1, 64))
    assert read == [MOST_ROWS + 1]


def test_several_texts_and_padding_go_to_the_model():
    """Ragged prompts side by side are written as the model writes them."""
    model, settings = _model(), Sampling(max_new=8, temperature=0)
    prompts = [[1, 2, 3], [4]]
    assert generate(PackedModel(model), prompts, settings) == generate(model, prompts, settings)


def test_it_is_a_copy():
    """Changing the model afterwards does not change what was made ready."""
    model = _model()
    quick = PackedModel(model)
    with torch.inference_mode():
        cache = quick.new_cache(1, 24)
        before = quick(torch.tensor([[5]]), cache=cache)
    with torch.no_grad():
        model.layers[0].feed_forward.down.weight.zero_()
    with torch.inference_mode():
        cache = quick.new_cache(1, 24)
        assert torch.equal(quick(torch.tensor([[5]]), cache=cache), before)


def test_an_unknown_id_gets_the_models_sentence():
    """A token that the vocabulary lacks is refused as the model refuses it."""
    quick = PackedModel(_model())
    with torch.inference_mode(), pytest.raises(ValueError, match="token id 130 is outside the vocabulary"):
        quick(torch.tensor([[130]]), cache=quick.new_cache(1, 24))


def test_other_parts_are_refused():
    """A post-norm layer, or a feed-forward network of another kind, is not read wrongly but not at all."""
    model = _model()
    model.layers[1].attention_residual = PostNorm(LayerNorm(128))
    with pytest.raises(TypeError, match="PackedModel reads pre-norm layers"):
        PackedModel(model)
    model = _model()
    model.layers[1].feed_forward = torch.nn.Linear(128, 128)
    with pytest.raises(TypeError, match="not Linear: call the model itself"):
        PackedModel(model)
