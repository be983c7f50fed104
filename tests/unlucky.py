"""A reader with bad luck: runs a lesson's cells in any order, in any environment, in a kernel like `tfm lab`'s.

    with Reader(path, no_home()) as reader:                 # `alone.py`
        for number in reader.numbers:
            ran = reader.run(number)                    # raises if the cell hangs
            assert not ran.error, ran

This file knows no lesson by name.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import nbformat
from jupyter_client import AsyncKernelManager
from jupyter_client.kernelspec import KernelSpecManager
from nbclient import NotebookClient
from patience import HANG_SECONDS

from tfm.kernel import JUPYTER
from tools.alone import environment
from tools.contract import is_ignored
from tools.lesson_files import place, plain, tags

SKIPPED = {"image/png", "image/jpeg", "application/vnd.jupyter.widget-view+json"}


@dataclass(frozen=True)
class Ran:
    """What one run of a cell showed.

    Attributes:
        where: the lesson, the number in the margin, the first line.
        outputs: as in a notebook.
        raises: whether the cell announces an error by the tag raises-exception.
        is_compared: whether its output is the same on every run, as `make notebooks` holds it.
    """

    where: str
    outputs: list[Any]
    raises: bool
    is_compared: bool

    def __str__(self) -> str:
        return f"{self.where}: {self.error or self.stderr or 'ran'}"

    @property
    def error(self) -> str:
        """The name and the text of an error that the cell does not announce; empty without one."""
        error = self._error()
        return "" if error is None or self.raises else f"{error['ename']}: {error['evalue']}"

    @property
    def traceback(self) -> str:
        """The error as the reader sees it; empty without one."""
        error = self._error()
        return plain("\n".join(error["traceback"])) if error else ""

    @property
    def printed(self) -> str:
        """What was printed."""
        return self._stream("stdout")

    @property
    def stderr(self) -> str:
        """What was written beside it: warnings, for one."""
        return self._stream("stderr")

    @property
    def shown(self) -> list[tuple[str, str]]:
        """All that nbval compares, as (kind, text): pictures and ids of widgets are left out."""
        streams = [(name, self._stream(name)) for name in ("stdout", "stderr")]
        data = [sorted(o["data"].items()) for o in self.outputs if "data" in o]
        texts = [(kind, "".join(value)) for pairs in data for kind, value in pairs if kind not in SKIPPED]
        return [pair for pair in streams if pair[1]] + texts

    def _error(self) -> Any:
        return next((output for output in self.outputs if output["output_type"] == "error"), None)

    def _stream(self, name: str) -> str:
        return "".join("".join(o["text"]) for o in self.outputs if o.get("name") == name)


class Reader:
    """A kernel with one lesson, a context manager.

    Args:
        path: the lesson.
        env: what differs from this process's environment; None takes a variable away.

    Attributes:
        numbers: those of the code cells, from 1.
    """

    def __init__(self, path: Path, env: Mapping[str, str | None] | None = None) -> None:
        self.path = path
        self._notebook = nbformat.read(path, as_version=4)
        cells = enumerate(self._notebook.cells)
        self._code = [(n, c) for n, c in cells if c.cell_type == "code" and c.source.strip()]
        self.stored = [self._ran(number, cell) for number, (_, cell) in enumerate(self._code, start=1)]
        self.numbers = range(1, len(self._code) + 1)
        usual = {
            "JPY_SESSION_NAME": str(path),
            "OMP_NUM_THREADS": "1",
            "MPLBACKEND": None,
            "TFM_PROGRESS": "off",
        }
        self._env = environment({**usual, **(env or {})})

    def __enter__(self) -> Self:
        """Start the kernel, with `tfm lab`'s settings."""
        specs = KernelSpecManager(kernel_dirs=[str(JUPYTER / "kernels")])
        self._client = NotebookClient(
            self._notebook,
            km=AsyncKernelManager(kernel_name="python3", kernel_spec_manager=specs),
            timeout=HANG_SECONDS,
            allow_errors=True,
            resources={"metadata": {"path": str(self.path.parent)}},
            record_timing=False,
        )
        self._kernel = self._client.setup_kernel(env=self._env, cleanup_kc=True)
        self._kernel.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        """End the kernel."""
        self._kernel.__exit__(*error)

    def run(self, number: int) -> Ran:
        """Run one code cell, counted from 1.

        Raises:
            CellTimeoutError: it hangs.
        """
        index, cell = self._code[number - 1]
        self._client.execute_cell(cell, index)
        return self._ran(number, cell)

    def run_all(self, numbers: Iterable[int] | None = None) -> list[Ran]:
        """Run code cells one after the other, all of them by default, whatever they raise."""
        return [self.run(number) for number in (self.numbers if numbers is None else numbers)]

    def _ran(self, number: int, cell: Any) -> Ran:
        where = place(self.path.stem, number, cell.source)
        return Ran(where, list(cell.outputs), "raises-exception" in tags(cell), not is_ignored(cell))


def compare(ran: Ran, stored: Ran) -> None:
    """Fail if a cell raised, wrote on stderr, or shows something else than what is stored."""
    assert not ran.error, str(ran)
    assert not ran.stderr, f"{ran.where} wrote in red: {ran.stderr}"
    if stored.is_compared:
        assert ran.shown == stored.shown, ran.where
