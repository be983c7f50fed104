"""The record of normal losses: it is of today's recipe, it can be made again, and its numbers make sense."""

import json
import math

import pytest

from tfm.assets import build, gpt_losses
from tfm.data.corpora import TEXTS, load_corpus

RECORD = json.loads((build.ASSETS / "gpt_losses.json").read_text(encoding="utf-8"))
# Another thread count or processor moves a loss after 25 steps by some thousandths; another recipe by tenths.
SAME_RUN = 0.03


def test_it_is_of_todays_recipe():
    """Whoever changes the recipe makes the record anew: `python -m tfm.assets.build gpt-losses`."""
    assert RECORD["recipe"] == gpt_losses.RECIPE
    assert RECORD["judged"] == gpt_losses.JUDGED
    assert RECORD["seeds"] == list(gpt_losses.SEEDS)
    assert set(RECORD["texts"]) == set(TEXTS)


def test_a_run_made_again_has_the_same_losses():
    """The first 25 steps of seed 0 on the manual give what the record says, before and after."""
    losses = gpt_losses.run(load_corpus("manual").text, seed=0, stop=25)
    recorded = dict(
        zip(RECORD["texts"]["manual"]["steps"], RECORD["texts"]["manual"]["losses"][0], strict=True)
    )
    assert losses == pytest.approx({step: recorded[step] for step in (0, 25)}, abs=SAME_RUN)


@pytest.mark.parametrize("name", sorted(RECORD["texts"]))
def test_every_run_learns(name):
    """Each seed starts near an even guess, and ends at least a nat lower, the seeds not far from each other."""
    steps, runs = RECORD["texts"][name]["steps"], RECORD["texts"][name]["losses"]
    assert steps[0] == 0
    assert steps[-1] == RECORD["recipe"]["steps"]
    assert max(run[0] for run in runs) - min(run[0] for run in runs) < 0.1
    assert all(run[-1] < run[0] - 1 for run in runs)
    assert max(run[-1] for run in runs) - min(run[-1] for run in runs) < 0.1
    assert all(math.isfinite(loss) for run in runs for loss in run)
