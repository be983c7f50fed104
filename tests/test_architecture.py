"""The rooms of the house and the arrows between them: who may import whom, read from all sources."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import tfm
from tfm import kit
from tools import launch_cell
from tools.lesson_files import lessons, read, tags, text

HOUSE = Path(tfm.__file__).parent
FILES = sorted(HOUSE.rglob("*.py"))

# Room → what it may import. A new arrow is a decision: it belongs into the design's table first, then here.
MAY_IMPORT: dict[str, set[str]] = {
    "tfm": set(),
    "shapes": set(),
    "names": set(),
    "json_files": set(),
    "folder_lock": set(),
    "whole_files": set(),
    "sums": {"json_files"},
    "by_hand": set(),
    "text": {"json_files", "sums"},
    "nn": {"shapes"},
    "models": {"nn", "shapes", "names"},
    "generate": {"nn"},
    "train": {"names", "json_files", "folder_lock", "whole_files", "sums"},
    "data": {"text", "names", "json_files", "folder_lock", "whole_files", "sums"},
    "metrics": set(),
    "course": set(),
    "kernel": {"json_files"},
    # Weights arrive by data, fill models, and are opened by passing nn's cores and reading text's pieces.
    "pretrained": {"models", "data", "nn", "text", "shapes", "names", "json_files", "sums"},
    # A task reads the best weights again to judge them.
    "tasks": {
        "models",
        "train",
        "data",
        "text",
        "generate",
        "pretrained",
        "metrics",
        "names",
        "json_files",
        "whole_files",
    },
    # The course stands on the library, which knows neither of these.
    "kit": {"by_hand", "shapes", "names", "json_files", "sums"},
    "check": {"course", "kit"},
}
LIBRARY = set(MAY_IMPORT) - {"kit", "check"}
MAY_IMPORT |= {room: set(MAY_IMPORT) | {"lessons"} for room in ("cli", "assets")}
MAY_IMPORT["lessons"] = LIBRARY | {"kit", "assets"}  # and never another lesson
# The folders beside the package → which of them, and of `tfm`, each may import. Nothing imports tests.
TOP = HOUSE.parent
OUTSIDE: dict[str, set[str]] = {
    "tfm": {"tfm"},
    "tools": {"tools", "tfm", "benchmarks"},
    "benchmarks": {"benchmarks", "tools", "tfm"},
    "slides": {"slides", "pages", "tools", "tfm"},
    "pages": {"pages", "tools", "tfm"},
}
OF_TESTS = {"tests", *(file.stem for file in (TOP / "tests").glob("*.py"))}
# Slow to load, or with state of their own: lessons and tests may use them, the package does not.
FOREIGN = ("matplotlib.pyplot", "pylab", "transformers")
IMPORTERS = ("import_module", "__import__")  # functions that import by name


def room_of(file: Path) -> str:
    """Name the room a file stands in: `tfm/nn/mask.py` in nn, `tfm/shapes.py` in shapes."""
    first = file.relative_to(HOUSE).parts[0]
    return "tfm" if first == "__init__.py" else first.removesuffix(".py")


def imported(source: str, package: str) -> list[tuple[int, str]]:
    """List every import, inside functions too, as (line, dotted name); relative ones are resolved."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found += [(node.lineno, name.name) for name in node.names]
        elif isinstance(node, ast.ImportFrom):
            here = package.split(".")
            above = here[: len(here) - node.level + 1] if node.level else []
            origin = ".".join([*above, *([node.module] if node.module else [])])
            found += [(node.lineno, f"{origin}.{name.name}") for name in node.names]
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith(IMPORTERS):
            found += [(node.lineno, arg.value) for arg in node.args[:1] if isinstance(arg, ast.Constant)]
    return found


def forbidden(source: str, room: str, package: str = "tfm") -> list[str]:
    """Say of every import that the table does not allow where it stands and what the room may import."""
    wrong = []
    for line, name in imported(source, package):
        parts = name.split(".")
        other = parts[1] if parts[0] == "tfm" and len(parts) > 1 else room
        if other != room and other not in MAY_IMPORT[room] and other != "__version__":
            allowed = ", ".join(sorted(MAY_IMPORT[room])) or "no other room"
            wrong.append(f"line {line}: {room} imports {name}, but {room} may import only: {allowed}")
        if parts[:2] == ["tfm", "lessons"] == package.split(".")[:2] and parts[:3] != package.split(".")[:3]:
            wrong.append(f"line {line}: a lesson imports {name}: what two lessons need belongs into the kit")
        if name.startswith(FOREIGN):
            wrong.append(f"line {line}: {name} does not belong into the package")
    return wrong


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(HOUSE)))
def test_every_import_follows_the_table(file):
    """A file imports only what its room may, and neither pyplot nor transformers."""
    room = room_of(file)
    assert room in MAY_IMPORT, (
        f"{file.name} stands in an unknown room: add {room} to the design's table, then here"
    )
    package = ".".join(["tfm", *file.relative_to(HOUSE).parts[:-1]])
    wrong = forbidden(file.read_text(encoding="utf-8"), room, package)
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    "source",
    [
        "import tfm.models.bert",
        "from tfm.models.bert import BertConfig",
        "from tfm import models",
        "from ..models import bert",
        "def late():\n    from tfm.train import loop",
        "import importlib\nimportlib.import_module('tfm.data')",
        "import matplotlib.pyplot as plt",
        "from matplotlib import pyplot",
        "if True:\n    from transformers import BertModel",
        "from tfm.assets import build",
    ],
)
def test_the_checker_catches(source):
    """Each way to write a forbidden import is found; otherwise the test above would prove nothing."""
    assert forbidden(source, "nn", "tfm.nn")


