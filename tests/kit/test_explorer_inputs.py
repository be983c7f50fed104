"""The attention explorer and what readers type or write: odd input, and their own attention function."""

import xml.etree.ElementTree as ET

import numpy as np
import pytest
import torch

from tfm.by_hand.attention import attention
from tfm.by_hand.softmax import softmax
from tfm.kit.attention_explorer import AttentionExplorer
from tfm.lessons.attention.hand_made import HandMadeAttention
from tfm.pretrained import load_tiny_encoder

WORDS = "sun moon sky"
EYE = np.eye(2)
BAD_TEXT = {
    "": "type a sentence first: there is nothing to read in an empty text",
    " \n ": "type a sentence first: there is nothing to read in an empty text",
    "the " * 511: "the text has 513 tokens and this encoder reads at most 64: shorten it by 449 tokens",
    "the " * 2500: "the text has 2502 tokens and this encoder reads at most 64: shorten it by 2438 tokens",
    "the " * 39: "the text has 41 tokens and the picture has room for 40: shorten it",
}
GOOD_TEXT = ["😀🎉", "مرحبا بالعالم", "张麻子", "a\x00b\x1b", "<b>&\"'</b>", "x" * 10_000, "the " * 38]
BAD_MATRIX = {
    "one two\n3 4": "{} has 'one' in row 1, which is not a number: write digits, such as 0.5",
    "1 2\n3": "the rows of {} have 2, 1 numbers: give each row as many",
    "1 2": "{} has shape 1 × 2, but the word vectors have 2 numbers: give {} 2 rows",
    " ; \n": "{} is empty: write its numbers, a line for each row",
    "nan 0; 0 1": "{} has 'nan' in row 1: write a number from −1000 to 1000, such as 0.5",
    "1 0; 0 1e300": "{} has '1e300' in row 2: write a number from −1000 to 1000, such as 0.5",
}
BAD_HEADS = {
    "9.9": "there is no head 9.9: layers go from 1 to 3 and heads from 1 to 4",
    "abc": "'abc' is not a head: write layer.head, such as 2.3, with commas between",
    "1.1, 0.1": "there is no head 0.1: layers go from 1 to 3 and heads from 1 to 4",
}


@pytest.fixture(autouse=True)
def _as_a_reader(as_a_reader_calls_it):
    """Give whole numbers where a lesson does."""


@pytest.fixture(scope="module")
def toy():
    """Three words with numbers by hand."""
    return HandMadeAttention(
        vectors={"sun": [1, 0], "moon": [0, 1], "sky": [1, 1]}, W_Q=EYE, W_K=2 * EYE, W_V=EYE
    )


@pytest.fixture(scope="module")
def encoder():
    """The small encoder of tfm/assets."""
    return load_tiny_encoder()


@pytest.fixture
def of_encoder(encoder):
    """An explorer of the small encoder."""
    return AttentionExplorer(encoder, "the while statement")


@pytest.fixture
def of_words(toy):
    """An explorer of the three words."""
    return AttentionExplorer(toy, WORDS)


def require_one_sentence(widget, control, bad, sentence):
    """Type something bad, then something good: a sentence beside the old picture, then no sentence."""
    view, good = widget.view, widget.value(control)
    pictures = {name: picture.svg for name, picture in widget.pictures.items()}
    widget.controls[control].value = bad
    assert widget.message.startswith(sentence), widget.message
    assert "\n" not in widget.message
    assert widget.view is view
    assert {name: picture.svg for name, picture in widget.pictures.items()} == pictures
    widget.controls[control].value = good
    assert (widget.message, widget.view) == ("", view)


@pytest.mark.parametrize("text", BAD_TEXT, ids=range(len(BAD_TEXT)))
def test_a_sentence_that_cannot_be_read(of_encoder, text):
    """Nothing, too many tokens for the model or for the picture."""
    require_one_sentence(of_encoder, "sentence", text, BAD_TEXT[text])


