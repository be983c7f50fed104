"""One update of a model's weights, and one validation: forward, backward, clip, step, in every process at once.

    loss = Σᵢ nᵢ lossᵢ / Σᵢ nᵢ      i over the batches that are accumulated and the processes that share them

Each batch counts by its number of predictions nᵢ, so that how the work was cut changes nothing but rounding. A
target of −100, which no loss of PyTorch's looks at, is no prediction; a batch of nothing else teaches nothing.
This file knows nothing of checkpoints, schedules or models.
"""

import contextlib
import math
import warnings
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from tfm.train.device import autocasting, each_tensor, precision, to_device
from tfm.train.errors import is_out_of_memory
from tfm.train.losses import IGNORE
from tfm.train.optimisers import adamw
from tfm.train.parallel import Processes, gradients_stay, spread
from tfm.train.settings import Settings
from tfm.train.step import Update

Loss = Callable[[Any, Any], Tensor]
Count = Callable[[Any], int]


class Engine:
    """A model on its device, spread over the processes, and what moves it.

    Attributes:
        model: the module itself, whose weights are saved.
        optimiser: what moves it, after `make_optimiser`.
        rows: how many rows the last batch had, in all processes.

    Args:
        model: any module.
        loss: (model, batch) → the mean loss of a batch, a tensor without axes.
        count: batch → number of predictions in it.
        settings: of the run.
        device: where to compute.
        processes: who trains.
    """

    optimiser: Optimizer

    def __init__(
        self,
        model: nn.Module,
        loss: Loss,
        count: Count,
        settings: Settings,
        device: torch.device,
        processes: Processes,
    ) -> None:
        self.model = model.to(device)
        self.loss, self.count, self.settings = loss, count, settings
        self.device, self.processes = device, processes
        self.dtype = precision(device, settings.autocast)
        self.spread = spread(self.model, processes, settings.parallel, device)
        self._callable = compiled(self.spread, settings, device)
        self.rows = 0
        self.largest: Tensor | None = None  # number of the last gradient, where its length is not measured

    def make_optimiser(self, given: Optimizer | Callable[[nn.Module], Optimizer] | None) -> Optimizer:
        """Take the optimiser that was given, or make it now that the model is where it trains."""
        if given is None:
            given = adamw(self.model, self.settings.rate, self.settings.weight_decay)
        self.optimiser = given if isinstance(given, Optimizer) else given(self.model)
        return self.optimiser

    def update(self, batches: Sequence[Any]) -> Update:
        """Add up the gradients of batches, of which this process takes its rows; the weights do not move yet.

        Raises:
            ValueError: no batch has a prediction that counts.
        """
        self.rows = rows(batches[0])
        parts = [self.processes.share(batch) for batch in batches]
        counts = [self.count(part) for part in parts]
        [total] = self.processes.total(sum(counts))
        if not total:
            raise ValueError(
                f"this update has no prediction that counts: every target in its batches ({len(batches)}) is "
                f"{IGNORE}, so leave such batches out, or take more of them at once (accumulate)"
            )
        self.optimiser.zero_grad(set_to_none=True)
        loss: Tensor | None = None
        for i, (part, count) in enumerate(zip(parts, counts, strict=True)):
            with gradients_stay(self.spread, stay=i + 1 < len(parts)):
                share = self._backward(part, count / total)
            loss = share if loss is None else loss + share
        assert loss is not None
        return Update(self.processes.total_tensor(loss), self._clip(), int(total))

    def step(self) -> None:
        """Move the weights."""
        self.optimiser.step()

    @torch.no_grad()
    def validate(self, batches: Iterable[Any]) -> float:
        """Take the mean loss over all predictions of some batches, the model in evaluation mode.

        Raises:
            ValueError: there are none.
        """
        mode = self.model.training
        self.model.eval()
        summed, seen = 0.0, 0
        try:
            for batch in batches:
                part, mine = self.processes.share_or_all(batch)
                with autocasting(self.device, self.dtype):
                    loss = self.loss(self.model, to_device(part, self.device)).item()
                if mine and (count := self.count(part)):
                    summed, seen = summed + loss * count, seen + count
        finally:
            self.model.train(mode)
        summed, total = self.processes.total(summed, seen)
        if not total:
            raise ValueError(
                "the validation data gave no prediction to judge: pass a list of batches, or what can be gone "
                f"through again, with targets that are not all {IGNORE}"
            )
        return summed / total

    def _backward(self, part: Any, weight: float) -> Tensor:
        if not weight and self.processes.count == 1:
            return torch.zeros((), device=self.device)
        part = to_device(part, self.device)
        loss = self._forward(part)
        if loss.ndim:
            raise ValueError(f"the loss has shape {tuple(loss.shape)} and must be one number: take its mean")
        if not weight:  # the mean of nothing is NaN, and the other processes wait for a gradient of 0
            loss = loss.nan_to_num(0.0, 0.0, 0.0)
        # Processes average their gradients, and each counts by its own predictions.
        scale = weight * self.processes.count
        (loss if scale == 1 else loss * scale).backward()  # type: ignore[no-untyped-call]
        return loss.detach().float() * weight

    def _forward(self, part: Any) -> Tensor:
        try:
            with autocasting(self.device, self.dtype):
                return self.loss(self._callable, part)
        except Exception as error:
            if self._callable is self.spread or is_out_of_memory(error):
                raise
            reason = str(error).strip().split("\n")[0][:120]
            warnings.warn(
                f"torch.compile does not work here ({type(error).__name__}: {reason}): training goes on "
                "without it, correct and a little slower",
                stacklevel=2,
            )
            self._callable = self.spread
            return self._forward(part)

    def _clip(self) -> Tensor | None:
        if self.settings.clip is None:
            gradients = [p.grad for p in self.model.parameters() if p.grad is not None]
            self.largest = _whole(nn.utils.get_total_norm(gradients, math.inf))
            return None
        return _whole(nn.utils.clip_grad_norm_(self.model.parameters(), self.settings.clip))


def _whole(norm: Tensor) -> Tensor:
    """A sharded model's norm is in pieces, too."""
    full: Callable[[], Tensor] = getattr(norm, "full_tensor", lambda: norm)
    return full()


def compiled(model: nn.Module, settings: Settings, device: torch.device) -> Any:
    """Compile a model where the settings ask for it; the work is done when it is first called."""
    wanted = settings.compile == "on" or (settings.compile == "auto" and device.type == "cuda")
    if not wanted:
        return model
    with contextlib.suppress(RuntimeError):  # a Python that torch.compile does not know yet
        return torch.compile(model)
    return model


def rows(batch: Any) -> int:
    """Count the rows of a batch: the first axis of its last tensor."""
    found: list[Tensor] = []
    each_tensor(batch, found.append)
    return len(found[-1]) if found and found[-1].ndim else 1


def targets(batch: Any) -> int:
    """Count the predictions of a batch: the numbers in its last tensor; of whole numbers, those that are not −100.

    Raises:
        TypeError: there is no tensor in it.

    Example:
        >>> targets((torch.zeros(2, 3), torch.zeros(2, 3)))
        6
        >>> targets((torch.zeros(1, 3), torch.tensor([[5, 7, -100]])))
        2
    """
    found: list[Tensor] = []
    each_tensor(batch, found.append)
    if not found:
        raise TypeError(f"a batch is a tensor or several, and this is a {type(batch).__name__}: pass count=")
    last = found[-1]
    return math.prod(last.shape) if last.is_floating_point() else int((last != IGNORE).sum())
