"""Arrows, matrix products and moved planes: what stands in the pictures agrees with the numbers."""

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from tfm.by_hand.vectors import projection
from tfm.kit.drawing import svg_size, svg_to_png
from tfm.kit.style import BLUE, INK, ORANGE
from tfm.lessons.vectors.arrows_figure import (
    EXTENT,
    RIM,
    STEP,
    arrows_svg,
    key_cell,
    two_vectors_svg,
    vector_text,
)
from tfm.lessons.vectors.board_figure import Board
from tfm.lessons.vectors.matmul_figure import product_svg
from tfm.lessons.vectors.plane_map_figure import plane_map_svg

HALF_PIXEL = 0.06  # pixels are written with one digit


@pytest.fixture(autouse=True)
def _as_a_reader(as_a_reader_calls_it):
    """Call the pictures with whole numbers too, as lessons do."""


def words(svg):
    """Return every text of a picture, in order."""
    return [e.text for e in ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]


def tips(svg, colour):
    """Return the pixels of every arrow tip of a colour."""
    return [
        tuple(map(float, found))
        for found in re.findall(rf'd="M([-\d.]+) ([-\d.]+)L[^"]*Z" fill="{colour}"', svg)
    ]


def test_board_and_pixels_are_inverse():
    """A point's pixels lead back to the point, title or not, wherever the origin is."""
    for board in (Board(-6, 6, 420), Board(-1, 10, 300, "a title")):
        assert board.place(*board.at([2.5, -0.5])) == pytest.approx((2.5, -0.5))


def test_both_paths_end_at_the_sum():
    """Three arrows end at a + b: the sum, a moved to b's tip, b moved to a's tip."""
    svg, board = two_vectors_svg([1, 2], [3, 1]), Board(-EXTENT, EXTENT, 420)
    end = board.at([4, 3])
    assert tips(svg, INK) == [pytest.approx(end, abs=HALF_PIXEL)]
    for colour, own in ((BLUE, [1, 2]), (ORANGE, [3, 1])):
        wanted = sorted([end, board.at(own)])
        assert np.allclose(sorted(tips(svg, colour)), wanted, rtol=0, atol=HALF_PIXEL)


def test_shadow_ends_at_the_foot():
    """The broad band runs from the origin to the foot, and the right angle is drawn only where there is room."""
    a, b = [1, 2], [3, 1]
    foot = projection(a, b).foot
    svg, board = two_vectors_svg(a, b, paths=False, foot=foot), Board(-EXTENT, EXTENT, 420)
    band = re.search(r'd="M([\d.]+) ([\d.]+)L([\d.]+) ([\d.]+)" stroke="[^"]*" stroke-width="11"', svg)
    assert tuple(map(float, band.groups())) == pytest.approx(
        (*board.at([0, 0]), *board.at(foot)), abs=HALF_PIXEL
    )
    assert svg.count('stroke-width="1.2"/>') == 2  # the axes and the right angle
    along = two_vectors_svg([6, 2], b, paths=False, foot=[6, 2])
    assert along.count('stroke-width="1.2"/>') == 1
    assert "a + b" not in words(svg)


def test_only_held_arrows_can_be_moved():
    """Without a held tip there is nothing to drag and no key step; with one, both tips and all steps."""
    assert "data-" not in two_vectors_svg([1, 2], [3, 1])
    svg = two_vectors_svg([1, 2], [3, 1], held="b")
    assert re.findall(r'stroke-width="(\d)" data-drag="(\w)"', svg) == [("1", "a"), ("3", "b")]
    steps = round(2 * (EXTENT - RIM) / STEP) + 1
    assert svg.count("data-cell") == steps**2
    for corner in ([EXTENT - RIM, RIM - EXTENT], [RIM - EXTENT, EXTENT - RIM], [0, 0]):
        row, column = key_cell(corner)
        assert f'data-cell="{row},{column}"' in svg
    row, column = key_cell([EXTENT - RIM + STEP, 0])
    assert f'data-cell="{row},{column}"' not in svg


def test_zero_vectors_are_dots():
    """An arrow without a length is a dot, and the picture is still one."""
    svg = two_vectors_svg([0, 0], [0, 0])
    assert 'r="4"' in svg
    assert svg_to_png(svg, zoom=1)[1:4] == b"PNG"


def test_arrows_choose_their_paper():
    """Without a negative number the origin stands low on the left; with one, in the middle."""
    quarter, whole = arrows_svg({"x": [4, 1]}), arrows_svg({"x": [-4, 1]})
    assert "−1" not in words(quarter)
    assert "−1" in words(whole)
    assert {"x", "4"} <= set(words(quarter))


def test_every_label_stays_on_the_paper():
    """A name at the edge is moved inside, and odd names are escaped."""
    for tip in ([9, 9], [-9, 9], [9, -9], [-9, -9]):
        svg = arrows_svg({"<b>&": tip, "a very long name indeed": [1, 0]}, high=9)
        side = svg_size(svg)[0]
        places = re.findall(r'<text x="([-\d.]+)" y="([-\d.]+)" font-size="15"', svg)
        assert len(places) == 2
        assert all(0 < float(x) < side and 0 < float(y) < side for x, y in places)


def test_product_writes_only_what_is_filled():
    """Cells that are not filled yet show a question mark; the chosen cell's sum is written out."""
    a, b = np.array([[1, 2], [-3, 0.5]]), np.array([[5, 6], [7, -8]])
    svg = product_svg(a, b, a @ b, filled={(0, 0), (1, 1)}, chosen=(1, 1))
    assert words(svg).count("?") == 2
    assert "(−3)·6 + 0.5·(−8) = −22" in words(svg)
    assert "row 2 of A, column 2 of B:" in words(svg)
    assert svg.count("data-cell") == 4
    assert "?" not in words(product_svg(a, b, a @ b))


def test_product_fits_its_paper():
    """Long numbers widen their cells, and the sum below widens the paper, before it is needed."""
    a = np.full((2, 5), 1000.25)
    pages = [product_svg(a, -a.T, -a @ a.T, chosen=cell) for cell in ((0, 0), (1, 1))]
    assert len({svg_size(svg) for svg in pages}) == 1
    width = svg_size(pages[0])[0]
    assert width > len("1000.25·(−1000.25) + " * 5) * 8


@pytest.mark.parametrize("matrix", [[[0, -1], [1, 0]], [[1, 2], [0.5, 1]], [[0, 0], [0, 0]]])
def test_columns_are_where_the_axes_land(matrix):
    """The two arrows of a moved plane end at the matrix's columns, and the unit square has its corners there."""
    svg, board = plane_map_svg(matrix), Board(-4, 4, 300)
    m = np.array(matrix, dtype=float)
    for column, colour in ((m[:, 0], BLUE), (m[:, 1], ORANGE)):
        if column.any():
            assert tips(svg, colour) == [pytest.approx(board.at(column), abs=HALF_PIXEL)]
    corners = [
        tuple(map(float, c.split(","))) for c in re.search(r'<polygon points="([^"]*)"', svg)[1].split()
    ]
    assert corners[2] == pytest.approx(board.at(m.sum(axis=1)), abs=HALF_PIXEL)


def test_other_shapes_cannot_move_the_plane():
    """A matrix that is not 2 × 2 gets one sentence."""
    with pytest.raises(ValueError, match="2 × 2, two rows of two numbers"):
        plane_map_svg([[1, 2, 3], [4, 5, 6]])


def test_vectors_are_written_as_people_do():
    """Minus is a minus, and whole numbers have no point."""
    assert vector_text([-1.0, 2.25]) == "(−1, 2.25)"
