"""BPE: what holds for every text and every vocabulary, and the small cases that can be checked on paper."""

from collections import Counter
from functools import cache
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tfm.text import bpe_training, bpe_words
from tfm.text.bpe import BPE
from tfm.text.bpe_merging import MergeTable
from tfm.text.embedded import embedded_bpe
from tfm.text.patterns import CL100K_SPLIT, GPT2_SPLIT, O200K_SPLIT, split

PATTERNS = GPT2_SPLIT, CL100K_SPLIT, O200K_SPLIT
LESSON = "It's a low bar, and he's lower: 我是学生, 我是老师! 😀😀 The newest, widest, lowest 12345 12399.\n"
# What both regex engines know: every character that Python's own, older tables have (one was reclassified).
ANY_TEXT = st.text(st.characters(exclude_categories=("Cs", "Cn", "Co"), exclude_characters="ʕ"))
MUCH_MERGED = st.text(st.sampled_from("aab lowest我是😀'1 \n"), max_size=40)
TEXTS = ANY_TEXT | MUCH_MERGED


@cache
def trained(pattern, size=600):
    """A vocabulary whose merges reach into Chinese characters and emoji."""
    return BPE.train(LESSON * 3 + "aaaa aaaaaa aaa", size, pattern=pattern, special_tokens=["<|end|>"])


@cache
def as_tiktoken(pattern):
    """The same for tiktoken."""
    return trained(pattern).to_tiktoken("trained")


def by_definition(counts, n_merges):
    """BPE training as it is defined: recount everything, merge the first best, repeat."""
    words = {word: list(word.encode()) for word in counts}
    merges = []
    while len(merges) < n_merges:
        pairs = Counter()
        for word, ids in words.items():
            for pair in pairwise(ids):
                pairs[pair] += counts[word]
        if not pairs:
            break
        best = min(pairs, key=lambda pair: (-pairs[pair], pair))
        words = {word: merged(ids, best, 256 + len(merges)) for word, ids in words.items()}
        merges.append(best)
    return merges


def merged(ids, pair, new):
    """Replace a pair by a new id, from left to right."""
    out = []
    for i in ids:
        if out and (out[-1], i) == pair:
            out[-1] = new
        else:
            out.append(i)
    return out


@given(TEXTS, st.sampled_from(PATTERNS))
@example("", GPT2_SPLIT)
@example("👩‍💻 汉字的序顺 don't\r\n\t", CL100K_SPLIT)
def test_every_text_comes_back(text, pattern):
    """Whatever is encoded is decoded to itself, with every pattern."""
    bpe = trained(pattern)
    assert bpe.decode(bpe.encode(text), errors="strict") == text


@given(TEXTS, st.sampled_from(PATTERNS))
def test_ours_and_tiktoken_give_the_same_ids(text, pattern):
    """The same merges in tiktoken encode every text alike."""
    assert trained(pattern).encode(text) == as_tiktoken(pattern).encode(text)


@given(TEXTS)
def test_the_embedded_vocabulary_is_tiktokens_too(text):
    """So it is with the 3,839 merges that the course ships."""
    bpe = embedded_bpe()
    assert bpe.encode(text) == as_tiktoken_embedded().encode(text)


@cache
def as_tiktoken_embedded():
    """The course's vocabulary for tiktoken."""
    return embedded_bpe().to_tiktoken("embedded")


@given(st.lists(st.text("aab 我", max_size=12), min_size=1), st.integers(0, 40))
@settings(max_examples=200)
def test_training_is_its_definition(words, n_merges):
    """The heap and the counts kept up to date give the merges that recounting everything gives."""
    text = " ".join(words)
    learned = BPE.train(text, 256 + n_merges).merges
    assert learned == by_definition(Counter(split(text)), n_merges)


@given(st.text("ab", min_size=1, max_size=400), st.integers(0, 60))
def test_training_is_its_definition_without_a_split(text, n_merges):
    """The same in one long word, where merges overlap and touch."""
    learned = BPE.train(text, 256 + n_merges, pattern="(?s:.+)").merges
    assert learned == by_definition({text: 1}, n_merges)


@given(MUCH_MERGED, st.sampled_from(PATTERNS))
def test_encoding_is_its_definition(text, pattern):
    """Encoding with a heap gives what applying one merge after another to the whole text gives."""
    bpe = trained(pattern)
    expected = []
    for word in split(text, pattern):
        ids = list(word.encode())
        for new, pair in enumerate(bpe.merges, start=256):
            ids = merged(ids, pair, new)
        expected += ids
    assert bpe.encode(text) == expected


@given(TEXTS, st.data())
def test_more_merges_never_make_more_tokens(text, data):
    """Stopped earlier, the same tokenizer needs as many tokens or more; without merges, one a byte."""
    bpe = trained(GPT2_SPLIT)
    few = data.draw(st.integers(0, len(bpe.merges)))
    more = data.draw(st.integers(few, len(bpe.merges)))
    shorter, longer = bpe.first(more).encode(text), bpe.first(few).encode(text)
    assert len(shorter) <= len(longer)
    assert bpe.first(few).decode(longer) == text
    assert len(bpe.first(0).encode(text)) == len(text.encode())


def test_stopping_early_is_training_for_less():
    """first(n) is the vocabulary that training would have given with n merges, special tokens included."""
    bpe, less = trained(GPT2_SPLIT), trained(GPT2_SPLIT, 300)
    stopped = bpe.first(len(less.merges))
    assert stopped.merges == less.merges
    assert stopped.special_tokens == less.special_tokens == {"<|end|>": 299}
    assert stopped.vocab == less.vocab
    assert bpe.first(len(bpe.merges)).vocab == bpe.vocab


