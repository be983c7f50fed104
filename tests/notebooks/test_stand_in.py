"""Lesson 12 where the weights of MiniLM cannot be had: it runs on the small encoder, and says so."""

import nbformat
from lesson_files import NOTEBOOKS
from nbclient import NotebookClient

CLOSED = """
import tfm.pretrained.load as load
from tfm.data import DataError

def closed(name):
    raise DataError("there is no network")

load.fetch = closed
"""


def test_lesson_12_runs_without_its_weights():
    """With no network and no package, every cell of the lesson runs, and the first one says what stands in."""
    lesson = nbformat.read(NOTEBOOKS / "12_real_attention.ipynb", as_version=4)
    lesson.cells.insert(0, nbformat.v4.new_code_cell(CLOSED))
    NotebookClient(lesson, timeout=120, resources={"metadata": {"path": str(NOTEBOOKS)}}).execute()
    printed = [o.text for cell in lesson.cells for o in cell.get("outputs", []) if o.output_type == "stream"]
    assert any("tiny encoder stands in for it: there is no network" in text for text in printed)
