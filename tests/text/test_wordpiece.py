"""WordPiece, held against the `tokenizers` library with MiniLM's own vocabulary and rules.

The library's tables of categories are those of Unicode 8.0; Python's are newer. So a mark, a punctuation sign
or a format character that Unicode added since may be treated differently, and five older characters whose
category was changed are. The strings below keep to characters that both know, and
`test_every_single_character` says what is left.
"""

import random
import unicodedata
from functools import cache
from itertools import islice

import needs
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, normalizers

from tfm.text import wordpiece
from tfm.text.wordpiece import SPECIAL, WordPiece

N_STRINGS = 10_000
# Their category changed after Unicode 8.0: a sign, two letters and two marks.
RECLASSIFIED = "\u166d\u1734\u1885\u1886\U000111c9"
NEW_KINDS = {"Mn", "Mc", "Po", "Pd", "Ps", "Pe", "Cf", "Cn"}
TOY = [*SPECIAL, "un", "##aff", "##able", "a", "##a", "!", "我", "cafe"]
# Ranges and lists that a generated string draws from; all were assigned by Unicode 8.0.
ALPHABETS = {
    "ascii": "".join(map(chr, range(0x20, 0x7F))),
    "control": "".join(map(chr, (*range(0x20), *range(0x7F, 0xA0)))) + "\u00ad\u200b\u200e\u2060\ufeff\ufffd",
    "space": " \t\n\r\v\f\u0085\u00a0\u1680\u2002\u2009\u2028\u2029\u202f\u205f\u3000",
    "accents": "àéîõüçñßøÅŠžİıſﬁÆœΣσςΆώЙёẞǅ",
    "marks": "aen" + "".join(map(chr, range(0x300, 0x36F))),
    "chinese": "".join(map(chr, (*range(0x4E00, 0x4E80), 0x3400, 0x20000, 0x2B740, 0x2B820, 0x2F800))),
    "japanese": "".join(map(chr, (*range(0x3041, 0x3097), *range(0x30A1, 0x30FB)))) + "。、「」ー日本語",
    "korean": "".join(map(chr, (*range(0xAC00, 0xAC40), *range(0x1100, 0x1110)))),
    "rtl": "".join(map(chr, (*range(0x5D0, 0x5EB), *range(0x621, 0x653)))) + "\u200f\u202b،؟ ",
    "hindi": "".join(map(chr, range(0x901, 0x940))),
    "emoji": "😀👍🏽❤\ufe0f👩\u200d💻👨\u200d👩\u200d👧🇩🇪🏳\u20e3☂",
    "punctuation": "“”‘’—…«»¿¡·§¶、。！？（）$+<=>^`|~#_-",
}
FRAGMENTS = (*SPECIAL, "##", "##ing", "[mask]", "[ MASK ]", "[[MASK]]", "Word")


@cache
def minilm():
    """Ours and theirs: (WordPiece, tokenizers.Tokenizer) of all-MiniLM-L6-v2."""
    folder = needs.minilm()
    if not (folder / "tokenizer.json").exists():
        pytest.skip(needs.MINILM)
    theirs = Tokenizer.from_file(str(folder / "tokenizer.json"))
    theirs.no_padding()
    theirs.no_truncation()
    return WordPiece.from_file(folder / "vocab.txt"), theirs


def generated(n, seed):
    """Strings of all kinds, the same for the same seed."""
    draw = random.Random(seed)
    for _ in range(n):
        parts = []
        for _ in range(draw.choice((0, 1, 1, 2, 3, 6))):
            kind = draw.random()
            if kind < 0.15:
                parts.append(draw.choice(FRAGMENTS))
            elif kind < 0.2:
                parts.append(draw.choice("aé我") * draw.choice((99, 100, 101, 300)))
            elif kind < 0.4:
                parts.append("".join(draw.choice("etaoinshrdlu") for _ in range(draw.randint(1, 12))))
            else:
                alphabet = ALPHABETS[draw.choice(list(ALPHABETS))]
                parts.append("".join(draw.choices(alphabet, k=draw.randint(1, 12))))
        yield draw.choice(("", " ", "\u3000")).join(parts)


def test_ten_thousand_strings_equal_the_library():
    """Ids, tokens and decoded text equal the library's on 10,000 strings of every script and kind."""
    ours, theirs = minilm()
    texts = list(islice(dict.fromkeys(generated(2 * N_STRINGS, seed=2019)), N_STRINGS))
    assert len(texts) == N_STRINGS
    for text, encoding in zip(texts, theirs.encode_batch(texts), strict=True):
        assert ours.encode(text) == encoding.ids, repr(text)
        assert ["[CLS]", *ours.tokens(text), "[SEP]"] == encoding.tokens, repr(text)
        assert ours.decode(encoding.ids) == theirs.decode(encoding.ids), repr(text)


def both_know(char):
    """Whether Python's tables and the library's agree on a character."""
    old = unicodedata.ucd_3_2_0.category(char) != "Cn"
    return (old or unicodedata.category(char) == "So") and char not in RECLASSIFIED


