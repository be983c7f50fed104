"""The source of a block as it stands in the package, shown on the page of the lesson that explains it.

It is read when the cell runs, so what a lesson shows is what the course computes with. This file knows no block.
"""

import ast
import inspect
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import tfm

HOUSE = Path(tfm.__file__).parents[1]


class Source:
    """Python code that a page shows in colours, and a terminal as it is.

    Attributes:
        code: what is shown.
    """

    def __init__(self, code: str) -> None:
        self.code = code

    def __repr__(self) -> str:
        """The code."""
        return self.code

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/plain": self.code, "text/markdown": f"```python\n{self.code}\n```"}


def source(*things: Callable[..., Any] | type) -> Source:
    """Show functions, methods or classes as they stand in the package, without their docstrings.

    Args:
        things: one or several, such as `MultiHeadAttention.forward`.

    Returns:
        Their code, each under a comment with its file and name.

    Raises:
        TypeError: a thing has no source in Python.

    Example:
        >>> from tfm.nn.norm import RMSNorm
        >>> print(source(RMSNorm.extra_repr))
        # tfm/nn/norm.py, RMSNorm.extra_repr
        def extra_repr(self) -> str:
            return f"{self.d_model}, eps={self.eps}"
    """
    return Source("\n\n".join(map(_shown, things)))


def _shown(thing: Any) -> str:
    try:
        file, code = inspect.getsourcefile(inspect.unwrap(thing)), inspect.getsource(thing)
    except (TypeError, OSError) as error:
        kind = type(thing).__name__
        raise TypeError(
            f"source shows functions, methods and classes of a file, and this is a {kind}: pass one, such as "
            "MultiHeadAttention.forward"
        ) from error
    path = Path(file or "").resolve()
    place = path.relative_to(HOUSE).as_posix() if path.is_relative_to(HOUSE) else path.name
    return f"# {place}, {thing.__qualname__}\n{_without_docstrings(textwrap.dedent(code))}"


def _without_docstrings(code: str) -> str:
    """Leave out what documents: the sentences that a lesson says itself."""
    lines = code.rstrip().split("\n")
    documented = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    nodes = [node for node in ast.walk(ast.parse(code)) if isinstance(node, documented)]
    for node in sorted(nodes, key=lambda node: -node.lineno):
        if ast.get_docstring(node) is not None and len(node.body) > 1:
            first, end = node.body[0].lineno - 1, node.body[0].end_lineno or 0
            while not lines[end].strip():
                end += 1
            del lines[first:end]
    return "\n".join(lines)
