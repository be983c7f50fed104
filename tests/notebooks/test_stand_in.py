"""The lessons that read MiniLM, where its weights cannot be had: they run on the small encoder, and say so."""

import nbformat
import pytest
from lesson_files import NOTEBOOKS
from nbclient import NotebookClient
from patience import HANG_SECONDS

CLOSED = """
import tfm.pretrained.load as load
from tfm.data import DataError

def closed(name):
    raise DataError("there is no network")

load.fetch = closed
"""


@pytest.mark.parametrize("name", ["07_embeddings", "12_real_attention", "14_feed_forward"])
def test_lesson_runs_without_its_weights(name):
    """With no network and no package every cell of the lesson runs, and one says what stands in."""
    lesson = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4)
    lesson.cells.insert(0, nbformat.v4.new_code_cell(CLOSED))
    NotebookClient(lesson, timeout=HANG_SECONDS, resources={"metadata": {"path": str(NOTEBOOKS)}}).execute()
    printed = [o.text for cell in lesson.cells for o in cell.get("outputs", []) if o.output_type == "stream"]
    assert any("tiny encoder stands in for it: there is no network" in text for text in printed)
