"""The writer and the beam's tree in a real JupyterLab, with the course's model: by keys and pointer, and back."""

import pytest

CELLS = [
    """from importlib.resources import files
import torch
from tfm.pretrained import load_model
torch.set_num_threads(1)
model, letters = load_model(files("tfm") / "assets" / "tiny_gpt")
alphabet = [letters.decode([i]) for i in range(letters.n_vocab)]
def after(text):
    with torch.inference_mode():
        return model(torch.tensor([letters.encode(text)[-model.context:]]))[0, -1].softmax(-1)""",
    """from tfm.lessons.generation.writer_widget import Writer
Writer(after, alphabet, "What is ")""",
    """from tfm.lessons.generation.beam_tree_widget import BeamTree
BeamTree(after, alphabet, "To be or not ", width=2, n=6)""",
]
SIZE = {"width": 1280, "height": 1300}


@pytest.fixture
def writer(lesson):
    """Return the writer as it was first drawn."""
    return lesson.fresh("Writer")


@pytest.fixture
def tree(lesson):
    """Return the tree as it was first drawn."""
    return lesson.fresh("BeamTree")


def state(widget):
    """Return what is seen: pixels and numbers."""
    return widget.pixels(), widget.readout


def test_a_letter_is_appended_and_taken_back(writer):
    """The likeliest letter by button; picture and numbers follow, and Undo restores every bar."""
    before, words = writer.picture(), writer.readout
    with writer.redraw():
        writer.button("Append the likeliest").click()
    assert "1 token written" in writer.readout
    assert writer.picture() != before
    with writer.redraw():
        writer.button("Undo").click()
    assert writer.picture() == before
    assert "Took " in writer.readout
    assert words.split("entropy")[1] == writer.readout.split("entropy")[1]


def test_a_letter_is_chosen_by_keys_alone(writer):
    """Down to the third bar and Enter: that letter stands in the text, and the frame is home again."""
    before = writer.readout
    with writer.redraw():
        writer.press("ArrowDown")
    with writer.redraw():
        writer.press("ArrowDown")
    assert writer.readout != before
    name = writer.readout.rsplit("“", 1)[1].split("”")[0]
    with writer.redraw():
        writer.press("Enter")
    assert f"Appended “{name}”" in writer.readout
    assert f"What is {name}" in writer.readout


def test_a_click_on_a_bar_appends_its_letter(writer):
    """The pointer does what Enter does."""
    with writer.redraw():
        writer.picture_at().locator('[data-cell="1,0"]').click()
    assert "1 token written" in writer.readout
    assert "Appended" in writer.readout


@pytest.mark.parametrize(
    ("label", "key", "back"),
    [("temperature", "ArrowLeft", "ArrowRight"), ("top-k (0: all)", "ArrowRight", "ArrowLeft")],
)
def test_a_filter_moves_by_key_and_comes_back(writer, label, key, back):
    """A step of the slider changes bars and numbers; a step back restores every pixel."""
    first = state(writer)
    with writer.redraw():
        writer.slider(label).press(key)
    assert writer.pixels() != first[0]
    assert writer.readout != first[1]
    with writer.redraw():
        writer.slider(label).press(back)
    assert state(writer) == first


def test_twenty_by_chance_are_repeatable(writer):
    """Twenty letters at once; Reset takes all back; the same seed writes the same twenty."""
    first, written = state(writer), []
    for _ in range(2):
        with writer.redraw():
            writer.button("Twenty by chance").click()
        assert "20 tokens written" in writer.readout
        written.append(state(writer))
        with writer.redraw():
            writer.button("Reset").click()
        assert state(writer) == first
    assert written[0] == written[1]


def test_an_empty_prompt_gets_a_sentence_and_nothing_is_appended(writer):
    """The buttons of a text that cannot be scored repeat why."""
    writer.textbox("prompt").type("")
    writer.settle()
    assert "the text is empty" in writer.message
    writer.button("Append the likeliest").click()
    writer.settle()
    assert "the text is empty" in writer.message
    with writer.redraw():
        writer.textbox("prompt").type("O Romeo, ")
    assert "0 tokens written" in writer.readout
    assert writer.message == ""


def test_a_letter_that_the_model_lacks_gets_a_sentence(writer):
    """What was typed stays in its box."""
    writer.textbox("prompt").type("中")
    writer.settle()
    assert "中" in writer.message
    assert "Traceback" not in writer.text
    assert writer.textbox("prompt").value == "中"


@pytest.mark.parametrize(
    ("label", "key", "back"),
    [("width of the beam", "ArrowRight", "ArrowLeft"), ("tokens", "ArrowLeft", "ArrowRight")],
)
def test_the_tree_grows_by_key_and_comes_back(tree, label, key, back):
    """A wider beam, or a shorter text, is another tree with other numbers; a step back restores every pixel."""
    first = state(tree)
    with tree.redraw():
        tree.slider(label).press(key)
    assert tree.pixels() != first[0]
    with tree.redraw():
        tree.slider(label).press(back)
    assert state(tree) == first


def test_a_text_of_the_tree_is_chosen_by_keys_and_pointer(tree):
    """Arrow keys go from box to box, and the pointer lands on any: its whole text is told."""
    first = tree.readout
    with tree.redraw():
        tree.press("ArrowDown")
    assert tree.readout != first
    with tree.redraw():
        tree.press("ArrowUp")
    assert tree.readout == first
    with tree.redraw():
        tree.picture_at().locator('[data-cell="3,2"]').hover()
    assert "dropped" in tree.readout


def test_another_prompt_is_another_tree(tree):
    """What is typed is read; nothing at all gets a sentence and keeps the picture."""
    before = tree.svg()
    with tree.redraw():
        tree.textbox("prompt").type("O ")
    assert tree.svg() != before
    after = tree.svg()
    tree.textbox("prompt").type("")
    tree.settle()
    assert "the prompt is empty" in tree.message
    assert tree.svg() == after


@pytest.mark.parametrize("name", ["Writer", "BeamTree"])
def test_everything_fits_the_page(lesson, name):
    """At 1280 pixels no picture is cut off and every control has its label."""
    widget = lesson.fresh(name)
    box, svg = widget.picture_at().bounding_box(), widget.picture_at().locator("svg").bounding_box()
    assert svg["width"] <= box["width"] + 1
    assert box["x"] + box["width"] <= SIZE["width"]
    wanted = {
        "Writer": {"prompt", "temperature", "top-k (0: all)", "top-p", "min-p", "seed of chance", "Undo"},
        "BeamTree": {"prompt", "width of the beam", "tokens"},
    }
    assert wanted[name] <= set(widget.labels())
