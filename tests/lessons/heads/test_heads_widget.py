"""Heads to read and switch off, without a browser: the numbers are true, and odd input gets a sentence."""

import re
from html import unescape

import numpy as np
import pytest

from tfm.lessons.heads.widget import Heads, HeadsReading

SIZES = [1, 2, 8]


def read(n_heads, text, off):
    """Read without a model: head h looks h + 1 places back, and each head that is off costs its number."""
    tokens = list(text)
    if not tokens:
        raise ValueError("the text is empty: write a letter or more")
    places = np.arange(len(tokens))
    weights = np.stack([np.eye(len(tokens))[np.maximum(places - h - 1, 0)] for h in range(n_heads)])
    parts = np.array([0.0 if h in off else h + 1.0 for h in range(n_heads)])
    truth = ["", *tokens[:-1]]
    given = ["?" if word and 0 in off else word for word in truth]
    return HeadsReading(
        tokens, weights, parts, {"before": given}, {"before": truth}, sum(h + 1.0 for h in off)
    )


@pytest.fixture
def widget():
    """Return the widget with the model of two heads."""
    return Heads(read, "ABCDE", SIZES, n_heads=2, cell=(3, 2))


def said(widget):
    """Return the readout as people read it."""
    return unescape(re.sub("<[^>]*>", " ", widget.view.readout))


def shown(widget):
    """Return every picture as it is now."""
    return {name: picture.svg for name, picture in widget.pictures.items()}


def test_first_view_reads_the_chosen_cell(widget):
    """Row, column and weight; the row's sum in each head, the cell's over the heads, and the loss."""
    assert "Head 1: D (place 4) looks at C (place 3) with 1.000; its row sums to 1.00." in said(widget)
    assert "This row's sum in each head: 1.00 1.00. This cell's sum over the heads: 1.00." in said(widget)
    assert "Loss with every head on: 0.000." in said(widget)
    assert [words in shown(widget)["tiles"] for words in ("adds 33%", "adds 67%")] == [True, True]


def test_a_cell_can_sum_to_more_than_1_over_the_heads(widget):
    """Both heads look from the second place at the first: rows sum to 1, the cell to 2."""
    widget.pictures["map"].cell = [1, 0]
    assert "its row sums to 1.00" in said(widget)
    assert "This cell's sum over the heads: 2.00." in said(widget)


def test_switching_a_head_off_and_on_again(widget):
    """Its map is struck out, the answers and both losses are said; ticked off again, all is as before."""
    first, words = shown(widget), said(widget)
    widget.controls["off 1"].value = True
    assert widget.off == {0}
    assert "Loss with every head on: 0.000; without head 1: 1.000." in said(widget)
    assert "head 1, off" in shown(widget)["tiles"]
    assert shown(widget)["answers"].count("✗") == 4
    widget.controls["off 1"].value = False
    assert (shown(widget), said(widget)) == (first, words)


def test_several_heads_off_are_named(widget):
    """Two are joined by “and”, three by commas too."""
    widget.controls["n_heads"].value = 8
    for h in (2, 5, 7):
        widget.controls[f"off {h}"].value = True
    assert "without heads 2, 5 and 7: 14.000." in said(widget)
    assert "Answers without heads 2, 5 and 7" in shown(widget)["answers"]


def test_all_heads_off_is_no_division_by_zero(widget):
    """Nobody adds anything, and nothing warns."""
    for h in (1, 2):
        widget.controls[f"off {h}"].value = True
    assert shown(widget)["tiles"].count("adds 0%") == 2
    assert "without heads 1 and 2: 3.000." in said(widget)


def test_slider_and_picture_choose_the_same_head(widget):
    """The slider moves the frame, the frame moves the slider, and the large map follows both."""
    widget.controls["n_heads"].value = 8
    widget.controls["head"].value = 6
    assert widget.pictures["tiles"].cell == [1, 1]
    assert "head 6: who looks at whom" in shown(widget)["map"]
    widget.pictures["tiles"].cell = [0, 2]
    assert widget.value("head") == 3
    assert "Head 3: D (place 4) looks at C (place 3) with 0.000" in said(widget)


def test_another_model_starts_with_all_heads_on(widget):
    """Heads that were off are another model's; only boxes of heads that exist are shown."""
    widget.controls["off 2"].value = True
    widget.controls["n_heads"].value = 8
    assert widget.off == frozenset()
    assert _boxes(widget) == 8
    widget.controls["head"].value = 7
    widget.controls["n_heads"].value = 1
    assert (widget.value("head"), _boxes(widget), widget.pictures["tiles"].cell) == (1, 1, [0, 0])
    assert "One head" in shown(widget)["tiles"]


def test_a_text_the_model_refuses_keeps_the_picture(widget):
    """The model's sentence is shown, the last picture stays, and a good text goes on."""
    before = shown(widget)
    widget.controls["text"].value = ""
    assert widget.message == "the text is empty: write a letter or more"
    assert shown(widget) == before
    widget.controls["text"].value = "AB"
    assert not widget.message
    assert "Head 1: B (place 2) looks at B (place 2) with 0.000" in said(
        widget
    )  # pulled into the shorter text


def test_markup_in_a_text_is_written_not_obeyed(widget):
    """Tokens are escaped in the pictures and in the numbers."""
    widget.controls["text"].value = "<b>&"
    widget.pictures["map"].cell = [1, 0]
    assert "Head 1: b (place 2) looks at <" in said(widget)
    assert "<b>" not in widget.view.readout


def test_reset_brings_everything_back(widget):
    """Text, model, head, ticks and the cell."""
    first, words = shown(widget), said(widget)
    widget.controls["text"].value = "XYZ"
    widget.controls["n_heads"].value = 8
    widget.controls["head"].value = 5
    widget.controls["off 3"].value = True
    widget.pictures["map"].cell = [0, 0]
    widget.reset()
    assert (shown(widget), said(widget)) == (first, words)
    assert (_boxes(widget), widget.off) == (2, frozenset())


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"n_heads": 3}, "there is no model with 3 heads: choose one of 1, 2, 8"),
        ({"n_heads": 2, "head": 3}, "there is no head 3: this model's heads are counted from 1 to 2"),
        ({"n_heads": 2, "head": 0}, "there is no head 0"),
    ],
)
def test_what_is_not_there_is_refused(wrong, sentence):
    """The sentence says what there is."""
    with pytest.raises(ValueError, match=sentence):
        Heads(read, "ABC", SIZES, **wrong)


def _boxes(widget):
    return sum(
        control.layout.display != "none"
        for name, control in widget.controls.items()
        if name.startswith("off")
    )
