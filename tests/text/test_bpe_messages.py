"""What BPE says when something is wrong: one sentence with the rule, the value and the cure."""

import pytest

from tfm.text.bpe import BPE
from tfm.text.patterns import GPT2_SPLIT

SPECIAL = "<|endoftext|>"
BYTES = {bytes([i]): i for i in range(256)}


@pytest.fixture
def bpe():
    """A small vocabulary with a special token: 256 bytes, 4 merges, and id 260."""
    return BPE.train("low lower lowest", 261, special_tokens=[SPECIAL])


@pytest.mark.parametrize(
    ("size", "special", "sentence"),
    [
        (
            255,
            [],
            r"vocab_size \(255\) must be a whole number from 256 to 1114111, for there are 256 bytes and 0",
        ),
        (
            257,
            ["a", "b"],
            r"vocab_size \(257\) must be a whole number from 258 to 1114111, .* and 2 special tokens: try 514",
        ),
        (2_000_000, [], r"vocab_size \(2000000\) must be a whole number from 256 to 1114111"),
    ],
)
def test_a_vocabulary_of_impossible_size(size, special, sentence):
    """Training for fewer tokens than there are bytes and special tokens is refused with the least size."""
    with pytest.raises(ValueError, match=sentence):
        BPE.train("some text", size, special_tokens=special)


@pytest.mark.parametrize("allowed", [frozenset(), {"<|pad|>"}])
def test_a_special_token_that_is_not_allowed(allowed):
    """Text that holds a special token is refused with its name, its place and both ways out."""
    bpe = BPE.train("low", 260, special_tokens=[SPECIAL, "<|pad|>"])
    with pytest.raises(ValueError) as caught:
        bpe.encode(f"low {SPECIAL}", allowed_special=allowed)
    assert str(caught.value) == (
        "the text holds the special token '<|endoftext|>' at character 4: allow it with "
        "allowed_special={'<|endoftext|>'}, or read it as plain text with encode_ordinary"
    )
    assert bpe.decode(bpe.encode_ordinary(f"low {SPECIAL}")) == f"low {SPECIAL}"


def test_allowing_what_is_no_special_token(bpe):
    """A misspelt name is not silently allowed; nor is one where the vocabulary has none."""
    with pytest.raises(
        ValueError, match=r"'<\|end\|>' is no special token of this vocabulary: it has '<\|endof"
    ):
        bpe.encode("low", allowed_special={"<|end|>"})
    with pytest.raises(ValueError, match=r"'<\|end\|>' is no special token of this vocabulary: it has none"):
        BPE([]).encode("low", allowed_special={"<|end|>"})


@pytest.mark.usefixtures("as_a_reader_calls_it")
def test_what_is_of_the_wrong_kind(bpe):
    """One name instead of a set, one string instead of names, bytes instead of text, text instead of ids."""
    with pytest.raises(
        TypeError, match=r"allowed_special must be \"all\" or a set of names: pass {'<\|pad\|>'}"
    ):
        bpe.encode("low", allowed_special="<|pad|>")
    with pytest.raises(
        TypeError, match=r"special_tokens must be a list of names, not one string: pass \['<\|e"
    ):
        BPE.train("low", 300, special_tokens=SPECIAL)
    with pytest.raises(TypeError, match="a tokenizer reads text, and this is bytes: pass one string"):
        bpe.encode(b"low")
    with pytest.raises(TypeError, match="a tokenizer reads text, and this is int: pass one string"):
        BPE.train([1, 2], 300)
    with pytest.raises(ValueError, match=r"vocab_size \('300'\) must be a whole number from 256"):
        BPE.train("low", "300")
    for ids in ("low", [1.5], 3):
        with pytest.raises(
            TypeError, match=r"ids are a list of whole numbers, and here .*: pass such a list"
        ):
            bpe.decode(ids)


@pytest.mark.parametrize("text", ["\ud83d", "low \udc00 lower"])
def test_half_a_surrogate_pair(bpe, text):
    """What is no character is refused, in encoding and in training, with its place."""
    with pytest.raises(ValueError, match=r"character \d of the text is half a surrogate pair \(U\+D"):
        bpe.encode(text)
    with pytest.raises(ValueError, match=r"character \d of the text is half a surrogate pair \(U\+D"):
        BPE.train(["fine", text], 300)