@given(st.lists(ANY_TEXT, max_size=5))
def test_training_repeats_itself(pieces):
    """The same pieces give the same merges, in whatever order they come."""
    first = BPE.train(pieces, 300)
    assert BPE.train(pieces[::-1], 300).merges == first.merges
    assert first.n_vocab <= 300


def test_an_example_for_paper():
    """“aaabdaaabac”, the article's example: aa, then ab (a tie with aaa, which is the larger pair), then both."""
    bpe = BPE.train("aaabdaaabac", 259)
    assert bpe.merges == [(97, 97), (97, 98), (256, 257)]
    assert [bpe.token_bytes(i) for i in (256, 257, 258)] == [b"aa", b"ab", b"aaab"]
    assert bpe.encode("aaabdaaabac") == [258, 100, 258, 97, 99]
    assert bpe.n_vocab == 259


def test_training_stops_when_every_word_is_one_token():
    """A text of three letters fills no vocabulary of 1,000: training ends early, and says so by n_vocab."""
    bpe = BPE.train("aaa", 1_000)
    assert bpe.n_vocab == 258
    assert bpe.encode("aaa") == [257]
    assert BPE.train("", 1_000).n_vocab == 256


def test_pieces_are_not_joined():
    """Given in pieces, a text is cut between them; given whole, it is not."""
    assert BPE.train("abab", 257).merges == [(97, 98)]
    assert BPE.train(["a", "b", "a", "b"], 257).merges == []


def test_no_token_is_learned_from_special_tokens():
    """What stands in a special token's name is not counted, so that “<|” does not become a token."""
    text = "one<|end|>two<|end|>three<|end|>"
    assert b"<|" in BPE.train(text, 270).vocab.values()
    bpe = BPE.train(text, 270, special_tokens=["<|end|>"])
    assert b"<|" not in bpe.vocab.values()
    assert bpe.special_tokens == {"<|end|>": bpe.n_vocab - 1}


def test_special_tokens_are_cut_out_as_tiktoken_does():
    """Allowed, a special token is one id, and the text on its two sides is encoded by itself."""
    bpe = BPE.train(LESSON, 400, special_tokens=["<|end|>", "<|end|>!"])
    theirs = bpe.to_tiktoken("two that begin alike")
    text = "low <|end|> lower  <|end|>"
    assert bpe.encode(text, allowed_special="all") == theirs.encode(text, allowed_special="all")
    assert bpe.encode(text, allowed_special={"<|end|>"}) == theirs.encode(text, allowed_special={"<|end|>"})
    assert bpe.decode(bpe.encode(text, allowed_special="all")) == text
    assert bpe.encode_ordinary(text) == theirs.encode_ordinary(text)
    assert bpe.encode("<|end|>!", allowed_special="all") == [bpe.special_tokens["<|end|>!"]]


def test_progress_is_told_after_each_merge():
    """A reader who waits sees merges made and merges wanted."""
    told = []
    BPE.train("abcabcabd", 259, progress=lambda done, wanted: told.append((done, wanted)))
    assert told == [(1, 3), (2, 3), (3, 3)]


@given(st.lists(st.sampled_from(("low", " lower", "我是", "x" * 70, "  ")), max_size=30))
def test_cold_and_warm_are_the_same(words):
    """A word remembered from another text has the ids that it has in a fresh tokenizer."""
    text = "".join(words)
    warm = trained(GPT2_SPLIT)
    warm.encode(LESSON)
    assert BPE(warm.merges).encode(text) == warm.encode(text) == warm.encode(text)


def test_the_memory_is_bounded(monkeypatch):
    """Beyond its limit the memory starts anew, long words are never kept, and the ids do not change."""
    monkeypatch.setattr(bpe_words, "MOST_WORDS", 10)
    bpe = BPE(trained(GPT2_SPLIT).merges)
    text = " ".join(f"low{i:c}er" for i in range(0x4E00, 0x4E00 + 100)) + "x" * 100
    assert bpe.encode(text) == trained(GPT2_SPLIT).encode(text)
    assert 0 < len(bpe._words) <= 10
    assert all(len(word) < 100 for word in bpe._words)


def test_a_long_word_takes_no_square_of_time():
    """100,000 letters without a space are one word, and are encoded in as many steps as they have merges."""
    table = MergeTable([(97, 97), (256, 256), (257, 257)])
    assert [ord(c) for c in table.apply("a" * 100_003)] == [258] * 12_500 + [256, 97]


def test_training_looks_at_a_word_once_a_merge():
    """A word that holds a pair many times is listed for it once, or a text without spaces would take hours."""
    learner = bpe_training._Learner({"abcabcabc": 1, "xab": 1})
    assert learner._where["ab"] == [0, 1]
    learner.merge("ab", chr(256))
    assert learner._where[chr(256) + "c"] == [0]
    assert learner._where["x" + chr(256)] == [1]


def test_single_bytes_in_another_order():
    """A vocabulary in GPT's order of bytes encodes the same tokens under its own ids."""
    order = bytes(range(255, -1, -1))
    bpe = BPE([(255 - 97, 255 - 98)], byte_order=order)
    assert bpe.encode("abc") == [256, 255 - 99]
    assert bpe.decode([256, 255 - 99]) == "abc"
    assert bpe.encode("我 abc") == bpe.to_tiktoken("backwards").encode("我 abc")


def test_ids_may_be_any_whole_numbers():
    """NumPy's and torch's integers are ids too."""
    numpy = pytest.importorskip("numpy")
    torch = pytest.importorskip("torch")
    bpe = trained(GPT2_SPLIT)
    ids = bpe.encode("low 我")
    assert bpe.decode(numpy.array(ids)) == bpe.decode(torch.tensor(ids)) == "low 我"
