"""The folders of a run: a checkpoint for each step that was saved, the best weights, and which of them stay.

    run/step-00000300/     a checkpoint
    run/best-00000200/     the weights with the best validation loss

Every checkpoint that is kept has the best weights of its time beside it: a run that goes back to the one goes back
to the other. What is in a folder stands in `tfm.train.checkpoint`.
"""

from pathlib import Path

from tfm.whole_files import remove_folder, sweep, swept_name

STEP, BEST = "step-", "best-"


def newest_step(folder: Path) -> int:
    """The step of the newest checkpoint in a run's folder, or 0; an empty folder is none."""
    return max((step_of(path) for path in folders(folder, STEP) if any(path.iterdir())), default=0)


def step_folder(folder: Path, step: int) -> Path:
    """Where a run keeps the checkpoint of a step."""
    return folder / f"{STEP}{step:08d}"


def best_of_step(folder: Path, step: int) -> Path:
    """Where a run keeps the weights that were the best at a step."""
    return folder / f"{BEST}{step:08d}"


def best_folder(folder: Path) -> Path | None:
    """The run's best weights, or None."""
    return next(iter(folders(folder, BEST)), None)


def prune(folder: Path, step: int, keep: int) -> None:
    """Remove checkpoints older than the newest `keep` up to a step (0 keeps all), and best weights without one."""
    if keep:
        for old in [path for path in folders(folder, STEP) if step_of(path) <= step][keep:]:
            remove_folder(old)
    prune_best(folder)


def go_back(folder: Path, step: int, keep: int) -> None:
    """Let a run's folder be as it was when the checkpoint of a step was written, as far as others would read it.

    What a kill left half-done goes, and so do best weights of later steps; damaged checkpoints of later steps stay
    until the run has saved another one.
    """
    tidy(folder)
    for path in folders(folder, BEST):
        if step_of(path) > step:
            remove_folder(path)
    prune(folder, step, keep)


def tidy(folder: Path) -> None:
    """Remove what a kill left half-written or half-removed of a run's checkpoints."""
    found = {swept_name(path) for prefix in (STEP, BEST) for path in folder.glob(f"{prefix}*")}
    sweep(path for path in found if path is not None and step_of(path) >= 0)


def prune_best(folder: Path) -> None:
    """Keep the best weights of now, and those that were the best when a checkpoint was written that is kept."""
    best, checkpoints = folders(folder, BEST), folders(folder, STEP)
    needed = {next((b for b in best if step_of(b) <= step_of(path)), None) for path in checkpoints}
    for old in best[1:]:
        if old not in needed:
            remove_folder(old)


def folders(folder: Path, prefix: str) -> list[Path]:
    """The run's folders of one kind, the newest first."""
    found = [path for path in folder.glob(f"{prefix}*") if path.is_dir() and step_of(path) >= 0]
    return sorted(found, key=step_of, reverse=True)


def step_of(path: Path) -> int:
    """The step in a folder's name, or −1."""
    digits = path.name.partition("-")[2]
    return int(digits) if digits.isdecimal() else -1
