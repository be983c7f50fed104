"""The playground's history of losses: short runs whole, long ones thinned evenly, the latest always there."""

import numpy as np
import pytest

from tfm.data.plane import plane_points
from tfm.lessons.playground import history as playground_history
from tfm.lessons.playground.history import MOST, History
from tfm.lessons.playground.session import Session
from tfm.lessons.playground.settings import Settings


def run(last, first=0):
    """Make a history whose losses tell the epoch."""
    history = History(first, (first, -first))
    for epoch in range(first + 1, last + 1):
        history.add(epoch, (epoch, -epoch))
    return history


def test_every_epoch_of_a_short_run_is_kept():
    """Up to the limit nothing is forgotten."""
    assert run(MOST - 1).epochs == list(range(MOST))


@pytest.mark.parametrize("first", [0, 7])
@pytest.mark.parametrize("length", [MOST, MOST + 1, 5 * MOST + 3])
def test_a_long_run_is_thinned_evenly(length, first):
    """At most MOST epochs, first and latest among them, at one distance; each loss stands at its epoch."""
    history = run(first + length, first)
    assert MOST / 2 < len(history.epochs) <= MOST
    assert (history.epochs[0], history.epochs[-1]) == (first, first + length)
    steps = np.diff(history.epochs)
    assert set(steps[:-1]) == {steps[0]}
    assert steps[-1] <= steps[0]
    assert history.losses == [(epoch, -epoch) for epoch in history.epochs]


@pytest.mark.parametrize("epoch", [0, 3, 8_191, 8_192, 9_999, 10_000])
def test_going_back_forgets_what_came_later(epoch):
    """Back at an epoch it is the latest, also one that had been thinned out, and the history goes on there."""
    history = run(10_000)
    history.change(epoch, (0.5, 0.5))
    assert (history.epochs[-1], history.losses[-1]) == (epoch, (0.5, 0.5))
    assert history.epochs == sorted(set(history.epochs))
    history.add(epoch + 1, (0.25, 0.25))
    assert (history.epochs[-1], history.losses[-1]) == (epoch + 1, (0.25, 0.25))
    assert len(history.epochs) == len(history.losses)


def test_a_session_forgets_too(monkeypatch):
    """After many epochs a session holds few losses, and one step taken back is the epoch before, to the bit."""
    monkeypatch.setattr(playground_history, "MOST", 16)
    session = Session(Settings(hidden=(2,)), plane_points)
    session.step(50)
    before = session.losses[-1]
    session.step()
    assert len(session.losses) <= 16
    assert session.history.epochs[-1] == session.epoch == 51
    assert session.undo()
    assert (session.epoch, session.losses[-1]) == (50, before)
