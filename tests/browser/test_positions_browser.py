"""The positions explorer in a real JupyterLab: keys move it, and everything comes back."""

import pytest

CELLS = ["from tfm.lessons.positions.widget import Positions\nPositions()"]
SIZE = {"width": 1280, "height": 1100}


@pytest.fixture
def explorer(lesson):
    """Return the explorer as it was first drawn."""
    return lesson.fresh("Positions")


def test_arrow_keys_choose_position_and_pair_and_come_back(explorer):
    """Down moves to the next position, right to the next pair; numbers and both pictures follow and return."""
    for key in ("ArrowUp", "ArrowDown"):  # the outline of the keyboard's focus is there before and after
        with explorer.redraw():
            explorer.press(key, 0)
    before, words = explorer.pixels(), explorer.readout
    assert "Position 12, pair 0: feature 0 is −0.54, feature 1 is 0.84" in words
    with explorer.redraw():
        explorer.press("ArrowDown", 0)
    with explorer.redraw():
        explorer.press("ArrowRight", 0)
    assert "Position 13, pair 1: feature 2" in explorer.readout
    assert all(old != new for old, new in zip(before, explorer.pixels(), strict=True))
    with explorer.redraw():
        explorer.press("ArrowUp", 0)
    with explorer.redraw():
        explorer.press("ArrowLeft", 0)
    assert (explorer.pixels(), explorer.readout) == (before, words)


def test_pointer_reaches_a_row_and_the_ruler(explorer):
    """Hovering over a row chooses its position, over the strip above the map its pair."""
    box = explorer.picture_at(0).locator("svg image").first.bounding_box()
    with explorer.redraw():
        explorer.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] * 30.5 / 48)
    assert "Position 30, pair 0" in explorer.readout
    with explorer.redraw():
        explorer.page.mouse.move(box["x"] + box["width"] * 5.5 / 16, box["y"] - 7)
    assert "Position 30, pair 5" in explorer.readout
    explorer.page.mouse.move(5, 5)


@pytest.mark.parametrize(
    ("label", "key", "value", "back"),
    [
        ("length", "ArrowRight", 49, "ArrowLeft"),
        ("length", "PageDown", 43, "PageUp"),
        ("d_model", "ArrowLeft", 30, "ArrowRight"),
        ("shift", "ArrowRight", 9, "ArrowLeft"),
    ],
)
def test_sliders_move_and_come_back(explorer, label, key, value, back):
    """A key changes the number and a picture; the opposite key restores every pixel."""
    slider, before = explorer.slider(label), explorer.pixels()
    with explorer.redraw():
        slider.press(key)
    assert slider.value == value
    assert explorer.pixels() != before
    with explorer.redraw():
        slider.press(back)
    assert explorer.pixels() == before


def test_each_code_has_its_verdict(explorer):
    """Sines and rotary know the distance only, a random table the place; ALiBi is read by head."""
    assert "only the distance counts" in explorer.readout
    seen = {explorer.picture(0)}
    for code, words in [
        ("rotary", "only the distance counts"),
        ("learned", "the place counts too"),
        ("ALiBi", "Head 0: slope 0.5; at distance 12 it takes off 6.00"),
    ]:
        with explorer.redraw():
            explorer.dropdown("code").choose(code)
        assert words in explorer.readout
        seen.add(explorer.picture(0))
    assert len(seen) == 4


def test_base_changes_the_slow_hands(explorer):
    """At base 10 a hand that needed 62.8 positions for a round needs 11.2."""
    for _ in range(4):
        with explorer.redraw():
            explorer.press("ArrowRight", 0)
    assert "once round in 62.8 positions" in explorer.readout
    before = explorer.pixels()
    with explorer.redraw():
        explorer.dropdown("base").choose("10")
    assert "once round in 11.2 positions" in explorer.readout
    assert all(old != new for old, new in zip(before, explorer.pixels(), strict=True))
    with explorer.redraw():
        explorer.dropdown("base").choose("10,000")
    assert explorer.pixels() == before


def test_the_learned_table_ends_with_a_sentence(explorer):
    """Beyond its last row there is one sentence and the picture stays; a shorter text takes it away."""
    with explorer.redraw():
        explorer.dropdown("code").choose("learned")
    before = explorer.svg(0)
    explorer.slider("length").press("End")
    explorer.settle()
    assert "this learned table ends at position 63" in explorer.message
    assert explorer.svg(0) == before
    assert explorer.dims(0)
    with explorer.redraw():
        explorer.slider("length").press("Home")
    assert explorer.message == ""
    assert not explorer.dims(0)


def test_scrolling_away_and_reset(explorer):
    """A visit to the end of the notebook changes nothing, and Reset brings back the first pictures."""
    before, words = explorer.pixels(), explorer.readout
    explorer.scroll_away()
    explorer.scroll_back()
    assert explorer.pixels() == before
    with explorer.redraw():
        explorer.slider("shift").press("End")
    with explorer.redraw():
        explorer.press("ArrowDown", 0)
    with explorer.redraw():
        explorer.button("Reset").click()
    assert (explorer.pixels(), explorer.readout) == (before, words)


def test_both_pictures_stand_side_by_side(explorer):
    """At 1280 pixels the map and the comparison are beside each other, and neither is cut off."""
    left, right = (explorer.picture_at(n).bounding_box() for n in range(2))
    assert right["x"] >= left["x"] + left["width"]
    assert right["x"] + right["width"] <= SIZE["width"]
    for n, box in enumerate((left, right)):
        drawn = explorer.picture_at(n).locator("svg").first.bounding_box()
        assert drawn["width"] <= box["width"] + 1