@settings(max_examples=300, deadline=None)
@given(st.text(st.one_of(st.characters(codec="utf-8").filter(both_know), st.sampled_from("a#[]MASK é我"))))
@example("[MASK][mask]##[UNK] ##ing")
@example("ΟΔΟΣ ΣΑΣ ς")
@example("İstanbul ǅ ﬁ ẞ")
def test_any_text_equals_the_library(text):
    """Whatever Hypothesis writes, our ids are the library's."""
    ours, theirs = minilm()
    assert ours.encode(text) == theirs.encode(text).ids


def test_every_single_character():
    """Only newer marks, punctuation, format characters, those Python does not know, and five more, differ."""
    _, theirs = minilm()

    def differs(chars):
        text = " ".join(f"a{char}b" for char in chars)
        split = theirs.pre_tokenizer.pre_tokenize_str(theirs.normalizer.normalize_str(text))
        return [word for word, _ in split] != wordpiece.words(text)

    chars = [chr(i) for i in (*range(0xD800), *range(0xE000, 0x30000), *range(0xE0000, 0xE0200))]
    groups = [chars[i : i + 64] for i in range(0, len(chars), 64)]
    different = [char for group in groups if differs(group) for char in group if differs(char)]
    for char in different:
        new = unicodedata.ucd_3_2_0.category(char) == "Cn"
        kind = unicodedata.category(char)
        assert char in RECLASSIFIED or (new and kind in NEW_KINDS), hex(ord(char))
    assert set(RECLASSIFIED) <= set(different)


def test_cased_vocabularies_keep_case_and_accents():
    """With lowercase=False, normalising does what the library's BERT normaliser does then."""
    theirs = normalizers.BertNormalizer(lowercase=False)
    for text in generated(500, seed=7):
        assert "".join(wordpiece.words(text, lowercase=False)) == "".join(
            c for c in theirs.normalize_str(text) if not c.isspace()
        )


def test_docstring_vocabulary_by_hand():
    """The longest piece comes first, and a word that cannot be cut to its end is unknown as a whole."""
    tokenizer = WordPiece(TOY)
    assert tokenizer.tokens("Unaffable café!") == ["un", "##aff", "##able", "cafe", "!"]
    assert tokenizer.tokens("unaffablex 我a") == ["[UNK]", "我", "a"]
    assert tokenizer.encode("") == [tokenizer.cls_id, tokenizer.sep_id]


@pytest.mark.parametrize(("length", "known"), [(100, True), (101, False)])
def test_words_over_one_hundred_characters_are_unknown(length, known):
    """A word of 100 characters is cut; one of 101 is [UNK]."""
    tokens = WordPiece(TOY).tokens("a" * length)
    assert tokens == (["a"] + ["##a"] * (length - 1) if known else ["[UNK]"])


def test_special_tokens_in_the_text():
    """A special token written in capitals is that token; in small letters it is text."""
    tokenizer = WordPiece(TOY)
    assert tokenizer.tokens("a[MASK]a") == ["a", "[MASK]", "a"]
    assert "[MASK]" not in tokenizer.tokens("[mask]")


def test_ids_and_special_ids():
    """Ids are positions in the vocabulary, and a mapping gives the same tokenizer as a list."""
    tokenizer = WordPiece({piece: i for i, piece in enumerate(TOY)})
    assert tokenizer.vocab == TOY
    assert len(tokenizer) == len(TOY)
    ids = (tokenizer.pad_id, tokenizer.unk_id, tokenizer.cls_id, tokenizer.sep_id, tokenizer.mask_id)
    assert ids == (0, 1, 2, 3, 4)


def test_vocabulary_files(tmp_path):
    """A vocab.txt gives one piece a line, with or without a last newline, whatever its white space."""
    for end in ("", "\n"):
        path = tmp_path / "vocab.txt"
        path.write_text("\n".join([*TOY, "\u2028"]) + end, encoding="utf-8", newline="\n")
        assert WordPiece.from_file(path).vocab == [*TOY, "\u2028"]


@pytest.mark.parametrize(
    ("vocab", "sentence"),
    [
        (["a"], r"the vocabulary has no \[PAD\]: add all of"),
        ([*TOY, "a"], "the piece 'a' stands twice"),
        ({**{p: i for i, p in enumerate(TOY)}, "gap": 99}, "the ids of 14 pieces must be 0 to 13, each once"),
    ],
)
def test_bad_vocabularies_get_a_sentence(vocab, sentence):
    """A vocabulary with a gap, a double or no special tokens is refused."""
    with pytest.raises(ValueError, match=sentence):
        WordPiece(vocab)


def test_half_a_surrogate_pair_gets_a_sentence():
    """A lone surrogate, which is no character, is refused with its place."""
    with pytest.raises(ValueError, match=r"character 2 of the text is half a surrogate pair \(U\+D83D\)"):
        WordPiece(TOY).encode("a \ud83d")


@pytest.mark.parametrize("bad", [-1, len(TOY)])
def test_decode_refuses_ids_outside(bad):
    """An id that is no piece's is refused with the range."""
    with pytest.raises(ValueError, match=f"the id {bad} is outside the vocabulary: ids go from 0 to 12"):
        WordPiece(TOY).decode([bad])


def test_decode_can_show_special_tokens():
    """Special tokens are left out unless asked for."""
    tokenizer = WordPiece(TOY)
    assert tokenizer.decode(tokenizer.encode("unaffable!")) == "unaffable!"
    assert tokenizer.decode(tokenizer.encode("a"), special=True) == "[CLS] a [SEP]"
