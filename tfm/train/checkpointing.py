"""What a run keeps: checkpoints to go on from, and the best weights, on disk or, without a folder, in memory.

This file knows what belongs to a run's state; how it is written stands in `tfm.train.checkpoint`.
"""

import warnings
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from safetensors.torch import load_file
from torch import Tensor, nn
from torch.optim import Optimizer

from tfm.folder_lock import FolderLock
from tfm.train import checkpoint, run_folder
from tfm.train.batches import EndlessBatches
from tfm.train.errors import TrainingError
from tfm.train.parallel import Processes
from tfm.train.random_state import random_states, seed_everything, set_random_states
from tfm.train.settings import Settings
from tfm.train.state import get_state, get_weights, is_sharded, set_state, set_weights


@runtime_checkable
class Average(Protocol):
    """A running mean of the weights, as `tfm.train.averages` makes it."""

    def update(self, model: nn.Module) -> object:
        """Take the weights of now into the mean."""

    def applied(self, model: nn.Module) -> AbstractContextManager[object]:
        """Let the model have the mean while a `with` block runs."""

    def state_dict(self) -> Mapping[str, Any]:
        """The mean."""

    def load_state_dict(self, state: Any) -> object:
        """Go on from a mean."""


@runtime_checkable
class Progress(Protocol):
    """Where a run stands: the part of a trainer that a checkpoint holds."""

    settings: Settings
    processes: Processes
    step: int
    best_loss: float
    without_gain: int


