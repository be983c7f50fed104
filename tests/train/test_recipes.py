"""Recipes: the numbers of whole runs, as the sources have them."""

import pytest
import torch
from torch import nn

from tfm.tasks.run import choose
from tfm.train.recipes import NANOGPT

SMALL = choose("write", "small", None, []).recipe()  # the quick one


@pytest.fixture
def network():
    """A table, a matrix, a norm, and scores."""
    return nn.ModuleDict(
        {
            "tokens": nn.Embedding(7, 4),
            "inner": nn.Linear(4, 4, bias=False),
            "norm": nn.LayerNorm(4),
            "scores": nn.Linear(4, 7, bias=False),
        }
    )


def test_the_quick_recipe_divides_the_parameters(network):
    """Muon has the inner matrix; tokens, scores and the norm have rates of their own."""
    groups = SMALL.optimiser(network).param_groups
    assert [[tuple(p.shape) for p in group["params"]] for group in groups] == [
        [(4, 4)],
        [(7, 4)],
        [(7, 4)],
        [(4,), (4,)],
    ]
    assert [group["lr"] for group in groups] == [0.02, 0.02, 0.02, 0.01]


def test_nanogpts_recipe_is_nanogpts(network):
    """AdamW with betas 0.9 and 0.99, decay 0.1 on matrices alone, rate 1e-3, clipped at 1, in float32."""
    optimiser = NANOGPT.optimiser(network)
    assert isinstance(optimiser, torch.optim.AdamW)
    assert [(group["lr"], group["betas"], group["weight_decay"]) for group in optimiser.param_groups] == [
        (1e-3, (0.9, 0.99), 0.1),
        (1e-3, (0.9, 0.99), 0.0),
    ]
    told = NANOGPT.told()
    assert (told.steps, told.clip, told.autocast, NANOGPT.batch) == (2_000, 1.0, "off", 12)


def test_the_schedules_begin_and_end_where_they_should():
    """The quick one stays for a fifth and falls to 0; nanoGPT's rises for 100 steps and falls to a tenth."""
    quick, slow = SMALL.schedule(300), NANOGPT.schedule(2_000)
    assert [quick(n) for n in (0, 59, 60, 180, 300)] == [1.0, 1.0, 1.0, 0.5, 0.0]
    assert slow(0) == pytest.approx(0.01)
    assert slow(99) == slow(100) == 1.0
    assert slow(2_000) == pytest.approx(0.1)


@pytest.mark.parametrize("recipe", [SMALL, NANOGPT])
@pytest.mark.parametrize("steps", [1, 2, 7])
def test_a_recipe_can_be_short(recipe, steps):
    """A run of a few steps, as tests and lessons make them, has a schedule too."""
    schedule = recipe.schedule(steps)
    assert all(0 < schedule(n) <= 1 for n in range(steps))
    assert recipe.told(steps=steps).steps == steps


def test_an_unknown_setting_suggests_the_nearest():
    """A slip in a name gets the trainer's sentence."""
    with pytest.raises(ValueError, match="did you mean 'clip'"):
        SMALL.told(clpi=1.0)
