"""The tree of a beam search without a browser: what is kept, dropped and missed is what the search says."""

import itertools
import re
from html import unescape

import numpy as np
import pytest

from tfm.lessons.generation.beam_tree_widget import MOST, BeamTree
from tfm.lessons.generation.choosing import beam_rounds, shares

WORDS = [" rain", " sun", " stops", " falls", " is", " shines", " sets"]
ROAD = {  # lesson 19's table: greedy writes “the rain stops” (0.24), the best is “the sun shines” (0.36)
    "the": [0.6, 0.4, 0, 0, 0, 0, 0],
    "the rain": [0, 0, 0.4, 0.35, 0.25, 0, 0],
    "the sun": [0, 0, 0, 0, 0, 0.9, 0.1],
}


@pytest.fixture(autouse=True)
def _as_a_reader(as_a_reader_calls_it):
    """Call the widget as lessons do."""


@pytest.fixture
def tree():
    """The fork in the road, with a beam of 2 over two words."""
    return BeamTree(ROAD.__getitem__, WORDS, "the", width=2, n=2, most_n=2)


def said(widget):
    """Return the readout as people read it."""
    return unescape(re.sub("<[^>]*>", " ", widget.view.readout))


def boxes(widget):
    """Return (place, dashed) of every box."""
    found = re.findall(r"<rect([^>]*data-cell=\"(\d,\d)\"[^>]*)/>", widget.pictures["tree"].svg)
    return [(place, "dasharray" in mark) for mark, place in found]


def drawn(widget):
    """Return the picture's texts."""
    return [unescape(t) for t in re.findall(r"<text[^>]*>([^<]*)</text>", widget.pictures["tree"].svg)]


def letters(text):
    """Give the probabilities of eight letters after a text, each text its own."""
    return shares(np.random.default_rng(list(text.encode())).random(8) ** 3)


def test_the_fork_in_the_road(tree):
    """A beam of 2 finds what greedy missed, and says by how much."""
    assert "Best text found: “␣sun␣shines” with 36.0% (ln p = −1.02)." in said(tree)
    assert "Greedy: “␣rain␣stops” with 24.0% (ln p = −1.43), 1.50 times less likely." in said(tree)
    assert boxes(tree) == [
        ("0,0", False),
        ("1,0", False),
        ("0,1", False),
        ("1,1", False),
        ("2,1", True),
        ("3,1", True),
    ]
    assert drawn(tree)[0] == "a beam of 2 over 2 tokens"


def test_a_beam_of_one_is_greedy(tree):
    """With width 1 both are one text."""
    tree.controls["width"].value = 1
    assert said(tree).count("“␣rain␣stops” with 24.0%") == 2  # the best that was found, and greedy
    assert "the same text" in said(tree)


@pytest.mark.parametrize(("width", "n"), list(itertools.product([1, 2, 4], [1, 3, 6])))
def test_the_tree_is_the_search(width, n):
    """Boxes, frames and sentences are those of `beam_rounds` on the same model."""
    alphabet = list("abcdefgh")
    widget = BeamTree(letters, alphabet, "x", width=width, n=n)
    rounds = beam_rounds(
        lambda text: letters("x" + "".join(alphabet[i] for i in text)), width, n, min(MOST, 2 * width)
    )
    expected = [(f"{r},{c}", not b.kept) for c, column in enumerate(rounds) for r, b in enumerate(column)]
    assert boxes(widget) == expected
    best = "".join(alphabet[i] for i in rounds[-1][0].text)
    assert f"Best text found: “{best}”" in said(widget)


def test_the_greedy_line_ends_where_greedy_is_dropped():
    """The dashed line follows greedy's text while it is among the candidates, and stops at a dropped box."""
    cut = {  # with a beam of 2, both of b's continuations beat everything of a
        "x": [0.5, 0.5, 0],
        "xa": [0.34, 0.33, 0.33],
        "xb": [0.5, 0.5, 0],
    }
    widget = BeamTree(lambda text: cut.get(text, [1 / 3] * 3), list("abc"), "x", width=2, n=3)
    lines = re.findall(r'<path d="M[^"]*C[^"]*"[^>]*stroke-dasharray', widget.pictures["tree"].svg)
    assert len(lines) == 2  # a, then aa, which is dropped: the third token has no line
    assert "times less likely" in said(widget)


