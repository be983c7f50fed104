"""A long text as a file of token ids that is read in place, and the windows that training cuts from it.

    train.bin   8 bytes: length of the header · the header, JSON · the ids, two or four bytes each

That is the layout of safetensors with one tensor called “ids”, so any program that reads safetensors reads it;
what the ids mean stands in its metadata. A file of ten gigabytes opens at once and takes no memory: the operating
system brings in the pages that a window touches. A window is `context` ids to read and the same ids one further
to predict. Source for windows at random places: Karpathy, nanoGPT, 2022, `train.py`. This file knows nothing of
text or of models.
"""

import contextlib
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save
from torch import Tensor

NAME = "ids"
FORMAT = "tfm-tokens-1"
DTYPES = {"U16": np.uint16, "U32": np.uint32}
IDS_IN_TWO_BYTES = 1 << 16
IDS_IN_FOUR_BYTES = 1 << 32


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


class TokenFile:
    """Token ids on disk, read in place.

    Attributes:
        path: the file.
        ids: all of them, an array that lies on the disk.
        about: what was written with them.

    Args:
        path: a file of `write_tokens`.

    Raises:
        OSError: there is no such file.
        ValueError: it is damaged, or another kind of file.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        size = self.path.stat().st_size
        try:
            with safe_open(self.path, framework="np") as file:
                self.about: dict[str, str] = dict(file.metadata() or {})
                shape, dtype = file.get_slice(NAME).get_shape(), file.get_slice(NAME).get_dtype()
            assert self.about.pop("format") == FORMAT
            kind = np.dtype(DTYPES[dtype])
        except (SafetensorError, KeyError, AssertionError, OSError):
            raise ValueError(
                f"{self.path} is damaged or no file of token ids ({size:,} bytes): write it anew with "
                "`tfm data prepare`"
            ) from None
        start = size - shape[0] * kind.itemsize
        self.ids = np.memmap(self.path, kind, "r", offset=start, shape=(shape[0],))

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


Tokens: TypeAlias = "TokenFile | np.ndarray | Tensor | Sequence[int]"


class Windows:
    """Windows for training, for ever: every round cuts the text anew and shuffles the pieces.

    One round takes each piece once; where the first begins is drawn anew for each, so that the same sentence is
    not always cut at the same place. The text is cut as a ring: a window that reaches its last token goes on with
    its first ones, and the few tokens that a round has no window for lie anywhere. So every token after the first
    is a target equally often, which no straight cuts at random places can give the first and the last ones; and
    each target is the token after its input, since the last token is no input. Everything follows from the seed
    and the number of the batch, so the state is that number.

    Attributes:
        context: T, tokens a window.
        batch: B, windows a batch.
        rounds: how many times over the text the next batch is, as a fraction.

    Args:
        tokens: a `TokenFile`, or ids in an array, a tensor or a list.
        context: T.
        batch: B.
        seed: chooses the order.

    Raises:
        ValueError: the text is shorter than one window, or a number is out of range.

    Example:
        >>> inputs, targets = next(Windows(range(100), context=4, batch=2, seed=0))
        >>> inputs.shape, bool((targets == inputs + 1).all())
        (torch.Size([2, 4]), True)
    """

    def __init__(self, tokens: Tokens, context: int, batch: int, seed: int = 0) -> None:
        self.ids = _array(tokens, context)
        _positive(batch=batch)
        self.context, self.batch, self.seed = context, batch, seed
        self._pieces = (len(self.ids) - 1) // context
        self._order: tuple[int, np.ndarray] = (-1, np.empty(0, np.int64))
        self._next = 0

    @property
    def rounds(self) -> float:
        """How many times over the text the next batch is."""
        return self._next * self.batch / self._pieces

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        return self

    def __next__(self) -> tuple[Tensor, Tensor]:
        first = self._next * self.batch
        starts = np.array([self._start(row) for row in range(first, first + self.batch)])
        self._next += 1
        return _cut(self.ids, starts, self.context)

    def state_dict(self) -> dict[str, int]:
        """What `load_state_dict` needs to go on: whole numbers, fit for JSON."""
        return {"next": self._next, "seed": self.seed}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on where a state was taken; text, context and batch must be the same."""
        self._next, self.seed = int(state["next"]), int(state["seed"])
        self._order = (-1, self._order[1])

    def _start(self, row: int) -> int:
        """Where the window of one row begins; rows are counted through all batches."""
        number, place = divmod(row, self._pieces)
        if self._order[0] != number:
            self._order = (number, self._starts(number))
        return int(self._order[1][place])

    def _starts(self, number: int) -> np.ndarray:
        """Where the windows of a round begin, in its order."""
        chance = np.random.default_rng((self.seed, number))
        n = len(self.ids)
        loose = min(self.context, n - self.context)
        inside = (n - loose) // self.context
        begin = chance.integers(loose)
        order = chance.permutation(inside)
        order = np.append(order, np.arange(inside, self._pieces))  # at most one more, which runs over the end
        turned = chance.integers(n - 1) if number else 0  # the first round begins near the text's beginning
        return (begin + turned + order * self.context) % (n - 1)


