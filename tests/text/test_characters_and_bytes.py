"""The two vocabularies that need no training: characters and bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tfm.text.byte_level import ByteVocabulary
from tfm.text.characters import CharacterVocabulary


@given(st.text(min_size=1))
def test_characters_come_back(text):
    """Any text, in the vocabulary made of it, is encoded one id a character and decoded to itself."""
    vocabulary = CharacterVocabulary(text)
    ids = vocabulary.encode(text)
    assert vocabulary.decode(ids) == text
    assert len(ids) == len(text)
    assert set(ids) == set(range(vocabulary.n_vocab))


@given(st.text())
def test_bytes_come_back(text):
    """Any text is its UTF-8 bytes, and they are the text."""
    ids = ByteVocabulary().encode(text)
    assert bytes(ids) == text.encode()
    assert ByteVocabulary().decode(ids, errors="strict") == text


def test_ids_are_places_in_the_sorted_characters():
    """The same characters give the same ids, in whatever order and number the text has them."""
    assert CharacterVocabulary("banana 我").characters == " abn我"
    assert CharacterVocabulary("nab 我").encode("ban") == CharacterVocabulary("我 banana").encode("ban")


@pytest.mark.parametrize(("character", "name"), [("我", "U+6211"), ("😀", "U+1F600"), ("\n", "U+000A")])
def test_an_unknown_character_is_named_with_its_code_point_and_the_cure(character, name):
    """Whoever meets a character that the vocabulary lacks learns which, and what to do."""
    with pytest.raises(ValueError) as caught:
        CharacterVocabulary("abc").encode(f"ab{character}")
    sentence = str(caught.value)
    assert repr(character) in sentence
    assert name in sentence
    assert "among the 3" in sentence
    assert "build it from a text that has it, or take bytes" in sentence


def test_half_a_character_is_a_sign_or_an_error():
    """Two of a character's three bytes decode to �, or raise when asked to be strict."""
    ids = ByteVocabulary().encode("a我")[:3]
    assert ByteVocabulary().decode(ids) == "a�"
    assert ByteVocabulary().decode(ids, errors="ignore") == "a"
    with pytest.raises(ValueError, match=r"byte 1 of the decoded text \(0xE6\) is not valid UTF-8, as when"):
        ByteVocabulary().decode(ids, errors="strict")
    with pytest.raises(ValueError, match="errors \\('loose'\\) must be 'replace', 'ignore' or 'strict'"):
        ByteVocabulary().decode(ids, errors="loose")


@pytest.mark.parametrize("vocabulary", [CharacterVocabulary("abc"), ByteVocabulary()], ids=["abc", "bytes"])
def test_ids_outside_get_a_sentence(vocabulary):
    """An id that is nothing is named with the range of those that are something."""
    last = vocabulary.n_vocab - 1
    for bad in (-1, last + 1):
        with pytest.raises(
            ValueError, match=f"the id {bad} is outside the vocabulary: ids go from 0 to {last}"
        ):
            vocabulary.decode([0, bad])


@pytest.mark.parametrize("vocabulary", [CharacterVocabulary("abc"), ByteVocabulary()], ids=["abc", "bytes"])
def test_half_a_surrogate_pair_gets_a_sentence(vocabulary):
    """What is no character is refused with its place, before anything is looked up."""
    with pytest.raises(ValueError, match=r"character 2 of the text is half a surrogate pair \(U\+D83D\)"):
        vocabulary.encode("a \ud83d")


def test_a_vocabulary_of_nothing_is_refused():
    """An empty text makes no vocabulary."""
    with pytest.raises(ValueError, match="an empty text has no characters"):
        CharacterVocabulary("")


@pytest.mark.usefixtures("as_a_reader_calls_it")
def test_what_is_no_text_and_no_ids_gets_a_sentence():
    """Bytes for a text, and text for ids, are refused with what was passed."""
    with pytest.raises(TypeError, match="a tokenizer reads text, and this is bytes: pass one string"):
        ByteVocabulary().encode(b"abc")
    with pytest.raises(TypeError, match="ids are a list of whole numbers"):
        ByteVocabulary().decode("abc")
