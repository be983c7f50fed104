"""An IPython extension: a missing name is explained by the cell of this notebook that makes it.

Whoever restarts a kernel in the middle of a lesson, or runs cells out of order, meets a NameError from nowhere.
The error and its traceback stay as they are; one sentence is added below them, as an error's note (PEP 678). It is
found by reading the saved notebook, whose path Jupyter Server puts into the variable JPY_SESSION_NAME. Where no
notebook is found, and where nothing useful can be said, nothing is said.

`tfm lab` starts every kernel with it (`tfm/assets/jupyter`), so that it is there before the first import. It knows
nothing of the course: any notebook will do.
"""

import ast
import builtins
import json
import os
import re
import textwrap
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from types import TracebackType
from typing import Any

JUPYTER = Path(__file__).parent / "assets" / "jupyter"  # on JUPYTER_PATH it gives kernels this extension
NEAR = 0.75  # how alike two names must be to be taken for each other: difflib's ratio, from 0 to 1
WIDTH = 96  # characters in a line of the sentence
QUOTED = 72  # characters of a line of code in it
SHELLS_OWN = {"In", "Out", "exit", "quit", "get_ipython", "open"}  # IPython's own, beside the reader's names
MAGIC = re.compile(r"^(\s*)[%!].*", re.MULTILINE)  # a line for IPython, not for Python
COMMENT = re.compile(r"  #.*$")
FENCED, HEADING = (re.compile(p, re.MULTILINE) for p in (r"^```[\s\S]*?^```", r"^#{1,6} +(.+?) *$"))
# What these name stays inside them; and `count += 1` needs its name, it does not make it.
CLOSED = (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.AugAssign)


@dataclass(frozen=True, slots=True)
class Cell:
    """One code cell of the saved notebook.

    Attributes:
        number: its place among the code cells, from 1.
        key: its id, as the page tells it with every run; in an old notebook, which has none, the code.
        source: the code.
        heading: the last heading above it, empty when there is none.
        makes: each name that it makes, and the line that makes it.
    """

    number: int
    key: str
    source: str
    heading: str
    makes: Mapping[str, str]

    def __str__(self) -> str:
        return f"code cell {self.number}" + (f", under “{self.heading}”" if self.heading else "")


def names_made(source: str) -> dict[str, str]:
    """Return the names that a cell makes for later cells, each with the line that makes it.

    Args:
        source: Python code; what cannot be parsed makes nothing.

    Example:
        >>> names_made("import numpy as np; scores = np.ones(3)")
        {'np': 'import numpy as np; scores = np.ones(3)', 'scores': 'import numpy as np; scores = np.ones(3)'}
    """
    try:
        tree = ast.parse(MAGIC.sub(r"\1pass", source))
    except (SyntaxError, ValueError, RecursionError):
        return {}
    lines = source.splitlines()
    made: dict[str, str] = {}
    for name, number in _made(tree):
        line = COMMENT.sub("", lines[number - 1])
        made.setdefault(name, textwrap.shorten(line, QUOTED, placeholder=" …"))
    return made


def read_cells(path: Path) -> list[Cell]:
    """Read the code cells of a notebook, in order.

    Raises:
        OSError: the file cannot be read.
        ValueError: it is no notebook.
    """
    cells: list[Cell] = []
    heading = ""
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            titles = HEADING.findall(FENCED.sub("", source))
            heading = titles[-1] if titles else heading
        elif cell["cell_type"] == "code" and source.strip():
            key = cell.get("id", source)
            cells.append(Cell(len(cells) + 1, key, source, heading, names_made(source)))
    return cells


def explain(
    name: str, cells: Sequence[Cell], here: Cell | None, ran: Mapping[str, bool], there: Collection[str]
) -> str:
    """Say in one sentence where a missing name comes from.

    Args:
        name: what was not found.
        cells: the notebook's, in order.
        here: the cell that asked for it; None when it is not in the saved notebook.
        ran: for the key of each cell that was run, whether it came to its end.
        there: the names that exist.

    Returns:
        The sentence, empty when nothing useful can be said.

    Example:
        >>> made = Cell(2, "a", "scores = 1", "Every word asks", names_made("scores = 1"))
        >>> explain("scoers", [made], None, {"a": True}, ["scores"])
        'There is no name `scoers` here: did you mean `scores`?'
    """
    if maker := _maker(name, cells, here):
        return _sentence(name, maker, here, ran)
    known = {made for cell in cells for made in cell.makes} | set(there)
    near = get_close_matches(name, sorted(known - {name}), n=1, cutoff=NEAR)
    if not near:
        return ""
    question = f"There is no name `{name}` here: did you mean `{near[0]}`?"
    if near[0] in there or not (maker := _maker(near[0], cells, here)):
        return question
    return f"{question} {_sentence(near[0], maker, here, ran)}"


