"""The tools that run and judge the lessons, tried on tiny notebooks of their own: each of them can fail."""

import os
import re
import subprocess
import sys

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from patience import HANG_SECONDS

from tools import contract
from tools.lesson_files import NOTEBOOKS, read
from tools.restore import RestoreError, restore

METADATA = {"kernelspec": contract.KERNELSPEC, "language_info": {"name": "python"}}
ASK = """\
import contextlib, socket
with contextlib.suppress(OSError):
    socket.create_connection(("192.0.2.1", 80), timeout=30)"""
WIDGET_CELL = """\
import ipywidgets
class Still(ipywidgets.HTML):
    def _repr_mimebundle_(self, **kwargs):
        return super()._repr_mimebundle_(**kwargs) | {"text/plain": "Still", "image/png": "iVBORw0KGgo="}
Still("<b>1</b>")"""


def write(path, *cells):
    """Write a notebook of ready cells, or of code that has not been run."""
    ready = [new_code_cell(c) if isinstance(c, str) else c for c in cells]
    nbformat.write(new_notebook(cells=ready, metadata=METADATA), path)
    return path


def ran(source, count, printed="", **metadata):
    """Return a code cell as it is stored after a run that printed something."""
    outputs = [new_output("stream", name="stdout", text=printed)] if printed else []
    return new_code_cell(source, execution_count=count, outputs=outputs, metadata=metadata)


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """Return what `make notebooks` says about one lesson with six faults and two cells in order."""
    folder = tmp_path_factory.mktemp("lessons")
    write(
        folder / "01_faults.ipynb",
        ran("print('in order')", 1, "in order\n"),
        ran("# the sum\nprint('a')\nprint(8 + 4)", 2, "a\n11\n"),
        "stripped = 1",
        ran("assert 8 > 8, 'eight is not more than eight'", 4),
        ran(ASK, 5),
        ran(f"{ASK}\nprint('this stands in for it')", 6, "this stands in for it\n"),
        ran(f"# NBVAL_IGNORE_OUTPUT\n{ASK}", 7),
        ran("# NBVAL_IGNORE_OUTPUT\nimport sys\nprint('careful', file=sys.stderr)", 8),
    )
    command = [
        sys.executable,
        "-m",
        "pytest",
        "--nbval",
        "-p",
        "tools.nbval_report",
        "-p",
        "no:cacheprovider",
    ]
    done = subprocess.run(
        [*command, "-c", os.devnull, f"--rootdir={folder}", str(folder)],
        cwd=NOTEBOOKS.parent,
        capture_output=True,
        text=True,
        timeout=HANG_SECONDS,
        check=False,
    )
    return done.stdout


def test_report_counts_the_faults(report):
    """A cell in order passes, and each of the others fails for itself."""
    assert "6 failed, 2 passed" in report


def test_changed_output_is_shown_as_a_difference(report):
    """The failure names lesson, cell and first line, and shows what was stored and what is printed now."""
    assert "01_faults, cell [2] `# the sum`: Cell outputs differ" in report
    assert "-11" in report
    assert "+12" in report


def test_stripped_cell_fails(report):
    """A cell without outputs and count, which nbval alone would let pass, fails with what to do."""
    assert "01_faults, cell [3] `stripped = 1`: this cell was stored without having been run" in report


def test_assertion_is_shown(report):
    """A cell that raises shows the error in the failure's first line."""
    assert "AssertionError: eight is not more than eight" in report


def test_a_cell_that_asks_the_network_in_silence_fails(report):
    """The network is closed; a cell that asks it says what stands in, though its output is not compared."""
    # A CI server's pytest says each failure twice, the second time in its summary.
    silent = re.findall(r"cell \[(\d+)\] .*asked the network: \['socket\.\w+ 192\.0\.2\.1'\]", report)
    assert set(silent) == {"5", "7"}


def test_a_warning_fails(report):
    """What is written in red fails, also where the output is not compared."""
    assert "cell [8] `# NBVAL_IGNORE_OUTPUT`: wrote in red: careful" in report


def test_restore_stores_what_nbval_compares(tmp_path):
    """Outputs are stored without widget state, timing or a session's metadata; prints are one stream."""
    loud = "import sys\nfor n in range(3):\n    print(n)\n    sys.stdout.flush()"
    path = write(tmp_path / "01_small.ipynb", new_markdown_cell("# Small"), loud, WIDGET_CELL)
    assert restore(path, quick=True)
    notebook = read(path)
    assert [o["text"] for o in notebook["cells"][1]["outputs"]] == [["0\n", "1\n", "2"]] or [
        "".join(o["text"]) for o in notebook["cells"][1]["outputs"]
    ] == ["0\n1\n2\n"]
    assert "image/png" in notebook["cells"][2]["outputs"][0]["data"]
    assert set(notebook["metadata"]) == {"kernelspec", "language_info"}
    assert "version" not in notebook["metadata"]["language_info"]
    assert all(not list(rule(notebook, path)) for rule in contract.RULES)


def test_restore_is_idempotent(tmp_path):
    """A second run changes not one byte, random widget ids included, and does not touch the file."""
    path = write(tmp_path / "01_small.ipynb", "print(8 + 4)", WIDGET_CELL)
    assert restore(path, quick=True)
    before, moment = path.read_bytes(), path.stat().st_mtime_ns
    assert not restore(path, quick=True)
    assert (path.read_bytes(), path.stat().st_mtime_ns) == (before, moment)


