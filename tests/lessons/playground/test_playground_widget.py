"""The playground without a browser: every control does what it says, and a slip gets one sentence."""

import re
import threading
import time
from html import unescape

import numpy as np
import pytest
from patience import HANG_SECONDS, until

from tfm.data.plane import plane_points
from tfm.kit.picture import Picture
from tfm.kit.player import Player
from tfm.lessons.playground.controls import NOTHING, RIVALS, SETS, RivalForm
from tfm.lessons.playground.links_figure import BIAS, MINUS, PLUS, link_cell
from tfm.lessons.playground.session import Session
from tfm.lessons.playground.settings import FEATURES, Settings
from tfm.lessons.playground.view import LABELS, place_at
from tfm.lessons.playground.widget import Playground


@pytest.fixture(autouse=True)
def _nobody_plays():
    """Leave no thread behind."""
    yield
    Player.stop_all()


@pytest.fixture
def widget():
    """The smallest playground that has every part."""
    return Playground(Session(Settings(hidden=(4, 2)), plane_points))


def said(widget):
    """Return the readout as people read it."""
    return unescape(re.sub("<[^>]*>", " ", widget.view.readout))


def svg(widget, name="run"):
    """A picture as it is now."""
    return widget.pictures[name].svg


def press(widget, name):
    """Click one of the buttons."""
    buttons = [b for row in widget.children for b in getattr(row, "children", ()) if hasattr(b, "click")]
    next(b for b in buttons if b.description == name).click()


def weights(widget, number=0):
    """All parameters of a run in a row."""
    return np.concatenate([p.ravel() for p in widget.runs[number].network.parameters()])


def test_step_trains_and_undo_takes_it_back_to_the_letter(widget):
    """Picture, numbers and text follow a step, and come back; with nothing left it says so."""
    first, words, text = svg(widget), said(widget), widget._fields.text.value
    press(widget, "Step")
    assert "epoch 1," in said(widget)
    assert svg(widget) != first
    assert widget._fields.text.value != text
    press(widget, "Undo")
    assert (svg(widget), said(widget), widget._fields.text.value) == (first, words, text)
    press(widget, "Undo")
    assert widget.message == "there is no step left to take back"


def test_several_epochs_are_one_step(widget):
    """Twenty epochs a step are taken back at once."""
    widget.controls["epochs"].value = 20
    press(widget, "Step")
    assert widget.runs[0].epoch == 20
    press(widget, "Undo")
    assert widget.runs[0].epoch == 0


def test_start_again_keeps_settings(widget):
    """The weights of the seed come back, the controls stay."""
    widget.controls["activation"].value = "relu"
    before = weights(widget)
    press(widget, "Step")
    press(widget, "Start again")
    assert np.array_equal(weights(widget), before)
    assert widget.value("activation") == "relu"


@pytest.mark.parametrize(
    ("name", "value", "field"),
    [
        ("data", "spiral", "data"),
        ("noise", 25, "noise"),
        ("train", 80, "train"),
        ("batch", 3, "batch"),
        ("hidden", "3, 3 3", "hidden"),
        ("activation", "sigmoid", "activation"),
        ("penalty", "L2", "penalty"),
        ("penalty_rate", 0.1, "penalty_rate"),
        ("seed", 7, "seed"),
    ],
)
def test_a_setting_begins_a_new_run_and_reset_brings_the_first_back(widget, name, value, field):
    """Every setting reaches the run, which begins at epoch 0; Reset restores pictures and numbers."""
    first, words = svg(widget), said(widget)
    press(widget, "Step")
    widget.controls[name].value = value
    assert widget.runs[0].epoch == 0
    assert getattr(widget.runs[0].settings, field) == ((3, 3, 3) if name == "hidden" else value)
    widget.reset()
    assert (svg(widget), said(widget), widget.message) == (first, words, "")


def test_a_learning_rate_is_changed_on_the_way(widget):
    """Only the rate leaves the run where it is."""
    press(widget, "Step")
    before = weights(widget)
    widget.controls["rate"].value = 0.3
    assert widget.runs[0].epoch == 1
    assert np.array_equal(weights(widget), before)
    assert widget.runs[0].settings.rate == 0.3


