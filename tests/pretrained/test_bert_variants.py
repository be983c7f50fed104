"""BERTs as the hub has them: with a head, with old names, in parts, cased; and those that are no encoder."""

import json

import pytest
import torch
from safetensors.torch import save_file

from tfm.models.bert import BertConfig, BertEncoder
from tfm.pretrained import bert_to_huggingface, load_encoder
from tfm.pretrained.huggingface import write_config
from tfm.text.wordpiece import SPECIAL

CONFIG = BertConfig(vocab_size=9, d_model=8, n_layers=2, n_heads=2, d_ff=16, max_positions=12, dropout=0.0)
PIECES = [*SPECIAL, "berlin", "hé", "##llo", "he"]


@pytest.fixture
def folder(tmp_path):
    """Return a folder with a tiny encoder."""
    model = BertEncoder(CONFIG)
    save_file(bert_to_huggingface(model), tmp_path / "model.safetensors")
    write_config(CONFIG, tmp_path / "config.json")
    (tmp_path / "vocab.txt").write_text("\n".join(PIECES) + "\n", encoding="utf-8")
    return tmp_path


def _load(folder):
    return load_encoder(folder, name="x", source="y")


def _rewritten(folder, rename, **more):
    tensors = bert_to_huggingface(_load(folder).model)
    save_file({rename(name): t for name, t in tensors.items()} | more, folder / "model.safetensors")


def _old(name):
    return name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta")


@pytest.mark.parametrize(
    "rename", [_old, "bert.{}".format, lambda name: f"bert.{_old(name)}"], ids=["gamma", "bert.", "both"]
)
def test_old_names_and_heads_are_read(folder, rename):
    """The same vectors, whatever the tensors are called, and whatever head stands beside them."""
    right = _load(folder).embed(["hello berlin"])
    heads = {
        "cls.predictions.bias": torch.zeros(9),
        "cls.seq_relationship.weight": torch.zeros(2, 8),
        "bert.pooler.dense.bias": torch.zeros(8),
    }
    _rewritten(folder, rename, **heads)
    assert (_load(folder).embed(["hello berlin"]) == right).all()


def test_an_encoder_in_parts_is_read(folder):
    """Two files and their index."""
    right = _load(folder).embed(["hello berlin"])
    tensors = bert_to_huggingface(_load(folder).model)
    names = sorted(tensors)
    parts = {"a.safetensors": names[::2], "b.safetensors": names[1::2]}
    for file, inside in parts.items():
        save_file({name: tensors[name] for name in inside}, folder / file)
    places = {name: file for file, inside in parts.items() for name in inside}
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": places}))
    (folder / "model.safetensors").unlink()
    assert (_load(folder).embed(["hello berlin"]) == right).all()


def test_a_tensor_under_two_names_is_refused(folder):
    """With the prefix and without it, or as gamma and as weight: nobody knows which counts."""
    _rewritten(folder, str, **{"bert.embeddings.LayerNorm.bias": torch.zeros(8)})
    with pytest.raises(ValueError, match=r"bert\.embeddings\.LayerNorm\.bias also without “bert\.”"):
        _load(folder)


def test_gamma_beside_weight_is_refused(folder):
    """A norm of both ages."""
    _rewritten(folder, str, **{"embeddings.LayerNorm.gamma": torch.ones(8)})
    with pytest.raises(ValueError, match="with gamma or beta, and with weight or bias too"):
        _load(folder)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("is_decoder", True),
        ("add_cross_attention", True),
        ("position_embedding_type", "relative_key"),
        ("hidden_act", "relu"),
        ("model_type", "roberta"),
        ("embedding_size", 4),
        ("pruned_heads", {"0": [1]}),
        ("hidden_size", "8"),
        ("layer_norm_eps", None),
        ("num_hidden_layers", 10**7),
    ],
)
def test_what_is_no_such_encoder_is_refused_by_name(folder, field, value):
    """A decoder, other positions, another width of the table: one sentence that names the field."""
    values = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(values | {field: value}))
    with pytest.raises(ValueError, match="layers" if field == "num_hidden_layers" else field) as caught:
        _load(folder)
    assert "\n" not in str(caught.value)


def _tokens(folder, **files):
    for name, values in files.items():
        (folder / f"{name}.json").write_text(json.dumps(values))
    return _load(folder).tokenizer.tokens("Hé")


def test_a_cased_model_reads_capitals(folder):
    """As its tokenizer says; where nothing says it, as its vocabulary shows."""
    assert _tokens(folder) == ["he"]
    assert _tokens(folder, tokenizer_config={"do_lower_case": False}) == ["[UNK]"]
    assert _tokens(folder, tokenizer_config={"do_lower_case": True}) == ["he"]
    assert _tokens(folder, tokenizer_config={}, tokenizer={"normalizer": {"lowercase": False}}) == ["[UNK]"]
    (folder / "tokenizer.json").unlink()
    (folder / "vocab.txt").write_text("\n".join([*PIECES[:-1], "Hé"]) + "\n", encoding="utf-8")
    assert _tokens(folder, tokenizer_config={"do_lower_case": None}) == ["Hé"]


@pytest.mark.parametrize(
    ("config", "normaliser", "said"),
    [
        ({"do_lower_case": True}, {"lowercase": False}, "differ in whether text is lowered"),
        ({"do_lower_case": "no"}, {}, "do_lower_case is 'no', and true or false or nothing is wanted"),
        ({"do_lower_case": True, "strip_accents": False}, {}, "strip_accents is False"),
        ({"tokenize_chinese_chars": False}, {}, "tokenize_chinese_chars is False"),
        ({}, {"handle_chinese_chars": False}, "handle_chinese_chars is False"),
    ],
)
def test_what_the_tokenizer_cannot_do_is_refused(folder, config, normaliser, said):
    """A flag of BERT's tokenizer that ours does not follow."""
    with pytest.raises(ValueError, match=said):
        _tokens(folder, tokenizer_config=config, tokenizer={"normalizer": normaliser})
