"""Every lesson in a real JupyterLab shows pictures before it is run, and runs offline from top to bottom.

`make test` runs those of `RUN`, `make test-long` every one.
"""

import pytest

from tools.lab.lesson import Lesson
from tools.lesson_files import WIDGET_VIEW, editions, lessons, name_of

LESSONS = [path for folder in editions().values() for path in lessons(folder)]
RUN = {"01_perceptron", "09_attention", "12_real_attention"}  # the first; a quick one; one with a real model


def widget_cells(lesson):
    """Return the cells whose output is a widget."""
    return [cell for cell in lesson.cells() if any(WIDGET_VIEW in o.get("data", {}) for o in cell.outputs)]


@pytest.mark.parametrize("notebook", LESSONS, ids=name_of)
def test_lesson_shows_pictures_before_it_is_run(browser, lab_server, window, notebook):
    """In a fresh copy, as after a download, each stored widget is a picture, and all comes from this machine."""
    lesson = Lesson(lab_server, browser, notebook, window).open()
    for cell in widget_cells(lesson):
        sentence = f"{lesson.name}, {cell}: the stored widget shows no picture before it is run"
        assert lesson.wait_for(lambda cell=cell: lesson.stored_picture_width(cell), sentence) > 0
    assert "model not found" not in lesson.page.inner_text("body").lower()
    lesson.leave()


@pytest.mark.parametrize(
    "notebook",
    [pytest.param(path, marks=[pytest.mark.long] * (name_of(path) not in RUN)) for path in LESSONS],
    ids=name_of,
)
def test_lesson_runs_from_top_to_bottom(open_lesson, notebook):
    """Every cell runs, offline, and every widget shows its pictures and no message."""
    lesson = open_lesson(notebook).run_all()
    made, shown = widget_cells(lesson), lesson.widgets()
    assert bool(made) == bool(shown), f"{len(made)} widgets were made, not all of them are shown"
    for name, widget in zip(lesson.widget_names(), shown, strict=True):
        assert widget.pictures(), f"the widget {name} shows no picture"
        assert not widget.message, f"the widget {name} starts with: {widget.message}"
