"""`tfm progress`: which exercises were right, lesson by lesson, and which one is next."""

import argparse
from typing import Any

from tfm.course import Lesson, lessons_called, parts

DONE, OPEN = "✓", "○"
COLUMN = 21


def add(commands: Any) -> None:
    """Add the words of `tfm progress` to the command line."""
    parser = commands.add_parser("progress", help="say which exercises were right, and which is next")
    parser.add_argument(
        "--forget",
        metavar="LESSON",
        help="begin a lesson's exercises anew: its number, or all",
    )
    parser.set_defaults(run=_run)


def report(right: dict[str, str]) -> list[str]:
    """The table, a line a lesson.

    Args:
        right: for each exercise that was right, the day.

    Returns:
        Lines for people; the last says what is next.

    Example:
        >>> report({"decide": "2026-11-23"})[1].strip()
        '01 The perceptron       ✓ decide  ○ learn_step  ○ xor'
    """
    lines, following = [], ""
    for part in parts():
        names = [name for lesson in part.lessons for name in lesson.exercises]
        lines.append(f"{part.heading}   {sum(name in right for name in names)} of {len(names)}")
        for lesson in part.lessons:
            signs = [f"{DONE if name in right else OPEN} {name}" for name in lesson.exercises]
            lines.append(f"  {lesson.number} {lesson.title:<{COLUMN}}{'  '.join(signs)}")
            following = following or _first_open(lesson, right)
    return [*lines, following or "All exercises were right: there is nothing left but your own questions."]


def _first_open(lesson: Lesson, right: dict[str, str]) -> str:
    name = next((name for name in lesson.exercises if name not in right), "")
    return name and f"Next: {name}, in lesson {lesson.number}, {lesson.title}."


def _run(args: argparse.Namespace) -> int:
    from tfm.kit.progress import VARIABLE, forget, progress_file, read_progress  # noqa: PLC0415

    file = progress_file()
    if file is None:
        print(f"nothing is remembered: {VARIABLE} is off, or there is no home folder")
        return 0
    if args.forget is not None:
        meant = [name for lesson in lessons_called(args.forget) for name in lesson.exercises]
        gone = forget(meant)
        print(f"begun anew: {', '.join(gone)}" if gone else "none of these exercises was right before")
        return 0
    found = read_progress()
    print("\n".join(report(found.right)))
    if found.unreadable:
        print(f"passed over in {file}, and left there: {found.unreadable} × a line that could not be read")
    return 0