class NameHelper:
    """Watches a shell's cells, and adds the sentence to a NameError.

    Args:
        shell: IPython's.
    """

    def __init__(self, shell: Any) -> None:
        self.shell = shell
        self.ran: dict[str, bool] = {}
        self._key = self._source = ""

    def before(self, info: Any) -> None:
        """Note which cell begins to run; an event of IPython's."""
        self._key, self._source = getattr(info, "cell_id", None) or "", info.raw_cell or ""

    def after(self, result: Any) -> None:
        """Note how a cell ended; an event of IPython's."""
        key = getattr(result.info, "cell_id", None) or result.info.raw_cell
        self.ran[key] = bool(result.success)

    def show(
        self, shell: Any, kind: type[NameError], error: NameError, trace: TracebackType, tb_offset: int | None
    ) -> None:
        """Show the error as always, with the sentence below it; IPython's handler of errors."""
        with suppress(Exception):  # a help that fails must not hide what it was to help with
            if sentence := self.sentence(error, trace):
                error.add_note("\n".join(["", *textwrap.wrap(sentence, WIDTH, break_long_words=False)]))
        shell.showtraceback((kind, error, trace), tb_offset=tb_offset)

    def sentence(self, error: NameError, trace: TracebackType | None) -> str:
        """Say where the missing name comes from; empty when nothing useful can be said."""
        while trace and trace.tb_next:
            trace = trace.tb_next
        ours = trace is not None and trace.tb_frame.f_globals is self.shell.user_ns
        if isinstance(error, UnboundLocalError) or not error.name or not ours:
            return ""  # a library's own mistake, or one inside a function: no cell makes that name
        path = find_notebook(self.shell.user_ns, self._key)
        cells = read_cells(path) if path else []
        here = self._here(cells)
        ran = {cell.key: self.ran[k] for cell in cells for k in (cell.source, cell.key) if k in self.ran}
        there = {name for name in self.shell.user_ns if not name.startswith("_")} - SHELLS_OWN
        return explain(error.name, cells, here, ran, there | set(dir(builtins)))

    def _here(self, cells: Sequence[Cell]) -> Cell | None:
        by_key = (cell for cell in cells if cell.key == self._key)
        by_source = (cell for cell in cells if cell.source == self._source)
        return next(by_key, None) or next(by_source, None)


def find_notebook(variables: Mapping[str, Any], key: str = "") -> Path | None:
    """Find the saved notebook of this session, None when that is not possible.

    Args:
        variables: the reader's; Visual Studio Code leaves the file's name there.
        key: the id of a cell; it finds a notebook that was renamed after its kernel had started.
    """
    named = variables.get("__vsc_ipynb_file__") or os.environ.get("JPY_SESSION_NAME", "")
    path = Path(str(named))
    if path.suffix != ".ipynb":
        return None
    if path.is_file():
        return path
    mark = f'"id": "{key}"'
    beside = [p for p in Path.cwd().glob("*.ipynb") if key and mark in p.read_text(encoding="utf-8")]
    return beside[0] if len(beside) == 1 else None


def load_ipython_extension(shell: Any) -> None:
    """Begin to explain missing names in a shell, as `%load_ext tfm.kernel` does."""
    helper = NameHelper(shell)
    shell.events.register("pre_run_cell", helper.before)
    shell.events.register("post_run_cell", helper.after)
    shell.set_custom_exc(
        (NameError,),
        lambda ip, kind, error, trace, tb_offset=None: helper.show(ip, kind, error, trace, tb_offset),
    )


def _made(node: ast.AST) -> Iterator[tuple[str, int]]:
    """The names that code makes at its outermost level, each with the number of its line."""
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        yield node.id, node.lineno
    elif isinstance(node, ast.Import | ast.ImportFrom):
        yield from (((name.asname or name.name).split(".")[0], node.lineno) for name in node.names)
    elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name, node.lineno
    elif not isinstance(node, CLOSED) and not (isinstance(node, ast.AnnAssign) and node.value is None):
        for child in ast.iter_child_nodes(node):
            yield from _made(child)


def _maker(name: str, cells: Sequence[Cell], here: Cell | None) -> Cell | None:
    """The nearest cell above that makes a name, or else the first below."""
    makers = [cell for cell in cells if name in cell.makes and cell is not here]
    above = [cell for cell in makers if here is not None and cell.number < here.number]
    return above[-1] if above else makers[0] if makers else None


def _sentence(name: str, maker: Cell, here: Cell | None, ran: Mapping[str, bool]) -> str:
    where = f"`{name}` comes from “{maker.makes[name]}” in {maker}"
    if here is not None and maker.number > here.number:
        return f"{where}, which stands further down: run that cell first."
    if maker.key not in ran:
        above = "run that cell first, or choose Run › Run All Above Selected Cell"
        return f"{where}, which has not been run since the kernel started: {above}."
    if not ran[maker.key]:
        return f"{where}, which stopped at an error: put that right, and run it again."
    return f"{where}, which was run, but the name is gone: run it again."
