"""Run lessons from top to bottom in a fresh kernel and store what they print: `make restore`.

    python -m tools.restore                         every lesson and every solution
    python -m tools.restore 01_perceptron           one lesson (solutions/01_…: its solutions, zh/01_…: in Chinese)
    python -m tools.restore --quick 01_perceptron   runs it once, and leaves the spreads as they are
    python -m tools.restore --time                  stores nothing: seconds a lesson, median of 3

What is stored does not depend on when and where it ran: no widget state (with it a page would fetch scripts
from elsewhere, and hide the static picture), no timing, no version of Python, no folder of this machine, one
stream per run of prints. Each lesson is run again as another processor would (`spread.py`), and a number that
comes out differently is stored with its spread. A notebook whose outputs are the same is not written again. An
error ends the run with the lesson, the cell and the error, and stores nothing of that notebook.
"""

import argparse
import os
import re
import statistics
import sys
import sysconfig
import time
import uuid
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from itertools import repeat
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

from benchmarks._measure import machine, write_results
from tools.lesson_files import NOTEBOOKS, WIDGET_VIEW, everything, lessons, name_of, place, plain
from tools.spread import PERTURBATIONS, measured, printed

os.environ["TFM_PROGRESS"] = "off"  # the kernels inherit it: a lesson is stored as somebody new sees it
CELL_SECONDS = 120
TIMED_RUNS = 3
KERNELSPEC = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
LANGUAGE = {
    "file_extension": ".py",
    "mimetype": "text/x-python",
    "name": "python",
    "pygments_lexer": "ipython3",
}
WORKERS = 2
CELL_METADATA = {
    "tags",
    "slideshow",
    "jupyter",
    "tfm",
}  # what an author wrote; the rest is a trace of one session


class RestoreError(RuntimeError):
    """A notebook did not run; the message says where and why."""


def run(path: Path, elsewhere: Mapping[str, str] | None = None) -> nbformat.NotebookNode:
    """Run a notebook in its own folder with a fresh kernel.

    Args:
        path: the notebook.
        elsewhere: what the kernel's environment says besides, one of `PERTURBATIONS`.

    Raises:
        RestoreError: a cell raised without the tag raises-exception, took too long, or ended the kernel.
    """
    notebook, started = nbformat.read(path, as_version=4), [0]
    client = NotebookClient(
        notebook,
        kernel_name="python3",
        timeout=CELL_SECONDS,
        resources={"metadata": {"path": str(path.parent)}},
        record_timing=False,
        store_widget_state=False,
        on_cell_start=lambda cell, cell_index: started.append(cell_index),
    )
    try:
        client.execute(env={**os.environ, **(elsewhere or {})})
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
        raise RestoreError(_sentence(name_of(path), notebook, started[-1], error)) from error
    return notebook


def clean(notebook: nbformat.NotebookNode, name: str) -> nbformat.NotebookNode:
    """Leave in a notebook, in place, only what is the same on every run.

    Args:
        notebook: a notebook that has been run.
        name: the lesson's name, from which the ids of its widgets are made.

    Returns:
        The same notebook.
    """
    notebook.metadata = nbformat.from_dict({"kernelspec": KERNELSPEC, "language_info": LANGUAGE})
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    for number, cell in enumerate(notebook.cells):
        cell.setdefault("id", f"cell-{number}")
        cell.metadata = nbformat.from_dict({k: v for k, v in cell.metadata.items() if k in CELL_METADATA})
        if cell.cell_type == "code":
            cell.outputs = _merged(cell.outputs)
            for rank, output in enumerate(cell.outputs):
                _make_constant(output, f"{name}/{number}/{rank}")
    return notebook


def store(path: Path, notebook: nbformat.NotebookNode) -> bool:
    """Write a notebook if it differs from the file, and say whether it did."""
    new = nbformat.writes(clean(notebook, path.stem), version=4).rstrip("\n") + "\n"
    if new == path.read_text(encoding="utf-8"):
        return False
    draft = path.with_suffix(".ipynb.new")
    draft.write_text(new, encoding="utf-8")
    draft.replace(path)
    return True


def restore(path: Path, *, quick: bool = False) -> bool:
    """Run one notebook, measure its spreads unless `quick`, store it, and say whether the file changed."""
    if quick:
        return store(path, run(path))
    with ProcessPoolExecutor(WORKERS) as pool:
        notebook, *others = pool.map(run, repeat(path), [{}, *PERTURBATIONS.values()])
    for number, cell in enumerate(notebook.cells):
        if cell.cell_type == "code":
            _note_spread(cell, [other.cells[number] for other in others], name_of(path))
    return store(path, notebook)


