"""The threshold explorer in a real JupyterLab: keys move it, and everything comes back."""

import pytest

CELLS = [
    """from tfm.lessons.evaluation.widget import Threshold
answers = [1, 1, 1, 1, 0, 0, 0, 0, 0, 0]
scores = [0.9, 0.8, 0.6, 0.3, 0.7, 0.55, 0.4, 0.2, 0.1, 0.1]
Threshold(answers, scores, ("another digit", "an eight"))"""
]
SIZE = {"width": 1280, "height": 1250}


@pytest.fixture
def explorer(lesson):
    """Return the explorer as it was first drawn."""
    return lesson.fresh("Threshold")


def test_threshold_moves_by_key_and_comes_back(explorer):
    """PageUp raises it past one false alarm, changes both pictures, and PageDown restores every pixel."""
    slider, before, words = explorer.slider("threshold"), explorer.pixels(), explorer.readout
    assert (len(before), slider.value) == (2, 0.5)
    assert "precision 3 / 5 = 0.600" in words
    with explorer.redraw():
        slider.press("ArrowRight", times=6)
    explorer.settle()
    assert slider.value == 0.56
    assert "precision 3 / 4 = 0.750" in explorer.readout
    assert all(old != new for old, new in zip(before, explorer.pixels(), strict=True))
    with explorer.redraw():
        slider.press("ArrowLeft", times=6)
    explorer.settle()
    assert (explorer.pixels(), explorer.readout) == (before, words)


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [("Home", 0, "Marked from 0.00 upwards: 10 of 10"), ("End", 1, "precision nothing is marked")],
)
def test_both_ends(explorer, key, value, said):
    """At the ends all is marked, or nothing, and precision has no value."""
    slider = explorer.slider("threshold")
    with explorer.redraw():
        slider.press(key)
    assert slider.value == value
    assert said in explorer.readout


def test_costs_are_typed_and_change_the_bill_only(explorer):
    """A dearer miss changes the sum beside the pictures, and no pixel of them."""
    before = explorer.pixels()
    assert "Cost: 2 × 1 + 1 × 1 = 3" in explorer.readout
    explorer.textbox("a miss costs").type("5")
    explorer.settle()
    assert "Cost: 2 × 1 + 1 × 5 = 7; the cheapest costs 3." in explorer.readout
    assert explorer.pixels() == before


def test_reset_restores_every_pixel(explorer):
    """Whatever was moved, Reset brings back the first pictures and numbers."""
    before, words = explorer.pixels(), explorer.readout
    with explorer.redraw():
        explorer.slider("threshold").press("PageDown", times=3)
    assert explorer.readout != words
    with explorer.redraw():
        explorer.button("Reset").click()
    assert (explorer.pixels(), explorer.readout) == (before, words)


def test_everything_fits_the_page(explorer):
    """At 1280 pixels no picture is cut off and no message is shown."""
    assert not explorer.message
    for n in range(explorer.pictures()):
        box = explorer.picture_at(n).bounding_box()
        drawn = explorer.picture_at(n).locator("svg").first.bounding_box()
        assert drawn["width"] <= box["width"] + 1
        assert box["x"] + box["width"] <= SIZE["width"]
