"""A byte-level BPE as somebody else made it: ids in any order, several cuts, tokens that always count.

    text → early tokens → (normalise) → late tokens → words (split patterns) → bytes → merges → ids

`tfm.text.bpe` keeps the bytes in ids 0 to 255 and the merges behind them, as GPT does; this one takes what it is
given. Sources: Radford et al., 2019, and its `encoder.py` (bytes as characters); the order of steps is that of the
`tokenizers` library. This file knows nothing of files.
"""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import cache
from typing import Any, Literal, SupportsIndex

import regex

from tfm.text.decoding import join_bytes, read_utf8
from tfm.text.merged_words import MergedWords
from tfm.text.patterns import GPT2_SPLIT, compiled
from tfm.text.require import require_text
from tfm.text.safe_pattern import require_safe
from tfm.text.special import SpecialTokens

NORMALISERS = (None, "NFC")


class ForeignBPE:
    """A byte-level BPE with ids, merges, cuts and special tokens as somebody else chose them.

    Attributes:
        n_vocab: one more than the largest id.
        vocab: the bytes of every id.
        special_tokens: the ids of the tokens that stand for no text, by name.
        about: everything that decides the ids, fit for JSON.

    Args:
        vocab: the tokens' ids; a token is written with one character a byte, as GPT-2's files do.
        merges: pairs of tokens.
        patterns: split patterns, each of which cuts what the one before left.
        early: names with ids of tokens that are looked for in the text as it is.
        late: names with ids of tokens that are looked for when it is normalised.
        special: which of the two kinds count only where they are allowed; the others count wherever they stand.
        normaliser: None, or “NFC”.
        whole: whether a word that is a token is one, whatever the merges make of it.

    Raises:
        ValueError: the parts do not fit each other.

    Example:
        >>> vocab = {character: i for i, character in enumerate(characters(), start=1)}
        >>> bpe = ForeignBPE(vocab | {"Ġa": 300}, [["Ġ", "a"]], early={"<s>": 0}, special=["<s>"])
        >>> bpe.encode("<s> a", allowed_special="all"), bpe.decode([0, 300])
        ([0, 300], '<s> a')
    """

    def __init__(
        self,
        vocab: Mapping[str, int],
        merges: Sequence[Sequence[str]],
        *,
        patterns: Sequence[str] = (GPT2_SPLIT,),
        early: Mapping[str, int] | None = None,
        late: Mapping[str, int] | None = None,
        special: Iterable[str] = (),
        normaliser: str | None = None,
        whole: bool = False,
    ) -> None:
        if normaliser not in NORMALISERS:
            raise ValueError(
                f"the normaliser is {normaliser!r}, and only NFC is known: take another tokenizer"
            )
        self._normaliser: Any = normaliser
        added = [dict(early or {}), {self._normal(name): i for name, i in (late or {}).items()}]
        names = {name: i for some in added for name, i in some.items()}
        self.special_tokens = {name: i for name, i in names.items() if name in set(special)}
        self.about = {
            "vocab": dict(vocab),
            "merges": [list(pair) for pair in merges],
            "patterns": list(patterns),
            "early": added[0],
            "late": added[1],
            "special": list(self.special_tokens),
            "normaliser": normaliser,
            "whole": whole,
        }
        plain = [{n: i for n, i in some.items() if n not in self.special_tokens} for some in added]
        self._all, self._plain = (
            [SpecialTokens(some, first_id=0) for some in kind] for kind in (added, plain)
        )
        tokens = {token_bytes(token): i for token, i in vocab.items() if token not in names}
        self.vocab = _by_id(tokens, {name.encode(): i for name, i in names.items()})
        self.n_vocab = max(self.vocab) + 1
        self._splits = [compiled(require_safe(pattern)) for pattern in patterns]
        self._words = MergedWords(tokens, _pairs(merges, tokens), whole=whole)

    def encode(
        self, text: str, *, allowed_special: AbstractSet[str] | Literal["all"] = frozenset()
    ) -> list[int]:
        """Turn text into ids; as `BPE.encode`, which says what `allowed_special` is.

        Raises:
            TypeError: `text` is not a string.
            ValueError: `text` holds a special token that is not allowed, or half a surrogate pair.
        """
        return self._encode(text, self._all, allowed_special)

    def encode_ordinary(self, text: str) -> list[int]:
        """Turn text into ids; a special token's name is text like any other."""
        return self._encode(text, self._plain, "all")

    def decode(self, ids: Iterable[SupportsIndex], errors: str = "replace") -> str:
        """Turn ids into text; as `BPE.decode`."""
        return read_utf8(join_bytes(self.vocab, ids), errors)

    def _encode(self, text: str, added: list[SpecialTokens], allowed: AbstractSet[str] | str) -> list[int]:
        early, late = added
        ids: list[int] = []
        for i, part in enumerate(early.parts(require_text(text), self._allowed(early, allowed))):
            if i % 2:
                ids.append(early.ids[part])
                continue
            for k, piece in enumerate(late.parts(self._normal(part), self._allowed(late, allowed))):
                ids += [late.ids[piece]] if k % 2 else self._encode_text(piece)
        return ids

    def _encode_text(self, text: str) -> list[int]:
        pieces = [text] if text else []
        for pattern in self._splits:
            pieces = [piece for one in pieces for piece in _cut(one, pattern)]
        return [i for piece in pieces for i in self._words.encode(piece.encode())]

    def _normal(self, text: str) -> str:
        return unicodedata.normalize(self._normaliser, text) if self._normaliser else text

    def _allowed(self, tokens: SpecialTokens, allowed: AbstractSet[str] | str) -> AbstractSet[str] | str:
        """Of some tokens those that may stand in the text: the allowed ones, and those that are not special."""
        if isinstance(allowed, str):
            return allowed  # “all”, or something that `SpecialTokens` explains
        if unknown := sorted(allowed - self.special_tokens.keys()):
            known = ", ".join(map(repr, self.special_tokens)) or "none"
            raise ValueError(f"{unknown[0]!r} is no special token of this vocabulary: it has {known}")
        return {name for name in tokens.ids if name in allowed or name not in self.special_tokens}


