"""The widgets of lesson 07 in a real JupyterLab: training is scrubbed, words typed, and everything comes back."""

import pytest

WORDS = """
import numpy as np
from tfm.lessons.embeddings.words_widget import Words
first = np.array([[1, 0], [0, 1], [-1, 0], [0.6, 0.8]])
last = np.array([[1, 0.1], [1, 0.2], [-1, 0], [-1, 0.1]])
tables = {"mine": {0: first, 5: (first + last) / 2, 10: last}, "control": {0: first}}
Words(tables, ["list", "tuple", "left", "right"], "list tuple left")
"""
SEARCH = """
from tfm.lessons.embeddings.search_widget import Search
texts = {"short": "a cat", "long": "a cat and a cat and a dog", "other": "nothing of it"}

def counts(query):
    return [text.split().count(query) for text in texts.values()]

def shares(query):
    return [count / len(text.split()) for count, text in zip(counts(query), texts.values())]

Search(texts, {"count": counts, "share": shares}, "cat")
"""
CELLS = [WORDS, SEARCH]
SIZE = {"width": 1280, "height": 1200}


@pytest.fixture
def words(lesson):
    """Return the cosine grid as it was first drawn."""
    return lesson.fresh("Words")


@pytest.fixture
def search(lesson):
    """Return the search as it was first drawn."""
    return lesson.fresh("Search")


def _told(widget, sentence):
    """Wait for a sentence: it draws no picture, so there is nothing else to wait for."""
    widget.wait_for(lambda: sentence in widget.message, f"no word of “{sentence}”")


def test_training_is_scrubbed_by_key(words):
    """One step left changes picture and numbers; one right restores every pixel."""
    before, told = words.picture(0), words.readout
    assert "“list” and “tuple”: cosine 1.00" in told
    with words.redraw():
        words.slider("training step").press("ArrowLeft")
    assert words.slider("training step").value == 5
    assert "cosines after 5 steps" in words.svg(0)
    assert words.picture(0) != before
    assert words.readout != told
    with words.redraw():
        words.slider("training step").press("ArrowRight")
    assert (words.picture(0), words.readout) == (before, told)


def test_arrow_keys_walk_the_grid_and_the_neighbours_follow(words):
    """Down goes to the next word, whose neighbours are listed beside it; up comes back."""
    words.press("ArrowUp", 0)  # nothing is there; but the outline of the keyboard belongs to both photographs
    near = words.picture(1)
    assert "nearest to “list”" in words.svg(1)
    with words.redraw():
        words.press("ArrowDown", 0)
    assert "nearest to “tuple”" in words.svg(1)
    assert words.picture(1) != near
    with words.redraw():
        words.press("ArrowUp", 0)
    assert words.picture(1) == near


def test_a_neighbour_is_added_by_enter(words):
    """Down to the second neighbour, Enter: the grid has a word more."""
    with words.redraw():
        words.press("ArrowDown", 1)
    with words.redraw():
        words.press("Enter", 1)
    assert words.textbox("words").value == "list tuple left right"
    assert words.picture_at(0).locator("[data-cell]").count() == 16


def test_a_misspelt_word_gets_a_sentence_and_stays(words):
    """The closest spelling is named, the picture stays, dimmed, and nothing that was typed is lost."""
    before = words.picture(0)
    words.textbox("words").type("list tupel")
    _told(words, "the closest spelling is “tuple”")
    assert words.textbox("words").value == "list tupel"
    assert "nearest to “list”" in words.svg(1)
    assert words.dims(0)
    words.textbox("words").type("list tuple left")
    words.wait_for(lambda: not words.dims(0), "the picture stays dimmed")
    assert words.message == ""
    assert words.picture(0) == before


def test_the_control_has_no_steps(words):
    """The untrained table changes the picture and switches the slider off; back again, all is as before."""
    before = words.picture(0)
    with words.redraw():
        words.dropdown("table").choose("control")
    assert "never trained" in words.svg(0)
    assert words.picture(0) != before
    with words.redraw():
        words.dropdown("table").choose("mine")
    assert words.picture(0) == before


def test_a_ranking_turns_over_and_back(search):
    """By count the long text is first, by share the short one; choosing back restores every pixel."""
    before, told = search.picture(), search.readout
    assert "Place of “long”: 1 by count; 2 by share." in told
    with search.redraw():
        search.dropdown("rank by").choose("share")
    assert "Place of “short”: 2 by count; 1 by share." in search.readout
    assert search.picture() != before
    with search.redraw():
        search.dropdown("rank by").choose("count")
    assert (search.picture(), search.readout) == (before, told)


def test_a_query_is_typed_and_the_ranking_is_read_by_key(search):
    """Another word makes another order; arrow down reads the second text; an empty query gets a sentence."""
    with search.redraw():
        search.textbox("query").type("nothing")
    assert "Place of “other”: 1 by count" in search.readout
    with search.redraw():
        search.press("ArrowDown")
    assert "Place of “short”: 2 by count" in search.readout
    search.textbox("query").type("")
    _told(search, "the query is empty")


def test_everything_fits_the_page(words, search):
    """At 1280 pixels no picture is cut off, and grid and neighbours stand side by side."""
    boxes = [words.picture_at(0).bounding_box(), words.picture_at(1).bounding_box()]
    assert boxes[0]["x"] + boxes[0]["width"] <= boxes[1]["x"] + 1
    for widget, which in ((words, 0), (words, 1), (search, 0)):
        box, drawn = (
            widget.picture_at(which).bounding_box(),
            widget.picture_at(which).locator("svg").first.bounding_box(),
        )
        assert drawn["width"] <= box["width"] + 1
        assert box["x"] + box["width"] <= SIZE["width"]
    assert {"words", "table", "training step"} <= set(words.labels())
