"""The pictures of lesson 07: rankings and maps say what they were given, and words do not cover each other."""

import re
import xml.etree.ElementTree as ET
from itertools import combinations

import numpy as np
import pytest

from tfm.kit.drawing import svg_size, svg_to_png
from tfm.kit.style import text_width
from tfm.lessons.embeddings.figures import SIZE, ranking_svg, word_map_svg

SVG = "{http://www.w3.org/2000/svg}"


def texts(svg):
    """Return every text of a picture, in order."""
    return ["".join(e.itertext()) for e in ET.fromstring(svg).iter(f"{SVG}text")]


def rects(svg):
    """Return the attributes of every rectangle but the paper."""
    return [e.attrib for e in ET.fromstring(svg).iter(f"{SVG}rect")][1:]


def test_bars_are_as_long_as_the_scores():
    """The largest takes the whole width, half of it half; the numbers stand beside them."""
    svg = ranking_svg(["cat", "dog", "mat"], [0.8, 0.4, 0.0], title="near “pet”")
    lengths = [float(r["width"]) for r in rects(svg)]
    assert lengths == [150, 75, 0]
    assert texts(svg) == ["near “pet”", "cat", "0.80", "dog", "0.40", "mat", "0.00"]


def test_a_bar_below_zero_goes_to_the_left():
    """It ends where the others begin, has another colour, and its number a minus."""
    svg = ranking_svg(["up", "down"], [0.5, -0.5])
    up, down = rects(svg)
    assert float(down["x"]) + float(down["width"]) == pytest.approx(float(up["x"]))
    assert up["fill"] != down["fill"]
    assert "−0.50" in texts(svg)


def test_a_score_beyond_full_stays_in_the_picture():
    """With a given scale the bar stops at its end, and the number tells the truth."""
    svg = ranking_svg(["much"], [3.0], full=1.0)
    assert float(rects(svg)[0]["width"]) == 150
    assert "3.00" in texts(svg)


def test_rows_can_be_pointed_at_when_one_is_chosen():
    """Each row has its cell and the chosen one a frame; without a choice there is nothing to point at."""
    svg = ranking_svg(["a", "b"], [1, 2], chosen=1)
    assert re.findall(r'data-cell="(\d),0"', svg) == ["0", "1"]
    assert [r["stroke"] != "none" for r in rects(svg) if "data-cell" in r] == [False, True]
    assert "data-cell" not in ranking_svg(["a", "b"], [1, 2])


def test_names_are_cut_and_escaped():
    """A long name ends in dots, markup stays text, and a page of it becomes a picture."""
    svg = ranking_svg(["<b>&" * 20, "中文 😀"], [1, -1], longest=10, chosen=0)
    assert texts(svg)[0] == "<b>&<b>&<…"
    assert svg_to_png(svg)[:4] == b"\x89PNG"


def test_an_empty_ranking_is_a_title():
    """Nothing to rank draws nothing but the title."""
    assert texts(ranking_svg([], [], title="nothing")) == ["nothing"]


def places(svg):
    """Return the middle of each mark that is a circle."""
    return np.array(
        [[float(e.get("cx")), float(e.get("cy"))] for e in ET.fromstring(svg).iter(f"{SVG}circle")]
    )


def test_a_map_keeps_distances():
    """Distances on the page are proportional to those of the points, up is up and right is right."""
    points = np.array([[0.0, 0.0], [3.0, 0.0], [0.0, 1.0], [-1.0, -2.0]])
    pixels = places(word_map_svg(points, list("abcd")))
    drawn = [np.linalg.norm(pixels[i] - pixels[j]) for i, j in combinations(range(4), 2)]
    true = [np.linalg.norm(points[i] - points[j]) for i, j in combinations(range(4), 2)]
    assert np.ptp(np.array(drawn) / true) < 0.1  # pixels are written with one digit
    assert pixels[1, 0] > pixels[0, 0]
    assert pixels[2, 1] < pixels[0, 1]


def test_groups_differ_in_mark_and_colour():
    """Two kinds, two shapes: nothing is said by colour alone."""
    svg = word_map_svg([[0, 0], [1, 1]], ["a", "b"], [0, 1])
    marks = [e for e in ET.fromstring(svg).iter() if e.get("class") == "mark"]
    assert len({m.tag for m in marks}) == 2
    assert len({m.get("fill") for m in marks}) == 2


def test_crowded_words_do_not_cover_each_other():
    """Four words at nearly one place keep their labels apart, and inside the picture."""
    svg = word_map_svg([[0, 0], [0.02, 0], [0, 0.02], [9, 4]], ["list", "tuple", "right", "far away"])
    labels = [
        (float(e.get("x")), float(e.get("y")), "".join(e.itertext()))
        for e in ET.fromstring(svg).iter(f"{SVG}text")
    ]
    boxes = [(x, y - 12, x + text_width(word, SIZE), y + 3) for x, y, word in labels]
    for a, b in combinations(boxes, 2):
        assert a[2] <= b[0] + 1 or b[2] <= a[0] + 1 or a[3] <= b[1] + 1 or b[3] <= a[1] + 1
    width, height = svg_size(svg)
    assert all(min(a) >= 0 and a[2] <= width and a[3] <= height for a in boxes)


def test_one_word_and_no_word_are_drawn():
    """A single point has no spread to fit, an empty map nothing to fit."""
    assert texts(word_map_svg([[5, 5]], ["alone"])) == ["alone"]
    assert texts(word_map_svg(np.zeros((0, 2)), [])) == []


def test_points_and_words_must_agree():
    """Two numbers for each word, or one sentence."""
    with pytest.raises(ValueError, match=r"points has shape \(1, 2\) for 2 words"):
        word_map_svg([[0, 0]], ["a", "b"])
