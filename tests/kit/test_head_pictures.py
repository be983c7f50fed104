"""Heads as pictures: whose features are whose, which head is off, which answer is wrong, without colour."""

import numpy as np
import pytest

from tfm.kit.multi_head import answers_svg, head_tiles_svg, split_svg


def test_every_head_has_a_bracket_over_its_columns():
    """Four columns and two heads: two brackets, eight numbers, one tint a head."""
    svg = split_svg([[1, 2, 3, 4], [5, 6, 7, -8]], 2, ["a", "b"])
    assert [f"head {h}" in svg for h in (1, 2, 3)] == [True, True, False]
    assert [svg.count(f">{number}<") for number in (1, 2, 3, 4, 5, 6, 7, "−8")] == [1] * 8
    assert svg.count("#e3edfb") == svg.count("#fdf0e3") == 4


@pytest.mark.parametrize("n_heads", [0, 3, 8])
def test_columns_that_cannot_be_split_are_refused(n_heads):
    """The sentence has both numbers and one that fits."""
    with pytest.raises(ValueError, match=f"4 columns cannot be split evenly among {n_heads} heads: try 4"):
        split_svg(np.ones((2, 4)), n_heads, ["a", "b"])


def test_maps_stand_four_in_a_row_and_can_be_pointed_at():
    """Six heads: four above, two below, each with the place that the arrow keys move by."""
    svg = head_tiles_svg(np.full((6, 2, 2), 0.5))
    assert [f'data-cell="{h // 4},{h % 4}"' in svg for h in range(7)] == [True] * 6 + [False]
    assert "head 6" in svg


def test_a_head_that_is_off_is_struck_out_and_says_so():
    """A cross and a word, not a colour alone."""
    on, off = head_tiles_svg(np.full((2, 2, 2), 0.5)), head_tiles_svg(np.full((2, 2, 2), 0.5), off=[1])
    assert "off" not in on
    assert "head 2, off" in off
    assert off.count("<path") == on.count("<path") + 1


def test_no_weight_leaves_the_paper_white():
    """An identity map of 3 × 3 paints its diagonal and nothing else."""
    assert head_tiles_svg(np.eye(3)[None]).count("<path") == 3


def test_names_and_notes_stand_with_their_map():
    """Names replace “head 1”; notes come below and make the page higher."""
    plain = head_tiles_svg(np.eye(2)[None], names=["D = 1"])
    noted = head_tiles_svg(np.eye(2)[None], names=["D = 1"], notes=["adds 40%"])
    assert "D = 1" in plain
    assert "head 1" not in plain
    assert "adds 40%" in noted
    assert _height(noted) > _height(plain)


def test_a_wrong_answer_has_its_own_sign_and_the_truth_below():
    """One right, one wrong, one not asked for."""
    svg = answers_svg(["a", "b", "c"], {"before": ["", "a", "z"]}, {"before": ["", "a", "b"]})
    assert svg.count("✓") == svg.count("✗") == 1
    assert svg.count(">not b<") == 1


def test_words_cannot_break_the_pictures():
    """Markup in a word is written, not obeyed."""
    words = ["<script>"]
    pictures = [
        split_svg([[1.0]], 1, words, title="<script>"),
        head_tiles_svg(np.eye(1)[None], names=words, notes=words),
        answers_svg(words, {"<script>": words}, {"<script>": words}),
    ]
    assert not any("<script>" in svg for svg in pictures)


def _height(svg):
    return float(svg.split('height="')[1].split('"')[0])
