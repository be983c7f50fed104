"""The search widget without a browser: the ranking is the scorer's, and every odd query gets a sentence."""

import re
from html import unescape

import numpy as np
import pytest

from tfm.lessons.embeddings.search_widget import SHOWN, Search

TEXTS = {"short": "a cat", "long": "a cat and a cat and a cat and a dog", "other": "nothing of it"}


@pytest.fixture(autouse=True)
def _as_a_reader(as_a_reader_calls_it):
    """Call the widget as lessons do."""


def counts(query):
    """Score by how often the query's words stand in a text."""
    return [sum(text.split().count(word) for word in query.split()) for text in TEXTS.values()]


def shares(query):
    """Score by their share of the text."""
    return [count / len(text.split()) for count, text in zip(counts(query), TEXTS.values(), strict=True)]


def moody(query):
    """Refuse one query, and fail on another."""
    if query == "no":
        raise ValueError("this query has no answer: ask another")
    if query == "break":
        raise RuntimeError("broken")
    return [0, 1, 0]


@pytest.fixture
def widget():
    """Return a search for cats."""
    return Search(TEXTS, {"count": counts, "share": shares, "moody": moody}, "cat")


def said(widget):
    """Return the readout as people read it."""
    return unescape(re.sub("<[^>]*>", " ", widget.view.readout))


def ranked(widget):
    """Return the names in the picture, the first on top."""
    svg = widget.pictures["ranking"].svg
    return [name for name in re.findall(r"<text[^>]*>([^<]*)</text>", svg) if name in TEXTS]


def test_the_ranking_is_the_scorers(widget):
    """By count the long text wins, by share the short one, and back."""
    first = widget.pictures["ranking"].svg
    assert ranked(widget) == ["long", "short", "other"]
    widget.controls["by"].value = "share"
    assert ranked(widget) == ["short", "long", "other"]
    widget.controls["by"].value = "count"
    assert widget.pictures["ranking"].svg == first


def test_the_chosen_text_tells_its_place_everywhere(widget):
    """Its rank under each scorer, its length and its beginning."""
    assert "Place of “long”: 1 by count; 2 by share; 1 by moody." in said(widget)
    assert "11 words: a cat and a cat and a cat and a dog" in said(widget)
    widget.pictures["ranking"].cell = [1, 0]
    assert "Place of “short”: 2 by count; 1 by share; 2 by moody." in said(widget)


def test_a_query_without_an_answer_is_said(widget):
    """When all texts score the same, the order means nothing, and the widget says so."""
    widget.controls["query"].value = "zebra"
    assert "Every text has the same score, so this order says nothing" in said(widget)
    assert "none by count; none by share; 2 by moody" in said(widget)


def test_a_scorer_may_refuse(widget):
    """Its sentence is shown, and the others keep answering; a broken one is reported too."""
    widget.controls["query"].value = "no"
    assert "none by moody" in said(widget)
    widget.controls["by"].value = "moody"
    assert widget.message == "this query has no answer: ask another"
    widget.controls["query"].value = "break"
    assert "could not be drawn: press Reset" in widget.message
    widget.reset()
    assert widget.message == ""


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("", "the query is empty"),
        ("  \t", "the query is empty"),
        ("cat " * 2500, "the query has 9,999 characters"),
    ],
)
def test_a_query_that_cannot_be_read_gets_one_sentence(widget, query, sentence):
    """Nothing, or far too much: one sentence, the picture and the text stay."""
    before = widget.pictures["ranking"].svg
    widget.controls["query"].value = query
    assert sentence in widget.message
    assert (widget.pictures["ranking"].svg, widget.value("query")) == (before, query)


@pytest.mark.parametrize("query", ["😀", "<b>cat</b>", "cat\x00", "x" * 2000])
def test_odd_queries_are_answered(widget, query):
    """Emoji, markup, control signs and one endless word are only words nobody has written."""
    widget.controls["query"].value = query
    assert widget.message == ""
    assert "<b>" not in widget.view.readout
    assert "<b>" not in widget.pictures["ranking"].svg


def test_a_scorer_is_asked_once_for_a_query():
    """Going back to a query computes nothing: a sentence encoder is slow."""
    asked = []

    def slow(query):
        asked.append(query)
        return np.arange(3)

    widget = Search(TEXTS, {"slow": slow}, "cat")
    widget.controls["query"].value = "dog"
    widget.controls["query"].value = "cat"
    widget.pictures["ranking"].cell = [2, 0]
    assert asked == ["cat", "dog"]


def test_only_the_first_are_drawn():
    """Of many texts the best eight have a row."""
    many = {f"text {i}": "x" for i in range(30)}
    widget = Search(many, {"order": lambda _: range(30)}, "q")
    svg = widget.pictures["ranking"].svg
    assert re.findall(r">text (\d+)<", svg) == [str(29 - i) for i in range(SHOWN)]
    assert "The first 8 of 30 texts." in said(widget)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (({}, {"count": counts}, "cat"), "nothing to rank"),
        ((TEXTS, {}, "cat"), "nothing to rank by"),
    ],
)
def test_bad_arguments_get_one_sentence(arguments, sentence):
    """Without texts or scorers there is no search."""
    with pytest.raises(ValueError, match=sentence):
        Search(*arguments)


def test_a_first_scorer_can_be_named():
    """`by` chooses it, and an unknown one is refused with those there are."""
    assert Search(TEXTS, {"count": counts, "share": shares}, "cat", by="share").value("by") == "share"
    with pytest.raises(ValueError, match="no scorer is called 'x': choose one of count, share"):
        Search(TEXTS, {"count": counts, "share": shares}, "cat", by="x")


def test_scores_of_the_wrong_size_get_one_sentence():
    """A scorer must answer for every text."""
    widget = Search(TEXTS, {"bad": lambda _: [1, 2]}, "cat")
    assert widget.message == "“bad” gave scores of shape (2,) for 3 texts: return one for each"


def test_stored_notebook_keeps_a_picture_and_one_text(widget):
    """Without a kernel there is a PNG, and the text never changes."""
    bundle, _ = widget._repr_mimebundle_()
    assert bundle["image/png"].startswith("iVBOR")
    assert bundle["text/plain"] == "<widget Search>"
