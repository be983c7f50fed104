"""Text in pieces: the ids of the whole, whatever the cuts, in memory that the length leaves alone."""

import subprocess
import sys
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tfm.text import door, stream
from tfm.text.bpe import BPE
from tfm.text.bpe_training import count_words
from tfm.text.patterns import CL100K_SPLIT, GPT2_SPLIT, O200K_SPLIT, compiled
from tfm.text.special import SpecialTokens
from tfm.text.stream import NO_SPECIAL, SEAM, stream_parts
from tfm.text.tiktoken_bridge import get_encoding

LOOKS_BEHIND = r"\b\w{3}|\s+$|(?s:.)"
LOOKS_AHEAD = r"aa(?=b)|a+(?!\S\S)|\s*[\r\n]+|(?s:.)"
PATTERNS = (GPT2_SPLIT, CL100K_SPLIT, O200K_SPLIT, LOOKS_BEHIND, LOOKS_AHEAD)
NAMES = ("<|end|>", "<|end|>x", "x")
ODD = [*"abB12'/!_。，月é", "\u0301", "😀", "\u200d", "\u2028", "\x85", "\x1c", "\u00a0", "ſ", "ǅ", "’"]
ODD += [" ", "  ", "\n", "\r\n", "\n\n", "\t", "\f", "'s", "'RE", *NAMES, "<|end", "|>"]
TEXTS = st.lists(st.sampled_from(ODD), max_size=50).map("".join)
CUTS = st.lists(st.integers(0, 120), max_size=30)


def tokenizer(pattern):
    """A small vocabulary with special tokens."""
    return BPE([(97, 97), (32, 97), (10, 10), (32, 32), (256, 98)], pattern=pattern, special_tokens=NAMES)


BPES = {pattern: tokenizer(pattern) for pattern in PATTERNS}


def pieces(text, cuts):
    """Cut a text at the given places."""
    places = sorted({0, len(text), *(c for c in cuts if c < len(text))})
    return [text[a:b] for a, b in pairwise(places)]


@pytest.fixture
def small_pieces(monkeypatch):
    """Make the stream look at a few characters at a time."""
    monkeypatch.setattr(stream, "PIECE", 3)


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.usefixtures("small_pieces")
def test_pieces_give_the_ids_of_the_whole(pattern):
    """Wherever a text of odd characters is cut, and whatever pattern cuts the words, the ids are the same."""
    bpe = BPES[pattern]

    @settings(max_examples=150, deadline=None)
    @given(TEXTS, CUTS)
    def agrees(text, cuts):
        streamed = list(bpe.encode_iterable(pieces(text, cuts), allowed_special="all"))
        assert streamed == bpe.encode(text, allowed_special="all")

    agrees()


@pytest.mark.parametrize("name", ["gpt2", "cl100k_base", "o200k_base"])
def test_what_lies_between_seams_is_encoded_by_itself(name):
    """Of GPT's vocabularies too: a text cut at every seam has the ids of the whole."""
    encoding = get_encoding(name)

    @settings(max_examples=300, deadline=None)
    @given(TEXTS)
    def agrees(text):
        places = [match.start() for match in SEAM.finditer(text)]
        parts = [text[a:b] for a, b in pairwise([0, *places, len(text)])]
        assert [i for part in parts for i in encoding.encode_ordinary(part)] == encoding.encode_ordinary(text)

    agrees()


@pytest.mark.parametrize("word", ["a", "月", "!\n", " ", "'"])
@pytest.mark.parametrize("pattern", [GPT2_SPLIT, O200K_SPLIT])
@pytest.mark.usefixtures("small_pieces")
def test_one_endless_word(word, pattern):
    """A word of many blocks, which no seam divides, has the ids of the whole."""
    text = word * 5_000
    assert list(BPES[pattern].encode_iterable(pieces(text, range(0, 5_000, 7)))) == BPES[pattern].encode(text)


MEASURED = """
import sys, tracemalloc
import tfm.text.bpe_words
from tfm.text import stream
from tfm.text.bpe import BPE

stream.PIECE, tfm.text.bpe_words.MOST_WORDS = 1 << 11, 100
bpe = BPE([(97, 97), (32, 97), (10, 10), (32, 32), (256, 98)], pattern=sys.argv[1], special_tokens=sys.argv[2:])
tracemalloc.start()
for n in (500, 500, 4_000):  # the first makes what is made once
    tracemalloc.clear_traces()
    lines = (f"line {i % 50}, a word or two \u2014 \u4e09\u767e\u9996\u3002\\r\\n\\n" for i in range(n))
    assert sum(1 for _ in bpe.encode_iterable(lines)) > n
    print(tracemalloc.get_traced_memory()[1])
"""


@pytest.mark.parametrize("pattern", [GPT2_SPLIT, LOOKS_AHEAD])
def test_memory_does_not_grow_with_the_text(pattern):
    """Eight times the text is read in the same memory, with seams and without, where nobody else takes any."""
    ran = subprocess.run(
        [sys.executable, "-c", MEASURED, pattern, *NAMES],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
    )
    _, few, many = map(int, ran.stdout.split())
    assert many < 1.3 * few + 20_000


