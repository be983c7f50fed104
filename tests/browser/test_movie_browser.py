"""The training movie in a real JupyterLab: keys scrub it, it plays and pauses, and everything comes back."""

import pytest

CELLS = [
    """
import numpy as np

from tfm.lessons.gpt.film import Film, Frame
from tfm.lessons.gpt.widget import TrainingMovie

steps, tokens = [0, 10, 20, 40, 60, 80, 100, 120, 140, 160], list("the to")
even = np.tril(np.ones((6, 6))) / np.arange(1, 7)[:, None]
back = np.eye(6, k=-1) + np.eye(6) * (np.arange(6) == 0)
frames = []
for i, step in enumerate(steps):
    maps = np.tile(even, (2, 4, 1, 1))
    maps[0, 2] = even + (back - even) * i / 9
    frames.append(Frame(step=step, maps=maps, sample=f"number {i}"))
film = Film(frames=frames, tokens=tokens, prompt="The ", steps=range(161), losses=np.linspace(4, 2, 161))
TrainingMovie(film, frame=4, head=3)
"""
]
SIZE = {"width": 1280, "height": 1800}
LOSS, SAMPLE, HEADS, BACK, MAP = range(5)
SOON = 15


@pytest.fixture
def film(lesson):
    """Return the widget as it was first drawn."""
    return lesson.fresh("TrainingMovie")


def drawn(film):
    """Return every picture's markup and the numbers: what must come back to the letter."""
    return [*(film.svg(n) for n in range(film.pictures())), film.readout]


def step_of(film):
    """Return the step that is read out."""
    return int(film.readout.split("Step ")[1].split(":")[0])


def test_the_slider_moves_loss_heads_and_sample_and_comes_back(film):
    """An arrow key moves all five pictures and the numbers on by a frame; the opposite key moves them back."""
    slider, before, first = film.slider("step"), film.pixels(), drawn(film)
    with film.redraw():
        slider.press("ArrowRight")
    assert "Step 80: loss 3.00." in film.readout
    assert all(old != new for old, new in zip(before, film.pixels(), strict=True))
    with film.redraw():
        slider.press("ArrowLeft")
    assert drawn(film) == first


def test_home_and_end_go_to_the_first_and_last_step(film):
    """The untrained model's heads look evenly; at the end the third looks back with all its weight."""
    with film.redraw():
        film.slider("step").press("Home")
    assert "Step 0: loss 4.00. Layer 1, head 3 gives the previous token 29% of its weight" in film.readout
    assert "number&nbsp;0" in film.svg(SAMPLE)  # as a browser writes that space
    with film.redraw():
        film.slider("step").press("End")
    assert "gives the previous token 100% of its weight (by chance 29%)" in film.readout


def test_the_arrow_keys_choose_a_head_and_read_a_cell(film):
    """Among the small maps they choose the head that is shown large; in the large one they read its cells."""
    first, loss = drawn(film), film.picture(LOSS)
    with film.redraw():
        film.press("ArrowDown", HEADS)
    assert "Layer 2, head 3 gives the previous token 29%" in film.readout
    assert film.picture(LOSS) == loss
    with film.redraw():
        film.press("ArrowDown", MAP)
    assert "In layer 2, head 3, “e” (place 3) looks at “t” (place 1) with 0.33." in film.readout
    with film.redraw():
        film.press("ArrowUp", MAP)
    with film.redraw():
        film.press("ArrowUp", HEADS)
    assert drawn(film) == first


def test_play_shows_frame_after_frame_and_pause_holds(film):
    """Space on the button plays; after Pause the step stays; Reset brings the first setting back."""
    first = drawn(film)
    film.button("Play").handle.focus()
    film.page.keyboard.press("Space")
    film.wait_for(lambda: step_of(film) >= 100, "the film does not move", lambda: step_of(film))
    film.button("Pause").click()
    film.settle()
    held = step_of(film)
    film.page.wait_for_timeout(800)
    assert step_of(film) == held
    with film.redraw():
        film.button("Reset").click()
    assert drawn(film) == first


def test_it_plays_to_its_end_and_stops_by_itself(film):
    """The last step is shown, the button says Play again, and playing from there begins at the first step."""
    film.button("Play").click()
    ended = lambda: step_of(film) == 160 and "Pause" not in film.text  # noqa: E731
    film.wait_for(ended, "the film does not end", lambda: step_of(film))
    film.button("Play").click()
    film.wait_for(lambda: step_of(film) < 160, "the film does not begin again")
    film.button("Pause").click()