@pytest.mark.parametrize(
    "source",
    [
        "from tfm.shapes import require_shape",
        "from . import mask",
        "import torch",
        "from matplotlib.figure import Figure",
    ],
)
def test_the_checker_lets_pass(source):
    """What the table allows, the room's own files and other libraries are no offence."""
    assert not forbidden(source, "nn", "tfm.nn")


def strays(source: str, folder: str, package: str = "") -> list[str]:
    """Say of every import that leads into a top folder where this one may not go."""
    closed = (OUTSIDE.keys() - OUTSIDE[folder]) | OF_TESTS
    names = imported(source, package or folder)
    return [f"line {line}: {folder} imports {name}" for line, name in names if name.split(".")[0] in closed]


@pytest.mark.parametrize("folder", OUTSIDE)
def test_no_top_folder_imports_where_it_may_not(folder):
    """What people and make run stands in tools, so nothing imports tests, and the package nothing but itself."""
    files = sorted((TOP / folder).rglob("*.py"))
    wrong = [
        f"{file.relative_to(TOP)}, {stray}"
        for file in files
        for stray in strays(file.read_text("utf-8"), folder, ".".join(file.relative_to(TOP).parts[:-1]))
    ]
    assert files
    assert not wrong, "\n".join(wrong)


def test_every_top_folder_with_code_has_its_arrows():
    """A new folder of code beside the package is entered in the table."""
    folders = {file.relative_to(TOP).parts[0] for file in TOP.glob("*/*.py")}
    assert folders - {"tests"} == set(OUTSIDE)


@pytest.mark.parametrize(
    "source", ["import tests.needs", "from patience import until", "from tests import needs"]
)
def test_an_import_of_tests_is_found(source):
    """However it is written."""
    assert all(strays(source, folder) for folder in OUTSIDE)


def test_the_package_imports_no_top_folder():
    """Tools stand on the package, never the other way round."""
    assert strays("from tools.lesson_files import lessons", "tfm")
    assert not strays("from tools.lesson_files import lessons", "slides")


def test_no_lesson_imports_another():
    """What a second lesson needs moves to the kit."""
    assert forbidden("from tfm.lessons.heads import split", "lessons", "tfm.lessons.masks")
    assert not forbidden("from tfm.lessons.masks.mixer import mix", "lessons", "tfm.lessons.masks")


def _named(file):
    """The dotted name of a file of the package."""
    return ".".join(["tfm", *file.relative_to(HOUSE).with_suffix("").parts]).removesuffix(".__init__")


def _leads_to(source, package):
    """The modules of the package that a source imports."""
    found = set()
    for _, name in imported(source, package):
        while name and name not in MODULES:
            name = name.rpartition(".")[0]  # noqa: PLW2901 (from a name to its module)
        found |= {name} - {""}
    return found


MODULES = {_named(file): file for file in FILES}


def _reached(notebook, graph):
    """What the code of a notebook reaches, directly and through other modules."""
    cells = [cell for cell in read(notebook)["cells"] if cell["cell_type"] == "code"]
    code = "\n".join(text(cell["source"]) for cell in cells if launch_cell.TAG not in tags(cell))
    todo, seen = _leads_to("\n".join(line for line in code.splitlines() if line[:1] not in "%!"), ""), set()
    todo |= {f"tfm.kit.{kit._HOMES[name]}" for name in re.findall(r"\w+", code) if name in kit._HOMES}
    while todo:
        name = todo.pop()
        if name not in seen:
            seen.add(name)
            todo |= graph[name]
    return seen


def test_what_one_lesson_alone_reaches_lies_in_its_folder():
    """A twin, a figure, a widget that a single notebook needs stands beside that lesson's exercises."""
    graph = {
        name: _leads_to(file.read_text("utf-8"), name if file.stem == "__init__" else name.rpartition(".")[0])
        for name, file in MODULES.items()
    }
    reached = {path.stem: _reached(path, graph) for path in lessons()}
    strays = [
        f"{name} serves {users[0]} alone: move it to tfm/lessons/{users[0][3:]}"
        for name in graph
        if name.split(".")[1:2] in (["kit"], ["by_hand"])
        and len(users := [lesson for lesson, names in reached.items() if name in names]) == 1
    ]
    assert len(reached) >= 21
    assert not strays, "\n".join(strays)


def _in_a_new_process(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert not done.stderr, done.stderr
    return done.stdout


def test_importing_tfm_alone_loads_nothing_heavy():
    """`import tfm` is instant: no torch, no matplotlib, no NumPy."""
    heavy = ("torch", "numpy", "matplotlib", "jupyterlab")
    code = f"import sys, tfm; print([name for name in {heavy} if name in sys.modules])"
    assert _in_a_new_process(code) == "[]\n"


ACTING = (
    "__main__.py",
    "lab_app.py",
)  # the first is there to act; of the second, Jupyter's server draws a number


def test_importing_every_room_seeds_and_prints_nothing():
    """Nothing happens at import: no random state moves, no thread count, not a word is printed."""
    rooms = sorted({room_of(file) for file in FILES} - {"tfm", "assets"})
    modules = [
        ".".join(["tfm", *file.relative_to(HOUSE).with_suffix("").parts]).removesuffix(".__init__")
        for file in FILES
        if room_of(file) in rooms and file.name not in ACTING
    ]
    code = (
        "import random, importlib, numpy, torch\n"
        "def state():\n"
        "    seeds = random.getstate(), str(numpy.random.get_state()), torch.get_rng_state().tolist()\n"
        "    return seeds, torch.get_num_threads(), torch.get_default_dtype()\n"
        "before = state()\n"
        f"for module in {modules}: importlib.import_module(module)\n"
        "assert state() == before, 'an import moved a random state or a setting'\n"
    )
    assert _in_a_new_process(code) == ""
