"""Files and folders that are there whole or not at all, wherever the process that writes them is killed.

    step-00000300.new   → is written, forced to the disk, and renamed:   step-00000300
    step-00000300.old   ← is renamed first, and removed then

A name that ends in `.new` or `.old` is nothing that anybody reads; `sweep` removes what a kill left of them. This
file knows nothing of what is written.
"""

import contextlib
import os
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

NEW, OLD = ".new", ".old"


def write_whole(path: str | Path, text: str) -> None:
    """Write a file in UTF-8, in the place of an older one where there is one.

    Raises:
        OSError: it cannot be written; the older one stays.
    """
    path = Path(path)
    new = _beside(path, NEW)
    try:
        new.write_text(text, encoding="utf-8", newline="\n")
        _to_disk(new)
        new.replace(path)
    finally:
        with contextlib.suppress(OSError):
            new.unlink()


@contextlib.contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """Give a folder to write into, and put it in its place when everything in it is on the disk.

    Raises:
        OSError: it cannot be written; the older folder stays.
    """
    new = _beside(path, NEW)
    try:
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(parents=True)
        yield new
        for file in (*new.rglob("*"), new):
            _to_disk(file)
        replace_folder(new, path)
    finally:
        shutil.rmtree(new, ignore_errors=True)


def replace_folder(new: Path, path: Path) -> None:
    """Rename a folder; an older one of that name goes when the new one is in its place."""
    old = _beside(path, OLD)
    if path.exists():
        shutil.rmtree(old, ignore_errors=True)
        path.rename(old)
    try:
        new.rename(path)
    except OSError:
        if old.exists():
            old.rename(path)
        raise
    _to_disk(path.parent)
    shutil.rmtree(old, ignore_errors=True)


def remove_folder(path: Path) -> None:
    """Remove a folder so that no half of it is ever taken for the whole."""
    gone = _beside(path, OLD)
    shutil.rmtree(gone, ignore_errors=True)
    path.rename(gone)
    shutil.rmtree(gone, ignore_errors=True)


def sweep(paths: Iterable[Path]) -> None:
    """Remove what a kill left of files and folders, which other processes must not be writing now.

    Where it fell between the two renames of `replace_folder`, the older folder is put back.
    """
    for path in paths:
        new, old = _beside(path, NEW), _beside(path, OLD)
        if old.is_dir() and new.is_dir() and not path.exists():
            old.rename(path)
        for left in (new, old):
            if left.is_dir():
                shutil.rmtree(left, ignore_errors=True)
            else:
                left.unlink(missing_ok=True)


def swept_name(path: Path) -> Path | None:
    """The path whose half-written or half-removed form this is, or None."""
    return path.with_suffix("") if path.suffix in {NEW, OLD} else None


def _beside(path: Path, ending: str) -> Path:
    return path.with_name(path.name + ending)


def _to_disk(path: Path) -> None:
    if path.is_dir() and os.name != "posix":
        return  # Windows opens no folders
    handle = os.open(path, os.O_RDONLY if os.name == "posix" else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
