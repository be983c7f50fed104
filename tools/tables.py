"""Write the tables of README.md and notebooks/README.md from `tfm/course.toml`.

    python -m tools.tables               writes what differs
    python -m tools.tables --check       only says which files differ

A table is found by the header that it has here; what stands around it stays.
"""

import argparse
import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

from tfm.course import VERDICTS, claims, lessons, parts
from tfm.kit.messages import languages
from tools.lesson_files import NOTEBOOKS, TONGUES

README = NOTEBOOKS.parent / "README.md"
LESSONS = ("", "lesson", "the question it answers", "minutes")
CLAIMS = ("no.", "the claim", "verdict", "where")
SEVERAL = 3  # lessons to come in a row that are written as `23–29`


def lesson_table(folder: str) -> list[str]:
    """The table of lessons.

    Args:
        folder: where the notebooks are, seen from the file, with a slash at its end; empty beside them.

    Returns:
        Its lines, in Markdown.
    """
    rows = [
        (
            f"**{lesson.part}**" if lesson is part.lessons[0] else "",
            f"[{lesson.number} {lesson.title}]({folder}{lesson.name}.ipynb)"
            + "".join(
                f" · [{TONGUES[one][1]}]({folder}{one}/{lesson.name}.ipynb)"
                for one in languages()
                if (NOTEBOOKS / one / f"{lesson.name}.ipynb").is_file()
            ),
            lesson.question,
            str(lesson.minutes),
        )
        for part in parts()
        for lesson in part.lessons
    ]
    return _table(LESSONS, rows)


def claim_table() -> list[str]:
    """The table of claims, for a file beside the notebooks."""
    return _table(CLAIMS, [(c.number, c.text, VERDICTS[c.verdict], where(c.lessons)) for c in claims()])


def where(numbers: Sequence[str]) -> str:
    """The lessons that show a claim, in Markdown: those that exist as links.

    Example:
        >>> where(["10", "23", "24", "25"])
        '[10](10_masks.ipynb), 23–25'
    """
    names = {lesson.number: lesson.name for lesson in lessons()}
    said = [f"[{n}]({names[n]}.ipynb)" for n in numbers if n in names]
    coming = enumerate(int(n) for n in numbers if n not in names)
    for _, run in groupby(coming, key=lambda pair: pair[1] - pair[0]):
        row = [f"{n:02}" for _, n in run]
        said += [f"{row[0]}–{row[-1]}"] if len(row) >= SEVERAL else row
    return ", ".join(said)


def written(text: str, header: Sequence[str], table: Sequence[str]) -> str:
    """A file's text with its table replaced.

    Raises:
        ValueError: the file has no table with this header.
    """
    pattern = re.compile(rf"^{re.escape(_row(header))}\n(?:\|.*\n)*", re.MULTILINE)
    new, found = pattern.subn(lambda _: "".join(f"{line}\n" for line in table), text)
    if found != 1:
        raise ValueError(f"a file must have one table with the header {_row(header)}, and has {found}")
    return new


def files() -> Iterator[tuple[Path, str]]:
    """Each file that has tables, and what it should hold."""
    yield README, written(README.read_text(encoding="utf-8"), LESSONS, lesson_table("notebooks/"))
    inside = NOTEBOOKS / "README.md"
    text = written(inside.read_text(encoding="utf-8"), LESSONS, lesson_table(""))
    yield inside, written(text, CLAIMS, claim_table())


def main() -> int:
    """Write the files, or say which differ; the exit status is 1 where one differed under `--check`."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--check", action="store_true", help="write nothing")
    check = parser.parse_args().check
    differ = [(path, text) for path, text in files() if text != path.read_text(encoding="utf-8")]
    for path, text in differ:
        print(
            f"{path.relative_to(NOTEBOOKS.parent)} {'differs from' if check else 'written from'} the course"
        )
        if not check:
            path.write_text(text, encoding="utf-8")
    return int(check and bool(differ))


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    return [_row(header), _row(["---"] * len(header)), *map(_row, rows)]


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    raise SystemExit(main())
