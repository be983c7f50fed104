"""The training loop: any module, any iterator of batches, any loss, from a laptop to several GPUs.

    for each step:  rate ← schedule · gradients of `accumulate` batches · clip · optimiser
                    now and then validate, keep the best, save everything

A run that was stopped at any moment and resumed ends, on a CPU, with the very same weights as one that was not.
Source for the order of things: Karpathy, nanoGPT, 2022, `train.py`. This file knows nothing of models.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from torch import nn
from torch.optim import Optimizer

from tfm.train.batches import EndlessBatches
from tfm.train.checkpoint import Checkpoint
from tfm.train.checkpointing import Average, Checkpointer
from tfm.train.device import pick_device
from tfm.train.engine import Count, Engine, Loss, targets
from tfm.train.errors import Interrupted, Watch, explaining_memory
from tfm.train.parallel import Processes
from tfm.train.random_state import seed_everything
from tfm.train.settings import Settings
from tfm.train.step import Listener, Step
from tfm.train.stopping import Stopper


class Trainer:
    """Trains a model.

    Attributes:
        model: the module; its weights move.
        optimiser: what moves them.
        settings: of the run.
        step: updates made so far.
        best_loss: lowest validation loss so far; inf before the first.
        without_gain: validations since then.
        listeners: called with every step.
        device: where it trains.
        dtype: in what its products are computed.
        processes: who trains.

    Args:
        model: any module.
        loss: (model, batch) → the batch's mean loss, a tensor without axes; it calls the model it is given.
        batches: each a tensor or several, rows first; gone through again where they end. Where they have
            `state_dict` and `load_state_dict`, a resumed run goes on with the next batch; else it skips those it
            has had. Every process passes the same batches.
        settings: the numbers.
        optimiser: one, or model → one, which a sharded model needs; AdamW by default.
        schedule: updates made so far, from 0 → what the optimiser's rates are multiplied with.
        validation: batches that can be gone through again and again.
        average: a running mean of the weights, or model → one; it is what validation judges and keeps.
        count: batch → its number of predictions; by default the numbers in its last tensor, targets of −100 left
            out. A loss that ignores another number needs its own.
        folder: of checkpoints; None keeps none.
        about: further files beside the weights: {"config.json": {…}}.
        listeners: called with every `Step`, in the first process; one with `close` is closed at the end.

    Raises:
        ValueError: a setting does not fit this machine.

    Example:
        >>> import itertools, torch
        >>> model, x = nn.Linear(1, 1), torch.tensor([[1.0], [2.0]])
        >>> loss = lambda model, batch: (model(batch) - 3 * batch).pow(2).mean()
        >>> trainer = Trainer(model, loss, itertools.repeat(x), Settings(steps=200, rate=0.1, weight_decay=0))
        >>> trainer.run().loss < 0.01
        True
    """

    def __init__(
        self,
        model: nn.Module,
        loss: Loss,
        batches: Iterable[Any],
        settings: Settings,
        *,
        optimiser: Optimizer | Callable[[nn.Module], Optimizer] | None = None,
        schedule: Callable[[int], float] | None = None,
        validation: Iterable[Any] | None = None,
        average: Average | Callable[[nn.Module], Average] | None = None,
        count: Count = targets,
        folder: str | Path | None = None,
        about: Mapping[str, Any] | None = None,
        listeners: Sequence[Listener] = (),
    ) -> None:
        self.settings, self.processes = settings, Processes.here()
        self.step, self.best_loss, self.without_gain = 0, float("inf"), 0
        self.device = pick_device(settings.device, self.processes.local_rank)
        self.processes.join(self.device)
        self._engine = Engine(model, loss, count, settings, self.device, self.processes)
        self.model, self.dtype = self._engine.model, self._engine.dtype
        self.optimiser = self._engine.make_optimiser(optimiser)
        self._rates = [group["lr"] for group in self.optimiser.param_groups]
        self._schedule = schedule or (lambda _: 1.0)
        self._feed, self._validation = EndlessBatches(batches), validation
        mean: Average | None = average(self.model) if callable(average) else average
        self._checkpointer = Checkpointer(
            self.model, self.optimiser, self._feed, mean, folder, about or {}, self
        )
        self.listeners = listeners if self.processes.first else ()
        self._stopper, self._watch = Stopper(), Watch(self.device, self._checkpointer.what_is_kept)

    def steps(self) -> Iterator[Step]:
        """Train, one update at a time.

        The first Ctrl-C within a step lets it finish, saves, and ends with a sentence. A checkpoint is written
        when the next step is asked for, so that what is done with a step belongs to it.

        Yields:
            A record of each update.

        Raises:
            OSError: a checkpoint cannot be written, or the folder holds another run.
            TrainingError: a loss is no number any more, memory ran out, or somebody stopped the run.
        """
        with self._checkpointer.alone():
            self._begin()
            try:
                while not self.finished:
                    with self._stopper.listening():
                        step = self._one()
                        for listener in self.listeners:
                            listener(step)
                    yield step
                    with self._stopper.listening():
                        self._save_or_stop()
            finally:
                for listener in self.listeners:
                    getattr(listener, "close", lambda: None)()

    def run(self) -> Step:
        """Train to the end.

        Returns:
            The record of the last update.

        Raises:
            OSError, TrainingError: as `steps`.
            ValueError: there is nothing left to do.
        """
        last = None
        with self._stopper.listening():
            for step in self.steps():
                last = step
        if last is None:
            raise ValueError(
                f"the run is finished, at step {self.step} of {self.settings.steps}: set more steps"
            )
        return last

    @property
    def finished(self) -> bool:
        """Whether all updates are made, or validation has not become better for as long as patience lasts."""
        patience = self.settings.patience
        return self.step >= self.settings.steps or (patience is not None and self.without_gain >= patience)

    def evaluate(self) -> float:
        """Take the mean loss over the validation data, with the average of the weights where there is one.

        Raises:
            ValueError: there is no validation data.
        """
        if self._validation is None:
            raise ValueError("there is no validation data to judge the model on: pass validation=")
        with self._checkpointer.averaged():
            return self._engine.validate(self._validation)

    def resume(self, saved: Checkpoint | None = None) -> int:
        """Go on from the newest whole checkpoint in the folder.

        Args:
            saved: that checkpoint, where it was read already.

        Returns:
            Updates made when it was written.

        Raises:
            OSError: another process writes into the folder.
            ValueError: there is none, or it belongs to another model.
        """
        self._checkpointer.resume(saved)
        return self.step

    def save(self) -> Path:
        """Write a checkpoint now.

        Raises:
            OSError: it cannot be written; older ones stay.
            ValueError: the trainer has no folder.
        """
        self._watch.look()
        return self._checkpointer.save()

    def load_best(self) -> None:
        """Give the model the weights with the best validation loss; a ValueError says that there are none."""
        self._checkpointer.load_best()

    def _begin(self) -> None:
        self._stopper.asked = False
        self.model.train()
        if self.step == 0:
            self._checkpointer.begin()
            seed_everything(self.settings.seed + self.processes.rank)

    def _one(self) -> Step:
        start = time.perf_counter()
        rate = self._set_rates()
        with self._explained():
            update = self._engine.update([next(self._feed) for _ in range(self.settings.accumulate)])
            self._watch.note(self.step + 1, update.loss, update.norm, self._engine.largest)
            self._engine.step()
        self.step += 1
        self._checkpointer.average_in()
        seconds = time.perf_counter() - start
        validation_loss, best = self._judge()
        return Step(self.step, self.settings.steps, update, rate, seconds, validation_loss, best)

    def _set_rates(self) -> float:
        factor = self._schedule(self.step)
        for group, rate in zip(self.optimiser.param_groups, self._rates, strict=True):
            group["lr"] = rate * factor
        return float(self.optimiser.param_groups[0]["lr"])

    def _judge(self) -> tuple[float | None, bool]:
        """Validate where that is due, and keep the weights if they are the best."""
        every = self.settings.evaluate_every
        due = self.step == self.settings.steps or (every is not None and self.step % every == 0)
        if self._validation is None or not due:
            return None, False
        self._watch.look()
        with self._explained(), self._checkpointer.averaged():
            loss = self._engine.validate(self._validation)
            best = loss < self.best_loss
            self.without_gain = 0 if best else self.without_gain + 1
            if best:
                self.best_loss = loss
                self._checkpointer.save_best()
        return loss, best

    def _save_or_stop(self) -> None:
        every = self.settings.save_every
        if self.finished:
            self._watch.look()
        [asked] = self.processes.total(float(self._stopper.asked))  # a signal may reach one of them first
        if self._checkpointer.folder and (asked or self.finished or (every and self.step % every == 0)):
            self.save()
        if asked and not self.finished:
            raise Interrupted(f"stopped after step {self.step}; {self._checkpointer.how_to_go_on()}")

    def _explained(self) -> AbstractContextManager[None]:
        settings, engine = self.settings, self._engine
        return explaining_memory(self.step + 1, lambda: engine.rows, settings.accumulate, self.device)
