"""Numbers may move as far as was measured, words and all other numbers not at all."""

import os
import subprocess
import sys
from collections import Counter
from types import SimpleNamespace

import nbformat
import pytest

from tools import elsewhere, restore
from tools.spread import MARGIN, PERTURBATIONS, differences, measured, settled

STORED = "loss 1.310, 98.2% right, 1,024 tokens of cl100k_base, 2e-07 off, −3 degrees\n"


def stream(*texts):
    """Make outputs as a kernel sends them, with a picture between."""
    picture = {"output_type": "display_data", "data": {"image/png": "x"}, "metadata": {}}
    streams = [{"output_type": "stream", "name": "stdout", "text": text} for text in texts]
    return [streams[0], picture, *streams[1:]]


@pytest.mark.parametrize(
    ("now", "spread", "said"),
    [
        (STORED, {}, []),
        (STORED.replace("1.310", "1.306"), {"0": 0.005}, []),
        (STORED.replace("1.310", "1.316"), {"0": 0.005}, ["1.316 is further than 0.005 from 1.310"]),
        (STORED.replace("98.2", "100.0"), {"1": 2}, []),
        (STORED.replace("1,024", "1,030"), {"0": 9}, ["1,030 is not 1,024"]),
        (STORED.replace("2e-07", "4e-07"), {"3": 3e-7}, []),
        (STORED.replace("−3", "-4"), {"4": 0.5}, ["-4 is further than 0.5 from −3"]),
        (STORED.replace("cl100k", "cl101k"), {}, ["the words differ"]),
        (STORED.replace("1.310", "nan"), {"0": 9}, ["the words differ"]),
        (STORED.replace("right", "wrong"), {"0": 9}, ["the words differ"]),
        (STORED.replace("loss 1.310", "loss 11.310"), {"0": 20}, []),
        (STORED + "1\n", {}, ["the words differ"]),
    ],
)
def test_what_differs_is_said(now, spread, said):
    """A number within its spread is the same; any other change is named, and so is every other number."""
    assert differences(STORED, now, spread) == said


def test_a_spread_is_measured_with_a_margin():
    """Three times the largest distance, and one unit of the last digit at least; what never moves has none."""
    runs = [STORED.replace("1.310", "1.312").replace("1,024", "1,025"), STORED.replace("1.310", "1.306")]
    assert measured(STORED, runs) == {"0": 0.012, "2": MARGIN * 1}
    assert measured("0.5", ["0.5", "0.5"]) == {}
    for run in runs:
        assert differences(STORED, run, measured(STORED, runs)) == []


def test_another_sentence_has_no_spread():
    """A run that prints other words, or another number of numbers, cannot be measured."""
    for other in (STORED.replace("right", "wrong"), "1 2 3", ""):
        with pytest.raises(ValueError, match="it printed"):
            measured(STORED, [other])


def test_numbers_within_their_spread_are_settled():
    """Streams that came in pieces become the stored text; beyond the spread they stay as they are."""
    reference = stream("loss 1.3\n", "done\n")
    within, beyond = stream("loss 1.4\n", "done\n"), stream("loss 1.9\n", "done\n")
    kept = settled(within, reference, {"0": 0.2})
    assert [o.get("text") for o in kept] == ["loss 1.3\ndone\n", None]
    assert settled(beyond, reference, {"0": 0.2}) == beyond
    assert settled(within, reference, {}) == within


def test_restoring_measures_the_spread(tmp_path, monkeypatch):
    """A number that another processor changes is stored with its spread; a translation's note stays."""
    path = tmp_path / "99_odd.ipynb"
    source = 'import os\nprint("threads", os.environ["OMP_NUM_THREADS"], "of", 8)'
    note = {"tfm": {"english": "0123", "spread": {"7": 1}}}
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source, metadata=note)]), path)
    monkeypatch.setattr(restore, "PERTURBATIONS", {"two": PERTURBATIONS["two threads"]})
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert restore.restore(path)
    (cell,) = nbformat.read(path, 4).cells
    assert cell.metadata == {"tfm": {"english": "0123", "spread": {"0": 3}}}
    assert not restore.restore(path, quick=True)


