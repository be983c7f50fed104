"""A checkpoint in Hugging Face's form: config.json and safetensors, from a folder or from the hub.

    model.safetensors, or model-00001-of-00002.safetensors … with model.safetensors.index.json

A name such as “openai-community/gpt2” is looked up on the hub (`HF_ENDPOINT` names a mirror). What comes over the
network is checked against the SHA-256 that the hub states, cached below the folder of `tfm.data` with its sums,
which are compared whenever it is read from there, and only read as numbers and JSON. This file knows nothing of
models.
"""

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from tfm.data.cache import cache_folder
from tfm.data.download import TIMEOUT, DataError, download
from tfm.data.registry import HUB, RemoteFile
from tfm.data.server import read_url
from tfm.json_files import parse_json, read_json
from tfm.names import Between, judged, printable, shown
from tfm.sums import SUMS, first_wrong, read_sums, sums_of, write_sums

CONFIG, WEIGHTS, INDEX = "config.json", "model.safetensors", "model.safetensors.index.json"
TEXT = ("tokenizer.json", "tokenizer_config.json", "vocab.json", "merges.txt", "vocab.txt")  # what cuts text
NAME = re.compile(r"[\w.-]+(/[\w.-]+)?")
PART = re.compile(r"[\w-][\w.-]*\.safetensors")
ENTRY = {"path": str, "oid": str, "size": Annotated[int, Between(0, 2**50)]}
LISTING = 16 * 2**20  # bytes of a listing, or of a file that is no weights, at most
PATIENCE = 600.0  # seconds at most for one of these


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Somebody's model as it was stored.

    Attributes:
        config: what config.json says.
        tensors: by their names.
    """

    config: dict[str, Any]
    tensors: dict[str, Tensor]


def checkpoint(source: str | Path, *, timeout: float = TIMEOUT) -> Checkpoint:
    """Read a checkpoint from a folder, or from the hub.

    Args:
        source: a folder's path, or a name on the hub.
        timeout: seconds without a byte before giving up.

    Returns:
        Its config.json and all its tensors.

    Raises:
        OSError: a file is missing, or cannot be downloaded.
        ValueError: a file is damaged.
    """
    folder = model_folder(source, timeout=timeout)
    config = read_json(_there(folder / CONFIG), "a model's configuration")
    return Checkpoint(config, _tensors(folder))


def model_folder(source: str | Path, *, timeout: float = TIMEOUT) -> Path:
    """Give a model's folder, downloaded where the source is a name on the hub; raises as `checkpoint` does."""
    folder = Path(source)
    return folder if folder.is_dir() else _from_hub(str(source), timeout)


def _parts(folder: Path) -> list[Path]:
    """The files that hold the tensors: one, or where there is none, those that the index names."""
    if (folder / WEIGHTS).is_file() or not (folder / INDEX).is_file():
        return [folder / WEIGHTS]
    return [folder / name for name in sorted(set(_places(folder / INDEX).values()))]


def _places(index: Path) -> dict[str, str]:
    """Which file holds which tensor, as an index says it."""
    places = read_json(index, "an index of weights").get("weight_map")
    if not isinstance(places, dict) or not places:
        raise ValueError(f"{index} has no “weight_map”: get it again")
    for name in places.values():
        if not isinstance(name, str) or not PART.fullmatch(name):
            raise ValueError(
                f"{index} names a file outside its folder, or of another kind ({shown(name)}): do not trust it"
            )
    return places


def _tensors(folder: Path) -> dict[str, Tensor]:
    """All tensors, each from one file."""
    tensors: dict[str, Tensor] = {}
    parts = _parts(folder)
    for file in parts:
        found = load_tensors(file)
        if twice := tensors.keys() & found.keys():
            raise ValueError(f"{file} holds {min(twice)}, and another part does as well: get the files again")
        tensors |= found
    if parts != [folder / WEIGHTS] and (missing := _places(folder / INDEX).keys() - tensors.keys()):
        raise ValueError(
            f"{folder / INDEX} names {shown(min(missing))}, and no part holds it: get them again"
        )
    return tensors


def load_tensors(file: Path) -> dict[str, Tensor]:
    """Read a safetensors file; the tensors stay on the disk until somebody asks for their numbers.

    Raises:
        OSError: it cannot be read.
        ValueError: it is damaged.
    """
    try:
        return load_file(_there(file))
    except (SafetensorError, KeyError) as error:  # KeyError: numbers of a kind that PyTorch has not
        size, reason = file.stat().st_size, shown(str(error))
        raise ValueError(
            f"{file} is damaged or not a safetensors file ({size:,} bytes; {reason}): get it again"
        ) from None


