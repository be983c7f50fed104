"""The runner of `make test`: no part is left out, the exit code remembers, and the end says it all in lines."""

import os
import sys

import pytest

from tools import run_tests

MAKEFILE = """\
good odd bad:
\t@PYTEST_DISABLE_PLUGIN_AUTOLOAD=1 {python} -m pytest --rootdir={folder} --junitxml=$(REPORT) {folder}/test_$@.py
broken:
\t@echo no test was run; exit 3
lent:
\t@test -z "$(findstring jobserver,$(MAKEFLAGS))" && test "$(WORKERS)" = 7
"""
GOOD = """import pytest
def test_one(): pass
@pytest.mark.parametrize("n", range(5))
def test_five(n): pytest.skip("no moon: wait for the night")
"""
ODD = "import pytest\ndef test_it(): pytest.skip('no moon: wait for the night')\n"
BAD = """import pytest
@pytest.fixture
def missing(): raise OSError("gone")
def test_wrong(): assert 1 == 2
def test_error(missing): pass
def test_right(): pass
"""


@pytest.fixture
def make(tmp_path, monkeypatch):
    """Return a command that makes parts of its own, and hide the parts' reports in a folder of the test."""
    (tmp_path / "Makefile").write_text(MAKEFILE.format(python=sys.executable, folder=tmp_path))
    for name, code in (("good", GOOD), ("odd", ODD), ("bad", BAD)):
        (tmp_path / f"test_{name}.py").write_text(code)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    monkeypatch.setattr(run_tests, "REPORTS", tmp_path / "reports")
    return ("make", "-f", str(tmp_path / "Makefile"))


def test_every_part_runs_though_an_earlier_one_failed(make, capfd):
    """A failed test and a part that never came to its tests are named; parts after them run; the code is 1."""
    assert run_tests.main(["bad", "broken", "good"], make) == 1
    shown = capfd.readouterr().out
    assert "no test was run" in shown
    assert "1 failed, 1 passed, 1 error" in shown, "pytest's own closing line is not shown"
    lines = shown.splitlines()
    end = lines[next(n for n, line in enumerate(lines) if line.split()[:2] == ["passed", "failed"]) :]
    assert [line.split()[:4] for line in end[1:4]] == [
        ["bad", "1", "2", "0"],
        ["broken", "0", "0", "0"],
        ["good", "1", "0", "5"],
    ]
    assert [line.split()[-1] == "FAILED" for line in end[1:4]] == [True, True, False]
    assert end[4:6] == ["failed: bad: test_bad: test_wrong", "failed: bad: test_bad: test_error"]
    assert end[6] == "failed: broken: no test failed, but `make broken` ended with 2: see above"


def test_one_reason_is_one_line(make, capfd):
    """What six tests of two parts lack is said once, with their number; nothing failed, so the code is 0."""
    assert run_tests.main(["good", "odd"], make) == 0
    end = capfd.readouterr().out.splitlines()
    assert [line for line in end if line.startswith("skipped")] == [
        "skipped:    6: no moon: wait for the night"
    ]
    assert not [line for line in end if line.startswith("failed") or line.endswith("FAILED")]


def test_a_part_is_given_settings_but_no_jobs_of_an_outer_make(make, monkeypatch):
    """`make -j test WORKERS=7`: the part sees 7, and none of the jobs that make would have lent to make."""
    monkeypatch.setitem(os.environ, "MAKEFLAGS", " -j4 --jobserver-auth=3,4 -- WORKERS=9")
    monkeypatch.setitem(os.environ, "WORKERS", "7")
    assert run_tests.run("lent", make).code == 0


def test_an_old_report_is_not_read_again(make):
    """A part that stops before its tests does not pass on those of an earlier day."""
    run_tests.REPORTS.mkdir()
    (run_tests.REPORTS / "broken.xml").write_text("<testsuite><testcase classname='a' name='b'/></testsuite>")
    part = run_tests.run("broken", make)
    assert (part.passed, part.code) == (0, 2)
    assert part.trouble


@pytest.mark.parametrize("text", ["", "<testsuite><testcase", "no report"])
def test_half_a_report_counts_nothing(tmp_path, text):
    """A report that was cut, as by a full disk, is no report."""
    (tmp_path / "half.xml").write_text(text)
    assert run_tests.read(tmp_path / "half.xml") == (0, [], {})


def test_many_failures_are_counted_not_listed():
    """Of fifty failed tests the end names ten, and says how many more."""
    part = run_tests.Part(name="unit", code=1, seconds=1, busy=1, failed=[f"test {n}" for n in range(50)])
    assert part.trouble == [*(f"test {n}" for n in range(10)), "and 40 more"]
