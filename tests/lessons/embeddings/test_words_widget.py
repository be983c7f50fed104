"""The words widget without a browser: its cosines are true, training can be scrubbed, odd words get a sentence."""

import re
from html import unescape

import numpy as np
import pytest

from tfm.by_hand.vectors import cosine
from tfm.lessons.embeddings.search import nearest
from tfm.lessons.embeddings.words_widget import MOST_WORDS, Words

VOCABULARY = ["list", "tuple", "left", "right", "of"]
FIRST = np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [0.6, 0.8], [2.0, 2.0]])
LAST = np.array([[1.0, 0.1], [1.0, 0.2], [-1.0, 0.0], [-1.0, 0.1], [2.0, 2.0]])
TABLES = {"mine": {0: FIRST, 5: (FIRST + LAST) / 2, 10: LAST}, "control": {0: FIRST}}


@pytest.fixture(autouse=True)
def _as_a_reader(as_a_reader_calls_it):
    """Call the widget as lessons do."""


@pytest.fixture
def widget():
    """Return three words after the last step."""
    return Words(TABLES, VOCABULARY, "list tuple left")


def said(widget):
    """Return the readout as people read it."""
    return unescape(re.sub("<[^>]*>", " ", widget.view.readout))


def svg(widget, name="cosines"):
    """Return a picture."""
    return widget.pictures[name].svg


def test_the_cosine_that_is_read_out_is_true(widget):
    """Two words are named with their cosine and the one's rank among the other's neighbours."""
    expected = cosine(LAST[0], LAST[1])
    assert f"“list” and “tuple”: cosine {expected:.2f}." in said(widget)
    assert "Among the 4 other words, “tuple” is number 1 in nearness to “list”." in said(widget)
    widget.pictures["cosines"].cell = [0, 2]
    assert "“list” and “left”: cosine −1.00." in said(widget)
    assert "“left” is number 4 in nearness to “list”." in said(widget)


def test_neighbours_follow_the_row(widget):
    """The list beside the grid belongs to the row one points at, in the order of the cosines."""
    for row, word in enumerate(["list", "tuple", "left"]):
        widget.pictures["cosines"].cell = [row, 0]
        assert f"nearest to “{word}”" in svg(widget, "near")
        expected = [VOCABULARY[i] for i in nearest(LAST, VOCABULARY.index(word), 10)]
        assert widget._names == expected


def test_training_can_be_scrubbed(widget):
    """At step 0 other words are near than at the end; moving back restores every letter."""
    before, words = svg(widget), said(widget)
    assert "cosines after 10 steps" in before
    widget.controls["step"].value = 0
    assert "cosines after 0 steps" in svg(widget)
    assert "“list” and “tuple”: cosine 0.00." in said(widget)
    widget.controls["step"].value = 10
    assert (svg(widget), said(widget)) == (before, words)


def test_an_untrained_table_has_no_steps(widget):
    """The control is drawn from its only table, and the slider is off."""
    widget.controls["table"].value = "control"
    assert widget.controls["step"].disabled
    assert "cosines, never trained" in svg(widget)
    assert "cosine 0.00" in said(widget)
    widget.controls["table"].value = "mine"
    assert not widget.controls["step"].disabled


def test_a_neighbour_can_be_added(widget):
    """Enter on a neighbour appends it, the grid grows, and reset takes it back."""
    before, added = svg(widget), widget._names[1]
    widget.pictures["near"].click(1, 0)
    assert widget.value("words") == f"list tuple left {added}"
    assert svg(widget) != before
    widget.reset()
    assert svg(widget) == before


def test_an_unknown_word_gets_the_closest_spelling(widget):
    """The picture stays, the typed text stays, and one sentence names the closest word."""
    before = svg(widget)
    widget.controls["words"].value = "list tupel"
    assert widget.message == "the table has no row for “tupel”: the closest spelling is “tuple”"
    assert (svg(widget), widget.value("words")) == (before, "list tupel")
    widget.controls["words"].value = "list tuple"
    assert widget.message == ""


def test_capitals_and_commas_are_read(widget):
    """Python manuals say List; commas separate; a word typed twice is drawn once."""
    widget.controls["words"].value = "List, list;TUPLE"
    assert widget.message == ""
    assert svg(widget).count("data-cell") == 4


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("", "0 words are typed"),
        ("   ,; ", "0 words are typed"),
        ("😀", "no row for “😀”: try “list”"),
        ("x" * 10_000, "no row for “xxxxxxxxxxxxxxxxxxxxxxx…”"),
        ("<b>list</b>", "no row for “<b>list</b>”"),
        ("list\x00", "no row for"),
        ("zebra " * 3000, "no row for “zebra”"),
    ],
)
def test_odd_words_get_one_sentence(widget, typed, sentence):
    """Nothing, emoji, ten thousand characters and markup: one sentence, the picture stays, the text too."""
    before = svg(widget)
    widget.controls["words"].value = typed
    assert sentence in widget.message
    assert "\n" not in widget.message
    assert len(widget.message) < 120
    assert (svg(widget), widget.value("words")) == (before, typed)


def test_too_many_words_get_one_sentence():
    """Thirteen known words are more than the grid holds."""
    many = [f"w{i}" for i in range(MOST_WORDS + 1)]
    widget = Words({"t": {0: np.eye(len(many))}}, many, "w0")
    widget.controls["words"].value = " ".join(many)
    assert widget.message == "13 words are typed: type 1 to 12, with spaces between"


def test_one_word_and_a_row_of_zeros_are_drawn():
    """A single word has a grid of one cell; a row that points nowhere has cosine 0 with all."""
    widget = Words({"t": {0: [[0.0, 0.0], [1.0, 0.0]]}}, ["nothing", "one"], "nothing one")
    assert "cosine 0.00" in said(widget)
    widget.controls["words"].value = "one"
    assert "A word has cosine 1 with itself." in said(widget)


@pytest.mark.parametrize(
    ("tables", "sentence"),
    [
        ({}, "tables is empty"),
        ({"t": {}}, "was kept at"),
        ({"t": {0: [[1.0]]}}, r"table “t” at step 0 has shape \(1, 1\) for 5 words"),
        ({"t": {0: FIRST, 5: FIRST, 7: FIRST}}, r"kept at \[0, 5, 7\]: keep it at evenly spaced steps"),
        ({"a": {0: FIRST, 5: FIRST}, "b": {0: FIRST, 4: FIRST}}, "table “b” was kept at other steps"),
    ],
)
def test_bad_tables_get_one_sentence(tables, sentence):
    """No table, a wrong size, and steps that a slider cannot hold."""
    with pytest.raises(ValueError, match=sentence):
        Words(tables, VOCABULARY, "list")


def test_stored_notebook_keeps_a_picture_and_one_text(widget):
    """Without a kernel there is a PNG, and the text never changes."""
    bundle, _ = widget._repr_mimebundle_()
    assert bundle["image/png"].startswith("iVBOR")
    assert bundle["text/plain"] == "<widget Words>"
