"""The counter without a browser: each control moves the right numbers, and the numbers are the formulas'."""

import re
from html import unescape

import pytest

from tfm.by_hand.counting import SHAPES, parameters
from tfm.lessons.feed_forward.widget import Counter, whole_number


@pytest.fixture
def widget():
    """Return the counter as GPT-2 small."""
    return Counter()


def said(widget):
    """Return the readout as people read it."""
    return unescape(re.sub("<[^>]*>", " ", widget.view.readout))


def shown(widget):
    """Return every picture as it is now."""
    return {name: picture.svg for name, picture in widget.pictures.items()}


def press(widget, name):
    """Press the preset button of that name."""
    next(b for b in widget.children[0].children if b.description == name).click()


@pytest.mark.parametrize("name", SHAPES)
def test_a_preset_sets_every_control(widget, name):
    """After its button the controls describe exactly that model, and the total is written out."""
    press(widget, name)
    assert not widget.message
    assert widget.shape == SHAPES[name]
    assert f"{sum(parameters(SHAPES[name]).values()):,}" in said(widget)
    assert f">{name}: " in shown(widget)["parts"]


@pytest.mark.parametrize(
    ("control", "value", "parts", "work"),
    [
        ("d_model", 1536, True, True),
        ("d_ff / d_model", 2.0, True, True),
        ("layers", 24, True, True),
        ("vocabulary", "32,000", True, True),
        ("context", "2048", True, True),
        ("feed-forward", "gated", True, True),
        ("learned positions", False, True, False),
        ("biases", False, True, False),
        ("tied tables", False, True, False),
        ("heads", 6, True, False),  # the bar's name says that something was changed
    ],
)
def test_each_control_moves_what_it_should_and_reset_brings_it_back(widget, control, value, parts, work):
    """A size changes the bar; what is only looked up, added or shared changes no work."""
    first, words = shown(widget), said(widget)
    widget.controls[control].value = value
    assert (shown(widget)["parts"] != first["parts"], shown(widget)["work"] != first["work"]) == (parts, work)
    assert "GPT-2 small, changed" in shown(widget)["parts"]
    assert said(widget) != words
    widget.reset()
    assert (shown(widget), said(widget)) == (first, words)


def test_heads_change_no_parameter(widget):
    """Six heads of 128 hold what twelve of 64 hold."""
    before = said(widget)
    widget.controls["heads"].value = 6
    assert said(widget) == before.replace(
        "each of the 12 heads is 64 wide", "each of the 6 heads is 128 wide"
    )


def test_heads_that_do_not_fit_get_one_sentence_and_keep_the_picture(widget):
    """768 cannot be shared by 7 heads; the next number that fits brings the picture back."""
    before = shown(widget)
    widget.controls["heads"].value = 7
    assert widget.message == "d_model (768) must be divisible by n_heads (7): try n_heads=8"
    assert shown(widget) == before
    widget.controls["heads"].value = 8
    assert not widget.message


@pytest.mark.parametrize("text", ["", "many", "-5", "1.5", "NaN", "😀", "٣", "0", "9" * 10_000, "1e9"])
@pytest.mark.parametrize("control", ["vocabulary", "context"])
def test_odd_numbers_get_one_sentence_and_nothing_typed_is_lost(widget, control, text):
    """Nothing, words, emoji, ten thousand digits: the last picture stays, and so does the text."""
    before = shown(widget)
    widget.controls[control].value = text
    assert widget.message.startswith(f"{control} is ")
    assert "whole number" in widget.message
    assert len(widget.message) < 120
    assert shown(widget) == before
    assert widget.value(control) == text


def test_numbers_may_be_written_as_people_do():
    """Commas, underscores and blanks at the ends are read over."""
    assert [whole_number("context", text) for text in ("1,024", "1_024", " 1024 ")] == [1024] * 3


def test_memory_and_cards_follow_the_rules(widget):
    """GPT-3: 4 and 2 bytes a parameter, 16 to train, and as many cards of 80 GB as that needs."""
    press(widget, "GPT-3")
    for fact in ("698 GB in fp32", "349 GB in bf16", "2.79 TB, at least 35 cards of 80 GB"):
        assert fact in said(widget)


def test_work_names_its_crossing(widget):
    """GPT-2 small: 13% of a token's work at 1,024 tokens, the larger part from 4,608 on."""
    assert "13% of it for scores and mixing. From 4,608 tokens on" in said(widget)


def test_a_gate_costs_half_as_much_again_and_nearly_nothing_at_two_thirds(widget):
    """Task 2 of the lesson: the ratio 2 11/16 brings the old size back to within one per cent."""
    plain = parameters(widget.shape)["feed-forward"]
    widget.controls["feed-forward"].value = "gated"
    assert parameters(widget.shape)["feed-forward"] == pytest.approx(1.5 * plain, rel=0.001)
    widget.controls["d_ff / d_model"].value = 2.6875
    assert parameters(widget.shape)["feed-forward"] == pytest.approx(plain, rel=0.01)


def test_segments_stay_with_berts_button(widget):
    """BERT's two segment rows are counted with it, and not after Reset."""
    press(widget, "BERT base")
    assert widget.shape.n_segments == 2
    widget.reset()
    assert widget.shape == SHAPES["GPT-2 small"]


def test_an_unknown_preset_is_refused():
    """The message lists what there is."""
    with pytest.raises(ValueError, match="there is no preset 'GPT-9': choose one of GPT-2 small, BERT base"):
        Counter("GPT-9")


def test_stored_picture(widget):
    """A page without a kernel gets a PNG and one constant text."""
    bundle, _ = widget._repr_mimebundle_()
    assert bundle["text/plain"] == "<widget Counter>"
    assert "image/png" in bundle
