"""Every stored notebook keeps the contract of `contract.py`, and notebooks/README.md tells the truth."""

import re

import pytest

from tools.claim_table import ClaimRow, claim_rows
from tools.contract import LESSON_RULES, RULES, claims
from tools.lesson_files import NOTEBOOKS, lessons, read, solutions

README = NOTEBOOKS / "README.md"
LESSON_WORD = re.compile(r"\b\d\d_[a-z][a-z_]*\b")


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
@pytest.mark.parametrize(
    "path", [*lessons(), *solutions()], ids=lambda path: f"{path.parent.name}-{path.stem}"
)
def test_notebook_keeps(rule, path):
    """A lesson, and its solutions, break no rule."""
    faults = list(rule(read(path), path))
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("rule", LESSON_RULES, ids=lambda rule: rule.__name__)
@pytest.mark.parametrize("path", lessons(), ids=lambda path: path.stem)
def test_lesson_keeps(rule, path):
    """A lesson has its parts: headings, exercises with solutions, the package, a widget."""
    faults = list(rule(read(path), path))
    assert not faults, "\n".join(faults)


def test_every_solution_has_its_lesson():
    """No solutions are left over from a lesson that was renamed."""
    orphans = {path.name for path in solutions()} - {path.name for path in lessons()}
    assert not orphans


def test_readme_names_the_lessons_that_exist():
    """Whoever follows a name in notebooks/README.md finds a lesson, and every lesson is named there."""
    if not README.is_file():
        assert not lessons(), "notebooks/README.md is missing: it must name every lesson"
        return
    named = set(LESSON_WORD.findall(README.read_text(encoding="utf-8")))
    there = {path.stem for path in lessons()}
    assert named >= there, f"notebooks/README.md does not name {sorted(there - named)}"
    assert named <= there, f"notebooks/README.md names {sorted(named - there)}, which do not exist"


@pytest.mark.parametrize("path", lessons(), ids=lambda path: path.stem)
def test_each_claim_has_one_cell(path):
    """A claim has one cell tagged claim-NN in each lesson that the table gives it to, and none elsewhere."""
    rows = claim_rows(README.read_text(encoding="utf-8")) if README.is_file() else []
    number, found = int(path.stem[:2]), claims(read(path))
    owned = {row.claim for row in rows if number in row.lessons}
    twice = {claim for claim in found if found.count(claim) > 1}
    assert not twice, f"{path.stem} has more than one cell tagged {sorted(twice)}"
    assert owned <= set(found), (
        f"{path.stem} has no cell tagged {_tags(owned - set(found))}, which its table promises"
    )
    assert set(found) <= owned, (
        f"notebooks/README.md does not give {_tags(set(found) - owned)} to {path.stem}"
    )


def test_claim_table_is_read():
    """The table is found by its header, and “05, 19” and “23–29” are lessons."""
    table = "| no. | claim | lesson |\n| --- | --- | --- |\n| 01 | by word | 05, 19 |\n| 56 | all | 23–25 |\n"
    assert claim_rows(table) == [ClaimRow(1, frozenset({5, 19})), ClaimRow(56, frozenset({23, 24, 25}))]
    linked = "| claim | where |\n| --- | --- |\n| 04 | [01](01_perceptron.ipynb#claim-04) |\n"
    assert claim_rows(linked) == [ClaimRow(4, frozenset({1}))]


def _tags(numbers):
    return ", ".join(f"claim-{n:02}" for n in sorted(numbers))
