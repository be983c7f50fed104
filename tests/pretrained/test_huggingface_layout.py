"""Hugging Face's BERT layout: what is read, and the sentence each misfit gets."""

import json

import pytest
import torch
from safetensors.torch import save_file

from tfm.models.bert import BertConfig, BertEncoder
from tfm.pretrained import bert_from_huggingface, bert_to_huggingface, load_encoder, read_config, write_config
from tfm.text.wordpiece import SPECIAL

CONFIG = BertConfig(vocab_size=5, d_model=8, n_layers=2, n_heads=2, d_ff=16, max_positions=12, dropout=0.0)


@pytest.fixture
def state():
    """A tiny random model's tensors, in Hugging Face's layout."""
    torch.manual_seed(0)
    return bert_to_huggingface(BertEncoder(CONFIG))


def test_round_trip(state):
    """Weights into our model and back are equal, bit for bit, and copies."""
    model = bert_from_huggingface(state, CONFIG)
    back = bert_to_huggingface(model)
    assert back.keys() == state.keys()
    assert all(torch.equal(back[name], state[name]) for name in state)
    state["embeddings.LayerNorm.bias"].fill_(7)
    assert not torch.equal(model.embedding.norm.bias, state["embeddings.LayerNorm.bias"])
    assert not model.training


def test_transformers_takes_our_weights(state):
    """What we give back loads into BertModel without a missing or an unexpected tensor."""
    from transformers import BertConfig as TheirConfig
    from transformers import BertModel

    config = TheirConfig(
        vocab_size=5,
        hidden_size=8,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=16,
        max_position_embeddings=12,
    )
    theirs = BertModel(config, add_pooling_layer=False)
    theirs.load_state_dict(state, strict=True)


def test_missing_tensor_is_named(state):
    """A missing tensor is named as the file names it."""
    del state["encoder.layer.1.output.dense.bias"]
    with pytest.raises(ValueError, match=r"no tensor encoder\.layer\.1\.output\.dense\.bias"):
        bert_from_huggingface(state, CONFIG)


def test_extra_tensor_is_named(state):
    """A tensor that has no place is named; the pooling layer and the position buffer are passed over."""
    state["pooler.dense.weight"] = torch.zeros(8, 8)
    bert_from_huggingface(state, CONFIG)
    state["encoder.layer.2.output.dense.bias"] = torch.zeros(8)
    with pytest.raises(
        ValueError, match=r"a tensor encoder\.layer\.2\.output\.dense\.bias and an encoder of 2"
    ):
        bert_from_huggingface(state, CONFIG)


def test_wrong_shape_is_named(state):
    """A tensor of another shape is named with both shapes."""
    state["encoder.layer.0.intermediate.dense.weight"] = torch.zeros(15, 8)
    with pytest.raises(ValueError, match=r"intermediate\.dense\.weight has shape 15 × 8 .* asks for 16 × 8"):
        bert_from_huggingface(state, CONFIG)


def test_config_round_trip(tmp_path):
    """A configuration written is the configuration read."""
    write_config(CONFIG, tmp_path / "config.json")
    assert read_config(tmp_path / "config.json") == CONFIG


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"hidden_act": "relu"}, "says hidden_act = 'relu', and only 'gelu' is read"),
        ({"model_type": "gpt2"}, "says model_type = 'gpt2'"),
        ({"hidden_size": None}, "does not say hidden_size"),
    ],
)
def test_other_models_are_refused(tmp_path, change, sentence):
    """A config.json of something else is refused with the field."""
    path = tmp_path / "config.json"
    write_config(CONFIG, path)
    theirs = json.loads(path.read_text()) | change
    path.write_text(json.dumps({key: value for key, value in theirs.items() if value is not None}))
    with pytest.raises(ValueError, match=sentence):
        read_config(path)


def test_spoiled_files_get_a_sentence(tmp_path, state):
    """A cut safetensors file, and a config that is not JSON, are refused by name."""
    save_file(state, tmp_path / "model.safetensors")
    write_config(CONFIG, tmp_path / "config.json")
    (tmp_path / "vocab.txt").write_text("\n".join(SPECIAL), encoding="utf-8")
    assert load_encoder(tmp_path, name="x", source="y").n_layers == 2
    weights = (tmp_path / "model.safetensors").read_bytes()
    (tmp_path / "model.safetensors").write_bytes(weights[:500])
    with pytest.raises(ValueError, match="is damaged or not a safetensors file"):
        load_encoder(tmp_path, name="x", source="y")
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(ValueError, match=r"config\.json is damaged or not a model's configuration"):
        read_config(tmp_path / "config.json")


def test_another_vocabulary_is_refused(tmp_path, state):
    """A vocab.txt of another size than the model's is refused."""
    save_file(state, tmp_path / "model.safetensors")
    write_config(CONFIG, tmp_path / "config.json")
    (tmp_path / "vocab.txt").write_text("\n".join([*SPECIAL, "a"]), encoding="utf-8")
    with pytest.raises(ValueError, match="the tokenizer knows 6 pieces and the model 5"):
        load_encoder(tmp_path, name="x", source="y")
