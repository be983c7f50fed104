"""Every lesson in a real JupyterLab runs offline from top to bottom, and shows pictures before it is run."""

from pathlib import Path

import pytest

LESSONS = sorted((Path(__file__).parents[2] / "notebooks").glob("[0-9][0-9]_*.ipynb"))
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
every_lesson = pytest.mark.parametrize("notebook", LESSONS, ids=lambda path: path.stem)


@every_lesson
def test_lesson_runs_from_top_to_bottom(open_lesson, notebook):
    """Every cell runs, every widget appears with a picture and without a complaint, all of it offline."""
    lesson = open_lesson(notebook).run_all()
    stored = sum(WIDGET_VIEW in o.get("data", {}) for cell in lesson.cells() for o in cell.outputs)
    assert bool(stored) == bool(lesson.widgets()), f"{stored} widgets were made, not all of them are shown"
    for name, widget in zip(lesson.widget_names(), lesson.widgets(), strict=True):
        assert widget.pictures(), f"the widget {name} shows no picture"
        assert not widget.message, f"the widget {name} starts with: {widget.message}"


@every_lesson
def test_lesson_shows_pictures_before_it_is_run(open_lesson, notebook):
    """In a fresh copy, as after a download, each stored widget is a picture; none says “model not found”."""
    lesson = open_lesson(notebook)
    for cell in lesson.cells():
        if any(WIDGET_VIEW in output.get("data", {}) for output in cell.outputs):
            sentence = f"{lesson.name}, {cell}: the stored widget shows no picture before it is run"
            assert lesson.wait_for(lambda cell=cell: lesson.stored_picture_width(cell), sentence) > 0
    assert "model not found" not in lesson.page.inner_text("body").lower()
