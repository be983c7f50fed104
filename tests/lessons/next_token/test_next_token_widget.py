"""The writer without a browser: the sentence grows word by word, and what is drawn is true."""

import re
from html import unescape

import numpy as np
import pytest

from tfm.lessons.next_token.widget import NextToken
from tfm.models.ngram import NGram
from tfm.models.ngram_counts import NGramCounts
from tfm.models.smoothing import AddK, KneserNey, MaximumLikelihood

TEXT = "the cat sat on the mat . the cat saw the dog . the dog sat on the cat ."
COUNTS = NGramCounts(TEXT.split(), 5)


@pytest.fixture(autouse=True)
def _as_a_reader(as_a_reader_calls_it):
    """Call the widget as lessons do."""


def make(n, smoothing, k):
    """Return a model of the three sentences."""
    part = {"Kneser–Ney": KneserNey(0.75), "add-k": AddK(k or 1), "none": MaximumLikelihood()}[smoothing]
    return NGram(COUNTS, part, n)


@pytest.fixture
def writer():
    """A widget over the three sentences, n = 2, that begins with “the”."""
    return NextToken(make, str.split, "the", n=2)


def said(widget):
    """Return the readout as people read it."""
    return unescape(re.sub("<[^>]*>", " ", widget.view.readout))


def drawn(widget):
    """Return the picture's texts."""
    return [unescape(t) for t in re.findall(r"<text[^>]*>([^<]*)</text>", widget.pictures["bars"].svg)]


def test_bars_are_the_models_distribution(writer):
    """The likeliest word comes first, with its probability and count; the rest is added up."""
    model = make(2, "Kneser–Ney", 0)
    p = model.probability("cat", ["the"])
    assert drawn(writer)[:3] == [
        "What may come after “the”?",
        "cat",
        f"{p:.1%}" + " · 3 times",
    ]
    assert "The model looks at the last token, “the”, and has counted what follows 6 times." in said(writer)
    assert "counted 3 of 6 times" in said(writer)
    shown = len(writer._ranked)
    assert shown == 8  # V is nine, and the unknown token is silent
    assert "1 other token has" in drawn(writer)[-1]


def test_the_sentence_grows_word_by_word(writer):
    """The likeliest is appended, and the bars are those of the next word."""
    writer.append_likeliest()
    assert writer.value("prompt") == "the cat"
    assert drawn(writer)[0] == "What may come after “cat”?"
    assert "Appended “cat”." in said(writer)


def test_a_clicked_bar_is_appended(writer):
    """Clicking a row, or Enter on it, appends that row's word, and the frame goes back to the first."""
    third = writer._ranked[2]
    writer._bars.cell = [2, 0]
    assert f"“{third}”: probability" in said(writer)
    writer._bars.click(2, 0)
    assert writer.value("prompt") == f"the {third}"
    assert writer._bars.cell == [0, 0]


def test_chance_follows_the_seed(writer):
    """The same seed and prompt draw the same word; some seed draws another; the number is told."""
    words = set()
    for seed in range(12):
        writer.reset()
        writer.controls["seed"].value = seed
        writer.append_by_chance()
        word = writer.value("prompt").split()[-1]
        number = np.random.default_rng([seed, 1]).random()
        assert make(2, "Kneser–Ney", 0).sample(["the"], number) == word
        assert f"The random number {number:.3f} fell on “{word}”." in said(writer)
        words.add(word)
    assert len(words) > 1


def test_undo_takes_back_one_change_after_the_other(writer):
    """Appended or typed, each change is taken back; at the start there is a sentence."""
    writer.append_likeliest()
    writer.controls["prompt"].value = "a dog"
    writer.append_likeliest()
    seen = []
    for _ in range(3):
        writer.undo()
        seen.append(writer.value("prompt"))
    assert seen == ["a dog", "the cat", "the"]
    writer.undo()
    assert writer.message == "there is nothing to undo: this is the first prompt"
    writer.append_likeliest()
    assert (writer.value("prompt"), writer.message) == ("the cat", "")


@pytest.mark.parametrize(("control", "value"), [("n", 1), ("smoothing", "add-k"), ("prompt", "the cat")])
def test_a_control_changes_the_picture_and_reset_brings_it_back(writer, control, value):
    """Bars and numbers follow every control; reset restores them to the letter, and forgets what to undo."""
    first, words = writer.pictures["bars"].svg, said(writer)
    writer.controls[control].value = value
    assert writer.pictures["bars"].svg != first
    writer.append_likeliest()
    writer.reset()
    assert (writer.pictures["bars"].svg, said(writer)) == (first, words)
    writer.undo()
    assert "nothing to undo" in writer.message


