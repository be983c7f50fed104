"""What a browser test of a lesson is written with: open it, run it, move something, look.

    lesson = open_lesson("01_perceptron")                      # the fixture of conftest.py
    lesson.run_all()                                           # or the failing cell's sentence
    widget = lesson.widget("Perceptron")                       # `lab_widget.py`
    before = widget.picture()                                  # PNG bytes, to be compared as they are
    threshold = widget.slider("threshold")                     # `lab_controls.py`
    with widget.redraw():
        threshold.press("ArrowRight")
    assert widget.picture() != before

Every request is watched: a lesson may speak to this machine alone (`Lesson.check` says what it tried).
This file knows no lesson and no widget by name. `lab_server.py` starts JupyterLab, `lab_browser.py` Chromium.
"""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from playwright.sync_api import Browser

from tools.lab.browser import WatchedPage, find_browser, launch
from tools.lab.controls import Controls, LessonError, wait_until
from tools.lab.probe import (
    ANSWERED,
    CELLS,
    CELLS_RUN,
    ENDED,
    IS_READY,
    KERNEL,
    LEAST_QUIET_MS,
    LEAVE,
    NAMES,
    OPEN,
    RESTART,
    SELECT,
    START,
    STORED_PICTURE,
    WATCH,
)
from tools.lab.server import LabServer
from tools.lab.widget import QUIET_MILLISECONDS, Widget

__all__ = ["Cell", "LabServer", "Lesson", "LessonError", "Widget", "find_browser", "launch"]


@dataclass
class Cell:
    """One code cell as JupyterLab holds it now.

    Attributes:
        index: its place among all cells, from 0.
        number: its place among the code cells, from 1, as [1], [2] … in the margin.
        source: the code.
        count: the execution count, None when it has not been run.
        tags: the tags.
        outputs: the outputs, as in the file.
    """

    index: int
    number: int
    source: str
    count: int | None
    tags: list[str]
    outputs: list[dict[str, Any]]

    def __str__(self) -> str:
        first = next((line.strip() for line in self.source.splitlines() if line.strip()), "")
        return f"cell [{self.number}] `{first}`"

    @property
    def error(self) -> str | None:
        """The name and text of an error that the cell does not announce with the tag raises-exception."""
        errors = [output for output in self.outputs if output["output_type"] == "error"]
        if not errors or "raises-exception" in self.tags:
            return None
        return f"{errors[0]['ename']}: {errors[0]['evalue']}"


