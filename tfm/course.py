"""What the course consists of: parts, lessons and claims, read from `course.toml`, their one home."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

VERDICTS = {"right": "✓", "half right": "≈", "wrong": "✗"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """A lesson.

    Attributes:
        part: the heading of its part, such as `3 · Attention`.
        name: of its notebook, without the ending.
        title: one or a few words.
        question: what it answers.
        minutes: how long it takes.
        exercises: by name, in the lesson's order.
    """

    part: str
    name: str
    title: str
    question: str
    minutes: int
    exercises: tuple[str, ...]

    @property
    def number(self) -> str:
        """Two digits."""
        return self.name[:2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part.

    Attributes:
        number: from 1.
        title: one or a few words.
        lessons: in order.
    """

    number: int
    title: str
    lessons: tuple[Lesson, ...]

    @property
    def heading(self) -> str:
        """Number and title."""
        return _heading(self.number, self.title)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What a reader may have read elsewhere.

    Attributes:
        number: two digits.
        text: the claim, in Markdown.
        verdict: a key of `VERDICTS`.
        lessons: the numbers of those that show it, two digits each; some may be to come.
    """

    number: str
    text: str
    verdict: str
    lessons: tuple[str, ...]


@cache
def parts() -> tuple[Part, ...]:
    """All parts, in order."""
    return tuple(
        Part(
            number=number,
            title=part["title"],
            lessons=tuple(
                Lesson(part=_heading(number, part["title"]), **row | {"exercises": tuple(row["exercises"])})
                for row in part["lessons"]
            ),
        )
        for number, part in enumerate(_table()["parts"], start=1)
    )


def lessons() -> Iterator[Lesson]:
    """All lessons, in order."""
    return (lesson for part in parts() for lesson in part.lessons)


@cache
def claims() -> tuple[Claim, ...]:
    """All claims, in order."""
    return tuple(Claim(**row | {"lessons": tuple(row["lessons"])}) for row in _table()["claims"])


def lessons_called(word: str) -> list[Lesson]:
    """The lessons that a reader means by a word.

    Args:
        word: `all`, a number such as `9` or `09`, or a name such as `09_attention`.

    Raises:
        ValueError: there is no such lesson.

    Example:
        >>> [lesson.name for lesson in lessons_called("9")]
        ['09_attention']
    """
    meant = [one for one in lessons() if word in ("all", one.name, one.number, one.number.lstrip("0"))]
    if not meant:
        last = [one.number for one in lessons()][-1]
        raise ValueError(f"there is no lesson {word!r}: give a number from 1 to {int(last)}, or all")
    return meant


def _heading(number: int, title: str) -> str:
    return f"{number} · {title}"


def _table() -> dict[str, Any]:
    return tomllib.loads((files("tfm") / "course.toml").read_text(encoding="utf-8"))
