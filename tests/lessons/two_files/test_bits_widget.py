"""The bit explorer without a browser: the row is rounded, the loss is read out, the gigabytes are counted."""

import re
from html import unescape

import numpy as np
import pytest

from tfm.lessons.two_files.quantise import quantise
from tfm.lessons.two_files.widget import FewerBits, Tried

MATRIX = np.random.default_rng(0).normal(size=(3, 40))
TRIED = [Tried(8, 1.5, "to be"), Tried(2, 4.0, "xx <b>&"), Tried(4, 1.6, "to bee")]


@pytest.fixture
def bits():
    """Return the explorer as a lesson makes it."""
    return FewerBits(MATRIX, TRIED, loss=1.5, name="W")


def said(widget):
    """Return the readout as people read it."""
    return unescape(re.sub("<[^>]*>", " ", widget.view.readout))


def shown(widget):
    """Return every picture as it is now."""
    return {name: picture.svg for name, picture in widget.pictures.items()}


def test_it_begins_where_it_is_told(bits):
    """8 bits: 255 places, no loss, 70 GB for 70 billion."""
    assert "8 bits:" in said(bits)
    assert "Loss 1.500, +0.000 from 1.500" in said(bits)
    assert "70 billion parameters: 70.0 GB, against 280.0 GB" in said(bits)
    assert "255 places" in shown(bits)["row"]
    assert "to be" in shown(bits)["loss"]


def test_fewer_bits_and_back(bits):
    """Numbers and both pictures change, and Reset brings every byte of them back."""
    before, words = shown(bits), said(bits)
    bits.controls["bits"].value = 2
    left = len(np.unique(quantise(MATRIX[:1], 2)[0]))
    assert f"2 bits: {left} different numbers left" in said(bits)
    assert "Loss 4.000, +2.500" in said(bits)
    assert "17.5 GB" in said(bits)
    assert all(shown(bits)[name] != before[name] for name in before)
    assert "xx &lt;b&gt;&amp;" in shown(bits)["loss"]
    bits.reset()
    assert (shown(bits), said(bits)) == (before, words)


def test_another_row(bits):
    """The row is another one, and the loss, which belongs to all of them, stays."""
    before = shown(bits)
    bits.controls["row"].value = 2
    assert "row 2 of W" in shown(bits)["row"]
    assert shown(bits)["loss"] == before["loss"]


@pytest.mark.parametrize("billions", [0, -1, float("nan"), float("inf"), 1e9])
def test_a_size_that_is_none(bits, billions):
    """One sentence; the pictures stay, and so does what the reader typed."""
    before = shown(bits)
    bits.controls["billions"].value = billions
    assert "write how many billions" in bits.message
    assert shown(bits) == before
    bits.controls["billions"].value = 8
    assert bits.message == ""
    assert "8 billion parameters: 8.0 GB" in said(bits)


def test_a_better_loss_is_written_with_a_minus():
    """Rounding may help by chance, and the sign is the one that people write."""
    widget = FewerBits(MATRIX, [Tried(2, 1.4, "a"), Tried(8, 1.5, "b")], loss=1.5, name="W", bits=2)
    assert "Loss 1.400, −0.100" in said(widget)


def test_too_little_was_tried():
    """One number of bits is no choice, and the first must be among them."""
    with pytest.raises(ValueError, match="two numbers of bits or more"):
        FewerBits(MATRIX, TRIED[:1], loss=1.5, name="W")
    with pytest.raises(ValueError, match="two numbers of bits or more"):
        FewerBits(MATRIX, TRIED, loss=1.5, name="W", bits=5)