def test_restore_says_which_cell_failed(tmp_path):
    """An error names lesson, cell, first line and error, and leaves the file as it was."""
    path = write(tmp_path / "02_wrong.ipynb", "x = 1", "# divide\nx / 0")
    before = path.read_bytes()
    with pytest.raises(
        RestoreError, match=r"02_wrong, cell \[2\] `# divide`: ZeroDivisionError: division by zero"
    ):
        restore(path, quick=True)
    assert path.read_bytes() == before


def test_restore_keeps_announced_errors_free_of_folders(tmp_path):
    """A cell tagged raises-exception stores its error, and the traceback names no folder of this machine."""
    cell = new_code_cell("import json\njson.loads('no')", metadata={"tags": ["raises-exception"]})
    path = write(tmp_path / "03_raises.ipynb", cell)
    restore(path, quick=True)
    notebook = read(path)
    assert notebook["cells"][0]["outputs"][0]["ename"] == "JSONDecodeError"
    assert all(not list(rule(notebook, path)) for rule in (contract.no_errors, contract.same_everywhere))


WIDGET_OUTPUT = new_output("display_data", {contract.WIDGET_VIEW: {"model_id": "1"}, "text/plain": "W"})
SHOWN = new_code_cell("w", execution_count=1, outputs=[WIDGET_OUTPUT])
BROKEN = [
    (contract.short_cells, [ran("\n".join(["x = 1"] * 26), 1)], "has 26 lines"),
    (contract.run_in_order, [ran("x = 1", 2)], "was stored as [2]"),
    (contract.run_in_order, [new_code_cell("x = 1")], "was stored as [None]"),
    (
        contract.no_errors,
        [
            new_code_cell(
                "x", execution_count=1, outputs=[new_output("stream", name="stderr", text="careful")]
            )
        ],
        "wrote on stderr: careful",
    ),
    (
        contract.no_errors,
        [new_code_cell("x", execution_count=1, outputs=[new_output("error", ename="E", evalue="v")])],
        "stored E: v",
    ),
    (contract.static_pictures, [SHOWN], "left no static picture"),
    (contract.same_everywhere, [ran("f", 1, "<function f at 0x7f1234567890>")], "address in memory"),
    (contract.same_everywhere, [ran("f", 1, "saved to /home/anna/out.txt")], "/home/anna"),
    (contract.same_everywhere, [ran("f", 1, r"C:\Users\anna")], "folder of one machine"),
    (contract.nothing_remote, [new_markdown_cell("![x](https://example.org/x.png)")], "loads from elsewhere"),
    (
        contract.nothing_remote,
        [ran("HTML('<script src=\"https://example.org/x.js\">')", 1)],
        "loads from elsewhere",
    ),
    (contract.compared, [ran("# NBVAL_IGNORE_OUTPUT\nx", 1)], "does not say why"),
    (
        contract.compared,
        [ran("# NBVAL_IGNORE_OUTPUT\n# times differ\nx", n) for n in (1, 2)],
        "does not compare 2",
    ),
    (contract.headings_in_order, [new_markdown_cell("## Not a title")], "must begin with its title"),
    (contract.headings_in_order, [new_markdown_cell("# A\n### C")], "skips from level 1 to 3"),
    (contract.headings_in_order, [new_markdown_cell("# A\n## Sources\n## Exercises")], "stands after"),
    (contract.exercises, [ran("check.one(f)", 1)], "has 1 exercises"),
    (contract.exercises, [ran("check.one(f); check.two(g)", 1)], "has no solutions"),
    (
        contract.tasks_answered,
        [new_markdown_cell("1. Move it."), ran("n = 2", 1), SHOWN, new_markdown_cell("On.")],
        "sets tasks without answers, “1. Move it.”",
    ),
    (contract.teaches_tfm, [ran("import numpy", 1)], "imports nothing from tfm"),
]


@pytest.mark.parametrize(
    ("rule", "cells", "sentence"), BROKEN, ids=lambda value: getattr(value, "__name__", None)
)
def test_contract_names_what_is_broken(tmp_path, rule, cells, sentence):
    """Each rule finds its fault and says it in a sentence."""
    path = write(tmp_path / "01_broken.ipynb", *cells)
    faults = list(rule(read(path), path))
    assert any(sentence in fault for fault in faults), faults


@pytest.mark.parametrize("answered", [1, 2], ids=["under the tasks", "in the next prose"])
def test_tasks_with_answers_are_in_order(tmp_path, answered):
    """Answers may stand under the tasks or after the widget."""
    prose = ["1. Move it.", "On.", "On."]
    prose[answered - 1] += "\n\n<details>1: it moves.</details>"
    cells = [new_markdown_cell(prose[0]), SHOWN, *map(new_markdown_cell, prose[1:])]
    path = write(tmp_path / "01_a.ipynb", *cells)
    assert not list(contract.tasks_answered(read(path), path))


def test_solutions_must_be_right(tmp_path):
    """An exercise whose solution shows no “✓” is named."""
    (tmp_path / "solutions").mkdir()
    write(
        tmp_path / "solutions" / "01_a.ipynb",
        ran("check.one(f)", 1, "✓ right: yes"),
        ran("check.two(g)", 2, "✗ wrong: no"),
    )
    path = write(tmp_path / "01_a.ipynb", ran("check.one(f); check.two(g)", 1, "○ not started"))
    assert list(contract.exercises(read(path), path)) == ["solutions/01_a.ipynb shows no “✓” for check.two"]
