"""A tokenizer as a file: whatever cut a model's text is kept beside its weights, as JSON.

    {"format": …, what that tokenizer needs, "sha256": …}

Characters and bytes are written here, a BPE vocabulary as `BPE.save` writes it, somebody else's with all its
parts, and of a vocabulary of GPT's only the name, for the course has the rest. A tokenizer's fingerprint is the
checksum over what it is made of: two files of ids fit together when their fingerprints are equal. This file knows
nothing of models.
"""

import hashlib
import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import tiktoken

from tfm.json_files import named, read_json
from tfm.text import tiktoken_bridge
from tfm.text.bpe import BPE
from tfm.text.bpe_file import FORMAT as BPE_FORMAT
from tfm.text.byte_level import ByteVocabulary
from tfm.text.characters import CharacterVocabulary
from tfm.text.foreign_bpe import ForeignBPE
from tfm.text.huggingface_tokenizer import from_about, from_tokenizer

CHARACTERS = "tfm-characters-1"
BYTES = "tfm-bytes-1"
TIKTOKEN = "tfm-tiktoken-1"
FOREIGN = "tfm-foreign-bpe-1"


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
        tokenizer: a `CharacterVocabulary`, `ByteVocabulary`, `BPE`, `ForeignBPE`, or an encoding of tiktoken's
            that has a name.
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
    text = json.dumps(fields, ensure_ascii=False, indent=None if isinstance(tokenizer, ForeignBPE) else 1)
    Path(path).write_text(text + "\n", encoding="utf-8", newline="\n")


def load_tokenizer(path: str | Path) -> Tokenizer:
    """Read what `save_tokenizer` or `BPE.save` wrote, or a tokenizer.json of Hugging Face's library.

    Raises:
        OSError: the file cannot be read, or it names a vocabulary of GPT's that cannot be had now.
        ValueError: the file is damaged or no tokenizer.
    """
    fields = read_json(path, "a tokenizer", cure="write it anew with save_tokenizer")
    kind = fields.get("format")
    if kind == BPE_FORMAT:
        return BPE.load(path)
    if kind is None and "model" in fields:
        with named(path):
            return from_tokenizer(fields)
    if not isinstance(kind, str) or kind not in READERS:
        known = ", ".join([BPE_FORMAT, *READERS])
        raise ValueError(f"{path} is no tokenizer of the formats {known}: write one with save_tokenizer")
    if fields.pop("sha256", None) != _checksum(fields):
        raise ValueError(
            f"{path} is damaged, for its checksum does not fit what it holds: write it anew with save_tokenizer"
        )
    name, wanted, make = READERS[kind]
    if name and not isinstance(fields.get(name), wanted):
        raise ValueError(
            f"{path} has no {name}, or not as {wanted.__name__}: write it anew with save_tokenizer"
        )
    with named(path):
        return make(fields.get(name))


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


def _fields(tokenizer: Tokenizer | tiktoken.Encoding) -> dict[str, Any]:
    if isinstance(tokenizer, CharacterVocabulary):
        return {"format": CHARACTERS, "characters": tokenizer.characters}
    if isinstance(tokenizer, ByteVocabulary):
        return {"format": BYTES}
    if isinstance(tokenizer, ForeignBPE):
        return {"format": FOREIGN, "tokenizer": tokenizer.about}
    if isinstance(tokenizer, tiktoken.Encoding) and tokenizer.name in tiktoken_bridge.VOCABULARIES:
        return {"format": TIKTOKEN, "name": tokenizer.name}
    raise TypeError(
        f"a {type(tokenizer).__name__} cannot be written as a tokenizer file: pass a CharacterVocabulary, a "
        f"ByteVocabulary, a BPE, or one of tiktoken's {', '.join(tiktoken_bridge.VOCABULARIES)}"
    )


# Format → the field that holds what the tokenizer is made of, its kind, and what makes it.
READERS: dict[str, tuple[str, type, Callable[[Any], Any]]] = {
    CHARACTERS: ("characters", str, CharacterVocabulary),
    BYTES: ("", str, lambda _: ByteVocabulary()),
    TIKTOKEN: ("name", str, tiktoken_bridge.get_encoding),
    FOREIGN: ("tokenizer", dict, from_about),
}


def _checksum(fields: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()
