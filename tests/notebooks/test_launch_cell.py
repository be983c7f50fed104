"""The cell that installs the course on Google Colab: in every lesson, complete, and silent everywhere else."""

import json
import re
import tomllib

import pytest
from nbclient import NotebookClient
from nbformat import from_dict
from patience import HANG_SECONDS

from tools import launch_cell
from tools.lesson_files import lessons, name_of, read, text

STUB = """
import sys, types
installed, enabled = [], []
get_ipython().register_magic_function(installed.append, "line", "pip")
google, colab, output = (types.ModuleType(n) for n in ("google", "google.colab", "google.colab.output"))
output.enable_custom_widget_manager = lambda: enabled.append(True)
google.colab, colab.output = colab, output
"""
ON_COLAB = 'sys.modules |= {"google": google, "google.colab": colab, "google.colab.output": output}'
ASK = "import json; print(json.dumps([installed, enabled]))"


@pytest.mark.parametrize(
    ("language", "path"), launch_cell._every(), ids=[name_of(path) for _, path in launch_cell._every()]
)
def test_every_lesson_has_the_cell(language, path):
    """The second cell is the launch cell, as launch_cell.py writes it for its language, and no other is one."""
    assert launch_cell.is_there(read(path), language), "run python -m tools.launch_cell"


def run(*sources):
    """Run cells in one kernel, and return what the last one prints as JSON."""
    cells = [
        {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None, "source": s}
        for s in sources
    ]
    notebook = from_dict({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 4})
    NotebookClient(notebook, kernel_name="python3", timeout=HANG_SECONDS).execute()
    silent = [cell.outputs for cell in notebook.cells[:-1]]
    assert not any(silent)
    return json.loads(notebook.cells[-1].outputs[0].text)


def test_on_colab_it_installs_the_course_and_lets_widgets_in():
    """With Colab's module there, it installs from the repository, then what Colab lacks, and enables widgets."""
    installed, enabled = run(STUB + ON_COLAB, text(launch_cell.cell()["source"]), ASK)
    assert enabled == [True]
    course, rest = (line.split() for line in installed)
    assert "--no-deps" in course
    assert course[-1] == f'git+{launch_cell.address()}"'
    assert rest == ["install", "--quiet", *launch_cell.NEEDED]


def test_elsewhere_it_does_nothing():
    """Without Colab's module nothing is installed, enabled or printed."""
    assert run(STUB, text(launch_cell.cell()["source"]), ASK) == [[], []]


def test_with_what_colab_has_every_dependency_is_there():
    """What the cell installs and what Colab has are pyproject's packages: none is missing, none is idle."""
    project = tomllib.loads(launch_cell.PROJECT.read_text(encoding="utf-8"))["project"]
    needs = {re.split(r"[^\w-]", line)[0] for line in project["dependencies"]}
    assert needs == launch_cell.ON_COLAB | set(launch_cell.NEEDED)
    assert not launch_cell.ON_COLAB & set(launch_cell.NEEDED)


def test_nothing_installs_the_other_tfm():
    """On PyPI the name belongs to another project: no file of ours tells anybody to install it by name."""
    root = launch_cell.ROOT
    files = [root / "README.md", root / "CONTRIBUTING.md", *lessons(), *(root / "tfm").rglob("*.py")]
    wrong = re.compile(r"pip install (?:-\S+ )*tfm\b(?! @)")
    assert [file.name for file in files if wrong.search(file.read_text(encoding="utf-8"))] == []


def test_a_lesson_without_the_cell_gets_it_in_its_place(tmp_path):
    """It is put in second, and the numbers in the margin move on by one; a second time nothing changes."""
    path = tmp_path / "01_lesson.ipynb"
    notebook = read(lessons()[0])
    del notebook["cells"][1]
    for number, cell in enumerate((c for c in notebook["cells"] if c["cell_type"] == "code"), start=1):
        cell["execution_count"] = number
    path.write_text(json.dumps(notebook), encoding="utf-8")
    assert launch_cell.put_in(path)
    assert not launch_cell.put_in(path)
    assert read(path)["cells"] == read(lessons()[0])["cells"]


@pytest.fixture
def copy(tmp_path, monkeypatch):
    """A repository of one lesson, a README and a pyproject.toml."""
    home = tmp_path / "notebooks"
    home.mkdir()
    (home / "01_lesson.ipynb").write_text(json.dumps(read(lessons()[0])), encoding="utf-8")
    old = launch_cell.address()
    (tmp_path / "pyproject.toml").write_text(f'[project.urls]\nRepository = "{old}"\n')
    short = old.removeprefix("https://github.com/")
    for file in (tmp_path / "README.md", home / "README.md"):
        file.write_text(f"[Binder](https://mybinder.org/v2/gh/{short}/HEAD) {old}\n")
    monkeypatch.setattr(launch_cell, "PROJECT", tmp_path / "pyproject.toml")
    monkeypatch.setattr(launch_cell, "README", tmp_path / "README.md")
    monkeypatch.setattr(launch_cell, "NOTEBOOKS", home)
    monkeypatch.setattr(launch_cell, "editions", lambda: {"en": home})
    return tmp_path


def test_the_repository_can_move(copy):
    """One command changes the address in pyproject.toml, the README files and the lessons."""
    launch_cell.move("https://github.com/you/course")
    assert launch_cell.address() == "https://github.com/you/course"
    readme = (copy / "README.md").read_text()
    assert readme == "[Binder](https://mybinder.org/v2/gh/you/course/HEAD) https://github.com/you/course\n"
    assert "git+https://github.com/you/course" in (copy / "notebooks" / "01_lesson.ipynb").read_text()


def test_an_address_that_is_none_changes_nothing(copy):
    """A slip gets a sentence, and every file stays."""
    before = (copy / "README.md").read_text()
    with pytest.raises(ValueError, match="is no address of a repository"):
        launch_cell.move("you/course")
    assert (copy / "README.md").read_text() == before
