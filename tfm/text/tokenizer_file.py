"""A tokenizer as a file: whatever cut a model's text is kept beside its weights, as JSON.

    {"format": …, what that tokenizer needs, "sha256": …}

Characters and bytes are written here, a BPE vocabulary as `BPE.save` writes it, and of a vocabulary of GPT's only
the name, for `tfm.text.tiktoken_bridge` has the rest. A tokenizer's fingerprint is the checksum over what it is
made of: two files of ids fit together when their fingerprints are equal. This file knows nothing of models.
"""

import hashlib
import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import tiktoken

from tfm.text import tiktoken_bridge
from tfm.text.bpe import BPE
from tfm.text.bpe_file import FORMAT as BPE_FORMAT
from tfm.text.byte_level import ByteVocabulary
from tfm.text.characters import CharacterVocabulary

CHARACTERS = "tfm-characters-1"
BYTES = "tfm-bytes-1"
TIKTOKEN = "tfm-tiktoken-1"


@runtime_checkable
class Tokenizer(Protocol):
    """What every tokenizer of the course can do, and tiktoken's too."""

    @property
    def n_vocab(self) -> int:
        """V: ids are 0 … V − 1."""

    def encode(self, text: str) -> list[int]:
        """Turn text into ids."""

    def decode(self, ids: Iterable[int]) -> str:
        """Turn ids into text."""


def save_tokenizer(tokenizer: Tokenizer | tiktoken.Encoding, path: str | Path) -> None:
    """Write a tokenizer to a file.

    Args:
        tokenizer: a `CharacterVocabulary`, `ByteVocabulary`, `BPE`, or an encoding of tiktoken's that has a name.
        path: the file; an older one is replaced.

    Raises:
        OSError: the file cannot be written.
        TypeError: it is another kind of tokenizer.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     save_tokenizer(CharacterVocabulary("hello"), f"{folder}/tokenizer.json")
        ...     load_tokenizer(f"{folder}/tokenizer.json").encode("hole")
        [1, 3, 2, 0]
    """
    if isinstance(tokenizer, BPE):
        tokenizer.save(path)
        return
    fields = _fields(tokenizer)
    fields["sha256"] = _checksum(fields)
    text = json.dumps(fields, ensure_ascii=False, indent=1)
    Path(path).write_text(text + "\n", encoding="utf-8", newline="\n")


def load_tokenizer(path: str | Path) -> Tokenizer:
    """Read what `save_tokenizer` or `BPE.save` wrote.

    Raises:
        OSError: the file cannot be read, or it names a vocabulary of GPT's that cannot be had now.
        ValueError: the file is damaged or no tokenizer.
    """
    fields = _json(Path(path))
    kind = fields.get("format") if isinstance(fields, dict) else None
    if kind == BPE_FORMAT:
        return BPE.load(path)
    if kind not in READERS:
        known = ", ".join([BPE_FORMAT, *READERS])
        raise ValueError(f"{path} is no tokenizer of the formats {known}: write one with save_tokenizer")
    if fields.pop("sha256", None) != _checksum(fields):
        raise ValueError(
            f"{path} is damaged, for its checksum does not fit what it holds: write it anew with save_tokenizer"
        )
    return READERS[kind](fields)


def fingerprint(tokenizer: Tokenizer | tiktoken.Encoding) -> str:
    """Name a tokenizer by a checksum over everything that decides its ids.

    Returns:
        64 hexadecimal digits.

    Example:
        >>> fingerprint(CharacterVocabulary("ab")) == fingerprint(CharacterVocabulary("bbaa"))
        True
    """
    if isinstance(tokenizer, BPE):
        parts = [tokenizer.merges, tokenizer.pattern, tokenizer.special_tokens, tokenizer.byte_order.hex()]
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
    return _checksum(_fields(tokenizer))


def _fields(tokenizer: Tokenizer | tiktoken.Encoding) -> dict[str, str]:
    if isinstance(tokenizer, CharacterVocabulary):
        return {"format": CHARACTERS, "characters": tokenizer.characters}
    if isinstance(tokenizer, ByteVocabulary):
        return {"format": BYTES}
    if isinstance(tokenizer, tiktoken.Encoding) and tokenizer.name in tiktoken_bridge.VOCABULARIES:
        return {"format": TIKTOKEN, "name": tokenizer.name}
    raise TypeError(
        f"a {type(tokenizer).__name__} cannot be written as a tokenizer file: pass a CharacterVocabulary, a "
        f"ByteVocabulary, a BPE, or one of tiktoken's {', '.join(tiktoken_bridge.VOCABULARIES)}"
    )


READERS: dict[str, Callable[[dict[str, str]], Any]] = {
    CHARACTERS: lambda fields: CharacterVocabulary(fields["characters"]),
    BYTES: lambda _: ByteVocabulary(),
    TIKTOKEN: lambda fields: tiktoken_bridge.get_encoding(fields["name"]),
}


def _checksum(fields: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_bytes())
    except ValueError as error:  # bytes that are no UTF-8, or text that is no JSON
        raise ValueError(
            f"{path} is damaged or no tokenizer ({error}): write it anew with save_tokenizer"
        ) from None
