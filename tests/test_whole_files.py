"""Files and folders that are whole or absent: after a full disk, a kill between two renames, and a sweep."""

import errno
import os
from pathlib import Path

import pytest

from tfm.whole_files import new_folder, remove_folder, replace_folder, sweep, swept_name, write_whole


def names(folder):
    """What lies in a folder."""
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path, monkeypatch):
    """A text stands there with Unix's line ends; where it does not fit, the older one stays and nothing else."""
    path = tmp_path / "run.json"
    write_whole(path, "one\n")
    assert path.read_bytes() == b"one\n"

    def full(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_whole(path, "two\n")
    assert path.read_text() == "one\n"
    assert names(tmp_path) == ["run.json"]


def test_a_folder_is_replaced_whole_or_not_at_all(tmp_path, monkeypatch):
    """A new folder takes an older one's place; where it fails, also at the last rename, the older one stays."""
    path = tmp_path / "step"
    for word in ("one", "two"):
        with new_folder(path) as new:
            (new / "file").write_text(word)
    assert (path / "file").read_text() == "two"
    with pytest.raises(RuntimeError), new_folder(path) as new:
        raise RuntimeError
    rename = Path.rename

    def fails(self, target):
        if self.suffix == ".new":
            raise OSError(errno.EIO, "Input/output error")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fails)
    with pytest.raises(OSError, match="Input/output"), new_folder(path):
        pass
    assert (path / "file").read_text() == "two"
    assert names(tmp_path) == ["step"]


def test_what_a_kill_left_is_swept(tmp_path):
    """Half-written and half-removed files and folders go; between two renames the older folder comes back."""
    for name in ("a.new", "b.old", "c.old", "c.new", "d", "d.old", "d.new"):
        (tmp_path / name).mkdir()
        (tmp_path / name / name).touch()
    (tmp_path / "run.json.new").touch()
    (tmp_path / "notes.old").touch()  # nobody asked for it
    sweep(tmp_path / name for name in ("a", "b", "c", "d", "run.json", "missing"))
    assert names(tmp_path) == ["c", "d", "notes.old"]
    assert (names(tmp_path / "c"), names(tmp_path / "d")) == (["c.old"], ["d"])
    assert swept_name(Path("x/metrics.jsonl.new")) == Path("x/metrics.jsonl")
    assert swept_name(Path("x/metrics.jsonl")) is None


def test_a_folder_is_removed_and_replaced(tmp_path):
    """Nothing is left beside a folder that was removed, or put in another's place."""
    for name in ("old", "new"):
        (tmp_path / name).mkdir()
        (tmp_path / name / name).touch()
    replace_folder(tmp_path / "new", tmp_path / "old")
    assert names(tmp_path / "old") == ["new"]
    remove_folder(tmp_path / "old")
    assert not names(tmp_path)
