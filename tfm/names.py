"""Names that come from outside: a word that nobody knows is answered with the nearest one that somebody does.

Configurations, settings and commands all take names, from Python, from JSON or from a command line. What a slip
is told, what values a field takes, and how a dataclass becomes a mapping and comes back, stands here once. This
file knows nothing of what the names stand for.
"""

import math
import reprlib
import sys
import types
from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields, is_dataclass
from difflib import get_close_matches
from numbers import Integral, Real
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, TypeVar, Union, get_args, get_origin, get_type_hints

LISTED = 12  # names at most that a sentence lists where it can name the nearest
ALIKE = 0.5  # of two names: difflib's ratio
COMPARED = 60  # characters at most of a name that is compared with others
Kind = TypeVar("Kind")

_brief = reprlib.Repr()
_brief.maxstring = _brief.maxother = COMPARED
shown = _brief.repr  # a value for a sentence: at most a line of it


def printable(text: object) -> str:
    r"""What somebody else wrote, fit for a sentence: at most 200 characters, and none that moves a terminal.

    Example:
        >>> printable("\x1b[2Jno\nway")
        '?[2Jno?way'
    """
    return "".join(c if c.isprintable() else "?" for c in str(text)[:200])


class Between(NamedTuple):
    """In an annotation, `Annotated[int, Between(1, 10)]`: the smallest and the largest number a field takes."""

    low: float
    high: float


