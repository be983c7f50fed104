"""The comparison of vocabularies without a browser: counts, costs, and the same bytes framed everywhere."""

import re
from html import unescape

import pytest
from traitlets import TraitError

from tfm.lessons.tokens.widget import MOST_DRAWN, TokenCompare

TEXT = "hi 孩子"


def by_bytes(text):
    """A token a byte."""
    return [(byte, bytes([byte])) for byte in text.encode()]


def by_characters(text):
    """A token a character."""
    return [(ord(char), char.encode()) for char in text]


def by_words(text):
    """A token a word, the space in front of it; an odd number as id."""
    return [(2 * i + 1, word.encode()) for i, word in enumerate(re.findall(r" ?[^ ]+| ", text))]


ENCODERS = {"bytes": by_bytes, "characters": by_characters, "words": by_words}


@pytest.fixture(autouse=True)
def _as_a_reader(as_a_reader_calls_it):
    """Call the widget as lessons do."""


@pytest.fixture
def widget():
    """Return three vocabularies beside each other."""
    return TokenCompare(ENCODERS, TEXT)


def said(widget):
    """Return the readout as people read it, one space between cells."""
    return " ".join(unescape(re.sub("<[^>]*>", " ", widget.view.readout)).split())


def svg(widget):
    """Return the picture."""
    return widget.pictures["tokens"].svg


def framed(widget):
    """Return how many tokens are framed thickly and thinly."""
    frames = re.findall(r'stroke-width="([\d.]+)" pointer-events="none" class="frame"', svg(widget))
    return frames.count("2.5"), frames.count("1.5")


def test_each_vocabulary_is_counted(widget):
    """Tokens, bytes a token, tokens a character and cost stand in a row a vocabulary."""
    assert "5 characters, 9 bytes in UTF-8." in said(widget)
    assert "bytes 9 1.00 1.80 9" in said(widget)
    assert "characters 5 1.80 1.00 5" in said(widget)
    assert "words 2 4.50 0.40 2" in said(widget)
    assert all(title in svg(widget) for title in ("bytes: 9 tokens", "words: 2 tokens"))


def test_the_price_is_the_readers(widget):
    """A million texts cost as many prices of a million tokens as a text has tokens."""
    widget.controls["price"].value = 2.5
    assert "bytes 9 1.00 1.80 22.5" in said(widget)
    widget.controls["price"].value = 0
    assert "bytes 9 1.00 1.80 0 " in said(widget)


@pytest.mark.parametrize("price", [-1, float("nan"), float("inf")])
def test_a_price_that_is_none_gets_a_sentence(widget, price):
    """Negative, NaN and infinite prices keep the picture and say so."""
    view = widget.view
    widget.controls["price"].value = price
    assert widget.message == f"the price of a million tokens is {price:g}: write a number, 0 or more"
    assert widget.view is view


def test_pointing_frames_the_same_bytes_everywhere(widget):
    """A word's token holds two characters and six bytes: all of them are framed, thinly, and the word thickly."""
    widget.pictures["tokens"].cell = [2, 1]
    assert framed(widget) == (1, 7 + 3)  # its space as well
    assert "words, token 2 of 2: id 3, bytes 20 E5 AD A9 E5 AD 90, text “␣孩子”." in said(widget)
    widget.pictures["tokens"].cell = [0, 4]
    assert framed(widget) == (1, 2)
    assert "bytes, token 5 of 9: id 173, bytes AD, only part of a character." in said(widget)


def test_the_pointer_stays_inside(widget):
    """A shorter text, or a row that is not there, takes the pointer to the last token."""
    widget.pictures["tokens"].cell = [7, 99]
    assert "words, token 2 of 2" in said(widget)
    widget.controls["text"].value = "a"
    assert "words, token 1 of 1" in said(widget)


def test_ids_are_shown_on_demand(widget):
    """The box puts the ids below, in every row."""
    assert ">23401<" not in svg(widget)
    widget.controls["ids"].value = True
    assert f">{ord('孩')}<" in svg(widget)


def test_long_texts_are_drawn_in_part(widget):
    """10,000 characters: all are counted, the first are drawn, and it says so."""
    widget.controls["text"].value = "x" * 10_000
    assert "bytes 10,000 1.00 1.00 10,000" in said(widget)
    assert svg(widget).count("data-cell") == 2 * MOST_DRAWN + 1
    assert "the first 150 of 10,000 tokens are drawn" in svg(widget)
    widget.pictures["tokens"].cell = [0, 9_000]
    assert "token 150 of 10,000" in said(widget)


def test_empty_and_half_texts_get_a_sentence(widget):
    """An empty text is said to be empty, with dashes for ratios; half a character keeps the picture."""
    widget.controls["text"].value = ""
    assert "The text is empty: type something." in said(widget)
    assert "bytes 0 – – 0" in said(widget)
    before = svg(widget)
    with pytest.raises(TraitError, match=r"the text holds half a character \(U\+DC00\)"):
        widget.controls["text"].value = "\udc00"
    assert svg(widget) == before


@pytest.mark.parametrize("text", ["😀👩‍👩‍👧", "<b>&\"'</b>", "a\x00\x07\u202eb", "مرحبا", "\n\n\n"])
def test_odd_texts_are_drawn(widget, text):
    """Emoji, markup, control characters, right-to-left letters, line ends alone: no sentence, no markup."""
    widget.controls["text"].value = text
    assert widget.message == ""
    assert "<b>" not in widget.view.readout


def test_reset_brings_everything_back(widget):
    """Text, price, ids and pointer return, and with them picture and numbers."""
    first = svg(widget), said(widget)
    widget.controls["price"].value = 7
    widget.controls["ids"].value = True
    widget.controls["text"].value = "another"
    widget.pictures["tokens"].cell = [1, 3]
    widget.reset()
    assert (svg(widget), said(widget)) == first


def test_names_are_escaped():
    """A vocabulary's name that looks like HTML is text."""
    assert "<i>" not in TokenCompare({"<i>": by_bytes}, "a").view.readout


def test_without_a_vocabulary_there_is_no_comparison():
    """An empty mapping is refused in one sentence."""
    with pytest.raises(ValueError, match="encoders is empty: give at least one"):
        TokenCompare({}, "a")


def test_stored_notebook_keeps_a_picture_and_one_text(widget):
    """Without a kernel there is a PNG of all vocabularies, and the text never changes."""
    bundle, _ = widget._repr_mimebundle_()
    assert bundle["image/png"].startswith("iVBOR")
    assert bundle["text/plain"] == "<widget TokenCompare>"
