"""The descent explorer without a browser: what it draws and says is what descent does."""

import re
from html import unescape

import numpy as np
import pytest

from tfm.by_hand.descent import SGD, Adam
from tfm.lessons.learning.descent_widget import Descent
from tfm.lessons.learning.figures import LEFT, TOP
from tfm.lessons.learning.landscape import chain_landscape, line_landscape, walk

KM = np.array([1, 2, 2.5, 3, 4, 4.5, 5, 6])
MINUTES = np.array([8, 10, 15, 13, 21, 19, 25, 26])
SIDE = 300


@pytest.fixture(autouse=True)
def _as_a_reader(as_a_reader_calls_it):
    """Call the widget with whole numbers too, as lessons do."""


@pytest.fixture
def bowl():
    """The courier's trips, with kilometres counted from their mean."""
    return line_landscape(KM - KM.mean(), MINUTES, across=(-4, 12), upwards=(9, 25), start=(-2, 11))


@pytest.fixture
def valley():
    """The same trips with plain kilometres."""
    return line_landscape(KM, MINUTES, across=(-2, 10), upwards=(-8, 18), start=(0, 14))


@pytest.fixture
def widget(bowl, valley):
    """The lesson's three surfaces."""
    return Descent({"bowl": bowl, "as measured": valley, "the chain": chain_landscape(2, 4)})


def said(widget):
    """Return the readout as people read it."""
    return unescape(re.sub("<[^>]*>", " ", widget.view.readout))


def shown(widget):
    """Return every picture as it is now."""
    return {name: picture.svg for name, picture in widget.pictures.items()}


def test_the_readout_is_the_walk(widget, bowl):
    """Weights, loss, start, bottom and slope are those of descent by hand."""
    found = walk(bowl, SGD(0.1), bowl.start, 30)
    w, b = found.places[-1]
    assert f"After 30 steps: w = {w:.2f}, b = {b:.2f}, loss {found.losses[-1]:.3f}" in said(widget)
    assert f"(at the start {found.losses[0]:.3f}, at the bottom {bowl.bottom:.3f})" in said(widget)
    assert "99% of the way down after 17 steps." in said(widget)
    assert (found.losses[16] - bowl.bottom) > 0.01 * (found.losses[0] - bowl.bottom)
    assert (found.losses[17] - bowl.bottom) <= 0.01 * (found.losses[0] - bowl.bottom)


@pytest.mark.parametrize(
    ("control", "value"),
    [
        ("learning rate", 0.5),
        ("momentum", 0.8),
        ("steps", 3),
        ("start across", 7.0),
        ("start upwards", 22.0),
        ("optimiser", "Adam"),
        ("surface", "as measured"),
    ],
)
def test_a_control_changes_pictures_and_readout_and_reset_brings_them_back(widget, control, value):
    """Map, chart and numbers follow each control; reset restores them to the letter."""
    first, words = shown(widget), said(widget)
    widget.controls[control].value = value
    assert all(widget.pictures[name].svg != svg for name, svg in first.items())
    assert said(widget) != words
    widget.reset()
    assert (shown(widget), said(widget)) == (first, words)


def test_too_large_a_rate_is_said_in_one_sentence_and_drawn_as_far_as_it_goes(widget):
    """The walk ends early, the sentence says after how many steps, and the map still shows the start."""
    widget.controls["learning rate"].value = 1.0
    assert "Diverged: after 11 steps the loss is more than 1,000 times its first value" in said(widget)
    assert said(widget).count(".") < 20
    assert ">start<" in widget.pictures["map"].svg
    assert ">step 11<" not in widget.pictures["map"].svg
    assert not widget.message


def test_a_rate_that_overshoots_but_has_not_left_yet_is_named(widget):
    """Before it has grown a thousandfold, the readout already says that the loss rises."""
    widget.controls["learning rate"].value = 0.95
    widget.controls["steps"].value = 3
    assert "Overshooting: the loss is higher than at the start" in said(widget)


def test_a_rate_that_is_too_small_says_how_far_it_came(widget, bowl):
    """The share of the way from the start's loss to the bottom, rounded down."""
    widget.controls["learning rate"].value = 0.001
    losses = walk(bowl, SGD(0.001), bowl.start, 30).losses
    share = (losses[0] - losses[-1]) / (losses[0] - bowl.bottom)
    assert 0.1 < share < 0.2
    assert f"{int(100 * share)}% of the way down so far" in said(widget)