def test_a_chosen_box_is_told(tree):
    """The framed text stands in full below, with whether it goes on."""
    assert "Chosen: “␣rain” with 60.0% (ln p = −0.51), kept." in said(tree)
    tree._tree.cell = [2, 1]
    assert "Chosen: “␣rain␣falls” with 21.0% (ln p = −1.56), dropped." in said(tree)


def test_a_frame_that_falls_off_a_smaller_tree_moves_in(tree):
    """Fewer rows or columns than the frame's place: it stands in the last one."""
    tree._tree.cell = [3, 1]
    tree.controls["n"].value = 1
    assert tree.message == ""
    assert "Chosen: “␣sun”" in said(tree)


@pytest.mark.parametrize(("control", "value"), [("width", 1), ("n", 3), ("prompt", "hello")])
def test_a_control_changes_the_picture_and_reset_brings_it_back(control, value):
    """The tree follows every control; reset restores it to the letter."""
    widget = BeamTree(letters, list("abcdefgh"), "x")
    first, words = widget.pictures["tree"].svg, said(widget)
    widget.controls[control].value = value
    assert widget.pictures["tree"].svg != first
    widget.reset()
    assert (widget.pictures["tree"].svg, said(widget)) == (first, words)


def test_a_text_is_scored_once():
    """However the sliders move, the model is asked at most once for a text."""
    asked = []
    widget = BeamTree(lambda text: asked.append(text) or letters(text), list("abcdefgh"), "x")
    for width in (4, 1, 3):
        widget.controls["width"].value = width
    assert len(asked) == len(set(asked))


@pytest.mark.parametrize("prompt", [" ", "a" * 10_000, "<b>a</b>", "🙂 中文", "a\x00b", '"&'])
def test_odd_prompts_are_drawn(prompt):
    """Ten thousand characters, markup and other alphabets give a tree whose sentences stay short."""
    widget = BeamTree(lambda text: [0.6, 0.4], ["a", "<i>"], "a")
    widget.controls["prompt"].value = prompt
    assert (widget.message, widget.value("prompt")) == ("", prompt)
    assert len(said(widget)) < 400
    assert "<i>" not in widget.view.readout


@pytest.mark.parametrize(
    ("prompt", "sentence"), [("", "the prompt is empty"), ("中", "no letter 中: type a")]
)
def test_a_prompt_that_cannot_be_scored_gets_a_sentence(prompt, sentence):
    """The picture stays, and what was typed stays."""

    def score(text):
        if "中" in text:
            raise ValueError("no letter 中: type a")
        return [0.6, 0.4]

    widget = BeamTree(score, ["a", "b"], "a")
    before = widget.pictures["tree"].svg
    widget.controls["prompt"].value = prompt
    assert sentence in widget.message
    assert (widget.pictures["tree"].svg, widget.value("prompt")) == (before, prompt)
    widget.controls["prompt"].value = "b"
    assert widget.message == ""


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        ([1.0], r"the model gave \(1,\) numbers for 2 tokens"),
        ([3.0, -2.0], "put a softmax behind the scores"),
        ([0.0, 0.0], "sum to 0,"),
    ],
)
def test_a_model_that_gives_no_probabilities_is_named(answer, sentence):
    """Scores in place of probabilities, too few, or none above 0: one sentence, never a traceback."""
    assert re.search(sentence, BeamTree(lambda _: answer, ["a", "b"], "a").message)


def test_a_vocabulary_of_one_token_is_a_line():
    """Where there is no choice every column has one box."""
    widget = BeamTree(lambda _: [1.0], ["a"], "a", width=3, n=4)
    assert boxes(widget) == [(f"0,{column}", False) for column in range(4)]


def test_stored_notebook_keeps_a_picture_and_one_text(tree):
    """Without a kernel there is a PNG, and the text never changes."""
    bundle, _ = tree._repr_mimebundle_()
    assert bundle["image/png"].startswith("iVBOR")
    assert bundle["text/plain"] == "<widget BeamTree>"
