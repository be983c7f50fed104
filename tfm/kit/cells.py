"""A cell that is run again closes the widgets of its earlier run, with all their parts.

ipywidgets keeps every widget, its layout and its style, in the kernel and in the page, until it is closed: a cell
that is run a hundred times would leave a hundred. JupyterLab says with each run which cell it is; where nothing
says so, nothing is closed. This file knows nothing of what the widgets show.
"""

from collections.abc import Iterator
from typing import Any

from IPython.core.getipython import get_ipython

_MADE: dict[str, tuple[str, list[Any]]] = {}  # by cell: its latest run, and the widgets of that run


def running_cell() -> tuple[str, str] | None:
    """The cell that is being run and this run of it, as the page names them; None where it does not."""
    shell: Any = get_ipython()  # type: ignore[no-untyped-call]
    parent = shell.get_parent() if hasattr(shell, "get_parent") else {}
    cell = (parent.get("metadata") or {}).get("cellId")
    run = (parent.get("header") or {}).get("msg_id")
    return (cell, run) if cell and run else None


def replace_earlier(widget: Any) -> None:
    """Note a new widget as one of the cell that is being run, and close those of the cell's earlier run."""
    now = running_cell()
    if now is None:
        return
    cell, run = now
    before, made = _MADE.get(cell, (run, []))
    if before != run:
        for each in made:
            each.close()
        made = []
    _MADE[cell] = (run, [*made, widget])


def parts(widget: Any) -> Iterator[Any]:
    """A widget's layout, its style and its children with all of theirs."""
    for name in ("layout", "style"):
        if getattr(widget, name, None) is not None:
            yield getattr(widget, name)
    for child in getattr(widget, "children", ()):
        yield from parts(child)
        yield child