def test_momentum_and_adam_walk_as_by_hand(widget, valley):
    """The same optimisers with the same numbers; Adam brings its own momentum, so the slider rests."""
    widget.controls["surface"].value = "as measured"
    widget.controls["learning rate"].value = 0.03
    widget.controls["momentum"].value = 0.9
    loss = walk(valley, SGD(0.03, momentum=0.9), valley.start, 30).losses[-1]
    assert f"loss {loss:.3f}" in said(widget)
    widget.controls["optimiser"].value = "Adam"
    assert widget.controls["momentum"].disabled
    loss = walk(valley, Adam(0.03), valley.start, 30).losses[-1]
    assert f"loss {loss:.3f}" in said(widget)
    widget.reset()
    assert not widget.controls["momentum"].disabled


def test_another_surface_brings_its_own_names_ends_and_start(widget):
    """The start sliders are renamed, lie within the new map, and go back with the first surface."""
    across, upwards = widget.controls["start across"], widget.controls["start upwards"]
    for name, land in widget.landscapes.items():
        widget.controls["surface"].value = name
        assert (across.description, upwards.description) == tuple(f"start {n}" for n in land.names)
        assert ((across.min, across.max), (upwards.min, upwards.max)) == (land.across, land.upwards)
        assert (across.value, upwards.value) == land.start


def test_dragging_the_ring_moves_the_start(widget):
    """A drag to the map's middle is a start at the middle of both ranges; off the map it stops at the edge."""
    widget.pictures["map"].drag = {"name": "start", "x": LEFT + SIDE / 2, "y": TOP + SIDE / 2}
    assert (widget.value("start across"), widget.value("start upwards")) == (4, 17)
    widget.pictures["map"].drag = {"name": "start", "x": 9999, "y": -5}
    assert (widget.value("start across"), widget.value("start upwards")) == (12, 25)


def test_no_steps_is_the_start_alone(widget):
    """With 0 steps there is a ring and no path, and the numbers are the start's."""
    widget.controls["steps"].value = 0
    assert "After 0 steps: w = −2, b = 11" in said(widget)
    assert widget.pictures["map"].svg.count("<circle") == 1


@pytest.mark.parametrize("name", ["start across", "start upwards"])
def test_another_surface_sends_the_page_the_scale_before_the_start(widget, monkeypatch, name):
    """A start that came first would be pulled into the old scale by the page, and sent back."""
    slider, sent = widget.controls[name], []
    monkeypatch.setattr(slider.comm, "send", lambda data, **_: sent.extend(data["state"]))
    widget.controls["surface"].value = "the chain"
    assert {"min", "max", "step"} <= set(sent[: sent.index("value")])


def test_a_start_at_the_very_bottom_divides_by_nothing(widget):
    """On the chain, w₁·w₂ = 2 is the bottom: nothing to walk, and no NaN in the words."""
    widget.controls["surface"].value = "the chain"
    widget.controls["start across"].value, widget.controls["start upwards"].value = 2.0, 1.0
    assert "99% of the way down after 0 steps" in said(widget)
    assert "nan" not in said(widget)


def test_one_surface_needs_no_menu(bowl):
    """With a single landscape only the optimiser is chosen."""
    widget = Descent({"bowl": bowl})
    assert len(widget.children[0].children) == 1


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"landscapes": {}}, "there is no landscape"),
        ({"rate": 0}, r"rate \(0\) must be a number from 0.001 to 2"),
        ({"rate": float("nan")}, r"rate \(nan\)"),
        ({"momentum": 1}, r"momentum \(1\) must be a number from 0 to 0.95"),
        ({"steps": 101}, r"steps \(101\) must be a number from 0 to 100"),
        ({"landscapes": {"off": chain_landscape(2, 4, start=(9, 0))}}, "“off” starts at w₁ = 9, off its map"),
    ],
)
def test_bad_input_gets_one_sentence(bowl, settings, sentence):
    """The rule, the value, the fix, before anything is drawn."""
    with pytest.raises(ValueError, match=sentence) as caught:
        Descent(**({"landscapes": {"bowl": bowl}} | settings))
    assert "\n" not in str(caught.value)


def test_it_leaves_a_picture_for_a_page_without_a_kernel(widget):
    """A PNG and one constant text."""
    bundle, _ = widget._repr_mimebundle_()
    assert bundle["text/plain"] == "<widget Descent>"
    assert bundle["image/png"]