def _cut(text: str, pattern: regex.Pattern[str]) -> list[str]:
    """What the pattern finds, and what lies between."""
    pieces, end = [], 0
    for found in pattern.finditer(text):
        pieces += [text[end : found.start()], found[0]]
        end = found.end()
    return [piece for piece in [*pieces, text[end:]] if piece]


def _by_id(tokens: Mapping[bytes, int], special: Mapping[bytes, int]) -> dict[int, bytes]:
    vocab: dict[int, bytes] = {}
    for token, i in [*tokens.items(), *special.items()]:
        if i in vocab:
            raise ValueError(
                f"the id {i} stands for {vocab[i][:40]!r} and for {token[:40]!r}: give each token one id"
            )
        vocab[i] = token
    if missing := [byte for byte in range(256) if bytes([byte]) not in tokens]:
        raise ValueError(
            f"the vocabulary has no token for the byte {missing[0]}: only byte-level BPE is read"
        )
    return vocab


def _pairs(merges: Sequence[Sequence[str]], tokens: Mapping[bytes, int]) -> list[tuple[bytes, bytes]]:
    pairs = []
    for number, pair in enumerate(merges):
        left, right = map(token_bytes, pair)
        if not (left in tokens and right in tokens and left + right in tokens):
            raise ValueError(
                f"merge {number} joins {left[:40]!r} and {right[:40]!r}, and not all are in the vocabulary"
            )
        pairs.append((left, right))
    return pairs


@cache
def characters() -> dict[str, int]:
    """The byte of each character of GPT-2's files: its own where it can be seen, else those from 256 on."""
    seen = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    others = [byte for byte in range(256) if byte not in seen]
    return {chr(b): b for b in seen} | {chr(256 + i): b for i, b in enumerate(others)}


def token_bytes(token: str) -> bytes:
    """The bytes of a token as GPT-2's files write it.

    Example:
        >>> token_bytes("Ġa")
        b' a'
    """
    try:
        return bytes(map(characters().__getitem__, token))
    except KeyError as error:
        raise ValueError(
            f"the token {token[:40]!r} holds {str(error)[:20]}, which is no byte: only byte-level BPE is read"
        ) from None
