"""GPT's vocabularies that the course brings along: tiktoken's own, without a network."""

import needs
import pytest
import tiktoken
from tiktoken_ext import openai_public

from tfm.assets.vocabularies import build_vocabularies
from tfm.text import tiktoken_bridge
from tfm.text.tiktoken_bridge import VOCABULARIES, get_encoding, unpack

LARGEST = 1_500_000  # bytes of all three lists, packed
ODD = "It's 12345 naïve dogs.  我是学生 👩‍👩‍👧 \r\n\tdef f(x):\n\n    return x  <|endoftext|>  "


@pytest.mark.parametrize("name", VOCABULARIES)
def test_it_is_what_tiktoken_would_load(name, monkeypatch):
    """Pattern, special tokens and the checksum of the file are those of tiktoken's own constructor."""
    asked = []
    monkeypatch.setattr(
        openai_public, "load_tiktoken_bpe", lambda _, expected_hash: asked.append(expected_hash)
    )
    monkeypatch.setattr(openai_public, "data_gym_to_mergeable_bpe_ranks", lambda **_: None)
    theirs = openai_public.ENCODING_CONSTRUCTORS[name]()
    ours = get_encoding(name)
    assert asked in ([VOCABULARIES[name].sha256], [])  # of GPT-2's list tiktoken reads an older file
    assert (ours.name, ours._pat_str, ours._special_tokens) == (
        name,
        theirs["pat_str"],
        theirs["special_tokens"],
    )


def test_lists_of_known_sizes():
    """50,257, 100,277 and 200,019 ids, as published."""
    assert [get_encoding(name).n_vocab for name in needs.TIKTOKENS] == [50_257, 100_277, 200_019]


@pytest.mark.parametrize("name", needs.TIKTOKENS)
def test_the_same_tokens_and_ids_as_tiktokens(name):
    """Every token has tiktoken's id, and a text with signs of all kinds becomes the same ids."""
    ours, theirs = get_encoding(name), needs.vocabulary(name)
    assert ours._mergeable_ranks == theirs._mergeable_ranks
    assert ours.encode(ODD, allowed_special="all") == theirs.encode(ODD, allowed_special="all")


def test_no_network_is_asked(monkeypatch):
    """With tiktoken's reader out of order the vocabulary is there, and each call gives the same object."""
    monkeypatch.setattr(tiktoken.load, "read_file", lambda _: pytest.fail("the network was asked"))
    get_encoding.cache_clear()
    assert get_encoding("gpt2").encode("hello world") == [31373, 995]
    assert get_encoding("gpt2") is get_encoding("gpt2")


def test_the_lists_are_small():
    """All three together need less than 1.5 MB."""
    sizes = [path.stat().st_size for path in _folder().glob("*.xz")]
    assert len(sizes) == 3
    assert sum(sizes) < LARGEST
    assert "OpenAI" in (_folder() / "LICENSE.txt").read_text()


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: data[:-20],
        lambda data: b"",
        lambda data: data[:1000] + b"x" + data[1001:],
        lambda data: data[:0] + b"z" * 99,
    ],
    ids=["cut short", "empty", "a byte changed", "something else"],
)
def test_a_damaged_list_is_never_used(spoil, tmp_path, monkeypatch):
    """One sentence names the file and the cure."""
    folder = tmp_path / "assets" / "vocabularies"
    folder.mkdir(parents=True)
    (folder / "gpt2.xz").write_bytes(spoil((_folder() / "gpt2.xz").read_bytes()))
    monkeypatch.setattr(tiktoken_bridge, "files", lambda _: tmp_path)
    get_encoding.cache_clear()
    with pytest.raises(ValueError, match=r"gpt2\.xz is damaged: install the course anew"):
        get_encoding("gpt2")


def test_an_unknown_name_is_told_the_known_ones():
    """A misspelt name gets the list of those there are."""
    with pytest.raises(
        ValueError, match="no vocabulary is called 'gtp2': choose one of gpt2, r50k_base, cl100k"
    ):
        get_encoding("gtp2")


def test_the_build_gives_the_lists_again(tmp_path, capsys):
    """Packed anew from tiktoken's files, the lists hold the same tokens."""
    for name in needs.TIKTOKENS:
        needs.vocabulary(name)
    build_vocabularies(tmp_path)
    assert "gpt2.xz: 50256 tokens" in capsys.readouterr().out
    for path in tmp_path.glob("*.xz"):
        assert unpack(path.read_bytes()) == unpack((_folder() / path.name).read_bytes())


def _folder():
    return tiktoken_bridge.files("tfm") / "assets" / "vocabularies"
