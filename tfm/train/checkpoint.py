"""Checkpoints: a run's state on disk, whole or not at all, in safetensors and JSON alone.

    run/step-00000300/model.safetensors      the weights
                      training.safetensors   the optimiser's averages, random states, …: every tensor else
                      training.json          the rest of the state, and the SHA-256 of every file
                      config.json …          what the caller says about the model
    run/best-00000200/                       the weights with the best validation loss, and the same about them

A folder is written under another name, forced to the disk, and renamed in one step, so that a process killed at
any moment leaves each checkpoint whole or absent. Nothing is unpickled: a pickle from outside runs any code it
likes. This file knows nothing of models or of training.
"""

import contextlib
import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from tfm.train.tree import pack, unpack

FORMAT = "tfm-training-1"
MODEL, TENSORS, REST = "model.safetensors", "training.safetensors", "training.json"
STEP, BEST = "step-", "best-"


@dataclass(frozen=True, kw_only=True, slots=True)
class Checkpoint:
    """What a folder held.

    Attributes:
        path: the folder.
        step: updates made when it was written.
        model: name → weights.
        state: everything else, as it was passed.
    """

    path: Path
    step: int
    model: dict[str, Tensor]
    state: Any


def save_checkpoint(
    folder: Path, step: int, model: Mapping[str, Tensor], state: Any, about: Mapping[str, Any], keep: int = 2
) -> Path:
    """Write a checkpoint, then remove the oldest ones.

    Args:
        folder: the run's; made where it is missing.
        step: updates made.
        model: name → weights; tensors that share their memory are written once.
        state: a tree of numbers, words and tensors.
        about: further files by name: a string as it is, anything else as JSON.
        keep: how many checkpoints stay; 0 keeps all.

    Raises:
        OSError: it cannot be written; what was there stays.
    """
    path = step_folder(folder, step)
    with _new_folder(path, f"the checkpoint of step {step}") as new:
        _save_model(new, model, about)
        tensors: dict[str, Tensor] = {}
        rest = {"step": step, "state": pack(state, "state", tensors)}
        save_file({name: _own(part) for name, part in tensors.items()}, new / TENSORS)
        rest["sha256"] = {file.name: _sha256(file) for file in sorted(new.iterdir())}
        signed = {"format": FORMAT, "sha256": _sha256_of(rest), "run": rest}
        (new / REST).write_text(json.dumps(signed), encoding="utf-8")
    if keep:
        for old in _folders(folder, STEP)[keep:]:
            _remove(old)
    return path


def save_best(folder: Path, step: int, model: Mapping[str, Tensor], about: Mapping[str, Any]) -> Path:
    """Write the best weights so far as `save_checkpoint` does, then remove those that were the best before."""
    path = folder / f"{BEST}{step:08d}"
    with _new_folder(path, f"the best weights, of step {step},") as new:
        _save_model(new, model, about)
    for old in _folders(folder, BEST):
        if old != path:
            _remove(old)
    return path


def load_newest(folder: Path) -> tuple[Checkpoint, list[str]]:
    """Read the newest checkpoint of a run that is whole.

    Returns:
        The checkpoint, and a sentence for every newer one that is damaged.

    Raises:
        ValueError: there is none, or none is whole.
    """
    problems: list[str] = []
    for path in _folders(folder, STEP):
        try:
            return load_checkpoint(path), problems
        except ValueError as error:
            problems.append(str(error))
    if problems:
        raise ValueError(problems[0])
    raise ValueError(f"{folder} holds no checkpoint to go on from: start the run without resuming")


def load_checkpoint(path: Path) -> Checkpoint:
    """Read a checkpoint, every file checked; a ValueError says what is damaged."""
    try:
        signed = json.loads((path / REST).read_bytes())
        rest = signed["run"]
        assert (signed["format"], signed["sha256"]) == (FORMAT, _sha256_of(rest))
    except (OSError, ValueError, KeyError, TypeError, AssertionError):
        raise ValueError(
            f"{path} is no checkpoint of tfm, or its {REST} is damaged: delete the folder, and the run goes on "
            "from the one before"
        ) from None
    damaged = [name for name, sha256 in rest["sha256"].items() if _sha256(path / name) != sha256]
    if damaged:
        raise ValueError(
            f"the checkpoint {path} is damaged, for {damaged[0]} is not what was written: delete the folder, and "
            "the run goes on from the one before"
        )
    tensors, model = load_file(path / TENSORS), load_file(path / MODEL)
    return Checkpoint(path=path, step=rest["step"], model=model, state=unpack(rest["state"], tensors))