def _there(file: Path) -> Path:
    if not file.is_file():
        raise FileNotFoundError(
            f"{file} is missing: a model's folder holds {CONFIG} and {WEIGHTS}, or its parts and {INDEX}"
        )
    return file


def _from_hub(name: str, timeout: float) -> Path:
    """Download what a model of the hub consists of; what is here already is not fetched again."""
    if not NAME.fullmatch(name):
        raise FileNotFoundError(
            f"{name} is no folder, and no name on the hub either: write it as AUTHOR/MODEL, or give a folder"
        )
    folder = cache_folder() / "hub" / name.replace("/", "--")
    if (folder / CONFIG).is_file() and all(part.is_file() for part in _parts(folder)):
        _require_sums(folder)
        return folder
    entries = _listing(name, folder, timeout)
    names = {entry["path"] for entry in entries}
    wanted = [one for one in entries if one["path"] in {CONFIG, *TEXT} or _is_weight(one["path"], names)]
    for entry in sorted(wanted, key=lambda entry: entry["path"] == CONFIG):  # config.json last: all is there
        path = folder / entry["path"]
        if not path.is_file():
            _download(name, entry, path, timeout)
    write_sums(folder, sums_of(folder, [entry["path"] for entry in wanted]))
    return folder


def _require_sums(folder: Path) -> None:
    """Compare what was downloaded with the sums it came with; an older cache has none."""
    cure = f"remove {folder}, and it is downloaded again"
    if (folder / SUMS).is_file() and (wrong := first_wrong(folder, read_sums(folder, cure))):
        raise ValueError(
            f"{folder / wrong} is not what was downloaded, for its checksum is another one: {cure}"
        )


def _is_weight(file: str, offered: set[str]) -> bool:
    return file == WEIGHTS if WEIGHTS in offered else file == INDEX or bool(PART.fullmatch(file))


def _listing(name: str, folder: Path, timeout: float) -> list[dict[str, Any]]:
    """The files at the top of a model's repository, with sizes and checksums."""
    address = f"{_endpoint()}/api/models/{name}/tree/main"
    try:
        entries = parse_json(_read(address, timeout), address, "a list of files", top=list)
        return [_entry(one) for one in entries if isinstance(one, dict) and one.get("type") == "file"]
    except (OSError, ValueError) as error:
        raise DataError(
            f"{name} is no folder here and could not be looked up at {address} ({printable(error)}): connect to "
            f"the network, name a mirror in the variable HF_ENDPOINT, or put {CONFIG} and {WEIGHTS} into {folder}"
        ) from None


def _entry(one: dict[str, Any]) -> dict[str, Any]:
    """What the hub says of a file, judged."""
    large = judged("lfs", one.get("lfs"), dict | None)
    entry = {name: judged(name, one.get(name), kind) for name, kind in ENTRY.items()}
    return entry | ({"lfs": {"oid": judged("oid", large.get("oid"), str)}} if large else {})


def _download(name: str, entry: dict[str, Any], path: Path, timeout: float) -> None:
    """Fetch one file: large ones carry their SHA-256, small ones Git's checksum."""
    place = f"{name}/resolve/main/{entry['path']}"
    if "lfs" in entry:
        file = RemoteFile(
            name=entry["path"],
            place=f"hub/{path.parent.name}/{entry['path']}",
            url=f"{HUB}/{place}",
            sha256=entry["lfs"]["oid"],
            size=entry["size"],
            licence="see the model's page",
        )
        download(file, path, timeout=timeout)
        return
    try:
        data = _read(f"{_endpoint()}/{place}", timeout)
    except OSError as error:
        raise DataError(f"{place} could not be downloaded ({printable(error)}): try again") from None
    if hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest() != entry["oid"]:  # noqa: S324 (Git's own)
        raise DataError(f"{place} came with a wrong checksum: try again, or another mirror in HF_ENDPOINT")
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f"{path.name}.{os.getpid()}.part")
    beside.write_bytes(data)
    beside.replace(path)


def _endpoint() -> str:
    return os.environ.get("HF_ENDPOINT", HUB).rstrip("/")


def _read(address: str, timeout: float) -> bytes:
    return read_url(address, timeout=timeout, limit=LISTING, seconds=PATIENCE)
