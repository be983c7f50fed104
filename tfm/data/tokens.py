"""The windows that training cuts from a long text of token ids, which may lie on the disk.

A window is `context` ids to read and the same ids one further to predict. Source for windows at random places:
Karpathy, nanoGPT, 2022, `train.py`. How ids lie on the disk stands in `token_files`. This file knows nothing of
text or of models.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import torch
from torch import Tensor

from tfm.data.token_files import Shards, TokenFile, write_tokens

__all__ = ["Sequential", "Shards", "TokenFile", "Windows", "write_tokens"]

Tokens: TypeAlias = "TokenFile | Shards | np.ndarray | Tensor | Sequence[int]"


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
        return {"next": self._next, "seed": self.seed, "batch": self.batch}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on where a state was taken; text and context must be the same, and batches may be of another size.

        Raises:
            ValueError: the place lies within a batch of this size.
        """
        rows = int(state["next"]) * int(state.get("batch", self.batch))
        if rows % self.batch:
            raise ValueError(
                f"{rows} windows were given, in batches of {state['batch']}, and batches of {self.batch} do not "
                f"end there: go on with a batch that divides {rows}"
            )
        self._next, self.seed = rows // self.batch, int(state["seed"])
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


def _cut(ids: "np.ndarray | Shards", starts: np.ndarray, length: int) -> tuple[Tensor, Tensor]:
    """Cut windows from the ring of all (input, target) pairs: what is read and, one further, what is predicted."""
    places = (starts[:, None] + np.arange(length)) % (len(ids) - 1)  # B T
    read, predicted = (torch.from_numpy(ids[part].astype(np.int64)) for part in (places, places + 1))
    return read, predicted


def _array(tokens: Tokens, context: int) -> "np.ndarray | Shards":
    _positive(context=context)
    ids = getattr(tokens, "ids", tokens)
    ids = ids if isinstance(ids, Shards) else np.asarray(ids)
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
