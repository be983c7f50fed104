"""The picture of a rounded row, and the text that stands beside a chart."""

import re

import pytest

from tfm.kit.drawing import svg_to_png
from tfm.lessons.two_files.figures import HEIGHT, WIDTH, rounding_svg, sample_svg


def test_every_weight_falls_onto_its_ring():
    """A dot and a ring a weight, a mark for each place, and all inside the picture."""
    svg = rounding_svg([0.4, -0.9, 0.1], [0.5, -1.0, 0.0], 0.5, "three weights")
    assert svg.count('r="2.5"') == svg.count('r="4"') == 3
    assert svg.count(f'y1="{128 - 7}"') == 5  # −1, −0.5, 0, 0.5, 1
    places = [float(x) for x in re.findall(r'cx="([\d.]+)"', svg)]
    assert min(places) >= 0
    assert max(places) <= WIDTH
    assert f'height="{HEIGHT}"' in svg
    assert svg_to_png(svg)[1:4] == b"PNG"


def test_places_too_many_to_see_are_not_drawn():
    """With thousands of places no mark could be told from the next."""
    assert rounding_svg([1.0], [1.0], 1e-4, "fine").count("<line") == 3


@pytest.mark.parametrize(
    ("weights", "rounded"), [([], []), ([1.0], [1.0, 2.0]), ([float("nan")], [0.0]), ([[1.0]], [[1.0]])]
)
def test_what_cannot_be_drawn_is_told_so(weights, rounded):
    """No number, rows of two lengths, NaN, a whole matrix: one sentence."""
    with pytest.raises(ValueError, match=r"pass one row|pass numbers"):
        rounding_svg(weights, rounded, 1.0, "odd")


@pytest.mark.parametrize("text", ["", "a" * 10_000, "\n" * 50, "<b>&我 🙂\x00", "word " * 400])
def test_any_text_fits_beside(text):
    """Empty, endless, lines without end, marks of XML: the lines stay inside, and the rest is “…”."""
    svg = sample_svg("it writes", text)
    heights = [float(y) for y in re.findall(r'<text x="[\d.]+" y="([\d.]+)"', svg)]
    assert max(heights) <= 344
    assert svg_to_png(svg)[1:4] == b"PNG"


def test_a_text_keeps_its_words():
    """A line is cut at its spaces, and no word is lost."""
    text = "the quick brown fox jumps over the lazy dog and then it sleeps"
    lines = re.findall(r"<text[^>]*>([^<]*)</text>", sample_svg("it writes", text))[1:]
    assert " ".join(line.strip() for line in lines) == text
    assert len(lines) > 1
