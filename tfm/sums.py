"""SHA-256 sums that are kept beside files, since weights with one flipped byte load and compute something else.

    checksums.json      {"format": "tfm-checksums-1", "sha256": {"model.safetensors": …, …}}

One lies in each folder with a model of ours, one in `tfm/assets`, written by `make assets`: whoever reads a file
that comes with the course asks for it here, and it is compared once a process. This file knows nothing of what
the files mean.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from tfm.json_files import read_json

SUMS, FORMAT = "checksums.json", "tfm-checksums-1"
ASSETS = Path(__file__).resolve().parent / "assets"
CURE = "install the course again, or take the file from its repository"


def sha256(path: Path) -> str:
    """The SHA-256 of a file, 64 hexadecimal digits.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sums_of(folder: Path, names: Iterable[str]) -> dict[str, str]:
    """The sums of some files of a folder, by their names.

    Raises:
        OSError: a file cannot be read.
    """
    return {name: sha256(folder / name) for name in sorted(names)}


def write_sums(folder: Path, sums: Mapping[str, str]) -> None:
    """Write sums of files into the folder where these lie.

    Raises:
        OSError: they cannot be written.
    """
    text = json.dumps({"format": FORMAT, "sha256": sums}, indent=1) + "\n"
    (folder / SUMS).write_text(text, encoding="utf-8", newline="\n")


def read_sums(folder: Path, cure: str) -> dict[str, str]:
    """Read the sums that lie in a folder.

    Raises:
        OSError: there are none, or they cannot be read.
        ValueError: the file is damaged.
    """
    fields = read_json(folder / SUMS, "a list of checksums", cure=cure)
    sums = fields.get("sha256")
    if fields.get("format") != FORMAT or not isinstance(sums, dict):
        raise ValueError(f"{folder / SUMS} is damaged or no list of checksums: {cure}")
    return sums


def first_wrong(folder: Path, sums: Mapping[str, str]) -> str | None:
    """The first file that is missing, cannot be read or has another sum; None where all are right."""
    for name, recorded in sums.items():
        try:
            if sha256(folder / name) != recorded:
                return name
        except OSError:
            return name
    return None


def asset(place: str) -> Path:
    """Give the path of a file or folder that comes with the course, compared with its record.

    Args:
        place: where it lies in `tfm/assets`, as “tiny_gpt” or “manual/topics.json”.

    Raises:
        ValueError: a file is missing, or not what was recorded.

    Example:
        >>> sorted(path.name for path in asset("tiny_gpt").iterdir())
        ['config.json', 'model.safetensors', 'tokenizer.json', 'training.json']
    """
    require_recorded(ASSETS / place)
    return ASSETS / place


def require_recorded(path: str | Path) -> None:
    """Make sure that what lies at a path in `tfm/assets` is what was recorded; elsewhere nothing is.

    Args:
        path: a file, or a folder, of which every file is compared.

    Raises:
        ValueError: a file is missing, or not what was recorded.
    """
    path = Path(path).resolve()
    if not path.is_relative_to(ASSETS):
        return
    place = path.relative_to(ASSETS).as_posix()
    for name, recorded in read_sums(ASSETS, CURE).items():
        if is_within(name, place):
            _require(ASSETS, name, recorded)


def is_within(name: str, place: str) -> bool:
    """Whether a file is the one at a place, or lies in the folder there.

    Example:
        >>> is_within("fonts/one.otf", "fonts"), is_within("fonts.txt", "fonts")
        (True, False)
    """
    return name == place or name.startswith(f"{place}/")


@cache  # of those that are right: what is raised is not remembered
def _require(folder: Path, name: str, recorded: str) -> None:
    if first_wrong(folder, {name: recorded}):
        raise ValueError(f"{folder / name} is missing or damaged, for its SHA-256 is another: {CURE}")
