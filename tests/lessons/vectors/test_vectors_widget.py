"""The dragged arrows without a browser: box, key and pointer are one state, and the numbers are true."""

import re
from html import unescape

import numpy as np
import pytest

from tfm.lessons.vectors.arrows_figure import EXTENT, SIDE, key_cell
from tfm.lessons.vectors.board_figure import Board
from tfm.lessons.vectors.widget import Vectors


@pytest.fixture(autouse=True)
def _as_a_reader(as_a_reader_calls_it):
    """Call the widget with whole numbers too, as lessons do."""


@pytest.fixture
def widget():
    """Return the lesson's two arrows."""
    return Vectors([1, 2], [3, 1])


def said(widget):
    """Return the readout as people read it."""
    return unescape(re.sub("<[^>]*>", " ", widget.view.readout))


def state(widget):
    """Return the boxes, the picture and the numbers."""
    return widget.controls["a"].value, widget.controls["b"].value, widget.pictures["arrows"].svg, said(widget)


def key(widget, rows, columns):
    """Move the pointer as an arrow key does."""
    row, column = widget.pictures["arrows"].cell
    widget.pictures["arrows"].cell = [row + rows, column + columns]


def drag(widget, name, point):
    """Drag a tip to a point, as the page reports it."""
    x, y = Board(-EXTENT, EXTENT, SIDE).at(point)
    widget.pictures["arrows"].drag = {"name": name, "x": x, "y": y}


def test_numbers_are_read_out(widget):
    """Sum, dot product three ways, lengths and angle are those of the lesson's paper sum."""
    words = said(widget)
    assert "a + b = (1 + 3, 2 + 1) = (4, 3), length 5." in words
    assert "a · b = 1·3 + 2·1 = 5." in words
    assert "Angle 45.0°, cosine 0.707: they agree." in words
    assert "2.236 · 3.162 · 0.707 = 5." in words
    assert "Shadow of a on b · length of b: 1.581 · 3.162 = 5." in words


def test_a_key_moves_the_chosen_tip_and_back(widget):
    """A key moves a by half a unit; the opposite key restores boxes, picture and numbers to the letter."""
    before = state(widget)
    key(widget, 0, 1)
    assert widget.controls["a"].value == "1.5 2"
    assert widget.pictures["arrows"].svg != before[2]
    key(widget, 0, -1)
    assert state(widget) == before
    key(widget, -1, 0)
    assert widget.controls["a"].value == "1 2.5"


def test_enter_hands_the_keys_to_the_other_tip(widget):
    """After Enter the keys move b from where it stands, and a stays."""
    widget.pictures["arrows"].click(0, 0)
    assert widget.controls["keys move"].value == "b"
    assert widget.pictures["arrows"].cell == key_cell([3, 1])
    key(widget, 1, 0)
    assert (widget.controls["a"].value, widget.controls["b"].value) == ("1 2", "3 0.5")


def test_dragging_moves_a_tip_and_gives_it_the_keys(widget):
    """A dragged tip stands on tenths, never off the paper, and the next key moves it from there."""
    drag(widget, "b", [-2.04, 3.26])
    assert widget.controls["b"].value == "-2 3.3"
    assert widget.controls["keys move"].value == "b"
    key(widget, 0, 1)
    assert widget.controls["b"].value == "-1.5 3.3"
    drag(widget, "b", [40, -40])
    assert widget.controls["b"].value == "5 -5"
    before = state(widget)
    drag(widget, None, [0, 0])  # a pointer that was released before its last message
    assert state(widget) == before


def test_keys_stay_on_the_paper(widget):
    """Pushed over the edge from between two steps, a tip stops there."""
    widget.controls["a"].value = "4.7 0"
    key(widget, 0, 1)
    assert widget.controls["a"].value == "5 0"


@pytest.mark.parametrize(
    ("show", "has", "lacks"),
    [
        ("sum", "a + b", "Shadow"),
        ("projection of a on b", "Shadow", "a + b"),
        ("both", "Shadow", "nothing of the kind"),
    ],
)
def test_what_is_shown_can_be_chosen(widget, show, has, lacks):
    """The list chooses what is drawn and read out."""
    widget.controls["show"].value = show
    assert has in said(widget)
    assert lacks not in said(widget)


@pytest.mark.parametrize(
    ("a", "b", "sentence"),
    [
        ("2 0", "0 3", "cosine 0.000: a right angle"),
        ("2 0", "-3 1", "they disagree"),
        ("0 0", "1 1", "a has length 0 and no direction"),
        ("1 1", "0 0", "b has length 0 and no direction"),
        ("0 0", "0 0", "a and b have length 0 and no direction"),
        ("5 5", "5 5", "beyond the paper"),
    ],
)
def test_special_positions_are_said(widget, a, b, sentence):
    """Right angle, disagreement, no direction and a sum beyond the paper have their words."""
    with widget.at_once():
        widget.controls["a"].value, widget.controls["b"].value = a, b
    assert not widget.message
    assert sentence in said(widget)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("", "a is empty"),
        ("3", "a must be two numbers"),
        ("3 1; 2 2", "a must be two numbers"),
        ("3 x", "'x' in row 1, which is not a number"),
        ("nan 1", "write a number from"),
        ("9 1", "write numbers from −5 to 5"),
        ("😀" * 10_000, "which is not a number"),
    ],
)
def test_odd_input_gets_a_sentence_and_is_not_lost(widget, typed, sentence):
    """The sentence says the rule, the picture stays, the text stays, and keys do not overwrite it."""
    picture = widget.pictures["arrows"].svg
    widget.controls["a"].value = typed
    assert sentence in widget.message
    assert len(widget.message) < 200
    key(widget, 0, 1)
    assert widget.controls["a"].value == typed
    assert widget.pictures["arrows"].svg == picture
    widget.controls["a"].value = "1 2"
    assert not widget.message


def test_reset_restores_everything(widget):
    """After keys, drags, lists and a bad box, Reset brings back the first state."""
    before = state(widget)
    key(widget, 0, 1)
    drag(widget, "b", [0, 0])
    widget.controls["show"].value = "sum"
    widget.controls["a"].value = "?"
    widget.reset()
    assert state(widget) == before
    assert widget.controls["keys move"].value == "a"
    assert widget.pictures["arrows"].cell == key_cell([1, 2])


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"a": [1, 2, 3]}, "a must be two numbers"),
        ({"b": [np.nan, 1]}, "b is .* write numbers from"),
        ({"show": "all"}, "nothing called 'all' to show"),
    ],
)
def test_bad_arguments_are_answered_in_one_sentence(arguments, sentence):
    """What cannot be drawn is refused with the rule and the cure."""
    with pytest.raises(ValueError, match=sentence):
        Vectors(**arguments)
