"""The stack to build and the marks to change, without a browser."""

import re
from html import unescape

import pytest

from tfm.lessons.normalization.depth_widget import Depth
from tfm.lessons.normalization.marks_widget import Marks


def said(widget):
    """Return the readout as people read it."""
    return unescape(re.sub("<[^>]*>", " ", widget.view.readout))


def shown(widget):
    """Return every picture as it is now."""
    return {name: picture.svg for name, picture in widget.pictures.items()}


@pytest.mark.parametrize(
    ("control", "value"), [("layers", 64), ("scale", 2.0), ("residual", True), ("norm", "LayerNorm")]
)
def test_each_control_moves_the_curves_and_reset_brings_them_back(control, value):
    """Picture and numbers follow; reset restores them to the letter."""
    widget = Depth(32, scale=0.6)
    first, words = shown(widget), said(widget)
    widget.controls[control].value = value
    assert shown(widget) != first
    assert said(widget) != words
    widget.reset()
    assert (shown(widget), said(widget)) == (first, words)


def test_wiring_counts_only_where_there_is_a_norm():
    """Without a norm post and pre are the same road; with one they are not."""
    widget = Depth(8, residual=True)
    without = shown(widget)
    widget.controls["wiring"].value = "pre-norm"
    assert shown(widget) == without
    widget.controls["norm"].value = "RMSNorm"
    before = shown(widget)
    widget.controls["wiring"].value = "post-norm"
    assert shown(widget) != before


def test_what_vanishes_and_what_holds():
    """32 layers at scale 0.6 leave nothing; with residual and pre-norm the numbers stay near 1."""
    assert "1.0 · 10⁻¹⁵ comes out" in said(Depth(32, scale=0.6))
    assert "6.73 comes out" in said(Depth(32, norm="LayerNorm", wiring="pre-norm", residual=True))


@pytest.mark.usefixtures("as_a_reader_calls_it")
def test_every_corner_can_be_drawn():
    """All norms, wirings and ends of the sliders draw without a complaint."""
    for norm in ("none", "LayerNorm", "RMSNorm"):
        for wiring in ("post-norm", "pre-norm"):
            for residual in (True, False):
                for layers, scale in ((1, 0.2), (64, 3.0)):
                    widget = Depth(layers, norm=norm, wiring=wiring, residual=residual, scale=scale)
                    assert not widget.message
                    assert "Signal: 0.917 goes in" in said(widget)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"layers": 0}, "layers go from 1 to 64, and this is 0: try 32"),
        ({"scale": 5.0}, "the scale goes from 0.2 to 3.0, and this is 5.0: try 1"),
        ({"norm": "batch"}, "there is no norm 'batch': choose one of none, LayerNorm, RMSNorm"),
        ({"wiring": "sideways"}, "there is no wiring 'sideways': choose post-norm or pre-norm"),
    ],
)
def test_a_wrong_beginning_is_refused(wrong, sentence):
    """The rule, the value, the fix."""
    with pytest.raises(ValueError, match=f"^{sentence}$"):
        Depth(**wrong)


def test_marks_are_normalised_in_five_ways():
    """The table holds the article's numbers, and LayerNorm's beside them."""
    widget = Marks()
    svg = widget.pictures["table"].svg
    for number in ("0.750", "1.414", "−0.707", "1.260", "4.5e−5"):
        assert f">{number}<" in svg
    assert "Mean 70.00, deviation 14.14, root mean square 71.41" in said(widget)


def test_adding_moves_rms_norm_alone():
    """Ten points more for all change the last row, and no other."""
    widget = Marks()
    before = rows(widget)
    widget.controls["add"].value = 10
    after = rows(widget)
    assert [name for name in before if before[name] != after[name]] == ["RMSNorm"]
    widget.reset()
    assert rows(widget) == before


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("", "marks is empty: write its numbers, a line for each row"),
        ("90", "marks wants 2 to 7 numbers in one row, and got 1"),
        ("1 2 3 4 5 6 7 8", "marks wants 2 to 7 numbers in one row, and got 8"),
        ("1 2; 3 4", "marks wants 2 to 7 numbers in one row, and got 2 rows"),
        ("7 7 7", "the marks are all equal, and nothing can be told apart: change one of them"),
        ("90 😀", "marks has '😀' in row 1, which is not a number: write digits, such as 0.5"),
        ("90 nan", "marks has 'nan' in row 1: write a number from −1000 to 1000, such as 0.5"),
    ],
)
def test_odd_marks_get_a_sentence_and_keep_the_table(typed, sentence):
    """Nothing typed is lost, and the last table stays."""
    widget = Marks()
    before = shown(widget)
    widget.controls["marks"].value = typed
    assert widget.message == sentence
    assert shown(widget) == before
    assert widget.value("marks") == typed


def test_too_many_marks_are_refused():
    """There is room for seven."""
    with pytest.raises(ValueError, match="there is room for 2 to 7 marks, and these are 9"):
        Marks(tuple(range(9)))


def rows(widget):
    """Return the numbers of each row of the table, by the row's name."""
    texts = re.findall(r"<text[^>]*>([^<]*)</text>", widget.pictures["table"].svg)
    names = ["min–max", "softmax", "standardise", "LayerNorm", "RMSNorm"]
    return {name: texts[texts.index(name) + 1 : texts.index(name) + 6] for name in names}
