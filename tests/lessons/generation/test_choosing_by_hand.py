"""Choosing by hand: the filters and the beam are the blocks' own, and the rules on paper hold."""

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tfm.generate import filters
from tfm.generate.beam import Beam, beam_search, beam_steps
from tfm.lessons.generation import choosing

SAME = 1e-12  # float64 on both sides: measured 7e-16 at worst
SAME_SUM = 1e-5  # the block adds ln p in float32: measured 7.2e-7 at worst among 500 searches
V, LENGTH = 5, 4
SEEDS = st.integers(0, 10_000)
SHARES = st.floats(0.01, 1)


def probabilities(seed, n=23):
    """Return n random probabilities, spread as a trained model's are."""
    return (
        torch.randn(n, dtype=torch.float64, generator=torch.Generator().manual_seed(seed)).mul(3).softmax(-1)
    )


class Toy:
    """A model that looks at the last token and its place: tables of random probabilities, so no two texts tie."""

    context = LENGTH + 1

    def __init__(self, seed):
        self.p = probabilities(seed, (self.context, V, V))  # T V V

    def __call__(self, ids, padding=None, cache=None):
        """Score the next token of every position, B T V."""
        return self.p[torch.arange(ids.shape[1]), ids].log()

    def step(self, text):
        """Give the probabilities after a prompt of token 0 and a text."""
        return self.p[len(text), (0, *text)[-1]].numpy()

    def probability(self, text):
        """Multiply a text's probabilities."""
        return float(np.prod([self.step(text[:i])[token] for i, token in enumerate(text)]))


@given(SEEDS, st.integers(1, 26), SHARES, SHARES, st.floats(0.1, 5))
def test_each_filter_is_the_blocks(seed, k, p, least, temperature):
    """On random probabilities every twin leaves what the filter of logits leaves, to rounding."""
    before = probabilities(seed)
    pairs = [
        (choosing.with_temperature(before, temperature), filters.with_temperature(before.log(), temperature)),
        (choosing.top_k(before, k), filters.top_k(before.log(), k)),
        (choosing.top_p(before, p), filters.top_p(before.log(), p)),
        (choosing.min_p(before, least), filters.min_p(before.log(), least)),
    ]
    for ours, logits in pairs:
        np.testing.assert_allclose(ours, logits.softmax(-1), atol=SAME, rtol=0)


@given(SEEDS, st.integers(1, 23), SHARES, SHARES)
def test_filters_come_in_the_blocks_order(seed, k, p, least):
    """Temperature, top-k, top-p, min-p: each sees what the one before it left."""
    before = probabilities(seed)
    logits = filters.top_k(filters.with_temperature(before.log(), 1.5), k)
    logits = filters.min_p(filters.top_p(logits, p), least)
    np.testing.assert_allclose(
        choosing.filtered(before, 1.5, k, p, least), logits.softmax(-1), atol=SAME, rtol=0
    )
    assert choosing.filtered(before) == pytest.approx(before.numpy(), abs=SAME)  # nothing asked, nothing done


@pytest.mark.parametrize("temperature", [1e-300, 0.001, 0.01])
def test_a_temperature_near_zero_is_the_likeliest_alone(temperature):
    """However cold, nothing overflows, and at 0 itself the likeliest gets everything."""
    before = [0.1, 0.6, 0.3]
    assert choosing.with_temperature(before, temperature) == pytest.approx([0, 1, 0], abs=SAME)
    assert choosing.with_temperature(before, 0).tolist() == [0, 1, 0]


def test_a_token_that_was_struck_out_stays_out():
    """No temperature brings back what has the probability 0."""
    assert choosing.with_temperature([0.5, 0.5, 0.0], 50)[2] == 0


@given(SEEDS, st.integers(1, 6))
def test_the_beam_is_the_blocks(seed, width):
    """Every round keeps the texts that `beam_steps` keeps, in its order, with its log probabilities."""
    toy = Toy(seed)
    ours = choosing.beam_rounds(toy.step, width, LENGTH)
    settings = Beam(width=width, max_new=LENGTH, length_penalty=0.0)
    for branches, step in zip(ours[:-1], beam_steps(toy, [0], settings, cached=False), strict=False):
        kept = [branch for branch in branches if branch.kept]
        assert [branch.text for branch in kept] == [h.ids for h in step.live]
        sums = [h.log_probability for h in step.live]
        assert [branch.log_probability for branch in kept] == pytest.approx(sums, abs=SAME_SUM, rel=0)
    best = beam_search(toy, [0], settings, cached=False)
    assert [branch.text for branch in ours[-1] if branch.kept] == [h.ids for h in best]


