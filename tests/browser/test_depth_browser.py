"""The stack to build and the marks to change in a real JupyterLab: keys move them, and everything comes back."""

import pytest

CELLS = [
    "from tfm.lessons.normalization.depth_widget import Depth\nDepth(32, scale=0.6)",
    "from tfm.lessons.normalization.marks_widget import Marks\nMarks()",
]


@pytest.mark.parametrize(("slider", "there", "back"), [("layers", "End", 32), ("scale", "ArrowRight", 0.6)])
def test_a_slider_moves_the_curves_and_comes_back(lesson, slider, there, back):
    """Keys change picture and numbers; Reset restores both."""
    depth = lesson.fresh("Depth")
    before, words = depth.picture(), depth.readout
    with depth.redraw():
        depth.slider(slider).press(there)
    assert depth.picture() != before
    assert depth.readout != words
    with depth.redraw():
        depth.button("Reset").click()
    assert depth.slider(slider).value == back
    assert (depth.picture(), depth.readout) == (before, words)


def test_norm_and_residual_hold_what_vanished(lesson):
    """With both, the signal at the end is near 1 instead of a thousand-million-millionth."""
    depth = lesson.fresh("Depth")
    assert "10⁻¹⁵ comes out" in depth.readout
    with depth.redraw():
        depth.checkbox("residual").set(ticked=True)
    with depth.redraw():
        depth.dropdown("norm").choose("LayerNorm")
    assert "1 comes out" in depth.readout
    before = depth.picture()
    with depth.redraw():
        depth.dropdown("wiring").choose("pre-norm")
    assert depth.picture() != before


def test_marks_are_typed_and_a_bad_one_is_answered(lesson):
    """A new last mark moves the table; a word is refused in a sentence, and the table stays."""
    marks = lesson.fresh("Marks")
    before, words = marks.picture(), marks.readout
    box = marks.textbox("marks")
    with marks.redraw():
        box.type("90 80 70 60 -400")
    assert "Mean −20.00" in marks.readout.replace("-", "−")
    assert marks.picture() != before
    after = marks.svg()
    box.type("90 eighty")
    marks.settle()
    assert marks.message == "marks has 'eighty' in row 1, which is not a number: write digits, such as 0.5"
    assert marks.svg() == after
    assert marks.dims()
    with marks.redraw():
        box.type("90 80 70 60 50")
    assert (marks.picture(), marks.readout, marks.message) == (before, words, "")


def test_adding_to_all_marks_by_key(lesson):
    """A step up moves the table, a step down restores it."""
    marks = lesson.fresh("Marks")
    slider = marks.slider("add to all")
    slider.press("Tab")
    slider.handle.focus()
    before = marks.picture()
    with marks.redraw():
        slider.press("ArrowRight")
    assert (slider.value, marks.picture() == before) == (5, False)
    with marks.redraw():
        slider.press("ArrowLeft")
    assert marks.picture() == before