def test_it_is_blind_beyond_its_window(writer):
    """With n = 2 only the last token counts; with n = 3 the one before it does too."""
    first = writer.pictures["bars"].svg
    writer.controls["prompt"].value = "sat on the"
    assert writer.pictures["bars"].svg == first
    writer.controls["n"].value = 3
    assert drawn(writer)[0] == "What may come after “on the”?"
    writer.controls["smoothing"].value = "none"
    assert set(writer._ranked) == {"cat", "mat"}


def test_k_belongs_to_add_k(writer):
    """The menu of k is off unless it does something; a larger k flattens the bars."""
    assert writer.controls["k"].disabled
    writer.controls["smoothing"].value = "add-k"
    assert not writer.controls["k"].disabled
    shares = []
    for k in (0.001, 1.0):
        writer.controls["k"].value = k
        shares.append(drawn(writer)[2])
    assert shares == ["49.9% · 3 times", "26.7% · 3 times"]


def test_without_smoothing_only_what_was_counted_is_drawn(writer):
    """Words of probability 0 get no bar."""
    writer.controls["smoothing"].value = "none"
    assert writer._ranked == ["cat", "dog", "mat"]


def test_no_answer_gets_a_sentence_and_nothing_to_append(writer):
    """After a context that was never read plain shares have no bars; the prompt stays; smoothing helps."""
    writer.controls["smoothing"].value = "none"
    writer.controls["prompt"].value = "the zebra"
    assert "nothing ever followed “<unk>”" in said(writer)
    assert drawn(writer)[-1] == "no bars: this model has no answer here"
    writer.append_likeliest()
    assert writer.message == "there is no bar to append: shorten n, or choose a smoothing"
    writer.button("x", writer.append_by_chance).click()
    assert "nothing ever followed" in writer.message
    assert writer.value("prompt") == "the zebra"
    writer.controls["smoothing"].value = "Kneser–Ney"
    assert writer._ranked


@pytest.mark.parametrize(
    "prompt", ["", "   ", "🙂 🙃", "zebra " * 2000, "<b>the</b>", "the\x00", "x" * 10_000]
)
def test_odd_prompts_are_answered(writer, prompt):
    """Nothing, emoji, ten thousand characters and markup give bars or one sentence, and stay as they were."""
    writer.controls["prompt"].value = prompt
    assert writer.message == ""
    assert writer.value("prompt") == prompt
    assert "<b>" not in writer.view.readout
    assert len(said(writer)) < 600
    assert writer._ranked
    if prompt.strip():
        assert "Never read in the training text" in said(writer)


def test_characters_need_no_space():
    """With characters for tokens nothing stands between them."""
    counts = NGramCounts("我们在人民公园。", 3)
    widget = NextToken(
        lambda n, *_: NGram(counts, KneserNey(0.75), n), list, "人", smoothings=("Kneser–Ney",), join=""
    )
    widget.append_likeliest()
    assert widget.value("prompt") == "人民"


def test_a_single_smoothing_is_no_choice(writer):
    """With one smoothing neither its menu nor that of k is shown; with three both are."""
    alone = NextToken(make, str.split, "the", smoothings=("none",))
    shown = [{c.description for c in w.children[1].children} for w in (writer, alone)]
    assert shown == [{"n", "smoothing", "k"}, {"n"}]


def test_hollow_bars_are_explained_where_there_are_some(writer):
    """The note about hollow bars stands below a picture that has one, and below no other."""
    assert drawn(writer)[-1].endswith("; a hollow bar was never counted here")
    writer.controls["smoothing"].value = "none"
    assert "hollow" not in drawn(writer)[-1]


def test_stored_notebook_keeps_a_picture_and_one_text(writer):
    """Without a kernel there is a PNG, and the text never changes."""
    bundle, _ = writer._repr_mimebundle_()
    assert bundle["image/png"].startswith("iVBOR")
    assert bundle["text/plain"] == "<widget NextToken>"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [({"n": 6}, r"n \(6\) must be from 1 to most_n \(5\)"), ({"smoothings": ()}, "no smoothing")],
)
def test_bad_arguments_get_one_sentence(arguments, sentence):
    """What cannot be offered is refused."""
    with pytest.raises(ValueError, match=sentence):
        NextToken(make, str.split, "the", **arguments)
