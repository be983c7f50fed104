"""What a text file holds, and which stretches of it can be encoded apart: it is read once, in little memory.

    text file → characters, length, checksum → stretches between seams, some 64 MB each → shards

A stretch begins and ends at a seam (`tfm.text.stream`), where no word of a split pattern of GPT's goes on, so that
its ids are those that the whole text has there. This file knows nothing of ids.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tfm.data.corpora import empty
from tfm.text.door import read_pieces, unix_lines
from tfm.text.stream import SEAM

STRETCH = 1 << 26  # bytes of a stretch at least


@dataclass(frozen=True, kw_only=True, slots=True)
class Stretch:
    r"""A part of a text file.

    Attributes:
        start: its first byte.
        stop: the byte behind its last.
        length: characters, without `\r` and byte order mark.
        skip: how many of them are not meant at its beginning,
        take: and how many are meant from there on.
    """

    start: int
    stop: int
    length: int
    skip: int
    take: int

    def read(self, path: Path) -> Iterator[str]:
        """Read what is meant, piece by piece."""
        skip, left = self.skip, self.take
        for _, raw in read_pieces(path, self.start, self.stop):
            text = unix_lines(raw)[skip : skip + left]
            skip = max(0, skip - len(unix_lines(raw)))
            left -= len(text)
            if text:
                yield text


@dataclass(frozen=True, kw_only=True, slots=True)
class Survey:
    r"""What a text file holds.

    Attributes:
        characters: each that occurs, once, sorted.
        length: how many it has, without `\r` and byte order mark.
        sha256: of the text in UTF-8, without the byte order mark.
        stretches: all of it, in order.
    """

    characters: str
    length: int
    sha256: str
    stretches: tuple[Stretch, ...]

    def part(self, start: int, stop: int) -> list[Stretch]:
        """The stretches that hold the characters from `start` to `stop`."""
        found, first = [], 0
        for whole in self.stretches:
            skip, end = max(0, start - first), min(whole.length, stop - first)
            if skip < end:
                found.append(
                    Stretch(
                        start=whole.start, stop=whole.stop, length=whole.length, skip=skip, take=end - skip
                    )
                )
            first += whole.length
        return found


def survey(path: Path, size: int | None = None) -> Survey:
    """Read a text file once.

    Args:
        path: a file in UTF-8.
        size: bytes of a stretch at least; `STRETCH` when None.

    Raises:
        OSError: the file cannot be read.
        ValueError: it is empty, or not UTF-8.
    """
    size = STRETCH if size is None else size
    characters: set[str] = set()
    digest = hashlib.sha256()
    stretches: list[Stretch] = []
    start, length, end = -1, 0, 0  # of the stretch that is being read

    def close(stop: int, n: int) -> None:
        stretches.append(Stretch(start=start, stop=stop, length=n, skip=0, take=n))

    for place, raw in read_pieces(path):
        data = raw.encode()
        digest.update(data)
        characters.update(unix_lines(raw))
        start = place if start < 0 else start
        seam = SEAM.search(raw) if place - start >= size else None
        if seam:
            before = raw[: seam.start()]
            middle = place + len(before.encode())
            close(middle, length + len(unix_lines(before)))
            start, length = middle, 0
        length += len(unix_lines(raw[seam.start() if seam else 0 :]))
        end = place + len(data)
    if not "".join(characters).strip():
        raise empty(path)
    close(end, length)
    return Survey(
        characters="".join(sorted(characters)),
        length=sum(stretch.length for stretch in stretches),
        sha256=digest.hexdigest(),
        stretches=tuple(stretches),
    )
