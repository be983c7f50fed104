"""What lesson 15 stores: results and three stacks that were trained with every part."""

import pytest

from tfm.lessons.layers.experiment import (
    SEEDS,
    VARIANTS,
    accuracy,
    accuracy_without,
    build,
    intact,
    results,
    study,
)
from tfm.models.stack import part_names

SAME = 0.005  # of 4,000 questions: what another machine's rounding may decide otherwise


def test_every_way_has_a_result_for_every_seed():
    """Nothing is missing, and each is a share."""
    stored = results()
    assert set(stored) == {"trained", "switched off"}
    assert list(stored["trained"]) == list(VARIANTS)
    assert list(stored["switched off"]) == part_names(2)
    for shares in [*stored["trained"].values(), *stored["switched off"].values()]:
        assert len(shares) == len(SEEDS)
        assert all(0 <= share <= 1 for share in shares)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_stored_stacks_are_those_of_the_results(seed):
    """Intact and with a part off, each stack scores what is stored."""
    stack, stored = intact(seed), results()
    assert accuracy(stack) == pytest.approx(stored["trained"]["intact"][seed], abs=SAME)
    for part in ("attention 1", "feed-forward 2"):
        share = stored["switched off"][part][seed]
        assert accuracy_without(stack, {part}) == pytest.approx(share, abs=SAME)


def test_what_cannot_be_known_is_not_known():
    """Without attention a tenth, without positions a quarter is the most; chance may add a little."""
    trained = results()["trained"]
    assert max(trained["without attention"]) < 0.12
    assert max(trained["without positions"]) < 0.28
    assert min(trained["intact"]) > 0.95


def test_training_begins_where_the_seed_says_and_learns():
    """The same seed builds the same stack, and forty steps lift it over guessing."""
    one, two = (build(VARIANTS["intact"], 5) for _ in range(2))
    assert all((a == b).all() for a, b in zip(one.parameters(), two.parameters(), strict=True))
    assert accuracy(study(VARIANTS["intact"], 5, steps=40)) > accuracy(one) + 0.02
