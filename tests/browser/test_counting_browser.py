"""The counter in a real JupyterLab: keys, boxes and buttons move it, and everything comes back."""

import pytest

CELLS = [
    """
from tfm.lessons.feed_forward.widget import Counter

Counter("GPT-2 small")
"""
]
PARTS, WORK = 0, 1
SIZE = {"width": 1280, "height": 1100}


@pytest.fixture
def counter(lesson):
    """Return the widget as it was first drawn."""
    return lesson.fresh("Counter")


def test_a_layer_more_by_key_and_back(counter):
    """One layer is 7,087,872 parameters: bar, curve and table follow, and a step back restores every pixel."""
    before, words = counter.pixels(), counter.readout
    assert "124,439,808" in words
    with counter.redraw():
        counter.slider("layers").press("ArrowRight")
    assert "131,527,680" in counter.readout
    assert all(old != new for old, new in zip(before, counter.pixels(), strict=True))
    with counter.redraw():
        counter.slider("layers").press("ArrowLeft")
    assert (counter.pixels(), counter.readout) == (before, words)


def test_the_gate_is_paid_for_by_its_width(counter):
    """With a gate the network is half as large again; 21 steps down the ratio and it is the old size, nearly."""
    with counter.redraw():
        counter.dropdown("feed-forward").choose("gated")
    assert "56,669,184" not in counter.readout
    with counter.redraw():
        counter.slider("d_ff / d_model").press("ArrowLeft", times=21)
    assert counter.slider("d_ff / d_model").value == 2.6875
    assert "d_ff is 2,064" in counter.readout


def test_buttons_set_a_whole_model(counter):
    """GPT-3's button sets its width and counts its 174.6 billion; Reset brings GPT-2 back."""
    before = counter.pixels()
    with counter.redraw():
        counter.button("GPT-3").click()
    assert "174,604,259,328" in counter.readout
    assert counter.slider("d_model").value == 12_288
    assert ">GPT-3: 175 billion parameters<" in counter.svg(PARTS)
    with counter.redraw():
        counter.button("Reset").click()
    assert counter.pixels() == before


def test_a_combination_that_cannot_be_is_one_sentence(counter):
    """Eleven heads do not share 768 features; twelve do again."""
    before = counter.pixels()
    counter.slider("heads").press("ArrowLeft")
    counter.settle()
    assert counter.message == "d_model (768) must be divisible by n_heads (11): try n_heads=12"
    counter.slider("heads").press("ArrowRight")
    counter.settle()
    assert not counter.message
    assert counter.pixels() == before


def test_a_long_context_is_typed(counter):
    """At 100,000 tokens nearly all work is looking around; a word instead of a number is answered."""
    box = counter.textbox("context")
    before = counter.svg(WORK)
    with counter.redraw():
        box.fill("100,000")
    assert "94% of it for scores and mixing" in counter.readout
    assert counter.svg(WORK) != before
    box.fill("long")
    counter.settle()
    assert counter.message == "context is 'long', which is not a whole number: write digits, such as 1024"


def test_a_switch_takes_its_numbers_away_and_back(counter):
    """Untied, the output has a table of its own; tied again, the pixels are the first."""
    before = counter.pixels()
    with counter.redraw():
        counter.checkbox("tied tables").set(False)
    assert "output table" in counter.svg(PARTS)
    with counter.redraw():
        counter.checkbox("tied tables").set(True)
    assert counter.pixels() == before


def test_everything_fits_the_page(counter):
    """At 1280 pixels neither picture is cut off."""
    for n in range(counter.pictures()):
        place = counter.picture_at(n)
        box, drawn = place.bounding_box(), place.locator("svg").first.bounding_box()
        assert drawn["width"] <= box["width"] + 1
        assert box["x"] + box["width"] <= SIZE["width"]