@given(SEEDS)
def test_the_widest_beam_is_exhaustive_and_the_narrowest_greedy(seed):
    """A beam that keeps everything finds the likeliest of all texts; a beam of 1 takes the likeliest token."""
    toy = Toy(seed)
    every = list(itertools.product(range(V), repeat=LENGTH))
    widest = choosing.beam_rounds(toy.step, V**LENGTH, LENGTH)[-1]
    assert widest[0].text == max(every, key=toy.probability)
    assert len(widest) == len(every)
    greedy = ()
    for _ in range(LENGTH):
        greedy = (*greedy, int(toy.step(greedy).argmax()))
    assert choosing.beam_rounds(toy.step, 1, LENGTH)[-1][0].text == greedy


@given(SEEDS, st.integers(1, 4))
def test_a_branch_tells_the_truth(seed, width):
    """Its log probability is its text's, its parent is the kept text it continues, and the kept come first."""
    toy = Toy(seed)
    live = [choosing.Branch((), 0, 0.0, kept=True)]
    for branches in choosing.beam_rounds(toy.step, width, LENGTH, shown=width + 3):
        for branch in branches:
            assert branch.text[:-1] == live[branch.parent].text
            assert np.exp(branch.log_probability) == pytest.approx(toy.probability(branch.text))
        assert [branch.kept for branch in branches] == [i < width for i in range(len(branches))]
        live = branches[:width]


@pytest.mark.parametrize(
    ("text", "n", "share"),
    [("abcdef", 2, 0.0), ("aaaa", 1, 0.75), ("aaaa", 4, 0.0), ("the the the ", 4, 5 / 9)],
)
def test_repetition_is_counted(text, n, share):
    """Chains that stood before, among all chains: by hand for four texts."""
    assert choosing.repeated(text, n) == pytest.approx(share)


@pytest.mark.parametrize(
    ("call", "rule"),
    [
        (lambda: choosing.with_temperature([1.0], -1), r"temperature \(-1\) must be 0 \(the likeliest\)"),
        (lambda: choosing.with_temperature([1.0], float("nan")), r"temperature \(nan\) must be 0"),
        (lambda: choosing.top_k([1.0], 0), r"top_k \(0\) is how many tokens stay"),
        (lambda: choosing.top_p([1.0], 0.0), r"top_p \(0.0\) is a share above 0 and at most 1"),
        (lambda: choosing.min_p([1.0], 1.1), r"min_p \(1.1\) is a share above 0 and at most 1"),
        (lambda: choosing.shares([0.0, 0.0]), "not all 0"),
        (lambda: choosing.shares([1.0, -1.0]), "numbers from 0 on"),
        (lambda: choosing.require_probabilities([0.5, 0.5], 3), r"\(2,\) numbers for 3 tokens"),
        (lambda: choosing.require_probabilities([[0.5, 0.5]], 2), r"\(1, 2\) numbers for 2 tokens"),
        (
            lambda: choosing.require_probabilities([2.0, -1.0], 2),
            "from -1 .* put a softmax behind the scores",
        ),
        (lambda: choosing.require_probabilities([0.5, 0.2], 2), "sum to 0.7, and probabilities"),
        (lambda: choosing.require_probabilities([float("nan"), 1.0], 2), "sum to nan"),
        (
            lambda: choosing.beam_rounds(lambda text: [1.0], 0, 3),
            r"width \(0\) and n \(3\) must be at least 1",
        ),
        (lambda: choosing.repeated("ab", 3), "a text of 2 tokens has no chains of 3"),
    ],
)
def test_a_bad_argument_gets_one_sentence(call, rule):
    """The rule, the value and what to do."""
    with pytest.raises(ValueError, match=rule):
        call()
