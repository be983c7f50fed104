"""Files from elsewhere, changed at random: each is read as something that works, or refused with one sentence."""

import json
import random
import shutil

import pytest
import torch
from safetensors.torch import save_file

from tfm.models.bert import BertConfig, BertEncoder
from tfm.models.gpt import GPT
from tfm.models.gpt_config import GPTConfig
from tfm.pretrained import (
    bert_to_huggingface,
    load_encoder,
    load_gpt2,
    load_model,
    save_huggingface,
    save_model,
)
from tfm.pretrained.folder import SUMS
from tfm.pretrained.huggingface import write_config
from tfm.text import bpe_file
from tfm.text.bpe import BPE
from tfm.text.foreign_bpe import characters
from tfm.text.huggingface_tokenizer import read_tokenizer
from tfm.text.wordpiece import SPECIAL, WordPiece

IDS = torch.tensor([[1, 2, 3]])
WRONG = [
    None,
    True,
    -1,
    0,
    2.5,
    10**9,
    10**18,
    10**30,
    "",
    "5",
    "x" * 10_000,
    [],
    [[1]],
    {},
    {"a": 1},
    "\ud800",
    1e-300,
]
INDEX = "model.safetensors.index.json"


def _changed_value(values, rng):
    """Change one value somewhere inside."""
    inside = values
    while True:
        keys = list(inside) if isinstance(inside, dict) else list(range(len(inside)))
        key = rng.choice(keys)
        if isinstance(inside[key], dict | list) and inside[key] and rng.random() < 0.7:
            inside = inside[key]
            continue
        if rng.random() < 0.2:
            del inside[key]
        else:
            inside[key] = rng.choice(WRONG)
        return


def _spoilt(whole: bytes, rng: random.Random) -> bytes:
    """Change a value of a JSON file, or its bytes."""
    if whole.startswith(b"{") and rng.random() < 0.7:
        values = json.loads(whole)
        _changed_value(values, rng)
        if "sha256" in values and isinstance(values.get("merges"), list):
            values.pop("sha256")
            values["sha256"] = bpe_file._checksum(values)
        return json.dumps(values).encode()
    data = bytearray(whole)
    for _ in range(rng.randint(1, 4)):
        place, kind = rng.randrange(len(data)), rng.randrange(4)
        if kind == 0:
            data[place] = rng.randrange(256)
        elif kind == 1:
            del data[place:]
        elif kind == 2:
            data[place:place] = rng.choice(
                [b"[" * 5_000, b"\xff\xfe", b"9" * 5_000, b"\n\n", b"NaN", b"\x00"]
            )
        else:
            data[place:place] = data[max(0, place - 40) : place]
        if not data:
            return b""
    return bytes(data)


def _gpt2(folder):
    model = GPT(
        GPTConfig(vocab_size=11, context=8, d_model=8, n_layers=2, n_heads=2, feed_forward="gelu_tanh")
    )
    save_huggingface(folder, model)


def _in_parts(folder):
    _gpt2(folder)
    (folder / "model.safetensors").rename(folder / "a.safetensors")
    names = dict.fromkeys(load_names(folder / "a.safetensors"), "a.safetensors")
    (folder / INDEX).write_text(json.dumps({"metadata": {}, "weight_map": names}))


def load_names(file):
    """Name the tensors of a file."""
    from safetensors import safe_open

    with safe_open(file, "pt") as opened:
        return list(opened.keys())


def _own(folder):
    save_model(folder, GPT(GPTConfig(vocab_size=258, context=8, d_model=8, n_layers=1, n_heads=2)), _bpe())
    (folder / SUMS).unlink()


def _bpe():
    return BPE([(97, 98), (256, 99)])


def _encoder(folder):
    config = BertConfig(vocab_size=7, d_model=8, n_layers=1, n_heads=2, d_ff=16, max_positions=8)
    save_file(bert_to_huggingface(BertEncoder(config)), folder / "model.safetensors")
    write_config(config, folder / "config.json")
    (folder / "vocab.txt").write_text("\n".join([*SPECIAL, "a", "##b"]) + "\n", encoding="utf-8")


def _foreign(folder):
    values = {
        "added_tokens": [{"id": 0, "content": "<s>", "special": True, "normalized": False}],
        "normalizer": {"type": "NFC"},
        "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": False, "use_regex": True},
        "decoder": {"type": "ByteLevel"},
        "model": {
            "type": "BPE",
            "vocab": {c: i for i, c in enumerate(characters(), start=1)} | {"ab": 300},
            "merges": [["a", "b"]],
        },
    }
    (folder / "tokenizer.json").write_text(json.dumps(values))


