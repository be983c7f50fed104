"""What the course consists of: its parts, lessons and claims, read from the tables of notebooks/README.md.

That file is their one home; this one knows how the tables are written, and nothing of HTML.
"""

import re
import tomllib
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

ROOT = Path(__file__).parents[1]
NOTEBOOKS = ROOT / "notebooks"
LESSON = re.compile(r"\[(?P<number>\d\d) (?P<title>[^\]]+)\]\((?P<name>[\w]+)\.ipynb\)")
VERDICTS = {"✓": "right", "≈": "half right", "✗": "wrong"}


@dataclass(frozen=True, slots=True)
class Lesson:
    """One lesson.

    Attributes:
        part: the heading of its part, such as `3 · Attention`.
        number: two digits.
        title: one or a few words.
        name: of its notebook, without the ending.
        question: what it answers.
        minutes: how long it takes to read.
    """

    part: str
    number: str
    title: str
    name: str
    question: str
    minutes: int

    @property
    def notebook(self) -> Path:
        """Where the lesson is stored."""
        return NOTEBOOKS / f"{self.name}.ipynb"

    @property
    def solutions(self) -> Path:
        """Where its exercises are solved."""
        return NOTEBOOKS / "solutions" / f"{self.name}.ipynb"


@dataclass(frozen=True, slots=True)
class Claim:
    """What a reader may have read elsewhere.

    Attributes:
        number: two digits.
        text: the claim, in Markdown.
        verdict: a key of `VERDICTS`.
        where: the lessons that show it, in Markdown.
    """

    number: str
    text: str
    verdict: str
    where: str


def lessons(markdown: str) -> list[Lesson]:
    """The rows of the table of lessons, in order.

    Args:
        markdown: the text of notebooks/README.md.

    Raises:
        ValueError: there is no such row.

    Example:
        >>> lessons("| **1 · A neuron learns** | [01 Votes](01_votes.ipynb) | how? | 35 |")[0].title
        'Votes'
    """
    found, part = [], ""
    for cells in _rows(markdown):
        row = LESSON.fullmatch(cells[1]) if len(cells) == 4 else None
        if row:
            part = cells[0].strip("*") or part
            found.append(Lesson(part=part, **row.groupdict(), question=cells[2], minutes=int(cells[3])))
    if not found:
        raise ValueError(
            "notebooks/README.md has no table of lessons, with rows such as "
            "| part | [01 Title](01_name.ipynb) | question | minutes |"
        )
    return found


def parts(course: list[Lesson]) -> list[tuple[str, list[Lesson]]]:
    """The lessons, part by part."""
    return [(part, list(group)) for part, group in groupby(course, key=lambda lesson: lesson.part)]


def claims(markdown: str) -> list[Claim]:
    """The rows of the table of claims.

    Args:
        markdown: the text of notebooks/README.md.

    Example:
        >>> claims("| 06 | One perceptron can express any rule | ✗ | 01, 02 |")[0].verdict
        '✗'
    """
    return [Claim(*cells) for cells in _rows(markdown) if len(cells) == 4 and cells[2] in VERDICTS]


def section(markdown: str, heading: str) -> str:
    """What stands under a heading of the second level.

    Args:
        markdown: a whole file.
        heading: without its `##`.

    Raises:
        ValueError: there is no such heading.

    Example:
        >>> section(chr(10).join(["# A", "first", "## B", "second"]), "B")
        'second'
    """
    pieces = re.split(r"^## (.*)$", markdown, flags=re.MULTILINE)
    for title, text in zip(pieces[1::2], pieces[2::2], strict=True):
        if title.strip() == heading:
            return text.strip()
    raise ValueError(f"there is no heading “{heading}” in the file that the front page is made of")


def headings(markdown: str) -> list[str]:
    """The headings of the second level, in order.

    Example:
        >>> headings(chr(10).join(["# A", "## B", "## C"]))
        ['B', 'C']
    """
    return [found[1].strip() for found in re.finditer(r"^## (.*)$", markdown, re.MULTILINE)]


def repository() -> str | None:
    """The course's public address, from pyproject.toml; None while it has none."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    address = project.get("urls", {}).get("Repository")
    return address.rstrip("/") if address else None


def _rows(markdown: str) -> list[list[str]]:
    """The cells of every line that belongs to a table."""
    lines = (line.strip() for line in markdown.splitlines())
    return [
        [cell.strip() for cell in line[1:-1].split("|")] for line in lines if re.fullmatch(r"\|.*\|", line)
    ]
