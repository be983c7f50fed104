"""The extension in a real kernel: the error stays as it is, and the sentence stands below it."""

import json
from pathlib import Path

import nbformat
import pytest
from ipykernel.kernelspec import get_kernel_dict
from jupyter_client.kernelspec import KernelSpecManager
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from unlucky import Reader

from tfm.kernel import JUPYTER

CELLS = [
    "import math\nscores = [1, 2]",
    "half = scores[0] / 2\nbroken = half / 0",
    "total = half + math.pi\ntotal",
    "%pip --version >/dev/null\nafter = total",
    "print(broken)",
    "def late():\n    return tootal\ntotal = 3\nlate()",
    "from textwrap import dedent\ndedent(zebra)",
    "def f():\n    print(x)\n    x = 1\nf()",
    "total = 4\ndel total",
    "total",
    "elsewhere = {}\nexec('def g(): return tootal', elsewhere)\nelsewhere['g']()",
]
ORDER = (2, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Return what the cells show, run in that order in one kernel."""
    notebook = new_notebook(cells=[new_markdown_cell("# A lesson"), *map(new_code_cell, CELLS)])
    path = tmp_path_factory.mktemp("lesson") / "01_lesson.ipynb"
    nbformat.write(notebook, path)
    with Reader(path) as reader:
        return reader.run_all(ORDER)


def said(ran):
    """Return the lines below the error's own line, joined to one."""
    return " ".join(ran.traceback.split(ran.error.split(": ", 1)[1], 1)[1].split())


def test_the_error_keeps_its_name_its_text_and_its_traceback(runs):
    """What nbval compares and what the reader knows stays; the sentence is added below."""
    first = runs[0]
    assert first.error == "NameError: name 'scores' is not defined"
    assert "Traceback" in first.traceback
    assert said(first) == (
        "`scores` comes from “scores = [1, 2]” in code cell 1, under “A lesson”, which has not been run since the "
        "kernel started: run that cell first, or choose Run › Run All Above Selected Cell."
    )


def test_a_cell_that_runs_has_no_error_and_other_errors_have_no_sentence(runs):
    """Only a missing name is explained."""
    assert [ran.error for ran in runs[1:5]] == ["", "ZeroDivisionError: float division by zero", "", ""]
    assert said(runs[2]) == ""


def test_a_cell_that_stopped_half_way_is_said_to_have_stopped(runs):
    """The cell that makes the name was run, but came to an error before it."""
    assert "in code cell 2, under “A lesson”, which stopped at an error" in said(runs[5])


def test_a_slip_inside_a_function_is_found(runs):
    """The reader's own functions count as the reader's code."""
    assert said(runs[6]) == "There is no name `tootal` here: did you mean `total`?"


@pytest.mark.parametrize("which", [7, 8, 11])
def test_nothing_is_said_where_nothing_is_known(runs, which):
    """A name unlike all others, one that belongs to a function, and a library's own: the plain error."""
    assert runs[which].error.startswith(("NameError: ", "UnboundLocalError: "))
    assert said(runs[which]) == ""


def test_a_deleted_name_is_said_to_be_gone(runs):
    """The nearest cell above that made it has been run."""
    assert "in code cell 9, under “A lesson”, which was run, but the name is gone: run it again." in said(
        runs[10]
    )


def test_the_kernel_is_the_usual_one_and_the_extension():
    """Name, display name and everything else are those of the installed ipykernel, so that no notebook changes."""
    spec = json.loads((JUPYTER / "kernels" / "python3" / "kernel.json").read_text())
    usual = get_kernel_dict()
    extension = spec["argv"].pop()
    assert extension == "--InteractiveShellApp.extra_extensions=tfm.kernel"
    assert spec["argv"] == ["python", *usual["argv"][1:]]
    assert {**spec, "argv": None} == {**usual, "argv": None}


def test_jupyter_puts_it_before_the_environments_own(monkeypatch):
    """With the folder on JUPYTER_PATH, python3 is the course's kernel."""
    monkeypatch.setenv("JUPYTER_PATH", str(JUPYTER))
    found = Path(KernelSpecManager().get_kernel_spec("python3").resource_dir)
    assert found == JUPYTER / "kernels" / "python3"