def _note_spread(cell: Any, others: list[Any], name: str) -> None:
    """Write into a cell's metadata how far its numbers were from those of the perturbed runs."""
    kept = {name: value for name, value in cell.metadata.pop("tfm", {}).items() if name != "spread"}
    try:
        spread = measured(printed(cell.outputs), [printed(other.outputs) for other in others])
    except ValueError as error:
        raise RestoreError(
            f"{place(name, cell.execution_count, cell.source)}: on another processor {error}"
        ) from error
    if kept or spread:
        cell.metadata["tfm"] = {**kept, **({"spread": spread} if spread else {})}


def timed(paths: list[Path], runs: int = TIMED_RUNS) -> dict[str, dict[str, Any]]:
    """Run every notebook several times, interleaved, and return each one's seconds: median, least, most."""
    seconds: dict[str, list[float]] = {name_of(path): [] for path in paths}
    for _ in range(runs):
        for path in paths:
            start = time.perf_counter()
            run(path)
            seconds[name_of(path)].append(time.perf_counter() - start)
    return {
        name: {
            "median_s": round(statistics.median(s), 2),
            "min_s": round(min(s), 2),
            "max_s": round(max(s), 2),
        }
        for name, s in seconds.items()
    }


def main(arguments: list[str] | None = None) -> int:
    """Read the command line and do it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("names", nargs="*", help="lessons, such as 01_perceptron; all of them by default")
    parser.add_argument("--quick", action="store_true", help="run once, and leave the spreads as they are")
    parser.add_argument("--time", action="store_true", help="measure instead of storing")
    options = parser.parse_args(arguments)
    paths = [_find(name) for name in options.names] or everything()
    _prepare_environment()
    try:
        if options.time:
            _save(timed(paths))
        else:
            for path in paths:
                _restore_and_tell(path, quick=options.quick)
    except RestoreError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _restore_and_tell(path: Path, *, quick: bool) -> None:
    start = time.perf_counter()
    changed = restore(path, quick=quick)
    print(
        f"{name_of(path):36} {time.perf_counter() - start:6.1f} s  {'stored' if changed else 'the same'}",
        flush=True,
    )


def _save(rows: dict[str, dict[str, Any]]) -> None:
    for name, row in rows.items():
        print(f"{name:36} {row['median_s']:6.1f} s  ({row['min_s']} to {row['max_s']})")
    packages = ("torch", "numpy", "ipykernel", "ipywidgets", "nbclient")
    write_results("lessons", {"runs": TIMED_RUNS, "machine": machine(*packages), "lessons": rows})


def _find(name: str) -> Path:
    """Return the notebook of a name such as 01_perceptron, solutions/01_perceptron or a path to a file."""
    for path in (NOTEBOOKS / f"{name.removesuffix('.ipynb')}.ipynb", Path(name)):
        if path.is_file():
            return path
    known = ", ".join(path.stem for path in lessons()) or "none yet"
    raise SystemExit(f"there is no notebook {name}; the lessons are: {known}")


def _prepare_environment() -> None:
    """Give the kernels one thread each, and JupyterLab's own choice of drawing."""
    os.environ["OMP_NUM_THREADS"] = "1"
    os.environ.pop("MPLBACKEND", None)  # ipykernel then chooses the inline backend, as it does in JupyterLab
    os.environ["JUPYTER_PREFER_ENV_PATH"] = "1"


def _merged(outputs: list[Any]) -> list[Any]:
    """Join streams that follow each other: how prints fall into messages is a matter of timing."""
    merged: list[Any] = []
    for output in outputs:
        if output.output_type == "stream" and merged and merged[-1].get("name") == output.name:
            merged[-1].text += output.text
        else:
            merged.append(output)
    return merged


def _make_constant(output: Any, place_of_output: str) -> None:
    """Replace what is random or local in one output."""
    view = output.get("data", {}).get(WIDGET_VIEW)
    if view:  # the model is gone when the kernel is: any id will do, so let it be the same one each time
        view["model_id"] = uuid.uuid5(uuid.NAMESPACE_URL, place_of_output).hex
    if output.output_type == "error":
        output.traceback = [_without_folders(line) for line in output.traceback]


def _without_folders(line: str) -> str:
    """Shorten the paths of a traceback to what is the same on every machine."""
    folders = (sysconfig.get_path("purelib"), sysconfig.get_path("stdlib"), str(NOTEBOOKS.parent))
    for folder in folders:
        line = line.replace(f"{folder}{os.sep}", "")
    return re.sub(r"\S*ipykernel_\d+/\d+\.py", "<cell>", line)


def _sentence(name: str, notebook: nbformat.NotebookNode, index: int, error: Exception) -> str:
    """Say which cell ended the run, counted as in the margin, and why."""
    number = sum(cell.cell_type == "code" for cell in notebook.cells[: index + 1])
    if isinstance(error, CellExecutionError):
        what = f"{error.ename}: {error.evalue}\n\n{plain(error.traceback).strip()}"
    else:
        what = str(error).splitlines()[0]
    return f"{place(name, number, notebook.cells[index].source)}: {what}"


if __name__ == "__main__":
    sys.exit(main())
