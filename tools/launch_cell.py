"""The cell that makes a lesson run on Google Colab, and the addresses under which others find the course.

    python -m tools.launch_cell                     write the cell into every lesson
    python -m tools.launch_cell --check             only say which lessons lack it
    python -m tools.launch_cell --address URL       the repository has moved: change it everywhere

The address stands in pyproject.toml's `[project.urls]`: the cell and the pages are made from it, the README's
links for Binder and Colab follow it. On PyPI the name tfm belongs to another project: nothing here installs it by
that name.
"""

import argparse
import json
import re
import sys
import tomllib
from pathlib import Path
from typing import Any

from tfm.kit.messages import ENGLISH
from tools.lesson_files import NOTEBOOKS, code_cells, editions, lessons, name_of, read, tags, text

ROOT = NOTEBOOKS.parent
PROJECT, README = ROOT / "pyproject.toml", ROOT / "README.md"
TAG = "colab"
COMMENTS = {
    ENGLISH: "On Google Colab this installs the course and lets its widgets in; anywhere else it does nothing.",
    "zh": "在 Google Colab 上，这里安装课程并启用控件；在别处什么也不做。",
}
ADDRESS = re.compile(r"https://github\.com/[\w.-]+/[\w.-]+")
# What a Colab machine has already, and JupyterLab, whose place Colab takes itself. The rest of pyproject's
# packages is what the cell installs, without touching Colab's own torch and NumPy.
ON_COLAB = {
    "ipywidgets", "jupyterlab", "matplotlib", "numpy", "platformdirs", "psutil", "regex", "safetensors",
    "scikit-learn", "threadpoolctl", "torch", "tqdm",
}  # fmt: skip
NEEDED = ("anywidget", "jaxtyping", "resvg-py", "sacrebleu", "tiktoken")
SOURCE = """\
# {comment}
import sys

if "google.colab" in sys.modules:
    %pip install --quiet --no-deps "tfm @ git+{address}"
    %pip install --quiet {needed}
    from google.colab import output

    output.enable_custom_widget_manager()"""


def address() -> str:
    """The repository's, from pyproject.toml."""
    return tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]["urls"]["Repository"]


def cell(language: str = ENGLISH) -> dict[str, Any]:
    """The cell as JSON, folded away in JupyterLab."""
    words = {"comment": COMMENTS[language], "address": address(), "needed": " ".join(NEEDED)}
    lines = SOURCE.format(**words).splitlines(keepends=True)
    return {
        "cell_type": "code",
        "execution_count": 1,
        "id": TAG,
        "metadata": {"jupyter": {"source_hidden": True}, "tags": [TAG]},
        "outputs": [],
        "source": lines,
    }


def is_there(notebook: dict[str, Any], language: str = ENGLISH) -> bool:
    """Whether the second cell of a notebook is the launch cell, and no other is."""
    found = [number for number, one in enumerate(notebook["cells"]) if TAG in tags(one)]
    return found == [1] and text(notebook["cells"][1]["source"]) == text(cell(language)["source"])


def put_in(path: Path, language: str = ENGLISH) -> bool:
    """Write the cell into a lesson, or bring the one that is there up to date; say whether anything changed."""
    notebook = read(path)
    if is_there(notebook, language):
        return False
    cells = [one for one in notebook["cells"] if TAG not in tags(one)]
    notebook["cells"] = [cells[0], cell(language), *cells[1:]]
    for number, one in enumerate(code_cells(notebook), start=1):
        one["execution_count"] = number
        for output in one["outputs"]:
            if "execution_count" in output:
                output["execution_count"] = number
    path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return True


def move(new: str) -> None:
    """Change the repository's address in pyproject.toml, the README files and every lesson.

    Raises:
        ValueError: it is no address of a repository on GitHub, which both Binder and Colab open.
    """
    if not ADDRESS.fullmatch(new):
        raise ValueError(f"{new} is no address of a repository: give one such as https://github.com/you/tfm")
    old, short = address(), new.removeprefix("https://github.com/")
    for file in (PROJECT, README, NOTEBOOKS / "README.md"):
        words = file.read_text(encoding="utf-8").replace(old, new)
        file.write_text(words.replace(old.removeprefix("https://github.com/"), short), encoding="utf-8")
    for language, path in _every():
        put_in(path, language)


def _every() -> list[tuple[str, Path]]:
    """Each lesson with its language."""
    return [(language, path) for language, folder in editions().items() for path in lessons(folder)]


def main() -> str | None:
    """Write, check, or move; returns what is wrong."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument(
        "--check", action="store_true", help="change nothing, and say which lessons lack the cell"
    )
    parser.add_argument("--address", metavar="URL", help="the repository's new address")
    given = parser.parse_args()
    if given.check:
        lacking = [name_of(path) for language, path in _every() if not is_there(read(path), language)]
        return f"without the launch cell, or with an old one: {', '.join(lacking)}" if lacking else None
    try:
        if given.address:
            move(given.address)
    except ValueError as error:
        return str(error)
    changed = [name_of(path) for language, path in _every() if put_in(path, language)]
    print(f"written into {', '.join(changed)}" if changed else "every lesson has it")
    return None


if __name__ == "__main__":
    sys.exit(main())
