"""Token ids on disk: files that are read in place, one after another, as if they were one.

    train.bin   8 bytes: length of the header · the header, JSON · the ids, two or four bytes each

That is the layout of safetensors with one tensor called “ids”, so any program that reads safetensors reads it;
what the ids mean stands in its metadata. A file of ten gigabytes opens at once and takes no memory: the operating
system brings in the pages that are touched. A long text is several files, its shards, so that several processes
can write it and a killed one loses only its shard. This file knows nothing of text or of models.
"""

import contextlib
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

NAME = "ids"
FORMAT = "tfm-tokens-1"
DTYPES = {"U16": np.uint16, "U32": np.uint32}
IDS_IN_TWO_BYTES = 1 << 16
IDS_IN_FOUR_BYTES = 1 << 32
DIGITS = 20  # of the two numbers in a shard's header that are known only at its end


def write_tokens(path: str | Path, ids: Sequence[int] | np.ndarray, about: Mapping[str, str]) -> None:
    """Write ids to a file that `TokenFile` reads; it is there whole or not at all.

    Args:
        path: the file.
        ids: whole numbers from 0 on, at least one; two bytes each where all are below 65,536, else four.
        about: what a person or a program must know of them: names with sentences or numbers, as strings.

    Raises:
        OSError: the file cannot be written.
        ValueError: there are no ids, or one is negative or needs more than four bytes.
    """
    numbers = np.asarray(ids)
    if not numbers.size:
        raise ValueError("there are no token ids to write: take a text that is not empty")
    low, high = int(numbers.min()), int(numbers.max())
    if low < 0 or high >= IDS_IN_FOUR_BYTES:
        raise ValueError(f"token ids go from 0 to {IDS_IN_FOUR_BYTES - 1}, and these from {low} to {high}")
    kind = np.uint16 if high < IDS_IN_TWO_BYTES else np.uint32
    target = Path(path)
    half_written = target.with_name(target.name + ".new")
    try:
        half_written.write_bytes(save({NAME: numbers.astype(kind)}, {**about, "format": FORMAT}))
        half_written.replace(target)
    finally:
        with contextlib.suppress(OSError):
            half_written.unlink()


def write_stream(path: Path, ids: Iterable[Sequence[int]], n_vocab: int, about: Mapping[str, str]) -> int:
    """Write ids that come in lists, in the memory of one list; the file is there whole or not at all.

    Args:
        path: the file; until it is whole, its name ends in “.new”.
        ids: whole numbers from 0 to V − 1.
        n_vocab: V; two bytes an id where it is 65,536 or less, else four.
        about: as for `write_tokens`.

    Returns:
        How many there were; where there were none, no file is left.

    Raises:
        OSError: the file cannot be written.
    """
    kind = "U16" if n_vocab <= IDS_IN_TWO_BYTES else "U32"
    half_written = path.with_name(path.name + ".new")
    count = 0
    try:
        with half_written.open("wb") as file:
            file.write(_header(kind, 0, about))
            for some in ids:
                file.write(np.asarray(some, DTYPES[kind]).tobytes())
                count += len(some)
            file.seek(0)
            file.write(_header(kind, count, about))
            file.flush()
            os.fsync(file.fileno())
        if count:
            half_written.replace(path)
    finally:
        half_written.unlink(missing_ok=True)
    return count


def _header(kind: str, count: int, about: Mapping[str, str]) -> bytes:
    """A header of safetensors, equally long for every count: blanks at its end are allowed."""
    size = count * np.dtype(DTYPES[kind]).itemsize
    fields = {
        "__metadata__": {**about, "format": FORMAT},
        NAME: {"dtype": kind, "shape": [count], "data_offsets": [0, size]},
    }
    text = json.dumps(fields, separators=(",", ":"))
    room = len(text.encode()) - len(f"{count}{size}") + 2 * DIGITS
    room += -(8 + room) % 8  # the numbers begin at a multiple of their size
    return room.to_bytes(8, "little") + text.encode().ljust(room)


