"""Maps and charts of lesson 02: what stands in them agrees with the numbers they were given."""

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from tfm.kit import curves
from tfm.kit.axis import Axis, tick_text
from tfm.kit.curves import HEIGHT, WIDTH, Series, chart_svg
from tfm.kit.drawing import svg_size, svg_to_png
from tfm.lessons.learning.figures import LEFT, TOP, Surface

SIDE = 300
ENDS = (-1.0, 1.0)


@pytest.fixture(autouse=True)
def _as_a_reader(as_a_reader_calls_it):
    """Call the pictures with lists and whole numbers too, as lessons do."""


@pytest.fixture
def bowl():
    """A round bowl from 0 to 2 with its bottom in the middle."""
    x, y = np.meshgrid(np.linspace(*ENDS, 41), np.linspace(*ENDS, 41))
    return Surface(x**2 + y**2, ENDS, ENDS, ("w", "b"))


def words(svg):
    """Return every text of a picture, in order."""
    return [e.text for e in ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]


def circles(svg):
    """Return every circle's middle, in pixels of its own frame."""
    return [(float(x), float(y)) for x, y in re.findall(r'<circle cx="([-\d.]+)" cy="([-\d.]+)"', svg)]


def test_a_path_stands_where_its_numbers_say(bowl):
    """The start is drawn last and lies at its share of the map; up on the page is more of the second number."""
    (ex, ey), (x, y) = circles(bowl.svg([[-0.5, 0.5], [0.0, 0.0]]))
    assert (x, y) == (SIDE / 4, SIDE / 4)
    assert (ex, ey) == (SIDE / 2, SIDE / 2)


def test_the_handle_is_the_start(bowl):
    """Only with a handle can the ring be dragged, and where it stands reads back as its numbers."""
    svg = bowl.svg([[-0.5, 0.5]], handle=True)
    assert svg.count('data-drag="start"') == 1
    assert "data-drag" not in bowl.svg([[-0.5, 0.5]])
    x, y = circles(svg)[-1]
    assert bowl.at(LEFT + x, TOP + y) == (-0.5, 0.5)


@pytest.mark.parametrize(("pixel", "place"), [((-99, 9999), (-1, -1)), ((9999, -99), (1, 1))])
def test_a_drag_off_the_map_ends_at_its_edge(bowl, pixel, place):
    """Outside the map the nearest place on the edge counts."""
    assert bowl.at(*pixel) == place


def test_heights_are_written_on_their_rings(bowl):
    """A ring's number is its squared distance from the bottom."""
    svg = bowl.svg()
    found = re.findall(r'<text x="([\d.]+)" y="([\d.]+)" font-size="11"[^>]*>([\d.]+)<', svg)
    assert len(found) >= 2
    for x, y, height in found:
        across, up = float(x) / SIDE * 2 - 1, 1 - (float(y) - 4) / SIDE * 2
        assert across**2 + up**2 == pytest.approx(float(height), abs=0.06)


def test_a_path_that_leaves_the_map_keeps_its_direction_and_small_numbers(bowl):
    """A place a million away is drawn near, on the same line from the middle, and its label is left out."""
    svg = bowl.svg([[0.0, 0.0], [1e6, 1e6]], last="step 1")
    (x, y), _ = circles(svg)
    assert x - SIDE / 2 == pytest.approx(SIDE / 2 - y)
    assert SIDE < x < 2000
    assert "step 1" not in words(svg)
    assert "step 1" in words(bowl.svg([[0.0, 0.0], [0.5, 0.5]], last="step 1"))
    assert svg_to_png(svg) != svg_to_png(bowl.svg())


def test_labels_stay_on_the_map(bowl):
    """In each corner the labels of start and end lie inside the square."""
    for x, y in [(-1, -1), (-1, 1), (1, -1), (1, 1)]:
        svg = bowl.svg([[x, y], [0.9 * x, 0.9 * y]], last="step 100")
        places = re.findall(
            r'<text x="([-\d.]+)" y="([-\d.]+)" font-size="12" [^>]*>(?:start|step 100)<', svg
        )
        assert len(places) == 2
        for px, py in places:
            assert 0 <= float(px) <= SIDE - 35
            assert 8 <= float(py) <= SIDE


def test_flat_ground_is_one_colour():
    """Where all heights are equal there is no ring to draw, and no error."""
    svg = Surface([[1, 1], [1, 1]], ENDS, ENDS, ("w", "b")).svg([[0, 0]])
    assert "fill-rule" not in svg


