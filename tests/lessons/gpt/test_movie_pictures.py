"""The pictures of a training run's film: what is in them, and odd numbers and texts."""

import re

import numpy as np
import pytest

from tfm.kit.drawing import svg_size, svg_to_png
from tfm.lessons.gpt.figures import LINES, looking_back_svg, loss_svg, sample_svg


def rows_of(svg):
    """Return the sample's rows as people read them."""
    rows = re.findall(r"<text x=\"12\".*?</text>", svg)
    return [re.sub("<[^>]*>", "", row).replace("\u00a0", " ") for row in rows]


def test_the_marker_stands_at_the_step():
    """The line moves to the right with the step, and the curve stays."""
    first, second = (loss_svg([0, 50, 100], [4.0, 3.0, 2.0], here) for here in (0, 100))
    places = [float(re.search(r'<line x1="([\d.]+)"', svg)[1]) for svg in (first, second)]
    assert places[0] == 0
    assert places[1] > 300
    assert re.sub("<line[^>]*>", "", first) == re.sub("<line[^>]*>", "", second)


def test_validation_and_the_even_guess_are_named():
    """Rings for validation and a dotted line for the guess, each in the legend; absent when there are none."""
    full = loss_svg([0, 9], [4.0, 2.0], 0, validation=([0, 9], [4.1, 2.5]), guess=4.6)
    assert "validation" in full
    assert "even guess" in full
    assert full.count("<circle") == 3
    plain = loss_svg([0, 9], [4.0, 2.0], 0)
    assert "validation" not in plain
    assert "even guess" not in plain


@pytest.mark.parametrize("losses", [[4.0, float("nan")], [float("inf"), 2.0]])
def test_a_loss_that_is_no_number_leaves_a_gap(losses):
    """A diverged run is drawn as far as it went."""
    assert svg_to_png(loss_svg([0, 1], losses, 1))[1:4] == b"PNG"


def test_the_other_heads_are_drawn_thin():
    """One line for the chosen head, one dotted for each other, and one for chance."""
    svg = looking_back_svg([0, 5], [0.1, 0.9], 5, "layer 1, head 2", chance=0.2, others=np.full((2, 3), 0.3))
    assert svg.count('stroke-dasharray="2 4"') == 3
    assert "layer 1, head 2" in svg
    assert "by chance" in svg


def test_a_sample_is_wrapped_and_never_grows():
    """Long texts fill the lines and are cut; the picture's size is the same for any text."""
    short, long = sample_svg("a", "b", "t"), sample_svg("a", "word " * 2000, "t")
    assert svg_size(short) == svg_size(long)
    assert len(rows_of(short)) == 1
    assert len(rows_of(long)) == LINES


def test_prompt_and_answer_differ_in_ink():
    """The prompt is grey; what the model wrote goes on after it in the same row."""
    svg = sample_svg("To be", " or not", "t")
    assert rows_of(svg) == ["To be or not"]
    assert len(set(re.findall(r'<tspan[^>]*fill="(#\w+)"', svg))) == 2


def test_line_ends_and_leading_spaces_are_kept():
    """A line of code stays indented."""
    assert rows_of(sample_svg("", "def f():\n    pass\n\nx", "t")) == ["def f():", "    pass", "", "x"]


@pytest.mark.parametrize("text", ["", '<b>&"', "😀" * 50, "月" * 300, "\x00\ud83d", "\n" * 99])
def test_any_text_can_be_drawn(text):
    """Markup, emoji, Chinese, control characters, lone surrogates and nothing at all."""
    assert svg_to_png(sample_svg("", text, text[:20]), 1)[1:4] == b"PNG"
