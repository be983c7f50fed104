"""A kernel restarted in the middle of a lesson, in a real JupyterLab: the page says what helps, and it does."""

import pytest

SENTENCE = (
    "which has not been run since the kernel started: run that cell first, or choose Run › Run All Above "
    "Selected Cell."
)
MIDDLE = 9


@pytest.fixture
def restarted(open_lesson):
    """Return lesson 01, run from top to bottom and then without a kernel's memory."""
    lesson = open_lesson("01_perceptron").run_all()
    lesson.restart()
    return lesson


def test_run_all_below_says_what_is_missing_and_run_all_above_mends_it(restarted):
    """After a restart, the first cell below fails with the sentence; run all above, then below: green."""
    cells = restarted.run_around(MIDDLE, "below")
    failed = next(cell for cell in cells if cell.error)
    assert failed.number >= MIDDLE
    assert failed.error.startswith("NameError")
    error = restarted.page.locator(".jp-OutputArea-output pre", has_text="Run All Above").first
    error.scroll_into_view_if_needed()
    shown = restarted.wait_for(error.inner_text, "the page shows no error")
    assert SENTENCE in " ".join(shown.split())
    assert not [
        c for c in restarted.run_around(failed.number, "above") if c.error and c.number < failed.number
    ]
    assert not [str(cell) for cell in restarted.run_around(failed.number, "below") if cell.error]


def test_a_renamed_notebook_is_found_by_its_cell(open_lesson, write_notebook):
    """Renamed while its kernel runs, and not even saved again: the cell's own id finds the file."""
    lesson = open_lesson(write_notebook("first_name", "scores = [1, 2]", "print(scores)"))
    lesson.save()
    folder = lesson.path.rsplit("/", 1)[0]
    rename = "([a, b]) => jupyterapp.serviceManager.contents.rename(a, b)"
    lesson.page.evaluate(rename, [lesson.path, f"{folder}/second_name.ipynb"])
    lesson.run_cell(2)
    text = "\n".join(lesson.cells()[1].outputs[0]["traceback"])
    assert "comes from “scores = [1, 2]” in code cell 1, under “A title”" in " ".join(text.split())
    lesson.path = f"{folder}/second_name.ipynb"
