"""The mask to paint in a real JupyterLab: keys and a held pointer paint, and everything comes back."""

import pytest

CELLS = [
    """
from tfm.by_hand.masks import moved
from tfm.lessons.masks.mixer import Mixer
from tfm.lessons.masks.widget import PaintMask

def look(words, mask, n_layers):
    stack = Mixer(n_layers)
    x = stack.vectors(words)
    return stack.steps(x, mask)[0][0].weights, moved(lambda v: stack(v, mask), x)

PaintMask(look, "the cat sat on the mat", cell=(2, 5))
"""
]
MASK, WEIGHTS, MOVED = 0, 1, 2
SIZE = {"width": 1280, "height": 1000}


@pytest.fixture
def paint(lesson):
    """Return the widget as it was first drawn."""
    return lesson.fresh("PaintMask")


def test_enter_paints_a_cell_and_paints_it_back(paint):
    """Enter opens the chosen cell, all three pictures and the numbers follow; Enter again restores every pixel."""
    for key in ("ArrowUp", "ArrowDown"):  # the keyboard's frame is drawn round the picture from now on
        with paint.redraw():
            paint.press(key, MASK)
    before, words = [paint.picture(n) for n in range(3)], paint.readout
    with paint.redraw():
        paint.press("Enter", MASK)
    assert "sat may look at mat" in paint.readout
    assert all(paint.picture(n) != old for n, old in enumerate(before))
    with paint.redraw():
        paint.press("Enter", MASK)
    assert ([paint.picture(n) for n in range(3)], paint.readout) == (before, words)


def test_arrow_keys_read_another_cell(paint):
    """Left and up move the frame, and the numbers are those of the new cell."""
    with paint.redraw():
        paint.press("ArrowLeft", MASK)
    assert "sat may not look at the" in paint.readout
    with paint.redraw():
        paint.press("ArrowUp", MASK)
    assert "cat may not look at the" in paint.readout


def test_a_held_pointer_paints_a_row(paint):
    """Press on (the, cat), pull to the right end, let go: five cells are open, and no further ones follow."""
    cells = [cell_at(paint, (0, column)) for column in range(1, 6)]
    mouse = paint.page.mouse
    with paint.redraw():
        mouse.move(*cells[0])
        mouse.down()
        for x, y in cells[1:]:
            mouse.move(x, y, steps=4)
        mouse.up()
    paint.settle()
    assert "26 of 36 cells may be looked at" in paint.readout
    mouse.move(*cell_at(paint, (1, 4)))
    paint.settle()
    assert "26 of 36 cells may be looked at" in paint.readout


def test_layers_and_presets_move_the_third_picture(paint):
    """Through two layers a window of 2 connects more pairs; back at one, the pixels are the first."""
    with paint.redraw():
        paint.dropdown("mask").choose("window of 2")
    before = paint.picture(MOVED)
    with paint.redraw():
        paint.slider("layers").press("ArrowRight")
    assert "through 2 layers, 15 of 36 pairs are connected" in paint.readout
    assert paint.picture(MOVED) != before
    with paint.redraw():
        paint.slider("layers").press("ArrowLeft")
    assert paint.picture(MOVED) == before


def test_an_empty_sentence_is_answered(paint):
    """The sentence says what to do, and a good one brings the picture back."""
    sentence = "the sentence is empty: write two words or more, with blanks between"
    paint.answers("sentence", "", sentence, mended="we eat rice")


def test_keys_go_on_in_a_shorter_sentence(paint):
    """The chosen cell is there no more: the arrow keys go on from the nearest one, which is framed."""
    with paint.redraw():
        paint.textbox("sentence").fill("we eat rice")
    with paint.redraw():
        paint.press("ArrowLeft", MASK)
    assert "rice may look at eat" in paint.readout


def cell_at(widget, cell):
    """Return the middle of a cell of the mask on the page."""
    place = widget.picture_at(MASK).locator(f'[data-cell="{cell[0]},{cell[1]}"]')
    box = place.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
