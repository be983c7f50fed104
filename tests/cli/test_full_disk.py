"""`tfm train` where nothing can be written: one sentence with the cure each, and what was saved stays whole."""

import errno
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tfm import cli, whole_files
from tfm.train import checkpoint
from tfm.train.checkpoint import load_newest

TEXT = "the cat sat on the mat, and the dog sat on the cat.\n" * 20
SIZES = ["d_model=8", "n_layers=1", "n_heads=1", "batch=2", "device=cpu", "autocast=off", "context=8"]


@pytest.fixture
def text(tmp_path, monkeypatch):
    """A text of the reader's own, in the working directory."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.txt").write_text(TEXT)
    return tmp_path


def train(*words):
    """Run `tfm train` in this process."""
    return cli.main(
        ["train", "own.txt", *words, "--set", *SIZES, "steps=3", "save_every=1", "evaluate_every=1"]
    )


def sentence(capsys):
    """The one sentence on standard error, a progress bar apart."""
    err = capsys.readouterr().err
    assert "Traceback" not in err
    assert "[Errno" not in err
    said = [line for line in err.split("\r")[-1].splitlines() if line.startswith("tfm: ")]
    assert len(said) == 1, err
    return said[0]


def test_a_file_where_the_folder_should_be(text, capsys):
    """--out names a file, or lies below one: nothing is changed."""
    (text / "taken").write_text("mine")
    for out in ("taken", "taken/run"):
        assert train("--out", out) == 2
        assert "a file stands where a folder should: name another folder" in sentence(capsys)
        assert train("--out", out, "--resume") == 2
        sentence(capsys)
    assert (text / "taken").read_text() == "mine"
    assert train("--out", "run") == 0


def test_a_name_that_is_too_long(text, capsys):
    """No system takes a folder's name of a thousand letters."""
    assert train("--out", "x" * 1000) == 2
    assert "name too long: take a shorter name" in sentence(capsys)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_to(text, capsys):
    """A folder of somebody else's."""
    (text / "theirs").mkdir(mode=0o555)
    assert train("--out", "theirs/run") == 2
    assert "permission denied: name a place that you may write to" in sentence(capsys)


def writes(monkeypatch, number=None):
    """Let the disk be full from a write on: of words, of tensors, of a new folder. The kind of each.

    Writes by one function under one name, whatever the number of the step, are of one kind.
    """
    seen = []

    def full(kind):
        seen.append(kind)
        if number is not None and len(seen) > number:
            raise OSError(errno.ENOSPC, "No space left on device")

    def watched(owner, name):
        before = getattr(owner, name)

        def write(*args, **kwargs):
            place = next((Path(word).name for word in args if isinstance(word, str | Path)), "")
            caller = sys._getframe(1).f_code.co_qualname
            full((name, caller, re.sub("[0-9a-f]{8,}", "n", place)))
            return before(*args, **kwargs)

        monkeypatch.setattr(owner, name, write)

    watched(Path, "write_text")
    watched(Path, "write_bytes")
    watched(Path, "mkdir")
    watched(checkpoint, "save_file")
    watched(whole_files.os, "fsync")
    return seen


@pytest.fixture
def kinds(text):
    """The kind of each write of a run that is not disturbed, which is left in `whole`."""
    with pytest.MonkeyPatch.context() as patch:
        seen = writes(patch)
        assert train("--out", "whole") == 0
    return seen


def ends_with_room(text, capsys, number):
    """Let a write be the first that fails: one sentence; with room made, the same command ends the run."""
    with pytest.MonkeyPatch.context() as patch:
        writes(patch, number)
        assert train("--out", str(number)) == 2
    assert "no space left" in sentence(capsys).lower()
    resume = ["--resume"] if list(Path(str(number)).glob("step-????????")) else []
    assert train("--out", str(number), *resume) == 0
    assert load_newest(text / str(number))[0].step == 3
    names = [{path.name for path in Path(out).iterdir()} for out in (str(number), "whole")]
    assert names[0] == names[1]


def test_a_disk_that_fills_up_at_each_kind_of_write(text, capsys, kinds):
    """One write of each kind is the first that fails, early in the run and late in turn."""
    places = {kind: [n for n, other in enumerate(kinds) if other == kind] for kind in kinds}
    for turn, found in enumerate(places.values()):
        ends_with_room(text, capsys, found[turn % len(found)])


@pytest.mark.long
def test_a_disk_that_fills_up_at_any_write(text, capsys, kinds):
    """Each write in turn is the first that fails."""
    for number in range(len(kinds)):
        ends_with_room(text, capsys, number)


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root may mount a small disk"
)
def test_a_disk_that_is_really_full(text, capsys):
    """On a disk of 400 kB: one sentence, whatever wrote last, and a run that goes on when there is room."""
    small = text / "small"
    small.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", str(small)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("this machine mounts no small disk")
    try:
        words = ["--set", *SIZES, "steps=100000", "save_every=50", "keep=0", "evaluate_every=100000"]
        assert cli.main(["train", "own.txt", "--out", "small/run", *words]) == 2
        said = sentence(capsys)
        assert "No space left" in said or "no space left" in said
        assert "small/run" in said
        saved = load_newest(small / "run")[0]
        assert saved.step >= 50
        subprocess.run(["mount", "-o", "remount,size=40m", str(small)], check=True)
        done = ["train", "own.txt", "--out", "small/run", "--resume", "--set", f"steps={saved.step + 5}"]
        assert cli.main(done) == 0
    finally:
        subprocess.run(["umount", "-l", str(small)], check=True)


@pytest.mark.parametrize(
    "place",
    ["data/mine.csv", "data", "metrics.jsonl", "run.json", "best-00000003/mine", "tensorboard"],
)
def test_what_is_no_runs_own_is_not_removed(text, capsys, place):
    """A folder of the reader's that has what a run would put there is refused, and not a byte of it changes."""
    mine = text / "project" / place
    mine.parent.mkdir(parents=True)
    mine.write_text("mine")
    assert train("--out", "project") == 2
    assert f"{mine.relative_to(text)}".startswith(sentence(capsys).split()[1])
    assert [path for path in (text / "project").rglob("*") if path.is_file()] == [mine]
    assert mine.read_text() == "mine"
