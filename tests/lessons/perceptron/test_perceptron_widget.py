"""The perceptron explorer without a browser: controls change what is drawn, and what is drawn is true."""

import re
from html import unescape

import numpy as np
import pytest

from tfm.by_hand.perceptron import all_cases, fires, simulate_answers
from tfm.lessons.perceptron.widget import Perceptron

XOR = [0, 1, 1, 0]


@pytest.fixture(autouse=True)
def _as_a_reader(as_a_reader_calls_it):
    """Call the widget with whole numbers too, as lessons do."""


def said(widget):
    """Return the readout as people read it."""
    return unescape(re.sub("<[^>]*>", " ", widget.view.readout))


def shown(widget):
    """Return every picture as it is now."""
    return {name: picture.svg for name, picture in widget.pictures.items()}


def test_film_is_read_out():
    """The first readout says the rule in words, how many cases go, and the chosen sum."""
    widget = Perceptron()
    assert "Goes when 8·weather + 4·price + 4·company > 8: goes in 3 of 8 cases." in said(widget)
    assert "weather 1, price 1, company 1: 8 + 4 + 4 = 16, more than 8: go." in said(widget)


def test_two_cases_change_their_mind_below_eight():
    """At 7.9 the two cases whose sum is exactly 8 go too."""
    widget = Perceptron()
    widget.controls["threshold"].value = 7.9
    assert "> 7.9: goes in 5 of 8 cases" in said(widget)


@pytest.mark.parametrize(
    ("control", "value"), [("weather", -3.5), ("price", 0), ("company", 10), ("threshold", -20)]
)
def test_a_slider_changes_pictures_and_readout_and_reset_brings_them_back(control, value):
    """Both pictures and the numbers follow a slider; reset restores them to the letter."""
    widget = Perceptron()
    first, words = shown(widget), said(widget)
    widget.controls[control].value = value
    assert all(widget.pictures[name].svg != svg for name, svg in first.items())
    assert said(widget) != words
    widget.reset()
    assert (shown(widget), said(widget)) == (first, words)


def test_pointing_at_a_case_adds_it_up():
    """The chosen row's sum is read term by term, and only the cases are drawn anew."""
    widget = Perceptron()
    plane = widget.pictures["plane"].svg
    widget.pictures["cases"].cell = [3, 0]
    assert "weather 0, price 1, company 1: 0 + 4 + 4 = 8, not more than 8: stay." in said(widget)
    assert widget.pictures["plane"].svg == plane


def test_third_input_moves_the_line():
    """With company the line asks for 4 of the other two, without it for 8; another plane has other axes."""
    widget = Perceptron()
    with_company = widget.pictures["plane"].svg
    widget.controls["the other input"].value = 0
    assert widget.pictures["plane"].svg != with_company
    assert "company = 0" in widget.pictures["plane"].svg
    widget.controls["plane"].value = "weather and company"
    assert "price = 0" in widget.pictures["plane"].svg


def test_two_inputs_need_no_choice_of_plane():
    """With two inputs the plane is the only one, and its menus are not shown."""
    widget = Perceptron((1, 1), 0.5, ("a", "b"))
    assert len(widget.children[0].children) == 3
    assert not any(
        c is widget.controls["plane"] for row in widget.children for c in getattr(row, "children", ())
    )
    assert len(Perceptron().children[1].children) == 3


def test_xor_has_three_of_four_right_at_best():
    """The truth table is counted, and a wrong case is marked in both pictures."""
    widget = Perceptron((1, 1), 0.5, ("a", "b"), answers=XOR)
    assert "3 of 4 cases right" in said(widget)
    assert widget.pictures["cases"].svg.count("✗") == 1
    assert "✗ wrong" in widget.pictures["plane"].svg
    widget.controls["threshold"].value = 1.5
    assert "2 of 4 cases right" not in said(widget)
    assert "1 of 4 cases right" in said(widget)


def test_negative_weights_are_written_as_minus():
    """A sum reads a − b, not a + −b."""
    widget = Perceptron((-1, -2), -0.5, ("a", "b"))
    assert "Goes when −1·a − 2·b > −0.5" in said(widget)


def test_points_are_counted_all_and_drawn_in_part():
    """Accuracy counts every point; at most 300 are drawn."""
    inputs, answers = simulate_answers(10_000, [8, 4, 4], 8, noise=0.05, seed=1)
    widget = Perceptron(points=(inputs, answers))
    right = int((fires(inputs, [8, 4, 4], 8) == answers).sum())
    assert f"{right:,} of 10,000 points right ({right / 10_000:.1%})" in said(widget)
    plane = widget.pictures["plane"].svg
    assert plane.count('r="2.4"') + plane.count("h4v4h-4Z") == 300


def test_points_anywhere_in_the_plane_hide_the_corners():
    """For real numbers the corners 0 and 1 mean nothing, so only the points are drawn."""
    inputs = np.random.default_rng(0).normal(size=(40, 2))
    plane = Perceptron((1, 1), 0, ("x", "y"), points=(inputs, inputs.sum(axis=1) > 0)).pictures["plane"].svg
    assert plane.count('r="2.4"') + plane.count("h4v4h-4Z") == 40
    assert plane.count('r="7.5"') == 1  # the legend's


def test_stored_notebook_keeps_a_picture_and_one_text():
    """Without a kernel there is a PNG, and the text never changes."""
    widget = Perceptron()
    bundle, _ = widget._repr_mimebundle_()
    assert bundle["image/png"].startswith("iVBOR")
    assert bundle["text/plain"] == "<widget Perceptron>"
    widget.controls["threshold"].value = 3
    assert repr(widget) == "<widget Perceptron>"


def test_names_are_escaped():
    """A name that looks like HTML is text."""
    widget = Perceptron((1, 1), 1, ("<b>a</b>", "b"))
    assert "<b>" not in widget.view.readout
    assert not widget.message


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"weights": (8,)}, "two or three"),
        ({"weights": (8, 4)}, "2 weights and 3 names"),
        ({"weights": (8, 4, np.nan)}, r"company \(nan\) must be a number from -10 to 10"),
        ({"weights": (80, 4, 4)}, r"weather \(80\) must be a number from -10 to 10"),
        ({"threshold": np.nan}, r"threshold \(nan\)"),
        ({"threshold": 21}, r"threshold \(21\) must be a number from -20 to 20"),
        ({"names": ("a", "a", "b")}, "must differ"),
        ({"names": ("plane", "a", "b")}, "must differ"),
        ({"answers": XOR}, "4 answers and 8 cases"),
        ({"answers": [2] * 8}, "write 1 for yes and 0 for no"),
        ({"points": (all_cases(3),)}, "points has 1 parts"),
        ({"points": (all_cases(2), XOR)}, r"must be N × 3"),
        ({"points": (all_cases(3), XOR)}, "4 answers and 8 examples"),
        ({"points": ([[0, 1, np.inf]], [1])}, "finite"),
        ({"points": ([[0, 1, 1]], [0.5])}, "write 1 for yes and 0 for no"),
    ],
)
def test_bad_input_is_answered_in_one_sentence(arguments, sentence):
    """What the explorer cannot show is refused with the rule and the cure."""
    with pytest.raises(ValueError, match=sentence) as caught:
        Perceptron(**arguments)
    assert "\n" not in str(caught.value)
