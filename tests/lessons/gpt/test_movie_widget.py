"""The training movie, without a browser: pictures and numbers move together, it plays, odd films are refused."""

import re
import time
from dataclasses import replace
from html import unescape

import numpy as np
import pytest
from patience import HANG_SECONDS, until

from tfm.lessons.gpt import widget as movie
from tfm.lessons.gpt.film import Film, Frame
from tfm.lessons.gpt.widget import TrainingMovie

STEPS = [0, 10, 20, 40]
TOKENS = list("the to")


def maps_at(number):
    """Make maps in which layer 1, head 3 moves from itself to the previous token, and the others stay even."""
    n = len(TOKENS)
    even = np.tril(np.ones((n, n)))
    even /= even.sum(axis=1, keepdims=True)
    maps = np.tile(even, (2, 4, 1, 1))
    back = np.eye(n, k=-1)
    back[0, 0] = 1
    share = number / (len(STEPS) - 1)
    maps[0, 2] = share * back + (1 - share) * np.eye(n)
    return maps


@pytest.fixture
def film():
    """Return a film of four frames."""
    frames = [Frame(step=s, maps=maps_at(i), sample=f"sample {i} <b>") for i, s in enumerate(STEPS)]
    losses = np.linspace(4, 2, 41)
    return Film(frames=frames, tokens=TOKENS, prompt="The ", steps=range(41), losses=losses, guess=4.2)


@pytest.fixture
def widget(film):
    """Return the widget at its last frame, with the head that learns something chosen."""
    shown = TrainingMovie(film, head=3)
    yield shown
    shown.close()


def said(widget):
    """Return the readout as people read it."""
    return unescape(re.sub("<[^>]*>", " ", widget.view.readout))


def shown(widget):
    """Return every picture as it is now."""
    return {name: picture.svg for name, picture in widget.pictures.items()}


def test_the_last_frame_is_shown_first(widget):
    """Step, loss, the head's share and chance stand beside the pictures."""
    assert "Step 40: loss 2.00. Layer 1, head 3 gives the previous token 100% of its weight" in said(widget)
    assert "by chance 29%" in said(widget)
    assert "sample\u00a03" in shown(widget)["sample"]


def test_the_step_moves_loss_heads_and_sample_together(widget):
    """Another step changes every picture and the numbers; the old step brings all of it back."""
    before, words = shown(widget), said(widget)
    widget.controls["step"].value = 10
    assert "Step 10: loss 3.50" in said(widget)
    assert "33% of its weight" in said(widget)
    assert all(svg != before[name] for name, svg in shown(widget).items())
    widget.controls["step"].value = 40
    assert (shown(widget), said(widget)) == (before, words)


def test_another_head_changes_what_is_read(widget):
    """A pick among the small maps changes the large one, the curve and the share; loss and sample stay."""
    before = shown(widget)
    widget.pictures["heads"].cell = [1, 0]
    assert "Layer 2, head 1 gives the previous token 29%" in said(widget)
    after = shown(widget)
    assert {name for name in before if before[name] != after[name]} == {"heads", "back", "map"}


def test_a_cell_of_the_large_map_is_read(widget):
    """Row and column say who looks at whom, and how much; a space is written as a sign."""
    widget.pictures["map"].cell = [4, 3]
    assert "In layer 1, head 3, “t” (place 5) looks at “␣” (place 4) with 1.00." in said(widget)


def test_a_text_that_looks_like_markup_is_written(widget, film):
    """Samples and tokens are escaped in pictures and numbers."""
    assert "<b>" not in shown(widget)["sample"]
    odd = TrainingMovie(replace(film, tokens=["<b>", *TOKENS[1:]]))
    odd.pictures["map"].cell = [0, 0]
    assert "<b>" not in odd.view.readout.replace("<br>", "")


def test_play_runs_to_the_end_and_stops(widget, monkeypatch):
    """From the last frame it starts again at the first, shows every step, and the button comes up."""
    monkeypatch.setattr(movie, "FRAME_SECONDS", 0.01)
    seen = []
    widget.controls["step"].observe(lambda change: seen.append(change.new), names="value")
    widget.pictures["loss"].observe(lambda _: widget.player.shown(), names="svg")
    widget.play_button.value = True
    until(lambda: not widget.play_button.value)
    assert seen == STEPS
    assert not widget.message


def test_pause_holds_the_frame(widget, monkeypatch):
    """After a pause no step comes, and playing goes on from there."""
    monkeypatch.setattr(movie, "FRAME_SECONDS", 0.01)
    widget.controls["step"].value = 10
    widget.play_button.value = True
    until(lambda: widget.value("step") > 10)
    widget.pause()
    widget.player.wait(HANG_SECONDS)
    held = widget.value("step")
    time.sleep(0.1)
    assert widget.value("step") == held
    assert not widget.player.playing


def test_reset_brings_everything_back(widget):
    """Step, head, cell, and playing."""
    before, words = shown(widget), said(widget)
    widget.controls["step"].value = 0
    widget.pictures["heads"].cell = [1, 3]
    widget.pictures["map"].cell = [5, 5]
    widget.play_button.value = True
    widget.reset()
    assert (shown(widget), said(widget)) == (before, words)
    assert not widget.player.playing


def test_another_film_stops_the_first(widget, film):
    """A cell that is run again leaves no earlier film running."""
    widget.play_button.value = True
    TrainingMovie(film)
    widget.player.wait(HANG_SECONDS)
    assert not widget.player.playing


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"frames": []}, "two frames or more"),
        ({"tokens": list("abc")}, r"every frame holds L × H × 3 × 3 maps for 3 tokens"),
        ({"losses": [1.0]}, "41 steps and 1 losses"),
        ({"steps": [], "losses": []}, "0 steps and 0 losses"),
    ],
)
def test_a_film_that_does_not_fit_gets_one_sentence(film, change, sentence):
    """Too few frames, another text, or losses that are not one a step."""
    parts = {name: getattr(film, name) for name in ("frames", "tokens", "prompt", "steps", "losses")}
    with pytest.raises(ValueError, match=sentence):
        Film(**parts | change)


def test_frames_out_of_order_get_one_sentence(film):
    """Steps must rise, for the slider has one place for each."""
    with pytest.raises(ValueError, match="their steps rising"):
        replace(film, frames=film.frames[::-1])
    with pytest.raises(ValueError, match="maps for 6 tokens"):
        replace(film, frames=[film.frames[0], replace(film.frames[1], maps=film.frames[1].maps[0])])


@pytest.mark.parametrize("place", [{"frame": 4}, {"frame": -1}, {"layer": 3}, {"head": 0}])
def test_what_is_not_in_the_film_is_refused(film, place):
    """A frame, layer or head that there is not."""
    with pytest.raises(ValueError, match="there is no"):
        TrainingMovie(film, **place)
