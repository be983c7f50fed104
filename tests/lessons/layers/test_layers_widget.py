"""The stack whose parts are switched off, without a browser: what is shown is what the functions said."""

import re
from html import unescape

import numpy as np
import pytest

from tfm.lessons.layers.widget import LayerParts, Reading

TEXT = "b D a C f b"


class Model:
    """Answers D unless attention is off; each part that is off costs a tenth of the examination."""

    def __init__(self):
        self.examined = []

    def look(self, signs, off):
        """Read a text, or refuse it."""
        if len(signs) != 6:
            raise ValueError(f"write five children and a question: these are {len(signs)} signs")
        sure = 0.25 if "attention 1" in off else 0.75
        maps = [None if f"attention {layer}" in off else np.eye(6) for layer in (1, 2)]
        return Reading(
            answers=["a", "D"], probabilities=np.array([1 - sure, sure]), right="D", weights=maps,
            stream=[1.0, 2.0, 3.0, 4.0, 5.0, 6.0 - len(off)], wrote={"attention 1": 9.5},
        )  # fmt: skip

    def accuracy(self, off):
        """Examine."""
        self.examined.append(off)
        return 1 - len(off) / 10


@pytest.fixture
def model():
    """Return the stand-in."""
    return Model()


@pytest.fixture
def widget(model):
    """Return the widget as it was first drawn."""
    return LayerParts(model.look, model.accuracy, TEXT)


def said(widget):
    """Return the readout as people read it."""
    return unescape(re.sub("<[^>]*>", " ", widget.view.readout))


def shown(widget):
    """Return every picture as it is now."""
    return {name: picture.svg for name, picture in widget.pictures.items()}


def test_first_view_has_every_part(widget):
    """Ten ticks, nothing struck out, the answer and the score in words."""
    assert widget.off == frozenset()
    assert 'class="struck"' not in widget.pictures["circuit"].svg
    assert "It answers D with probability 0.75: right." in said(widget)
    assert "Examination with every part: 100.0% right." in said(widget)
    assert sum(control.value is True for control in widget.controls.values()) == 10


def test_a_tick_taken_away_strikes_the_part_out_and_back(widget):
    """Circuit, answer, map and score follow, and come back."""
    first, words = shown(widget), said(widget)
    widget.controls["attention 1"].value = False
    assert widget.pictures["circuit"].svg.count('class="struck"') == 1
    assert "It answers a with probability 0.75: wrong, it is D." in said(widget)
    assert "Examination without attention 1: 90.0% right; intact 100.0%." in said(widget)
    assert "layer 1 is off" in widget.pictures["answer"].svg
    assert "layer 2 looks" in widget.pictures["answer"].svg
    widget.controls["attention 1"].value = True
    assert (shown(widget), said(widget)) == (first, words)


def test_several_parts_can_be_off(widget):
    """All are named, in order."""
    for part in ("norms 2", "positions"):
        widget.controls[part].value = False
    assert "without norms 2, positions: 80.0% right" in said(widget)


def test_an_examination_is_held_once(widget, model):
    """Going back and forth does not examine the same stack again."""
    for value in (False, True, False, True):
        widget.controls["last norm"].value = value
    assert len(model.examined) == len(set(model.examined)) == 2


@pytest.mark.parametrize("text", ["", "b", "b " * 5000, "😀 a"])
def test_odd_text_gets_the_models_sentence_and_keeps_the_picture(widget, text):
    """Nothing typed is lost."""
    before = shown(widget)
    widget.controls["row and question"].value = text
    assert widget.message.startswith("write five children and a question")
    assert shown(widget) == before
    assert widget.value("row and question") == text


def test_reset_brings_everything_back(widget):
    """Text and ticks are the first again."""
    first = shown(widget)
    widget.controls["positions"].value = False
    widget.controls["row and question"].value = "a b c d e a"
    widget.reset()
    assert widget.off == frozenset()
    assert shown(widget) == first
