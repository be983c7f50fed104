"""What the pages take from README.md and pyproject.toml, and where the notebooks are.

This file knows how Markdown is divided by headings, and nothing of HTML.
"""

import re
import tomllib
from pathlib import Path

from tfm.course import Lesson
from tfm.kit.messages import ENGLISH, languages

ROOT = Path(__file__).parents[1]
NOTEBOOKS = ROOT / "notebooks"


def notebooks(lesson: Lesson, language: str = ENGLISH) -> tuple[Path, Path]:
    """Where a lesson is stored, and where its exercises are solved."""
    folder = NOTEBOOKS / folder_of(language)
    return folder / f"{lesson.name}.ipynb", folder / "solutions" / f"{lesson.name}.ipynb"


def editions(lesson: Lesson) -> list[str]:
    """The languages in which a lesson is there, English first."""
    return [one for one in (ENGLISH, *languages()) if notebooks(lesson, one)[0].is_file()]


def folder_of(language: str) -> str:
    """Where a language's lessons are, among the notebooks and on the site: empty, or with a slash at its end."""
    return "" if language == ENGLISH else f"{language}/"


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
