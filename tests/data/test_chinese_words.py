"""The glosses: every Chinese word the grammar writes has a sound and a short meaning."""

from tfm.data.chinese_words import chinese_words, meanings
from tfm.data.grammar_pairs import chinese_vocabulary

LONGEST_MEANING = 10  # it stands below a word in small letters


def test_the_grammar_and_the_glosses_have_the_same_words():
    """No word is left without a gloss, and none is explained that is never written."""
    assert set(chinese_words()) == set(chinese_vocabulary().words[3:])


def test_meanings_are_short():
    """Each fits below its word."""
    assert not [meaning for meaning in meanings().values() if not 0 < len(meaning) <= LONGEST_MEANING]