@pytest.mark.parametrize("data", SETS.values())
def test_every_set_trains(widget, data):
    """All seven sets, with a share of right answers for classes only."""
    widget.controls["data"].value = data
    press(widget, "Step")
    assert not widget.message
    assert ("right" in said(widget)) == (data not in ("slope", "bumps"))


@pytest.mark.parametrize(
    ("name", "value"),
    [("links", "gradients"), ("links", "both"), ("test points", True), ("only the sign", True)],
)
def test_a_view_changes_the_picture_and_not_the_run(widget, name, value):
    """What is shown is no setting of the run."""
    press(widget, "Step")
    before, picture = weights(widget), svg(widget)
    widget.controls[name].value = value
    assert svg(widget) != picture
    assert np.array_equal(weights(widget), before)
    assert widget.runs[0].epoch == 1


def test_pointing_at_a_neuron_enlarges_what_it_sees(widget):
    """Neurons, features, links and biases are read out in numbers; what is not there is the output."""
    run, picture = widget.runs[0], widget.pictures["run"]
    picture.cell = [1, 1]
    assert "what neuron 2 of layer 1 sees" in svg(widget)
    w = run.network.weights[0][:, 1]
    signs = ["−" if x < 0 else "" for x in w]
    assert f"Neuron 2 of layer 1 = tanh({signs[0]}{abs(w[0]):.2f}·x₁" in said(widget)
    picture.cell = [3, 0]
    assert "x₂² is switched off" in said(widget)
    picture.cell = list(link_cell(1, 2, 1))
    slope = run.gradients().weights[0][1, 2]
    assert "From x₂ to neuron 3 of layer 1: weight" in said(widget)
    assert f"the next step {'lowers' if slope > 0 else 'raises'} it" in said(widget)
    picture.cell = list(link_cell(BIAS, 0, 3))
    assert "Bias of the output: 0.00" in said(widget)
    picture.cell = [PLUS, 1]
    assert "one neuron more in layer 1" in said(widget)
    for nowhere in ([9, 1], [0, 9], [-5, 0], list(link_cell(6, 0, 1)), list(link_cell(8, 0, 2))):
        picture.cell = nowhere
        assert "The output = tanh(" in said(widget), nowhere


def test_a_click_on_a_feature_switches_it(widget):
    """The network gets another input and begins anew; the last one cannot be switched off."""
    picture = widget.pictures["run"]
    picture.click(4, 0)
    assert widget.runs[0].settings.features == ("x1", "x2", "x1*x2")
    assert widget.runs[0].network.sizes[0] == 3
    for row in (4, 1, 0):
        picture.click(row, 0)
    assert widget.runs[0].settings.features == ("x1",)
    assert "at least one feature" in widget.message
    widget.reset()
    assert widget.runs[0].settings.features == ("x1", "x2")


def test_a_click_on_a_link_offers_its_weight(widget):
    """The number is set, undone, and its neighbours are in the menu; the gradient is drawn anew."""
    picture, fields = widget.pictures["run"], widget._fields
    assert fields.number.disabled
    picture.click(*link_cell(1, 2, 1))
    run = widget.runs[0]
    assert fields.number.value == round(run.network.weights[0][1, 2], 4)
    assert [words for words, _ in fields.which.options] == [
        "bias of neuron 3 of layer 1",
        "x₁ → neuron 3 of layer 1",
        "x₂ → neuron 3 of layer 1",
    ]
    before, drawn = run.network.weights[0][1, 2], svg(widget)
    fields.number.value = -2.5
    assert run.network.weights[0][1, 2] == -2.5
    assert svg(widget) != drawn
    fields.which.value = (0, 0, None, 2)
    fields.number.value = 1.0
    assert run.network.biases[0][2] == 1
    press(widget, "Undo")
    press(widget, "Undo")
    assert run.network.weights[0][1, 2] == before
    fields.number.value = 1e9
    assert "must be a number from -100 to 100" in widget.message


