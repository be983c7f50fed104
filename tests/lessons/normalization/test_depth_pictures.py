"""Curves over depth, wirings and marks as pictures."""

import numpy as np

from tfm.lessons.normalization.depth_figure import depth_svg, wirings_svg
from tfm.lessons.normalization.marks_figure import marks_svg, short_number


def test_sizes_that_cannot_be_drawn_leave_a_gap():
    """Zero, infinity and NaN are no reason to fail, even if there is nothing else."""
    assert depth_svg([1, 0, np.inf, np.nan], [1, 2, 3, 4]).startswith("<svg")
    assert "nan" not in depth_svg([0, 0], [np.nan, np.nan]).lower()


def test_the_two_curves_differ_without_colour():
    """The gradient is dashed, the signal is not."""
    curves = [line for line in depth_svg([1, 2], [2, 1]).split("<") if 'stroke-width="2.2"' in line][:2]
    dashed = ["dasharray" in line for line in curves]
    assert dashed == [False, True], curves


def test_wirings_name_the_part_and_show_both_formulas():
    """The part's name stands in both drawings, escaped."""
    svg = wirings_svg("a & b")
    assert svg.count(">a &amp; b<") == 2
    assert "norm(x + part(x))" in svg
    assert "x + part(norm(x))" in svg


def test_first_mark_is_a_ring_and_the_others_are_discs():
    """The best pupil can be followed without colour: one white circle a row."""
    svg = marks_svg([2, 1, 0], [("a", [1, 0.5, 0]), ("b", [1, 0, -1])])
    assert svg.count("<circle") == 6
    assert svg.count('fill="#fff" stroke=') >= 2


def test_a_number_fits_its_column():
    """At most seven signs, whatever its size, and a dash for none."""
    for value in (0.0, 1.0, -1.41421, 4.5e-5, -9.4e-14, 123.456, float("inf")):
        assert len(short_number(value)) <= 8
    assert short_number(float("nan")) == "–"
