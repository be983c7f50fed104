"""Words as tokens, with the three marks a translator needs: filler, start and end.

    id = 3 + the word's place among the sorted words;  0, 1 and 2 are ⟨pad⟩, ⟨start⟩ and ⟨end⟩

For a language of a hundred words this is all a tokenizer has to be; for a real one see `tfm.text.bpe`. This file
knows nothing of grammar or models, and does not cut text into words: words come in.
"""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

LONGEST_WORD_SHOWN = 20


class WordVocabulary:
    """Words as tokens, with three marks before them: filler, start and end.

    Attributes:
        words: all of them, the marks first; the id is the place.
        pad, start, end: the marks' ids, 0, 1 and 2.

    Args:
        words: the words; repeats do not matter.

    Example:
        >>> vocabulary = WordVocabulary(["am", "I"])
        >>> vocabulary.words
        ['⟨pad⟩', '⟨start⟩', '⟨end⟩', 'I', 'am']
        >>> vocabulary.encode(["I", "am"])
        [3, 4]
        >>> vocabulary.decode([1, 3, 4, 2, 0])
        ['I', 'am']
        >>> vocabulary.encode(["an"])
        Traceback (most recent call last):
        ValueError: the word “an” is not among the 2 of this vocabulary: did you mean “am”?
    """

    pad, start, end = 0, 1, 2

    def __init__(self, words: Iterable[str]) -> None:
        self.words = ["⟨pad⟩", "⟨start⟩", "⟨end⟩", *sorted(set(words))]
        self._ids = {word: i for i, word in enumerate(self.words)}

    def __len__(self) -> int:
        return len(self.words)

    def encode(self, words: Sequence[str]) -> list[int]:
        """Turn words into ids, without marks.

        Raises:
            ValueError: a word is not in the vocabulary; the nearest one is named.
        """
        for word in words:
            if word not in self._ids:
                raise ValueError(self._unknown(word))
        return [self._ids[word] for word in words]

    def decode(self, ids: Iterable[int]) -> list[str]:
        """Turn ids into words up to the first end mark; the other marks are left out."""
        words = []
        for i in ids:
            if i == self.end:
                break
            if i not in (self.pad, self.start):
                words.append(self.words[i])
        return words

    def _unknown(self, word: str) -> str:
        plain = self.words[self.end + 1 :]
        near = get_close_matches(word[:LONGEST_WORD_SHOWN], plain, n=1, cutoff=0.5)
        shown = word if len(word) <= LONGEST_WORD_SHOWN else word[: LONGEST_WORD_SHOWN - 1] + "…"
        cure = f"did you mean “{near[0]}”?" if near else f"use words such as {', '.join(plain[3:8])}"
        return f"the word “{shown}” is not among the {len(plain)} of this vocabulary: {cure}"
