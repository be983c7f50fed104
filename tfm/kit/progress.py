"""What the reader has had right, remembered beyond a restart of the kernel.

One line of JSON is added to a file of the reader's own for each exercise that becomes right: its name, the day,
and the version of `tfm`. Nothing else is kept, least of all the reader's code. Lines are only ever added, so
several kernels may write at once and lose nothing, and forgetting is a line too. A line that cannot be read is
passed over and stays where it is.
"""

import datetime as dt
import json
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import tfm
from tfm.json_files import parse_json
from tfm.names import whole_path

VARIABLE = "TFM_PROGRESS"
CURE = "name a file by its whole path, such as /tmp/progress.jsonl"
OFF = "off"
SOLUTIONS = "solutions"  # what is right there is ours, not the reader's


class Progress(NamedTuple):
    """What a progress file says.

    Attributes:
        right: for each exercise that was right, the day of the first time, such as `2026-11-23`.
        unreadable: how many lines could not be read.
    """

    right: dict[str, str]
    unreadable: int = 0


def progress_file() -> Path | None:
    """The reader's file: `$TFM_PROGRESS`, or `progress.jsonl` in the user's data folder.

    Returns:
        A whole path; the file may not exist yet. None when the variable is `off`, or there is no home.

    Raises:
        OSError: the variable names the home of a user whom nobody knows, or what is no file.
    """
    chosen = os.environ.get(VARIABLE, "")
    if chosen.lower() == OFF:
        return None
    if chosen:
        file = whole_path(chosen, VARIABLE, CURE)
        if file.exists() and not file.is_file():
            raise OSError(f"{VARIABLE} ({file}) is no file: {CURE}")
        return file
    from platformdirs import user_data_path  # noqa: PLC0415 (only where it is needed)

    with suppress(OSError, RuntimeError):  # there is no home
        file = user_data_path("tfm", appauthor=False) / "progress.jsonl"
        return file if file.is_absolute() else None  # an older platformdirs leaves `~` in it
    return None


def read_progress() -> Progress:
    """Read the reader's file; one that is missing, or cannot be found or opened, says nothing."""
    try:
        file = progress_file()
        text = file.read_text(encoding="utf-8", errors="replace") if file else ""
    except OSError:
        return Progress({})
    right: dict[str, str] = {}
    unreadable = 0
    for line in filter(str.strip, text.splitlines()):
        try:
            record = parse_json(line, str(file), "a list of exercises")
        except ValueError:
            unreadable += 1
            continue
        name, day = record.get("exercise"), record.get("right")
        if not isinstance(name, str) or not isinstance(day, str | None):
            unreadable += 1
            continue
        if day is None:
            right.pop(name, None)
        else:
            right.setdefault(name, day)
    return Progress(right, unreadable)


def remember(name: str) -> None:
    """Add that an exercise was right, unless the file says so already.

    A file that cannot be written is no reason to stop a lesson: then nothing is kept. Neither is what a notebook
    in a folder called `solutions` shows, where its kernel runs.
    """
    with suppress(OSError):  # the file cannot be written, or the folder we run in is gone
        if Path.cwd().name == SOLUTIONS or progress_file() is None:
            return
        if name not in read_progress().right:
            _add([{"exercise": name, "right": today(), "tfm": tfm.__version__}])


def forget(names: Iterable[str]) -> list[str]:
    """Let exercises count as not yet right.

    Returns:
        Those of the names that had been right.

    Raises:
        OSError: the file cannot be written.
    """
    known = read_progress().right
    gone = [name for name in names if name in known]
    if gone:
        _add([{"exercise": name, "right": None, "forgotten": today()} for name in gone])
    return gone


def earlier(name: str) -> str:
    """The day on which an exercise was first right; empty when it never was."""
    return read_progress().right.get(name, "")


def today() -> str:
    """Today's date where the reader is, such as `2026-11-23`."""
    return dt.datetime.now().astimezone().date().isoformat()


def _add(records: Iterable[dict[str, str | None]]) -> None:
    file = progress_file()
    assert file is not None, "whoever adds has seen that there is a file"
    file.parent.mkdir(parents=True, exist_ok=True)
    # One write for all, which begins on a line of its own: a line that was cut short spoils no other.
    text = "".join(f"\n{json.dumps(record)}\n" for record in records)
    descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        os.write(descriptor, text.encode("utf-8"))
    finally:
        os.close(descriptor)
