"""What every stored notebook promises, as rules that read its JSON: quick, and nothing is run.

A rule takes a notebook and yields one sentence for each place that breaks it. `RULES` holds those for every
notebook, `LESSON_RULES` those for lessons alone. This file knows no lesson by name.
"""

import json
import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

from tools.lesson_files import WIDGET_VIEW, code_cells, place, tags, text

Notebook = dict[str, Any]
Rule = Callable[[Notebook, Path], Iterator[str]]

MAX_CODE_LINES = 25
CELLS_PER_IGNORED = 20
MIN_EXERCISES = 2
IGNORE_MARKS = {"nbval-ignore-output", "nbval-skip"}  # as tags; in the code: NBVAL_IGNORE_OUTPUT, NBVAL_SKIP
IGNORE_LINE = re.compile(r"^\s*#\s*NBVAL_(IGNORE_OUTPUT|SKIP)\s*$", re.MULTILINE)
COMMENT_LINE = re.compile(r"^\s*#\s*(?!NBVAL_)\S+\s+\S+", re.MULTILINE)
ADDRESS = re.compile(r"\bat 0x[0-9a-fA-F]{6,}")
FOLDER = re.compile(
    r"(?<![\w.~/+:-])/(?:home|root|tmp|work|Users|mnt)/[\w.-]+|\b[A-Z]:\\{1,2}(?:Users|Windows|Program)"
)
REMOTE = re.compile(
    r"""<(?:script|link|img|iframe|video|audio)\b[^>]*?(?:src|href)=\\?["']https?://[^"'\s]+"""
    r"""|!\[[^\]]*\]\(https?://[^)\s]+|\bfrom\s+["']https?://[^"']+|\burl\(["']?https?://[^)"']+""",
    re.IGNORECASE,
)
KERNELSPEC = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
TASKS = re.compile(r"^1\. ", re.MULTILINE)
# The order in which a lesson ends; a heading that begins or contains these words takes its place in it.
LANDMARKS = ("you may have read", "exercise", "remember", "source", "next question")


def short_cells(notebook: Notebook, path: Path) -> Iterator[str]:
    """No code cell is longer than a learner can take in at once, and none is empty."""
    for number, cell in _numbered(notebook):
        lines = len(text(cell["source"]).splitlines())
        if lines > MAX_CODE_LINES:
            yield f"{_at(path, number, cell)} has {lines} lines: split it, {MAX_CODE_LINES} is the most"
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code" and not text(cell["source"]).strip():
            yield f"{path.stem} has an empty code cell: remove it"


def run_in_order(notebook: Notebook, path: Path) -> Iterator[str]:
    """Every cell was run, once, from top to bottom."""
    for number, cell in _numbered(notebook):
        if cell.get("execution_count") != number:
            count = cell.get("execution_count")
            yield f"{_at(path, number, cell)} was stored as [{count}]: run `make restore`"


def no_errors(notebook: Notebook, path: Path) -> Iterator[str]:
    """No stored error, unless the cell announces it by the tag raises-exception, and nothing on stderr."""
    for number, cell in _numbered(notebook):
        for output in cell["outputs"]:
            if output["output_type"] == "error" and "raises-exception" not in tags(cell):
                yield f"{_at(path, number, cell)} stored {output['ename']}: {output['evalue']}"
            if output.get("name") == "stderr":
                yield f"{_at(path, number, cell)} wrote on stderr: {text(output['text']).strip()[:80]}"


def static_pictures(notebook: Notebook, path: Path) -> Iterator[str]:
    """Each widget left a picture for readers without a kernel, and no widget state is stored."""
    if "widgets" in notebook["metadata"]:
        yield f"{path.stem} stores widget state, which hides the pictures: run `make restore`"
    for number, cell in _numbered(notebook):
        for output in cell["outputs"]:
            data = output.get("data", {})
            if WIDGET_VIEW in data and "image/png" not in data:
                yield f"{_at(path, number, cell)} left no static picture (image/png) beside its widget"


