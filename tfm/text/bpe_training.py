"""Learn the merges of BPE: find the pair of neighbours that is seen most often, make it one token, repeat.

Recounting all pairs after every merge is the definition, and hopeless at a megabyte. Three things make it quick
and change nothing: a text has few different words, so each is kept once with its count; a merge changes only
the words that hold its pair, and in them only the pairs beside it; and the best pair lies on top of a heap,
whose counts are set right when they come up. Of pairs seen equally often the smaller one is merged, so the same
text always gives the same merges.

Sources: Gage, “A New Algorithm for Data Compression”, 1994; Sennrich, Haddow & Birch, 2016, section 3.2. How a
word is written as a string of ids stands in `bpe_merging`. This file knows nothing of encoding.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from heapq import heapify, heappop, heappush
from operator import add
from pathlib import Path

import regex

from tfm.text.bpe_merging import MOST_TOKENS
from tfm.text.door import read_file
from tfm.text.patterns import cut
from tfm.text.special import SpecialTokens
from tfm.text.stream import stream_parts

Progress = Callable[[int, int], None]


def count_words(
    text: str | Path | Iterable[str | Path],
    pattern: regex.Pattern[str],
    special: SpecialTokens,
    most: int | None = None,
) -> Counter[str]:
    """Count the different words of a text; special tokens written in it cut it and are not counted.

    Args:
        text: one piece, or several; no word reaches over the end of a piece. A path is a piece, its
            file's text.
        pattern: a compiled split pattern.
        special: the special tokens.
        most: how many different words are kept at most, or None. Where there are more, those that were seen least
            are forgotten (Manku & Motwani, “Approximate Frequency Counts over Data Streams”, 2002).

    Raises:
        OSError: a file cannot be read.
        TypeError: a piece is no text.
        ValueError: the pattern leaves something out, or a piece holds half a surrogate pair.
    """
    counts: Counter[str] = Counter()
    for piece in (text,) if isinstance(text, str | Path) else text:
        pieces = read_file(piece) if isinstance(piece, Path) else (piece,)
        counts = add_words(counts, pieces, pattern, special, most)
    return counts


def add_words(
    counts: Counter[str],
    texts: Iterable[str],
    pattern: regex.Pattern[str],
    special: SpecialTokens,
    most: int | None = None,
) -> Counter[str]:
    """Count the words of one text that comes in pieces, cut anywhere; arguments as for `count_words`."""
    for kind, strings in stream_parts(texts, pattern, special):
        if kind != "special":
            counts.update(cut(strings[0], pattern) if kind == "text" else strings)
        if most is not None and len(counts) > most:
            counts = keep_frequent(counts, most // 2)
    return counts


def keep_frequent(counts: Counter[str], most: int) -> Counter[str]:
    """Keep at most so many words: all that were seen more often than some number.

    Example:
        >>> keep_frequent(Counter({"a": 3, "b": 1, "c": 2, "d": 1}), 2)
        Counter({'a': 3, 'c': 2})
    """
    least = sorted(counts.values(), reverse=True)[most]
    return Counter({word: count for word, count in counts.items() if count > least})


def merges_wanted(vocab_size: int, n_special: int) -> int:
    """How many merges fill a vocabulary.

    Raises:
        ValueError: there is no room for the bytes and special tokens, or too much for ids.

    Example:
        >>> merges_wanted(100, 0)
        Traceback (most recent call last):
        ValueError: vocab_size (100) must be a whole number from 256 to 1114111, for there are 256 bytes and 0 ...
    """
    least = 256 + n_special
    if vocab_size not in range(least, MOST_TOKENS + 1):
        raise ValueError(
            f"vocab_size ({vocab_size!r}) must be a whole number from {least} to {MOST_TOKENS}, for there are "
            f"256 bytes and {n_special} special tokens: try {least + 256}"
        )
    return vocab_size - least


def learn_merges(
    counts: Mapping[str, int], n_merges: int, progress: Progress | None = None
) -> list[tuple[int, int]]:
    """Learn merges from words and how often each is seen.

    Args:
        counts: words of a text, by `patterns.split`, with their counts.
        n_merges: how many merges to learn at most.
        progress: called after each merge with the merges made and `n_merges`.

    Returns:
        Pairs of ids in the order learned; the first makes token 256. Fewer than `n_merges` when every word
        has become one token.

    Example:
        >>> learn_merges({"aaab": 2, "ab": 3}, 10)
        [(97, 98), (97, 97), (257, 256)]
    """
    learner = _Learner(counts)
    merges: list[tuple[int, int]] = []
    while len(merges) < n_merges and (pair := learner.best()):
        learner.merge(pair, chr(256 + len(merges)))
        merges.append((ord(pair[0]), ord(pair[1])))
        if progress:
            progress(len(merges), n_merges)
    return merges


class _Learner:
    """The words, the count of every pair in them, and where each pair may be found."""

    def __init__(self, counts: Mapping[str, int]) -> None:
        self._words = [word.encode().decode("latin-1") for word in counts]  # a character a byte
        self._repeats = list(counts.values())
        self._count: dict[str, int] = {}  # of each pair, always right
        self._where: dict[str, list[int]] = {}  # words that held it when it was first seen
        for i, word in enumerate(self._words):
            for pair in map(add, word, word[1:]):
                _see(pair, i, self._repeats[i], self._count, self._where)
        self._heap = [(-count, pair) for pair, count in self._count.items()]
        heapify(self._heap)

    def best(self) -> str:
        """Take the pair seen most often, the smaller one of equals; an empty string when none is left."""
        while self._heap:
            at_least, pair = heappop(self._heap)
            count = self._count[pair]
            if count == -at_least:
                return pair
            if count:  # counts only fall once a pair is in the heap, so nothing better was passed over
                heappush(self._heap, (-count, pair))
        return ""

    def merge(self, pair: str, token: str) -> None:
        """Make the pair one token in every word, and count anew what stands beside it."""
        made: dict[str, int] = {}
        for i in self._where.pop(pair):
            word = self._words[i]
            if pair in word:
                self._words[i] = word = word.replace(pair, token)
                self._count_beside(word, i, pair, token, made)
        self._count[pair] = 0
        self._count |= made
        for new_pair, count in made.items():
            heappush(self._heap, (-count, new_pair))

    def _count_beside(self, word: str, i: int, pair: str, token: str, made: dict[str, int]) -> None:
        """Count the pairs on both sides of each new token; between two new tokens there is one pair."""
        count, where, repeats = self._count, self._where, self._repeats[i]
        first, second = pair[0], pair[1]
        last = len(word) - 1
        at = word.find(token)
        while at >= 0:
            if at and (left := word[at - 1]) != token:
                count[left + first] -= repeats
                _see(left + token, i, repeats, made, where)
            if at < last:
                right = word[at + 1]
                count[second + (first if right == token else right)] -= repeats
                _see(token + right, i, repeats, made, where)
            at = word.find(token, at + 1)


def _see(pair: str, i: int, repeats: int, count: dict[str, int], where: dict[str, list[int]]) -> None:
    if pair in count:
        count[pair] += repeats
        if where[pair][-1] != i:
            where[pair].append(i)
    else:
        count[pair] = repeats
        where[pair] = [i]