class TokenFile:
    """Token ids on disk, read in place.

    Attributes:
        path: the file, or the first of several.
        ids: all of them: an array that lies on the disk, or `Shards` of such arrays.
        about: what was written with them.

    Args:
        path: a file of `write_tokens`, or several that follow each other.

    Raises:
        OSError: there is no such file.
        ValueError: one is damaged, or another kind of file.
    """

    def __init__(self, path: str | Path | Sequence[Path]) -> None:
        paths = [Path(path)] if isinstance(path, str | Path) else list(path)
        opened = [_open(one) for one in paths]
        self.path = paths[0]
        self.about = opened[0][1]
        if other := next((i for i, (_, about) in enumerate(opened) if about != self.about), 0):
            raise ValueError(f"{paths[other]} was not written with {paths[0]}: prepare the text again")
        self.ids: Any = opened[0][0] if len(opened) == 1 else Shards([ids for ids, _ in opened])

    def __len__(self) -> int:
        return len(self.ids)

    def __repr__(self) -> str:
        return f"TokenFile({os.fspath(self.path)!r}: {len(self):,} ids)"

    def require_vocabulary(self, n_vocab: int) -> None:
        """Make sure that a model or tokenizer with V ids can read this file.

        Args:
            n_vocab: V.

        Raises:
            ValueError: the file holds an id of V or more.
        """
        highest = int(self.ids.max())
        if highest >= n_vocab:
            raise ValueError(
                f"{self.path} holds the id {highest}, and a vocabulary of {n_vocab} ends at {n_vocab - 1}: "
                "prepare the text with the tokenizer that belongs to the model"
            )


class Shards:
    """Arrays that are read as one, without being joined in memory.

    Attributes:
        shape: (N,), all their numbers.
        dtype: of the numbers.
        ndim: 1.

    Args:
        arrays: of one row and one type each, none empty.

    Example:
        >>> ids = Shards([np.arange(4), np.arange(4, 9)])
        >>> len(ids), ids[3:6].tolist(), ids[np.array([[0, 8], [3, 4]])].tolist(), int(ids[-1])
        (9, [3, 4, 5], [[0, 8], [3, 4]], 8)
    """

    ndim = 1

    def __init__(self, arrays: Sequence[np.ndarray]) -> None:
        self._arrays = list(arrays)
        self._starts = np.cumsum([0, *map(len, self._arrays)])
        self.shape = (int(self._starts[-1]),)
        self.size = self.shape[0]
        self.dtype = self._arrays[0].dtype

    def __len__(self) -> int:
        return self.size

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.concatenate(self._arrays).astype(dtype or self.dtype, copy=False)

    def max(self) -> np.integer[Any]:
        """The largest number."""
        return max(array.max() for array in self._arrays)

    def __getitem__(self, places: Any) -> Any:
        """What NumPy would give: a view where a slice lies in one array, all as it is for `[:]`, else a copy."""
        if isinstance(places, slice):
            start, stop, step = places.indices(self.size)
            if (start, stop, step) == (0, self.size, 1):
                return self
            first = self._array_of(start)
            if step == 1 and stop <= self._starts[first + 1]:
                return self._arrays[first][start - self._starts[first] : stop - self._starts[first]]
            return self[np.arange(start, stop, step)]
        where = np.asarray(places)
        if where.size and not -self.size <= where.min() <= where.max() < self.size:
            raise IndexError(f"a place is outside the {self.size:,} ids: take 0 to {self.size - 1}")
        where = where % self.size
        owner = self._array_of(where)
        found = np.empty(where.shape, self.dtype)
        for i in np.unique(owner):
            mine = owner == i
            found[mine] = self._arrays[i][where[mine] - self._starts[i]]
        return found[()]

    def _array_of(self, places: Any) -> Any:
        return np.searchsorted(self._starts, places, side="right") - 1


def _open(path: Path) -> tuple[np.ndarray, dict[str, str]]:
    """The ids of one file, in place, and what was written with them."""
    size = path.stat().st_size
    try:
        with safe_open(path, framework="np") as file:
            about: dict[str, str] = dict(file.metadata() or {})
            shape, dtype = file.get_slice(NAME).get_shape(), file.get_slice(NAME).get_dtype()
        assert about.pop("format") == FORMAT
        kind = np.dtype(DTYPES[dtype])
    except (SafetensorError, KeyError, AssertionError, OSError):
        raise ValueError(
            f"{path} is damaged or no file of token ids ({size:,} bytes): write it anew with `tfm data prepare`"
        ) from None
    start = size - shape[0] * kind.itemsize
    return np.memmap(path, kind, "r", offset=start, shape=(shape[0],)), about
