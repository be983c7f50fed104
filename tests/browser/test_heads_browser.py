"""Heads to read and switch off in a real JupyterLab: by keyboard, there and back."""

import pytest

CELLS = [
    """
import numpy as np

from tfm.lessons.heads.widget import Heads, HeadsReading

def read(n_heads, text, off):
    tokens = list(text)
    if not tokens:
        raise ValueError("the queue is empty: write a letter or more")
    places = np.arange(len(tokens))
    weights = np.stack([np.eye(len(tokens))[np.maximum(places - h - 1, 0)] for h in range(n_heads)])
    parts = np.array([0.0 if h in off else 1.0 for h in range(n_heads)])
    truth = ["", *tokens[:-1]]
    given = ["?" if word and 0 in off else word for word in truth]
    loss = sum(h + 1.0 for h in off)
    return HeadsReading(tokens, weights, parts, {"before": given}, {"before": truth}, loss)

Heads(read, "RIVERBED", [1, 2, 4, 8], n_heads=2, cell=(4, 3))
"""
]
TILES, MAP, ANSWERS = 0, 1, 2
SIZE = {"width": 1280, "height": 1500}


@pytest.fixture
def heads(lesson):
    """Return the widget as it was first drawn."""
    return lesson.fresh("Heads")


def test_a_ticked_head_is_struck_out_and_comes_back(heads):
    """The space bar on a box switches the head off: number, map and answers change; again, all pixels are back."""
    box = heads.checkbox("head 1")
    box.handle.focus()  # its frame is drawn from now on
    before, words = heads.pixels(), heads.readout
    with heads.redraw():
        box.press(" ")
    assert "Loss with every head on: 0.000; without head 1: 1.000." in heads.readout
    assert [now != old for now, old in zip(heads.pixels(), before, strict=True)] == [True, False, True]
    with heads.redraw():
        box.press(" ")
    assert (heads.pixels(), heads.readout) == (before, words)


def test_the_arrow_keys_choose_a_head_and_read_a_cell(heads):
    """In the left picture they choose, in the right one they read; the slider follows."""
    before = heads.picture(MAP)
    with heads.redraw():
        heads.press("ArrowRight", TILES)
    assert "Head 2: R (place 5) looks at E (place 4) with 0.000; its row sums to 1.00." in heads.readout
    assert heads.picture(MAP) != before
    with heads.redraw():
        heads.press("ArrowLeft", MAP)
    assert "Head 2: R (place 5) looks at V (place 3) with 1.000" in heads.readout
    with heads.redraw():
        heads.slider("head to read").press("ArrowLeft")
    assert "Head 1: R (place 5) looks at V (place 3) with 0.000" in heads.readout


def test_more_heads_show_more_maps_and_boxes(heads):
    """End goes to the model with 8 heads and their 8 boxes; back at 2 the pixels are the first."""
    size = heads.slider("heads in the model")
    before = heads.picture(TILES)
    with heads.redraw():
        size.press("End")
    assert heads.svg(TILES).count("data-cell") == 8
    with heads.redraw():
        heads.checkbox("head 8").press(" ")
    assert "without head 8: 8.000." in heads.readout
    with heads.redraw():
        heads.press("ArrowDown", TILES)
    assert "Head 5: " in heads.readout
    with heads.redraw():
        size.press("ArrowLeft", times=2)
    assert "Loss with every head on: 0.000." in heads.readout
    with heads.redraw():
        heads.slider("head to read").press("Home")
    assert heads.picture(TILES) == before


def test_an_empty_text_is_answered(heads):
    """The sentence says what to do, and a good text brings the picture back."""
    heads.answers("text", "", "the queue is empty: write a letter or more", mended="BANANA")
    assert "Head 1: N (place 5) looks at A (place 4)" in heads.readout
