"""The perceptron explorer in a real JupyterLab: keys move it, and everything comes back."""

import pytest

CELLS = ["from tfm.lessons.perceptron.widget import Perceptron\nPerceptron()"]
SIZE = {"width": 1280, "height": 900}


@pytest.fixture
def explorer(lesson):
    """Return the explorer as it was first drawn."""
    return lesson.fresh("Perceptron")


def test_threshold_moves_by_key_and_comes_back(explorer):
    """A step down lets two more cases go, changes both pictures, and a step up restores every pixel."""
    threshold, before, words = explorer.slider("threshold"), explorer.pixels(), explorer.readout
    assert (len(before), threshold.value) == (2, 8)
    assert "goes in 3 of 8 cases" in words
    with explorer.redraw():
        threshold.press("ArrowLeft")
    assert threshold.value == 7.9
    assert "goes in 5 of 8 cases" in explorer.readout
    assert all(old != new for old, new in zip(before, explorer.pixels(), strict=True))
    with explorer.redraw():
        threshold.press("ArrowRight")
    assert (explorer.pixels(), explorer.readout) == (before, words)


@pytest.mark.parametrize(
    ("key", "value", "cases"), [("PageUp", 8.5, 3), ("PageDown", 7.5, 5), ("Home", -20, 8), ("End", 20, 0)]
)
def test_large_steps_and_ends(explorer, key, value, cases):
    """PageUp and PageDown move by five steps, Home and End to the ends, and the readout follows."""
    threshold = explorer.slider("threshold")
    with explorer.redraw():
        threshold.press(key)
    assert threshold.value == value
    assert f"goes in {cases} of 8 cases" in explorer.readout


def test_a_weight_answers_to_its_name(explorer):
    """Each weight's slider carries the input's name, and moves the line."""
    with explorer.redraw():
        explorer.slider("weather").press("Home")
    assert "−10·weather" in explorer.readout


def test_arrow_keys_walk_through_the_cases(explorer):
    """Up and down choose a case, whose sum is read term by term; the first and last rows are the ends."""
    assert "8 + 4 + 4 = 16, more than 8: go" in explorer.readout
    with explorer.redraw():
        explorer.press("ArrowUp", 0)
    assert "weather 1, price 1, company 0: 8 + 4 + 0 = 12" in explorer.readout
    with explorer.redraw():
        explorer.press("ArrowDown", 0)
    before = explorer.picture(0)
    explorer.press("ArrowDown", 0)
    explorer.press("ArrowRight", 0)
    explorer.settle()
    assert explorer.picture(0) == before


def test_plane_follows_its_menus(explorer):
    """Another plane has other axes, and the input left out can be 0 or 1."""
    with explorer.redraw():
        explorer.dropdown("plane").choose("price and company")
    with explorer.redraw():
        explorer.dropdown("the other input").choose("0")
    assert "weather = 0" in explorer.svg(1)


def test_scrolling_away_changes_nothing(explorer):
    """After a visit to the end of the notebook the pixels are the same."""
    before = explorer.pixels()
    explorer.scroll_away()
    explorer.scroll_back()
    assert explorer.pixels() == before


def test_reset_restores_every_pixel(explorer):
    """Whatever was moved, Reset brings back the first pictures and numbers."""
    before, words = explorer.pixels(), explorer.readout
    with explorer.redraw():
        explorer.slider("price").press("End")
    with explorer.redraw():
        explorer.slider("threshold").press("PageDown", times=3)
    with explorer.redraw():
        explorer.press("ArrowUp", 0)
    with explorer.redraw():
        explorer.button("Reset").click()
    assert (explorer.pixels(), explorer.readout) == (before, words)


def test_everything_fits_the_page(explorer):
    """At 1280 pixels no picture is cut off and the two stand beside each other or below."""
    boxes = [explorer.picture_at(n).bounding_box() for n in range(explorer.pictures())]
    for n, box in enumerate(boxes):
        drawn = explorer.picture_at(n).locator("svg").bounding_box()
        assert drawn["width"] <= box["width"] + 1
        assert box["x"] + box["width"] <= SIZE["width"]
