"""The pictures of lesson 05: what stands in them agrees with the numbers they were given."""

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from tfm.kit.drawing import svg_size, svg_to_png
from tfm.kit.next_token import bars_svg, percent, perplexity_figure, recited_svg, surprise_svg

SVG = "{http://www.w3.org/2000/svg}"


def texts(svg):
    """Return every text of a picture, in order, inner pieces included."""
    return ["".join(e.itertext()) for e in ET.fromstring(svg).iter(f"{SVG}text")]


def rects(svg):
    """Return the attributes of every rectangle but the paper."""
    return [e.attrib for e in ET.fromstring(svg).iter(f"{SVG}rect")][1:]


def test_bars_are_as_long_as_likely():
    """The longest takes the whole width, half as likely is half as long, and both numbers are written."""
    svg = bars_svg(["cat", "dog", "mat"], [0.5, 0.25, 0.0], [3, 1, 0], title="after “the”", note="the rest")
    bars = [float(r["width"]) for r in rects(svg) if "data-cell" not in r]
    assert bars[1] == pytest.approx(bars[0] / 2)
    assert bars[2] == 1  # a line, so that one sees where it would be
    assert texts(svg) == [
        "after “the”",
        "cat",
        "50.0% · 3 times",
        "dog",
        "25.0% · once",
        "mat",
        "0% · never",
        "the rest",
    ]


def test_never_counted_is_hollow():
    """Counted or not is told by the fill, the dashes and the word, not by the colour."""
    full, hollow = (r for r in rects(bars_svg(["a", "b"], [0.5, 0.5], [1, 0])) if "data-cell" not in r)
    assert full["fill"] != hollow["fill"] == "#ffffff"
    assert "stroke-dasharray" in hollow
    assert "stroke-dasharray" not in full


def test_one_row_is_framed():
    """The chosen row has a frame, the others none, and each can be clicked."""
    svg = bars_svg(["a", "b", "c"], [0.5, 0.3, 0.2], [1, 1, 1], chosen=1)
    cells = {r["data-cell"]: r["stroke"] for r in rects(svg) if "data-cell" in r}
    assert [cells[f"{i},0"] == "none" for i in range(3)] == [True, False, True]


def test_no_bars_is_a_picture_too():
    """A model without an answer leaves a title and a note."""
    assert texts(bars_svg([], [], [], title="t", note="nothing")) == ["t", "nothing"]


@pytest.mark.parametrize("word", ["<b>&", "我们", "x" * 300, "\x00", "\ud800", "🙂"])
def test_any_token_is_drawn_as_text(word):
    """Markup, Chinese, very long words and control characters end up as text inside the paper."""
    for svg in (
        bars_svg([word], [1.0], [1], title=word[:20]),
        surprise_svg([word], [3.0]),
        recited_svg({"n = 1": [word]}, {"n = 1": [True]}),
    ):
        assert "<b>" not in svg
        assert svg_to_png(svg)[1:4] == b"PNG"


def test_surprise_grows_with_bits_and_wraps():
    """Twice the bits, twice the height; ∞ is as high as the highest; a long text takes several lines."""
    svg = surprise_svg(["a", "b", "c"], [3.0, 6.0, np.inf])
    heights = [float(r["height"]) for r in rects(svg)]
    assert heights[1] == pytest.approx(2 * heights[0], abs=0.11)
    assert heights[2] == max(heights)
    assert [t for t in texts(svg) if re.match(r"[\d∞]", t)] == ["3.0", "6.0", "∞"]
    width, height = svg_size(surprise_svg(["word"] * 100, [1.0] * 100))
    assert width <= 740
    assert height > 4 * svg_size(svg)[1]


def test_recited_words_are_underlined():
    """Each column counts its words by heart, and those are underlined, the others not."""
    svg = recited_svg(
        {"n = 1": ["of", "the"], "n = 5": ["it", "is", "so"]},
        {"n = 1": [False] * 2, "n = 5": [True, True, False]},
    )
    assert "0 of 2 words by heart" in svg
    assert "2 of 3 words by heart" in svg
    marked = [e.text for e in ET.fromstring(svg).iter(f"{SVG}tspan")]
    assert marked == ["it is"]
    assert "it is so" in texts(svg)


def test_infinite_lines_are_left_out():
    """A model that is ∞ throughout has no line; the others keep colour and mark in both panels."""
    panels = {
        "hidden": {"plain": [np.inf, np.inf], "kn": [400.0, 200.0]},
        "own": {"plain": [3.0, 1.0], "kn": [300.0, 50.0]},
    }
    left, right = perplexity_figure(panels, [1, 2]).axes
    assert [line.get_label() for line in left.lines] == ["kn"]
    assert [line.get_label() for line in right.lines] == ["plain", "kn"]
    assert left.lines[0].get_color() == right.lines[1].get_color() != right.lines[0].get_color()
    assert left.lines[0].get_marker() != right.lines[0].get_marker()
    assert left.lines[0].get_ydata().tolist() == [400, 200]


@pytest.mark.parametrize(
    ("p", "words"), [(0.5, "50.0%"), (0.00042, "0.04%"), (0.00001, "< 0.01%"), (0, "0%")]
)
def test_percent_never_rounds_something_to_nothing(p, words):
    """A tiny probability is not written as 0."""
    assert percent(p) == words
