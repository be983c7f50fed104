"""Characters as tokens: the smallest vocabulary a text can have, and the first that every course builds.

    id = the character's place among the sorted characters of a text

What the text did not have, the vocabulary does not have either: here that is an error with a sentence, in a
trained model it would be a hole. This file knows nothing of bytes; for those see `byte_level`.
"""

from collections.abc import Iterable
from operator import index
from typing import SupportsIndex

from tfm.text.require import require_text


class CharacterVocabulary:
    """A tokenizer whose ids are places in a list of characters.

    Attributes:
        characters: all of them, sorted by code point; the id is the place.
        n_vocab: how many.

    Args:
        text: whatever holds the characters; repeats do not matter.

    Raises:
        TypeError: `text` is not a string.
        ValueError: `text` is empty or holds half a surrogate pair.

    Example:
        >>> vocabulary = CharacterVocabulary("hello world")
        >>> vocabulary.characters
        ' dehlorw'
        >>> vocabulary.encode("hero")
        [3, 2, 6, 5]
        >>> vocabulary.decode([3, 2, 6, 5])
        'hero'
        >>> vocabulary.encode("hi")
        Traceback (most recent call last):
        ValueError: the character 'i' (U+0069) is not among the 8 of this vocabulary: build it from a text ...
    """

    def __init__(self, text: str) -> None:
        self.characters = "".join(sorted(set(require_text(text))))
        if not self.characters:
            raise ValueError("an empty text has no characters to make a vocabulary of: pass some text")
        self.n_vocab = len(self.characters)
        self._ids = {character: i for i, character in enumerate(self.characters)}

    def encode(self, text: str) -> list[int]:
        """Turn text into ids, one a character.

        Raises:
            TypeError: `text` is not a string.
            ValueError: a character is not in the vocabulary.
        """
        try:
            return [self._ids[character] for character in require_text(text)]
        except KeyError as error:
            character = error.args[0]
            raise ValueError(
                f"the character {character!r} (U+{ord(character):04X}) is not among the {self.n_vocab} of this "
                "vocabulary: build it from a text that has it, or take bytes (ByteVocabulary)"
            ) from None

    def decode(self, ids: Iterable[SupportsIndex]) -> str:
        """Turn ids into text.

        Args:
            ids: ids, each 0 … V − 1.

        Raises:
            TypeError: an id is not a whole number.
            ValueError: an id is outside the vocabulary.
        """
        return "".join(self._character(index(i)) for i in ids)

    def _character(self, i: int) -> str:
        if not 0 <= i < self.n_vocab:
            raise ValueError(f"the id {i} is outside the vocabulary: ids go from 0 to {self.n_vocab - 1}")
        return self.characters[i]
