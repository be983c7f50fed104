"""The positions explorer without a browser: controls change what is drawn, and what is drawn is true."""

import re
from html import unescape

import pytest

from tfm.lessons.positions.twin import alibi_slopes, sinusoidal
from tfm.lessons.positions.widget import CODES, Positions


@pytest.fixture(autouse=True)
def _as_a_reader(as_a_reader_calls_it):
    """Call the widget with whole numbers too, as lessons do."""


def said(widget):
    """Return the readout as people read it."""
    return unescape(re.sub("<[^>]*>", " ", widget.view.readout))


def shown(widget):
    """Return every picture as it is now."""
    return {name: picture.svg for name, picture in widget.pictures.items()}


def point(widget, row, column):
    """Point at a position and a pair."""
    widget.pictures["codes"].cell = [row, column]


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize(("control", "value"), [("base", 10), ("length", 20), ("d_model", 8), ("shift", 3)])
def test_each_control_moves_what_it_should_and_reset_brings_it_back(code, control, value):
    """A control that is enabled changes a picture; one that means nothing to a code is greyed and changes none."""
    widget = Positions(code)
    first, words = shown(widget), said(widget)
    moves = not widget.controls[control].disabled
    widget.controls[control].value = value
    assert (shown(widget) != first) == moves
    widget.reset()
    assert (shown(widget), said(widget)) == (first, words)


def test_what_is_greyed():
    """A learned table has no base and its own width; ALiBi has neither, and nothing to shift."""
    greyed = {
        code: {n for n, c in Positions(code).controls.items() if getattr(c, "disabled", False)}
        for code in CODES
    }
    assert greyed == {
        "sinusoidal": set(),
        "learned": {"base", "d_model"},
        "rotary": set(),
        "ALiBi": {"base", "d_model", "shift"},
    }


def test_a_pair_is_read_out_with_its_numbers():
    """The chosen position's two features, the hand's speed and its round are the code's own."""
    widget = Positions()
    point(widget, 20, 4)
    x, y = sinusoidal([20], 32)[0, 8:10]
    assert f"Position 20, pair 4: feature 8 is {x:.2f}, feature 9 is {y:.2f}".replace("-", "−") in said(
        widget
    )
    assert "0.10 radians a step, once round in 62.8 positions" in said(widget)


@pytest.mark.parametrize(("code", "verdict"), [("sinusoidal", True), ("rotary", True), ("learned", False)])
@pytest.mark.parametrize("row", [0, 12, 30])
def test_only_distance_counts_for_sines_and_rotary(code, verdict, row):
    """The verdict on the two curves is computed, and it is that of the theory."""
    widget = Positions(code, shift=17, length=40)
    point(widget, row, 0)
    assert ("only the distance counts" in said(widget)) == verdict
    assert ("the place counts too" in said(widget)) == (not verdict)
    assert f"from {row} and from {row + 17}" in said(widget)


def test_a_learned_table_that_moves_like_a_clock_is_recognised():
    """The verdict looks at the numbers, not at the name of the code."""
    assert "only the distance counts" in said(Positions("learned", learned=sinusoidal(range(64), 16)))


def test_beyond_the_learned_table_there_is_a_sentence_and_the_picture_stays():
    """The table ends: one sentence with the numbers, and a smaller length mends it."""
    widget = Positions("learned")
    before = shown(widget)
    widget.controls["length"].value = 100
    assert widget.message == (
        "position 107 has no row: this learned table ends at position 63, "
        "so make length and shift together 64 or less"
    )
    assert shown(widget) == before
    widget.controls["length"].value = 56
    assert widget.message == ""
    widget.controls["code"].value = "sinusoidal"
    widget.controls["length"].value = 128
    assert widget.message == ""


def test_alibi_reads_head_and_distance():
    """A row is a distance and a column a head; what is lost is their product."""
    widget = Positions("ALiBi")
    point(widget, 10, 2)
    assert f"Head 2: slope {alibi_slopes(8)[2]:g}; at distance 10 it takes off 1.25." in said(widget)
    point(widget, 999, 999)
    assert "Head 7" in said(widget)
    assert "at distance 47" in said(widget)


def test_a_choice_out_of_range_is_brought_inside():
    """A pair or a position that another setting no longer has becomes the last one."""
    widget = Positions()
    point(widget, 47, 15)
    widget.controls["d_model"].value = 4
    widget.controls["length"].value = 8
    assert "Position 7, pair 1:" in said(widget)


def test_shift_zero_says_so():
    """One curve on itself is no evidence."""
    assert "Shift is 0" in said(Positions(shift=0))


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"code": "rope"}, "code (rope) must be one of sinusoidal, learned, rotary, ALiBi"),
        ({"base": 0}, "base (0) must be one of 2, 10, 100, 1,000, 10,000, 100,000, 1,000,000"),
        ({"length": 129}, "length (129) must be a whole number from 8 to 128"),
        ({"length": float("nan")}, "length (nan) must be a whole number from 8 to 128"),
        ({"d_model": 7}, "d_model (7) must be a whole even number from 2 to 64"),
        ({"shift": -1}, "shift (-1) must be a whole number from 0 to 64"),
        (
            {"learned": [[1.0, float("nan")]]},
            "learned (shape (1, 2)) must be a table of finite numbers, positions × an even width",
        ),
        (
            {"learned": [1.0, 2.0]},
            "learned (shape (2,)) must be a table of finite numbers, positions × an even width",
        ),
    ],
)
def test_misuse_gets_one_sentence(settings, sentence):
    """The name, the value and what fits."""
    with pytest.raises(ValueError) as caught:
        Positions(**settings)
    assert str(caught.value) == sentence
