"""Apply merges to one word: the rule that turns learned merges into tokens.

    while some pair of neighbours has a merge: of all such pairs join the one that was merged first in training

A word is held as a string whose characters *are* token ids: chr(101) is token 101, and merging tokens 101 and
32 into 256 puts chr(256) in the place of the two characters chr(101) + chr(32). Joining two ids to look a pair
up is then joining two strings, and comparing characters compares ids. Such a string is never printed.

Candidates wait in a heap, so n tokens take n log n steps: a line of 10,000 letters without a space, or of
Chinese, is one word. Source: Sennrich, Haddow & Birch, “Neural Machine Translation of Rare Words with Subword
Units”, 2016, section 3.2. This file knows nothing of where merges come from, nor of bytes.
"""

from collections.abc import Iterable
from heapq import heapify, heappop, heappush
from operator import add

MOST_TOKENS = 0x10FFFF  # ids must be characters


class MergeTable:
    """The merges so far, ready to be applied.

    Args:
        merges: pairs of ids; the first makes token 256, the next 257, and so on.

    Example:
        >>> table = MergeTable([(97, 97), (256, 98)])
        >>> [ord(token) for token in table.apply("aaab")]
        [256, 97, 98]
    """

    def __init__(self, merges: Iterable[tuple[int, int]]) -> None:
        self._pairs = {chr(i): chr(a) + chr(b) for i, (a, b) in enumerate(merges, start=256)}
        self._tokens = {pair: token for token, pair in self._pairs.items()}

    def append(self, left: str, right: str) -> None:
        """Add one more merge, the last in rank."""
        token = chr(256 + len(self._pairs))
        self._pairs[token] = left + right
        self._tokens[left + right] = token

    def apply(self, word: str) -> str:
        """Merge a word of single bytes until no merge fits.

        Args:
            word: one character a token.

        Returns:
            The same word in as few characters as the merges allow.
        """
        find, n = self._tokens.get, len(word)
        heap = [(token, i) for i, pair in enumerate(map(add, word, word[1:])) if (token := find(pair))]
        heapify(heap)  # the earliest merge first, and of equals the one furthest to the left
        tokens = [*word, ""]  # what a merge swallows becomes empty; so is what lies behind the end
        before, after = list(range(-1, n)), list(range(1, n + 2))  # the neighbours that are left
        while heap:
            token, i = heappop(heap)
            j = after[i]
            if tokens[i] + tokens[j] != self._pairs[token]:
                continue  # one of the two was merged meanwhile
            tokens[i], tokens[j] = token, ""
            right = after[i] = after[j]
            before[right] = i
            if made := find(token + tokens[right]):
                heappush(heap, (made, i))
            left = before[i]
            if left >= 0 and (made := find(tokens[left] + token)):
                heappush(heap, (made, left))
        return "".join(tokens)
