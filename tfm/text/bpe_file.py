"""A BPE vocabulary as a file: JSON that a person can read, with a checksum over what a person could spoil.

    format, note, pattern, special_tokens, byte_order, merges, sha256

The merges stand one a line, as the two ids they join. This file knows nothing of what the fields mean.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

FORMAT = "tfm-bpe-1"
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
    fields = _json(path)
    if not isinstance(fields, dict) or fields.get("format") != FORMAT:
        raise ValueError(f"{path} is no vocabulary of the format {FORMAT}: write one with BPE.save")
    checksum = fields.pop("sha256", None)
    right = all(isinstance(fields.get(key), kind) for key, kind in KINDS.items())
    if not right or checksum != _checksum(fields):
        raise ValueError(
            f"{path} is damaged, for its checksum does not fit what it holds: write it anew with BPE.save"
        )
    return {
        "merges": [(a, b) for a, b in fields["merges"]],
        "pattern": fields["pattern"],
        "special_tokens": fields["special_tokens"],
        "byte_order": bytes.fromhex(fields["byte_order"]),
    }


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_bytes())
    except ValueError as error:  # bytes that are no UTF-8, or text that is no JSON
        raise ValueError(
            f"{path} is damaged or no vocabulary ({error}): write it anew with BPE.save"
        ) from None


def _checksum(fields: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()


def _lines(merges: list[list[int]]) -> str:
    return "[" + ",".join(f"\n  {json.dumps(pair)}" for pair in merges) + "\n ]"
