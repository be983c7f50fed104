"""Masks as pictures: what is forbidden looks forbidden, without colour."""

import numpy as np
import pytest

from tfm.by_hand.masks import causal
from tfm.kit.mask import amounts_svg, mask_svg

WORDS = ["a", "b", "c"]


def test_a_dot_for_each_allowed_cell_and_a_hatch_for_each_other():
    """Six dots, three hatched cells, nine cells to point at."""
    svg = mask_svg(causal(3), WORDS, WORDS)
    assert svg.count("<circle") == 6
    assert svg.count('fill="url(#tfm-hatch)"') == 3
    assert svg.count("data-cell=") == 9


def test_a_bias_is_drawn_as_models_read_it():
    """0 is a dot and −∞ a hatch, as the Boolean mask has them; a slope may look, and less is not nothing."""
    bias = np.where(causal(3), 0.0, -np.inf)
    assert mask_svg(bias, WORDS, WORDS) == mask_svg(causal(3), WORDS, WORDS)
    assert mask_svg([[-0.5, -np.inf]], ["a"], ["a", "b"]).count("<circle") == 1


@pytest.mark.parametrize(
    "mask", [np.tri(3), np.tri(3, dtype=int), np.full((3, 3), np.nan), [[True] * 4], [[True, False], [True]]]
)
def test_what_is_no_mask_is_not_drawn(mask):
    """A triangle of ones, of floats or whole numbers, would hide nothing; nor does a row of another length fit."""
    with pytest.raises(ValueError, match=r"mask (holds|has shape)|inhomogeneous"):
        mask_svg(mask, WORDS, WORDS)


def test_nothing_and_almost_nothing_look_different():
    """An exact zero is hatched; a trace is a number."""
    svg = amounts_svg([[0.0, 1e-9, 0.004, 0.5]], ["a"], [*WORDS, "d"])
    assert svg.count('fill="url(#tfm-hatch)"') == 1
    assert svg.count(">&lt;.01<") == 2
    assert svg.count(">.50<") == 1


def test_long_words_are_slanted_and_stay_on_the_page():
    """A label wider than its cell is turned, and the page grows by its width."""
    short, long = (
        mask_svg(np.eye(2, dtype=bool), ["a", "b"], ["a", word]) for word in ("b", "internationally")
    )
    assert "rotate(-45" not in short
    assert "rotate(-45" in long
    assert _width(long) > _width(short)


def test_words_cannot_break_the_picture():
    """Markup in a word is written, not obeyed."""
    assert "<script>" not in mask_svg([[True]], ["<script>"], ["<script>"])


def test_full_colour_can_be_fixed():
    """With a limit of 1, half is half as dark whatever else is there."""
    alone, beside = amounts_svg([[0.5]], ["a"], ["a"], limit=1.0), amounts_svg([[0.5]], ["a"], ["a"])
    assert alone != beside


def _width(svg):
    return float(svg.split('width="')[1].split('"')[0])
