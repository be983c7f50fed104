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
        ({"temperature": -0.5}, r"temperature \(-0.5\) must be 0 \(greedy\) or a number from 1e-06"),
        ({"temperature": float("nan")}, r"temperature \(nan\) must be 0"),
        ({"top_k": 0}, r"top_k \(0\) is how many tokens stay, at least 1"),
        ({"top_p": 1.5}, r"top_p \(1.5\) is a probability above 0 and at most 1"),
        ({"top_p": 0.0}, r"top_p \(0.0\) is a probability above 0"),
        ({"min_p": -0.1}, r"min_p \(-0.1\) is a probability above 0"),
        ({"repetition_penalty": 0.0}, r"repetition_penalty \(0.0\) must be a number from 1e-06"),
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


@pytest.mark.parametrize(
    ("setting", "rule"),
    [
        (
            {"temperature": 1e-38},
            r"temperature \(1e-38\) must be 0 \(greedy\) or a number from 1e-06 to 1e\+06",
        ),
        ({"temperature": 1e300}, r"temperature \(1e\+300\) must be 0"),
        ({"temperature": float("nan")}, r"temperature \(nan\) must be 0"),
        ({"temperature": "0.8"}, r"temperature \('0\.8'\) must be 0"),
        ({"temperature": True}, r"temperature \(True\) must be 0"),
        ({"temperature": None}, r"temperature \(None\) must be 0"),
        ({"repetition_penalty": 1e-300}, r"repetition_penalty \(1e-300\) must be a number from 1e-06"),
        ({"repetition_penalty": float("inf")}, r"repetition_penalty \(inf\) must be a number"),
        ({"repetition_penalty": "2"}, r"repetition_penalty \('2'\) must be a number"),
        ({"top_k": 2.5}, r"top_k \(2\.5\) is how many tokens stay"),
        ({"top_k": True}, r"top_k \(True\) is how many tokens stay"),
        ({"top_p": float("nan")}, r"top_p \(nan\) is a probability"),
        ({"top_p": "1"}, r"top_p \('1'\) is a probability"),
        ({"min_p": 1.5}, r"min_p \(1\.5\) is a probability"),
        ({"max_new": 2.0}, r"max_new \(2\.0\) is how many tokens to write"),
        ({"seed": 1 << 63}, r"seed \(9223372036854775808\) must be a whole number from -9"),
        ({"seed": 0.5}, r"seed \(0\.5\) must be a whole number"),
        ({"stop": "ab"}, r"stop \('ab'\) must be a tuple of token ids"),
        ({"stop": 5}, r"stop \(5\) must be a tuple of token ids"),
    ],
)
@pytest.mark.usefixtures("as_a_reader_calls_it")
def test_a_setting_of_the_wrong_kind_or_size_is_one_sentence(setting, rule):
    """Each number is judged by its kind and its range before a model is asked."""
    with pytest.raises(ValueError, match=rule) as caught:
        Sampling(**setting)
    assert "\n" not in str(caught.value)


@given(SEEDS, st.sampled_from([torch.float16, torch.bfloat16, torch.float32]))
def test_the_outermost_settings_leave_probabilities(seed, dtype):
    """At both ends of every range, in any format, what is drawn from sums to 1, and the likeliest token stays."""
    logits = (scores(seed) * 20).to(dtype)
    logits[:, 3] = -torch.inf
    for settings in (
        {"temperature": 1e-6},
        {"temperature": 1e6},
        {"repetition_penalty": 1e-6, "temperature": 1e-6},
        {"repetition_penalty": 1e6, "temperature": 1e6},
        {"top_p": 1e-300},
        {"min_p": 1e-300},
        {"min_p": 1.0},
        {"top_k": 1 << 40},
        {"seed": (1 << 63) - 1},
        {"seed": -(1 << 63)},
    ):
        sampling = Sampling(**settings)
        chances = sampling.filtered(logits, [[1, 2]] * 3).softmax(-1)
        assert chances.isfinite().all(), settings
        assert (chances.sum(-1) - 1).abs().max() < 4 * torch.finfo(dtype).eps
        assert (chances[:, 3] == 0).all()
        Dice(sampling, 3).draw(chances)


def test_a_top_p_of_one_keeps_everything():
    """Probabilities that are rounded may sum to 1 before the last one, and it stays all the same."""
    logits = torch.randn(2, 50_000).cumsum(-1) / 100
    assert torch.equal(top_p(logits, 1.0), logits)
