"""Words to ids by a list of merges whose tokens have any ids, and may be made in more than one way.

The merge that stands first in the list is made first, the leftmost of several; a heap of what may come next keeps
a word of a million bytes from taking a million times a million steps. Source: Sennrich, Haddow & Birch, 2016, as
the `tokenizers` library applies it. This file knows nothing of text: a word is a list of tokens.
"""

from collections.abc import Mapping, Sequence
from heapq import heapify, heappop, heappush
from itertools import pairwise

MOST_WORDS, LONGEST = 2**16, 64  # words remembered at a time, and bytes of one that is


class MergedWords:
    """The ids of words, remembered.

    Args:
        ids: the tokens' ids; every one of the 256 bytes is among them.
        merges: pairs of tokens that become one, the first first.
        whole: whether a word that is a token is one, whatever the merges make of it.

    Example:
        >>> ids = {bytes([i]): i for i in range(256)} | {b"ab": 300, b"abc": 299}
        >>> MergedWords(ids, [(b"ab", b"c"), (b"a", b"b")], whole=False).encode(b"abcab")
        [299, 300]
    """

    def __init__(
        self, ids: Mapping[bytes, int], merges: Sequence[tuple[bytes, bytes]], *, whole: bool
    ) -> None:
        self._ids, self._whole = ids, whole
        self._rank: dict[tuple[bytes, bytes], int] = {}
        for rank, pair in enumerate(merges):
            self._rank.setdefault(pair, rank)
        self._known: dict[bytes, list[int]] = {}

    def encode(self, word: bytes) -> list[int]:
        """Give the ids of one word."""
        known = self._known.get(word)
        if known is not None:
            return known
        if self._whole and word in self._ids:
            found = [self._ids[word]]
        else:
            found = [self._ids[token] for token in self._merged([word[i : i + 1] for i in range(len(word))])]
        if len(word) <= LONGEST:
            if len(self._known) >= MOST_WORDS:
                self._known.clear()
            self._known[word] = found
        return found

    def _merged(self, parts: list[bytes]) -> list[bytes]:
        """Merge until nothing is left to merge; a part that went into its left neighbour is empty."""
        after, before = list(range(1, len(parts) + 1)), list(range(-1, len(parts) - 1))
        rank = self._rank
        waiting = [(rank[pair], i, *pair) for i, pair in enumerate(pairwise(parts)) if pair in rank]
        heapify(waiting)
        while waiting:
            _, i, left, right = heappop(waiting)
            j = after[i]
            if parts[i] != left or j >= len(parts) or parts[j] != right:
                continue  # one of the two went into another
            parts[i], parts[j], after[i] = left + right, b"", after[j]
            if after[i] < len(parts):
                before[after[i]] = i
            for a, b in ((before[i], i), (i, after[i])):
                if a >= 0 and b < len(parts) and (pair := (parts[a], parts[b])) in rank:
                    heappush(waiting, (rank[pair], a, *pair))
        return [part for part in parts if part]
