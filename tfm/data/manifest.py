"""What a prepared folder holds, file by file, with sizes and checksums: `manifest.json`.

It is written last, when every file is whole, so a folder without it is unfinished (or was written before there
were manifests, and is read by its files' names). While a folder is being written, `unfinished.json` says from
what, so that the same command goes on after a kill. This file knows nothing of what the files mean.
"""

import contextlib
import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

from tfm.json_files import read_json
from tfm.sums import sha256
from tfm.whole_files import NEW, write_whole

MANIFEST, UNFINISHED = "manifest.json", "unfinished.json"
FORMAT = "tfm-prepared-1"
OURS = re.compile(
    r"(train|val|test)(\.(source|target))?(-\d{5}-of-\d{5})?\.bin(\.new)?|tokenizer\.json(\.new){0,2}"
)
SUMMED_AT_ONCE = 1 << 26  # bytes of a folder whose checksums are compared whenever it is opened
AGAIN = "prepare the data again with `tfm data prepare`"
Recipe: TypeAlias = Mapping[str, Any]


def begin(folder: Path, recipe: Recipe) -> None:
    """Make a folder ready to be written: what another recipe left in it goes, what this one left stays.

    Args:
        folder: it is made where it is missing.
        recipe: everything that decides the files, fit for JSON.

    Raises:
        OSError: the folder cannot be written, or holds files of these names that are somebody else's.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _require_ours(folder)
    unfinished = folder / UNFINISHED
    with contextlib.suppress(OSError, ValueError):
        if read_json(unfinished, "a recipe") == recipe:
            return
    (folder / MANIFEST).unlink(missing_ok=True)  # first of all: from here on the folder is unfinished
    for path in folder.iterdir():
        if OURS.fullmatch(path.name):
            path.unlink()
    _write(unfinished, recipe)


def is_of_prepare(folder: Path) -> bool:
    """Whether a folder holds nothing but what `prepare` writes, whole or not."""
    known = {MANIFEST, UNFINISHED, *(name + NEW for name in (MANIFEST, UNFINISHED))}
    return folder.is_dir() and all(
        path.name in known or OURS.fullmatch(path.name) for path in folder.iterdir()
    )


def _require_ours(folder: Path) -> None:
    """Refuse a folder whose files would be removed and are none of ours, as a model's tokenizer.json."""
    found = sorted(path.name for path in folder.iterdir() if OURS.fullmatch(path.name))
    if (folder / MANIFEST).exists() and not found:
        found = [MANIFEST]
    if found and not any((folder / name).exists() for name in {MANIFEST, UNFINISHED} - set(found)):
        raise FileExistsError(
            f"{folder / found[0]} was not written by `tfm data prepare`, and would be lost: name another folder"
        )


def seal(folder: Path, recipe: Recipe, files: Iterable[Path]) -> None:
    """Say that a folder is whole: write its manifest.

    Args:
        folder: of `begin`.
        recipe: as there.
        files: all that belongs to it, in order.

    Raises:
        OSError: a file cannot be read or written.
    """
    entries = [{"name": path.name, "bytes": path.stat().st_size, "sha256": sha256(path)} for path in files]
    _write(folder / MANIFEST, {"format": FORMAT, "recipe": recipe, "files": entries})
    (folder / UNFINISHED).unlink(missing_ok=True)


def entries(folder: Path) -> list[dict[str, Any]]:
    """The files of a folder by its manifest: name, bytes, sha256; none where it has no manifest.

    Raises:
        ValueError: the manifest is damaged, or names a file outside the folder.
    """
    if (folder / UNFINISHED).exists():
        raise ValueError(f"{folder} is unfinished: run the same `tfm data prepare` again, and it goes on")
    path = folder / MANIFEST
    if not path.exists():
        return []
    fields = read_json(path, "the manifest of a prepared folder", cure=AGAIN)
    kinds = {"name": str, "bytes": int, "sha256": str}
    found = fields.get("files")
    if fields.get("format") != FORMAT or not isinstance(found, list) or not found:
        raise ValueError(f"{path} is no manifest of the format {FORMAT}: {AGAIN}")
    for entry in found:
        if not isinstance(entry, dict) or not all(
            isinstance(entry.get(k), kind) for k, kind in kinds.items()
        ):
            raise ValueError(f"{path} is damaged, for an entry is {str(entry)[:80]}: {AGAIN}")
        if not OURS.fullmatch(entry["name"]):
            raise ValueError(f"{path} names {entry['name'][:80]!r}, which no prepared folder has: {AGAIN}")
    return found


def is_whole(folder: Path, recipe: Recipe) -> bool:
    """Whether a folder was written by this very recipe, and each of its files is as it was."""
    with contextlib.suppress(OSError, ValueError):
        if read_json(folder / MANIFEST, "a manifest").get("recipe") == recipe:
            require_whole(folder, sums=True)
            return True
    return False


def require_whole(folder: Path, *, sums: bool | None = None) -> None:
    """Make sure that each file of a manifest is there with its size, and with its checksum.

    Args:
        folder: a prepared folder; one without a manifest is taken as it is.
        sums: whether checksums are compared; when None, they are for a folder of at most 64 MiB.

    Raises:
        OSError: a file is missing.
        ValueError: a file is not what it was.
    """
    listed = entries(folder)
    if sums is None:
        sums = sum(entry["bytes"] for entry in listed) <= SUMMED_AT_ONCE
    for entry in listed:
        path = folder / entry["name"]
        size = path.stat().st_size
        if size != entry["bytes"]:
            raise ValueError(
                f"{path} is damaged, for it has {size:,} bytes and had {entry['bytes']:,}: {AGAIN}"
            )
        if sums and sha256(path) != entry["sha256"]:
            raise ValueError(f"{path} is damaged, for its SHA-256 is not the manifest's: {AGAIN}")


def _write(path: Path, fields: Recipe) -> None:
    write_whole(path, json.dumps(fields, ensure_ascii=False, indent=1) + "\n")
