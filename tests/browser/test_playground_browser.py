"""The playground in a real JupyterLab: it plays and pauses, answers keys and clicks, and everything comes back."""

import pytest

CODE = """from tfm.lessons.playground.session import Session, Settings
from tfm.data.plane import plane_points
from tfm.lessons.playground.widget import Playground
Playground(Session(Settings(hidden=(3,), rate=0.1, seed=1), plane_points))"""
THREADS = """import threading
[t.name for t in threading.enumerate() if t.name == "tfm-player" and t.is_alive()]"""
CELLS = [CODE, THREADS]
SIZE = {"width": 1280, "height": 1300}


@pytest.fixture
def playground(lesson):
    """Return the playground as it was first drawn, with no pointer in it."""
    return lesson.fresh("Playground")


def middle(playground, cell, share=0.5):
    """Return the pixel at the middle of a neuron, or of another share of its height."""
    box = playground.picture_at(0).locator(f'rect[data-cell="{cell}"]').bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] * share


def click(playground, cell):
    """Click a neuron or a feature with the mouse."""
    playground.page.mouse.click(*middle(playground, cell))


def pictures_pass(playground):
    """Wait until several more pictures have been drawn."""
    before = playground.draws()
    playground.wait_for(lambda: playground.draws() >= before + 5, "it does not play", playground.draws)


def epoch(playground):
    """Return the epoch that is read out."""
    return int(playground.readout.split("epoch ")[1].split(",")[0])


def test_step_and_undo_come_back_to_the_pixel(playground):
    """A step by key changes number and picture, undo brings both back."""
    before, words = playground.picture(), playground.readout
    with playground.redraw():
        playground.button("Step").handle.focus()
        playground.page.keyboard.press("Enter")
    assert epoch(playground) == 1
    assert playground.picture() != before
    with playground.redraw():
        playground.button("Undo").handle.focus()
        playground.page.keyboard.press("Enter")
    assert (playground.picture(), playground.readout) == (before, words)


def test_play_draws_again_and_again_and_pause_holds(playground):
    """The page sees many pictures a second; after Pause it sees none, and no thread is left in the kernel."""
    draws = playground.draws()
    playground.button("Play").click()
    playground.wait_for(lambda: playground.draws() >= draws + 30, "fewer than 30 pictures", playground.draws)
    playground.button("Pause").click()
    playground.settle()
    held = epoch(playground)
    assert held >= 20
    picture = playground.picture()
    playground.page.wait_for_timeout(500)
    assert (epoch(playground), playground.picture()) == (held, picture)


def test_a_click_lands_while_it_plays(playground):
    """Though the picture is replaced all the time, a slow click on a feature switches it."""
    place = middle(playground, "2,0")
    playground.button("Play").click()
    pictures_pass(playground)
    playground.page.mouse.move(*place)
    playground.page.mouse.down()
    pictures_pass(playground)  # between press and release
    playground.page.mouse.up()
    pictures_pass(playground)
    playground.button("Pause").click()
    playground.settle()
    assert "features=x1,x2,x1^2" in playground.textbox("this playground as text").value


def test_running_the_cell_again_stops_the_playing(lesson, playground):
    """No thread of the earlier playground survives a new run of its cell."""
    playground.button("Play").click()
    pictures_pass(playground)
    lesson.run_cell(1)
    none_left = lambda: lesson.run_cell(2).outputs[0]["data"]["text/plain"] == "[]"  # noqa: E731
    lesson.wait_for(none_left, "a thread goes on training")
    assert lesson.widget("Playground").button("Play").root.is_visible()


def test_arrow_keys_walk_through_the_neurons(playground):
    """Left goes a layer back, to the nearest neuron; what it sees is enlarged; right comes back."""
    before = playground.svg()
    assert "The output = tanh(" in playground.readout
    with playground.redraw():
        playground.press("ArrowLeft")
    assert "what neuron 1 of layer 1 sees" in playground.svg()
    with playground.redraw():
        playground.press("ArrowDown")
    assert "Neuron 2 of layer 1 = tanh(" in playground.readout
    with playground.redraw():
        playground.press("ArrowRight")  # the output's column has one row only
    assert playground.svg() == before


