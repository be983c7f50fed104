r"""Patterns from a file: one that could take longer than the text will ever last is refused before it is used.

A group that is repeated and holds another repetition, as in `(a+)+`, can be fitted to a text in exponentially many
ways, and an engine that finds no match tries all of them. Nothing that cuts text for a vocabulary needs one.
"""

import re
from typing import Any

parser: Any = re._parser  # type: ignore[attr-defined] # noqa: SLF001 (Python's own, which reads a pattern as a tree)

MOST_CHARACTERS = 10_000
_PROPERTY = re.compile(r"\\[pP](\{[^}]*\}|[A-Z])")
_REPEATED_GROUP = re.compile(r"(?<!\\)\)(?:[*+]|\{\d*,?\d*\})")


def require_safe(pattern: str) -> str:
    r"""Give a pattern back that repeats no repetition.

    Raises:
        ValueError: it does, or it is longer than any split pattern.

    Example:
        >>> require_safe(r"(\s+)+x")
        Traceback (most recent call last):
        ValueError: the split pattern '(\\s+)+x' repeats a group that repeats something, and could take ...
    """
    if len(pattern) > MOST_CHARACTERS:
        raise ValueError(
            f"the split pattern has {len(pattern):,} characters: write it with {MOST_CHARACTERS:,} at most"
        )
    if _repeats_itself(pattern):
        raise ValueError(
            f"the split pattern {pattern[:200]!r} repeats a group that repeats something, and could take for "
            "ever: write it without"
        )
    return pattern


def _repeats_itself(pattern: str) -> bool:
    try:
        tree = parser.parse(_PROPERTY.sub(r"\\w", pattern))
    except (re.error, OverflowError, RecursionError):  # what only the `regex` library knows: look at its text
        return bool(_REPEATED_GROUP.search(pattern))
    return _nested(tree, inside=False)


def _nested(tree: Any, *, inside: bool) -> bool:
    """Whether something of many lengths, or a choice, stands inside a repetition."""
    for op, argument in tree:
        name = str(op)
        if name in {"MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"}:
            low, high, inner = argument
            many = low != high and high > 1
            if (inside and low != high and name != "POSSESSIVE_REPEAT") or _nested(
                inner, inside=inside or many
            ):
                return True
        elif name == "BRANCH":
            if inside or any(_nested(branch, inside=inside) for branch in argument[1]):
                return True
        else:
            parts = argument if isinstance(argument, tuple) else (argument,)
            if any(isinstance(part, parser.SubPattern) and _nested(part, inside=inside) for part in parts):
                return True
    return False