def test_a_link_from_a_later_feature_is_its_own(widget):
    """With x₁ off, the link from x₂ is row 1 of the picture and row 0 of the weights."""
    picture = widget.pictures["run"]
    picture.click(0, 0)
    picture.click(*link_cell(1, 0, 1))
    widget._fields.number.value = 3.0
    assert widget.runs[0].network.weights[0][0, 0] == 3
    assert widget._target == (0, 0, 0, 0)


def test_a_click_on_a_neuron_pins_it(widget):
    """The pointer comes back to it when it leaves, and its bias can be set."""
    widget.pictures["run"].click(1, 2)
    assert widget.pictures["run"].home == [1, 2]
    assert widget._fields.which.value == (0, 1, None, 1)


def test_neurons_and_layers_come_and_go(widget):
    """Plus and minus above a layer, two buttons for layers; a layer without neurons is gone; the ends say so."""
    picture = widget.pictures["run"]
    picture.click(PLUS, 1)
    assert widget.runs[0].settings.hidden == (5, 2)
    picture.click(MINUS, 2)
    picture.click(MINUS, 2)
    assert widget.runs[0].settings.hidden == (5,)
    assert widget.pictures["run"].cell == [0, 2]  # the output, wherever it moved
    press(widget, "Add a layer")
    assert widget.runs[0].settings.hidden == (5, 2)
    for _ in range(5):
        press(widget, "Add a layer")
    assert "at most 6 layers" in widget.message
    widget.reset()
    for _ in range(3):
        press(widget, "Remove one")
    assert widget.runs[0].settings.hidden == ()
    assert not widget.message


def test_two_runs_move_in_step(widget):
    """The second appears with its title, trains along, is edited by itself and goes again."""
    widget.controls["second run"].value = "activation"
    widget.controls["its value"].value = "relu"
    press(widget, "Step")
    assert [r.epoch for r in widget.runs] == [1, 1]
    assert "second run, activation relu: epoch 1" in said(widget)
    assert widget.pictures["second run"].layout.display == ""
    widget.pictures["second run"].click(*link_cell(0, 0, 1))
    before = weights(widget)
    widget._fields.number.value = 5.0
    assert widget.runs[1].network.weights[0][0, 0] == 5
    assert np.array_equal(weights(widget), before)
    widget.controls["its value"].value = "tanh"
    assert "both runs have the same activation" in widget.message
    widget.controls["second run"].value = NOTHING
    assert len(widget.runs) == 1
    assert widget.pictures["second run"].layout.display == "none"


@pytest.mark.parametrize("name", RIVALS)
def test_any_rival_can_be_chosen(widget, name):
    """Choosing what differs offers a value that does differ."""
    widget.controls["second run"].value = name
    assert not widget.message
    assert len(widget.runs) == 2
    press(widget, "Step")
    assert [r.epoch for r in widget.runs] == [1, 1]


def test_a_lesson_may_begin_with_two_runs():
    """The rival is there at once and after Reset."""
    widget = Playground(Session(Settings(), plane_points), links="both", rival={"rate": 0.05})
    assert [r.settings.rate for r in widget.runs] == [0.03, 0.05]
    widget.controls["second run"].value = NOTHING
    widget.reset()
    assert [r.settings.rate for r in widget.runs] == [0.03, 0.05]


def test_a_text_carries_everything_to_a_friend(widget):
    """Settings, edits, the second run and every pixel of the networks arrive."""
    widget.controls["data"].value = "moons"
    widget.pictures["run"].click(5, 0)
    widget.controls["second run"].value = "batch"
    press(widget, "Step")
    widget.pictures["run"].click(*link_cell(0, 1, 1))
    widget._fields.number.value = 2.0
    friend = Playground(Session(Settings(), plane_points))
    friend._fields.text.value = widget._fields.text.value
    assert not friend.message
    assert [r.settings for r in friend.runs] == [r.settings for r in widget.runs]
    assert [r.epoch for r in friend.runs] == [1, 1]
    assert np.allclose(weights(friend), weights(widget), atol=1e-6)
    assert friend.value("data") == "moons"
    assert friend.value("second run") == "batch"
    press(friend, "Step")
    assert [r.epoch for r in friend.runs] == [2, 2]