def same_everywhere(notebook: Notebook, path: Path) -> Iterator[str]:
    """Nothing stored belongs to one machine or one run: no address in memory, no folder, no timing."""
    for number, cell in _numbered(notebook):
        for output in cell["outputs"]:
            stored = _output_text(output)
            for found in ADDRESS.findall(stored):
                yield f"{_at(path, number, cell)} printed an object's address in memory, “{found}”"
            for found in FOLDER.findall(stored):
                yield f"{_at(path, number, cell)} printed a folder of one machine, {found}"
        if "execution" in cell["metadata"]:
            yield f"{_at(path, number, cell)} stores when it was run: run `make restore`"
    for cell in notebook["cells"]:
        for found in FOLDER.findall(text(cell["source"])):
            yield f"{path.stem} names a folder of one machine, {found}"


def nothing_remote(notebook: Notebook, path: Path) -> Iterator[str]:
    """A lesson is read offline: no script, style, picture or frame comes from elsewhere."""
    for cell in notebook["cells"]:
        stored = [text(cell["source"]), *(_output_text(output) for output in cell.get("outputs", []))]
        for found in REMOTE.findall("\n".join(stored)):
            yield f"{path.stem} loads from elsewhere: {found}"


def plain_kernel(notebook: Notebook, path: Path) -> Iterator[str]:
    """The kernel is plain python3, which every installation has."""
    if notebook["metadata"].get("kernelspec") != KERNELSPEC:
        yield f"{path.stem} asks for the kernel {notebook['metadata'].get('kernelspec')}: run `make restore`"


