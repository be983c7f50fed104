"""The learning-curve laboratory, without a browser: what is trained, kept, compared and said."""

import math
import re
import threading
from html import unescape

import pytest
from patience import HANG_SECONDS, until

from tfm.kit.player import Player
from tfm.lessons.training.widget import Choice, CurveLab


def made_up(choice, seed):
    """Train nothing, but quickly: a curve that depends on every setting and on the seed."""
    sum_ = choice.rate + choice.dropout + choice.weight_decay + choice.warmup + 2 * choice.clip
    kind = len(choice.optimiser) + sum_ + 0.01 * seed
    for step in (0, 10, 20):
        yield step, 4 / (1 + step * kind), 4 / (2 + step * kind) + step / 50


def said(widget):
    """Return the readout as people read it."""
    return unescape(re.sub("<[^>]*>", " ", widget.view.readout))


def shown(widget):
    """Return the picture as it is now."""
    return widget.pictures["curves"].svg


@pytest.fixture
def lab():
    """Return a laboratory whose first setting is trained."""
    first = [list(made_up(Choice(), seed)) for seed in (0, 1, 2)]
    widget = CurveLab(made_up, steps=20, even=4.17, first=first)
    yield widget
    widget.close()
    Player.stop_all()


def test_it_begins_with_the_runs_it_is_given(lab):
    """The first setting has its curves, with mean and spread over three seeds, and nothing was trained."""
    assert "3 seeds, step 20: training" in said(lab)
    assert "lowest" in said(lab)
    assert lab.message == ""


@pytest.mark.parametrize(
    ("control", "value"),
    [
        ("optimiser", "SGD"),
        ("rate", 0.1),
        ("warmup", False),
        ("clip", False),
        ("dropout", 0.2),
        ("weight_decay", 1.0),
    ],
)
def test_a_moved_control_asks_to_be_trained_and_comes_back(lab, control, value):
    """What was shown stands behind in grey; moved back, picture and numbers are as they were."""
    picture, words, before = shown(lab), said(lab), lab.value(control)
    lab.controls[control].value = value
    assert "not trained yet: press Train" in said(lab)
    assert "Before (AdamW, rate 0.01" in said(lab)
    assert shown(lab) != picture
    lab.controls[control].value = before
    assert (shown(lab), said(lab)) == (picture, words)


def test_each_setting_gets_curves_of_its_own(lab):
    """Trained, it is kept; back and forth, both are there without training again."""
    lab.controls["rate"].value = 0.1
    lab.run()
    rate = said(lab)
    assert "Before (AdamW, rate 0.01" in rate
    assert "not trained" not in rate
    lab.controls["rate"].value = 0.01
    assert "Before (AdamW, rate 0.1" in said(lab)
    lab.controls["rate"].value = 0.1
    assert said(lab) == rate
    assert len(lab.kept) == 2


def test_reset_forgets_what_was_trained_since(lab):
    """Controls, picture and numbers are the first ones."""
    picture, words = shown(lab), said(lab)
    lab.controls["dropout"].value = 0.3
    lab.run()
    lab.reset()
    assert (shown(lab), said(lab), len(lab.kept)) == (picture, words, 1)


def test_the_button_trains_in_a_thread_of_its_own(lab):
    """Three seeds grow while the cell is free, as quickly as the page shows them; then the button springs back."""
    threads = set()
    plain = lab._train

    def watched(choice, seed):
        threads.add(threading.current_thread().name)
        yield from plain(choice, seed)

    lab._train = watched
    lab.pictures["curves"].observe(lambda _: lab.pictures["curves"].show(), names="svg")  # an eager page
    lab.controls["rate"].value = 0.3
    lab.play_button.value = True
    until(lambda: not lab.play_button.value)
    assert threads == {"tfm-player"}
    assert lab.kept[Choice(rate=0.3)][2].shape == (3, 3)
    assert lab.play_button.description == "Train"


def test_a_stopped_training_is_not_kept(lab):
    """Half a curve would be taken for a whole one."""
    lab.controls["rate"].value = 0.3
    lab.play_button.value = True  # no page shows anything: the player waits after a few frames
    until(lambda: "1 seed" in said(lab))
    lab.pause()
    assert "not trained yet" in said(lab)
    assert Choice(rate=0.3) not in lab.kept