class Checkpointer:
    """Saves a run and puts it back.

    Attributes:
        folder: of the run; None keeps the best weights in memory, and no checkpoints.
        saved: step of the checkpoint that was written or read last, or 0.

    Args:
        model: what trains.
        optimiser: what moves it.
        feed: the batches.
        average: the running mean of the weights, or None.
        folder: of the run.
        about: further files beside the weights.
        run: where the run stands; a resumed run's place is written into it.
    """

    def __init__(
        self,
        model: nn.Module,
        optimiser: Optimizer,
        feed: EndlessBatches,
        average: Average | None,
        folder: str | Path | None,
        about: Mapping[str, Any],
        run: Progress,
    ) -> None:
        self.model, self.optimiser, self.feed, self.average = model, optimiser, feed, average
        self.folder = None if folder is None else Path(folder)
        self.about, self.run, self.saved = about, run, 0
        self._given = _numbers_of(optimiser)
        self._best: dict[str, Tensor] | None = None
        if average is not None and is_sharded(model):
            raise ValueError(
                "an average of the weights needs all of them in each process: take parallel=ddp, or no average"
            )

    def averaged(self) -> AbstractContextManager[object]:
        """Let the model have the average of its weights, where there is one."""
        return nullcontext() if self.average is None else self.average.applied(self.model)

    def average_in(self) -> None:
        """Take the weights of now into the average."""
        if self.average is not None:
            self.average.update(self.model)

    def alone(self) -> AbstractContextManager[object]:
        """Let no other process write into the folder while a `with` block runs.

        Raises:
            OSError: another one does; the sentence names it.
        """
        if self.folder is None or not self.run.processes.first:
            return nullcontext()
        return FolderLock(self.folder)

    def begin(self) -> None:
        """Make sure that the folder holds no run yet, and remove what one left that was killed before it saved.

        Raises:
            OSError: it does.
        """
        if self.folder is None:
            return
        if step := run_folder.newest_step(self.folder):
            raise FileExistsError(
                f"{self.folder} holds a run that stands at step {step}: resume it (--resume), or name another "
                "folder"
            )
        self._go_back(0)

    def save(self) -> Path:
        """Write a checkpoint, by the first process; the others wait for it.

        Raises:
            OSError: it cannot be written.
            TrainingError: weights or averages are no numbers.
            ValueError: there is no folder.
        """
        if self.folder is None:
            raise ValueError("there is no folder to save to: pass folder= to the trainer")
        run, folder = self.run, self.folder
        weights, moments = get_state(self.model, self.optimiser)
        draws = run.processes.gather(random_states(_device(self.model)))
        state = {
            "settings": run.settings.as_dict(),
            "best_loss": run.best_loss,
            "without_gain": run.without_gain,
            "optimiser": moments,
            "given": self._given,
            "feed": self.feed.state_dict(),
            "average": None if self.average is None else self.average.state_dict(),
            "random": draws,
        }
        self._write(
            lambda: checkpoint.save_checkpoint(
                folder, run.step, weights, state, self.about, run.settings.keep
            )
        )
        self.saved = run.step
        return run_folder.step_folder(folder, run.step)

    def save_best(self) -> None:
        """Keep the weights that the model has now as the best.

        Raises:
            OSError: they cannot be written.
        """
        weights, folder = get_weights(self.model), self.folder
        if folder is None:
            self._best = {name: tensor.detach().cpu().clone() for name, tensor in weights.items()}
        else:
            self._write(lambda: checkpoint.save_best(folder, self.run.step, weights, self.about))

    def load_best(self) -> None:
        """Give the model the best weights.

        Raises:
            ValueError: there are none.
        """
        found = self._best
        if found is None and self.folder is not None:
            path = run_folder.best_folder(self.folder)
            found = load_file(checkpoint.model_folder(path) / checkpoint.MODEL) if path else None
        if found is None:
            raise ValueError("no weights were the best yet: train with validation= first")
        set_weights(self.model, found)

    def resume(self, saved: checkpoint.Checkpoint | None) -> None:
        """Put everything back as a checkpoint has it: by default, the newest that is whole.

        Raises:
            ValueError: there is none, or it belongs to another model or optimiser.
        """
        if self.folder is None:
            raise ValueError("there is no folder to go on from: pass folder= to the trainer")
        if saved is None:
            saved, problems = checkpoint.load_newest(self.folder)
            for problem in problems:
                warnings.warn(f"{problem}; step {saved.step} is whole and is taken", stacklevel=3)
        try:
            self._put_back(saved)
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(
                f"the checkpoint {saved.path} is not all there ({error}): go on from another"
            ) from None
        self._go_back(saved.step)
        self.saved = saved.step

    def _put_back(self, saved: checkpoint.Checkpoint) -> None:
        run, state = self.run, saved.state
        set_state(self.model, self.optimiser, saved.model, state["optimiser"])
        _take_changes(self.optimiser, state.get("given"), self._given)
        self.feed.load_state_dict(state["feed"])
        if self.average is not None and state["average"] is not None:
            self.average.load_state_dict(state["average"])
        run.step, run.best_loss, run.without_gain = saved.step, state["best_loss"], state["without_gain"]
        draws = state["random"]
        if len(draws) == run.processes.count:
            set_random_states(draws[run.processes.rank], _device(self.model))
        else:  # as many processes as never before: each draws its own from here
            seed_everything(run.settings.seed + run.processes.rank + saved.step)

    def _go_back(self, step: int) -> None:
        """Let the folder, too, be as it was at a step, when every process has read what it needs."""
        folder, run = self.folder, self.run
        assert folder is not None
        run.processes.wait()
        if folder.is_dir():
            self._write(lambda: run_folder.go_back(folder, step, run.settings.keep))

    def what_is_kept(self, step: int) -> str:
        """Say where the last good weights are, for an error at the step after `step`."""
        if self.saved:
            return f"the checkpoint of step {self.saved} in {self.folder} is whole"
        if _device(self.model).type == "cpu":
            return f"the model keeps the weights of step {step}"
        return "no checkpoint was written yet, so name a folder and set save_every"

    def how_to_go_on(self) -> str:
        """Say what a stopped run does next."""
        if self.folder is None:
            return "run() goes on from here, as long as this program runs"
        return f"everything is saved in {self.folder}: the same command with --resume goes on"

    def _write(self, write: Any) -> None:
        """Let the first process write; if it fails, every process learns so."""
        processes, folder = self.run.processes, self.folder
        problem: OSError | TrainingError | None = None
        assert folder is not None
        try:
            if processes.first:
                with FolderLock(folder) as lock:
                    lock.require()
                    write()
        except (OSError, TrainingError) as error:
            problem = error
        [failed] = processes.total(float(problem is not None))
        if failed:
            raise problem or OSError("the first process could not write a checkpoint; it says why")


def _device(model: nn.Module) -> Any:
    return next(model.parameters()).device


def _numbers_of(optimiser: Optimizer) -> list[dict[str, Any]]:
    """Rates, decays and the like of each group of parameters."""
    groups = optimiser.param_groups
    return [{name: value for name, value in group.items() if name != "params"} for group in groups]


def _take_changes(optimiser: Optimizer, before: Any, now: list[dict[str, Any]]) -> None:
    """Give an optimiser the numbers that this run was given otherwise than the one that was saved."""
    for group, old, new in zip(optimiser.param_groups, before or [], now, strict=False):
        group |= {name: value for name, value in new.items() if name in old and old[name] != value}
