"""Batches of pairs: what the decoder reads and writes, like lengths together, and an order that can be resumed."""

import json

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tfm.data.pairs import Marks, Pairs, pad_right

MARKS = Marks(pad=0, start=1, end=2)


@pytest.fixture(scope="module")
def sentences():
    """A thousand pairs; the numbers 10 and up count the pairs, lengths go from 1 to 30."""
    chance = np.random.default_rng(0)
    lengths = chance.integers(1, 31, (1000, 2))
    return [[[10 + i] * n for i, n in enumerate(lengths[:, side])] for side in (0, 1)]


def test_the_decoder_reads_the_mark_first_and_writes_the_end_last():
    """Target in is the start mark and the words, target out the words and the end mark; pads stand right."""
    batch = next(Pairs([[7], [8, 9]], [[4, 5], [6]], batch=2, marks=MARKS))
    rows = {tuple(row[0]): (row[1], row[2]) for row in zip(*(t.tolist() for t in batch), strict=True)}
    assert rows == {(7, 0): ([1, 4, 5], [4, 5, 2]), (8, 9): ([1, 6, 0], [6, 2, 0])}


def test_a_round_holds_every_pair_once(sentences):
    """In one round each pair comes exactly once, sources beside their own targets."""
    pairs = Pairs(*sentences, batch=32, marks=MARKS)
    seen = []
    for _ in range(pairs.batches):
        source, target_in, target_out = next(pairs)
        assert torch.equal(source[:, 0], target_in[:, 1])
        assert torch.equal(target_in[:, 1], target_out[:, 0])
        seen += source[:, 0].tolist()
    assert sorted(seen) == list(range(10, 1010))
    assert pairs.rounds == 1


def test_like_lengths_share_a_batch(sentences):
    """Far fewer places are padding than in batches drawn without regard to length."""
    pairs = Pairs(*sentences, batch=8, marks=MARKS)
    batches = [next(pairs) for _ in range(pairs.batches)]
    padding = np.mean([(t == 0).float().mean().item() for batch in batches for t in (batch[0], batch[2])])
    plain = [pad_right(sentences[0][i : i + 8], 0) for i in range(0, 1000, 8)]
    assert padding < np.mean([(t == 0).float().mean().item() for t in plain]) / 2


def test_another_round_has_another_order(sentences):
    """The same pairs come in other batches the next time."""
    pairs = Pairs(*sentences, batch=32, marks=MARKS)
    rounds = [[tuple(next(pairs)[0][:, 0].tolist()) for _ in range(pairs.batches)] for _ in range(2)]
    assert set(rounds[0]) != set(rounds[1])


@given(before=st.integers(0, 80))
def test_a_resumed_order_goes_on(before, sentences):
    """A state that went through JSON gives the same batches as the old iterator, over the end of a round."""
    old = Pairs(*sentences, batch=32, marks=MARKS, seed=3)
    for _ in range(before):
        next(old)
    new = Pairs(*sentences, batch=32, marks=MARKS)
    new.load_state_dict(json.loads(json.dumps(old.state_dict())))
    for _ in range(5):
        assert all(map(torch.equal, next(old), next(new)))


def test_in_order_gives_every_pair_once_short_ones_first(sentences):
    """Each pair comes once, and the sources never get shorter."""
    batches = list(Pairs(*sentences, batch=32, marks=MARKS).in_order())
    assert sorted(i for batch in batches for i in batch[0][:, 0].tolist()) == list(range(10, 1010))
    widths = [batch[0].shape[1] for batch in batches]
    assert widths == sorted(widths)


def test_pairs_that_are_too_long_are_left_out_and_counted():
    """A pair with a side longer than allowed is not in any batch, and the number of such is kept."""
    pairs = Pairs([[5], [6, 6, 6]], [[7, 7], [8]], batch=4, marks=MARKS, longest=2)
    assert pairs.left_out == 1
    assert next(pairs)[0].tolist() == [[5]]


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"sources": [], "targets": []}, "0 sources and 0 targets"),
        ({"targets": [[1], [2]]}, "1 sources and 2 targets"),
        ({"targets": [[]]}, "pair 0 has an empty side"),
        ({"batch": 0}, r"batch \(0\) must be 1 or more"),
        ({"longest": 1}, "no pair has at most 1 tokens"),
    ],
)
def test_what_are_no_pairs_gets_one_sentence(settings, sentence):
    """Missing, unequal, empty or only too long sentences are named."""
    usual = {"sources": [[4, 5]], "targets": [[6]], "batch": 2, "marks": MARKS}
    with pytest.raises(ValueError, match=sentence):
        Pairs(**usual | settings)


def test_marks_must_differ():
    """Padding that is also the end mark would leave the end out of the loss."""
    with pytest.raises(ValueError, match="three different ids"):
        Marks(pad=0, start=1, end=0)
