"""Where the lessons are, and the words for a place in one: shared by the tools and tests of this folder.

This file reads notebooks as JSON and runs nothing.
"""

import json
import re
from pathlib import Path
from typing import Any

from tfm.kit.messages import ENGLISH, languages

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
LESSON_NAME = "[0-9][0-9]_*.ipynb"
# By language: how HTML names it, and how it names itself.
TONGUES = {ENGLISH: ("en", "English"), "zh": ("zh-Hans", "中文")}
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
ANSI = re.compile(r"\x1b\[[0-9;]*m")


def lessons(root: Path = NOTEBOOKS) -> list[Path]:
    """Return the lessons in order."""
    return sorted(root.glob(LESSON_NAME))


def solutions(root: Path = NOTEBOOKS) -> list[Path]:
    """Return the solutions' notebooks in order."""
    return sorted((root / "solutions").glob(LESSON_NAME))


def editions(root: Path = NOTEBOOKS) -> dict[str, Path]:
    """Return the folder of every language that lessons are written in, English first."""
    return {ENGLISH: root} | {name: root / name for name in languages()}


def everything() -> list[Path]:
    """Return every notebook: the lessons in order, then the solutions, language by language."""
    return [path for folder in editions().values() for path in (*lessons(folder), *solutions(folder))]


def name_of(path: Path) -> str:
    """Name a notebook as a reader finds it below `notebooks/`.

    Example:
        >>> name_of(Path("notebooks/zh/solutions/09_attention.ipynb")), name_of(Path("01_perceptron.ipynb"))
        ('zh/solutions/09_attention', '01_perceptron')
    """
    folders = path.parts[:-1]
    kept = 2 if folders[-2:-1] and folders[-2] in languages() and folders[-1] == "solutions" else 1
    inner = [one for one in folders[-kept:] if one == "solutions" or one in languages()]
    return "/".join([*inner, path.stem])


def read(path: Path) -> dict[str, Any]:
    """Read a notebook's JSON."""
    return json.loads(path.read_text(encoding="utf-8"))


def text(part: str | list[str]) -> str:
    """Join a notebook's multi-line text, which may be a string or a list of lines."""
    return part if isinstance(part, str) else "".join(part)


def code_cells(notebook: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the code cells that hold any code."""
    return [c for c in notebook["cells"] if c["cell_type"] == "code" and text(c["source"]).strip()]


def tags(cell: dict[str, Any]) -> list[str]:
    """Return a cell's tags."""
    return cell["metadata"].get("tags", [])


def first_line(source: str | list[str]) -> str:
    """Return the first line that is not blank.

    Example:
        >>> first_line(["  ", "x = 1"])
        'x = 1'
    """
    return next((line.strip() for line in text(source).splitlines() if line.strip()), "")


def place(name: str, number: int, source: str | list[str]) -> str:
    """Write where a code cell is, as a learner finds it: lesson, number in the margin, first line.

    Example:
        >>> place("01_perceptron", 3, "x = 1")
        '01_perceptron, cell [3] `x = 1`'
    """
    return f"{name}, cell [{number}] `{first_line(source)}`"


def plain(coloured: str) -> str:
    """Remove a terminal's colours."""
    return ANSI.sub("", coloured)