def test_a_special_token_over_an_edge_is_one():
    """A name that begins in one piece and ends in the third counts once; the longer of two names wins."""
    bpe = BPES[GPT2_SPLIT]
    parts = ["one<|e", "nd", "|>", "x two<|end|", ">"]
    ids = list(bpe.encode_iterable(parts, allowed_special="all"))
    assert [i for i in ids if i >= 256 + 5] == [bpe.special_tokens["<|end|>x"], bpe.special_tokens["<|end|>"]]


@pytest.mark.usefixtures("small_pieces", "as_a_reader_calls_it")
def test_faults_are_named_at_their_place_in_the_whole():
    """A special token that is not allowed, half a surrogate pair, and what a pattern leaves out."""
    bpe = BPES[GPT2_SPLIT]
    with pytest.raises(ValueError, match=r"holds the special token '<\|end\|>' at character 103: allow it"):
        list(bpe.encode_iterable(["some words " * 9, "abcd<|en", "d|> more"]))
    with pytest.raises(ValueError, match=r"character 13 of the text is half a surrogate pair"):
        list(bpe.encode_iterable(["eleven text", " a\ud83d"]))
    with pytest.raises(TypeError, match="a tokenizer reads text, and this is bytes"):
        list(bpe.encode_iterable(["a", b"b"]))
    with pytest.raises(ValueError, match="'never' is no special token"):
        list(bpe.encode_iterable(["a"], allowed_special={"never"}))


@pytest.mark.usefixtures("small_pieces")
def test_what_a_pattern_leaves_out_is_said_before_the_end():
    """A stream without end is not waited for when a character can never be cut."""

    def for_ever():
        while True:
            yield "ab ab "

    with pytest.raises(ValueError, match=r"the split pattern leaves out ' '"):
        list(BPE([], pattern=r"\w+").encode_iterable(for_ever()))


def test_a_file_is_read_through_the_door(tmp_path):
    """Of a file's path the byte order mark and the carriage returns are dropped."""
    path = tmp_path / "text.txt"
    path.write_bytes(b"\xef\xbb\xbf" + "one\r\n\r\ntwo 月\r".encode() * 3)
    bpe = BPES[CL100K_SPLIT]
    assert bpe.decode(bpe.encode_iterable(path)) == "one\n\ntwo 月\n" * 3


TALE = "It's a tale, a tall tale<|end|>  told in 1234 lines\r\n\r\nof a 三百首 poem … " * 40


@pytest.mark.usefixtures("small_pieces")
def test_training_from_files_learns_what_the_whole_text_teaches(tmp_path, monkeypatch):
    """Merges from a file, and from two files as from two pieces, are those from memory; special tokens cut."""
    monkeypatch.setattr(door, "PIECE", 5)
    path, other = tmp_path / "tale.txt", tmp_path / "other.txt"
    path.write_bytes(TALE.encode())
    other.write_text("another tail")
    text = TALE.replace("\r\n", "\n")
    learn = {"vocab_size": 330, "special_tokens": ["<|end|>"]}
    assert BPE.train(path, **learn).merges == BPE.train(text, **learn).merges
    whole = [*text.split("<|end|>"), "another tail"]
    assert BPE.train([path, other], **learn).merges == BPE.train(whole, **learn).merges


def test_rare_words_are_forgotten_where_memory_is_bounded():
    """With room for few words the frequent ones are counted, and the table stays small."""
    texts = [f"often again rare{chr(97 + i % 26)}{chr(97 + i // 26)} " * 2 for i in range(600)]
    counts = count_words(texts, compiled(GPT2_SPLIT), NO_SPECIAL, 50)
    assert len(counts) <= 50
    assert counts[" again"] == 1_200


def test_thousands_of_special_tokens_are_looked_up(monkeypatch):
    """Names are compared a few times each, not each with all others."""
    compared = 0

    class Name(str):
        __slots__ = ()

        def __eq__(self, other):
            nonlocal compared
            compared += 1
            return str.__eq__(self, other)

        __hash__ = str.__hash__

    names = [Name(f"<|reserved_{i}|>") for i in range(3_000)]
    special = SpecialTokens(names, first_id=256)
    assert special.parts("a<|reserved_2999|>b<|reserved_1|>") == [
        "a",
        "<|reserved_2999|>",
        "b",
        "<|reserved_1|>",
        "",
    ]
    assert compared < 10 * len(names)


@pytest.mark.usefixtures("small_pieces")
def test_all_kinds_of_parts_occur():
    """Seams, words and special tokens: the tests above go through each."""
    found = {
        kind
        for kind, _ in stream_parts(
            [TALE, "a" * 99, TALE], compiled(O200K_SPLIT), SpecialTokens(["<|end|>"], first_id=256)
        )
    }
    assert found == {"text", "words", "special"}
