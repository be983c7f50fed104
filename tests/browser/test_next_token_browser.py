"""The next-token writer in a real JupyterLab: bars are clicked, the sentence grows, and everything comes back."""

import pytest

CELLS = [
    """from tfm.models.ngram import NGram
from tfm.models.ngram_counts import NGramCounts
from tfm.models.smoothing import AddK, KneserNey, MaximumLikelihood
from tfm.lessons.next_token.widget import NextToken
text = "the cat sat on the mat . the cat saw the dog . the dog sat on the cat ."
counts = NGramCounts(text.split(), 5)
def make(n, smoothing, k):
    parts = {"Kneser–Ney": KneserNey(0.75), "add-k": AddK(k or 1), "none": MaximumLikelihood()}
    return NGram(counts, parts[smoothing], n)
NextToken(make, str.split, "the", n=2)"""
]
SIZE = {"width": 1280, "height": 1100}


@pytest.fixture
def writer(lesson):
    """Return the widget as it was first drawn."""
    return lesson.fresh("NextToken")


def test_the_sentence_grows_by_button_and_undo_takes_it_back(writer):
    """A press appends the likeliest word, picture and numbers follow, and Undo restores every pixel."""
    before, words = writer.picture(), writer.readout
    with writer.redraw():
        writer.button("Append the likeliest").click()
    assert writer.textbox("prompt").value == "the cat"
    assert "What may come after “cat”?" in writer.svg()
    assert writer.picture() != before
    with writer.redraw():
        writer.button("Undo").click()
    assert (writer.textbox("prompt").value, writer.picture(), writer.readout) == ("the", before, words)


def test_the_sentence_grows_by_keys_alone(writer):
    """Down to the second bar, Enter: that word is appended."""
    with writer.redraw():
        writer.press("ArrowDown")
    assert "“dog”: probability" in writer.readout
    with writer.redraw():
        writer.press("Enter")
    assert writer.textbox("prompt").value == "the dog"


def test_a_click_on_a_bar_appends_its_word(writer):
    """Without smoothing there are three bars; the pointer on the third chooses “mat”."""
    with writer.redraw():
        writer.dropdown("smoothing").choose("none")
    assert writer.picture_at().locator("[data-cell]").count() == 3
    with writer.redraw():
        writer.picture_at().locator('[data-cell="2,0"]').click()
    assert writer.textbox("prompt").value == "the mat"


def test_n_moves_by_key_and_comes_back(writer):
    """With n = 1 the model looks at nothing; a step up restores every pixel."""
    before, words = writer.picture(), writer.readout
    with writer.redraw():
        writer.slider("n").press("ArrowLeft")
    assert "The model looks at no token before" in writer.readout
    assert writer.picture() != before
    with writer.redraw():
        writer.slider("n").press("ArrowRight")
    assert (writer.picture(), writer.readout) == (before, words)


def test_a_typed_prompt_and_an_unknown_word(writer):
    """What is typed is read; a word that was never read gets a sentence; without smoothing there are no bars."""
    with writer.redraw():
        writer.textbox("prompt").type("the zebra")
    assert "Never read in the training text: “zebra”" in writer.readout
    with writer.redraw():
        writer.dropdown("smoothing").choose("none")
    assert "nothing ever followed" in writer.readout
    writer.button("Append the likeliest").click()
    writer.settle()
    assert "there is no bar to append" in writer.message
    assert writer.textbox("prompt").value == "the zebra"


def test_chance_is_repeatable(writer):
    """Drawn by chance, undone, drawn again: the same word, since the seed is the same."""
    sentences = []
    for _ in range(2):
        with writer.redraw():
            writer.button("Append by chance").click()
        sentences.append(writer.textbox("prompt").value)
        with writer.redraw():
            writer.button("Undo").click()
    assert sentences[0] == sentences[1] != "the"


def test_everything_fits_the_page(writer):
    """At 1280 pixels the picture is not cut off and every control has its label."""
    box, svg = writer.picture_at().bounding_box(), writer.picture_at().locator("svg").bounding_box()
    assert svg["width"] <= box["width"] + 1
    assert box["x"] + box["width"] <= SIZE["width"]
    assert {"prompt", "n", "smoothing", "k", "seed of chance", "Undo"} <= set(writer.labels())
