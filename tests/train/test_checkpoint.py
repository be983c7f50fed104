"""Checkpoints: whole or absent, everything in them, nothing pickled, a sentence for what is damaged or foreign."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import load_file
from train.toy_training import Counted, batches, loss, toy

from tfm.train.averages import EMA
from tfm.train.checkpoint import load_checkpoint, load_newest, model_folder, save_best, save_checkpoint
from tfm.train.loop import Trainer
from tfm.train.optimisers import adamw, muon
from tfm.train.run_folder import newest_step
from tfm.train.settings import Settings
from tfm.train.state_codec import pack, unpack

STEPS, KILLS = 100, 10
RUN = Path(__file__).with_name("killed_run.py")


def settings(**changes):
    """Ten steps in float32, with changes."""
    return Settings(**{"steps": 10, "rate": 0.01, "autocast": "off", "device": "cpu"} | changes)


class Runs:
    """Starts runs, one after the other, and listens to them."""

    def __init__(self, process):
        self.process = process

    def start(self, folder, out):
        """Start one; its process number is known at once."""
        self.process.stdin.write(f"{folder} {STEPS} {out}\n")
        self.process.stdin.flush()
        self.pid = int(self.next().removeprefix("process "))

    def next(self):
        """What it says next."""
        line = self.process.stdout.readline()
        assert line, "the runs ended with an error"
        return line.strip()

    def end(self):
        """Wait for its end: 0, or the signal that killed it."""
        while not (line := self.next()).startswith("ended"):
            continue
        return int(line.removeprefix("ended "))


@pytest.fixture
def runs():
    """Processes for runs."""
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    with subprocess.Popen(
        [sys.executable, str(RUN)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        yield Runs(process)
        process.stdin.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork processes")
def test_killed_at_ten_moments_it_ends_with_the_same_bits(tmp_path, runs):
    """`kill -9` ten times, within saves too, then resumed: weights, average and best loss are the same bits."""
    runs.start(tmp_path / "whole", tmp_path / "whole.safetensors")
    assert runs.end() == 0
    within_a_save, chance, folder = 0, random.Random(0), tmp_path / "killed"
    for kill in range(KILLS):
        runs.start(folder, tmp_path / "killed.safetensors")
        for _ in range(chance.randrange(1, 8)):
            runs.next()
        if kill % 2:
            while not list(folder.glob("*.new")):  # until a save has begun
                continue
        else:
            time.sleep(chance.random() * 0.02)
        os.kill(runs.pid, signal.SIGKILL)
        assert runs.end() == signal.SIGKILL
        within_a_save += bool(list(folder.glob("*.new")))
    runs.start(folder, tmp_path / "killed.safetensors")
    assert runs.end() == 0
    one, two = (load_file(tmp_path / f"{name}.safetensors") for name in ("whole", "killed"))
    assert within_a_save
    assert one.keys() == two.keys()
    assert all(torch.equal(one[name], two[name]) for name in one)


@pytest.mark.parametrize("make", [adamw, muon, lambda model: torch.optim.SGD(model.parameters(), 0.1, 0.9)])
def test_resumed_at_every_step_it_ends_with_the_same_bits(tmp_path, make):
    """Wherever a run is cut, with dropout, an average and a place in the data, it ends as if it had not been."""

    def trainer(steps, folder=None):
        model = toy(dropout=0.3)
        average = EMA(model, 0.8)
        made = Trainer(
            model, loss, Counted(), settings(steps=steps), optimiser=make, average=average, folder=folder
        )
        return made, average

    whole, mean = trainer(6)
    losses = [step.loss for step in whole.steps()]
    for cut in range(1, 6):
        folder = tmp_path / str(cut)
        trainer(cut, folder)[0].run()
        torch.manual_seed(99)
        again, again_mean = trainer(6, folder)
        assert again.resume() == cut
        assert [step.loss for step in again.steps()] == losses[cut:]
        pairs = zip(whole.model.parameters(), again.model.parameters(), strict=True)
        assert all(torch.equal(a, b) for a, b in pairs)
        assert all(torch.equal(mean.average[name], again_mean.average[name]) for name in mean.average)


def test_data_without_a_state_is_skipped_to_its_place(tmp_path):
    """A list of batches is gone on with at the batch that comes next."""
    Trainer(toy(), loss, batches(), settings(steps=3), folder=tmp_path).run()
    seen = []
    data = [(*batch, torch.full((6, 5), n)) for n, batch in enumerate(batches())]
    again = Trainer(
        toy(), lambda m, b: seen.append(int(b[2][0, 0])) or loss(m, b[:2]), data, settings(), folder=tmp_path
    )
    again.resume()
    next(again.steps())
    assert seen == [3]


def test_only_safetensors_and_json(tmp_path):
    """A checkpoint holds the named files alone; a model folder can be made of it; the oldest checkpoints go."""
    about = {"config.json": {"d_model": 16}, "tokenizer.json": "{}"}
    trainer = Trainer(
        toy(), loss, batches(), settings(save_every=2, evaluate_every=5), folder=tmp_path, about=about,
        validation=batches(),
    )  # fmt: skip
    trainer.run()
    names = ["config.json", "model.safetensors", "tokenizer.json"]
    bests = ["best-00000005", "best-00000010"]  # of the older checkpoint's time, and of now
    assert sorted(p.name for p in tmp_path.iterdir()) == [*bests, "step-00000008", "step-00000010"]
    assert sorted(p.name for p in (tmp_path / "best-00000010").iterdir()) == ["checksums.json", *names]
    files = sorted(p.name for p in (tmp_path / "step-00000010").iterdir())
    assert files == [*names, "training.json", "training.safetensors"]
    assert json.loads((tmp_path / "step-00000010" / "config.json").read_text()) == {"d_model": 16}
    assert model_folder(tmp_path) == model_folder(tmp_path / "best-00000010") == tmp_path / "best-00000010"
    assert load_file(tmp_path / "best-00000010" / "model.safetensors").keys() == toy().state_dict().keys()


def test_tensors_that_share_memory(tmp_path):
    """Tied weights are written once and are tied again; a view of a larger tensor is written alone."""
    model = toy()
    model.scores = torch.nn.Linear(16, 11, bias=False)
    model.scores.weight = model.embedding.weight
    Trainer(model, loss, batches(), settings(steps=2), folder=tmp_path).run()
    weights = load_file(tmp_path / "step-00000002" / "model.safetensors")
    assert "embedding.weight" in weights
    assert "scores.weight" not in weights
    again = toy()
    again.scores = torch.nn.Linear(16, 11, bias=False)
    again.scores.weight = again.embedding.weight
    Trainer(again, loss, batches(), settings(), folder=tmp_path).resume()
    assert torch.equal(again.scores.weight, model.scores.weight)
    half = torch.arange(6.0)[:3]
    save_best(tmp_path, 1, {"a": half, "b": half}, {})
    assert torch.equal(load_file(tmp_path / "best-00000001" / "model.safetensors")["a"], half)


def test_a_full_disk_leaves_the_older_checkpoint(tmp_path):
    """A save that does not fit is one sentence; the checkpoint before is whole, and no half one stays."""
    trainer = Trainer(toy(), loss, batches(), settings(save_every=5), folder=tmp_path)
    steps = trainer.steps()
    while trainer.step < 6:
        next(steps)
    resource = pytest.importorskip("resource", reason="this system sets no limit to a file's size")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        with pytest.raises(
            OSError, match=r"step 10 could not be written .* \(.*large.*\).* still whole"
        ) as error:
            list(steps)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert "\n" not in str(error.value)
    assert [p.name for p in tmp_path.iterdir()] == ["step-00000005"]
    assert load_newest(tmp_path)[0].step == 5
    assert trainer.save().name == "step-00000010"  # room was made: nothing is lost


@pytest.mark.parametrize(
    "name", ["model.safetensors", "training.safetensors", "config.json", "training.json"]
)
@pytest.mark.parametrize("harm", ["one bit", "cut short", "gone"])
def test_a_damaged_file_is_one_sentence_and_the_older_checkpoint_is_taken(tmp_path, name, harm):
    """Any harm to any file is noticed; the run goes on from the checkpoint before, and says so."""
    Trainer(
        toy(), loss, batches(), settings(save_every=5), folder=tmp_path, about={"config.json": {"a": 1}}
    ).run()
    file = tmp_path / "step-00000010" / name
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    if harm == "gone":
        file.unlink()
    else:
        file.write_bytes(content if harm == "one bit" else content[:-7])
    with pytest.raises(ValueError, match="step-00000010") as error:
        load_checkpoint(tmp_path / "step-00000010")
    assert "\n" not in str(error.value)
    again = Trainer(toy(), loss, batches(), settings(), folder=tmp_path)
    with pytest.warns(UserWarning, match="step 5 is whole and is taken"):
        assert again.resume() == 5
    shutil.rmtree(tmp_path / "step-00000005")
    with pytest.raises(ValueError, match="step-00000010"):
        again.resume()


def test_what_is_no_checkpoint_is_one_sentence(tmp_path):
    """An empty folder, a foreign one, and another model's checkpoint each get their sentence."""
    with pytest.raises(ValueError, match="holds no checkpoint"):
        load_newest(tmp_path)
    with pytest.raises(ValueError, match=r"holds no model\.safetensors"):
        model_folder(tmp_path)
    foreign = tmp_path / "foreign" / "step-00000003"
    foreign.mkdir(parents=True)
    (foreign / "training.json").write_text('{"format": "other"}')
    with pytest.raises(ValueError, match="is no checkpoint of tfm"):
        load_newest(foreign.parent)
    Trainer(toy(), loss, batches(), settings(steps=1), folder=tmp_path).run()
    wider = toy()
    wider.scores = torch.nn.Linear(16, 12)
    with pytest.raises(ValueError, match=r"scores.bias is of shape \(11,\) there and of shape \(12,\) here"):
        Trainer(wider, loss, batches(), settings(), folder=tmp_path).resume()
    with pytest.raises(ValueError, match="another one than Together"):
        Trainer(toy(), loss, batches(), settings(), optimiser=muon, folder=tmp_path).resume()


