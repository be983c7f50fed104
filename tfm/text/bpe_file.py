"""A BPE vocabulary as a file: JSON that a person can read, with a checksum over what a person could spoil.

    format, note, pattern, special_tokens, byte_order, merges, sha256

The merges stand one a line, as the two ids they join. This file knows nothing of what the fields mean.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

from tfm.json_files import named, read_json
from tfm.text.safe_pattern import require_safe

FORMAT = "tfm-bpe-1"
LONGEST, ALL_TOGETHER = 2**16, 2**26  # bytes of a token, and of all tokens of a vocabulary
LARGEST_ID = 2**24
CURE = "write it anew with BPE.save"
KINDS = {"note": str, "pattern": str, "special_tokens": dict, "byte_order": str, "merges": list}


def write(
    path: Path,
    merges: list[tuple[int, int]],
    pattern: str,
    special_tokens: dict[str, int],
    byte_order: bytes,
    note: str,
) -> None:
    """Write a vocabulary.

    Args:
        path: the file.
        merges: pairs of ids.
        pattern: the split pattern.
        special_tokens: names with ids.
        byte_order: the byte of each id 0 to 255; written as hexadecimal digits.
        note: a sentence for people.
    """
    fields: dict[str, Any] = {
        "format": FORMAT,
        "note": note,
        "pattern": pattern,
        "special_tokens": special_tokens,
        "byte_order": byte_order.hex(),
        "merges": [list(pair) for pair in merges],
    }
    fields["sha256"] = _checksum(fields)
    lines = [f" {json.dumps(k)}: {_lines(v) if k == 'merges' else json.dumps(v)}" for k, v in fields.items()]
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8", newline="\n")


def read(path: Path) -> dict[str, Any]:
    """Read a vocabulary.

    Returns:
        What `BPE` takes: merges, pattern, special_tokens and byte_order.

    Raises:
        OSError: the file cannot be read.
        ValueError: the file is damaged, or no vocabulary.
    """
    fields = read_json(path, "a vocabulary", cure=CURE)
    if fields.get("format") != FORMAT:
        raise ValueError(f"{path} is no vocabulary of the format {FORMAT}: write one with BPE.save")
    checksum = fields.pop("sha256", None)
    right = all(isinstance(fields.get(key), kind) for key, kind in KINDS.items())
    if not right or checksum != _checksum(fields):
        raise ValueError(f"{path} is damaged, for its checksum does not fit what it holds: {CURE}")
    with named(path):
        return {
            "merges": _merges(fields["merges"]),
            "pattern": require_safe(fields["pattern"]),
            "special_tokens": _special(fields["special_tokens"]),
            "byte_order": _bytes(fields["byte_order"]),
        }


def _merges(pairs: list[Any]) -> list[tuple[int, int]]:
    """The merges; a few that double again and again would fill the memory, so their lengths are added first."""
    lengths, together = [1] * 256, 0
    merges = []
    for number, pair in enumerate(pairs):
        if not isinstance(pair, list) or len(pair) != 2 or not all(_is_id(i, len(lengths)) for i in pair):
            raise ValueError(f"merge {number} must be two ids of older tokens, below {len(lengths)}: {CURE}")
        lengths.append(lengths[pair[0]] + lengths[pair[1]])
        together += lengths[-1]
        if lengths[-1] > LONGEST or together > ALL_TOGETHER:
            raise ValueError(
                f"merge {number} makes a token of {lengths[-1]:,} bytes, {together:,} in all, and {LONGEST:,} and "
                f"{ALL_TOGETHER:,} are the most: {CURE}"
            )
        merges.append((pair[0], pair[1]))
    return merges


def _special(ids: dict[str, Any]) -> dict[str, int]:
    for name, i in ids.items():
        if not _is_id(i, LARGEST_ID):
            raise ValueError(f"the special token {name[:40]!r} needs an id below {LARGEST_ID:,}: {CURE}")
    return ids


def _is_id(value: Any, end: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < end


def _bytes(digits: str) -> bytes:
    try:
        return bytes.fromhex(digits)
    except ValueError:
        raise ValueError(f"byte_order must be 256 bytes as hexadecimal digits: {CURE}") from None


def _checksum(fields: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()


def _lines(merges: list[list[int]]) -> str:
    return "[" + ",".join(f"\n  {json.dumps(pair)}" for pair in merges) + "\n ]"
