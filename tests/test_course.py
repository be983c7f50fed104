"""The course is said once, and whoever lists lessons reads it: a part more breaks nothing."""

import copy

import pytest

from pages.formulas import Formulas
from pages.frame import Frame, Page
from slides.deck import Deck
from tfm import course
from tfm.cli.progress import report
from tools import tables

NEW = {
    "name": "22_before",
    "title": "Before",
    "question": "what came first?",
    "minutes": 5,
    "exercises": ["step"],
}


def forget():
    """Let the course be read anew."""
    course.parts.cache_clear()
    course.claims.cache_clear()


@pytest.fixture
def one_more(monkeypatch):
    """The course with a sixth part."""
    table = copy.deepcopy(course._table())
    table["parts"].append({"title": "One family", "lessons": [NEW]})
    monkeypatch.setattr(course, "_table", lambda: table)
    forget()
    yield
    monkeypatch.undo()
    forget()


def test_exercises_are_named_once():
    """No two lessons have an exercise of the same name."""
    names = [name for lesson in course.lessons() for name in lesson.exercises]
    assert len(names) == len(set(names)) >= 70


def test_claims_are_numbered_in_order_and_judged():
    """Each claim has its number, a verdict that is one, and a lesson."""
    assert [int(claim.number) for claim in course.claims()] == list(range(1, len(course.claims()) + 1))
    assert {claim.verdict for claim in course.claims()} == set(course.VERDICTS)
    assert all(claim.lessons for claim in course.claims())


def test_lessons_are_numbered_in_order():
    """From 01, without a gap."""
    numbers = [int(lesson.number) for lesson in course.lessons()]
    assert numbers == list(range(1, len(numbers) + 1))


@pytest.mark.parametrize(("path", "text"), list(tables.files()), ids=["README", "notebooks/README"])
def test_tables_are_those_of_the_course(path, text):
    """README.md and notebooks/README.md hold what `python -m tools.tables` writes."""
    assert path.read_text(encoding="utf-8") == text, "run python -m tools.tables"


def test_a_file_without_its_table_is_one_sentence():
    """Nothing is written beside a table that was lost."""
    with pytest.raises(ValueError, match="must have one table with the header"):
        tables.written("# Nothing", tables.LESSONS, tables.lesson_table(""))


@pytest.mark.usefixtures("one_more")
def test_a_sixth_part_breaks_nothing():
    """Tables, progress and slides know it by the course alone."""
    assert course.lessons_called("22")[0].part == "6 · One family"
    row = "| **6 · One family** | [22 Before](22_before.ipynb) | what came first? | 5 |"
    assert row in tables.lesson_table("")
    assert any("[22](22_before.ipynb)" in line for line in tables.claim_table())
    assert "6 · One family   0 of 1" in report({})
    right = [name for lesson in course.lessons() for name in lesson.exercises][:-1]
    assert report(dict.fromkeys(right, ""))[-1] == "Next: step, in lesson 22, Before."
    assert Deck(number=6, question="?", slides=[]).lessons == ["22"]


@pytest.mark.usefixtures("one_more")
def test_a_sixth_part_is_listed_on_every_page():
    """The list of lessons beside each page has it."""
    page = Page("404.html", "There is no such page", "Nowhere.", "404.html", words={"base": "x"})
    assert "22_before.html" in Frame(Formulas()).html(page)