def _reads_gpt2(folder):
    assert load_gpt2(folder)(IDS).shape[:2] == (1, 3)


def _reads_own(folder):
    model, tokenizer = load_model(folder)
    assert tokenizer.decode(tokenizer.encode("abc")) == "abc"
    assert model(IDS).shape == (1, 3, model.vocab_size)


def _reads_encoder(folder):
    load_encoder(folder, name="x", source="y").embed(["ab a"])


def _reads_foreign(folder):
    tokenizer = read_tokenizer(folder / "tokenizer.json")
    assert tokenizer.decode(tokenizer.encode("abc")) == "abc"


def _reads_vocab(folder):
    WordPiece.from_file(folder / "vocab.txt").encode("ab a")


KINDS = {
    "their config.json": (_gpt2, "config.json", _reads_gpt2),
    "their weights": (_gpt2, "model.safetensors", _reads_gpt2),
    "an index": (_in_parts, INDEX, _reads_gpt2),
    "our config.json": (_own, "config.json", _reads_own),
    "our weights": (_own, "model.safetensors", _reads_own),
    "our vocabulary": (_own, "tokenizer.json", _reads_own),
    "an encoder's config.json": (_encoder, "config.json", _reads_encoder),
    "an encoder's vocab.txt": (_encoder, "vocab.txt", _reads_encoder),
    "vocab.txt": (_encoder, "vocab.txt", _reads_vocab),
    "their tokenizer.json": (_foreign, "tokenizer.json", _reads_foreign),
}


def _hold(kind, folder, times, seed):
    make, name, read = KINDS[kind]
    make(folder)
    read(folder)
    whole, rng = (folder / name).read_bytes(), random.Random(f"{kind} {seed}")
    for i in range(times):
        (folder / name).write_bytes(_spoilt(whole, rng))
        try:
            read(folder)
        except (ValueError, OSError) as error:
            sentence = str(error)
            assert "\n" not in sentence.replace(str(folder), ""), (i, sentence)
            assert len(sentence) < 1_000 + len(str(folder)), (i, sentence)
    shutil.rmtree(folder)


@pytest.mark.parametrize("kind", KINDS)
def test_a_spoilt_file_is_read_or_refused(kind, tmp_path, as_a_reader_calls_it):
    """Thirty changes of each kind of file."""
    _hold(kind, tmp_path, 30, 0)


@pytest.mark.long
@pytest.mark.parametrize("kind", KINDS)
def test_five_hundred_spoilt_files(kind, tmp_path, as_a_reader_calls_it):
    """The same at length, within two gigabytes of memory."""
    resource = pytest.importorskip("resource", reason="only Unix counts a process's memory")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    _hold(kind, tmp_path, 500, 1)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 2 * 2**20  # kB


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"merges": [[97, 97], *([i, i] for i in range(256, 290))]}, "makes a token of 131,072 bytes"),
        ({"merges": [[97, 10**9]]}, "merge 0 must be two ids of older tokens"),
        ({"merges": [[97, True]]}, "merge 0 must be two ids"),
        ({"merges": [97]}, "merge 0 must be two ids"),
        ({"pattern": r"(?:\w+)+!"}, "repeats a group that repeats something"),
        ({"pattern": "a" * 20_000}, "the split pattern has 20,000 characters"),
        ({"special_tokens": {"x": 10**18}}, "the special token 'x' needs an id below"),
        ({"special_tokens": {"x": "y"}}, "the special token 'x' needs an id below"),
        ({"byte_order": "zz"}, "byte_order must be 256 bytes"),
    ],
)
def test_a_signed_vocabulary_cannot_fill_the_memory(tmp_path, change, said):
    """Merges that double, patterns that never end, ids without end: refused, though the checksum fits."""
    _bpe().save(tmp_path / "bpe.json")
    values = json.loads((tmp_path / "bpe.json").read_text()) | change
    values.pop("sha256")
    values["sha256"] = bpe_file._checksum(values)
    (tmp_path / "bpe.json").write_text(json.dumps(values))
    with pytest.raises(ValueError, match=said) as caught:
        BPE.load(tmp_path / "bpe.json")
    assert "bpe.json" in str(caught.value)
