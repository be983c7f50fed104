"""The filters of generation: each does what its formula says, and what Hugging Face's processors do."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers.generation.logits_process import (
    MinPLogitsWarper,
    RepetitionPenaltyLogitsProcessor,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

from tfm.generate.filters import min_p, repetition_penalty, top_k, top_p, with_temperature
from tfm.generate.sampling import Dice, Sampling

V = 23
SEEDS = st.integers(0, 10_000)


def scores(seed, rows=3):
    """Return random logits, rows × V, spread as a trained model's are."""
    return 3 * torch.randn(rows, V, generator=torch.Generator().manual_seed(seed))


@given(SEEDS, st.integers(1, V + 3), st.floats(0.01, 1), st.floats(0.01, 1), st.floats(0.1, 5))
def test_each_filter_is_hugging_faces(seed, k, p, least, temperature):
    """On random scores every filter gives the numbers of the library's own processor."""
    logits, ids = scores(seed), torch.randint(V, (3, 7), generator=torch.Generator().manual_seed(seed))
    pairs = [
        (top_k(logits, k), TopKLogitsWarper(k)),
        (top_p(logits, p), TopPLogitsWarper(p)),
        (min_p(logits, least), MinPLogitsWarper(least)),
        (with_temperature(logits, temperature), TemperatureLogitsWarper(temperature)),
        (repetition_penalty(logits, ids.tolist(), 1.3), RepetitionPenaltyLogitsProcessor(1.3)),
    ]
    for ours, theirs in pairs:
        assert torch.equal(ours, theirs(ids, logits.clone())), type(theirs).__name__


@given(SEEDS, st.floats(0.05, 1))
def test_top_p_keeps_the_fewest_that_reach_p(seed, p):
    """What stays has the probability p together, and would not without its least likely token."""
    probabilities = scores(seed, 1)[0].softmax(-1)
    kept = probabilities[~top_p(probabilities.log(), p).isinf()]
    assert kept.sum() >= p - 1e-6
    assert kept.sum() - kept.min() < p + 1e-6


@given(SEEDS, st.integers(1, V))
def test_top_k_keeps_the_k_highest(seed, k):
    """As many stay as asked for, none lower than one that went."""
    logits = scores(seed, 1)
    left = top_k(logits, k)
    assert (~left.isinf()).sum() == k
    struck = logits[left.isinf()]
    assert not len(struck) or logits[~left.isinf()].min() >= struck.max()


def test_a_filter_leaves_its_input_alone():
    """The scores that are handed over are not changed in place."""
    logits = scores(1)
    before = logits.clone()
    Sampling(temperature=0.7, top_k=5, top_p=0.9, min_p=0.1, repetition_penalty=1.2).filtered(
        logits, [[1, 2]] * 3
    )
    assert torch.equal(logits, before)


@pytest.mark.parametrize(
    ("settings", "rule"),
    [
        ({"temperature": -0.5}, r"temperature \(-0.5\) must be 0 \(greedy\) or above"),
        ({"temperature": float("nan")}, r"temperature \(nan\) must be 0"),
        ({"top_k": 0}, r"top_k \(0\) is how many tokens stay, at least 1"),
        ({"top_p": 1.5}, r"top_p \(1.5\) is a probability above 0 and at most 1"),
        ({"top_p": 0.0}, r"top_p \(0.0\) is a probability above 0"),
        ({"min_p": -0.1}, r"min_p \(-0.1\) is a probability above 0"),
        ({"repetition_penalty": 0.0}, r"repetition_penalty \(0.0\) must be above 0"),
        ({"max_new": -1}, r"max_new \(-1\) is how many tokens to write, 0 or more"),
    ],
)
def test_an_odd_setting_is_refused_in_a_sentence(settings, rule):
    """Settings are checked when they are made, before a model has run."""
    with pytest.raises(ValueError, match=rule):
        Sampling(**settings)


def test_draws_follow_the_probabilities():
    """Of many draws each token comes as often as its probability says, within three standard deviations."""
    probabilities, n = torch.tensor([[0.6, 0.3, 0.1, 0.0]]), 4_000
    dice = Dice(Sampling(seed=3), rows=1)
    counts = torch.bincount(torch.cat([dice.draw(probabilities) for _ in range(n)]), minlength=4)
    spread = (n * probabilities[0] * (1 - probabilities[0])).sqrt()
    assert ((counts - n * probabilities[0]).abs() <= 3 * spread).all()


def test_a_row_draws_the_same_whoever_is_beside_it():
    """Row b of a batch has random numbers of its own."""
    probabilities = scores(5).softmax(-1)
    alone, together = Dice(Sampling(seed=9), rows=1), Dice(Sampling(seed=9), rows=3)
    first = [int(alone.draw(probabilities[:1])) for _ in range(20)]
    assert first == [int(together.draw(probabilities)[0]) for _ in range(20)]