@pytest.mark.parametrize(
    "text", ["hello", "🙂" * 5000, "playground rate=fast", "playground data=square", "<b>"]
)
def test_a_bad_text_is_answered_and_kept(widget, text):
    """One sentence; the run goes on as it was, and what was typed stays to be mended."""
    before, picture = weights(widget), svg(widget)
    widget._fields.text.value = text
    assert widget.message
    assert "\n" not in widget.message
    assert (widget._fields.text.value, svg(widget)) == (text, picture)
    widget.pictures["run"].cell = [0, 0]
    assert widget._fields.text.value == text
    assert np.array_equal(weights(widget), before)


@pytest.mark.parametrize("text", ["4 x", "four", "-1", "9", "1 1 1 1 1 1 1", "🙂", "4" * 10_000])
def test_bad_layers_get_a_sentence(widget, text):
    """The picture stays."""
    picture = svg(widget)
    widget.controls["hidden"].value = text
    assert "hidden" in widget.message
    assert len(widget.message) < 300
    assert svg(widget) == picture


def test_divergence_is_said_until_the_next_move(widget):
    """The sentence survives pointing elsewhere; the picture is finite; the controls heal it."""
    widget.controls["data"].value = "bumps"
    widget.controls["rate"].value = 10.0
    widget.controls["epochs"].value = 100
    press(widget, "Step")
    assert "training diverged in epoch" in widget.message
    assert np.isfinite(weights(widget)).all()
    widget.pictures["run"].cell = [0, 1]
    assert "training diverged" in widget.message
    widget.controls["rate"].value = 0.001
    press(widget, "Step")
    assert not widget.message


def play(widget):
    """Play with a page that shows everything, until told to stop."""
    for picture in widget.pictures.values():
        picture.observe(lambda change: change.owner.show(), names="svg")
    widget.play_button.value = True


def test_play_trains_until_pause(widget):
    """Epochs go by on another thread, the button changes its word, and pause ends it for good."""
    play(widget)
    assert widget.play_button.description == "Pause"
    until(lambda: widget.runs[0].epoch >= 5)
    widget.pause()
    assert widget.play_button.description == "Play"
    widget.player.wait(HANG_SECONDS)
    epoch = widget.runs[0].epoch
    time.sleep(0.2)
    assert widget.runs[0].epoch == epoch
    assert f"epoch {epoch}," in said(widget)
    assert f"epoch={epoch} " in widget._fields.text.value


def test_settings_may_change_while_it_plays(widget):
    """Whoever moves controls during training gets no sentence, and the last setting wins."""
    play(widget)
    for hidden in ("8", "2 2", "3 3 3", ""):
        widget.controls["hidden"].value = hidden
        widget.pictures["run"].click(0, 1)
        widget.pictures["run"].cell = [0, 1]
        time.sleep(0.05)
    until(lambda: not widget.runs[0].settings.hidden and widget.runs[0].epoch >= 2)
    widget.pause()
    assert widget.runs[0].settings.hidden == ()
    assert not widget.message
    assert widget.runs[0].epoch >= 2


class Turn:
    """The lock of a widget, which tells how many wait for it."""

    def __init__(self, lock):
        self.lock, self.news, self.waiting = lock, threading.Condition(), 0

    def __enter__(self):
        """Wait for one's turn."""
        self._count(1)
        self.lock.acquire()
        self._count(-1)

    def __exit__(self, *_):
        """Let the next one have it."""
        self.lock.release()

    def _count(self, more):
        with self.news:
            self.waiting += more
            self.news.notify_all()