def newest_step(folder: Path) -> int:
    """The step of the newest checkpoint in a run's folder, or 0."""
    return max((_step(path) for path in _folders(folder, STEP)), default=0)


def step_folder(folder: Path, step: int) -> Path:
    """Where a run keeps the checkpoint of a step."""
    return folder / f"{STEP}{step:08d}"


def model_folder(path: str | Path) -> Path:
    """Say which folder of a run holds the weights to use: the best ones, else the newest.

    Args:
        path: a run's folder, or a folder with a model in it, which is returned as it is.

    Raises:
        ValueError: there is no model in it.
    """
    path = Path(path)
    if (path / MODEL).is_file():
        return path
    for prefix in (BEST, STEP):
        if found := _folders(path, prefix):
            return found[0]
    raise ValueError(f"{path} holds no {MODEL}: name the folder of a run of `tfm train`, or of a model")


def best_folder(folder: Path) -> Path | None:
    """The run's best weights, or None."""
    return next(iter(_folders(folder, BEST)), None)


def _save_model(folder: Path, model: Mapping[str, Tensor], about: Mapping[str, Any]) -> None:
    once: dict[tuple[int, ...], str] = {}
    for name, tensor in model.items():
        once.setdefault((tensor.data_ptr(), tensor.numel(), *tensor.shape, *tensor.stride()), name)
    names = set(once.values()) | {name for name, tensor in model.items() if not tensor.numel()}
    weights = {name: _own(tensor) for name, tensor in model.items() if name in names}
    save_file(weights, folder / MODEL, {"format": "pt"})
    for name, content in about.items():
        text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False, indent=1)
        (folder / name).write_text(text, encoding="utf-8", newline="\n")


def _own(tensor: Tensor) -> Tensor:
    """Give a tensor in memory of its own, as the file's format wants it."""
    tensor = tensor.detach().contiguous()
    return tensor if tensor.untyped_storage().nbytes() == tensor.nbytes else tensor.clone()


@contextlib.contextmanager
def _new_folder(path: Path, what: str) -> Iterator[Path]:
    """Give a folder to write into, and put it in its place when everything in it is on the disk."""
    new = path.with_name(f"{path.name}.new")
    try:
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(parents=True)
        yield new
        for file in (*new.iterdir(), new):
            _to_disk(file)
        if path.exists():  # the run went back and came here again
            _remove(path)
        new.rename(path)
        _to_disk(path.parent)
    except (OSError, SafetensorError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise OSError(
            f"{what} could not be written to {path.parent} ({reason}): what was saved before is still whole; make "
            "room there or name another folder, then go on from it"
        ) from error
    finally:
        shutil.rmtree(new, ignore_errors=True)


def _to_disk(path: Path) -> None:
    if path.is_dir() and os.name != "posix":
        return  # Windows opens no folders
    handle = os.open(path, os.O_RDONLY if os.name == "posix" else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _remove(path: Path) -> None:
    """Remove a folder so that no half of it is ever taken for a checkpoint."""
    gone = path.with_name(f"{path.name}.old")
    shutil.rmtree(gone, ignore_errors=True)
    path.rename(gone)
    shutil.rmtree(gone, ignore_errors=True)


def _folders(folder: Path, prefix: str) -> list[Path]:
    """The run's folders of one kind, the newest first."""
    found = [path for path in folder.glob(f"{prefix}*") if path.is_dir() and _step(path) >= 0]
    return sorted(found, key=_step, reverse=True)


def _step(path: Path) -> int:
    digits = path.name.partition("-")[2]
    return int(digits) if digits.isdecimal() else -1


def _sha256_of(rest: Any) -> str:
    return hashlib.sha256(json.dumps(rest).encode()).hexdigest()


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return "unreadable"
