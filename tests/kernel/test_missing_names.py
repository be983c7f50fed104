"""The sentence below a NameError: which cell makes the name, from a notebook's cells alone."""

import json

import pytest

from tfm.kernel import Cell, explain, find_notebook, names_made, read_cells

SOURCES = [
    "import numpy as np",
    "query = np.ones(3)",
    "key = 2 * query\nquery = query / 3",
    "total = query @ key",
]
CELLS = [Cell(n, f"id-{n}", source, "", names_made(source)) for n, source in enumerate(SOURCES, start=1)]
BELOW = "which has not been run since the kernel started: run that cell first, or choose Run › Run All Above"


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("x = y = 1", {"x", "y"}),
        ("(a, *b), c = value", {"a", "b", "c"}),
        ("x: int = 1", {"x"}),
        ("x: int", set()),
        ("x += 1", set()),
        ("x[0] = 1; x.y = 2", set()),
        ("import os.path, numpy as np", {"os", "np"}),
        ("from math import pi as π, tau", {"π", "tau"}),
        ("def f(a):\n    inside = a", {"f"}),
        ("async def f(): pass", {"f"}),
        ("class C:\n    field = 1", {"C"}),
        ("for i, j in pairs:\n    last = i", {"i", "j", "last"}),
        ("with open(p) as file:\n    text = file.read()", {"file", "text"}),
        ("if (n := len(a)) > 1: big = True", {"n", "big"}),
        ("rows = [cell for cell in row]", {"rows"}),
        ("f = lambda a: (b := a)", {"f"}),
        ("%pip install x\n!ls\ny = 1", {"y"}),
        ("try:\n    x = 1\nexcept ValueError as error:\n    y = 2", {"x", "y"}),
        ("x = = 1", set()),
        ("", set()),
    ],
)
def test_names_that_code_makes(source, names):
    """Everything that binds a name for later cells counts, and nothing that stays inside or needs it first."""
    assert set(names_made(source)) == names


def test_the_line_that_makes_a_name_is_quoted_and_shortened():
    """The first line that makes the name is quoted without its comment, a long one with its beginning."""
    made = names_made(f"a = 1\nb = 2  # two\nb = 3\nc = '{'word ' * 40}'")
    assert made["b"] == "b = 2"
    assert made["c"].startswith("c = 'word")
    assert made["c"].endswith("…")
    assert len(made["c"]) <= 72


def test_the_nearest_cell_above_is_named():
    """Of two cells that make a name, the one that the reader's own order would have run last."""
    assert explain("query", CELLS, CELLS[3], {}, set()) == (
        f"`query` comes from “query = query / 3” in code cell 3, {BELOW} Selected Cell."
    )
    assert "“query = np.ones(3)” in code cell 2" in explain("query", CELLS, CELLS[2], {}, set())


def test_a_cell_below_is_said_to_be_below():
    """A name that only a later cell makes: Run All Above would not help, and is not advised."""
    where = "`total` comes from “total = query @ key” in code cell 4"
    assert explain("total", CELLS, CELLS[0], {}, set()) == (
        f"{where}, which stands further down: run that cell first."
    )


@pytest.mark.parametrize(
    ("ran", "words"),
    [
        ({"id-1": True}, "has not been run since"),
        ({"id-2": False}, "stopped at an error: put that right, and run it again"),
        ({"id-2": True}, "was run, but the name is gone: run it again"),
    ],
)
def test_what_became_of_the_cell_is_told(ran, words):
    """Not run, stopped half-way, or run and the name deleted: three different things to do."""
    assert words in explain("query", CELLS, CELLS[2], ran, set())


def test_a_slip_of_the_keyboard_is_answered_with_the_nearest_name():
    """A name that no cell makes: the nearest that exists, or the nearest that a cell would make, and which."""
    assert (
        explain("qeury", CELLS, CELLS[3], {}, {"query"})
        == "There is no name `qeury` here: did you mean `query`?"
    )
    assert "did you mean `total`? `total` comes from" in explain("totle", CELLS, None, {}, {"print"})
    assert explain("pritn", [], None, {}, {"print"}).endswith("did you mean `print`?")


def test_nothing_useful_is_no_sentence():
    """A name unlike all others gets nothing, and a cell is not named as its own source."""
    assert explain("zebra", CELLS, None, {}, {"print"}) == ""
    assert explain("total", CELLS, CELLS[3], {}, set()) == ""


def test_a_notebook_is_read_with_its_headings(tmp_path):
    """Cells are counted as code cells, headings are the last above, and a comment in a code block is none."""
    cells = [
        {"cell_type": "markdown", "source": ["# Title\n", "words\n", "```\n", "# no heading\n", "```"]},
        {"cell_type": "code", "id": "a", "source": "x = 1"},
        {"cell_type": "code", "id": "empty", "source": " \n"},
        {"cell_type": "markdown", "source": "### Deeper  "},
        {"cell_type": "code", "source": ["y = 1\n", "z = 2"]},
    ]
    path = tmp_path / "n.ipynb"
    path.write_text(json.dumps({"cells": cells}))
    first, second = read_cells(path)
    assert (first.key, str(first)) == ("a", "code cell 1, under “Title”")
    assert (str(second), set(second.makes)) == ("code cell 2, under “Deeper”", {"y", "z"})
    assert second.key == "y = 1\nz = 2"  # an old notebook has no ids


def test_the_notebook_is_found(tmp_path, monkeypatch):
    """By Jupyter Server's variable, Visual Studio Code's, after a renaming by the cell's id; else not at all."""
    there, other = tmp_path / "there.ipynb", tmp_path / "other.ipynb"
    for path, key in ((there, "aaa"), (other, "bbb")):
        path.write_text(json.dumps({"cells": [{"id": key}]}))
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    assert find_notebook({}) is None
    assert find_notebook({"__vsc_ipynb_file__": str(other)}) == other
    monkeypatch.setenv("JPY_SESSION_NAME", "there.ipynb")
    assert find_notebook({}).resolve() == there
    monkeypatch.setenv("JPY_SESSION_NAME", str(tmp_path / "old name.ipynb"))
    assert find_notebook({}) is None
    assert find_notebook({}, "bbb") == other
    other.with_name("a copy.ipynb").write_bytes(other.read_bytes())
    assert find_notebook({}, "bbb") is None  # two hold that cell: better silent than wrong
    monkeypatch.setenv("JPY_SESSION_NAME", "3f0c-4a")  # a console's session has no notebook
    assert find_notebook({}, "aaa") is None
