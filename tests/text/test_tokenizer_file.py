"""Tokenizers as files: each kind comes back with the same ids, and damage is found."""

import json

import pytest

from tfm.text.bpe import BPE
from tfm.text.byte_level import ByteVocabulary
from tfm.text.characters import CharacterVocabulary
from tfm.text.tiktoken_bridge import get_encoding
from tfm.text.tokenizer_file import Tokenizer, fingerprint, load_tokenizer, save_tokenizer

TEXT = 'low lower 我 \n\t"\\ 😀 é'
TOKENIZERS = {
    "characters": CharacterVocabulary(TEXT),
    "bytes": ByteVocabulary(),
    "bpe": BPE.train(TEXT * 3, 270, special_tokens=["<|end|>"]),
}


@pytest.mark.parametrize("kind", TOKENIZERS)
def test_it_comes_back_with_the_same_ids(tmp_path, kind):
    """Saved and loaded, it cuts a text as before and has the same fingerprint."""
    tokenizer = TOKENIZERS[kind]
    save_tokenizer(tokenizer, tmp_path / "t.json")
    again = load_tokenizer(tmp_path / "t.json")
    assert type(again) is type(tokenizer)
    assert isinstance(again, Tokenizer)
    assert again.encode(TEXT) == tokenizer.encode(TEXT)
    assert again.n_vocab == tokenizer.n_vocab
    assert fingerprint(again) == fingerprint(tokenizer)


def test_a_vocabulary_of_gpt_is_kept_by_name(tmp_path):
    """The file of gpt2 holds its name alone, and loading takes the rest from the course."""
    save_tokenizer(get_encoding("gpt2"), tmp_path / "t.json")
    assert json.loads((tmp_path / "t.json").read_text())["name"] == "gpt2"
    assert load_tokenizer(tmp_path / "t.json").encode("Hello world") == [15496, 995]


def test_fingerprints_tell_tokenizers_apart():
    """Another character, another merge, another special token: each has a fingerprint of its own."""
    merged = [BPE([(97, 98)]), BPE([(97, 99)]), BPE([(97, 98)], special_tokens=["<|end|>"])]
    others = [CharacterVocabulary("ab"), CharacterVocabulary("ac"), ByteVocabulary(), *merged]
    assert len({fingerprint(tokenizer) for tokenizer in others}) == len(others)


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda text: text.replace("l", "q", 1), "is no tokenizer|is damaged"),
        (lambda text: text.replace("我", "你"), "its checksum does not fit"),
        (lambda text: text[:-5], "is damaged or not a tokenizer"),
        (lambda text: "", "is damaged or not a tokenizer"),
        (lambda text: "[1, 2]", "it holds no object, but a list"),
        (lambda text: '{"format": "hf"}', "is no tokenizer of the formats"),
    ],
)
def test_damage_gets_one_sentence(tmp_path, spoil, sentence):
    """A changed character, a cut file, an empty one and other people's JSON are each named."""
    path = tmp_path / "t.json"
    save_tokenizer(TOKENIZERS["characters"], path)
    path.write_text(spoil(path.read_text(encoding="utf-8")), encoding="utf-8")
    with pytest.raises(ValueError, match=sentence):
        load_tokenizer(path)


def test_another_kind_of_tokenizer_is_refused(tmp_path, as_a_reader_calls_it):
    """What has no file format gets a sentence that lists what has."""
    import tiktoken

    own = tiktoken.Encoding("own", pat_str=r"\w+", mergeable_ranks={b"a": 0}, special_tokens={})
    with pytest.raises(TypeError, match="a Encoding cannot be written as a tokenizer file: pass a Character"):
        save_tokenizer(own, tmp_path / "t.json")
    assert not (tmp_path / "t.json").exists()
