r"""The one door through which text comes in: files, prompts and standard input are read alike.

    bytes → UTF-8, without a byte order mark → line ends \r\n and \r become \n → text

Nothing else is changed, so that ids decode to what was read: form feeds, U+2028, unusual spaces and accents of
their own (the two spellings of “é” that Unicode calls NFC and NFD) stay as they are. And whoever wrote the text,
the name of a special token in it is text: `Plain`. This file knows nothing of models.
"""

import codecs
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

PIECE = 1 << 16  # bytes read at a time
MARK = codecs.BOM_UTF8
OTHER_MARKS = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}


def clean(text: str) -> str:
    r"""Drop a byte order mark at the start, and give every line the end that Unix gives it.

    Example:
        >>> clean("\ufeffone\r\ntwo\rthree\n")
        'one\ntwo\nthree\n'
    """
    return unix_lines(text.removeprefix("\ufeff"))


def unix_lines(text: str) -> str:
    r"""Make `\n` of every `\r\n` and `\r`."""
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def read_bytes(data: bytes, name: str) -> str:
    r"""Read bytes as text.

    Args:
        data: all of the text.
        name: what a sentence calls it, such as “standard input”.

    Raises:
        ValueError: the bytes are not UTF-8.

    Example:
        >>> read_bytes(b"one\r\n", "the text")
        'one\n'
        >>> read_bytes(b"caf\xe9", "the text")
        Traceback (most recent call last):
        ValueError: the text is not UTF-8 but another encoding: byte 3 (0xE9) is not part of a character: save ...
    """
    try:
        return clean(data.decode())
    except UnicodeDecodeError as error:
        raise _not_utf8(name, data[:2], error.start, data[error.start]) from None


def read_pieces(path: Path, start: int = 0, stop: int | None = None) -> Iterator[tuple[int, str]]:
    r"""Read a text file piece by piece, whatever its length.

    Args:
        path: a file in UTF-8.
        start: the byte at which a character begins; a byte order mark at 0 is passed over.
        stop: the byte before which to end, or None for all the rest.

    Yields:
        The byte at which a piece begins, and the piece with its line ends as they are; none ends between `\r`
        and `\n`, so that each can be given to `unix_lines` by itself.

    Raises:
        OSError: the file cannot be read.
        ValueError: the file is not UTF-8; the sentence names the byte.
    """
    with path.open("rb") as file:
        head = file.read(len(MARK))
        place = len(MARK) if start == 0 and head == MARK else start
        file.seek(place)
        rest = b""
        while True:
            block = file.read(PIECE if stop is None else max(0, min(PIECE, stop - place - len(rest))))
            data, last = rest + block, not block
            try:
                text, used = codecs.utf_8_decode(data, "strict", last)
            except UnicodeDecodeError as error:
                raise _not_utf8(str(path), head[:2], place + error.start, data[error.start]) from None
            if text.endswith("\r") and not last:
                text, used = text[:-1], used - 1
            if text:
                yield place, text
            if last:
                return
            place, rest = place + used, data[used:]


def read_file(path: Path) -> Iterator[str]:
    """Read a text file piece by piece, cleaned; raises as `read_pieces` does."""
    return (unix_lines(text) for _, text in read_pieces(path))


class Plain:
    """A tokenizer to which every text is text, whoever wrote it: a special token's name is letters to it.

    Args:
        tokenizer: one of the course's, or tiktoken's.

    Example:
        >>> from tfm.text.bpe import BPE
        >>> Plain(BPE([], special_tokens=["<|>"])).encode("<|>")
        [60, 124, 62]
    """

    def __init__(self, tokenizer: Any) -> None:
        self._encode = getattr(tokenizer, "encode_ordinary", tokenizer.encode)
        self._decode = tokenizer.decode

    def encode(self, text: str) -> list[int]:
        """Turn text into ids."""
        ids: list[int] = self._encode(text)
        return ids

    def decode(self, ids: Iterable[int]) -> str:
        """Turn ids into text."""
        text: str = self._decode(ids)
        return text


def _not_utf8(name: str, head: bytes, place: int, byte: int) -> ValueError:
    other = OTHER_MARKS.get(head, "another encoding")
    return ValueError(
        f"{name} is not UTF-8 but {other}: byte {place:,} (0x{byte:02X}) is not part of a character: save the "
        "file as UTF-8"
    )
