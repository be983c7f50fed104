"""Checkpoints: a run's state on disk, whole or not at all, in safetensors and JSON alone.

    run/step-00000300/model.safetensors      the weights
                      training.safetensors   the optimiser's averages, random states, …: every tensor else
                      training.json          the rest of the state, and the SHA-256 of every file
                      config.json …          what the caller says about the model
    run/best-00000200/                       the weights with the best validation loss, and the same about them
                      checksums.json         the SHA-256 of every file

A folder is renamed into place, so that a process killed at any moment leaves each checkpoint whole or absent, and
numbers that are none (NaN) never get into one. Nothing is unpickled: a pickle from outside runs any code it likes.
Which folders a run has, and which of them stay, stands in `tfm.train.run_folder`. This file knows nothing of
models or of training.
"""

import contextlib
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from tfm.json_files import read_json
from tfm.sums import SUMS, first_wrong, sums_of, write_sums
from tfm.train.errors import TrainingError
from tfm.train.run_folder import (
    STEP,
    best_folder,
    best_of_step,
    folders,
    newest_step,
    prune,
    prune_best,
    step_folder,
    step_of,
)
from tfm.train.state_codec import pack, unpack
from tfm.whole_files import new_folder, remove_folder

FORMAT = "tfm-training-1"
MODEL, TENSORS, REST = "model.safetensors", "training.safetensors", "training.json"


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
    """Write a checkpoint, then remove the oldest ones, and those of later steps that the run did not go on from.

    Args:
        folder: the run's; made where it is missing.
        step: updates made.
        model: name → weights; tensors that share their memory are written once.
        state: a tree of numbers, words and tensors.
        about: further files by name: a string as it is, anything else as JSON.
        keep: how many checkpoints stay; 0 keeps all.

    Raises:
        OSError: it cannot be written; what was there stays.
        TrainingError: a weight, or another tensor of the state, is no number.
    """
    path = step_folder(folder, step)
    tensors: dict[str, Tensor] = {}
    rest: dict[str, Any] = {"step": step, "state": pack(state, "state", tensors)}
    _require_numbers(folder, step, {**model, **tensors})
    with _written(path, f"the checkpoint of step {step}") as new:
        _save_model(new, model, about)
        save_file({name: _own(part) for name, part in tensors.items()}, new / TENSORS)
        rest["sha256"] = _sums(new)
        signed = {"format": FORMAT, "sha256": _sha256_of(rest), "run": rest}
        (new / REST).write_text(json.dumps(signed), encoding="utf-8")
    for later in folders(folder, STEP):
        if step_of(later) > step:
            remove_folder(later)
    prune(folder, step, keep)
    return path


def save_best(folder: Path, step: int, model: Mapping[str, Tensor], about: Mapping[str, Any]) -> Path:
    """Write the best weights so far as `save_checkpoint` does, then remove older ones that no checkpoint needs."""
    path = best_of_step(folder, step)
    _require_numbers(folder, step, model)
    with _written(path, f"the best weights, of step {step},") as new:
        _save_model(new, model, about)
        write_sums(new, _sums(new))
    prune_best(folder)
    return path


def load_newest(folder: Path) -> tuple[Checkpoint, list[str]]:
    """Read the newest checkpoint of a run that is whole.

    Returns:
        The checkpoint, and a sentence for every newer one that is damaged.

    Raises:
        ValueError: there is none, or none is whole.
    """
    problems: list[str] = []
    for path in folders(folder, STEP):
        try:
            return load_checkpoint(path), problems
        except ValueError as error:
            problems.append(str(error))
    if problems:
        raise ValueError(
            f"{problems[0]}; no other checkpoint in {folder} is whole, so start the run anew, in another folder"
        )
    raise ValueError(f"{folder} holds no checkpoint to go on from: start the run without resuming")