def test_pointing_shows_and_leaving_comes_back(playground):
    """The mouse over a neuron enlarges it; outside the picture the output is shown again."""
    before = playground.picture()
    with playground.redraw():
        playground.page.mouse.move(*middle(playground, "2,1"))
    assert "Neuron 3 of layer 1" in playground.readout
    with playground.redraw():
        playground.page.mouse.move(2, 2)
    assert playground.picture() == before


def test_enter_switches_a_feature_and_back(playground):
    """By keyboard alone: down to x₁², Enter, and the network has a third input."""
    before = playground.svg()
    for key in ("ArrowLeft", "ArrowLeft", "ArrowDown", "ArrowDown"):
        with playground.redraw():
            playground.press(key)
    assert "x₁² is switched off" in playground.readout
    with playground.redraw():
        playground.press("Enter")
    assert "16 parameters" in playground.readout
    with playground.redraw():
        playground.press("Enter")
    assert "13 parameters" in playground.readout
    for key in ("ArrowRight", "ArrowRight"):
        with playground.redraw():
            playground.press(key)
    assert playground.svg() == before


def test_a_clicked_link_takes_a_weight(playground):
    """Click a link, type a number, see another output; undo brings the picture back."""
    before = playground.picture()
    link = playground.picture_at(0).locator('path[data-cell="100,1"]').bounding_box()
    playground.page.mouse.click(link["x"] + link["width"] * 0.5, link["y"] + link["height"] / 2)
    playground.settle()
    assert playground.dropdown("change").value.replace("\xa0", " ") == "x₁ → neuron 1 of layer 1"
    with playground.redraw():
        playground.textbox("to").type("3")
    assert "epoch 0, loss" in playground.readout
    playground.page.mouse.move(2, 2)
    with playground.redraw():
        playground.button("Undo").click()
    with playground.redraw():
        playground.button("Reset").click()
    playground.page.mouse.move(2, 2)
    assert playground.picture() == before


def test_gradients_and_a_second_run_are_shown_and_go_again(playground):
    """Another look at the links changes the picture; a second run stands below, and leaves again."""
    before = playground.picture()
    with playground.redraw():
        playground.dropdown("links show").choose("gradients")
    assert "gradient above 0" in playground.svg()
    with playground.redraw():
        playground.dropdown("second run differs in").choose("activation")
    assert playground.pictures() == 2
    with playground.redraw():
        playground.button("Step").click()
    assert playground.readout.count("epoch 1,") == 2
    with playground.redraw():
        playground.button("Reset").click()
    assert playground.pictures() == 1
    assert playground.picture() == before


def test_a_text_is_pasted_and_a_bad_one_is_answered(playground):
    """A friend's text brings the friend's picture; a wrong one gets a sentence and keeps the picture."""
    box = playground.textbox("this playground as text")
    with playground.redraw():
        playground.button("Step").click()
    numbers, text = playground.readout, box.value
    with playground.redraw():
        playground.button("Reset").click()
    with playground.redraw():
        box.fill(text)
    assert playground.readout == numbers
    picture = playground.picture()
    box.fill("hello")
    playground.settle()
    assert "this is no playground" in playground.message
    assert playground.picture() == picture


def test_divergence_is_said(playground):
    """With a wild rate the playing stops by itself, with one sentence."""
    playground.dropdown("data").choose("heights: bumps")
    playground.dropdown("learning rate").choose("10")
    playground.settle()
    playground.button("Play").click()
    playground.wait_for(lambda: "training diverged" in playground.message, "it did not say so")
    playground.settle()
    assert not playground.button("Play").value
    assert "NaN" not in playground.svg()


def test_everything_fits_the_page(playground):
    """At 1280 pixels neither picture nor controls are cut off."""
    widths = "p => [p.clientWidth, p.querySelector('svg').getBoundingClientRect().width]"
    frame, drawn = playground.picture_at(0).evaluate(widths)
    assert drawn <= frame + 1
    for label in ("Play", "Start again", "Add a layer"):
        assert playground.button(label).root.bounding_box()["x"] < SIZE["width"] - 100
