"""The attention explorer: each control shows, each number is attention's, and no input breaks it."""

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from tfm.by_hand.attention import attention
from tfm.by_hand.softmax import entropy
from tfm.kit.attention_explorer import AttentionExplorer
from tfm.kit.drawing import svg_size
from tfm.lessons.attention.hand_made import HandMadeAttention
from tfm.pretrained import load_tiny_encoder

WORDS = "sun moon sky"
TEXT = "the while statement is used"
EYE = np.eye(2)


@pytest.fixture(autouse=True)
def _as_a_reader(as_a_reader_calls_it):
    """Give whole numbers where a lesson does."""


@pytest.fixture(scope="module")
def encoder():
    """The small encoder of tfm/assets."""
    return load_tiny_encoder()


@pytest.fixture(scope="module")
def toy():
    """Three words with numbers by hand."""
    return HandMadeAttention(
        vectors={"sun": [1, 0], "moon": [0, 1], "sky": [1, 1]}, W_Q=EYE, W_K=2 * EYE, W_V=EYE
    )


@pytest.fixture
def by_hand(toy):
    """An explorer of the three words."""
    return AttentionExplorer(toy, WORDS, cell=(1, 2))


@pytest.fixture
def explorer(encoder):
    """An explorer of the small encoder."""
    return AttentionExplorer(encoder, TEXT, layer=2, head=3, cell=(1, 2))


def picture(widget):
    """The one drawing that is shown."""
    (svg,) = widget.view.pictures.values()
    ET.fromstring(svg)
    return svg


def readout(widget):
    """The numbers below the picture, without markup."""
    return re.sub("<[^>]+>", " ", widget.view.readout)


def set_to(widget, **values):
    """Move controls one after the other."""
    for name, value in values.items():
        widget.controls[name].value = value


def test_first_picture(explorer):
    """The first picture is there, well formed, and nothing is wrong."""
    assert "Layer 2, head 3: weights, each row sums to 1" in picture(explorer)
    assert explorer.message == ""
    assert repr(explorer) == "<widget AttentionExplorer>"


def test_numbers_are_attention_s(explorer, encoder):
    """Score, scaled score, weight and entropy below the map are those of `tfm.by_hand` for the same head."""
    trace = encoder.trace(TEXT)
    steps = attention(trace.query[1, 2], trace.key[1, 2], trace.value[1, 2])
    cell, tokens, bits = (1, 2), trace.tokens, entropy(steps.weights[1]).item()
    assert (
        f"{tokens[1]} looks at {tokens[2]}: score {steps.scores[cell]:.2f} → scaled {steps.scaled[cell]:.2f} "
        f"→ weight {steps.weights[cell]:.3f}, of a value of length {np.linalg.norm(trace.value[1, 2, 2]):.2f}. "
        f"This row sums to 1.00 and spreads over {bits:.2f} of {np.log2(len(tokens)):.2f} bits."
    ) in readout(explorer)


def test_numbers_by_hand(by_hand):
    """Worked on paper: moon · sky = 2, over √2 is 1.41, and softmax(0, 1.41, 1.41) gives 0.446."""
    assert "moon looks at sky: score 2.00 → scaled 1.41 → weight 0.446, of a value [1.00, 1.00]." in readout(
        by_hand
    )


@pytest.mark.parametrize(
    ("control", "value"),
    [
        ("sentence", "the statement is used"),
        ("layer", 1),
        ("head", 1),
        ("view", "all heads"),
        ("shown", "scores"),
        ("shown", "weight × value"),
        ("temperature", 2.0),
        ("scaled", False),
        ("mask", "causal"),
        ("pads", 2),
        ("off", "1.1"),
        ("hold", True),
    ],
)
def test_every_control_shows_and_comes_back(explorer, control, value):
    """Moving it changes picture or numbers; moving it back, or Reset, brings the very same ones back."""
    first, numbers, old = picture(explorer), readout(explorer), explorer.value(control)
    for back in (lambda: set_to(explorer, **{control: old}), explorer.reset):
        set_to(explorer, **{control: value})
        assert explorer.message == ""
        assert (picture(explorer), readout(explorer)) != (first, numbers)
        back()
        assert (picture(explorer), readout(explorer)) == (first, numbers)