def compared(notebook: Notebook, path: Path) -> Iterator[str]:
    """Nearly every cell's output is compared; an exception says why."""
    ignored = [(n, c) for n, c in _numbered(notebook) if is_ignored(c)]
    most = max(1, len(code_cells(notebook)) // CELLS_PER_IGNORED)
    if len(ignored) > most:
        yield f"{path.stem} does not compare {len(ignored)} cells, and {most} is the most: print verdicts"
    for number, cell in ignored:
        if not COMMENT_LINE.search(text(cell["source"])):
            yield f"{_at(path, number, cell)} is not compared and does not say why: add a comment line"


def headings_in_order(notebook: Notebook, path: Path) -> Iterator[str]:
    """One title, at the start; no level is skipped; the lesson ends in the usual order."""
    headings = list(_headings(notebook))
    if not headings or headings[0][0] != 1 or notebook["cells"][0]["cell_type"] != "markdown":
        yield f"{path.stem} must begin with its title: “# …” in the first cell"
    for _, words in [h for h in headings if h[0] == 1][1:]:
        yield f"{path.stem} has a second title, “{words}”: use ##"
    for (before, _), (level, words) in pairwise(headings):
        if level > before + 1:
            yield f"{path.stem}: the heading “{words}” skips from level {before} to {level}"
    seen = [rank for level, words in headings if level == 2 and (rank := _landmark(words)) is not None]
    for before, after in pairwise(seen):
        if after < before:
            yield f"{path.stem}: “{LANDMARKS[after]}” stands after “{LANDMARKS[before]}”"


def exercises(notebook: Notebook, path: Path) -> Iterator[str]:
    """At least two exercises, each solved in the notebook of the same name under solutions/."""
    names = checks(notebook)
    if len(names) < MIN_EXERCISES:
        yield f"{path.stem} has {len(names)} exercises, and {MIN_EXERCISES} is the least: call check.NAME(fn)"
    solution = path.parent / "solutions" / path.name
    if not solution.is_file():
        yield f"{path.stem} has no solutions: write solutions/{path.name}"
        return
    right = _right_checks(json.loads(solution.read_text(encoding="utf-8")))
    for name in sorted(names - right):
        yield f"solutions/{path.name} shows no “✓” for check.{name}"


def tasks_answered(notebook: Notebook, path: Path) -> Iterator[str]:
    """Numbered tasks at a widget have answers folded away, under them or in the next piece of prose."""
    cells = notebook["cells"]
    prose = [n for n, cell in enumerate(cells) if cell["cell_type"] == "markdown"]
    for place_of_widget in (n for n, cell in enumerate(cells) if _shows_widget(cell)):
        before = [n for n in prose if n < place_of_widget][-1:]
        after = [n for n in prose if n > place_of_widget][:1]
        tasks, answers = ("".join(text(cells[n]["source"]) for n in near) for near in (before, after))
        if TASKS.search(tasks) and "<details>" not in tasks + answers:
            words = next(line for line in tasks.splitlines() if TASKS.match(line))
            yield f"{path.stem} sets tasks without answers, “{words[:60]}”: fold them into <details>"


def teaches_tfm(notebook: Notebook, path: Path) -> Iterator[str]:
    """A lesson imports the course's own blocks and shows at least one widget."""
    if not re.search(r"^\s*(from|import) tfm\b", _code(notebook), re.MULTILINE):
        yield f"{path.stem} imports nothing from tfm"
    if not any(_shows_widget(cell) for cell in notebook["cells"]):
        yield f"{path.stem} shows no widget"


RULES: tuple[Rule, ...] = (
    short_cells,
    run_in_order,
    no_errors,
    static_pictures,
    same_everywhere,
    nothing_remote,
    plain_kernel,
    compared,
)
LESSON_RULES: tuple[Rule, ...] = (headings_in_order, exercises, tasks_answered, teaches_tfm)


def checks(notebook: Notebook) -> set[str]:
    """Return the names of the exercises that a notebook calls."""
    return set(re.findall(r"\bcheck\.(\w+)\(", _code(notebook)))


def claims(notebook: Notebook) -> list[int]:
    """Return the numbers of the cells' tags claim-NN, in order, doubles included."""
    return [int(m[1]) for c in notebook["cells"] for t in tags(c) if (m := re.fullmatch(r"claim-(\d\d)", t))]


def _right_checks(solution: Notebook) -> set[str]:
    right: set[str] = set()
    for cell in code_cells(solution):
        if any("✓ " in _output_text(output) for output in cell["outputs"]):
            right |= checks({"cells": [cell]})
    return right


def _numbered(notebook: Notebook) -> Iterator[tuple[int, dict[str, Any]]]:
    return iter(enumerate(code_cells(notebook), start=1))


def _at(path: Path, number: int, cell: dict[str, Any]) -> str:
    return place(path.stem, number, cell["source"])


def _shows_widget(cell: dict[str, Any]) -> bool:
    return any(WIDGET_VIEW in output.get("data", {}) for output in cell.get("outputs", []))


def _code(notebook: Notebook) -> str:
    return "\n".join(text(cell["source"]) for cell in code_cells(notebook))


def is_ignored(cell: dict[str, Any]) -> bool:
    """Say whether a cell's output is not compared."""
    return bool(IGNORE_MARKS & set(tags(cell)) or IGNORE_LINE.search(text(cell["source"])))


def _output_text(output: dict[str, Any]) -> str:
    """Join everything readable in an output; pictures in base64 are not."""
    data = output.get("data", {}).items()
    data = [text(value) for kind, value in data if isinstance(value, str | list) and _readable(kind)]
    parts = [text(output.get("text", "")), *data, *output.get("traceback", []), output.get("evalue", "")]
    return "\n".join(parts)


def _readable(kind: str) -> bool:
    return not kind.startswith("image/") or "svg" in kind


def _headings(notebook: Notebook) -> Iterator[tuple[int, str]]:
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            prose = re.sub(r"^```.*?^```", "", text(cell["source"]), flags=re.MULTILINE | re.DOTALL)
            for marks, words in re.findall(r"^(#{1,6})\s+(.+?)\s*$", prose, flags=re.MULTILINE):
                yield len(marks), words


def _landmark(words: str) -> int | None:
    return next((rank for rank, mark in enumerate(LANDMARKS) if mark in words.lower()), None)