Size = Annotated[
    int, Between(1, 2**24)
]  # of a model's part: far above the largest published, which read 10 million


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
        >>> Size.from_dict({"width": "3"})
        Traceback (most recent call last):
        ValueError: width is '3', and a whole number is wanted: write it as 12
    """

    __slots__ = ()

    def as_dict(self) -> dict[str, Any]:
        """All fields by name, fit for JSON."""
        return asdict(self)  # type: ignore[call-overload, no-any-return]

    @classmethod
    def from_dict(cls: type[Kind], given: Mapping[str, Any]) -> Kind:  # noqa: PYI019 (beartype cannot read Self)
        """Make one of what `as_dict` gave.

        Raises:
            ValueError: a name is unknown (the nearest is suggested), one is missing, or a value is of another kind
                than its annotation says, or out of range.
        """
        return _made(cls, given)

    def require_ranges(self) -> None:
        """Make sure that every field is of its annotation's kind and within its range.

        Raises:
            ValueError: one is not.
        """
        for name, hint in get_type_hints(type(self), include_extras=True).items():
            judged(name, getattr(self, name), hint)


def _made(cls: Any, given: Mapping[str, Any]) -> Any:
    """Make any dataclass of names and values, each judged."""
    known = {field.name: field for field in fields(cls)}
    for name in given:
        require_part(f"{cls.__name__}", name, known)
    missing = [n for n, f in known.items() if n not in given and f.default is f.default_factory]
    if missing:
        raise ValueError(f"{cls.__name__} needs {missing[0]}, and it is not given: add it")
    hints = get_type_hints(cls, include_extras=True)
    return cls(**{name: judged(name, value, hints[name]) for name, value in given.items()})


class _Kind(NamedTuple):
    """What a kind of value is called, an example of it, and how it is told."""

    words: str
    example: str
    types: tuple[type, ...]


# Of what JSON can say, as annotations name it.
KINDS = {
    int: _Kind("a whole number", "12", (Integral,)),
    float: _Kind("a number", "0.5", (Real,)),
    bool: _Kind("true or false", "true", (bool,)),
    str: _Kind("a text", '"word"', (str,)),
    list: _Kind("a list", "[]", (list, tuple)),
    dict: _Kind("an object", "{}", (Mapping,)),
    types.NoneType: _Kind("nothing", "null", (types.NoneType,)),
}

WIDEST = {int: Between(-(2**63), 2**63 - 1), float: Between(-sys.float_info.max, sys.float_info.max)}


def judged(name: str, value: Any, hint: Any) -> Any:
    """Give a value that is of the kind, and within the range, that an annotation says.

    Args:
        name: of the value, for the sentence.
        value: what somebody wrote. A bool is no number; a whole number is a float.
        hint: int, float, bool, str, list, dict, None, a `Literal`, a dataclass, or a union of these, numbers with
            a `Between` or without; or `Any`. What is inside a list or a dict is not judged.

    Returns:
        The value; a whole number as a float, and an object as a dataclass, where that is wanted.

    Raises:
        ValueError: it is of another kind, or out of range; numbers are finite and have at most 64 bits.

    Example:
        >>> judged("rate", 1, float | None)
        1.0
        >>> judged("steps", 2.5, Annotated[int, Between(1, 100)] | None)
        Traceback (most recent call last):
        ValueError: steps is 2.5, and a whole number or nothing is wanted: write it as 12 or null
        >>> judged("steps", 0, Annotated[int, Between(1, 100)])
        Traceback (most recent call last):
        ValueError: steps (0) must be at least 1: try 1 to 100
    """
    choices = _choices(hint)
    for kind, between in choices:
        if is_dataclass(kind) and isinstance(value, Mapping):
            return _made(kind, value)
        if kind is Any or _is_of(kind, value):
            return value if between is None else _within(name, value, kind, between)
    words = [word for kind, _ in choices if get_origin(kind) is Literal for word in get_args(kind)]
    if words:
        raise ValueError(f"{name} is {shown(value)}: {nearest(value, map(str, words))}")
    kinds = [KINDS[dict if is_dataclass(kind) else get_origin(kind) or kind] for kind, _ in choices]
    wanted, example = (" or ".join(getattr(kind, part) for kind in kinds) for part in ("words", "example"))
    raise ValueError(f"{name} is {shown(value)}, and {wanted} is wanted: write it as {example}")


def _choices(hint: Any) -> list[tuple[Any, Between | None]]:
    """The kinds that an annotation allows, numbers with their ranges."""
    if get_origin(hint) is Annotated:
        inner, *more = get_args(hint)
        ranges = [one for one in more if isinstance(one, Between)]
        return [(kind, ranges[0] if ranges else between) for kind, between in _choices(inner)]
    if get_origin(hint) in {Union, types.UnionType}:
        return [choice for part in get_args(hint) for choice in _choices(part)]
    return [(hint, WIDEST.get(hint))]


def _is_of(kind: Any, value: Any) -> bool:
    if get_origin(kind) is Literal:
        return any(value == word and type(value) is type(word) for word in get_args(kind))
    if is_dataclass(kind):
        return isinstance(value, kind)  # type: ignore[arg-type]
    number = kind in {int, float} and isinstance(value, bool)  # which Python counts among the numbers
    return isinstance(value, KINDS[get_origin(kind) or kind].types) and not number


def _within(name: str, value: Any, kind: Any, between: Between) -> Any:
    low, high = between
    if not (abs(value) < math.inf and WIDEST[kind].low <= value <= WIDEST[kind].high):
        example = KINDS[kind].example
        raise ValueError(
            f"{name} ({shown(value)}) must be a finite number of at most 64 bits: write it as {example}"
        )
    if not low <= value <= high:
        rule = f"at least {low:,}" if value < low else f"at most {high:,}"
        raise ValueError(f"{name} ({shown(value)}) must be {rule}: try {low:,} to {high:,}")
    return float(value) if kind is float else value


def whole_path(given: str | Path, what: str, cure: str, error: type[OSError] = OSError) -> Path:
    """Make a path whole that may begin with a home, as in ~/texts or ~user/texts.

    Args:
        given: the path.
        what: its name, for the sentence.
        cure: what to do where nobody knows that home.
        error: the kind of it.

    Raises:
        OSError: this machine knows no such user.

    Example:
        >>> whole_path("~nosuchuser/x", "FOLDER", "name another")
        Traceback (most recent call last):
        OSError: FOLDER (~nosuchuser/x) is in the home of a user that this machine does not know: name another
    """
    try:
        return Path(given).expanduser().absolute()
    except RuntimeError:
        sentence = f"{what} ({given}) is in the home of a user that this machine does not know: {cure}"
        raise error(sentence) from None


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
        raise ValueError(f"{what} is {shown(name)}: {nearest(name, names)}")


def require_part(whole: str, name: Any, known: Iterable[str]) -> None:
    """Make sure that something has a part of this name.

    Raises:
        ValueError: it has not; the sentence suggests the nearest.
    """
    names = list(known)
    if name not in names:
        raise ValueError(f"{whole} has no {shown(name)}: {nearest(name, names)}")


def nearest(name: Any, known: Iterable[str]) -> str:
    """Say which known name was probably meant, and, where they are not too many, which there are.

    Example:
        >>> nearest("zebra", ["red", "green", "blue"])
        'it is one of red, green, blue'
    """
    names = list(known)
    close = get_close_matches(str(name)[:COMPARED], names, n=1, cutoff=ALIKE)
    if close and len(names) > LISTED:
        return f"did you mean {close[0]!r}?"
    listed = f"is one of {', '.join(names)}"
    return f"did you mean {close[0]!r}? It {listed}" if close else f"it {listed}"