def test_a_folder_with_a_run_is_not_written_over(tmp_path):
    """A new run in a folder that holds one is refused before the first step."""
    Trainer(toy(), loss, batches(), settings(steps=1), folder=tmp_path).run()
    with pytest.raises(FileExistsError, match="holds a run that stands at step 1: resume it"):
        Trainer(toy(), loss, batches(), settings(), folder=tmp_path).run()


@pytest.mark.parametrize(("keep", "left"), [(0, 5), (1, 1), (3, 3)])
def test_how_many_checkpoints_stay(tmp_path, keep, left):
    """`keep` newest ones stay, all for 0, and numbers beyond eight digits sort as numbers."""
    for step in (8, 9, 10, 99_999_999, 100_000_000):
        save_checkpoint(tmp_path, step, {"a": torch.ones(1)}, {}, {}, keep)
    assert len(list(tmp_path.iterdir())) == left
    assert load_newest(tmp_path)[0].step == newest_step(tmp_path) == 100_000_000


LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(),
    st.builds(torch.tensor, st.lists(st.floats(width=32, allow_nan=False))),
    st.builds(lambda x: np.array(x, np.uint32), st.lists(st.integers(0, 2**32 - 1))),
)  # fmt: skip
TREES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner),
        st.lists(inner).map(tuple),
        st.dictionaries(st.one_of(st.text(), st.integers()), inner),
    ),
    max_leaves=8,
)


def alike(one, two):
    """Whether two trees are equal, kinds included."""
    if type(one) is not type(two):
        return False
    if isinstance(one, dict):
        return list(one) == list(two) and all(alike(one[key], two[key]) for key in one)
    if isinstance(one, list | tuple):
        return len(one) == len(two) and all(map(alike, one, two))
    if isinstance(one, torch.Tensor | np.ndarray):
        return one.dtype == two.dtype and one.tolist() == two.tolist()
    return one == two


@given(TREES)
def test_any_tree_comes_back_by_way_of_json(tree):
    """Dictionaries, lists, tuples, numbers, words, tensors and arrays come back as what they were."""
    tensors = {}
    packed = json.loads(json.dumps(pack(tree, "s", tensors)))
    assert alike(unpack(packed, tensors), tree)


def test_what_cannot_be_packed_is_named():
    """An object in a state is a TypeError that names its kind, before anything is written."""
    with pytest.raises(TypeError, match="a set in the state of optimiser cannot be saved"):
        pack({"a": {1, 2}}, "optimiser", {})