def test_what_training_raises_is_said(lab):
    """One sentence under the picture, and the next training works."""

    def broken(choice, seed):
        yield 0, 4.0, 4.0
        raise RuntimeError(f"seed {seed} fell over")

    plain, lab._train = lab._train, broken
    lab.controls["clip"].value = False
    lab.run()
    assert "training stopped with RuntimeError: seed 0 fell over" in said(lab)
    lab._train = plain
    lab.run()
    assert "RuntimeError" not in said(lab)
    assert "3 seeds" in said(lab)


@pytest.mark.parametrize("same", [True, False])
def test_train_stop_train_within_one_step_trains_the_second(same):
    """A step is under way when training is stopped and begun again: the second training is whole and alone."""
    inside, go_on, begun = threading.Event(), threading.Event(), []

    def slow(choice, seed):
        begun.append((choice.rate, seed))
        if len(begun) == 1:
            inside.set()
            assert go_on.wait(HANG_SECONDS)
        yield from made_up(choice, seed)

    lab = CurveLab(slow, steps=20, even=4.17)
    lab.pictures["curves"].observe(lambda _: lab.player.shown(), names="svg")
    first = lab.choice
    lab.play_button.set_state({"value": True})
    assert inside.wait(HANG_SECONDS)
    lab.play_button.set_state({"value": False})
    if not same:
        lab.controls["rate"].value = 0.1
    second = lab.choice
    lab.play_button.set_state({"value": True})
    go_on.set()
    until(lambda: not lab.play_button.value)
    lab.player.wait(HANG_SECONDS)
    assert lab.kept.keys() == {second}
    assert [run.tolist() for run in lab.kept[second]] == [
        [list(point) for point in made_up(second, seed)] for seed in (0, 1, 2)
    ]
    assert begun == [(first.rate, 0), *((second.rate, seed) for seed in (0, 1, 2))]
    assert lab.message == ""
    assert "training stopped" not in said(lab)


def test_while_the_first_step_is_computed_it_says_so(lab):
    """Between the press and the first point nothing asks to press Train."""
    inside, go_on = threading.Event(), threading.Event()

    def slow(choice, seed):
        inside.set()
        assert go_on.wait(HANG_SECONDS)
        yield from made_up(choice, seed)

    lab = CurveLab(slow, steps=20, even=4.17)
    lab.play_button.value = True
    assert inside.wait(HANG_SECONDS)
    assert "first step is under way" in said(lab)
    lab.pause()
    assert "press Train" in said(lab)
    go_on.set()
    lab.player.wait(HANG_SECONDS)
    assert not lab.kept


def test_a_loss_that_is_no_number_is_said():
    """NaN and infinity leave a gap in the picture and a word in the readout."""
    runs = [[[0, 4, 4], [10, math.nan, math.inf]], [[0, 4, 4], [10, 3, 3]]]
    lab = CurveLab(made_up, steps=10, even=4.17, first=runs, seeds=(0, 1))
    assert "in 1 of them the loss is no number any more" in said(lab)
    assert "nan" not in shown(lab).lower()


def test_it_can_begin_with_nothing():
    """Without runs it asks to be trained; the static picture is there all the same."""
    lab = CurveLab(made_up, steps=20, even=4.17, seeds=(7,))
    assert "press Train" in said(lab)
    assert "image/png" in lab._repr_mimebundle_()[0]
    lab.run()
    assert "1 seed, step 20" in said(lab)


def test_wrong_beginnings_are_refused():
    """A rate between the steps, an unknown optimiser, no seeds."""
    with pytest.raises(ValueError, match=r"rate is 0.02: the laboratory has 0.0003, 0.001"):
        Choice(rate=0.02)
    with pytest.raises(ValueError, match=r"optimiser is 'Lion': the laboratory has SGD, momentum, AdamW"):
        Choice(optimiser="Lion")
    with pytest.raises(ValueError, match="20 steps and 0 seeds"):
        CurveLab(made_up, steps=20, even=4.0, seeds=())
