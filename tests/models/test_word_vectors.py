"""Skip-gram with the full softmax: its counts, its loss, and what it learns where the answer is known."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from tfm.lessons.embeddings.search import cosines, nearest
from tfm.models.word_vectors import SkipGram, SkipGramConfig, neighbour_counts

LOSS_ATOL = 1e-6  # measured: 2e-7, float32 against the pairs one by one
WORDS = "abcde"
PLACES = {word: place for place, word in enumerate(WORDS)}


def model(vocab_size=5, d_model=3, seed=0, **fields):
    """Return a model from one seed."""
    torch.manual_seed(seed)
    return SkipGram(SkipGramConfig(vocab_size=vocab_size, d_model=d_model, **fields))


def brute_force(texts, window):
    """Count neighbours by looking at every pair of places."""
    counts = np.zeros((len(WORDS), len(WORDS)))
    for text in texts:
        ids = [PLACES[word] for word in text if word in PLACES]
        for i, one in enumerate(ids):
            for j, other in enumerate(ids):
                counts[one, other] += 0 < abs(i - j) <= window
    return counts


@settings(deadline=None)
@given(st.lists(st.text("abcdex", max_size=12), max_size=4), st.integers(1, 6))
def test_counts_equal_every_pair_of_places(texts, window):
    """Any texts, strangers among them, empty ones, windows wider than a text: the same as brute force."""
    assert np.array_equal(neighbour_counts(texts, PLACES, window), brute_force(texts, window))


def test_no_pair_reaches_into_the_next_text():
    """The end of one text and the start of the next are no neighbours."""
    assert neighbour_counts(["ab", "cd"], PLACES, window=9)[PLACES["b"], PLACES["c"]] == 0


def test_the_loss_is_the_cross_entropy_over_all_pairs():
    """Counted pairs at once, and PyTorch's cross-entropy of the pairs one by one, agree, gradients too."""
    text = "abacabadabacaba" * 3
    counts = torch.tensor(neighbour_counts([text], PLACES, window=2))
    pairs = [(i, j) for i in range(5) for j in range(5) for _ in range(int(counts[i, j]))]
    centres, neighbours = torch.tensor(pairs).T
    ours, theirs = model(), model()
    one = ours.loss(counts)
    other = functional.cross_entropy(theirs(centres[None])[0], neighbours)
    assert torch.allclose(one, other, atol=LOSS_ATOL)
    one.backward()
    other.backward()
    for mine, other_one in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert torch.allclose(mine.grad, other_one.grad, atol=LOSS_ATOL)


def test_a_model_that_knows_nothing_is_surprised_by_ln_v():
    """With all weights 0 every neighbour is as likely: ln V."""
    blind = model()
    for weight in blind.parameters():
        torch.nn.init.zeros_(weight)
    assert float(blind.loss(torch.ones(5, 5)).detach()) == pytest.approx(math.log(5), abs=LOSS_ATOL)


def test_the_gradient_is_that_of_finite_differences():
    """Gradcheck in float64, of the loss with respect to the table."""
    net, counts = model().double(), torch.rand(5, 5, dtype=torch.float64)

    def loss(table):
        logits = functional.linear(table, net.neighbour.weight, net.neighbour.bias)
        return -(counts * logits.log_softmax(-1)).sum() / counts.sum()

    table = net.embedding.weight.detach().requires_grad_()
    assert torch.autograd.gradcheck(loss, table)
    assert torch.allclose(loss(table), net.loss(counts))


def test_words_in_the_same_company_end_up_together():
    """Words b and c never meet but stand in the same company, so training makes them nearest, for each seed."""
    texts = ["abd", "acd"] * 20 + ["eae"] * 10
    counts = torch.tensor(neighbour_counts(texts, PLACES, window=1))
    assert counts[PLACES["b"], PLACES["c"]] == 0
    for seed in range(3):
        net = model(seed=seed)
        descent = torch.optim.Adam(net.parameters(), lr=0.05)
        for _ in range(200):
            loss = net.loss(counts)
            descent.zero_grad()
            loss.backward()
            descent.step()
        table = net.embedding.weight.detach().numpy()
        assert nearest(table, PLACES["b"], 1) == [PLACES["c"]]
        assert cosines(table[1], table)[2] > 0.95


def test_the_state_makes_a_round_trip():
    """A model loaded from another's state gives the same scores, to the bit."""
    one, other = model(seed=0), model(seed=1)
    ids = torch.arange(5)[None]
    assert not torch.equal(one(ids), other(ids))
    other.load_state_dict(one.state_dict())
    assert torch.equal(one(ids), other(ids))


def test_a_seed_decides_the_table():
    """The same seed makes the same table, another seed another one, and init_std its spread."""
    assert torch.equal(model(seed=3).embedding.weight, model(seed=3).embedding.weight)
    assert not torch.equal(model(seed=3).embedding.weight, model(seed=4).embedding.weight)
    wide = model(vocab_size=500, d_model=32, init_std=2.0).embedding.weight
    assert float(wide.detach().std()) == pytest.approx(2.0, rel=0.05)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"vocab_size": 0}, "vocab_size must be 1 or more, and it is 0"),
        ({"d_model": -1}, "d_model must be 1 or more, and it is -1"),
        ({"init_std": 0.0}, r"init_std must be above 0, and it is 0\.0"),
        ({"init_std": float("nan")}, "init_std must be above 0, and it is nan"),
    ],
)
def test_a_bad_configuration_gets_one_sentence(fields, sentence):
    """A number out of range is refused with its value and a better one."""
    with pytest.raises(ValueError, match=sentence):
        SkipGramConfig(**{"vocab_size": 5, "d_model": 3, **fields})


def test_bad_calls_get_one_sentence():
    """Counts of another size, counts of nothing, ids that do not exist, a window of 0."""
    with pytest.raises(ValueError, match="counts"):
        model().loss(torch.ones(4, 4))
    with pytest.raises(ValueError, match="counts adds up to 0: count a text"):
        model().loss(torch.zeros(5, 5))
    with pytest.raises(ValueError, match="token id 5 is outside the vocabulary of 5 ids"):
        model()(torch.tensor([[5]]))
    with pytest.raises(ValueError, match="window must be 1 or more, and it is 0"):
        neighbour_counts(["ab"], PLACES, window=0)
