"""The mask to paint, without a browser: paint changes what is drawn, and what is drawn is true."""

import re
from html import unescape

import numpy as np
import pytest

from tfm.by_hand.masks import causal, moved
from tfm.lessons.masks.mixer import Mixer
from tfm.lessons.masks.widget import PRESETS, PaintMask

SENTENCE = "the cat sat on the mat"


def look(words, mask, n_layers):
    """Run random attention layers, as the lesson does."""
    stack = Mixer(n_layers)
    x = stack.vectors(words)
    return stack.steps(x, mask)[0][0].weights, moved(lambda v: stack(v, mask), x)


@pytest.fixture
def widget():
    """Return the widget as the lesson shows it."""
    return PaintMask(look, SENTENCE, cell=(2, 5))


def said(widget):
    """Return the readout as people read it."""
    return unescape(re.sub("<[^>]*>", " ", widget.view.readout))


def shown(widget):
    """Return every picture as it is now."""
    return {name: picture.svg for name, picture in widget.pictures.items()}


def test_first_view_reads_the_chosen_cell(widget):
    """Row, column, weight, what moves, and how many cells are open."""
    assert "sat may not look at mat: weight 0.000; its row sums to 1.00." in said(widget)
    assert "Change mat, and the output of sat moves by 0.0000." in said(widget)
    assert "21 of 36 cells may be looked at; through one layer, 21 of 36 pairs are connected." in said(widget)


def test_a_click_opens_a_cell_and_a_second_closes_it(widget):
    """Painting (sat, mat) lets sat hear of mat, in all three pictures; painting it again undoes it."""
    first, words = shown(widget), said(widget)
    widget.pictures["mask"].click(2, 5)
    assert all(shown(widget)[name] != svg for name, svg in first.items())
    assert "sat may look at mat" in said(widget)
    assert "22 of 36 cells" in said(widget)
    widget.pictures["mask"].click(2, 5)
    assert (shown(widget), said(widget)) == (first, words)


def test_a_held_pointer_paints_what_the_first_cell_began(widget):
    """Starting on a forbidden cell opens all it passes, also those that are open already."""
    picture = widget.pictures["mask"]
    picture.click(0, 1)
    picture.stroke(0, 0)
    picture.stroke(0, 2)
    assert widget.mask(SENTENCE.split())[0].tolist() == [True, True, True, False, False, False]
    picture.click(0, 2)
    picture.stroke(0, 1)
    assert widget.mask(SENTENCE.split())[0].tolist() == [True, False, False, False, False, False]


def test_a_row_that_sees_nothing_gets_a_sentence_and_can_be_mended(widget):
    """The mask shows the paint, a sentence says what is missing, and the next click mends it."""
    before = widget.pictures["weights"].svg
    widget.pictures["mask"].click(0, 0)
    assert "the (row 1) may look nowhere, so its weights cannot sum to 1: allow at least one cell" in said(
        widget
    )
    assert widget.pictures["weights"].svg == before
    assert widget.pictures["mask"].svg.count("<circle") == 20
    widget.pictures["mask"].click(0, 0)
    assert "21 of 36 cells" in said(widget)


def test_a_preset_wipes_the_paint_off(widget):
    """After painting, another preset is that preset and nothing else, drawn at once."""
    widget.pictures["mask"].click(0, 5)
    widget.controls["mask"].value = "window of 2"
    assert "11 of 36 cells" in said(widget)
    widget.controls["mask"].value = "causal"
    assert widget.mask(SENTENCE.split()).tolist() == causal(6).tolist()


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize(
    "sentence", ["one", "a b", "we eat rice . [PAD] [PAD]", "麻 😀 é", "a b c d e f g h i j"]
)
def test_every_preset_suits_every_sentence(preset, sentence):
    """Each preset has a mask of the sentence's size that lets real words look somewhere."""
    widget = PaintMask(look, sentence, preset=preset)
    assert not widget.message
    words = sentence.split()
    mask = widget.mask(words)
    assert mask.shape == (len(words), len(words))
    if "padding" in preset:
        assert not mask[:, np.array(words) == "[PAD]"].any()


def test_news_travels_further_through_more_layers(widget):
    """With a window of 2 one more diagonal is connected in each layer."""
    widget.controls["mask"].value = "window of 2"
    for n_layers, connected in [(1, 11), (2, 15), (3, 18), (4, 20)]:
        widget.controls["layers"].value = n_layers
        assert f"{connected} of 36 pairs are connected" in said(widget)
        assert widget.pictures["moved"].svg.count('url(#tfm-hatch)"') == 36 - connected


@pytest.mark.parametrize(
    ("sentence", "message"),
    [
        ("", "the sentence is empty: write two words or more, with blanks between"),
        ("a " * 11, "the sentence has 11 words and there is room for 10: shorten it"),
        ("x " * 5000, "the sentence has 5000 words and there is room for 10: shorten it"),
    ],
)
def test_odd_sentences_get_a_sentence_and_keep_the_picture(widget, sentence, message):
    """Nothing typed is lost, and the last picture stays."""
    before = shown(widget)
    widget.controls["sentence"].value = sentence
    assert widget.message == message
    assert shown(widget) == before
    assert widget.value("sentence") == sentence


def test_all_padding_gets_a_sentence():
    """Where nobody is real, every row is blind, and the widget says so."""
    widget = PaintMask(look, "[PAD] [PAD]", preset="padding")
    assert "may look nowhere" in said(widget)


def test_paint_survives_a_longer_sentence(widget):
    """What was painted stays painted when a word is added."""
    widget.pictures["mask"].click(2, 5)
    widget.controls["sentence"].value = SENTENCE + " today"
    assert widget.mask((SENTENCE + " today").split())[2, 5]


def test_reset_wipes_everything(widget):
    """Reset brings back the sentence, the preset, the layers, the cell and the clean mask."""
    first, words = shown(widget), said(widget)
    widget.pictures["mask"].click(1, 4)
    widget.controls["layers"].value = 3
    widget.pictures["mask"].cell = [5, 0]
    widget.controls["sentence"].value = "we eat"
    widget.reset()
    assert (shown(widget), said(widget)) == (first, words)


def test_an_unknown_preset_is_refused():
    """The message lists what there is."""
    with pytest.raises(
        ValueError, match="there is no preset 'upside down': choose one of everyone everywhere"
    ):
        PaintMask(look, SENTENCE, preset="upside down")
