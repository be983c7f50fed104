"""Every stored notebook keeps the contract of `contract.py`, and the course names what there is."""

import pytest

from tfm import course
from tools.contract import LESSON_RULES, RULES, claims
from tools.lesson_files import editions, everything, lessons, name_of, read, solutions

LESSONS = [path for folder in editions().values() for path in lessons(folder)]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
@pytest.mark.parametrize("path", everything(), ids=name_of)
def test_notebook_keeps(rule, path):
    """A lesson, and its solutions, break no rule."""
    faults = list(rule(read(path), path))
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("rule", LESSON_RULES, ids=lambda rule: rule.__name__)
@pytest.mark.parametrize("path", LESSONS, ids=name_of)
def test_lesson_keeps(rule, path):
    """A lesson has its parts: headings, exercises with solutions, the package, a widget."""
    faults = list(rule(read(path), path))
    assert not faults, "\n".join(faults)


def test_every_solution_has_its_lesson():
    """No solutions are left over from a lesson that was renamed, nor a translation from an English one."""
    for folder in editions().values():
        here = {path.name for path in lessons(folder)}
        assert {path.name for path in solutions(folder)} == here
        assert here <= {path.name for path in lessons()}


def test_the_course_names_the_lessons_that_exist():
    """`tfm/course.toml` has every lesson, in order, and no other."""
    assert [lesson.name for lesson in course.lessons()] == [path.stem for path in lessons()]


@pytest.mark.parametrize("path", LESSONS, ids=name_of)
def test_each_claim_has_one_cell(path):
    """A claim has one cell tagged claim-NN in each lesson that the course gives it to, and none elsewhere."""
    found = claims(read(path))
    owned = {int(claim.number) for claim in course.claims() if path.stem[:2] in claim.lessons}
    twice = {claim for claim in found if found.count(claim) > 1}
    assert not twice, f"{path.stem} has more than one cell tagged {sorted(twice)}"
    assert owned <= set(found), (
        f"{path.stem} has no cell tagged {_tags(owned - set(found))}, which tfm/course.toml promises"
    )
    assert set(found) <= owned, f"tfm/course.toml does not give {_tags(set(found) - owned)} to {path.stem}"


def _tags(numbers):
    return ", ".join(f"claim-{n:02}" for n in sorted(numbers))
