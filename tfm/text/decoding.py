"""From ids back to text: join the bytes of each, then read the bytes as UTF-8."""

from collections.abc import Iterable, Mapping
from operator import index
from typing import SupportsIndex


def join_bytes(vocab: Mapping[int, bytes], ids: Iterable[SupportsIndex]) -> bytes:
    """Join the bytes of ids.

    Args:
        vocab: the bytes of every id.
        ids: whole numbers.

    Raises:
        TypeError: an id is not a whole number.
        ValueError: an id is outside the vocabulary.

    Example:
        >>> join_bytes({0: b"no", 1: b"ise"}, [0, 1])
        b'noise'
        >>> join_bytes({0: b"no", 1: b"ise"}, [0, 2])
        Traceback (most recent call last):
        ValueError: the id 2 is outside the vocabulary: ids go from 0 to 1
    """
    try:
        return b"".join(map(vocab.__getitem__, map(index, ids)))
    except KeyError as error:
        token, last = error.args[0], max(vocab)
        if 0 < token < last:
            raise ValueError(f"the id {token} stands for nothing in this vocabulary: drop it") from None
        raise ValueError(f"the id {token} is outside the vocabulary: ids go from 0 to {last}") from None
    except TypeError as error:
        raise TypeError(f"ids are a list of whole numbers, and here {error}: pass such a list") from None


def read_utf8(data: bytes, errors: str = "replace") -> str:
    r"""Read bytes as UTF-8.

    Args:
        data: any bytes.
        errors: what becomes of bytes that are no text, such as half a character: “replace” writes �, “ignore”
            leaves them out, “strict” raises.

    Raises:
        ValueError: the bytes are not valid UTF-8 and `errors` is “strict”, or `errors` is something else.

    Example:
        >>> read_utf8("我".encode()[:2] + b"!")
        '�!'
        >>> read_utf8(b"ok \xff", errors="strict")
        Traceback (most recent call last):
        ValueError: byte 3 of the decoded text (0xFF) is not valid UTF-8, as when a character is cut in two: ...
    """
    if errors not in {"replace", "ignore", "strict"}:
        raise ValueError(f"errors ({errors!r}) must be 'replace', 'ignore' or 'strict': try errors='replace'")
    try:
        return data.decode(errors=errors)
    except UnicodeDecodeError as error:
        raise ValueError(
            f"byte {error.start} of the decoded text (0x{data[error.start]:02X}) is not valid UTF-8, as when a "
            "character is cut in two: decode all of its tokens together, or use errors='replace'"
        ) from None
