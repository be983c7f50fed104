"""Two lines of words and the look between them: what is drawn is what was given, and nothing is said by colour."""

import re

import numpy as np
import pytest

from tfm.kit.drawing import svg_size, svg_to_png
from tfm.lessons.transformer.figures import THICKEST, cross_attention_svg

SOURCE, WRITTEN = ["I", "am", "a", "student"], ["我", "是", "学生"]
WEIGHTS = [0.5, 0.25, 0.005, 0.245]


def texts(svg):
    """Return what stands in the picture, in order."""
    return re.findall(r"<text[^>]*>([^<]*)</text>", svg)


def thickness(svg):
    """Return the links' widths in pixels, from left to right."""
    return [float(w) for w in re.findall(r'class="link"[^>]*stroke-width="([\d.]+)"', svg)]


def test_links_are_as_thick_as_their_weights():
    """Half of the weight is half of the thickest link; what is nearly nothing has none."""
    widths = thickness(cross_attention_svg(SOURCE, WRITTEN, WEIGHTS))
    assert widths == pytest.approx([THICKEST * w for w in (0.5, 0.25, 0.245)], abs=0.05)


def test_weights_stand_as_numbers_over_their_words():
    """Each read word has its number and can be pointed at."""
    svg = cross_attention_svg(SOURCE, WRITTEN, WEIGHTS)
    assert [t for t in texts(svg) if t.endswith("%")] == ["50%", "25%", "0%", "24%"]
    assert re.findall(r'data-cell="([^"]*)"', svg) == ["0,0", "0,1", "0,2", "0,3"]


def test_a_forbidden_word_is_struck_out_and_says_so():
    """A line through the word and the word “forbidden” in the place of its number."""
    svg = cross_attention_svg(SOURCE, WRITTEN, [0, 0.5, 0, 0.5], forbidden={0})
    assert svg.count('class="struck"') == texts(svg).count("forbidden") == 1
    assert 'class="struck"' not in cross_attention_svg(SOURCE, WRITTEN, WEIGHTS)


def test_changed_words_are_named():
    """A changed word is underlined and carries the word “changed”."""
    svg = cross_attention_svg(SOURCE, WRITTEN, WEIGHTS, changed={0, 2})
    assert svg.count('class="changed"') == texts(svg).count("changed") == 2


def test_glosses_stand_below():
    """A reader of no Chinese sees what each written word means."""
    svg = cross_attention_svg(SOURCE, WRITTEN, WEIGHTS, glosses={"我": "first person", "学生": "learner"})
    assert {"first person", "learner"} <= set(texts(svg))


@pytest.mark.parametrize("words", [["x" * 10_000], ["😀"], ["<b>&"], ["\x00"]])
def test_odd_words_are_drawn(words):
    """Long, emoji, markup and control characters make a picture of ordinary size."""
    svg = cross_attention_svg(words, words, [1.0], title="odd")
    assert svg_to_png(svg)[1:4] == b"PNG"
    assert svg_size(svg)[0] < 500


def test_a_weight_that_is_not_a_number_is_said():
    """NaN has no column and no link, and its word stands there."""
    svg = cross_attention_svg(["a", "b"], ["c"], [np.nan, 1.0])
    assert "NaN" in texts(svg)
    assert len(thickness(svg)) == 1
