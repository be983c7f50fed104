"""The widgets of lesson 04 in a real JupyterLab: keys and pointer move them, and everything comes back."""

import pytest

CELLS = [
    "from tfm.lessons.vectors.widget import Vectors\nVectors([1, 2], [3, 1])",
    "from tfm.lessons.vectors import MatrixProduct\nMatrixProduct([[1, 0], [2, -1]], [[4, 1], [2, -2]])",
    "from tfm.lessons.vectors.plane_map_widget import PlaneMap\nPlaneMap([[1, 0], [0, 1]])",
]
SIZE = {"width": 1280, "height": 1100}
UNIT = 35  # pixels of one unit on the arrows' paper
TO_TOP = "root => root.scrollIntoView({block: 'start'})"


@pytest.fixture
def fresh(lesson):
    """Return a function that gives a widget by name, as it was first drawn."""

    def reset(name):
        widget = lesson.fresh(name)
        widget.root.evaluate(TO_TOP)  # all of it is on the screen
        widget.settle()
        return widget

    return reset


def until(widget, ready, sentence):
    """Wait until something can be read from the widget."""
    widget.wait_for(ready, sentence)
    widget.settle()


def test_a_key_moves_a_tip_and_back(fresh):
    """The right arrow moves a by half a unit and changes the picture; the left one restores every pixel."""
    arrows = fresh("Vectors")
    for key in ("ArrowUp", "ArrowDown"):  # from the first key on, a ring shows that it has the keyboard
        with arrows.redraw():
            arrows.press(key)
    before, words = arrows.picture(), arrows.readout
    assert "a · b = 1·3 + 2·1 = 5." in words
    with arrows.redraw():
        arrows.press("ArrowRight")
    assert arrows.textbox("a").value == "1.5 2"
    assert "a · b = 1.5·3 + 2·1 = 6.5." in arrows.readout
    assert arrows.picture() != before
    with arrows.redraw():
        arrows.press("ArrowLeft")
    assert (arrows.picture(), arrows.readout) == (before, words)


def test_quick_keys_are_not_lost(fresh):
    """Six quick presses are six steps, however busy the kernel is."""
    arrows = fresh("Vectors")
    for _ in range(6):
        arrows.press("ArrowDown")
    until(arrows, lambda: arrows.textbox("a").value == "1 -1", "six keys did not move a by three units")
    assert "a · b = 1·3 + (−1)·1 = 2." in arrows.readout


def test_enter_changes_the_tip_that_keys_move(fresh):
    """After Enter the arrow keys move b, and the list says so."""
    arrows = fresh("Vectors")
    with arrows.redraw():
        arrows.press("Enter")
    assert arrows.dropdown("keys move").value == "b"
    with arrows.redraw():
        arrows.press("ArrowUp")
    assert (arrows.textbox("a").value, arrows.textbox("b").value) == ("1 2", "3 1.5")


def test_a_tip_is_dragged_and_reset(fresh):
    """The pointer takes b by its tip to another place; box, numbers and picture follow; Reset brings it back."""
    arrows = fresh("Vectors")
    before, words = arrows.picture(), arrows.readout
    box = arrows.picture_at().locator("svg").first.bounding_box()
    zero = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    mouse = arrows.page.mouse
    with arrows.redraw():
        mouse.move(zero[0] + 3 * UNIT, zero[1] - UNIT)
        mouse.down()
        mouse.move(zero[0] + 2 * UNIT, zero[1] + 2 * UNIT, steps=4)
        arrows.page.wait_for_timeout(100)
        mouse.up()
    assert arrows.textbox("b").value == "2 -2"
    assert arrows.dropdown("keys move").value == "b"
    assert "a · b = 1·2 + 2·(−2) = −2." in arrows.readout
    assert arrows.picture() != before
    with arrows.redraw():
        arrows.button("Reset").click()
    assert (arrows.picture(), arrows.readout) == (before, words)


def test_a_box_takes_numbers_and_answers_words(fresh):
    """Numbers in the box move the tip; a word gets a sentence, and stays where it was written."""
    arrows = fresh("Vectors")
    with arrows.redraw():
        arrows.textbox("a").type("4, 3")
    assert "length 5" in arrows.readout
    arrows.textbox("a").type("four 3")
    until(arrows, lambda: "'four' in row 1" in arrows.message, "no sentence about the word")
    assert arrows.textbox("a").value == "four 3"


def test_the_product_fills_by_key_and_by_slider(fresh):
    """An arrow key fills the next cell, the slider fills them in order, and both come back by Reset."""
    product = fresh("MatrixProduct")
    product.press("ArrowUp")  # leads nowhere; from the first key on, a ring shows that it has the keyboard
    before, words = product.picture(), product.readout
    assert "1 of 4 cells filled" in words
    with product.redraw():
        product.press("ArrowRight")
    assert "2 of 4 cells filled" in product.readout
    assert "1·1 + 0·(−2) = 1" in product.svg()
    with product.redraw():
        product.slider("cells filled").press("End")
    assert "4 of 4 cells filled" in product.readout
    assert product.svg().count("?") == 0
    with product.redraw():
        product.slider("cells filled").press("Home")
    assert product.readout == words
    with product.redraw():
        product.button("All").click()
    with product.redraw():
        product.button("Reset").click()
    product.page.mouse.move(0, 0)
    product.press("ArrowUp")
    assert (product.picture(), product.readout) == (before, words)


def test_the_readers_matrices_are_multiplied(fresh):
    """Matrices from the boxes are drawn; shapes that do not fit get the rule and the fix."""
    product = fresh("MatrixProduct")
    product.textbox("A").fill("1 2 3")
    until(product, lambda: "give B 3 rows or A 2 columns" in product.message, "no sentence about the shapes")
    with product.redraw():
        product.textbox("B").fill("1/2; 0; 1")
    assert not product.message
    assert "1·0.5 + 2·0 + 3·1 = 3.5" in product.svg()


def test_the_plane_moves_by_key_and_back(fresh):
    """A key on one number shears the plane; the opposite key restores every pixel."""
    plane = fresh("PlaneMap")
    before, words, number = plane.picture(), plane.readout, plane.slider("row 1, column 2")
    with plane.redraw():
        number.press("ArrowRight")
    assert "(0, 1) lands: (0.1, 1)" in plane.readout
    assert plane.picture() != before
    with plane.redraw():
        number.press("ArrowLeft")
    assert (plane.picture(), plane.readout) == (before, words)


def test_everything_fits_the_page(fresh):
    """At 1280 pixels no picture is cut off."""
    for name in ("Vectors", "MatrixProduct", "PlaneMap"):
        widget = fresh(name)
        box = widget.picture_at().bounding_box()
        drawn = widget.picture_at().locator("svg").first.bounding_box()
        assert drawn["width"] <= box["width"] + 1
        assert box["x"] + box["width"] <= SIZE["width"]