@pytest.mark.parametrize("name", ["W_Q", "W_K", "W_V"])
def test_every_matrix_can_be_edited(by_hand, name):
    """Other numbers in a matrix change picture or numbers, and Reset brings the first ones back."""
    first = picture(by_hand), readout(by_hand)
    set_to(by_hand, **{name: "0 3\n1, −1"})
    assert by_hand.message == ""
    assert (picture(by_hand), readout(by_hand)) != first
    by_hand.reset()
    assert (picture(by_hand), readout(by_hand)) == first


def test_masks_are_drawn_and_said(by_hand):
    """Forbidden scores are −∞ in picture and numbers, their weight is 0."""
    set_to(by_hand, mask="causal", shown="scores")
    assert picture(by_hand).count(">−∞<") == 3
    assert "masked to −∞ → weight 0.000" in readout(by_hand)


def test_pads_take_weight_until_they_are_masked(by_hand):
    """An added [PAD] gets weight like any word; the padding mask takes it away."""
    set_to(by_hand, pads=1)
    by_hand._map.cell = [0, 3]
    assert "sun looks at [PAD]: score 0.00" in readout(by_hand)
    assert "weight 0.000" not in readout(by_hand)
    set_to(by_hand, mask="padding")
    assert "weight 0.000" in readout(by_hand)


def test_the_cell_is_read_and_stays_inside(explorer):
    """Pointing reads that cell; when the sentence gets shorter the last cell is read."""
    explorer._map.cell = [3, 0]
    assert "statement looks at [CLS]" in readout(explorer)
    explorer._map.cell = [6, 6]
    set_to(explorer, sentence="the")
    assert "[SEP] looks at [SEP]" in readout(explorer)


def test_a_head_switched_off_moves_the_output(explorer, encoder):
    """The button switches the chosen head off and on, and the sentence says how far the output moved."""
    switch = next(
        w
        for row in explorer.children
        for w in getattr(row, "children", ())
        if getattr(w, "description", "").startswith("Switch")
    )
    switch.click()
    assert explorer.value("off") == "2.3"
    on, off = encoder.trace(TEXT).hidden[-1], encoder.trace(TEXT, ablated={(1, 2)}).hidden[-1]
    share = np.linalg.norm(off - on, axis=-1) / np.linalg.norm(on, axis=-1)
    assert f"With 2.3 off, the output moves by {share.mean():.1%} of its length on average" in readout(
        explorer
    )
    assert f"{encoder.trace(TEXT).tokens[share.argmax()]} {share.max():.1%}" in readout(explorer)
    set_to(explorer, off="abc")
    switch.click()
    switch.click()
    assert (explorer.value("off"), "moves by" in readout(explorer)) == ("", False)


def test_hold_puts_the_old_map_beside_the_new(by_hand):
    """The held map keeps its numbers and says its setting while the other one changes; letting go drops it."""
    alone = svg_size(picture(by_hand))[0]
    set_to(by_hand, hold=True, temperature=4.0, mask="causal")
    both = picture(by_hand)
    assert svg_size(both)[0] > 1.9 * alone
    assert "Held · weights, each row sums to 1 · τ = 1" in both
    assert both.count(">1.00<") == 1, "the causal map’s first row, and not the held one’s"
    set_to(by_hand, sentence="sun moon")
    assert picture(by_hand).count(">sky<") == 2
    set_to(by_hand, hold=False)
    assert "Held" not in picture(by_hand)


def test_all_heads_and_a_click_opens_one(explorer):
    """Every head has its tile; the arrow keys choose one and read its spread; choosing it opens its map."""
    set_to(explorer, view="all heads", off="1.2")
    assert picture(explorer).count("data-cell") == 12
    assert (explorer._map.layout.display, explorer._heads.layout.display) == ("none", "")
    assert "Layer 2, head 3: its rows spread over" in readout(explorer)
    explorer._heads.cell = [2, 0]
    assert "Layer 3, head 1: its rows spread over" in readout(explorer)
    explorer._heads.click(2, 0)
    assert [explorer.value(n) for n in ("layer", "head", "view")] == [3, 1, "one head"]
    assert "Layer 3, head 1: weights" in picture(explorer)
    assert (explorer._map.layout.display, explorer._heads.layout.display) == ("", "none")
