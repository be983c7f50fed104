"""What the tests of a bad day share: small lessons of their own."""

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook


@pytest.fixture
def write_lesson(tmp_path_factory):
    """Return a function that writes a lesson of code cells, under one heading, and returns its path."""

    def write(*sources):
        notebook = new_notebook(cells=[new_markdown_cell("# A lesson"), *map(new_code_cell, sources)])
        path = tmp_path_factory.mktemp("lesson") / "01_lesson.ipynb"
        nbformat.write(notebook, path)
        return path

    return write
