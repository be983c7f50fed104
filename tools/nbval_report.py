"""A pytest plugin over nbval: a lesson that fails says where and what, and a stripped lesson does not pass.

    python -m pytest --nbval -p tools.nbval_report --rootdir=notebooks notebooks

nbval runs each code cell in a kernel and compares what it prints with what is stored. Four things are changed
here:

- the kernels have nothing but the course: no network, nothing fetched before, no home that can be written. A cell
  that asks the network and does not say what stands in for it fails, and so does one that warns in red;
- a failure shows the lesson, the cell as numbered in the margin, its first line, and the difference or error;
- a number that another processor computes a little differently may be as far from the stored one as the cell's
  metadata say (`spread.py`);
- a cell without outputs and without an execution count fails, where nbval would run it and compare nothing.

It knows nothing of widgets: nbval drops their messages, and the browser tests do that work.
"""

import difflib
import functools
import os
import tempfile
from pathlib import Path
from typing import Any

import nbval.kernel
import pytest
from nbval.plugin import IPyNbCell, NbCellError

from tools.alone import STAND_IN, asked_for, closed_network, environment, no_home
from tools.lesson_files import name_of, place, plain
from tools.spread import differences, printed, settled

os.environ["TFM_PROGRESS"] = "off"  # the kernels inherit it: lessons are compared as somebody new sees them
MAX_LINES = 40  # of a difference or a traceback; what matters is at its start or its end
_temporary = tempfile.TemporaryDirectory(prefix="tfm-lessons-")  # goes with this process
ALONE = Path(_temporary.name)
nbval.kernel.start_new_kernel = functools.partial(
    nbval.kernel.start_new_kernel, env=environment({**closed_network(ALONE), **no_home()})
)


class LessonCell(IPyNbCell):
    """One code cell as a test."""

    @property
    def place(self) -> str:
        """The lesson, the number in the margin, the first line."""
        return place(name_of(self.path), self.cell_num + 1, self.cell.source)

    def runtest(self) -> None:
        """Run the cell and compare; a cell fails, too, that was never run, warns, or asks the network silently."""
        if self.cell.source.strip() and self.cell.execution_count is None and not self.cell.outputs:
            raise NbCellError(
                self.cell_num,
                "this cell was stored without having been run, nothing can be compared: run `make restore`",
                self.cell.source,
            )
        before = len(asked_for(ALONE))
        super().runtest()
        printed = {output.name: output.text for output in self.test_outputs if output.output_type == "stream"}
        if "stderr" in printed:
            raise NbCellError(self.cell_num, f"wrote in red: {printed['stderr']}", self.cell.source)
        asked = asked_for(ALONE)[before:]
        if asked and STAND_IN not in printed.get("stdout", ""):
            raise NbCellError(
                self.cell_num, f"asked the network: {asked}, and does not say so", self.cell.source
            )

    def compare_outputs(self, test: Any, ref: Any, skip_compare: Any = None) -> bool:
        """Compare strictly, but for numbers that are within their spread."""
        spread = self.cell.metadata.get("tfm", {}).get("spread", {})
        same: bool = super().compare_outputs(settled(test, ref, spread), ref, skip_compare)
        if spread and not same:
            self.comparison_traceback += differences(printed(ref), printed(test), spread)
        return same

    def reportinfo(self) -> tuple[Any, int, str]:
        """Return what pytest puts above a failure."""
        return self.path, self.cell_num, self.place

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> str:
        """Return the failure as text: the place, what happened, the difference or the traceback."""
        error = excinfo.value
        if not isinstance(error, NbCellError):
            return f"{self.place}: {type(error).__name__}: {error}"
        detail = plain(error.inner_traceback or "").strip()
        what = str(error).splitlines()[0] if str(error) else "failed"
        if "exception" in what and detail:
            what = detail.splitlines()[-1]
        return "\n\n".join(filter(None, [f"{self.place}: {what}", _shortened(detail), self._source()]))

    def format_output_compare(self, key: str, left: Any, right: Any) -> None:
        """Note the difference of one output, line by line."""
        pair = [str(side).splitlines() for side in (left, right)]
        difference = difflib.unified_diff(*pair, "stored", "now", lineterm="", n=1)
        self.comparison_traceback += [f"{key} differs:", *difference]

    def _source(self) -> str:
        return "\n".join(f"    {line}" for line in self.cell.source.splitlines())


def pytest_itemcollected(item: pytest.Item) -> None:
    """Make each of nbval's cells one of ours once it is built; nbval builds no other class than its own."""
    if type(item) is IPyNbCell:
        item.__class__ = LessonCell


def _shortened(detail: str) -> str:
    lines = detail.splitlines()
    if len(lines) <= MAX_LINES:
        return detail
    half = MAX_LINES // 2
    return "\n".join([*lines[:half], f"… {len(lines) - 2 * half} lines left out …", *lines[-half:]])
