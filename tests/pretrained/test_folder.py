"""A model as a folder: it comes back as it was, and what does not belong together gets one sentence."""

import hashlib
import json
import math

import pytest
import torch
from safetensors.torch import load_file, save_file

from tfm.models.gpt import GPT
from tfm.models.gpt_config import GPTConfig
from tfm.models.transformer import Transformer, TransformerConfig
from tfm.pretrained import load_model, save_model
from tfm.pretrained.folder import CONFIG, SUMS, TOKENIZER, TRAINING, WEIGHTS
from tfm.text.characters import CharacterVocabulary
from tfm.train.checkpoint import FORMAT, save_checkpoint

VOCABULARY = CharacterVocabulary("abcdefg")
SIZES = {"vocab_size": 7, "context": 8, "d_model": 8, "n_layers": 2, "n_heads": 2}
MODERN = {
    "positions": "rotary",
    "norm": "rms",
    "feed_forward": "swiglu",
    "n_kv_heads": 1,
    "qk_norm": True,
    "bias": False,
}


@pytest.mark.parametrize("fields", [{}, {"tied": False}, MODERN])
def test_a_gpt_comes_back(tmp_path, fields):
    """Same configuration, same weights, same logits, tied tables still one; in evaluation mode."""
    model = GPT(GPTConfig(**(SIZES | fields))).eval()
    assert save_model(tmp_path / "new" / "folder", model, VOCABULARY) == tmp_path / "new" / "folder"
    again, tokenizer = load_model(tmp_path / "new" / "folder")
    ids = torch.tensor([tokenizer.encode("badge")])
    assert torch.equal(again(ids), model(ids))
    assert again.config == model.config
    assert not again.training
    assert (again.tokens.weight is again.scores.weight) == model.config.tied


def test_a_transformer_comes_back(tmp_path):
    """The encoder–decoder too, with one table for both languages and the scores."""
    config = TransformerConfig(
        source_vocab_size=7, target_vocab_size=7, d_model=8, n_layers=1, n_heads=2, d_ff=16
    )
    model = Transformer(config).eval()
    save_model(tmp_path, model, VOCABULARY)
    again, _ = load_model(tmp_path)
    source, target = torch.tensor([[3, 4, 5]]), torch.tensor([[1, 2]])
    assert torch.equal(again(source, target), model(source, target))


def test_tied_tables_are_written_once(tmp_path):
    """A file holds no tensor twice, and one that does (another program's) is read as well."""
    model = GPT(GPTConfig(**SIZES))
    save_model(tmp_path, model, VOCABULARY)
    stored = load_file(tmp_path / WEIGHTS)
    assert ("tokens.weight" in stored, "scores.weight" in stored) == (True, False)
    save_file(stored | {"scores.weight": stored["tokens.weight"].clone()}, tmp_path / WEIGHTS)
    (tmp_path / SUMS).unlink()
    assert torch.equal(load_model(tmp_path)[0].scores.weight, model.scores.weight)


def test_others_may_read_it(tmp_path):
    """The weights' file has the permissions that its neighbours have."""
    save_model(tmp_path, GPT(GPTConfig(**SIZES)), VOCABULARY)
    assert {path.stat().st_mode & 0o444 for path in tmp_path.iterdir()} == {0o444}


