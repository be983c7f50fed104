"""What the command line says, so that saying it never fails: for a character, a reader who has left, a full disk.

Every command prints as usual. This file knows no command; `tfm.cli` goes through it.
"""

import codecs
import contextlib
import errno
import io
import os
import re
import sys
import unicodedata
from pathlib import Path
from typing import Any

# Signs of ours that say something, for terminals and files whose encoding has none of them.
PLAIN = str.maketrans(
    {"✓": "x", "○": "-", "×": "x", "·": "-", "−": "-", "–": "-", "—": "-", "…": "...", "→": "->", "←": "<-",
     "“": '"', "”": '"', "‘": "'", "’": "'", "≤": "<=", "≥": ">=", "≈": "~"}
)  # fmt: skip
HANDLER = "tfm.plain"
LONG = r"(\S{120})\S{200,}(\S{60})"  # what no reader wants to see whole
CURES = {  # of what the system says when a file cannot be written or read
    errno.ENOSPC: "make room on that disk, or name a folder on another",
    errno.EDQUOT: "make room in your share of that disk, or name a folder on another",
    errno.EFBIG: "name a folder on a disk that takes larger files",
    errno.EACCES: "name a place that you may write to and read",
    errno.EPERM: "name a place that you may write to and read",
    errno.EROFS: "name a place that you may write to",
    errno.ENAMETOOLONG: "take a shorter name",
    errno.ENOTDIR: "a file stands where a folder should: name another folder",
    errno.EEXIST: "a file stands where a folder should: name another folder",
    errno.EISDIR: "a folder stands where a file should: name a file",
    errno.EIO: "it cannot be read or written there: name another file or folder",
    errno.ENOENT: "look whether the name is right",
}
CLOSED = 141  # what a shell reports of a command whose reader has left: 128 + SIGPIPE


def plain(error: UnicodeError) -> tuple[str, int]:
    """Replace what an encoding has no sign for; made for `codecs.register_error`.

    Example:
        >>> codecs.register_error(HANDLER, plain)
        >>> "✓ xor → 猫".encode("ascii", HANDLER)
        b'x xor -> ?'
    """
    if not isinstance(error, UnicodeEncodeError):
        raise error
    signs = error.object[error.start : error.end].translate(PLAIN)
    return "".join(sign if sign.isascii() else "?" for sign in signs), error.end


def speak_plainly() -> None:
    """Let standard output and error replace what their encoding has no sign for."""
    codecs.register_error(HANDLER, plain)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=HANDLER)


def finish() -> None:
    """Write out what standard output still holds, while its failure can be told.

    Raises:
        BrokenPipeError: whoever read it has left.
        OSError: it could not be written.
    """
    try:
        if sys.stdout is not None and not sys.stdout.closed:
            sys.stdout.flush()
    except OSError as error:
        _give_up(sys.stdout)
        if isinstance(error, BrokenPipeError):
            raise
        raise OSError(
            f"the output could not be written ({error.strerror}): make room there, or send it elsewhere"
        ) from None


def place(given: str) -> Path:
    r"""The path that somebody named; made for argparse, which tells its flag.

    Raises:
        argparse.ArgumentTypeError: it is empty, or holds a sign that moves a terminal.

    Example:
        >>> place("runs/own").name
        'own'
    """
    from argparse import ArgumentTypeError  # noqa: PLC0415 (nothing large before `main` runs)

    if not given.strip():
        raise ArgumentTypeError("the name is empty: name a file or folder, “.” for the one you are in")
    if found := next((sign for sign in given if unicodedata.category(sign) == "Cc"), None):
        raise ArgumentTypeError(f"no name may hold the control character U+{ord(found):04X}: leave it out")
    return Path(given)


def say(sentence: str) -> None:
    """Say one line on standard error; where that cannot be written either, nothing is said."""
    if sys.stderr is None:  # it was closed; `print` would then take standard output
        return
    with contextlib.suppress(OSError):
        print(one_line(sentence), file=sys.stderr, flush=True)
        return
    _give_up(sys.stderr)


def one_line(text: str) -> str:
    r"""Make one line of a text, without the signs that would move a terminal's cursor or change its colours.

    A name of thousands of letters keeps its beginning and its end.

    Example:
        >>> one_line("two\nlines, \x1b[31mred")
        'two lines, ?[31mred'
    """
    line = "".join(sign if sign.isprintable() else " ?"[not sign.isspace()] for sign in text)
    return re.sub(LONG, r"\1…\2", line)


def sentence_of(error: BaseException) -> str:
    """Say an error for people: without the system's number, and with a cure where one is known.

    Example:
        >>> sentence_of(IsADirectoryError(21, "Is a directory", "runs"))
        'runs: is a directory: a folder stands where a file should: name a file'
    """
    if isinstance(error, ValueError) and str(error).startswith("embedded null"):
        return "no name of a file can contain the character NUL: leave it out"
    if not isinstance(error, OSError) or error.errno is None or not error.strerror:
        return str(error) or type(error).__name__  # one of ours is a sentence already
    where = f"{error.filename}: " if error.filename else ""
    cure = CURES.get(error.errno)
    return f"{where}{error.strerror.lower()}" + (f": {cure}" if cure else "")


def _give_up(stream: Any) -> None:
    """Let what a stream still holds go nowhere, or Python would fail of it once more at its end."""
    with contextlib.suppress(OSError, ValueError, AttributeError):  # a stream without a descriptor
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
