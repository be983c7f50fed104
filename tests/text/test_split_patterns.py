"""The split patterns: nothing is lost, the words are GPT's, and a pattern that will not do is told why."""

import unicodedata

import pytest
import regex
from hypothesis import example, given
from hypothesis import strategies as st

from tfm.text.bpe import BPE
from tfm.text.patterns import CL100K_SPLIT, GPT2_SPLIT, O200K_SPLIT, split

PATTERNS = {"gpt2": GPT2_SPLIT, "cl100k": CL100K_SPLIT, "o200k": O200K_SPLIT}
# As the encoder that came with GPT-2 writes it; ours is a faster spelling of the same.
AS_PUBLISHED = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
CONTEXTS = "a{0}b", "1{0}2", " {0} ", "'{0}!", "A{0}B", "\n{0}\n"
# Python's own tables; both regex engines have newer ones, which agree on what Python knows, but for one letter
# that Unicode moved from the small ones to those of neither case.
KNOWN = [chr(i) for i in range(0x30000) if unicodedata.category(chr(i)) not in {"Cs", "Cn", "Co"}]
KNOWN.remove("ʕ")
LETTERS = [c for c in KNOWN if unicodedata.category(c) == "Lo"]  # Chinese, Korean … : every twentieth will do
SEEN = [c for c in KNOWN if unicodedata.category(c) != "Lo"] + LETTERS[::20]


@given(st.text(), st.sampled_from(list(PATTERNS.values())))
@example("'S  \n\n  x\t\u3000 12345 don't I'LL 'ſ", CL100K_SPLIT)
def test_nothing_is_lost(text, pattern):
    """The words of any text, joined, are the text."""
    assert "".join(split(text, pattern)) == text


@given(st.text(st.sampled_from("ab AB'stlv1 \n\t.我é\u3000")))
def test_the_faster_spelling_is_gpt2s_pattern(text):
    """Our GPT-2 pattern cuts where the published one does."""
    assert split(text) == regex.findall(AS_PUBLISHED, text)


@pytest.mark.usefixtures("as_a_reader_calls_it")
@pytest.mark.parametrize("pattern", PATTERNS.values(), ids=PATTERNS)
def test_every_kind_of_character_is_cut_as_tiktoken_cuts_it(pattern):
    """Characters of all scripts, in six surroundings: the cuts are those of tiktoken's engine.

    The vocabulary has every pair of bytes as a token, so that a cut in another place changes the ids.
    """
    pairs = [(a, b) for a in range(256) for b in range(256)]
    ours = BPE(pairs, pattern=pattern)
    theirs = ours.to_tiktoken("all pairs of bytes")
    for i in range(0, len(SEEN), 64):
        text = "".join(context.format(c) for c in SEEN[i : i + 64] for context in CONTEXTS)
        assert ours.encode(text) == theirs.encode(text), f"among the characters {SEEN[i : i + 64]}"


@pytest.mark.parametrize("name", ["gpt2", "cl100k_base", "o200k_base"])
def test_the_patterns_are_tiktokens(name, monkeypatch):
    """Character for character, our patterns are those that tiktoken has for the three vocabularies."""
    from tiktoken_ext import openai_public

    nothing = lambda *_, **__: {bytes([i]): i for i in range(256)}  # noqa: E731
    monkeypatch.setattr(openai_public, "load_tiktoken_bpe", nothing)
    monkeypatch.setattr(openai_public, "data_gym_to_mergeable_bpe_ranks", nothing)
    assert openai_public.ENCODING_CONSTRUCTORS[name]()["pat_str"] == PATTERNS[name.removesuffix("_base")]


@pytest.mark.parametrize(
    ("pattern", "sentence"),
    [
        ("(", r"the split pattern '\(' does not compile \(missing \) at position 1\): mend it, or take GPT2"),
        (r"(\w)+|\W", "captures a group, and would give only that: write"),
        (r"\w+", r"the split pattern leaves out ' ' \(character 2 of the text\), which would be lost"),
        (r"\w+| ", r"the split pattern leaves out '!' \(character 5 of the text\)"),
    ],
)
def test_a_pattern_that_will_not_do_gets_a_sentence(pattern, sentence):
    """A pattern that does not compile, that captures, or that leaves something out, is refused."""
    with pytest.raises(ValueError, match=sentence):
        split("no no!", pattern)
    with pytest.raises(ValueError, match=sentence):
        BPE.train("no no!", 300, pattern=pattern)
