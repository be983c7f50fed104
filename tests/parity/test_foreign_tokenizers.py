"""Other people's tokenizer files: the ids of the `tokenizers` library, on odd texts of every kind."""

import json
import random

import pytest

from tfm.text.huggingface_tokenizer import read_tokenizer, read_vocabulary
from tfm.text.tokenizer_file import fingerprint, load_tokenizer, save_tokenizer

tokenizers = pytest.importorskip("tokenizers", reason="tokenizers is the peer here: pip install -e .[test]")

LLAMA3 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
TEXT = (
    "The cat sat; the cat's mat, naïve café 我喜欢北京。 12345 DON'T don't 😀😀 the theme then\n\n\t x  yy"
    * 3
)
ODD = [
    "",
    " ",
    "a\u0301e\u0301 \u1100\u1161\u11a8 각",
    "<s>x</s><|end|>  <tool><tool",
    "\r\n\r\n \t",
    "\x1c\x1d\x85\xa0 x\u2028",
    "ﬁ ①② ½ ٣٤ ſİ",
    "👩‍👩‍👧‍👦🇨🇳",
    "\u200b\ufeff\x00",
    "don't DON'T we'LL",
    "a" * 3_000,
    " " * 500 + "b",
    "<s\u0338>>\u0338",
]


def _split():
    cut = tokenizers.pre_tokenizers.Split(tokenizers.Regex(LLAMA3), "isolated")
    return tokenizers.pre_tokenizers.Sequence([cut, _bytes(use_regex=False)])


def _bytes(**more):
    return tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False, **more)


def _digits():
    return tokenizers.pre_tokenizers.Sequence([tokenizers.pre_tokenizers.Digits(True), _bytes()])


KINDS = {  # pre-tokenizer, normaliser, ignore_merges, special tokens in front
    "gpt2": (_bytes, None, False, []),
    "special in front": (_bytes, None, False, ["<s>", "</s>"]),
    "llama3": (_split, None, True, []),
    "qwen2": (_split, "NFC", False, ["<s>"]),
    "digits": (_digits, None, False, ["</s>"]),
}


def _trained(kind):
    cutter, normaliser, whole, front = KINDS[kind]
    peer = tokenizers.Tokenizer(tokenizers.models.BPE(ignore_merges=whole))
    peer.pre_tokenizer, peer.decoder = cutter(), tokenizers.decoders.ByteLevel()
    if normaliser:
        peer.normalizer = tokenizers.normalizers.NFC()
    alphabet = tokenizers.pre_tokenizers.ByteLevel.alphabet()
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=340, special_tokens=front, initial_alphabet=alphabet, show_progress=False
    )
    peer.train_from_iterator([TEXT], trainer)
    peer.add_special_tokens(["<|end|>"])
    peer.add_tokens([tokenizers.AddedToken("  "), tokenizers.AddedToken("<tool>", normalized=False)])
    return peer


@pytest.mark.parametrize("kind", KINDS)
def test_every_id_equals(kind, tmp_path):
    """Odd texts and random ones get their ids and give their text again, also after our own file."""
    peer = _trained(kind)
    peer.save(str(tmp_path / "tokenizer.json"))
    ours = load_tokenizer(tmp_path / "tokenizer.json")
    save_tokenizer(ours, tmp_path / "again.json")
    again = load_tokenizer(tmp_path / "again.json")
    assert ours.n_vocab == peer.get_vocab_size()
    assert fingerprint(again) == fingerprint(ours)
    rng = random.Random(0)
    signs = [*TEXT, "<s>", "<tool>", "<|end|>", "  ", "\u0301", "\u0338", ">", "\x85", "\u2028"]
    for text in ODD + ["".join(rng.choices(signs, k=rng.randint(1, 60))) for _ in range(100)]:
        ids = peer.encode(text, add_special_tokens=False).ids
        assert ours.encode(text, allowed_special="all") == ids, text
        assert again.encode(text, allowed_special="all") == ids, text
        assert ours.decode(ids) == peer.decode(ids, skip_special_tokens=False), text


def test_a_vocabulary_with_its_merges(tmp_path):
    """GPT-2's two files: the same ids, and what no merge makes is special."""
    peer = _trained("gpt2")
    model = json.loads(peer.to_str())["model"]
    vocab = model["vocab"] | {"<|endoftext|>": len(model["vocab"])}
    (tmp_path / "vocab.json").write_text(json.dumps(vocab), encoding="utf-8")
    lines = ["#version: 0.2", *(" ".join(pair) for pair in model["merges"])]
    (tmp_path / "merges.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    ours = read_vocabulary(tmp_path)
    assert ours.special_tokens == {"<|endoftext|>": len(vocab) - 1}
    for text in ("the cat", "naïve 12345\n\n x"):
        assert ours.encode(text) == peer.encode(text).ids
    with pytest.raises(ValueError, match="holds the special token"):
        ours.encode("a<|endoftext|>")


CHANGES = {
    "model.type": lambda v: v["model"].update(type="WordPiece"),
    "model.byte_fallback": lambda v: v["model"].update(byte_fallback=True),
    "model.dropout": lambda v: v["model"].update(dropout=0.1),
    "model.continuing_subword_prefix": lambda v: v["model"].update(continuing_subword_prefix="##"),
    "normalizer.type": lambda v: v.update(normalizer={"type": "Lowercase"}),
    "pre_tokenizer.type": lambda v: v.update(pre_tokenizer={"type": "Whitespace"}),
    "pre_tokenizer.add_prefix_space": lambda v: v["pre_tokenizer"].update(add_prefix_space=True),
    "decoder.type": lambda v: v.update(decoder={"type": "WordPiece"}),
    "truncation": lambda v: v.update(truncation={"max_length": 3}),
    "padding": lambda v: v.update(padding={"length": 3}),
    "lstrip": lambda v: v["added_tokens"][0].update(lstrip=True),
    "single_word": lambda v: v["added_tokens"][0].update(single_word=True),
    "the id": lambda v: v["model"]["vocab"].update(a=10**12),
    "stands for": lambda v: v["model"]["vocab"].update(a=v["model"]["vocab"]["b"]),
    "no token for the byte": lambda v: v["model"]["vocab"].pop("!"),
    "merge 0": lambda v: v["model"]["merges"].insert(0, ["q", "q"]),
    "two tokens with a space": lambda v: v["model"]["merges"].insert(0, "a b c"),
    "repeats a group": lambda v: v.update(
        pre_tokenizer={
            "type": "Sequence",
            "pretokenizers": [
                {
                    "type": "Split",
                    "pattern": {"Regex": r"(?:\\s+)+x"},
                    "behavior": "Isolated",
                    "invert": False,
                },
                {"type": "ByteLevel", "add_prefix_space": False, "use_regex": False},
            ],
        }
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_is_not_done_here_is_refused_by_name(tmp_path, name):
    """A normaliser, a cutter, a flag that we lack: one sentence with the file and the field."""
    path = tmp_path / "tokenizer.json"
    values = json.loads(_trained("gpt2").to_str())
    CHANGES[name](values)
    path.write_text(json.dumps(values))
    with pytest.raises(ValueError, match=name.replace(".", "[.]")) as caught:
        read_tokenizer(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