class Lesson(Controls):
    """A page with a copy of one notebook in JupyterLab: the page object of every browser test.

    Args:
        server: the JupyterLab that shows it.
        browser: the browser that opens it.
        notebook: the notebook's file; the copy is untrusted, as after a download.
        window: the page it is opened in, which may hold a JupyterLab already; a new one of the usual size when
            None.
    """

    def __init__(
        self, server: LabServer, browser: Browser, notebook: Path | str, window: WatchedPage | None = None
    ) -> None:
        self.server, self.name = server, Path(notebook).stem
        self.path = server.copy(Path(notebook))
        self._watched = window or WatchedPage(browser)
        super().__init__(self._watched.page, self._watched.page.locator("body"))

    def __enter__(self) -> Self:
        """Open the notebook."""
        return self.open()

    def __exit__(self, *_: object) -> None:
        """Close the page and end the kernel."""
        self.close()

    def open(self) -> Self:
        """Load the notebook and wait until its kernel is connected; no cell is run."""
        if self.page.url.startswith(self.server.url):
            self.page.evaluate(OPEN, self.path)
        else:
            self.page.goto(self.server.address(self.path))
        return self._when_ready()

    def leave(self) -> None:
        """Close the notebook and end its kernel; the page goes on, for another one.

        Raises:
            LessonError: the page asked another machine for something, or wrote an error to its console.
        """
        self.page.evaluate(LEAVE)
        self.check()

    def reload(self) -> Self:
        """Load the page again, as a reader does with F5; what was not saved is lost, and the kernel goes on."""
        self.page.reload()
        return self._when_ready()

    def save(self) -> None:
        """Save the notebook."""
        self.page.evaluate("() => jupyterapp.commands.execute('docmanager:save')")

    def restart(self) -> None:
        """Restart the kernel; the page and its outputs stay."""
        self.page.evaluate(RESTART)
        self._when_ready()

    def _when_ready(self) -> Self:
        self.wait_for(lambda: self.page.evaluate(IS_READY), f"{self.name} did not become ready in JupyterLab")
        self.page.evaluate(WATCH)
        return self

    def close(self) -> None:
        """Close the page and end the kernel; `check` still answers afterwards."""
        self._watched.close()
        with suppress(OSError):
            self.server.end_kernel(self.path)

    @property
    def outside(self) -> list[str]:
        """The addresses on other machines that the page asked for; each was refused."""
        return self._watched.outside

    @property
    def complaints(self) -> list[str]:
        """The errors that the page wrote to its console."""
        return self._watched.console

    def forget(self) -> None:
        """End the page, and forget what a test has provoked on purpose: a page that goes on may ask again."""
        self.close()
        self.outside.clear()
        self.complaints.clear()

    def check(self) -> None:
        """Fail if the page asked another machine for something, or wrote an error to its console."""
        if self.outside:
            raise LessonError(
                f"{self.name} asked another machine for {self.outside[0]} ({len(self.outside)} such requests): "
                "a lesson must run offline"
            )
        if self.complaints:
            raise LessonError(f"{self.name} made the browser complain: {self.complaints[0]}")

    def cells(self) -> list[Cell]:
        """Return the code cells with their present outputs."""
        return [Cell(**cell) for cell in self.page.evaluate(CELLS)]

    def run_all(self) -> Self:
        """Run every cell from top to bottom and wait until the widgets are drawn.

        Raises:
            LessonError: a cell raised (the message names lesson, cell and error), hangs, or the kernel died.
        """
        self._run("notebook:run-all-cells")
        for cell in self.cells():
            if cell.error:
                raise LessonError(f"{self.name}, {cell}: {cell.error}")
            if cell.count is None and cell.source.strip():
                raise LessonError(f"{self.name}, {cell} was not run")
        self.settle()
        return self

    def run_cell(self, number: int) -> Cell:
        """Run one code cell, counted from 1, and return it with its outputs."""
        self.page.evaluate(SELECT, self.cells()[number - 1].index)
        self._run("notebook:run-cell")
        return self.cells()[number - 1]

    def run_around(self, number: int, where: str) -> list[Cell]:
        """Run the cells around a code cell, counted from 1, up to the first error, and return all cells.

        Args:
            number: the cell that is selected.
            where: “above”: all before it; “below”: itself and all after it.
        """
        self.page.evaluate(SELECT, self.cells()[number - 1].index)
        self._run(f"notebook:run-all-{where}")
        return self.cells()

    def widget(self, name: str, which: int = 0) -> Widget:
        """Return the widget of that class name once it is there; `which` picks one of several, from 0."""
        found = self.page.locator(f'.tfm-widget[data-widget="{name}"], .tfm-widget.{name}')
        wait_until(
            self.page,
            lambda: found.count() > which,
            lambda: f"{self.name} shows {found.count()} widgets {name}; there are {self.widget_names()}",
        )
        return Widget(self.page, found.nth(which))

    def fresh(self, name: str, which: int = 0, reset: str = "Reset") -> Widget:
        """Return a widget as it was first drawn: its button to reset is pressed, and no pointer rests on it."""
        widget = self.widget(name, which)
        self.page.mouse.move(2, 2)
        widget.button(reset).click()
        widget.settle()
        return widget

    def widgets(self) -> list[Widget]:
        """Return every widget on the page, in order."""
        found = self.page.locator(".tfm-widget")
        return [Widget(self.page, found.nth(n)) for n in range(found.count())]

    def widget_names(self) -> list[str]:
        """Return the class names of the widgets on the page, in order."""
        return self.page.evaluate(NAMES)

    def stored_picture_width(self, cell: Cell) -> int:
        """Return the width in pixels of the first picture in a cell's stored output, 0 without one."""
        return self.page.evaluate(STORED_PICTURE, cell.index)

    def settle(self) -> None:
        """Wait until the kernel is idle and no widget has changed for a moment."""
        self.wait_for(self._at_rest, f"{self.name} did not come to rest")

    def _run(self, command: str) -> None:
        self.page.evaluate(START, command)
        ended = self.wait_for(
            self._ended, f"{self.name} hangs in a cell", progress=lambda: self.page.evaluate(CELLS_RUN)
        )
        if ended.get("error"):
            raise LessonError(f"{self.name} could not be run: {ended['error']}")

    def _ended(self) -> dict[str, Any] | None:
        if self.page.evaluate(KERNEL) in {"dead", "autorestarting"}:
            raise LessonError(f"the kernel of {self.name} died")
        return self.page.evaluate(ENDED)

    def _at_rest(self) -> bool:
        quiet = self.page.evaluate(LEAST_QUIET_MS)
        return self.page.evaluate(ANSWERED) and (quiet is None or quiet > QUIET_MILLISECONDS)
