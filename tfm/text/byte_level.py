"""Bytes as tokens: every text in the world with 256 ids, at the price of length.

Text on a computer is bytes already: UTF-8 writes “a” as one byte, “é” as two, “我” as three, “😀” as four. Taking
those bytes as ids needs no training and leaves no text out. Source: the Unicode Standard, section 3.9 (UTF-8).
This file knows nothing of merges.
"""

from collections.abc import Iterable
from typing import SupportsIndex

from tfm.text.decoding import join_bytes, read_utf8
from tfm.text.require import require_text

BYTES = {i: bytes([i]) for i in range(256)}


class ByteVocabulary:
    """A tokenizer whose ids are the bytes of the text in UTF-8.

    Attributes:
        n_vocab: 256.

    Example:
        >>> ByteVocabulary().encode("a我")
        [97, 230, 136, 145]
        >>> ByteVocabulary().decode([97, 230, 136, 145])
        'a我'
    """

    n_vocab = 256

    def encode(self, text: str) -> list[int]:
        """Turn text into bytes.

        Args:
            text: any text.

        Returns:
            One to four ids a character, each 0 … 255.

        Raises:
            TypeError: `text` is not a string.
            ValueError: `text` holds half a surrogate pair.
        """
        return list(require_text(text).encode())

    def decode(self, ids: Iterable[SupportsIndex], errors: str = "replace") -> str:
        """Turn bytes into text.

        Args:
            ids: ids, each 0 … 255.
            errors: as for `decoding.read_utf8`.

        Raises:
            TypeError: an id is not a whole number.
            ValueError: an id is outside 0 … 255, or the bytes are not valid UTF-8 and `errors` is “strict”.
        """
        return read_utf8(join_bytes(BYTES, ids), errors)