def test_ids_outside_the_vocabulary(bpe):
    """An id that is nothing is named with the range; one in a gap below the special tokens too."""
    for bad in (-1, 261, 10**30):
        with pytest.raises(ValueError, match=f"the id {bad} is outside the vocabulary: ids go from 0 to 260"):
            bpe.decode([97, bad])
    with pytest.raises(ValueError, match="the id 261 is outside the vocabulary: ids go from 0 to 260"):
        bpe.token_bytes(261)
    gap = BPE.from_ranks(BYTES, GPT2_SPLIT, {SPECIAL: 300})
    with pytest.raises(ValueError, match="the id 299 stands for nothing in this vocabulary: drop it"):
        gap.decode([299])
    assert gap.n_vocab == 301


def test_bytes_that_are_no_text(bpe):
    """Half a character becomes �, or with errors='strict' a sentence with the byte and its place."""
    ids = bpe.encode("low 我")[:-1]
    assert bpe.decode(ids) == "low �"
    assert bpe.decode_bytes(ids) == "low 我".encode()[:-1]
    with pytest.raises(ValueError, match=r"byte 4 of the decoded text \(0xE6\) is not valid UTF-8, as when"):
        bpe.decode(ids, errors="strict")


@pytest.mark.parametrize(
    ("special", "sentence"),
    [
        ([""], "a special token needs a name, and one is empty"),
        (["<|a|>", "<|a|>"], r"the special token '<\|a\|>' stands twice: give each name once"),
        (
            {"<|a|>": 97},
            r"the special token '<\|a\|>' cannot have the id 97, which another token has: take 256",
        ),
        ({"<|a|>": 300, "<|b|>": 300}, r"'<\|b\|>' cannot have the id 300, which another token has"),
    ],
)
def test_special_tokens_that_will_not_do(special, sentence):
    """A special token without a name, twice, or with the id of another, is refused."""
    with pytest.raises(ValueError, match=sentence):
        BPE([], special_tokens=special)


@pytest.mark.parametrize(
    ("merges", "sentence"),
    [
        ([(97, 256)], r"merge 0 is \(97, 256\), and only ids 0 to 255 are there by then: mend it"),
        ([(97, 98), (-1, 98)], r"merge 1 is \(-1, 98\), and only ids 0 to 256"),
        ([(97, 98), (97, 98)], "merge 1 makes b'ab', which is a token already: drop it"),
        ([(97, 98), (98, 99), (256, 99), (97, 257)], "merge 3 makes b'abc', which is a token already"),
    ],
)
def test_merges_that_will_not_do(merges, sentence):
    """A merge of what is not there yet, or one that makes a token again, is refused."""
    with pytest.raises(ValueError, match=sentence):
        BPE(merges)


def test_a_token_that_is_never_made():
    """Merges that were made up may never apply; then tiktoken would encode otherwise, and is not handed them."""
    bpe = BPE([(98, 99), (97, 98), (257, 99)])
    assert bpe.encode("abc") == [97, 256]
    with pytest.raises(
        ValueError, match=r"the token 258 \(b'abc'\) is never made, for other merges take its"
    ):
        bpe.to_tiktoken("made up")


@pytest.mark.parametrize(
    ("ranks", "sentence"),
    [
        (BYTES | {b"ab": 300}, "the ranks of 257 tokens must be 0 to 256: number them so"),
        ({b"a": 0}, "ranks 0 to 255 must be the 256 single bytes: put them first"),
        (
            BYTES | {b"abc": 256},
            "the token b'abc' of rank 256 is merged from 3 earlier ones, where BPE merges two",
        ),
    ],
)
def test_ranks_that_are_no_bpe(ranks, sentence):
    """Ranks with a gap, without some byte, or with a token out of nowhere, are refused."""
    with pytest.raises(ValueError, match=sentence):
        BPE.from_ranks(ranks, GPT2_SPLIT)


def test_a_pattern_that_tiktoken_does_not_know():
    """What only the `regex` library understands trains and encodes here, but cannot be handed on."""
    bpe = BPE.train("low lower", 258, pattern=r"\X")
    assert bpe.decode(bpe.encode("low")) == "low"
    with pytest.raises(
        ValueError, match=r"tiktoken's engine does not know the split pattern .*: take one of"
    ):
        bpe.to_tiktoken("clusters")


def test_a_byte_order_without_some_byte():
    """An order of bytes must have all of them."""
    with pytest.raises(
        ValueError, match="byte_order holds 1 different bytes: it must hold all 256, each once"
    ):
        BPE([], byte_order=bytes(256))


@pytest.mark.parametrize("n", [-1, 5])
def test_more_merges_than_there_are(bpe, n):
    """Asked for merges that it has not, a vocabulary says how many there are."""
    with pytest.raises(
        ValueError, match=rf"n_merges \({n}\) must be a whole number from 0 to 4, the merges there are"
    ):
        bpe.first(n)