@pytest.mark.parametrize("text", GOOD_TEXT, ids=range(len(GOOD_TEXT)))
def test_a_sentence_that_looks_odd(of_encoder, text):
    """Emoji, right-to-left letters, Chinese, control characters, markup and one endless word are sentences."""
    of_encoder.controls["sentence"].value = text
    assert of_encoder.message == ""
    ET.fromstring(of_encoder.view.pictures["map"])
    of_encoder._repr_mimebundle_()


def test_an_unknown_word(of_words):
    """The hand-made dictionary names the word and what it has instead; 10,000 characters are cut short."""
    sentence = "'fish' is not in the hand-made dictionary: use sun, moon, sky"
    require_one_sentence(of_words, "sentence", "sun fish", sentence)
    require_one_sentence(of_words, "sentence", "<i>" * 3000, f"'{'<i>' * 13}<' is not in")
    assert "<i>" not in of_words._message.value


@pytest.mark.parametrize("name", ["W_Q", "W_K", "W_V"])
@pytest.mark.parametrize("text", BAD_MATRIX, ids=range(len(BAD_MATRIX)))
def test_a_matrix_that_cannot_be_read(of_words, name, text):
    """Words, ragged rows, a wrong shape, nothing, NaN and a number without end."""
    require_one_sentence(of_words, name, text, BAD_MATRIX[text].format(name, name))


def test_a_query_of_another_width(of_words):
    """W_Q with three columns needs a W_K with three; a wider W_V is good."""
    require_one_sentence(of_words, "W_Q", "1 0 0; 0 1 0", "W_Q and W_K must have as many columns")
    of_words.controls["W_V"].value = "1 0 0; 0 1 0"
    assert of_words.message == ""


def test_the_largest_numbers_still_fit(of_words):
    """Matrices at the limit give a picture whose numbers fit their cells."""
    for name in ("W_Q", "W_K"):
        of_words.controls[name].value = "1000 -1000; 1000 1000"
    of_words.controls["shown"].value = "scores"
    assert of_words.message == ""
    groups = [g for g in ET.fromstring(of_words.view.pictures["map"]) if g.get("text-anchor")]
    numbers = [text.text for group in groups for text in group]
    assert len(numbers) == len(of_words.value("sentence").split()) ** 2
    assert max(map(len, numbers)) <= 6


@pytest.mark.parametrize("text", BAD_HEADS)
def test_heads_that_do_not_exist(of_encoder, text):
    """A head out of range and a word are named, with what there is."""
    require_one_sentence(of_encoder, "off", text, BAD_HEADS[text])


@pytest.mark.parametrize("choice", [{"layer": 4}, {"head": 0}, {"layer": 0}, {"head": 5}])
def test_a_head_that_does_not_exist_is_refused_at_once(encoder, choice):
    """The constructor says how many there are."""
    with pytest.raises(ValueError, match="this model has 3 layers of 4 heads, counted from 1"):
        AttentionExplorer(encoder, "the cat", **choice)


# The reader's own function ---------------------------------------------------------------------------------


def right(query, key, value, mask=None):
    """Attention as a reader would write it."""
    scores = query @ key.T / query.shape[-1] ** 0.5
    scores = scores if mask is None else np.where(mask, scores, -np.inf)
    weights = softmax(scores)
    return scores, weights, weights @ value


def changed(part, change):
    """A reader's function that is right but for one part."""

    def fn(*inputs):
        parts = list(right(*inputs))
        parts[part] = change(parts[part])
        return tuple(parts)

    return fn


def verdict(widget):
    """What is said of the reader's function."""
    return widget.view.readout.partition("Your function: ")[2].partition("</div>")[0]


