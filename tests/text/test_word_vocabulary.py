"""Words as tokens: marks first, a round trip, and a sentence for a stranger."""

import pytest

from tfm.text.words import WordVocabulary

VOCABULARY = WordVocabulary(["tea", "student", "I", "am", "a", "am"])


def test_marks_come_first_and_words_in_order():
    """Ids 0, 1 and 2 are marks; each word stands once, sorted."""
    assert VOCABULARY.words == ["⟨pad⟩", "⟨start⟩", "⟨end⟩", "I", "a", "am", "student", "tea"]
    assert (VOCABULARY.pad, VOCABULARY.start, VOCABULARY.end, len(VOCABULARY)) == (0, 1, 2, 8)


def test_decode_stops_at_the_end():
    """Marks are left out, and nothing after the end is read."""
    assert VOCABULARY.decode([1, 3, 5, 0, 4, 6, 2, 7, 7]) == ["I", "am", "a", "student"]


@pytest.mark.parametrize(
    ("word", "cure"),
    [
        ("students", "did you mean “student”"),
        ("😀", "use words such as"),
        ("", "use words such as"),
        ("x" * 10_000, "use words such as"),
        ("⟨end⟩ ", "use words such as"),
    ],
)
def test_a_stranger_gets_a_short_sentence(word, cure):
    """An unknown word is named, cut if it is long, with the nearest known one."""
    with pytest.raises(ValueError, match=cure) as caught:
        VOCABULARY.encode([word])
    assert len(str(caught.value)) < 150
