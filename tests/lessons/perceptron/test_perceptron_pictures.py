"""The perceptron's two pictures: what stands in them agrees with the numbers they were given."""

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from tfm.by_hand.perceptron import all_cases
from tfm.kit.cases import cases_svg
from tfm.kit.drawing import svg_size, svg_to_png
from tfm.kit.style import BLUE
from tfm.lessons.perceptron.figures import plane_svg

FILM, NAMES = [8, 4, 4], ("weather", "price", "company")
SQUARE = ("a", "b")


@pytest.fixture(autouse=True)
def _as_a_reader(as_a_reader_calls_it):
    """Call the pictures with whole numbers too, as lessons do."""


def words(svg):
    """Return every text of a picture, in order."""
    return [e.text for e in ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]


def test_every_case_is_drawn_with_its_decision():
    """Eight rows, three of them go, and each sum is written."""
    found = words(cases_svg(all_cases(3), FILM, 8, NAMES))
    assert (found.count("go"), found.count("stay")) == (3, 5)
    assert found[0] == "threshold 8"
    assert [found[i - 1] for i, text in enumerate(found) if text in {"go", "stay"}] == [
        "0",
        "4",
        "4",
        "8",
        "8",
        "12",
        "12",
        "16",
    ]


def test_cases_say_what_was_asked_for():
    """The last column says what should have been decided, and marks each as right or wrong."""
    found = words(
        cases_svg([[0, 0], [1, 1]], [1, 1], 0.5, SQUARE, asked=["stay", "stay"], right=[True, False])
    )
    assert (found.count("✓"), found.count("✗")) == (1, 1)


def test_negative_sums_stay_on_the_paper():
    """Signs and numbers of any size lie inside the picture, and the threshold's label too."""
    for weights, threshold in [
        ([-10, -10, -10], 20),
        ([10, 10, 10], -20),
        ([0, 0, 0], 0),
        ([0.1, 0.1, 0], 0.1),
    ]:
        svg = cases_svg(all_cases(3), weights, threshold, NAMES)
        width, height = svg_size(svg)
        places = re.findall(r'<text x="([-\d.]+)" y="([-\d.]+)"', svg)
        assert all(0 < float(x) < width and 0 < float(y) < height for x, y in places)


def shaded(svg):
    """Return the corners of the shaded region, in pixels."""
    found = re.search(r'<polygon points="([^"]*)"', svg)
    return [tuple(map(float, p.split(","))) for p in found[1].split()] if found else []


def test_the_right_side_is_shaded():
    """The rule x > 0.5 shades the right half; its opposite the left half; a rule nobody passes shades nothing."""
    right, left = (shaded(plane_svg([(w, 0, 0.5 * w)], SQUARE, [], [])) for w in (1, -1))
    assert min(x for x, _ in right) == max(x for x, _ in left)
    assert shaded(plane_svg([(0, 0, 1)], SQUARE, [], [])) == []
    assert len(shaded(plane_svg([(0, 0, -1)], SQUARE, [], []))) == 4


def test_points_at_one_place_stand_beside_each_other():
    """Two points at (0, 0) are both seen, and a wrong one is ringed."""
    svg = plane_svg([(1, 1, 0.5)], SQUARE, [[0, 0], [0, 0]], [1, 1], wrong=[False, True])
    discs = re.findall(rf'<circle cx="([\d.]+)" cy="[\d.]+" r="7.5" fill="{BLUE}"', svg)
    assert len(set(discs[:2])) == 2
    assert svg.count('r="13"') == 1


def test_crowd_is_drawn_apart_and_inside():
    """Many people at one place are as many signs at different pixels, and far points widen the plane."""
    svg = plane_svg([(1, 1, 0.5)], SQUARE, [], [], crowd=(np.zeros((150, 2)), np.ones(150)))
    assert len(set(re.findall(r'cx="([\d.]+)" cy="([\d.]+)" r="2.4"', svg))) == 150
    wide = words(plane_svg([(1, 1, 0.5)], SQUARE, [], [], crowd=([[5, -3]], [0])))
    assert {"5", "−3"} <= set(wide)


def test_names_from_elsewhere_are_escaped_and_shortened():
    """A name with marks of XML or of great length spoils no picture."""
    names = ("<b>&", "a name that is far too long")
    for svg in (cases_svg(all_cases(2), [1, 1], 1, names), plane_svg([(1, 1, 1)], names, [[0, 1]], [1])):
        assert any(text.startswith("<b>&") for text in words(svg))
        assert svg_to_png(svg, zoom=1)[1:4] == b"PNG"


def test_a_plane_without_a_line_is_not_shaded():
    """Points alone are on no side: nothing is filled, and the legend names no side."""
    svg = plane_svg([], ("a", "b"), [[0, 0], [1, 1]], [True, False])
    assert "<polygon" not in svg
    assert "the go side" not in svg