@pytest.mark.parametrize(
    ("act", "sentence"),
    [
        (lambda: Surface([[1, 2]], ENDS, ENDS, ("w", "b")), "give at least 2 × 2"),
        (lambda: Surface([[1, np.nan], [1, 1]], ENDS, ENDS, ("w", "b")), "all finite numbers"),
        (lambda: Surface([[1, 2], [1, 1]], (1, 1), ENDS, ("w", "b")), "must each go from less to more"),
        (lambda: Axis((0, 1), log=True), "rise, from above 0"),
        (lambda: Axis((1, 1)), "must be finite and rise, and they are 1 and 1"),
        (lambda: Axis((0, np.inf)), "must be finite"),
    ],
)
def test_bad_input_gets_one_sentence(act, sentence):
    """The rule and the value."""
    with pytest.raises(ValueError, match=sentence) as caught:
        act()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("ends", [(0, 100), (-3, 4), (0.1, 0.9), (-8, 18), (0, 0.33)])
def test_ticks_are_round_and_inside(ends):
    """Three to six numbers, evenly spread, none outside the axis, all short to write."""
    ticks = Axis(ends).ticks()
    assert 3 <= len(ticks) <= 6
    assert ends[0] <= min(ticks)
    assert max(ticks) <= ends[1]
    assert np.ptp(np.diff(ticks)) < 1e-9
    assert all(len(tick_text(v)) <= 4 for v in ticks)


def test_logarithmic_ticks_are_powers_of_ten():
    """At most six of them, however far the axis reaches."""
    assert Axis((0.5, 2e3), log=True).ticks() == [1, 10, 100, 1000]
    assert len(Axis((1e-30, 1e30), log=True).ticks()) <= 6


def test_a_chart_draws_what_it_is_given():
    """A disc stands at its numbers' share of both axes, and every named series is in the legend."""
    series = [Series([5], [10], "here", "disc"), Series([0, 10], [1, 100], "rising"), Series([0], [1])]
    svg = chart_svg(series, Axis((0, 10)), Axis((1, 100), log=True), ("step", "loss"), title="A title")
    assert circles(svg)[0] == (curves.LEFT + WIDTH / 2, curves.TOP + HEIGHT / 2)
    assert {"here", "rising", "A title", "step →", "loss →"} <= set(words(svg))
    assert f'd="M0.0 {HEIGHT:.1f}L{WIDTH:.1f} 0.0"' in svg


@pytest.mark.parametrize("sign", ["disc", "ring"])
def test_a_point_on_the_edge_is_whole(sign):
    """A point in a corner is not cut by the plot's frame, and one beyond it is not drawn."""
    points = Series([0, 1, 1.2, 0.5, 0.5], [0, 1, 0.5, -0.1, np.nan], sign=sign)
    svg = chart_svg([points], Axis((0, 1)), Axis((0, 1)), ("recall", "precision"))
    corners = [(curves.LEFT, curves.TOP + HEIGHT), (curves.LEFT + WIDTH, curves.TOP)]
    assert circles(svg) == circles(svg.rpartition("</svg>")[0].rpartition("</svg>")[2]) == corners


def test_signs_differ_without_colour():
    """Solid, dashed and dotted lines differ in their dashes, discs and rings in their filling."""
    lines = [
        chart_svg([Series([0, 1], [0, 1], sign=s)], Axis((0, 1)), Axis((0, 1)), ("", ""))
        for s in ("solid", "dashed", "dotted")
    ]
    dashes = [re.findall('stroke-dasharray="([^"]*)"', svg) for svg in lines]
    assert dashes[0] == []
    assert dashes[1] != dashes[2]
    discs, rings = (
        chart_svg([Series([0.5], [0.5], sign=s)], Axis((0, 1)), Axis((0, 1)), ("", ""))
        for s in ("disc", "ring")
    )
    assert 'fill="#fff" stroke' not in discs
    assert 'fill="#fff" stroke' in rings


def test_a_gap_lifts_the_pen_and_far_values_are_cut():
    """NaN and ∞ leave a gap; a value of 10³⁰⁰ gets a coordinate that a renderer can bear."""
    svg = chart_svg([Series([0, 1, 2, 3], [0, np.nan, 1, 1e300])], Axis((0, 3)), Axis((0, 1)), ("x", "y"))
    line = re.findall(r'<path d="([^"]*)" fill="none"', svg)[0]
    assert re.fullmatch(r"M[-\d. ]+M[-\d. ]+L[-\d. ]+", line)
    assert max(abs(float(v)) for v in re.findall(r"[-\d.]+", line)) <= 10_000


def test_every_word_is_on_the_paper():
    """Long names in the legend and big numbers at the axes stay inside the picture."""
    series = [Series([0], [0], "validation loss", "dashed"), Series([0], [0], "train loss")]
    svg = chart_svg(series, Axis((0, 100)), Axis((1e-8, 1e8), log=True), ("λ", "loss"), marker=50)
    width, height = svg_size(svg)
    outer = re.findall(r'<text x="([-\d.]+)" y="([-\d.]+)"', svg)
    assert all(0 < float(x) < width and 0 < float(y) < height for x, y in outer)
