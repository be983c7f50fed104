"""The course's texts and pairs: the real files through the real loaders, and files that are no text."""

import needs
import pytest

from tfm.data import corpora
from tfm.data.corpora import Corpus, load_corpus, load_pairs


def test_the_manual_is_on_every_disk_and_repeats_nothing():
    """The manual needs no network, and none of its paragraphs stands twice."""
    text = load_corpus("manual").text
    paragraphs = [p for p in text.removesuffix("\n").split("\n\n") if p.strip()]
    assert len(text) > 300_000
    assert len(set(paragraphs)) == len(paragraphs)


def test_shakespeare_is_the_text_of_the_comparison():
    """65 characters, and nine tenths are the 1,003,854 that nanoGPT trains on."""
    needs.data("shakespeare")
    corpus = load_corpus("shakespeare")
    train, val = corpus.split()
    assert len(set(corpus.text)) == 65
    assert (len(train), len(val)) == (1_003_854, 111_540)
    assert train + val == corpus.text
    assert "Karpathy" in corpus.thanks


@pytest.mark.parametrize(
    ("name", "poems", "line"),
    [("tang300", 366, "白日依山盡，黃河入海流。"), ("song300", 280, "翠禽枝上消魂。")],
)
def test_poems_are_whole(name, poems, line):
    """Each poem stands once, with its title, and a known line is there; a blank line parts them."""
    needs.data(name)
    corpus = load_corpus(name)
    assert len(corpus.text.removesuffix("\n").split("\n\n")) == poems
    assert line in corpus.text.splitlines()
    assert "MIT" in corpus.thanks


def test_the_end_of_the_poems_is_like_their_beginning():
    """Old-style poems stand in both parts: the file's own order, sorted by form, would put them in one."""
    needs.data("tang300")
    for part in load_corpus("tang300").split():
        lines = [line for line in part.splitlines() if line]
        assert {12, 16} <= {len(line) for line in lines}, "both five- and seven-character verse"


def test_tatoeba_has_pairs_and_no_sentence_in_two_splits():
    """29,155 pairs; an English sentence stands in one split with all its translations."""
    needs.data("eng-cmn")
    splits = load_pairs("eng-cmn")
    assert sum(map(len, splits.values())) == 29_155
    english = {split: {pair[0] for pair in pairs} for split, pairs in splits.items()}
    assert len(english["val"]) == len(english["test"]) == corpora.EXAMINED
    assert not english["train"] & (english["val"] | english["test"])
    assert ("Hi.", "嗨。") in [pair for pairs in splits.values() for pair in pairs]


def test_tatoeba_names_its_authors():
    """The people of the third column, each once."""
    needs.data("eng-cmn")
    authors = corpora.tatoeba_authors()
    assert {"CM", "Martha", "musclegirlxyp"} <= set(authors)
    assert authors == sorted(set(authors))


def test_multi30k_has_its_three_splits():
    """29,000, 1,014 and 1,000 captions in two languages, none empty."""
    needs.data(*(f"multi30k-{part}-{lang}" for part in ("train", "val", "test") for lang in ("en", "de")))
    splits = load_pairs("multi30k")
    assert {split: len(pairs) for split, pairs in splits.items()} == {
        "train": 29_000,
        "val": 1_014,
        "test": 1_000,
    }
    assert all(all(pair) for pairs in splits.values() for pair in pairs)


def test_a_file_of_the_readers_own(tmp_path):
    """A text file is read as UTF-8, without a byte-order mark, with the line ends of Unix."""
    path = tmp_path / "poem.txt"
    path.write_bytes("\ufeff床前明月光\r\n疑是地上霜\r".encode())
    corpus = load_corpus(path)
    assert (corpus.name, corpus.text) == ("poem.txt", "床前明月光\n疑是地上霜\n")


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "is empty: put some text into it"),
        (b" \n\t\n", "is empty"),
        (b"caf\xe9 noir", r"is not UTF-8 but another encoding: byte 3 \(0xE9\)"),
        ("我".encode("utf-16"), r"is not UTF-8 but UTF-16: byte 0 \(0xFF\)"),
        ("ab我".encode()[:-1], r"is not UTF-8 .*: byte 2 \(0xE6\)"),
    ],
)
def test_a_file_that_is_no_text_gets_one_sentence(tmp_path, data, sentence):
    """An empty file, and bytes that are no UTF-8: the sentence names the file and the byte's position."""
    path = tmp_path / "own.txt"
    path.write_bytes(data)
    with pytest.raises(ValueError, match=rf"own\.txt {sentence}") as caught:
        load_corpus(path)
    assert "\n" not in str(caught.value)


def test_unknown_names_suggest_the_nearest(tmp_path):
    """A slip of the finger is answered with the name that was meant."""
    with pytest.raises(ValueError, match="did you mean 'tang300'"):
        load_corpus("tang30")
    with pytest.raises(ValueError, match="did you mean 'multi30k'"):
        load_pairs("multi30")
    with pytest.raises(ValueError, match="or the path of a text file"):
        load_corpus(tmp_path / "nowhere.txt")
    with pytest.raises(ValueError, match="no text is called"):
        load_corpus(tmp_path)


@pytest.mark.parametrize("share", [0, 1, -0.1, 1.5, float("nan")])
def test_a_share_that_is_none_gets_one_sentence(share):
    """Only a part between nothing and everything can be kept for judging."""
    with pytest.raises(ValueError, match="a share above 0 and below 1"):
        Corpus(name="x", text="0123456789", thanks="").split(share)


def test_a_text_of_one_character_cannot_be_cut():
    """It has no part to judge on."""
    with pytest.raises(ValueError, match="too few to cut in two"):
        Corpus(name="x", text="0", thanks="").split()
