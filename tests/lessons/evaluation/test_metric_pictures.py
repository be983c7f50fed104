"""Pictures of decisions: every count that went in is written, and what is said is not said by colour alone."""

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from tfm.kit.drawing import svg_size, svg_to_png
from tfm.lessons.evaluation.figures import (
    classes_svg,
    counts_svg,
    reliability_figure,
    scores_svg,
    spread_figure,
)

NAMES = ("other", "eight")


def words(svg):
    """Return every text of a picture, in order."""
    return [e.text for e in ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]


def bars(svg):
    """Return the height of every bar, from left to right, yes before no."""
    return [float(h) for h in re.findall(r'class="bar"[^>]*height="([\d.]+)"', svg)]


def test_bars_hold_all_scores():
    """Counts on the bars add up to the cases; heights go as their roots; a score of 1 is in the last bar."""
    scores, answers = np.array([0.02] * 9 + [0.97, 1.0, 1.0, 1.0]), np.array([0] * 9 + [1] * 4)
    svg = scores_svg(scores, answers, 0.5, NAMES)
    assert [w for w in words(svg) if w in {"9", "4"}] == ["4", "9"]
    yes, no = bars(svg)
    assert no / yes == pytest.approx(3 / 2, rel=0.01)


@pytest.mark.parametrize("threshold", [0.0, 0.37, 1.0])
def test_threshold_is_written_and_stays_inside(threshold):
    """At both ends too the number is whole on the picture."""
    svg = scores_svg([0.2, 0.9], [0, 1], threshold, NAMES)
    assert f"threshold {threshold:.2f}" in words(svg)
    x = float(re.search(r'<text x="([\d.]+)"[^>]*>threshold', svg)[1])
    assert 50 < x < svg_size(svg)[0] - 50


def test_the_square_says_right_and_wrong_by_sign():
    """Two ticks, two crosses, four counts with a thousands mark."""
    said = words(counts_svg(3, 1200, 1, 4, NAMES))
    assert {"3", "1,200", "1", "4"} <= set(said)
    assert [sum(w.startswith(sign) for w in said) for sign in "✓✗"] == [2, 2]


def test_classes_are_written_and_zeros_left_blank():
    """Each count but 0 stands in its cell, an empty row is no division by nothing, and diagonal differs in hue."""
    svg = classes_svg([[8, 2, 0], [0, 5, 0], [0, 0, 0]], ["a", "b", "c"])
    assert sorted(w for w in words(svg) if w.isdigit()) == ["2", "5", "8"]
    fills = re.findall(r'width="42" height="42" fill="(#\w+)"', svg)
    red, _, blue = (int(fills[0][i : i + 2], 16) for i in (1, 3, 5))
    assert blue > red
    red, _, blue = (int(fills[1][i : i + 2], 16) for i in (1, 3, 5))
    assert red > blue


def test_names_are_escaped_and_shortened():
    """A name that looks like a tag is text, and a long one is cut."""
    for svg in (
        scores_svg([0.2, 0.9], [0, 1], 0.5, ("<b>", "x" * 200)),
        counts_svg(1, 1, 1, 1, ("<b>", "x" * 200)),
    ):
        assert "<b>" not in svg
        assert svg_to_png(svg)[1:4] == b"PNG"
        assert svg_size(svg)[0] < 700


def test_reliability_draws_a_dot_a_full_bin():
    """An empty bin draws nothing; a bin with more cases has a larger dot."""
    said, kept = [0.1, np.nan, 0.9], [0.2, np.nan, 0.8]
    figure = reliability_figure({"one": (said, kept, [4, 0, 400]), "two": (said, kept, [4, 0, 4])})
    dots = figure.axes[0].collections[0]
    assert np.isfinite(np.ma.filled(dots.get_offsets().astype(float), np.nan)).all(axis=1).sum() == 2
    assert dots.get_sizes()[2] > dots.get_sizes()[0]
    assert figure._repr_png_()[1:4] == b"PNG"


def test_spread_draws_the_middle_of_each_row():
    """The bar of each name goes from the 2.5 % to the 97.5 % quantile; the line at 0 comes when asked for."""
    values = np.linspace(-1, 3, 401)
    plain, with_zero = (spread_figure({"a": values, "b": values + 1}, "gain", zero=z) for z in (False, True))
    ends = plain.axes[0].lines[1].get_xdata()
    np.testing.assert_allclose(ends, np.quantile(values, [0.025, 0.975]))
    assert len(with_zero.axes[0].lines) == len(plain.axes[0].lines) + 1
    assert with_zero._repr_png_()[1:4] == b"PNG"
