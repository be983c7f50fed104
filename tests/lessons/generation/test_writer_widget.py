"""The writer without a browser: a text grows and shrinks token by token, and what is drawn is true."""

import re
from html import unescape

import numpy as np
import pytest

from tfm.by_hand.softmax import entropy
from tfm.kit.base import HELP
from tfm.kit.next_token import percent
from tfm.lessons.generation.choosing import filtered, shares
from tfm.lessons.generation.writer_widget import Writer, shorten_left

LETTERS = list("abcdefghijklmnop \n")
TABLE = [shares(np.random.default_rng(row).random(len(LETTERS)) ** 4) for row in range(len(LETTERS))]


@pytest.fixture(autouse=True)
def _as_a_reader(as_a_reader_calls_it):
    """Call the widget as lessons do."""


def score(text):
    """Give the probabilities after a text's last letter."""
    if unknown := set(text) - set(LETTERS):
        raise ValueError(f"the letter {min(unknown)!r} is not in the vocabulary: type one of a to p")
    return TABLE[LETTERS.index(text[-1])]


@pytest.fixture
def writer():
    """A widget over eighteen letters that begins with “cab”."""
    return Writer(score, LETTERS, "cab")


def said(widget):
    """Return the readout as people read it."""
    return unescape(re.sub("<[^>]*>", " ", widget.view.readout))


def drawn(widget):
    """Return the picture's texts."""
    return [unescape(t) for t in re.findall(r"<text[^>]*>([^<]*)</text>", widget.pictures["bars"].svg)]


def test_bars_are_the_models_distribution(writer):
    """The twelve likeliest, each with its probability; the rest is added up; nothing is filtered at first."""
    p = score("b")
    order = np.argsort(-p)
    assert drawn(writer)[0] == "What comes after “cab”?"
    assert drawn(writer)[2:25:2] == [percent(p[i]) for i in order[:12]]
    assert drawn(writer)[-1] == f"6 other tokens share {p[order[12:]].sum():.1%}"
    assert "0 tokens written. 18 of 18 tokens can be drawn" in said(writer)
    assert f"entropy {entropy(p):.2f} bits before the filters, {entropy(p):.2f} after" in said(writer)


def test_the_likeliest_is_appended(writer):
    """The text grows by the longest bar, and the bars are those of the longer text."""
    likeliest = LETTERS[score("b").argmax()]
    writer.append_likeliest()
    assert writer.text == "cab" + likeliest
    assert writer.value("prompt") == "cab"  # what was typed stays as it was typed
    assert "Appended the likeliest" in said(writer)
    assert "1 token written" in said(writer)
    assert drawn(writer)[2] == percent(score(likeliest).max())


def test_a_clicked_bar_is_appended(writer):
    """A click on a row, or Enter on it, appends its token, and the frame goes back to the first row."""
    third = int(np.argsort(-score("b"))[2])
    writer._bars.cell = [2, 0]
    assert f"probability {score('b')[third]:.3f}, drawn with" in said(writer)
    writer._bars.click(2, 0)
    assert writer.text == "cab" + LETTERS[third]
    assert writer._bars.cell == [0, 0]


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"temperature": 0.5}, {"temperature": 0.5}),
        ({"temperature": 0}, {"temperature": 0}),
        ({"top-k": 3}, {"k": 3}),
        ({"top-p": 0.6}, {"nucleus": 0.6}),
        ({"min-p": 0.2}, {"least": 0.2}),
        ({"temperature": 2, "min-p": 0.3, "top-k": 5}, {"temperature": 2, "least": 0.3, "k": 5}),
    ],
)
def test_filters_are_those_by_hand(writer, settings, expected):
    """Every slider is the filter of its name; the count, the entropy and the words beside the bars follow."""
    for name, value in settings.items():
        writer.controls[name].value = value
    q = filtered(score("b"), **expected)
    np.testing.assert_array_equal(writer._q, q)
    left = int((q > 0).sum())
    assert f"{left} of 18 tokens can be drawn" in said(writer)
    assert f"{entropy(q):.2f} after" in said(writer)
    struck = 12 - int((q[np.argsort(-score("b"))[:12]] > 0).sum())
    assert sum("struck out" in t for t in drawn(writer)) == struck


def test_chance_follows_seed_and_place(writer):
    """The number comes from the seed and the place in the text; the token is the one it falls on."""
    words = set()
    for seed in range(8):
        writer.reset()
        writer.controls["seed"].value = seed
        writer.append_by_chance()
        number = np.random.default_rng([seed, 0]).random()
        token = LETTERS[int(np.searchsorted(score("b").cumsum(), number, side="right"))]
        assert writer.text == "cab" + token
        assert f"The random number {number:.3f} fell on" in said(writer)
        words.add(token)
    assert len(words) > 1


def test_what_was_struck_out_is_never_drawn(writer):
    """With top-k 2 a hundred letters by chance are each among the two likeliest of their place."""
    writer.controls["top-k"].value = 2
    for _ in range(5):
        writer.append_by_chance(20)
    assert len(writer.text) == 103
    for i in range(3, 103):
        p = score(writer.text[:i])
        assert p[LETTERS.index(writer.text[i])] >= np.sort(p)[-2]


def test_twenty_by_chance_are_twenty_times_one(writer):
    """One press of twenty writes what twenty presses of one write, and draws once."""
    for _ in range(20):
        writer.append_by_chance()
    one = writer.text
    writer.reset()
    draws = []
    writer.pictures["bars"].observe(draws.append, names="svg")
    writer.append_by_chance(20)
    assert writer.text == one
    assert len(draws) == 1