class Sequential:
    """Every prediction of a text exactly once, in order: what a validation loss is the mean of.

    The last batches are smaller where the text does not come out even, so weigh each batch's loss with its number
    of targets. It can be gone through as often as one likes.

    Args:
        tokens: as for `Windows`.
        context: T.
        batch: B at most.

    Raises:
        ValueError: as for `Windows`.

    Example:
        >>> [tuple(inputs.shape) for inputs, _ in Sequential(range(24), context=4, batch=3)]
        [(3, 4), (2, 4), (1, 3)]
    """

    def __init__(self, tokens: Tokens, context: int, batch: int) -> None:
        self.ids = _array(tokens, context)
        _positive(batch=batch)
        self.context, self.batch = context, batch
        self._pieces, self._rest = divmod(len(self.ids) - 1, context)

    def __len__(self) -> int:
        return -(-self._pieces // self.batch) + (self._rest > 0)

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        for first in range(0, self._pieces, self.batch):
            rows = np.arange(first, min(first + self.batch, self._pieces))
            yield _cut(self.ids, rows * self.context, self.context)
        if self._rest:
            yield _cut(self.ids, np.array([self._pieces * self.context]), self._rest)


def _cut(ids: np.ndarray, starts: np.ndarray, length: int) -> tuple[Tensor, Tensor]:
    """Cut windows from the ring of all (input, target) pairs: what is read and, one further, what is predicted."""
    places = (starts[:, None] + np.arange(length)) % (len(ids) - 1)  # B T
    read, predicted = (torch.from_numpy(ids[part].astype(np.int64)) for part in (places, places + 1))
    return read, predicted


def _array(tokens: Tokens, context: int) -> np.ndarray:
    _positive(context=context)
    ids = tokens.ids if isinstance(tokens, TokenFile) else np.asarray(tokens)
    if ids.ndim != 1 or (ids.size and not np.issubdtype(ids.dtype, np.integer)):
        raise ValueError(
            f"tokens are one row of whole numbers, and this has shape {ids.shape} of {ids.dtype}"
        )
    if len(ids) <= context:
        where = f"{tokens.path} has" if isinstance(tokens, TokenFile) else "the text has"
        advice = f"a context of at most {len(ids) - 1}" if len(ids) > 1 else "more text"
        raise ValueError(
            f"{where} {len(ids)} tokens, and one window of context {context} with its last answer needs "
            f"{context + 1}: take a longer text, or {advice}"
        )
    return ids


def _positive(**numbers: int) -> None:
    for name, number in numbers.items():
        if number < 1:
            raise ValueError(f"{name} ({number}) must be 1 or more: try {name}=64")
