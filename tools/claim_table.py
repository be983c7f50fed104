"""Read the table of claims in notebooks/README.md: which popular claim is shown in which lesson.

The table has a row a claim. Its first column holds the claim's number, and the column whose header says
“lesson” or “where” holds the lessons: `05, 19`, `23–29`, or links such as `[05](05_next_token.ipynb)`.
"""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class ClaimRow:
    """One claim and the numbers of the lessons that show it."""

    claim: int
    lessons: frozenset[int]


def claim_rows(markdown: str) -> list[ClaimRow]:
    """Return the rows of the table of claims, an empty list without one.

    Example:
        >>> table = ["| no. | claim | lesson |", "| - | - | - |", "| 06 | any rule | 01, 02 |"]
        >>> claim_rows(chr(10).join(table))
        [ClaimRow(claim=6, lessons=frozenset({1, 2}))]
    """
    rows: list[ClaimRow] = []
    column: int | None = None
    for line in markdown.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if not line.lstrip().startswith("|"):
            column = None
        elif column is None:
            column = _lesson_column(cells)
        elif re.fullmatch(r"\d\d", cells[0]):
            rows.append(ClaimRow(int(cells[0]), frozenset(_lesson_numbers(cells[column]))))
    return rows


def _lesson_column(header: list[str]) -> int | None:
    """Return the number of the column of lessons, None if this is not the header of the table of claims."""
    words = [cell.lower() for cell in header]
    if not any("claim" in word for word in words):
        return None
    return next((n for n, word in enumerate(words) if "lesson" in word or "where" in word), None)


def _lesson_numbers(cell: str) -> set[int]:
    """Read `05, 19`, `23–29` and links; what stands in a link's address does not count twice."""
    shown = re.sub(r"\]\([^)]*\)", "]", cell)
    numbers: set[int] = set()
    for first, last in re.findall(r"(?<!\d)(\d\d)(?:\s*[–-]\s*(\d\d))?(?!\d)", shown):
        numbers |= set(range(int(first), int(last or first) + 1))
    return numbers