def test_restoring_refuses_a_word_that_depends_on_the_machine(tmp_path, monkeypatch):
    """A verdict that comes out the other way elsewhere ends the run with the cell and both texts."""
    path = tmp_path / "99_odd.ipynb"
    source = 'import os\nprint(os.environ["OMP_NUM_THREADS"] == "1")'
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)]), path)
    monkeypatch.setattr(restore, "PERTURBATIONS", {"two": PERTURBATIONS["two threads"]})
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    with pytest.raises(restore.RestoreError, match=r"cell \[1\].*it printed 'False' where 'True' is stored"):
        restore.restore(path)


def test_the_last_bit_moves_every_start():
    """Drawn numbers of torch and NumPy differ in their last bits, and in nothing else."""
    code = (
        "import torch, numpy as np; _ = torch.manual_seed(0)\n"
        "drawn = [torch.randn(50), torch.rand(50), torch.nn.Linear(5, 5).weight.detach(),"
        " torch.nn.init.normal_(torch.empty(50)), np.random.default_rng(0).normal(size=50)]\n"
        "print(*[float(number) for part in drawn for number in np.asarray(part).ravel()])"
    )
    said = [
        subprocess.run(
            [sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True
        ).stdout
        for env in ({**os.environ, "PYTHONPATH": ""}, {**os.environ, **PERTURBATIONS["last bit"]})
    ]
    plain, moved = ([float(number) for number in text.split()] for text in said)
    for part in (slice(0, 50), slice(50, 100), slice(100, 125), slice(125, 175), slice(175, 225)):
        assert plain[part] != moved[part]
    assert moved == pytest.approx(plain, rel=3e-7)


def test_moving_starts_loads_no_library():
    """A lesson that counts what a process has loaded counts the same: who draws nothing is left alone."""
    code = "import sys; print(sorted({'torch', 'numpy'} & set(sys.modules)))"
    env = {**os.environ, **PERTURBATIONS["last bit"]}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_elsewhere_ends_with_one_table(monkeypatch, capsys):
    """A failed cell stands in the row of its lesson and the column of what made it fail; the status is 1."""
    report = (
        "<testsuites><testsuite><testcase classname='notebooks.13_normalization.ipynb'><failure/></testcase>"
        "<testcase classname='notebooks.13_normalization.ipynb' name='Cell 4'/></testsuite></testsuites>"
    )
    counts = iter([elsewhere.failures(report), Counter(), Counter(), Counter()])
    monkeypatch.setattr(elsewhere, "run", lambda _: next(counts))
    assert elsewhere.main([]) == 1
    head, row = capsys.readouterr().out.splitlines()
    assert head.split() == ["failed", "cells", "SSE4.2", "AVX2", "two", "threads", "last", "bit"]
    assert row.split() == ["13_normalization", "1", "–", "–", "–"]


def test_elsewhere_tells_languages_and_solutions_apart():
    """A lesson, its translation and the solutions of both have a row of their own."""
    names = ("notebooks.09_attention", "notebooks.zh.09_attention.ipynb", "zh.solutions.09_attention.ipynb")
    cases = "".join(f"<testcase classname='{name}'><failure/></testcase>" for name in names)
    failed = elsewhere.failures(f"<testsuites><testsuite>{cases}</testsuite></testsuites>")
    assert failed == {"09_attention": 1, "zh/09_attention": 1, "zh/solutions/09_attention": 1}


def test_elsewhere_runs_the_lessons_as_asked(monkeypatch):
    """Each run is `make notebooks` in the perturbation's environment, and two threads take one worker."""
    seen = []

    def record(command, env, **_):
        seen.append((command, {key: env.get(key) for key in ("OMP_NUM_THREADS", "WORKERS")}))
        (elsewhere.Path(env["PYTEST_ADDOPTS"].partition("=")[2])).write_text("<testsuites/>")
        return SimpleNamespace(returncode=0)

    monkeypatch.setattr(elsewhere.subprocess, "run", record)
    assert elsewhere.main(["--only", "two threads"]) == 0
    assert seen == [(["make", "notebooks"], {"OMP_NUM_THREADS": "2", "WORKERS": "1"})]