def _cut(folder):
    data = (folder / WEIGHTS).read_bytes()
    (folder / WEIGHTS).write_bytes(data[: len(data) // 2])


def _change(folder, **fields):
    values = json.loads((folder / CONFIG).read_text())
    (folder / CONFIG).write_text(json.dumps(values | fields))


def _rename(folder):
    stored = load_file(folder / WEIGHTS)
    stored["norms.weight"] = stored.pop("norm.weight")
    save_file(stored, folder / WEIGHTS)


def _other_tokenizer(folder):
    save_model(folder / "other", GPT(GPTConfig(**SIZES)), CharacterVocabulary("abcdefghij"))
    (folder / "other" / TOKENIZER).replace(folder / TOKENIZER)


@pytest.mark.parametrize(
    ("damage", "kind", "sentence"),
    [
        (lambda f: (f / WEIGHTS).unlink(), FileNotFoundError, "model.safetensors is missing"),
        (lambda f: (f / TOKENIZER).unlink(), FileNotFoundError, "tokenizer.json is missing"),
        (lambda f: (f / CONFIG).unlink(), FileNotFoundError, "config.json is missing"),
        (_cut, ValueError, "model.safetensors is damaged or not a safetensors file"),
        (lambda f: (f / CONFIG).write_text("{"), ValueError, "config.json is damaged or not a model's"),
        (lambda f: (f / CONFIG).write_text("[1]"), ValueError, "config.json is damaged or not a model's"),
        (
            lambda f: _change(f, vocab_size="7"),
            ValueError,
            "in .*config.json, vocab_size is '7', and a whole",
        ),
        (lambda f: _change(f, context=2.5), ValueError, "context is 2.5, and a whole number is wanted"),
        (lambda f: _change(f, tied=1), ValueError, "tied is 1, and true or false is wanted"),
        (
            lambda f: _change(f, n_layers=10**9),
            ValueError,
            "n_layers .1000000000. must be at most 16,777,216",
        ),
        (
            lambda f: _change(f, n_layers=10**7),
            ValueError,
            "asks for 10,000,000 layers, and the weights have",
        ),
        (lambda f: _change(f, vocab_size=2**24), ValueError, "tokens.weight in .* is .7, 8. and"),
        (lambda f: _change(f, model="GTP"), ValueError, "did you mean 'GPT'"),
        (lambda f: _change(f, n_layer=3), ValueError, "did you mean 'n_layers'"),
        (lambda f: _change(f, n_layers=3), ValueError, "lacks layers.2"),
        (lambda f: _change(f, n_layers=1), ValueError, "has layers.1"),
        (
            lambda f: _change(f, d_ff=5),
            ValueError,
            r"feed_forward.up.weight in .* is \(32, 8\) and .*\(5, 8\)",
        ),
        (_rename, ValueError, "lacks norm.weight"),
        (_other_tokenizer, ValueError, "has 10 tokens and the model rows for 7"),
    ],
)
def test_what_does_not_belong_together_gets_a_sentence(tmp_path, damage, kind, sentence):
    """A missing, damaged or foreign file ends in one line that names the file and says what to do."""
    save_model(tmp_path, GPT(GPTConfig(**SIZES)), VOCABULARY)
    (tmp_path / SUMS).unlink()  # which would find most of it first
    damage(tmp_path)
    with pytest.raises(kind, match=sentence) as caught:
        load_model(tmp_path)
    assert "\n" not in str(caught.value)


def test_another_module_is_refused(tmp_path):
    """What is no model of the course cannot be read back, so it is not written."""
    with pytest.raises(
        TypeError, match="a Linear cannot be written as a folder: it is for GPT and Transformer"
    ):
        save_model(tmp_path / "x", torch.nn.Linear(2, 2), VOCABULARY)
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize("name", [WEIGHTS, CONFIG, TOKENIZER])
def test_every_flipped_byte_is_found(tmp_path, name):
    """Whichever file a byte of was changed in, the folder is refused; as it was written, it is read."""
    save_model(tmp_path, GPT(GPTConfig(**SIZES)), VOCABULARY)
    whole = (tmp_path / name).read_bytes()
    for place in range(0, len(whole), max(1, len(whole) // 25)):
        (tmp_path / name).write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(ValueError, match=f"{name} is not what was written, for its checksum is another"):
            load_model(tmp_path)
    (tmp_path / name).write_bytes(whole)
    load_model(tmp_path)


def test_the_sums_of_a_checkpoint_are_checked(tmp_path):
    """What training wrote of its files counts too; a folder that says nothing of sums is read as it is."""
    save_model(tmp_path, GPT(GPTConfig(**SIZES)), VOCABULARY)
    sums = json.loads((tmp_path / SUMS).read_text())["sha256"]
    (tmp_path / SUMS).unlink()
    load_model(tmp_path)
    (tmp_path / TRAINING).write_text('{"format": "other", "steps": 3}')
    load_model(tmp_path)
    run = {"best_loss": math.inf, "sha256": sums}  # inf: nothing was judged yet
    signed = {"format": FORMAT, "sha256": hashlib.sha256(json.dumps(run).encode()).hexdigest(), "run": run}
    (tmp_path / TRAINING).write_text(json.dumps(signed))
    load_model(tmp_path)
    for run in ({"sha256": sums | {WEIGHTS: "0" * 64}}, {"sha256": {}}, {}, None):  # not signed
        (tmp_path / TRAINING).write_text(json.dumps(signed | {"run": run}))
        with pytest.raises(ValueError, match=r"training\.json is damaged, for it is not what training wrote"):
            load_model(tmp_path)


def test_a_checkpoint_that_training_wrote_is_checked(tmp_path):
    """Of `step-…`: whichever file that a model is made of was changed, it is refused."""
    model = GPT(GPTConfig(**SIZES))
    save_model(tmp_path / "plain", model, VOCABULARY)
    about = {name: (tmp_path / "plain" / name).read_text() for name in (CONFIG, TOKENIZER)}
    step = save_checkpoint(tmp_path, 3, model.state_dict(), {"best_loss": math.inf}, about)
    load_model(step)
    for name in (WEIGHTS, CONFIG, TOKENIZER, TRAINING):
        whole = (step / name).read_bytes()
        place = whole.index(b"sha256") + 1 if name == TRAINING else len(whole) // 2
        (step / name).write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(ValueError, match=f"{name} is (not what was written|damaged)"):
            load_model(step)
        (step / name).write_bytes(whole)


def test_damaged_sums_get_a_sentence(tmp_path):
    """A file of sums that is none."""
    save_model(tmp_path, GPT(GPTConfig(**SIZES)), VOCABULARY)
    for text in ("", "[]", "{}", '{"format": "tfm-checksums-1", "sha256": 3}'):
        (tmp_path / SUMS).write_text(text)
        with pytest.raises(ValueError, match=r"checksums\.json is damaged or no"):
            load_model(tmp_path)


def test_whole_numbers_are_no_weights(tmp_path):
    """A quantised file is not taken for one of floats."""
    save_model(tmp_path, GPT(GPTConfig(**SIZES)), VOCABULARY)
    (tmp_path / SUMS).unlink()
    stored = load_file(tmp_path / WEIGHTS)
    save_file(stored | {"norm.weight": torch.ones(8, dtype=torch.int8)}, tmp_path / WEIGHTS)
    with pytest.raises(ValueError, match=r"norm\.weight as int8, and float16"):
        load_model(tmp_path)