@pytest.mark.parametrize(
    "setting", [{}, {"temperature": 2.5}, {"scaled": False}, {"mask": "causal"}, {"pads": 1, "mask": "both"}]
)
@pytest.mark.parametrize("of", ["words", "encoder"])
def test_a_right_function_agrees_in_every_setting(toy, encoder, of, setting):
    """Its map stands beside ours, under any temperature, scale or mask."""
    source, text = (toy, WORDS) if of == "words" else (encoder, "the while statement")
    widget = AttentionExplorer(source, text, attend=right)
    for name, value in setting.items():
        widget.controls[name].value = value
    assert verdict(widget) == "scores, weights and output all agree with ours."
    assert "Your function’s weights" in widget.view.pictures["map"]


@pytest.mark.parametrize(
    ("fn", "sentence", "drawn"),
    [
        (changed(0, lambda s: s * 2**0.5), "scores differ first: at [0, 0] yours is 2, ours is 1.414.", True),
        (changed(1, lambda w: w.T * 0.5), "weights differ first: at [0, 0] yours is", True),
        (changed(1, lambda w: w[:1]), "weights differ first: yours has shape 1 × 3, ours has 3 × 3.", False),
        (changed(2, lambda o: o + 1), "output differs first: at [0, 0] yours is", True),
        (changed(1, lambda w: w * np.nan), "weights differ first: at [0, 0] yours is nan", True),
        (changed(1, lambda w: w * np.inf), "weights differ first: at [0, 0] yours is inf", True),
        (changed(1, torch.tensor), "scores, weights and output all agree with ours.", True),
        (lambda q, k, v: None, "it returns nothing yet.", False),
        (lambda q, k, v: ..., "it returns nothing yet.", False),
        (lambda q, k, v: q @ k.T, "return scores, weights, output, in this order.", False),
        (lambda q, k, v: (q, k), "return scores, weights, output, in this order.", False),
        (lambda q, k, v: ("a", "b", "c"), "the answer is str and should be numbers", False),
        (lambda q, k, v: q @ k, "it stopped with ValueError: matmul", False),
        (lambda q: q, "it stopped with TypeError:", False),
        (lambda q, k, v: 1 / 0, "it stopped with ZeroDivisionError: division by zero.", False),
    ],
)
def test_a_wrong_function_is_told_where(toy, fn, sentence, drawn):
    """The first part that differs, or what happened instead; our own map stays whatever it does."""
    widget = AttentionExplorer(toy, WORDS, attend=fn)
    assert verdict(widget).startswith(sentence), verdict(widget)
    assert widget.message == ""
    svg = widget.view.pictures["map"]
    ET.fromstring(svg)
    assert ("Your function’s weights" in svg) == drawn
    assert "weights, each row sums to 1" in svg
    widget._repr_mimebundle_()


def test_a_function_without_a_mask(toy):
    """It is asked for a fourth argument only when there is a mask; one that takes any number is not."""

    def three_arguments(query, key, value):
        return right(query, key, value)

    widget = AttentionExplorer(toy, WORDS, attend=three_arguments)
    assert "agree" in verdict(widget)
    widget.controls["mask"].value = "causal"
    assert verdict(widget) == "it takes no mask: give it a fourth argument to try this setting."
    widget.controls["mask"].value = "none"
    assert "agree" in verdict(widget)
    takes_any = AttentionExplorer(toy, WORDS, attend=changed(0, lambda scores: scores))
    takes_any.controls["mask"].value = "causal"
    assert "agree" in verdict(takes_any)


def test_a_function_that_changes_its_inputs_harms_nothing(toy):
    """It gets copies: our numbers stay attention's."""

    def destroy(query, key, value, mask=None):
        for array in (query, key, value):
            array[:] = 0

    widget = AttentionExplorer(toy, WORDS, attend=destroy)
    trace = toy.trace(WORDS)
    ours = attention(trace.query[0, 0], trace.key[0, 0], trace.value[0, 0])
    widget.controls["temperature"].value, widget.controls["temperature"].value = 2.0, 1.0
    assert f"weight {ours.weights[0, 0]:.3f}" in widget.view.readout
