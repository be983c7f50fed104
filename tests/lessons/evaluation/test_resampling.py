"""The bootstrap: its intervals are scipy's, repeat with the seed, and pairing takes away shared luck."""

import numpy as np
import pytest
from scipy import stats

from tfm.lessons.evaluation.resampling import bootstrap, interval, paired_bootstrap

RIGHT = np.random.default_rng(1).random(300) < 0.8
NEAR = 0.004  # measured: 0; a case more or less at one end would be 0.0033


def test_interval_is_scipys():
    """The percentile interval of a mean agrees with scipy's, up to the drawing's chance."""
    ours = interval(bootstrap(lambda i: RIGHT[i].mean(), len(RIGHT), rounds=4000))
    theirs = stats.bootstrap(
        (RIGHT.astype(float),), np.mean, method="percentile", n_resamples=4000, rng=np.random.default_rng(0)
    ).confidence_interval
    np.testing.assert_allclose(ours, theirs, atol=NEAR)


def test_the_spread_is_what_theory_says():
    """The scores spread as √(p (1 − p) / n)."""
    scores = bootstrap(lambda i: RIGHT[i].mean(), len(RIGHT), rounds=4000)
    p = RIGHT.mean()
    assert scores.std() == pytest.approx(np.sqrt(p * (1 - p) / len(RIGHT)), rel=0.05)  # measured: 0.8 %


def test_one_seed_one_result():
    """The same seed draws the same test sets, another seed others."""
    first, again, other = (bootstrap(lambda i: RIGHT[i].mean(), 300, 50, seed) for seed in (0, 0, 1))
    assert (first == again).all()
    assert (first != other).any()


def test_pairing_takes_away_what_both_share():
    """A rival that is right wherever the first is, and at some places more, is better in every drawn set."""
    rival = RIGHT.copy()
    rival[np.flatnonzero(~RIGHT)[:12]] = True
    gains = paired_bootstrap(lambda i: RIGHT[i].mean(), lambda i: rival[i].mean(), 300)
    alone = (
        interval(bootstrap(lambda i: RIGHT[i].mean(), 300)),
        interval(bootstrap(lambda i: rival[i].mean(), 300)),
    )
    assert alone[0][1] > alone[1][0], "alone, the two intervals must overlap, or this test shows nothing"
    assert interval(gains)[0] > 0


@pytest.mark.parametrize("call", [lambda: bootstrap(np.mean, 0), lambda: bootstrap(np.mean, 5, rounds=0)])
def test_nothing_to_draw_is_a_sentence(call):
    """No cases or no rounds is refused."""
    with pytest.raises(ValueError, match="must be 1 or more"):
        call()


@pytest.mark.parametrize("level", [0, 1, 95])
def test_a_level_is_a_share(level):
    """95 is no level; 0.95 is."""
    with pytest.raises(ValueError, match="must lie between 0 and 1"):
        interval([1, 2], level)
