"""Fixtures of the browser tests: one JupyterLab and one Chromium a session, a page object a test.

Every test in this folder is marked `browser`. A lesson that a test opened is checked when the test ends: a
request to another machine or an error on the console fails it.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
import needs
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from playwright.sync_api import Browser, sync_playwright
from xdist.scheduler import LoadScopeScheduling

from tools.lab.browser import SAME_PIXELS, WatchedPage
from tools.lab.lesson import LabServer, Lesson, find_browser, launch
from tools.lesson_files import NOTEBOOKS

HERE = Path(__file__).parent
METADATA = {"kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}}
SIZE = {"width": 1280, "height": 1100}  # holds most widgets whole
ALONE = {"test_lessons.py", "test_unlucky_browser.py"}  # files whose tests share no page
PROSE = "\n\n".join(["A long text."] * 80)  # below the widgets, so that each can be scrolled off the screen


class ByPage(LoadScopeScheduling):
    """Hands the tests of one file to one worker, since they share one page; a lesson's is a page of its own.

    xdist's `loadgroup` would do it, but pytest 9.2 does not know the group that it writes into a test's name.
    """

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.split("::", maxsplit=1)[0]
        return nodeid if Path(file).name in ALONE else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByPage:
    """Share the tests out by page, whatever `--dist` says."""
    return ByPage(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test of this folder, so that no file can forget to."""
    for item in items:
        if HERE in item.path.parents and isinstance(item, pytest.Function):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Return a headless Chromium with an empty profile; skip without one."""
    if find_browser() is None:
        pytest.skip(needs.CHROMIUM)
    with sync_playwright() as playwright:
        chromium = launch(playwright, more=SAME_PIXELS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def lab_server(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabServer]:
    """Return the session's one JupyterLab."""
    with LabServer(tmp_path_factory.mktemp("lab")) as server:
        yield server


@pytest.fixture(scope="session")
def window(browser: Browser, lab_server: LabServer) -> Iterator[WatchedPage]:
    """Return the session's one page with a JupyterLab that is loaded, for tests that need no fresh one."""
    page = WatchedPage(browser)
    yield page
    page.close()


@pytest.fixture
def open_lesson(browser: Browser, lab_server: LabServer) -> Iterator[Callable[[Path | str], Lesson]]:
    """Return a function that opens a notebook: a path, or a lesson's name such as "01_perceptron"."""
    opened: list[Lesson] = []

    def open_one(notebook: Path | str) -> Lesson:
        path = Path(notebook)
        opened.append(Lesson(lab_server, browser, path if path.suffix else NOTEBOOKS / f"{path}.ipynb"))
        return opened[-1].open()

    yield open_one
    for lesson in opened:
        lesson.close()
    for lesson in opened:
        lesson.check()


@pytest.fixture(scope="session")
def write_notebook(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Return a function that writes a notebook of code cells, under one heading, and returns its path."""

    def write(name: str, *cells: str) -> Path:
        path = tmp_path_factory.mktemp("lesson") / f"{name}.ipynb"
        ready = [new_markdown_cell("# A title"), *map(new_code_cell, cells), new_markdown_cell(PROSE)]
        nbformat.write(new_notebook(cells=ready, metadata=METADATA), path)
        return path

    return write


@pytest.fixture(scope="module")
def lesson(
    request: pytest.FixtureRequest,
    browser: Browser,
    window: WatchedPage,
    lab_server: LabServer,
    write_notebook: Callable[..., Path],
) -> Iterator[Lesson]:
    """Return one notebook with a test file's widgets, run once for all its tests.

    The file says in `CELLS` what the code cells hold, and in `SIZE`, if it must, how large the window is. At the
    end the page must have been offline and without complaint.
    """
    module = request.module
    path = write_notebook(Path(module.__file__).stem.removeprefix("test_"), *module.CELLS)
    window.page.set_viewport_size(getattr(module, "SIZE", SIZE))
    opened = Lesson(lab_server, browser, path, window).open()
    yield opened.run_all()
    opened.leave()
