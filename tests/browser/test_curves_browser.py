"""The learning-curve laboratory in a real JupyterLab: keys move it, the button trains, all comes back."""

CELLS = [
    """
import time
from tfm.lessons.training.widget import Choice, CurveLab

def made_up(choice, seed):
    for step in range(0, 30, 10):
        time.sleep(0.02)
        yield step, 4 / (1 + step * choice.rate + 0.01 * seed), 4 / (1 + step * choice.rate) + 0.3

CurveLab(made_up, steps=20, even=4.17, first=[list(made_up(Choice(), seed)) for seed in (0, 1, 2)])
"""
]


def test_a_rate_is_moved_trained_and_moved_back(lesson):
    """An untrained setting says so; Train draws its curves over the grey ones; back, the first ones are there."""
    lab = lesson.fresh("CurveLab")
    before, words = lab.picture(), lab.readout
    with lab.redraw():
        lab.slider("learning rate").press("ArrowRight")
    assert "not trained yet" in lab.readout
    untrained = lab.picture()
    assert untrained != before
    with lab.redraw():
        lab.button("Train").click()
    lab.wait_for(
        lambda: "3 seeds, step 20" in lab.readout, "it does not train to the end", lambda: lab.readout
    )
    lab.settle()
    assert lab.picture() != untrained
    with lab.redraw():
        lab.button("Reset").click()
    assert (lab.picture(), lab.readout) == (before, words)


def test_switches_move_the_picture_and_move_it_back(lesson):
    """Warm-up off and the optimiser changed: another title, other numbers; undone, the same pixels."""
    lab = lesson.fresh("CurveLab")
    before, words = lab.picture(), lab.readout
    with lab.redraw():
        lab.checkbox("warm-up").set(ticked=False)
    assert lab.picture() != before
    with lab.redraw():
        lab.checkbox("warm-up").set(ticked=True)
    assert (lab.picture(), lab.readout) == (before, words)
    with lab.redraw():
        lab.dropdown("optimiser").choose("SGD")
    assert "not trained yet" in lab.readout
