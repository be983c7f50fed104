"""The grammar's sentences: the same seed writes the same, both sides say the same, and the order differs."""

import math
import re
from functools import cache

import pytest

from tfm.data.grammar_pairs import (
    EXAMPLE,
    _grammar,
    chinese_vocabulary,
    draw,
    english_vocabulary,
    english_words,
)

PAIRS = draw(2000)


def test_every_rule_says_the_same_on_both_sides():
    """The symbols of the English side are those of the Chinese side, each once: nothing is lost or said twice."""
    grammar = _grammar()
    for symbol, lines in grammar.items():
        for english, chinese in lines:
            sides = [[word for word in side if word in grammar] for side in (english, chinese)]
            assert sorted(sides[0]) == sorted(sides[1]), (symbol, english)
            assert len(set(sides[0])) == len(sides[0]), (symbol, english)


def test_every_symbol_is_defined_and_reached():
    """No capitals are left in a sentence, and every symbol can be reached from SENTENCE."""
    grammar, reached, waiting = _grammar(), set(), ["SENTENCE"]
    while waiting:
        symbol = waiting.pop()
        reached.add(symbol)
        waiting += [
            w for line in grammar[symbol] for w in line[0] if w in grammar and w not in reached | set(waiting)
        ]
    assert reached == set(grammar)
    assert not [w for pair in PAIRS for side in pair for w in side if re.fullmatch(r"[A-Z][A-Z-]+", w)]


def test_sentences_are_different_and_the_example_is_kept_out():
    """No pair comes twice, and none says what the lesson keeps for the end, in either language."""
    assert len(set(PAIRS)) == len(PAIRS)
    assert EXAMPLE.english not in {pair.english for pair in PAIRS}
    assert EXAMPLE.chinese not in {pair.chinese for pair in PAIRS}


def test_english_has_one_translation():
    """A function can be learned: the same English is never translated in two ways."""
    pairs = draw(5_000, seed=3)
    assert len({pair.english for pair in pairs}) == len(pairs)


def test_a_seed_writes_the_same_sentences():
    """The same seed gives the same, another seed gives others, and few are the beginning of many."""
    assert draw(50) == PAIRS[:50]
    assert draw(50, seed=1) != PAIRS[:50]


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        ("the student who eats two fish is a singer", "吃 两 条 鱼 的 学生 是 歌手"),
        ("there are five birds on the box", "盒子 上 有 五 只 鸟"),
        ("do you draw that cat in Beijing ?", "你 在 北京 画 那 只 猫 吗 ？"),
        ("he read that map yesterday", "他 昨天 看 了 那 张 地图"),
    ],
)
def test_the_order_is_that_of_chinese(english, chinese):
    """Relative clauses and places come first, questions end in 吗, a counted noun has its measure word."""
    pairs = {" ".join(pair.english): " ".join(pair.chinese) for pair in PAIRS}
    assert pairs[english] == chinese


def test_vocabularies_hold_every_word():
    """Whatever the grammar writes can be encoded, and comes back."""
    for vocabulary, side in ((english_vocabulary(), 0), (chinese_vocabulary(), 1)):
        for pair in PAIRS:
            assert vocabulary.decode(vocabulary.encode(pair[side])) == list(pair[side])


def test_articles_fit_their_nouns():
    """An apple, a car: an before a vowel and nowhere else."""
    for pair in PAIRS:
        for article, noun in zip(pair.english, pair.english[1:], strict=False):
            if article in ("a", "an"):
                assert (article == "an") == (noun[0] in "aeiou"), pair


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("I am a student.", "I am a student"),
        ("i am a student", "I am a student"),
        ("Is the doctor’s son in beijing？", "is the doctor 's son in Beijing ?"),
        ("She  writes\nletters!", "she writes letters"),
    ],
)
def test_a_reader_may_write_freely(text, words):
    """Capitals, full stops, blanks and another apostrophe are put right."""
    assert english_words(text) == words.split()


@pytest.mark.parametrize("text", ["", "   ", "...", "。！"])
def test_no_word_is_said(text):
    """An empty text is answered with a sentence; a sign that is no word is kept for the vocabulary to refuse."""
    if text == "。！":
        with pytest.raises(ValueError, match="is not among the"):
            english_vocabulary().encode(english_words(text))
        return
    with pytest.raises(ValueError, match="there is no word to translate"):
        english_words(text)


@pytest.mark.parametrize("n", [0, -1, 100_001])
def test_too_many_or_none(n):
    """How many there can be is said."""
    with pytest.raises(ValueError, match="must be from 1 to 100,000"):
        draw(n)


def test_sixty_four_million_choices():
    """The number that the module's first lines give is the number of ways to choose."""
    grammar = _grammar()

    @cache
    def ways(symbol):
        return sum(math.prod(ways(w) for w in english if w in grammar) for english, _ in grammar[symbol])

    assert round(ways("SENTENCE") / 1e6) == 64
