"""The matrix product and the moved plane without a browser: cells fill, shapes are refused, numbers are true."""

import re
from html import unescape

import numpy as np
import pytest

from tfm.lessons.vectors.matmul_widget import MatrixProduct
from tfm.lessons.vectors.plane_map_widget import PlaneMap

A, B = [[1, 0], [2, -1], [0.5, 3]], [[4, 1], [2, -2]]


@pytest.fixture(autouse=True)
def _as_a_reader(as_a_reader_calls_it):
    """Call the widgets with whole numbers too, as lessons do."""


@pytest.fixture
def widget():
    """Return the lesson's product."""
    return MatrixProduct(A, B)


def said(widget):
    """Return the readout as people read it."""
    return unescape(re.sub("<[^>]*>", " ", widget.view.readout))


def svg(widget):
    """Return the product's picture."""
    return widget.pictures["product"].svg


def empty(widget):
    """Count the cells that are not filled."""
    return svg(widget).count(">?<")


def test_cells_fill_one_after_the_other(widget):
    """Forward and Back fill and empty a cell, All fills the rest; the sum below is the last cell's."""
    assert (empty(widget), "1·4 + 0·2 = 4" in svg(widget)) == (5, True)
    widget.move(1)
    assert (empty(widget), "1·1 + 0·(−2) = 1" in svg(widget)) == (4, True)
    widget.move(-1)
    assert "1 of 6 cells filled; each is a sum of 2 products." in said(widget)
    widget.move(0)
    assert (empty(widget), "0.5·1 + 3·(−2) = −5.5" in svg(widget)) == (0, True)
    widget.move(1)
    assert widget.controls["cells filled"].value == 6
    for _ in range(9):
        widget.move(-1)
    assert (widget.controls["cells filled"].value, empty(widget)) == (1, 5)


def test_all_numbers_are_the_product(widget):
    """What stands in the filled cells is A B."""
    widget.move(0)
    for value in (np.array(A) @ np.array(B)).reshape(-1):
        assert f">{str(abs(value)).removesuffix('.0')}<" in svg(widget).replace("−", "")


def test_pointing_fills_a_cell_and_keeps_it(widget):
    """A cell that was pointed at stays filled; the slider starts over from its own count."""
    widget.pictures["product"].cell = [2, 1]
    assert (empty(widget), "0.5·1 + 3·(−2) = −5.5" in svg(widget)) == (4, True)
    widget.pictures["product"].cell = [1, 0]
    assert empty(widget) == 3
    widget.controls["cells filled"].value = 2
    assert (empty(widget), widget.pictures["product"].cell) == (4, [0, 1])


def test_other_matrices_take_the_place(widget):
    """Rows by line or semicolon, fractions and any minus are read; slider and pointer end with the new shape."""
    widget.move(0)
    with widget.at_once():
        widget.controls["A"].value = "1/2 −3/4; 2, -1.5"
        widget.controls["B"].value = "4\n8"
    assert "(2 × 2) (2 × 1) makes 2 × 1" in said(widget)
    assert widget.controls["cells filled"].max == 2
    assert "2·4 + (−1.5)·8 = −4" in svg(widget)
    widget.pictures["product"].cell = [0, 0]
    assert "0.5·4 + (−0.75)·8 = −4" in svg(widget)


@pytest.mark.parametrize(
    ("box", "typed", "sentence"),
    [
        (
            "A",
            "1 2 3",
            "A needs as many columns (3) as B has rows (2), so give B 3 rows or A 2 columns",
        ),
        (
            "B",
            "1",
            "B is 1 × 1: A needs as many columns (2) as B has rows (1), so give B 2 rows or A 1 column",
        ),
        ("A", "1 2; 3", "the rows of A have 2, 1 numbers"),
        ("A", "", "A is empty"),
        ("B", "1/0 2; 3 4", "'1/0' in row 1, which is not a number"),
        ("B", "one two; 3 4", "'one' in row 1"),
        ("A", "nan 1", "write a number from"),
        ("A", "1 2;" * 6, "A is 6 × 2: the picture has room for a matrix from 1 × 1 to 5 × 5"),
        ("A", "1 2;" * 2500, "A is 2500 × 2"),
        ("A", "张" * 10_000, "which is not a number"),
    ],
)
def test_odd_input_gets_a_sentence_and_is_not_lost(widget, box, typed, sentence):
    """The sentence says the rule and the fix; picture and text stay; the right text takes it away."""
    before, right = svg(widget), widget.controls[box].value
    widget.controls[box].value = typed
    assert sentence in widget.message
    assert len(widget.message) < 200
    assert (svg(widget), widget.controls[box].value) == (before, typed)
    widget.move(1)
    assert sentence in widget.message
    widget.controls[box].value = right
    assert not widget.message


def test_reset_restores_everything(widget):
    """Whatever was typed, filled and pointed at, Reset brings back the first picture and numbers."""
    before = svg(widget), said(widget)
    widget.pictures["product"].cell = [2, 1]
    widget.move(0)
    with widget.at_once():
        widget.controls["A"].value, widget.controls["B"].value = "1", "2"
    assert "(1 × 1) (1 × 1) makes 1 × 1" in said(widget)
    widget.controls["A"].value = "?"
    widget.reset()
    assert (svg(widget), said(widget)) == before
    assert (widget.controls["cells filled"].max, widget.message) == (6, "")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((np.ones((6, 2)), B), "A is 6 × 2"),
        ((np.ones(2), B), "A is 2: the picture has room"),
        ((A, np.ones((2, 0))), "B is 2 × 0"),
    ],
)
def test_bad_matrices_are_refused(arguments, sentence):
    """What the picture has no room for is refused with the rule and the cure."""
    with pytest.raises(ValueError, match=sentence):
        MatrixProduct(*arguments)


def test_a_count_below_one_is_refused():
    """At least one cell is filled."""
    with pytest.raises(ValueError, match=r"filled \(0\) must be 1 or more"):
        MatrixProduct(A, B, filled=0)


def test_plane_follows_its_four_numbers():
    """Columns are read out as landing places, and the area is the determinant; reset restores both."""
    plane = PlaneMap([[1, 0], [0, 1]])
    first = plane.pictures["plane"].svg, said(plane)
    plane.controls["row 1, column 2"].value = 1.0
    assert "(0, 1) lands: (1, 1)" in said(plane)
    assert "area 1: 1 − 0 = 1." in said(plane)
    plane.controls["row 2, column 1"].value = 2.0
    assert "area 1: 1 − 2 = −1, negative because the plane was turned over." in said(plane)
    plane.controls["row 2, column 2"].value = 2.0
    assert "area 0: 2 − 2 = 0. It is flat" in said(plane)
    plane.reset()
    assert (plane.pictures["plane"].svg, said(plane)) == first


@pytest.mark.parametrize("matrix", [[[1, 2, 3], [4, 5, 6]], [[np.nan, 0], [0, 1]], [[4, 0], [0, 1]]])
def test_plane_refuses_other_matrices(matrix):
    """A matrix beyond the sliders is refused with the rule."""
    with pytest.raises(ValueError, match="2 × 2, with numbers from −3 to 3"):
        PlaneMap(matrix)