def test_undo_takes_back_letter_after_letter(writer):
    """Each press takes one; at the prompt there is a sentence, and the prompt stays."""
    first = writer.pictures["bars"].svg
    writer.append_likeliest()
    writer.append_by_chance()
    writer.undo()
    writer.undo()
    assert (writer.text, writer.pictures["bars"].svg) == ("cab", first)
    writer.undo()
    assert writer.message == "there is nothing to take back: no token is written yet"
    assert writer.text == "cab"


@pytest.mark.parametrize(
    ("control", "value"),
    [("prompt", "dog"), ("temperature", 0.3), ("top-k", 2), ("top-p", 0.3), ("min-p", 0.5)],
)
def test_a_control_changes_the_picture_and_reset_brings_it_back(writer, control, value):
    """Bars and numbers follow every control; reset restores them to the letter and forgets what was written."""
    first, words = writer.pictures["bars"].svg, said(writer)
    writer.controls[control].value = value
    assert writer.pictures["bars"].svg != first
    assert said(writer) != words
    writer.append_likeliest()
    writer.reset()
    assert (writer.pictures["bars"].svg, said(writer), writer.text) == (first, words, "cab")


def test_a_new_prompt_begins_anew(writer):
    """Typing another prompt drops what was written after the one before."""
    writer.append_by_chance(20)
    writer.controls["prompt"].value = "dog"
    assert writer.text == "dog"
    assert "0 tokens written" in said(writer)


@pytest.mark.parametrize("prompt", ["", "中", "🙂", "<b>"])
def test_a_text_without_bars_gets_a_sentence_and_nothing_is_appended(writer, prompt):
    """The picture stays, the sentence says why, and no button writes what the old picture shows."""
    before = writer.pictures["bars"].svg
    writer.controls["prompt"].value = prompt
    assert writer.message
    assert writer.pictures["bars"].svg == before
    for press in (
        writer.append_likeliest,
        writer.append_by_chance,
        lambda: writer.append_by_chance(20),
        lambda: writer._append_row(1),
    ):
        writer.guarded(press)
        assert writer.message
        assert writer.text == prompt
    writer._bars.click(1, 0)
    assert (writer.text, bool(writer.message)) == (prompt, True)
    writer.controls["prompt"].value = "dog"
    assert writer.message == ""


@pytest.mark.parametrize("prompt", [" ", "a" * 10_000, "a b " * 500, "<b>a</b>&amp;", "🙂" * 100, "a\x00b"])
def test_odd_prompts_are_drawn(prompt):
    """Ten thousand characters, markup and control characters give bars of a readable size, and stay as typed."""
    writer = Writer(lambda text: TABLE[len(text) % 18], LETTERS, "a")
    writer.controls["prompt"].value = prompt
    assert writer.message == ""
    assert writer.text == prompt
    assert len(drawn(writer)[0]) < 60
    assert len(said(writer)) < 900
    assert "<b>a" not in writer.view.readout


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        ([0.5, 0.5], r"the model gave \(2,\) numbers for 3 tokens"),
        ([2.0, -1.0, 0.5], "put a softmax behind the scores"),
        ([0.2, 0.2, 0.2], "sum to 0.6"),
        ([float("nan")] * 3, "sum to nan"),
    ],
)
def test_a_model_that_gives_no_probabilities_is_named(answer, sentence):
    """Scores in place of probabilities, too few, or not numbers: one sentence that says what is missing."""
    assert re.search(sentence, Writer(lambda _: answer, list("abc"), "a").message)


@pytest.mark.parametrize("error", [ZeroDivisionError("division by zero"), KeyError("q"), RuntimeError("no")])
def test_any_error_of_the_readers_code_is_a_sentence(error):
    """A model that fails while a button is pressed is named, nothing is written; Reset brings the bars back."""
    wrong = []

    def score(_):
        if wrong:
            raise error
        return TABLE[0]

    writer = Writer(score, LETTERS, "a")
    before = writer.pictures["bars"].svg
    writer.append_likeliest()
    wrong.append(True)
    writer.controls["prompt"].value = "b"
    buttons = [
        child for row in writer.children for child in getattr(row, "children", ()) if hasattr(child, "click")
    ]
    by_words = {button.description: button for button in buttons}
    for words in ("Append the likeliest", "Append by chance", "Twenty by chance"):
        writer.say("")
        by_words[words].click()
        assert writer.message == HELP.format(failed="this could not be done")
        assert writer.text == "b"
    wrong.clear()
    writer.reset()
    assert (writer.message, writer.pictures["bars"].svg) == ("", before)


def test_a_text_is_scored_once():
    """Moving a filter runs no model; a new token runs it once."""
    asked = []
    writer = Writer(lambda text: asked.append(text) or TABLE[0], LETTERS, "a")
    writer.controls["temperature"].value = 0.5
    writer.controls["top-p"].value = 0.5
    writer.append_likeliest()
    assert asked == ["a", writer.text]


def test_a_long_text_is_cut_at_its_beginning():
    """The title shows a text's end, which the model goes on from."""
    assert shorten_left("abcdef", 6) == "abcdef"
    assert shorten_left("abcdefg", 6) == "…cdefg"


def test_stored_notebook_keeps_a_picture_and_one_text(writer):
    """Without a kernel there is a PNG, and the text never changes."""
    bundle, _ = writer._repr_mimebundle_()
    assert bundle["image/png"].startswith("iVBOR")
    assert bundle["text/plain"] == "<widget Writer>"
