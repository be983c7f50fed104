"""Data that are ready to be trained on, and what is said and counted of them: a text, or sentence pairs.

`tfm.data.prepare` writes them and reads them. This file knows nothing of models.
"""

import hashlib
import itertools
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from tfm.data.marks import Marks
from tfm.data.token_files import TokenFile
from tfm.text.bpe import BPE
from tfm.text.tokenizer_file import Tokenizer

PIECES, PIECE = 64, 1 << 20  # of a long row of ids, so many pieces of so many ids are read for its checksum
USES = {"train": "to train on", "val": "to judge on", "test": "for the test"}
Ids: TypeAlias = list[list[int]]


class Prepared(Protocol):
    """What every kind of prepared data can say of itself.

    Attributes:
        kind: what it is, for people: “a text”.
        unit: what is counted: “tokens”.
        whole: what one goes through: “text”.
        parts: the splits.
        name: what it is called.
        tokenizer: what made the ids.
        thanks: licence and attribution.
    """

    kind: ClassVar[str]
    unit: ClassVar[str]
    whole: ClassVar[str]
    parts: ClassVar[tuple[str, ...]]

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def tokenizer(self) -> Any: ...  # noqa: D102
    @property
    def thanks(self) -> str: ...  # noqa: D102

    def size(self, split: str) -> int:
        """How many units a split has."""
        ...

    def predicted(self, split: str, most: int | None = None) -> NDArray[np.int64]:
        """The tokens of a split that are to be predicted, in order; the first `most` of them."""
        ...

    def n_predicted(self) -> int:
        """How many tokens are predicted when the training split is gone through once."""
        ...

    def readable(self) -> Iterator[int]:
        """Ids of what a model trained on it can be asked to read."""
        ...

    def checksum(self) -> str:
        """Name the data by what a model is trained and judged on."""
        ...


def counts(data: Prepared) -> str:
    """Say how much there is, in words for people."""
    (first, use), *more = ((data.size(split), USES[split]) for split in data.parts)
    others = "".join(f", {size:,} {use}" for size, use in more)
    return f"{first:,} {data.unit} {use}{others}, a vocabulary of {data.tokenizer.n_vocab:,}"


@dataclass(frozen=True, kw_only=True, slots=True)
class PreparedText:
    """A text as ids.

    Attributes:
        name: what the text is called.
        train, val: the ids, on disk.
        tokenizer: what made them.
        thanks: licence and attribution.
    """

    kind: ClassVar[str] = "a text"
    unit: ClassVar[str] = "tokens"
    whole: ClassVar[str] = "text"
    parts: ClassVar[tuple[str, ...]] = ("train", "val")

    name: str
    train: TokenFile
    val: TokenFile
    tokenizer: Tokenizer
    thanks: str

    def size(self, split: str) -> int:
        """Tokens of a split."""
        return len(self._of(split))

    def predicted(self, split: str, most: int | None = None) -> NDArray[np.int64]:
        """The tokens of a split."""
        return self._of(split).ids[:most].astype(np.int64)

    def n_predicted(self) -> int:
        """Tokens of the training split."""
        return len(self.train)

    def readable(self) -> Iterator[int]:
        """The training split from its beginning on."""
        return (int(i) for i in self.train.ids)

    def checksum(self) -> str:
        """A sum over both splits; of very long ones, over many pieces."""
        digest = hashlib.sha256()
        for tokens in (self.train, self.val):
            digest.update(f"{len(tokens)} ".encode())
            for start, end in _pieces(len(tokens)):
                digest.update(np.asarray(tokens.ids[start:end]).astype("<u4").tobytes())
        return digest.hexdigest()

    def _of(self, split: str) -> TokenFile:
        return {"train": self.train, "val": self.val}[split]


@dataclass(frozen=True, kw_only=True, slots=True)
class PreparedPairs:
    """Sentence pairs as ids.

    Attributes:
        name: what the pairs are called.
        splits: “train”, “val”, “test” → (sources, targets), ids without marks.
        tokenizer: one for both languages.
        marks: the ids of padding, start and end.
        thanks: licence and attribution.
    """

    kind: ClassVar[str] = "sentence pairs"
    unit: ClassVar[str] = "pairs"
    whole: ClassVar[str] = "pairs"
    parts: ClassVar[tuple[str, ...]] = ("train", "val", "test")

    name: str
    splits: dict[str, tuple[Ids, Ids]]
    tokenizer: BPE
    marks: Marks
    thanks: str

    def size(self, split: str) -> int:
        """Pairs of a split."""
        return len(self.splits[split][0])

    def predicted(self, split: str, most: int | None = None) -> NDArray[np.int64]:
        """The targets of a split, each with its end."""
        rows = self.splits[split][1]
        return np.concatenate([np.array([*row, self.marks.end], np.int64) for row in rows])[:most]

    def n_predicted(self) -> int:
        """Tokens of the training targets, with their ends."""
        return sum(len(row) + 1 for row in self.splits["train"][1])

    def readable(self) -> Iterator[int]:
        """The test sources."""
        return itertools.chain.from_iterable(self.splits["test"][0])

    def checksum(self) -> str:
        """A sum over all splits."""
        return hashlib.sha256(json.dumps(self.splits, sort_keys=True).encode()).hexdigest()


def _pieces(length: int) -> Iterable[tuple[int, int]]:
    if length <= PIECES * PIECE:
        return [(start, min(start + PIECE, length)) for start in range(0, length, PIECE)]
    starts = np.linspace(0, length - PIECE, PIECES).astype(int)
    return [(int(start), int(start) + PIECE) for start in starts]
