"""Where fetched files lie, and the way to each: the cache, an installed package, then the network.

No file is used before its SHA-256 has been checked; each is hashed once a process.
"""

import contextlib
import importlib.metadata
import os
import sys
from pathlib import Path

from tfm.data.download import DataError, Stream, download
from tfm.data.registry import FILES, RemoteFile
from tfm.names import whole_path
from tfm.sums import sha256

CURE = "set the variable TFM_DATA to a folder by its whole path, such as /tmp/tfm"
_digests: dict[tuple[Path, int, int], str] = {}


def cache_folder() -> Path:
    """The folder for fetched files: `$TFM_DATA`, or `tfm` in the user's cache folder.

    Returns:
        An absolute path; the folder may not exist yet.

    Example:
        >>> cache_folder().is_absolute()
        True
    """
    if chosen := os.environ.get("TFM_DATA"):
        return whole_path(chosen, "TFM_DATA", CURE, DataError)
    return _usual_folder() / "tfm"


def _usual_folder() -> Path:
    """The user's cache folder; a variable that holds no absolute path counts as not set, as its standard says.

    Source: XDG Base Directory Specification, 0.8.
    """
    name = {"win32": "LOCALAPPDATA", "darwin": ""}.get(sys.platform, "XDG_CACHE_HOME")
    chosen = Path(os.environ.get(name, "") if name else "")
    if chosen.is_absolute():
        return chosen
    places = {"win32": ("AppData", "Local"), "darwin": ("Library", "Caches")}
    home = whole_path("~", "the user's cache folder", CURE, DataError)
    return home.joinpath(*places.get(sys.platform, (".cache",)))


def fetch(name: str, *, stream: Stream | None = None) -> Path:
    """Give the path of a real data file; download and check it the first time.

    Looked for in the cache folder, then in the installed package that holds it, then at its public home; the
    variable `TFM_MIRROR` names a server to try first (a folder laid out as the cache folder), `HF_ENDPOINT` a
    mirror of the Hugging Face hub.

    Args:
        name: one of `tfm.data.FILES`.
        stream: where a progress bar is drawn; standard error by default. Nothing is drawn for a file at hand.

    Returns:
        The path of the complete, checked file. Do not write to it.

    Raises:
        ValueError: nothing of that name is known.
        DataError: the file cannot be had; the sentence says why and what to do.
    """
    file = known(name)
    if found := cached(name):
        return found
    target = cache_folder() / file.place
    try:
        return download(file, target, stream=stream)
    except DataError:
        if found := cached(name):  # another process was quicker
            return found
        with contextlib.suppress(OSError):
            target.unlink()  # what lies there is cut short, or another file
        raise


def cached(name: str) -> Path | None:
    """The path of a file that needs no network, or None.

    Args:
        name: one of `tfm.data.FILES`.

    Returns:
        The path in the cache folder or in an installed package, its SHA-256 checked.

    Raises:
        ValueError: nothing of that name is known.
    """
    file = known(name)
    places = (cache_folder() / file.place, packaged(file))
    return next((path for path in places if path is not None and is_right(path, file)), None)


def known(name: str) -> RemoteFile:
    """Look a name up in the registry.

    Raises:
        ValueError: nothing of that name is known.

    Example:
        >>> known("shakespear")
        Traceback (most recent call last):
        ValueError: no data is called 'shakespear': choose one of chorales, eng-cmn, ...
    """
    if name not in FILES:
        raise ValueError(f"no data is called {name!r}: choose one of {', '.join(sorted(FILES))}")
    return FILES[name]


def packaged(file: RemoteFile) -> Path | None:
    """Where an installed package holds the file, used in place and never copied; None when there is none."""
    if not file.package:
        return None
    try:
        path = Path(str(importlib.metadata.distribution(file.package).locate_file(file.inside)))
    except importlib.metadata.PackageNotFoundError:
        return None
    return path if path.is_file() else None


def is_right(path: Path, file: RemoteFile) -> bool:
    """Whether the file at `path` has the registered size and SHA-256."""
    try:
        return path.stat().st_size == file.size and _digest(path) == file.sha256
    except OSError:
        return False


def _digest(path: Path) -> str:
    state = path.stat()
    key = (path, state.st_size, state.st_mtime_ns)
    if key not in _digests:
        _digests[key] = sha256(path)
    return _digests[key]
