"""A tab reloaded while a network trains, two lessons at once, two hundred quick moves: in a real JupyterLab."""

import random
import re

import pytest

from tools.lab.probe import WRITE_DOWN, WRITTEN_DOWN

PLAYGROUND = """from tfm.lessons.playground.session import Session, Settings
from tfm.data.plane import plane_points
from tfm.lessons.playground.widget import Playground
playground = Playground(Session(Settings(hidden=(3,), rate=0.1, seed=1), plane_points))
playground.player._patience = 600  # seconds that it goes on when no page shows anything
playground"""
IMPATIENT = "playground.player._patience = 2"
STATE = """import threading
running = [t.name for t in threading.enumerate() if t.name == "tfm-player" and t.is_alive()]
print(playground.runs[0].epoch, len(running))"""
PERCEPTRON = "from tfm.lessons.perceptron.widget import Perceptron\nPerceptron()"
EXPLORER = """from tfm.pretrained.load import load_tiny_encoder
from tfm.kit.attention_explorer import AttentionExplorer
AttentionExplorer(load_tiny_encoder(), "The animal did not cross the street", view="all heads")"""
MOVES = 200
LIMIT = re.compile(r"more than (−?[\d.]+)")


def state(lesson):
    """Return the epoch and the number of threads that train, asked of the kernel by the second cell."""
    epoch, threads = lesson.run_cell(2).outputs[0]["text"].split()
    return int(epoch), int(threads)


def play(lesson):
    """Press Play, and wait until pictures come."""
    widget = lesson.widget("Playground")
    widget.button("Play").click()
    return until_it_plays(widget)


def until_it_plays(widget):
    """Wait until pictures come."""
    before = widget.draws()
    widget.wait_for(lambda: widget.draws() > before + 5, "it does not play", widget.draws)
    return widget


@pytest.fixture
def playing(open_lesson, write_notebook):
    """Return a notebook whose playground plays, saved just before."""
    lesson = open_lesson(write_notebook("playing", PLAYGROUND, STATE)).run_all()
    lesson.save()
    play(lesson)
    return lesson


def test_a_tab_reloaded_while_it_trains_goes_on(playing):
    """The same playground is there again and still plays; it pauses, steps and plays, and no thread is left."""
    epoch, _ = state(playing)
    playing.reload()
    widget = until_it_plays(playing.widget("Playground"))
    widget.button("Pause").click()
    widget.settle()
    assert int(widget.readout.split("epoch ")[1].split(",")[0]) >= epoch  # it is the same, not a new one
    with widget.redraw():
        widget.button("Step").click()
    play(playing)
    widget.button("Pause").click()
    widget.settle()
    playing.wait_for(lambda: state(playing)[1] == 0, "a thread is left")
    assert state(playing)[0] > epoch
    assert not widget.message


def test_a_tab_reloaded_without_saving_leaves_no_thread_behind(open_lesson, write_notebook):
    """The picture of the widget is gone with the page; the training stops, and the cell can be run again."""
    lesson = open_lesson(write_notebook("unsaved", PLAYGROUND, STATE, IMPATIENT)).run_all()
    lesson.run_cell(1)  # patient again
    play(lesson)
    lesson.run_cell(3)
    lesson.page.evaluate("() => { jupyterapp.shell.currentWidget.context.model.dirty = false; }")
    lesson.reload()
    lesson.wait_for(lambda: state(lesson)[1] == 0, "a thread goes on training for nobody")
    lesson.run_cell(1)
    play(lesson).button("Pause").click()
    lesson.wait_for(lambda: state(lesson)[1] == 0, "a thread is left")


def test_two_lessons_at_once_do_not_wait_for_each_other(playing, open_lesson, write_notebook):
    """While one lesson trains, the other's slider answers; then the first still trains."""
    other = open_lesson(write_notebook("other", PERCEPTRON)).run_all()
    explorer, epoch, draws = (
        other.widget("Perceptron"),
        state(playing)[0],
        playing.widget("Playground").draws(),
    )
    with explorer.redraw():
        explorer.slider("threshold").press("ArrowLeft")
    assert "goes in 5 of 8 cases" in explorer.readout
    playing.wait_for(lambda: state(playing)[0] > epoch, "the other lesson stands still")
    assert state(playing)[1] == 1
    drawn = playing.widget("Playground").draws
    playing.wait_for(lambda: drawn() > draws, "the other lesson's page stands still", drawn)


def set_by_hand(slider, value):
    """Type a number beside a slider: one slow move to a place."""
    box = slider.root.locator(".widget-readout")
    box.fill(value)
    box.press("Enter")


def limits(lesson):
    """Return the thresholds that the line of numbers has said, in order."""
    said = map(LIMIT.search, lesson.page.evaluate(WRITTEN_DOWN))
    return [float(found[1].replace("−", "-")) for found in said if found]


def test_two_hundred_quick_moves_of_a_slider(open_lesson, write_notebook):
    """Up and down again by keys: numbers are seen in order, and the end is the pixel of one slow move."""
    lesson = open_lesson(write_notebook("quick", PERCEPTRON)).run_all()
    explorer = lesson.widget("Perceptron")
    threshold = explorer.slider("threshold")
    set_by_hand(threshold, "9.0")
    explorer.settle()
    slow, words = explorer.pixels(), explorer.readout
    explorer = lesson.fresh("Perceptron")
    explorer.root.evaluate(WRITE_DOWN)
    threshold.press("ArrowRight", 105)
    lesson.wait_for(lambda: max(limits(lesson), default=0) > 9, "no picture came after 105 moves")
    threshold.press("ArrowLeft", 95)
    explorer.settle()
    seen = limits(lesson)
    top = seen.index(max(seen))
    assert seen[: top + 1] == sorted(seen[: top + 1]), "a picture of an earlier move came late"
    assert seen[top:] == sorted(seen[top:], reverse=True), "a picture of an earlier move came late"
    assert (threshold.value, seen[-1]) == (9.0, 9.0)
    assert (explorer.pixels(), explorer.readout) == (slow, words)


def test_two_hundred_quick_moves_through_a_model(open_lesson, write_notebook):
    """With a model behind the slider too, the last move wins, to the pixel."""
    lesson = open_lesson(write_notebook("model", EXPLORER)).run_all()
    explorer = lesson.widget("AttentionExplorer")
    temperature = explorer.slider("temperature")
    set_by_hand(temperature, "2.5")
    explorer.settle()
    slow, words = explorer.pixels(), explorer.readout
    lesson.fresh("AttentionExplorer")
    chance = random.Random(0)
    for _ in range(MOVES - 15):
        temperature.press(chance.choice(("ArrowRight", "ArrowLeft", "PageUp", "PageDown")))
    temperature.press("Home")
    temperature.press("PageUp", 4)
    temperature.press("ArrowRight", 4)
    for key in ("PageUp", "PageDown", "ArrowRight", "ArrowLeft", "ArrowRight", "ArrowLeft"):
        temperature.press(key)
    explorer.settle()
    assert temperature.value == 2.5
    assert (explorer.pixels(), explorer.readout) == (slow, words)
