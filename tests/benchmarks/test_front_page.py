"""The figures of the README are those that the benchmarks stored."""

import importlib
import json
import shutil
from pathlib import Path

import pytest

import tfm

FOLDER = Path(tfm.__file__).parents[1] / "benchmarks"


@pytest.fixture
def page(monkeypatch):
    """Import the program that writes the table."""
    if not FOLDER.is_dir():
        pytest.skip("the benchmarks lie in the repository, not in an installed package")
    monkeypatch.syspath_prepend(str(FOLDER))
    return importlib.import_module("front_page")


def test_the_readme_says_what_was_measured(page):
    """The table is the stored results' (`python benchmarks/front_page.py` writes it anew)."""
    readme = page.README.read_text(encoding="utf-8")
    assert page.renewed(readme) == readme


def test_another_result_is_another_figure(page, monkeypatch, tmp_path):
    """What is measured again is in the table, and nothing around it moves."""
    shutil.copytree(page.RESULTS, tmp_path, dirs_exist_ok=True)
    playground = json.loads((tmp_path / "playground.json").read_text())
    playground["rows"][0]["frames_per_second"] = 61.4
    (tmp_path / "playground.json").write_text(json.dumps(playground))
    monkeypatch.setattr(page, "RESULTS", tmp_path)
    readme = page.README.read_text(encoding="utf-8")
    before, after = readme.splitlines(), page.renewed(readme).splitlines()
    (changed,) = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
    assert changed[0].startswith("| the playground of lesson 03")
    assert changed[1].endswith(" to 61 |")


@pytest.mark.parametrize("times", [0, 2])
def test_there_is_one_table(page, times):
    """A README without the table, or with two, is not written over."""
    with pytest.raises(ValueError, match=f"is there {times} times, not once"):
        page.renewed(f"# tfm\n\n{page.HEAD}| a | b |\n\n" * times)
