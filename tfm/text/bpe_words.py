"""Words to ids, with a memory, for a text repeats its words far more often than it brings new ones.

Remembering changes nothing but the time: a word has the same ids in every text.
"""

from collections.abc import Iterable, Mapping
from itertools import chain

from tfm.text.bpe_merging import MergeTable
from tfm.text.bpe_ranks import ByteOrder

MOST_WORDS = 2**16  # remembered at a time,
LONGEST = 64  # each of at most so many characters


class WordEncoder(dict[str, tuple[int, ...]]):
    """The ids of words, worked out when first asked for.

    Args:
        table: the merges.
        byte_order: the ids of the bytes.

    Example:
        >>> words = WordEncoder(MergeTable([(97, 98)]), ByteOrder(bytes(range(256))))
        >>> words.encode(["ab", "abc"])
        [256, 256, 99]
    """

    def __init__(self, table: MergeTable, byte_order: ByteOrder) -> None:
        super().__init__()
        self._table = table
        self._byte_order = byte_order

    def encode(self, words: Iterable[str]) -> list[int]:
        """Give the ids of many words in one list."""
        return list(chain.from_iterable(map(self.__getitem__, words)))

    def __missing__(self, word: str) -> tuple[int, ...]:
        ids = tuple(map(ord, self._table.apply(self._byte_order.word(word))))
        if len(word) <= LONGEST:
            if len(self) >= MOST_WORDS:
                self.clear()
            self[word] = ids
        return ids

    def require_reachable(self, vocab: Mapping[int, bytes], n_tokens: int) -> None:
        """Make sure that every token can be made; then merging pairs and merging by rank are the same.

        Args:
            vocab: the bytes of each id.
            n_tokens: bytes and merges; special tokens are not asked about.

        Raises:
            ValueError: other merges take a token's bytes first.
        """
        for i in range(256, n_tokens):
            if self._table.apply(self._byte_order.word_of_bytes(vocab[i])) != chr(i):
                raise ValueError(
                    f"the token {i} ({vocab[i]!r}) is never made, for other merges take its bytes first: drop "
                    f"merge {i - 256}, or learn the merges with BPE.train"
                )
