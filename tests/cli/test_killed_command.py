"""`tfm train`, killed before any event at a file and started again: the same bytes and files, nothing left."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from cli.killed_command import KILLED, left_in

from tfm.train.checkpoint import load_newest

TEXT = "the cat sat on the mat, and the dog sat on the cat.\n" * 20
SIZES = ["d_model=8", "n_layers=1", "n_heads=1", "batch=2", "device=cpu", "autocast=off", "average=0.9"]
STEPS = ["steps=3", "save_every=1", "evaluate_every=1", "keep=1", "optimiser=adamw", "rate=0.01", "warmup=0"]
WRITE = ["own.txt", "--out", "run", "--set", *SIZES, *STEPS, "context=8", "dropout=0.1"]
PAIRS = [
    "multi30k", "--task", "translate", "--out", "run", "--set", *SIZES, *STEPS, "d_ff=8", "vocabulary=280",
    "judge_on=2", "beam=1",
]  # fmt: skip
SAMPLE = 3  # kills of each kind of run in a unit test

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork processes")


@pytest.fixture(scope="module")
def train():
    """Run `tfm train` in a folder, killed before an event of that number; see `killed_command`."""
    command = [sys.executable, str(Path(__file__).with_name("killed_command.py"))]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:

        def ask(folder, words, number=0):
            process.stdin.write(json.dumps([str(folder), words, number]) + "\n")
            process.stdin.flush()
            return json.loads(process.stdout.readline())

        yield ask
        process.stdin.close()


@pytest.fixture(params=[WRITE, PAIRS], ids=["write", "translate"])
def whole(request, tmp_path, train):
    """A run that nobody killed: its words, its files, and how many events there were."""
    folder = tmp_path / "whole"
    folder.mkdir()
    (folder / "own.txt").write_text(TEXT)
    code, events, said = train(folder, request.param)
    assert code == 0, said
    return request.param, left_in(folder), events


def ends_alike(train, tmp_path, whole, number):
    """Kill a run before an event, start it again as a reader would, and compare."""
    words, files, _ = whole
    folder = tmp_path / str(number)
    folder.mkdir()
    (folder / "own.txt").write_text(TEXT)
    code, _, said = train(folder, words, number)
    assert code == KILLED, said
    resume = ["--resume"] if list((folder / "run").glob("step-????????")) else []
    code, _, said = train(folder, [*words[:1], *resume, *words[1:]])
    assert code == 0, f"killed before event {number}: {said}"
    found = left_in(folder)
    assert found.keys() == files.keys(), f"killed before event {number}"
    for name, content in files.items():
        assert found[name] == content, f"killed before event {number}, {name} differs"
    assert load_newest(folder / "run")[1] == []


def test_killed_at_some_events_it_ends_as_if_it_had_not_been(tmp_path, whole, train):
    """Some events of all of them, evenly spread: what is left at the end is what an undisturbed run leaves."""
    events = whole[2]
    for number in range(1, events + 1, events // SAMPLE):
        ends_alike(train, tmp_path, whole, number)


@pytest.mark.long
def test_killed_at_every_event_it_ends_as_if_it_had_not_been(tmp_path, whole, train):
    """Every rename, removal, new folder, link, opened file, half-written file and file forced to the disk."""
    for number in range(1, whole[2] + 1):
        ends_alike(train, tmp_path, whole, number)