def load_checkpoint(path: Path) -> Checkpoint:
    """Read a checkpoint, every file checked; a ValueError says what is damaged."""
    try:
        signed = read_json(path / REST, "the state of a run", nan=True)
        rest = signed["run"]
        assert (signed["format"], signed["sha256"]) == (FORMAT, _sha256_of(rest))
        assert {MODEL, TENSORS} <= rest["sha256"].keys()
    except (OSError, ValueError, KeyError, TypeError, AttributeError, AssertionError):
        raise ValueError(f"{path} is no checkpoint of tfm, or its {REST} is damaged") from None
    _require_sums(path, rest["sha256"], "the checkpoint")
    try:
        tensors, model = load_file(path / TENSORS), load_file(path / MODEL)
        state, step = unpack(rest["state"], tensors), int(rest["step"])
    except (SafetensorError, ValueError, KeyError, TypeError):
        raise ValueError(
            f"the checkpoint {path} is signed, and not all there: it was not written by tfm"
        ) from None
    if spoiled := _spoiled({**model, **tensors}):
        raise ValueError(f"the checkpoint {path} holds numbers that are none (NaN) in {spoiled}")
    return Checkpoint(path=path, step=step, model=model, state=state)


def model_folder(path: str | Path) -> Path:
    """Say which folder of a run holds the weights to use: the best ones, else the newest; its files are checked.

    Args:
        path: a run's folder, or a folder with a model in it, which is returned as it is.

    Raises:
        ValueError: there is no model in it, or a file is not what training wrote.
    """
    path = Path(path)
    found = path if (path / MODEL).is_file() else best_folder(path)
    found = found or next(iter(folders(path, STEP)), None)
    if found is None:
        raise ValueError(f"{path} holds no {MODEL}: name the folder of a run of `tfm train`, or of a model")
    for name in (REST, SUMS):
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
            signed = read_json(found / name, "checksums", nan=True)
            sums = signed.get("run", signed)["sha256"]
            sums = {
                file: sum_ for file, sum_ in sums.items() if file != TENSORS
            }  # which no reader of models reads
            break
    else:
        return found
    _require_sums(found, sums, "the model")
    return found


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
def _written(path: Path, what: str) -> Iterator[Path]:
    """Give a new folder to write into; what goes wrong is one sentence."""
    try:
        with new_folder(path) as new:
            yield new
    except (OSError, SafetensorError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise OSError(
            f"{what} could not be written to {path.parent} ({reason}): what was saved before is still whole; make "
            "room there or name another folder, then go on from it"
        ) from error


def _require_numbers(folder: Path, step: int, tensors: Mapping[str, Tensor]) -> None:
    if name := _spoiled(tensors):
        before = newest_step(folder)
        kept = (
            f"the checkpoint of step {before} in {folder} is whole" if before else "nothing was saved before"
        )
        raise TrainingError(
            f"at step {step} the numbers in {name} are not all finite, and training stopped without saving them; "
            f"{kept}: go on from there with a lower learning rate, a longer warm-up or gradients clipped (clip=1)"
        )


def _spoiled(tensors: Mapping[str, Tensor]) -> str | None:
    """Name the first tensor that holds NaN, or infinity where it is no mask of nothing but 0 and infinity."""
    for name, tensor in tensors.items():
        if not tensor.is_floating_point() or bool(torch.isfinite(tensor).all()):
            continue
        if not bool((torch.isinf(tensor) | (tensor == 0)).all()):
            return name
    return None


def _require_sums(folder: Path, sums: Mapping[str, str], what: str) -> None:
    if damaged := first_wrong(folder, sums):
        raise ValueError(f"{what} {folder} is damaged, for {damaged} is not what was written")


def _sums(folder: Path) -> dict[str, str]:
    return sums_of(folder, [file.name for file in folder.iterdir()])


def _sha256_of(rest: Any) -> str:
    return hashlib.sha256(json.dumps(rest).encode()).hexdigest()
