"""Schedules at the places that matter: the first update, the end of the warm-up, the last update, and after it."""

import math
from itertools import pairwise

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tfm.train.schedules import constant, trapezoid, vaswani, warmup_cosine, warmup_linear

SAME = 1e-12  # float64, a handful of operations
ENDING = [
    (warmup_cosine, {}),
    (warmup_linear, {}),
    (trapezoid, {"decay": 30}),
]


@pytest.mark.parametrize(("make", "more"), ENDING)
def test_the_corners_of_a_schedule(make, more):
    """A tenth at the first of ten warm-up updates, 1 at the tenth and eleventh, the floor after the last."""
    schedule = make(steps=100, warmup=10, floor=0.2, **more)
    assert schedule(0) == pytest.approx(0.1, abs=SAME)
    assert schedule(9) == schedule(10) == 1
    assert 0.2 < schedule(99) < 0.25
    assert schedule(100) == schedule(10_000) == pytest.approx(0.2, abs=SAME)


@pytest.mark.parametrize(("make", "more"), ENDING)
def test_no_update_of_a_run_has_rate_zero(make, more):
    """With floor 0 even the last update moves the weights."""
    schedule = make(steps=100, warmup=10, floor=0.0, **more)
    assert min(schedule(n) for n in range(100)) > 0


@given(st.integers(1, 300), st.integers(0, 299), st.floats(0, 1))
def test_it_rises_then_falls_between_floor_and_one(steps, warmup, floor):
    """At any size: up during the warm-up, never up afterwards, and never below the floor once it is warm."""
    warmup = min(warmup, steps - 1)
    for make in (warmup_cosine, warmup_linear):
        factors = [make(steps, warmup, floor)(n) for n in range(steps + 2)]
        rise, fall = factors[:warmup], factors[warmup:]
        assert rise == sorted(rise)
        assert all(b <= a + SAME for a, b in pairwise(fall))
        assert all(floor - SAME <= f <= 1 + SAME for f in fall)


def test_cosine_is_pytorchs():
    """After the warm-up the factor is PyTorch's CosineAnnealingLR."""
    weight = torch.nn.Parameter(torch.zeros(1))
    optimiser = torch.optim.SGD([weight], lr=1.0)
    theirs = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, T_max=40, eta_min=0.1)
    ours = warmup_cosine(steps=40, floor=0.1)
    for n in range(40):
        assert ours(n) == pytest.approx(
            optimiser.param_groups[0]["lr"], abs=1e-9
        )  # theirs is recursive: 1e-15
        optimiser.step()
        theirs.step()


def test_vaswani_peaks_where_the_warm_up_ends():
    """The two halves meet at update `warmup`, at (C · warmup)^−½, the formula of the paper."""
    schedule = vaswani(d_model=512, warmup=4000)
    rates = [schedule(n) for n in range(8000)]
    assert max(range(8000), key=rates.__getitem__) == 3999
    assert rates[3999] == pytest.approx(1 / math.sqrt(512 * 4000), rel=1e-12)
    assert rates[999] == pytest.approx(rates[3999] / 4, rel=1e-12)
    assert schedule(15_999) == pytest.approx(rates[3999] / 2, rel=1e-12)


def test_constant_is_one_after_its_warm_up():
    """Without a warm-up it is 1 from the first update on."""
    assert [constant()(n) for n in (0, 1, 10**9)] == [1, 1, 1]
    assert [constant(warmup=2)(n) for n in (0, 1, 2)] == [0.5, 1, 1]


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        (lambda: warmup_cosine(0), "steps \\(0\\)"),
        (lambda: warmup_linear(10, 10), "warmup \\(10\\) must be below steps"),
        (lambda: warmup_linear(10, -1), "warmup \\(-1\\)"),
        (lambda: warmup_cosine(10, 2, floor=1.5), "floor \\(1.5\\)"),
        (lambda: warmup_cosine(10, 2, floor=math.nan), "floor \\(nan\\)"),
        (lambda: trapezoid(10, 2, decay=9), "decay \\(9\\) must be from 1 to steps − warmup \\(8\\)"),
        (lambda: vaswani(0), "d_model \\(0\\)"),
        (lambda: constant(-1), "warmup \\(-1\\)"),
    ],
)
def test_a_wrong_number_gets_a_sentence(wrong, word):
    """The sentence names the number."""
    with pytest.raises(ValueError, match=word):
        wrong()
