"""Token files and windows: what is written comes back, every token is read, and the order can be resumed."""

import json

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import load_file

from tfm.data.tokens import Sequential, TokenFile, Windows, write_tokens


def test_a_file_comes_back_with_what_was_said_of_it(tmp_path):
    """Ids and the words about them survive; small ids take two bytes each, large ones four."""
    for ids, size in (([3, 65_535, 0], 2), ([3, 65_536, 0], 4)):
        write_tokens(tmp_path / "a.bin", ids, {"name": "列子"})
        tokens = TokenFile(tmp_path / "a.bin")
        assert tokens.ids.tolist() == ids
        assert tokens.about == {"name": "列子"}
        assert tokens.ids.itemsize == size
        assert len(tokens) == 3


def test_any_reader_of_safetensors_reads_it(tmp_path):
    """The file is a safetensors file with the one tensor “ids”, readable by whoever may read its folder."""
    write_tokens(tmp_path / "a.bin", [1, 2, 3], {})
    assert load_file(tmp_path / "a.bin")["ids"].tolist() == [1, 2, 3]
    (tmp_path / "plain").write_text("")
    assert (tmp_path / "a.bin").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_the_ids_stay_on_the_disk(tmp_path):
    """Opening a file maps it and copies nothing."""
    write_tokens(tmp_path / "a.bin", np.arange(1000), {})
    assert isinstance(TokenFile(tmp_path / "a.bin").ids, np.memmap)


def test_a_write_that_fails_leaves_the_older_file(tmp_path, monkeypatch):
    """When the disk is full the sentence comes through, the old file is whole, and no rest lies about."""
    path = tmp_path / "a.bin"
    write_tokens(path, [1, 2, 3], {})

    def full(self, data):
        self.open("wb").close()
        raise OSError(28, "No space left on device", str(self))

    monkeypatch.setattr(type(path), "write_bytes", full)
    with pytest.raises(OSError, match="No space left"):
        write_tokens(path, [9, 9], {})
    assert TokenFile(path).ids.tolist() == [1, 2, 3]
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("ids", [[], [-1, 2], [1 << 32]])
def test_ids_that_are_none_are_refused(tmp_path, ids):
    """No ids, a negative id and one beyond four bytes get a sentence and leave no file."""
    with pytest.raises(ValueError, match=r"token ids"):
        write_tokens(tmp_path / "a.bin", np.array(ids, np.int64), {})
    assert not list(tmp_path.iterdir())


def _foreign(ids):
    from safetensors.numpy import save

    return save({"weights": np.zeros(3, np.float32)})


