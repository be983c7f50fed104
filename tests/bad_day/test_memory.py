"""An hour at a widget: the memory of the process stays flat.

`make test` moves each widget as often as five minutes have frames, `make test-long` as often as an hour has. Each
drawing is what a frame or a slider's move does, without the pauses between them. The page's side has a browser
test.
"""

import gc
import os
from itertools import cycle

import numpy as np
import psutil
import pytest

from tfm.data.plane import plane_points
from tfm.lessons.gpt.film import Film, Frame
from tfm.lessons.gpt.widget import TrainingMovie
from tfm.lessons.perceptron.widget import Perceptron
from tfm.lessons.playground.session import Session, Settings
from tfm.lessons.playground.widget import Playground

FRAMES_PER_SECOND = 20
FLAT = 0.05  # of the memory after the warm-up
MINUTES, HOUR = 5 * 60 * FRAMES_PER_SECOND, 60 * 60 * FRAMES_PER_SECOND
both = pytest.mark.parametrize(
    "frames", [MINUTES, pytest.param(HOUR, marks=pytest.mark.long)], ids=["five minutes", "an hour"]
)


def growth(move, frames):
    """Return by what share the memory of this process grows from the first tenth of the moves to the last.

    Args:
        move: called for each frame.
        frames: how often.
    """
    process, sizes = psutil.Process(os.getpid()), []
    warm = frames // 10
    for frame in range(frames):
        move()
        if frame >= warm - 1 and (frame + 1) % warm == 0:
            gc.collect()
            sizes.append(process.memory_info().rss)
    grown = max(sizes[-3:]) / max(sizes[:2]) - 1
    print(f"{frames:,} moves: from {sizes[0] / 2**20:.0f} MiB after the first tenth, {grown:+.1%}")
    return grown


@both
def test_the_playground_trains_for_an_hour(frames):
    """Each frame trains an epoch and draws; the losses and the moves to take back do not pile up."""
    widget = Playground(Session(Settings(hidden=(2,), batch=30), plane_points))
    assert growth(widget.frame, frames) < FLAT
    assert widget.runs[0].epoch == frames


@both
def test_the_movie_plays_for_an_hour(frames):
    """The film goes round and round, and another head is looked at each time."""
    maps = np.tile(np.tril(np.ones((3, 3))) / np.arange(1, 4)[:, None], (2, 4, 1, 1))
    steps = list(range(0, 400, 10))
    shots = [Frame(step=step, maps=maps, sample=f"sample {step}") for step in steps]
    losses = np.linspace(4, 2, 391)
    film = Film(frames=shots, tokens=list("abc"), prompt="a", steps=range(391), losses=losses, guess=4.2)
    widget, following = TrainingMovie(film), cycle(steps)
    heads = cycle([[row, column] for row in (0, 1) for column in range(4)])

    def move():
        step = next(following)
        if step == 0:
            widget.pictures["heads"].cell = next(heads)
        widget.controls["step"].value = step

    assert growth(move, frames) < FLAT
    widget.close()


@both
def test_a_slider_is_moved_for_an_hour(frames):
    """The threshold goes up and down, and a case is clicked now and then."""
    widget = Perceptron()
    values = cycle([*np.arange(-20, 20, 0.1), *np.arange(20, -20, -0.1)])
    table = next(iter(widget.pictures.values()))

    def move():
        value = next(values)
        widget.controls["threshold"].value = float(value)
        table._hear({"click": [int(value) % 8, 0]})

    assert growth(move, frames) < FLAT


def test_a_leak_would_be_found():
    """What the tests above hold is not true of a widget that keeps every drawing."""
    kept = []
    widget = Perceptron()
    values = cycle(np.arange(-20, 20, 0.1))

    def move():
        widget.controls["threshold"].value = float(next(values))
        kept.append(widget.view.pictures | {"more": np.ones(10_000)})

    assert growth(move, 500) > FLAT
