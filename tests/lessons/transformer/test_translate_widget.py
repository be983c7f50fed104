"""The translator without a browser: steps, forbidden looks, words of one's own, and what is said of them."""

import re
from html import unescape

import numpy as np
import pytest

from tfm.lessons.transformer.widget import LONGEST, Translation, Translator

VOCABULARY = ["A", "B", "C", "D", "⟨end⟩"]


class Model:
    """Writes each word in capitals, X for what it may not look at; what follows D is always D."""

    def __init__(self):
        self.asked = []

    def __call__(self, sentence, prefix, forbidden):
        """Translate, or refuse."""
        self.asked.append((sentence, prefix, forbidden))
        source = sentence.split()
        if not source or not set(source) <= set("abc"):
            raise ValueError(f"write a, b and c: this is {sentence[:20]!r}")
        written = [*prefix]
        for j in range(len(prefix), len(source)):
            written.append("D" if j in forbidden or "D" in written else source[j].upper())
        written.append("⟨end⟩")
        p = np.full((len(written), 5), 0.1)
        p[range(len(written)), [VOCABULARY.index(word) for word in written]] = 0.6
        weights = np.zeros((2, 2, len(written), len(source)))
        for t in range(len(written)):
            weights[..., t, min(t, len(source) - 1)] = 0.75
            weights[:, 1, t, 0] += 0.25
        return Translation(
            source=source, written=written, vocabulary=VOCABULARY, probabilities=p, weights=weights
        )


@pytest.fixture
def model():
    """Return the stand-in."""
    return Model()


@pytest.fixture
def widget(model):
    """Return the widget as it was first drawn."""
    return Translator(model, "a b c", glosses={"A": "first"})


def said(widget):
    """Return the readout as people read it."""
    return unescape(re.sub("<[^>]*>", " ", widget.view.readout))


def shown(widget):
    """Return every picture as it is now."""
    return {name: picture.svg for name, picture in widget.pictures.items()}


def texts(widget, name):
    """Return the texts of one picture."""
    return [unescape(t) for t in re.findall(r"<text[^>]*>([^<]*)</text>", widget.pictures[name].svg)]


def test_the_first_step_shows_one_word_only(widget):
    """What comes later is not given away; the numbers are the translator's."""
    assert "Step 1 of 4: where does “A” look?" in texts(widget, "line")
    assert "B" not in texts(widget, "line")
    assert "It writes A first, to which it gave 60.0%; this place looks most at “a”" in said(widget)


def test_steps_reveal_the_sentence(widget):
    """Each step adds a word to the line and a row to the map, and asks the translator nothing new."""
    asked = len(widget._translate.__wrapped__.asked)
    widget.controls["step"].value = 3
    assert "So far: ABC" in said(widget)
    assert [t for t in texts(widget, "map") if t in VOCABULARY] == ["A", "B", "C"]
    assert len(widget._translate.__wrapped__.asked) == asked


def test_a_forbidden_look_changes_words_and_says_so(widget):
    """Enter on a word forbids it, the change is marked and told; Enter again takes it back."""
    widget.controls["step"].value = 2
    before = shown(widget)
    widget.pictures["line"].click(0, 1)
    assert widget.pictures["line"].svg.count('class="struck"') == 1
    assert widget.pictures["line"].svg.count('class="changed"') == 1
    assert "All in all ADD⟨end⟩, instead of ABC⟨end⟩ unhindered." in said(widget)
    widget.pictures["line"].click(0, 1)
    widget.pictures["line"].cell = [0, 0]
    assert shown(widget) == before
    assert "All in all" not in said(widget)


def test_all_forbidden_is_refused_in_a_sentence(widget):
    """One word must be left to look at."""
    for j in range(3):
        widget.pictures["line"].click(0, j)
    assert widget.message == "every word is forbidden: allow it to look at one at least"
    widget.pictures["line"].click(0, 0)
    assert widget.message == ""


def test_a_word_of_the_readers_own_is_gone_on_from(widget, model):
    """A clicked candidate stands at this step, and the rest is written after it."""
    widget.controls["step"].value = 2
    row = widget._offered.index("D")
    widget.pictures["bars"].click(row, 0)
    assert model.asked[-1] == ("a b c", ("A", "D"), frozenset())
    assert "You wrote D, to which it gave 60.0%" in said(widget)
    assert "All in all ADD⟨end⟩, instead of ABC⟨end⟩ unhindered." in said(widget)
    widget.let_go()
    assert "It writes B" in said(widget)


def test_layers_and_heads_are_chosen(widget):
    """The second head also looks at the first word; the mean lies between."""
    widget.controls["step"].value = 2
    assert "12%" in texts(widget, "line")
    widget.controls["head"].value = "2"
    assert "25%" in texts(widget, "line")
    widget.controls["head"].value = "1"
    assert "0%" in texts(widget, "line")


def test_a_new_sentence_begins_anew(widget):
    """Step 1, nothing forbidden, and the slider ends where the translation ends."""
    widget.controls["step"].value = 4
    widget.pictures["line"].click(0, 2)
    widget.controls["sentence"].value = "b a"
    assert (widget.value("step"), widget.controls["step"].max) == (1, 3)
    assert "struck" not in widget.pictures["line"].svg


@pytest.mark.parametrize("sentence", ["", "   ", "😀", "x" * (LONGEST + 1), "a " * 5000, "nan", "<b>"])
def test_odd_sentences_get_one_sentence(widget, sentence):
    """A sentence that cannot be translated is answered; the picture and the text stay."""
    before = shown(widget)
    widget.controls["sentence"].value = sentence
    assert widget.message
    assert "Error" not in widget.message
    assert shown(widget) == before
    assert widget.value("sentence") == sentence
    widget.controls["sentence"].value = "a b c"
    assert widget.message == ""


def test_reset_brings_everything_back(widget):
    """Sentence, step, head, forbidden looks and own words."""
    before, words = shown(widget), said(widget)
    widget.controls["sentence"].value = "c c a b"
    widget.controls["step"].value = 5
    widget.pictures["line"].click(0, 3)
    widget.pictures["bars"].click(2, 0)
    widget.reset()
    assert (shown(widget), said(widget)) == (before, words)
    assert (widget.controls["step"].max, widget.value("step")) == (4, 1)


def test_a_lesson_may_begin_at_a_later_step(model):
    """The first picture shows that step, and a reset, even from another sentence, comes back to it."""
    widget = Translator(model, "a b c", step=2)
    assert widget.value("step") == 2
    first = texts(widget, "line")
    widget.controls["sentence"].value = "a b"
    assert widget.value("step") == 1
    widget.reset()
    assert (widget.value("step"), texts(widget, "line")) == (2, first)


@pytest.mark.parametrize("step", [0, 99])
def test_a_step_that_is_not_there_is_refused(model, step):
    """The sentence says from where to where steps go."""
    with pytest.raises(ValueError, match=f"step goes from 1 to .*, and this is {step}"):
        Translator(model, "a b c", step=step)
