"""The pictures of positions: what stands in them agrees with the numbers they were given."""

import base64
import io
import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from PIL import Image

from tfm.kit.drawing import svg_size, svg_to_png
from tfm.kit.pixels import pixels_svg
from tfm.kit.style import FOCUS, diverging
from tfm.lessons.positions.codes_figure import MAP_HEIGHT, MAP_WIDTH, code_svg, hands_svg
from tfm.lessons.positions.distances_figure import Curve, distance_svg
from tfm.lessons.positions.twin import sinusoidal

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(autouse=True)
def _as_a_reader(as_a_reader_calls_it):
    """Call the pictures with whole numbers too, as lessons do."""


def words(svg):
    """Return every text of a picture, in order."""
    return [e.text for e in ET.fromstring(svg).iter(f"{SVG}text")]


def cells(svg):
    """Return the cells one can point at, in order."""
    return re.findall(r'data-cell="(\d+,\d+)"', svg)


def image(element):
    """Return the pixels of an `<image>`, height × width × 3."""
    data = re.search(r"base64,([^\"]+)", element)[1]
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB"))


def test_each_number_is_a_block_of_its_colour():
    """A small PNG of our own making is read by Pillow, with each value's colour in its place."""
    values = [[-1, 0, 1], [0.5, np.nan, 7]]
    found = image(pixels_svg(values, 0, 0, 30, 20, limit=1))
    height, width, _ = found.shape
    for i, row in enumerate(values):
        for j, value in enumerate(row):
            pixel = found[int((i + 0.5) * height / 2), int((j + 0.5) * width / 3)]
            assert "#" + bytes(pixel.tolist()).hex() == diverging(np.minimum(value, 1))


def test_image_is_drawn_sharp_where_it_should_be():
    """In the rendered map the corner cells have their pure colours to the edge, not a blur."""
    svg = code_svg([[1.0, -1.0], [-1.0, 1.0]])
    x, y = (float(re.search(r'<image x="([\d.]+)" y="([\d.]+)"', svg)[k]) for k in (1, 2))
    drawn = np.asarray(Image.open(io.BytesIO(svg_to_png(svg, zoom=1))).convert("RGB"))
    just_left, just_right = (drawn[int(y) + 40, int(x + MAP_WIDTH / 2) + d].tolist() for d in (-3, 3))
    assert bytes(just_left).hex() == diverging(1)[1:]
    assert bytes(just_right).hex() == diverging(-1)[1:]
    below = drawn[int(y + MAP_HEIGHT / 2) + 3, int(x) + 40].tolist()
    assert bytes(below).hex() == diverging(-1)[1:]


def test_rows_and_pairs_can_be_reached_from_the_chosen_cell():
    """From the chosen cell each neighbour up, down, left and right is there to be pointed at."""
    found = cells(code_svg(sinusoidal(range(128), 64), chosen=(5, 3)))
    assert len(found) == 128 + 32
    assert {"4,3", "6,3", "5,2", "5,4"} <= set(found)
    assert not cells(code_svg(sinusoidal(range(8), 4)))
    assert set(cells(code_svg(np.zeros((3, 4)), chosen=(0, 0), band=1))) >= {"0,3", "2,0"}


def test_map_frames_what_is_chosen():
    """The frame of the row stands at the row, and only where something is chosen."""
    svg = code_svg(np.zeros((10, 4)), chosen=(5, 1))
    found = re.search(rf'y="([\d.]+)" width="[\d.]+" height="[\d.]+" fill="none" stroke="{FOCUS}"', svg)
    top = float(re.search(r'<image x="[\d.]+" y="([\d.]+)"', svg)[1])
    assert float(found[1]) == pytest.approx(top + 5 * MAP_HEIGHT / 10, abs=0.1)
    assert FOCUS not in code_svg(np.zeros((10, 4)))


@pytest.mark.parametrize(
    ("matrix", "ends"), [([[0, 1]], ["0", "2"]), ([[-1, 1]], ["−2", "2"]), ([[-1, 0]], ["−2", "0"])]
)
def test_scale_shows_only_what_occurs(matrix, ends):
    """A map without negative numbers has a scale from 0."""
    assert words(code_svg(matrix, limit=2))[-2:] == ends


def test_first_position_is_counted_from_where_it_begins():
    """Rows are labelled by position, not by row number."""
    assert "100" in words(code_svg(np.zeros((8, 2)), first=100))


def test_hands_point_where_sine_and_cosine_say():
    """At angle 0 a hand points up; a quarter on, to the right, like a clock's."""
    up, right = re.findall(r'<path d="M[\d.]+ [\d.]+l(-?[\d.]+) (-?[\d.]+)"', hands_svg([0, 1, 1, 0]))
    assert (float(up[0]), float(up[1]) < 0) == (0, True)
    assert (float(right[0]) > 0, abs(float(right[1]))) == (True, 0)


def test_many_hands_are_thinned_and_the_chosen_one_is_kept():
    """Of 48 pairs 32 clocks are drawn, the chosen pair among them, wherever it is."""
    for chosen in range(48):
        svg = hands_svg(np.ones(96), chosen=chosen)
        assert svg.count("<circle") == 32
        assert str(chosen) in words(svg)
    assert hands_svg(np.zeros(4), np.zeros(4), labels=("a", "b")).count("<circle") == 2


def test_curves_differ_by_more_than_colour():
    """Two curves have two dash patterns, and both labels are written."""
    svg = distance_svg([Curve([0, 1], [1, 2], "one"), Curve([0, 1], [2, 1], "other")], marked=1)
    lines = re.findall(r"<polyline[^>]*>", svg)
    assert [("dasharray" in line) for line in lines] == [False, True]
    assert {"one", "other"} <= set(words(svg))
    assert f'stroke="{FOCUS}"' in svg


@pytest.mark.parametrize("values", [[0, 0, 0], [1e-9, 2e-9, 0], [-5e6, 3, 5e6], [1, 1, 1]])
def test_curves_of_any_size_stay_on_the_paper(values):
    """Equal, tiny or huge values give points and labels inside the picture."""
    svg = distance_svg([Curve([-1, 0, 1], values, "v")], title="t")
    width, height = svg_size(svg)
    points = re.search(r'points="([^"]*)"', svg)[1].replace(",", " ").split()
    assert all(0 <= float(x) <= width for x in points[::2])
    assert all(0 <= float(y) <= height for y in points[1::2])
    assert svg_to_png(svg, zoom=1)[1:4] == b"PNG"


def test_names_from_elsewhere_are_escaped():
    """A title with marks of XML or Chinese spoils no picture."""
    for svg in (
        code_svg([[1.0, 0.0]], title="<b>& 麻子"),
        hands_svg([1.0, 0.0], labels=("<b>&", ""), title="&"),
        distance_svg([Curve([0, 1], [0, 1], "<&>")], title="<"),
    ):
        assert ET.fromstring(svg) is not None
        assert svg_to_png(svg, zoom=1)[1:4] == b"PNG"
