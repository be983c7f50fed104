"""Learning curves as pictures: what is drawn, what leaves a gap, what stands behind."""

import math

import numpy as np
import pytest

from tfm.lessons.training.figures import WIDTH, Curves, curves_svg, live_curves

RUNS = [[[0, 4.0, 4.2], [10, 2.0, 3.0]], [[0, 4.4, 4.4], [10, 3.0, math.nan], [20, 1.0, 2.0]]]


def test_the_spread_is_over_the_runs_that_got_there():
    """Mean, least and most at each step; what was not measured does not count."""
    steps, mean, least, most = Curves("", RUNS).spread(1)
    assert steps.tolist() == [0, 10, 20]
    assert mean == pytest.approx([4.2, 2.5, 1.0])
    assert (least.tolist(), most.tolist()) == ([4.0, 2.0, 1.0], [4.4, 3.0, 1.0])
    assert Curves("", RUNS).spread(2)[1] == pytest.approx([4.3, 3.0, 2.0])


def test_validation_is_dashed_and_training_is_not():
    """The two differ without colour."""
    lines = [part for part in curves_svg(Curves("", RUNS)).split("<") if 'fill="none" stroke="#' in part]
    curves = [line for line in lines if 'stroke-width="2.2"' in line and "h26" not in line]
    assert ["dasharray" in line for line in curves] == [False, True]


def test_what_was_before_stands_behind_in_grey():
    """Four lines, the grey ones first, and both are in the legend."""
    svg = curves_svg(Curves("now", RUNS), Curves("before", RUNS))
    assert svg.index("#8c959f") < svg.index("#1f5fbf")
    assert all(f">{words}<" in svg for words in ("training, now", "validation, before"))


def test_no_number_is_no_reason_to_fail():
    """Nothing, NaN and infinity alone draw an empty sheet; an explosion is cut off."""
    for runs in ([], [[]], [[[0, math.nan, math.inf]]]):
        assert "nan" not in curves_svg(Curves("", runs), even=4.17).lower()
    wild = curves_svg(Curves("", [[[0, 4, 4], [1, 1e30, 1e30]]]), even=4.17)
    assert "e+" not in wild


def test_live_curves_say_the_last_numbers():
    """The text form holds step and losses; none yet is said too."""
    drawing = live_curves([(1, 4.2), (2, 3.9)], [(2, 4.0)])
    assert repr(drawing) == "<drawing: step 2: training loss 3.90, validation loss 4.00>"
    assert repr(live_curves([])) == "<drawing: step 0: no loss yet>"
    assert "image/png" in drawing._repr_mimebundle_()[0]


def test_a_best_step_is_marked():
    """One more line, upwards, at its place."""
    plain, marked = curves_svg(Curves("", RUNS)), curves_svg(Curves("", RUNS), best=10)
    assert marked.count("<path") == plain.count("<path") + 1
    assert np.isclose(float(marked.split('<path d="M')[2].split(" ")[0]), WIDTH / 2)
