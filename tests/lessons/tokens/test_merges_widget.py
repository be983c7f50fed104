"""The merges widget without a browser: the slider applies merges one by one, and what it says is true."""

import re
from html import unescape

import pytest
from traitlets import TraitError

from tfm.lessons.tokens.merges_widget import Merges

JOINED = [(b"a", b"t"), (b"t", b"h"), (b"th", b"at"), (b" ", b"th")]
TEXT = "that hat the cat"


@pytest.fixture(autouse=True)
def _as_a_reader(as_a_reader_calls_it):
    """Call the widget as lessons do."""


def encode(text, n):
    """Merge by brute force, oldest first."""
    tokens = [bytes([byte]) for byte in text.encode()]
    for left, right in JOINED[:n]:
        at = 0
        while at < len(tokens) - 1:
            if (tokens[at], tokens[at + 1]) == (left, right):
                tokens[at : at + 2] = [left + right]
            at += 1
    made = [left + right for left, right in JOINED]
    return [(256 + made.index(raw) if raw in made else raw[0], raw) for raw in tokens]


@pytest.fixture
def widget():
    """Return the explorer at two merges."""
    return Merges(encode, JOINED, TEXT, at=2)


def said(widget):
    """Return the readout as people read it."""
    return unescape(re.sub("<[^>]*>", " ", widget.view.readout))


def svg(widget):
    """Return the picture."""
    return widget.pictures["tokens"].svg


def test_counts_are_read_out(widget):
    """Characters, bytes, tokens and bytes a token: 16 bytes, three times at, twice th."""
    assert "16 characters, 16 bytes, 11 tokens: 1.45 bytes a token." in said(widget)
    assert "2 merges: 11 tokens" in svg(widget)


def test_the_latest_merge_is_told_and_marked(widget):
    """The sentence names both parts and counts the new token; its boxes carry a bar."""
    assert "The latest merge, number 2, joins “t” and “h” to “th”: 2 times in this text." in said(widget)
    assert svg(widget).count("<path") == 2
    widget.controls["merges"].value = 3
    assert "number 3, joins “th” and “at” to “that”: 1 time in this text." in said(widget)
    widget.controls["text"].value = "dog"
    assert "to “that”: nowhere in this text." in said(widget)


def test_at_zero_every_byte_is_a_token(widget):
    """No merge, and as many boxes as bytes."""
    widget.controls["merges"].value = 0
    assert "No merge yet: every byte is a token." in said(widget)
    assert svg(widget).count("data-cell") == 16


def test_all_merges_are_the_default():
    """Without `at` the slider stands at its end."""
    assert Merges(encode, JOINED, TEXT).value("merges") == 4


def test_pointing_reads_a_token(widget):
    """The frame and the last line follow the pointer, and stay inside a shorter text."""
    widget.pictures["tokens"].cell = [0, 1]
    assert "Pointed at: token 2 of 11: id 256, bytes 61 74, text “at”." in said(widget)
    widget.controls["text"].value = "x"
    assert "Pointed at: token 1 of 1: id 120, bytes 78, text “x”." in said(widget)


def test_reset_brings_everything_back(widget):
    """Text, slider, ids and pointer return, and with them picture and numbers."""
    first = svg(widget), said(widget)
    widget.controls["merges"].value = 4
    widget.controls["ids"].value = True
    widget.controls["text"].value = "another"
    widget.pictures["tokens"].cell = [0, 3]
    assert svg(widget) != first[0]
    widget.reset()
    assert (svg(widget), said(widget)) == first


@pytest.mark.parametrize("text", ["x" * 10_000, "😀" * 2_500, "a\x00b\u200bc\u0301", "<b>&\n\n\t"])
def test_odd_texts_are_drawn(widget, text):
    """Long, emoji, control characters, markup: drawn without a word."""
    widget.controls["text"].value = text
    assert widget.message == ""
    assert "<b>" not in widget.view.readout


def test_empty_and_half_texts_get_a_sentence(widget):
    """An empty text is said to be empty; half a character keeps the picture; the next text draws again."""
    widget.controls["text"].value = ""
    assert "The text is empty: type something." in said(widget)
    before = svg(widget)
    with pytest.raises(TraitError, match=r"the text holds half a character \(U\+D83D\)"):
        widget.controls["text"].value = "ab\ud83d"
    assert (svg(widget), widget.value("text")) == (before, "")
    widget.controls["text"].value = "ab"
    assert widget.message == ""


def test_stored_notebook_keeps_a_picture_and_one_text(widget):
    """Without a kernel there is a PNG, and the text never changes."""
    bundle, _ = widget._repr_mimebundle_()
    assert bundle["image/png"].startswith("iVBOR")
    assert bundle["text/plain"] == "<widget Merges>"


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"merges": []}, "merges is empty: train a vocabulary of more than 256 tokens first"),
        ({"merges": JOINED, "at": 5}, r"at \(5\) must be from 0 to 4, the merges there are: try at=4"),
        ({"merges": JOINED, "at": -1}, r"at \(-1\) must be from 0 to 4"),
    ],
)
def test_a_slider_that_cannot_be_is_refused(options, sentence):
    """The constructor says what is wrong."""
    with pytest.raises(ValueError, match=sentence):
        Merges(encode, text=TEXT, **options)


def test_an_encoder_that_gives_nothing_gets_a_sentence():
    """A function of the reader's own that has no token for a text is told so."""
    widget = Merges(lambda text, n: [], [(b"a", b"b")], "abc")
    assert widget.message == "the function that encodes gives no token for this text, and it must give one"