def test_a_frame_never_sees_half_of_what_the_page_sent(widget):
    """A menu has changed and the one that hangs on it not yet: the frame that comes just then waits."""
    turn = widget.player._turn = Turn(widget.turn)
    offer, told, seen = widget._rival._offer, [], []
    widget._message.observe(lambda change: told.append(change.new), names="value")

    def half_way():
        with turn.news:
            assert turn.news.wait_for(lambda: turn.waiting, HANG_SECONDS), "no frame came"
        seen.append(widget.runs[0].epoch)
        offer()
        seen.append(widget.runs[0].epoch)

    widget._rival._offer = half_way
    play(widget)
    widget.controls["second run"].set_state({"index": 1})
    widget.pause()
    assert len(seen) == 2
    assert seen[0] == seen[1]
    assert not told
    assert widget.runs[0].settings.activation != widget.runs[1].settings.activation


def test_a_weight_of_a_second_run_goes_with_it(widget):
    """The boxes let go of a weight whose run is there no more, and say nothing of it."""
    widget.controls["second run"].value = "activation"
    widget.pictures["second run"].click(0, 1)
    assert widget._target[0] == 1
    widget.controls["second run"].value = "nothing"
    assert widget._target is None
    assert not widget.message


def test_a_refused_text_changes_no_setting(widget):
    """A playground whose second run cannot be shown is refused whole."""
    before = widget.controls["data"].value, svg(widget)
    widget._fields.text.value = "playground data=spiral | features=x1"
    assert "cannot be shown" in widget.message
    assert (widget.controls["data"].value, svg(widget)) == before


def test_playing_stops_when_training_diverges(widget):
    """It says so and the button is up again."""
    widget.controls["data"].value = "bumps"
    widget.controls["rate"].value = 10.0
    play(widget)
    until(lambda: not widget.play_button.value)
    widget.player.wait(HANG_SECONDS)
    assert not widget.player.playing
    assert not widget.play_button.value
    assert "training diverged" in widget.message


@pytest.mark.parametrize("how", ["again", "close", "reset"])
def test_playing_ends_with_the_widget(widget, how):
    """A cell that is run again, a widget that is closed and Reset leave no thread at work."""
    play(widget)
    if how == "again":
        Playground(Session(Settings(), plane_points))
    else:
        getattr(widget, how)()
    widget.player.wait(HANG_SECONDS)
    assert not widget.player.playing


def test_a_page_that_is_gone_stops_it(widget):
    """Without a sign from the page the thread ends by itself."""
    widget.player._patience = 0.2
    widget.play_button.value = True
    widget.player.wait(HANG_SECONDS)
    assert not widget.player.playing
    assert widget.runs[0].epoch <= 3


def test_stored_notebook_keeps_a_picture_and_one_text(widget):
    """Without a kernel there is a PNG, and the text never changes."""
    bundle, _ = widget._repr_mimebundle_()
    assert bundle["image/png"].startswith("iVBOR")
    assert bundle["text/plain"] == "<widget Playground>"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"links": "colours"}, "links is 'colours': choose one of weights, gradients, both"),
        ({"rival": {"rate": 0.1, "seed": 3}}, "names 2 settings"),
        ({"rival": {"features": ("x1",)}}, "cannot be shown"),
    ],
)
def test_bad_arguments_get_one_sentence(arguments, sentence):
    """What a lesson may slip on is named."""
    with pytest.raises(ValueError, match=sentence) as caught:
        Playground(Session(Settings(), plane_points), **arguments)
    assert "\n" not in str(caught.value)


def test_labels_fit_features():
    """One label a feature, in the same order; every rival is a setting."""
    assert len(LABELS) == len(FEATURES)
    assert all(hasattr(Settings(), field) for field, _ in RIVALS.values())
    assert RivalForm(lambda _, w: w).read(Settings(), lambda _: NOTHING) == {}
    assert place_at([0, 0], Session(Settings(), plane_points)).kind == "neuron"


def test_a_picture_tells_what_it_has_shown():
    """Messages from the page are counted."""
    picture = Picture(label="x")
    picture._handle_custom_msg({"shown": []}, [])
    picture._handle_custom_msg({"shown": []}, [])
    assert picture.shown == 2
    assert picture.clicks == ()
