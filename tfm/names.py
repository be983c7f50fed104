"""Names that come from outside: a word that nobody knows is answered with the nearest one that somebody does.

Configurations, settings and commands all take names, from Python, from JSON or from a command line. What a slip
is told, and how a dataclass becomes a mapping and comes back, stands here once. This file knows nothing of what
the names stand for.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields
from difflib import get_close_matches
from typing import Any, TypeVar

LISTED = 12  # names at most that a sentence lists where it can name the nearest
ALIKE = 0.5  # of two names: difflib's ratio
Kind = TypeVar("Kind")


class Fields:
    """A dataclass that becomes a mapping fit for JSON, and comes back from one.

    Example:
        >>> from dataclasses import dataclass
        >>> @dataclass(frozen=True)
        ... class Size(Fields):
        ...     width: int
        ...     height: int = 1
        >>> Size.from_dict(Size(3).as_dict())
        Size(width=3, height=1)
        >>> Size.from_dict({"widht": 3})
        Traceback (most recent call last):
        ValueError: Size has no 'widht': did you mean 'width'? It is one of width, height
    """

    __slots__ = ()

    def as_dict(self) -> dict[str, Any]:
        """All fields by name, fit for JSON."""
        return asdict(self)  # type: ignore[call-overload, no-any-return]

    @classmethod
    def from_dict(cls: type[Kind], given: Mapping[str, Any]) -> Kind:  # noqa: PYI019 (beartype cannot read Self)
        """Make one of what `as_dict` gave.

        Raises:
            ValueError: a name is unknown (the nearest is suggested), one is missing, or a value is out of range.
        """
        known = {field.name: field for field in fields(cls)}  # type: ignore[arg-type]
        for name in given:
            require_part(f"{cls.__name__}", name, known)
        missing = [n for n, f in known.items() if n not in given and f.default is f.default_factory]
        if missing:
            raise ValueError(f"{cls.__name__} needs {missing[0]}, and it is not given: add it")
        return cls(**given)


def require_known(what: str, name: Any, known: Iterable[str]) -> None:
    """Make sure that a name is one of those that there are.

    Raises:
        ValueError: it is not; the sentence suggests the nearest.

    Example:
        >>> require_known("the colour", "grene", ["red", "green", "blue"])
        Traceback (most recent call last):
        ValueError: the colour is 'grene': did you mean 'green'? It is one of red, green, blue
    """
    names = list(known)
    if name not in names:
        raise ValueError(f"{what} is {name!r}: {nearest(name, names)}")


def require_part(whole: str, name: Any, known: Iterable[str]) -> None:
    """Make sure that something has a part of this name.

    Raises:
        ValueError: it has not; the sentence suggests the nearest.
    """
    names = list(known)
    if name not in names:
        raise ValueError(f"{whole} has no {name!r}: {nearest(name, names)}")


def nearest(name: Any, known: Iterable[str]) -> str:
    """Say which known name was probably meant, and, where they are not too many, which there are.

    Example:
        >>> nearest("zebra", ["red", "green", "blue"])
        'it is one of red, green, blue'
    """
    names = list(known)
    close = get_close_matches(str(name), names, n=1, cutoff=ALIKE)
    if close and len(names) > LISTED:
        return f"did you mean {close[0]!r}?"
    listed = f"is one of {', '.join(names)}"
    return f"did you mean {close[0]!r}? It {listed}" if close else f"it {listed}"
