"""The descent explorer and the curve fitter in a real JupyterLab: keys and the pointer move them, and back."""

import pytest

DESCENT = """from tfm.lessons.learning.landscape import chain_landscape, line_landscape
from tfm.lessons.learning.descent_widget import Descent
bowl = line_landscape([-2, -1, 0, 3], [9, 14, 16, 29], across=(-4, 12), upwards=(9, 25), start=(-2, 11))
Descent({"bowl": bowl, "the chain": chain_landscape(2, 4)})"""
FIT = """from tfm.lessons.learning.polynomial import noisy_wave
from tfm.lessons.learning.fit_widget import PolynomialFit
PolynomialFit(noisy_wave(12, 0.3, seed=2), noisy_wave(40, 0.3, seed=1002), degree=11)"""
CELLS = [DESCENT, FIT]
SIZE = {"width": 1280, "height": 1500}


@pytest.fixture
def explorer(lesson):
    """Return the descent explorer."""
    return lesson.fresh("Descent")


@pytest.fixture
def fitter(lesson):
    """Return the curve fitter."""
    return lesson.fresh("PolynomialFit")


def drawn(widget):
    """Return both pictures' markup and the numbers: what must come back to the letter.

    Pixels are not compared for that: where many soft edges overlap, Chromium drew the same markup again with a few
    pixels of the map off by 1 in 255.
    """
    return [*(widget.svg(n) for n in range(widget.pictures())), widget.readout]


@pytest.mark.parametrize(
    ("slider", "key", "back"),
    [
        ("learning rate", "ArrowRight", "ArrowLeft"),
        ("momentum", "PageUp", "PageDown"),
        ("steps", "ArrowLeft", "ArrowRight"),
        ("start w", "ArrowRight", "ArrowLeft"),
    ],
)
def test_each_slider_moves_path_and_numbers_and_comes_back(explorer, slider, key, back):
    """A key changes both pictures and the numbers; the opposite key restores every stroke."""
    moved, before, first = explorer.slider(slider), explorer.pixels(), drawn(explorer)
    with explorer.redraw():
        moved.press(key)
    assert explorer.readout != first[-1]
    assert all(old != new for old, new in zip(before, explorer.pixels(), strict=True))
    with explorer.redraw():
        moved.press(back)
    assert drawn(explorer) == first


def test_too_large_a_rate_says_that_it_diverged(explorer):
    """At the slider's end the path leaves the map, one sentence says so, and Home walks again."""
    with explorer.redraw():
        explorer.slider("learning rate").press("End")
    assert "Diverged: after" in explorer.readout
    assert ">start<" in explorer.svg(0)
    with explorer.redraw():
        explorer.slider("learning rate").press("Home")
    assert "of the way down so far" in explorer.readout


def test_dragging_the_ring_moves_the_start(explorer):
    """The pointer takes the ring along; the sliders, the path and the numbers follow."""
    first = drawn(explorer)
    ring = explorer.picture_at(0).locator('[data-drag="start"]').bounding_box()
    x, y = ring["x"] + ring["width"] / 2, ring["y"] + ring["height"] / 2
    mouse = explorer.page.mouse
    with explorer.redraw():
        mouse.move(x, y)
        mouse.down()
        mouse.move(x + 30, y - 60, steps=4)
        mouse.move(x + 75, y - 150, steps=4)
        mouse.up()
    # 75 of 300 pixels are 4 of the 16 units across, 150 are 8 of the 16 upwards
    assert explorer.slider("start w").value == pytest.approx(2, abs=0.2)
    assert explorer.slider("start b").value == pytest.approx(19, abs=0.2)
    assert explorer.readout != first[-1]
    with explorer.redraw():
        explorer.button("Reset").click()
    assert drawn(explorer) == first


def test_another_surface_renames_the_start(explorer):
    """The chain has w₁ and w₂; Reset brings the bowl back with its own names."""
    first = drawn(explorer)
    with explorer.redraw():
        explorer.dropdown("surface").choose("the chain")
    assert explorer.slider("start w₁").value == 3
    assert "w₂ =" in explorer.readout
    with explorer.redraw():
        explorer.button("Reset").click()
    assert explorer.slider("start w").value == -2
    assert drawn(explorer) == first


def test_adam_walks_another_way(explorer):
    """The optimiser's menu changes the path; the momentum slider rests while Adam walks."""
    before, first = explorer.picture(0), drawn(explorer)
    with explorer.redraw():
        explorer.dropdown("optimiser").choose("Adam")
    assert explorer.picture(0) != before
    with explorer.redraw():
        explorer.dropdown("optimiser").choose("gradient descent")
    assert drawn(explorer) == first


@pytest.mark.parametrize(
    ("slider", "key", "back"), [("λ", "PageUp", "PageDown"), ("degree", "ArrowLeft", "ArrowRight")]
)
def test_fitter_follows_its_sliders_and_comes_back(fitter, slider, key, back):
    """Curve, losses and numbers change with a key and are restored to the letter by its opposite."""
    moved, before, first = fitter.slider(slider), fitter.pixels(), drawn(fitter)
    with fitter.redraw():
        moved.press(key)
    assert fitter.readout != first[-1]
    assert all(old != new for old, new in zip(before, fitter.pixels(), strict=True))
    with fitter.redraw():
        moved.press(back)
    assert drawn(fitter) == first


@pytest.mark.parametrize("name", ["Descent", "PolynomialFit"])
def test_everything_fits_the_page(lesson, name):
    """At 1280 pixels no picture is cut off."""
    widget = lesson.fresh(name)
    boxes = [widget.picture_at(n).bounding_box() for n in range(widget.pictures())]
    for n, box in enumerate(boxes):
        drawn = widget.picture_at(n).locator("svg").first.bounding_box()
        assert drawn["width"] <= box["width"] + 1
        assert box["x"] + box["width"] <= SIZE["width"]
