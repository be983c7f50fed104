"""Batches of sentence pairs for translation: sentences of like length together, padded on the right.

    source:      I   am  a  student         the encoder reads it
    target in:   ⟨s⟩ 我  是  学生           the decoder reads it …
    target out:  我  是  学生  ⟨/s⟩         … and shall write this, one place further

Padding is work for nothing, so sentences of like length share a batch; a batch is drawn from a pool of a few dozen
batches that was sorted by length, so that the order stays random. Source: Vaswani et al., “Attention Is All You
Need”, 2017, section 5.1 (“batched together by approximate sequence length”). This file knows nothing of words.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import torch
from torch import Tensor

from tfm.data.marks import Marks

__all__ = ["Batch", "Marks", "Pairs", "pad_right"]

POOL = 50  # batches that are sorted together
Batch: TypeAlias = tuple[Tensor, Tensor, Tensor]


class Pairs:
    """Batches for training, for ever, in an order that follows from the seed.

    Attributes:
        sources: what is translated, as ids.
        targets: the translations, as ids, without marks.
        left_out: how many pairs were longer than `longest`.
        rounds: how many times over the pairs the next batch is, as a fraction.

    Args:
        sources: one list of ids a sentence.
        targets: as many.
        batch: B, pairs a batch; the last of a round may be smaller.
        marks: the ids of padding, start and end.
        seed: chooses the order.
        longest: leave out a pair with more ids than this on either side; None keeps all.

    Raises:
        ValueError: there are no pairs, not as many targets as sources, or a sentence is empty.

    Example:
        >>> pairs = Pairs([[7, 8]], [[4, 5, 6]], batch=1, marks=Marks(pad=0, start=1, end=2))
        >>> [ids.tolist() for ids in next(pairs)]
        [[[7, 8]], [[1, 4, 5, 6]], [[4, 5, 6, 2]]]
    """

    def __init__(
        self,
        sources: Sequence[Sequence[int]],
        targets: Sequence[Sequence[int]],
        *,
        batch: int,
        marks: Marks,
        seed: int = 0,
        longest: int | None = None,
    ) -> None:
        _require_pairs(sources, targets, batch)
        kept = [
            i for i in range(len(sources)) if longest is None or _length(sources[i], targets[i]) <= longest
        ]
        if not kept:
            raise ValueError(f"no pair has at most {longest} tokens on both sides: allow longer ones")
        self.sources, self.targets = [sources[i] for i in kept], [targets[i] for i in kept]
        self.left_out = len(sources) - len(kept)
        self.batch, self.marks, self.seed = batch, marks, seed
        self._lengths = np.array([[len(t), len(s)] for s, t in zip(self.sources, self.targets, strict=True)])
        self._round: tuple[int, list[np.ndarray]] = (-1, [])
        self._next = 0

    @property
    def batches(self) -> int:
        """How many batches one round has."""
        return -(-len(self.sources) // self.batch)

    @property
    def rounds(self) -> float:
        """How many times over the pairs the next batch is."""
        return self._next / self.batches

    def __iter__(self) -> Iterator[Batch]:
        return self

    def __next__(self) -> Batch:
        number, place = divmod(self._next, self.batches)
        if self._round[0] != number:
            self._round = (number, self._shuffled(number))
        self._next += 1
        return self._padded(self._round[1][place])

    def in_order(self) -> Iterator[Batch]:
        """Every pair once, the shortest first: for a validation loss, and for translating a test set."""
        order = np.lexsort(self._lengths.T)
        for first in range(0, len(order), self.batch):
            yield self._padded(order[first : first + self.batch])

    def state_dict(self) -> dict[str, int]:
        """What `load_state_dict` needs to go on: whole numbers, fit for JSON."""
        return {"next": self._next, "seed": self.seed}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on where a state was taken; pairs and batch must be the same."""
        self._next, self.seed = int(state["next"]), int(state["seed"])
        self._round = (-1, [])

    def _shuffled(self, number: int) -> list[np.ndarray]:
        """The batches of one round: shuffled, sorted by length pool by pool, cut, and shuffled again."""
        chance = np.random.default_rng((self.seed, number))
        order = chance.permutation(len(self.sources))
        size = POOL * self.batch
        pools = [order[first : first + size] for first in range(0, len(order), size)]
        pools = [pool[np.lexsort(self._lengths[pool].T)] for pool in pools]
        cuts = range(self.batch, len(order), self.batch)
        batches = np.split(np.concatenate(pools), list(cuts))
        return [batches[i] for i in chance.permutation(len(batches))]

    def _padded(self, rows: np.ndarray) -> Batch:
        pad, start, end = self.marks.pad, self.marks.start, self.marks.end
        targets = [self.targets[i] for i in rows]
        return (
            pad_right([self.sources[i] for i in rows], pad),
            pad_right([[start, *target] for target in targets], pad),
            pad_right([[*target, end] for target in targets], pad),
        )


def pad_right(rows: Sequence[Sequence[int]], pad: int) -> Tensor:
    """Make a table of rows that are not equally long.

    Args:
        rows: ids, one list a row.
        pad: what fills a row up on the right.

    Returns:
        B T, T the longest row's length.

    Example:
        >>> pad_right([[5], [6, 7]], pad=0).tolist()
        [[5, 0], [6, 7]]
    """
    table = np.full((len(rows), max(map(len, rows))), pad, np.int64)
    for i, row in enumerate(rows):
        table[i, : len(row)] = row
    return torch.from_numpy(table)


def _length(source: Sequence[int], target: Sequence[int]) -> int:
    return max(len(source), len(target))


def _require_pairs(sources: Sequence[Sequence[int]], targets: Sequence[Sequence[int]], batch: int) -> None:
    if len(sources) != len(targets) or not sources:
        raise ValueError(
            f"{len(sources)} sources and {len(targets)} targets are no pairs: pass as many of one as of "
            "the other, at least one"
        )
    if batch < 1:
        raise ValueError(f"batch ({batch}) must be 1 or more: try batch=64")
    empty = next(
        (i for i, pair in enumerate(zip(sources, targets, strict=True)) if not all(map(len, pair))), None
    )
    if empty is not None:
        raise ValueError(f"pair {empty} has an empty side: leave it out")
