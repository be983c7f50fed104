"""A kernel restarted in the middle, cells run out of order, cells run twice: for every lesson.

In `make test` each lesson is entered in the middle, up to its first error. `make test-long` runs each lesson from
its last cell to its first, then as it should be, and each of its cells twice.
"""

import re

import pytest
from unlucky import Reader, compare

from tools.lesson_files import lessons

every_lesson = pytest.mark.parametrize("lesson", lessons(), ids=lambda path: path.stem)
MADE_BY = re.compile(r"`(\w+)` comes from “.+?” in code cell (\d+), under “.+?”, which (.+?):")


def explained(ran, number):
    """Say whether the cell failed as it may: a missing name, and the sentence which earlier cell makes it."""
    found = MADE_BY.search(" ".join(ran.traceback.split()))
    return bool(
        ran.error.startswith("NameError")
        and found
        and f"'{found[1]}'" in ran.error
        and int(found[2]) < number
        and found[3] == "has not been run since the kernel started"
    )


@every_lesson
def test_lesson_entered_in_the_middle_says_what_is_missing(lesson):
    """After a restart, “run all below” ends at a name, and the reader is told which earlier cell makes it."""
    with Reader(lesson) as reader:
        for number in reader.numbers[len(reader.numbers) // 2 :]:
            ran = reader.run(number)
            if ran.error:
                break
    assert explained(ran, number), f"{ran}\n{ran.traceback}"


@pytest.mark.long
@every_lesson
def test_lesson_run_backwards_explains_itself_and_then_runs(lesson):
    """From the last cell to the first every error is explained; then, in the same kernel, all is as stored."""
    with Reader(lesson) as reader:
        for number in reversed(reader.numbers):
            ran = reader.run(number)
            assert not ran.error or explained(ran, number), f"{ran}\n{ran.traceback}"
        for number, stored in zip(reader.numbers, reader.stored, strict=True):
            compare(reader.run(number), stored)


@pytest.mark.long
@every_lesson
def test_each_cell_run_twice_shows_the_same(lesson):
    """Each cell is run twice in a row, and the second time it shows what is stored."""
    with Reader(lesson) as reader:
        for number, stored in zip(reader.numbers, reader.stored, strict=True):
            reader.run(number)
            compare(reader.run(number), stored)


@pytest.mark.parametrize(
    ("sources", "is_explained"),
    [
        (["a = 1", "b = a"], True),
        (["a = 1", "b = c"], False),
        (["a = 1", "1 / 0"], False),
        (["1 + 1", "b = a", "a = 1"], False),
    ],
)
def test_only_an_earlier_cells_name_is_explained(write_lesson, sources, is_explained):
    """What the tests above accept: not an unknown name, not another error, not a name of a later cell."""
    with Reader(write_lesson(*sources)) as reader:
        assert explained(reader.run(2), 2) == is_explained


def test_a_cell_that_goes_on_would_be_found(write_lesson):
    """A cell that prints something else the second time fails the test above."""
    with Reader(write_lesson("n = 1", "n += 1\nprint(n)")) as reader:
        reader.run(1)
        first, second = reader.run(2), reader.run(2)
        with pytest.raises(AssertionError, match=r"cell \[2\] `n \+= 1`"):
            compare(second, first)
