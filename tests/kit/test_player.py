"""The player: it waits for the page, stops when asked, when nobody looks and when another plays."""

import threading
import time

import pytest
from patience import HANG_SECONDS, until

from tfm.kit.player import AHEAD, FRAMES_PER_SECOND, Player


@pytest.fixture
def ended():
    """An event that `ended` sets."""
    return threading.Event()


def playing(frame, ended, **options):
    """A started player, and whether it ends by itself."""
    player = Player(frame, ended.set, **options)
    player.start()
    return player


def test_a_page_that_shows_nothing_holds_it_and_then_ends_it(ended):
    """It is never more than a few frames ahead, and gives up after its patience; the thread is gone."""
    frames = []
    player = playing(lambda: frames.append(1) or True, ended, patience=0.2)
    assert ended.wait(HANG_SECONDS)
    player.wait(HANG_SECONDS)
    assert len(frames) == AHEAD
    assert not player.playing
    assert not any(t.name == "tfm-player" and t.is_alive() for t in threading.enumerate())


def test_a_page_that_shows_all_sets_the_pace(ended):
    """Told of every frame it goes on, and no faster than its limit."""
    frames = []

    def frame():
        frames.append(time.monotonic())
        player.shown()
        return len(frames) < 10

    player = Player(frame, ended.set, patience=0.5)
    player.start()
    assert ended.wait(HANG_SECONDS)
    assert len(frames) == 10
    assert frames[-1] - frames[0] > 9 * 0.8 / FRAMES_PER_SECOND


def test_stop_ends_it_also_while_it_waits(ended):
    """A stop is heard at once, however patient it is; a second start plays again."""
    frames = []
    player = playing(lambda: frames.append(1) or True, ended, patience=60)
    until(lambda: len(frames) == AHEAD)
    player.stop()
    assert ended.wait(HANG_SECONDS)
    assert not player.playing
    player.start()
    until(lambda: len(frames) > AHEAD, "the second start does not play")
    player.stop()
    player.wait(HANG_SECONDS)


def test_only_one_plays(ended):
    """Whoever begins stops the other."""
    one = playing(lambda: True, ended, patience=60)
    two = playing(lambda: True, threading.Event(), patience=60)
    assert ended.wait(HANG_SECONDS)
    assert two.playing
    assert not one.playing
    Player.stop_all()
    two.wait(HANG_SECONDS)
    assert not two.playing


def test_the_end_of_an_earlier_play_is_not_heard(ended):
    """What is under way when it is stopped and started again is not heard of; the next play begins after it."""
    inside, go_on, frames, ends = threading.Event(), threading.Event(), [], []

    def work(play):
        if play == "first":
            inside.set()
            assert go_on.wait(HANG_SECONDS)
        else:
            assert go_on.is_set(), "two plays at work at once"

    def end(play):
        ends.append(play)
        ended.set()

    player = Player(lambda play: bool(frames.append(play)), end, work=work)
    player.start("first")
    assert inside.wait(HANG_SECONDS)
    player.stop()
    player.start("second")
    go_on.set()
    assert ended.wait(HANG_SECONDS)
    assert (frames, ends) == (["second"], ["second"])


def test_whoever_has_the_turn_is_undisturbed(ended):
    """No frame comes while somebody else has the turn, and none after a stop in it."""
    turn, frames = threading.RLock(), []
    player = Player(lambda: bool(frames.append(1)), ended.set, turn=turn)
    with turn:
        player.start()
        player.stop()
    assert ended.wait(HANG_SECONDS)
    assert not frames


def test_a_frame_that_raises_ends_it(ended, monkeypatch):
    """An exception in the thread still tells that the playing is over."""
    heard = []
    monkeypatch.setattr(threading, "excepthook", lambda args: heard.append(args.exc_type))

    def broken():
        raise ZeroDivisionError

    player = playing(broken, ended, patience=1)
    assert ended.wait(HANG_SECONDS)
    player.wait(HANG_SECONDS)
    assert heard == [ZeroDivisionError]


def test_the_thread_never_holds_up_the_end_of_the_kernel(ended):
    """It is a daemon."""
    player = playing(lambda: True, ended, patience=60)
    assert next(t for t in threading.enumerate() if t.name == "tfm-player").daemon
    player.stop()
    player.wait(HANG_SECONDS)