@pytest.mark.parametrize(
    "spoil",
    [
        lambda whole: whole[:-1],
        lambda whole: whole[: len(whole) // 2],
        lambda whole: b"",
        lambda whole: b"To be, or not to be",
        lambda whole: whole + b"x",
        _foreign,
    ],
)
def test_a_damaged_or_foreign_file_gets_one_sentence(tmp_path, spoil):
    """A file cut short or lengthened, an empty one, a text, and weights are each named as no token file."""
    path = tmp_path / "a.bin"
    write_tokens(path, range(100), {})
    path.write_bytes(spoil(path.read_bytes()))
    with pytest.raises(ValueError, match=r"a\.bin is damaged or no file of token ids .* write it anew"):
        TokenFile(path)


def test_a_vocabulary_that_does_not_match_is_named(tmp_path):
    """A file with an id beyond the model's vocabulary says which, and what to do."""
    write_tokens(tmp_path / "a.bin", [4, 64], {})
    TokenFile(tmp_path / "a.bin").require_vocabulary(65)
    with pytest.raises(ValueError, match=r"holds the id 64, and a vocabulary of 64 ends at 63: prepare"):
        TokenFile(tmp_path / "a.bin").require_vocabulary(64)


@given(
    length=st.integers(2, 200), context=st.integers(1, 30), batch=st.integers(1, 7), seed=st.integers(0, 9)
)
def test_targets_are_the_inputs_one_further(length, context, batch, seed):
    """Every id is one of the text's, and each target is the token after its input, where a window goes on too."""
    if length <= context:
        return
    windows = Windows(np.arange(length, dtype=np.uint16), context, batch, seed)
    for _ in range(5):
        inputs, targets = next(windows)
        assert inputs.shape == (batch, context)
        assert inputs.dtype == targets.dtype == torch.int64
        assert torch.equal(targets, inputs + 1)
        assert inputs.min() >= 0
        assert targets.max() < length


@given(length=st.integers(20, 300), context=st.integers(1, 19))
def test_one_round_reads_the_text_once(length, context):
    """In every round no token is an input twice, and less than a window's worth is left unread."""
    windows = Windows(np.arange(length), context, 1)
    for number in range(1, 4):
        read = []
        while windows.rounds < number:
            read += next(windows)[0].flatten().tolist()
        assert len(set(read)) == len(read) > length - 1 - context


def _times_a_target(rows, length):
    return np.bincount(torch.cat([targets.flatten() for _, targets in rows]), minlength=length)


@pytest.mark.parametrize(
    ("length", "context"),
    [(767, 256), (1535, 256), (513, 256), (512, 256), (257, 256), (60, 7), (64, 8), (65, 8), (30, 1), (2, 1)],
)
@pytest.mark.parametrize("batch", [1, 5])
def test_every_token_after_the_first_is_a_target_equally_often(length, context, batch):
    """Over many rounds the rarest and the most frequent target differ by chance alone, at both ends as well."""
    windows, rounds = Windows(np.arange(length), context, batch, seed=1), 300
    rows = []
    while windows.rounds < rounds:
        rows.append(next(windows))
    times = _times_a_target(rows, length)
    assert times[0] == 0
    expected = times.sum() / (length - 1)
    # A token is left out of a round or it is not: five standard deviations of that coin, and one part of a batch.
    spread = 5 * (max(0.0, expected * (1 - expected / rounds))) ** 0.5 + batch + 1
    assert abs(times[1:] - expected).max() <= spread, (times[1:].min(), times[1:].max(), expected)


@pytest.mark.parametrize("processes", [2, 3])
def test_several_processes_and_a_stop_in_the_middle_leave_no_token_out(processes):
    """The rows that the processes take, the run saved and resumed within a round, are those of one that ran on."""
    straight, first, rest = (Windows(np.arange(100), 7, 6, seed=2) for _ in range(3))
    rows = [next(straight) for _ in range(400)]
    halves = [next(first) for _ in range(171)]
    rest.load_state_dict(json.loads(json.dumps(first.state_dict())))
    halves += [next(rest) for _ in range(229)]
    shared = [
        tuple(t[rank::processes] for t in batch) for batch in halves for rank in range(processes)
    ]  # as `Processes.share` does
    assert (_times_a_target(shared, 100) == _times_a_target(rows, 100)).all()
    assert _times_a_target(shared, 100)[1:].min() > 100


def test_the_first_round_begins_near_the_beginning():
    """The windows of a run's first round, whose places stored lessons print, stay what they are."""
    inputs, _ = next(Windows(np.arange(1_000), 10, 4, seed=7))
    assert inputs[:, 0].tolist() == [889, 429, 269, 509]
    inputs, _ = next(Windows(np.arange(1_003), 10, 4, seed=7))
    assert inputs[:, 0].tolist() == [889, 429, 269, 509]


def test_every_round_cuts_elsewhere():
    """The pieces of two rounds begin at different places, so that other neighbours meet in a window."""
    windows = Windows(np.arange(10_000), 64, 1)
    first = {int(next(windows)[0][0, 0]) % 64 for _ in range(150)}
    while windows.rounds < 1:
        next(windows)
    second = {int(next(windows)[0][0, 0]) % 64 for _ in range(150)}
    assert len(first) == 1
    assert len(second) <= 2  # where a round runs over the end, it is cut elsewhere after it
    assert first.isdisjoint(second)


@given(before=st.integers(0, 40), seed=st.integers(0, 5))
def test_a_resumed_order_goes_on_bit_for_bit(before, seed):
    """A new iterator with the old one's state, sent through JSON, gives what the old one gives."""
    tokens = np.arange(120)
    old = Windows(tokens, 7, 3, seed)
    for _ in range(before):
        next(old)
    new = Windows(tokens, 7, 3, seed=99)
    new.load_state_dict(json.loads(json.dumps(old.state_dict())))
    for _ in range(10):
        assert torch.equal(next(old)[0], next(new)[0])


@given(length=st.integers(2, 100), context=st.integers(1, 12), batch=st.integers(1, 5))
def test_sequential_gives_every_target_once(length, context, batch):
    """All targets in order are the text without its first token; going through twice gives the same."""
    if length <= context:
        return
    once = Sequential(np.arange(length), context, batch)
    targets = [torch.cat([t.flatten() for _, t in once]).tolist() for _ in range(2)]
    assert targets[0] == targets[1] == list(range(1, length))
    assert len(list(once)) == len(once)


@pytest.mark.parametrize("make", [Windows, Sequential])
@pytest.mark.parametrize(("length", "advice"), [(0, "more text"), (1, "more text"), (64, "at most 63")])
def test_a_text_shorter_than_the_context_gets_one_sentence(make, length, advice):
    """The sentence gives the text's length, what a window needs, and the context that would fit."""
    with pytest.raises(ValueError, match=f"the text has {length} tokens, .* needs 65: .*{advice}"):
        make(np.zeros(length, np.int64), 64, 8)


def test_a_short_file_is_named(tmp_path):
    """For a file the sentence says which."""
    write_tokens(tmp_path / "val.bin", [1, 2], {})
    with pytest.raises(ValueError, match=r"val\.bin has 2 tokens"):
        Windows(TokenFile(tmp_path / "val.bin"), 4, 1)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"context": 0}, r"context \(0\) must be 1 or more"),
        ({"batch": 0}, r"batch \(0\) must be 1 or more"),
        ({"tokens": np.zeros((2, 40), np.int64)}, "one row of whole numbers"),
        ({"tokens": np.zeros(40)}, "one row of whole numbers"),
    ],
)
def test_numbers_out_of_range_get_one_sentence(settings, sentence):
    """Each number that is none, and a table or fractions for tokens, is named."""
    with pytest.raises(ValueError, match=sentence):
        Windows(**{"tokens": np.arange(40), "context": 4, "batch": 4} | settings)
