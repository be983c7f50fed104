"""A running average of a model's weights: often a better model than the last step's.

    average ← d · average + (1 − d) · weights          d = min(decay, (1 + n) / (10 + n)) after n updates

The last step's weights still carry the noise of its last batches; an average does not. While there is little to
average, d is smaller, so that the random start is soon forgotten.

Source: Polyak and Juditsky, “Acceleration of Stochastic Approximation by Averaging”, 1992; Tarvainen and
Valpola, “Mean teachers are better role models”, 2017. This file knows nothing of optimisers or loops.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn


class EMA:
    """The exponential moving average of a model's parameters; buffers are left alone.

    Args:
        model: any module; it is not changed.
        decay: how much of the average stays at an update, from 0 to below 1.

    Raises:
        ValueError: the decay is out of range.

    Example:
        >>> model = nn.Linear(1, 1, bias=False)
        >>> _ = nn.init.constant_(model.weight, 0.0)
        >>> average = EMA(model, decay=0.5)
        >>> _ = nn.init.constant_(model.weight, 1.0)
        >>> average.update(model)  # d is 1/10 at the first update
        >>> with average.applied(model):
        ...     round(model.weight.item(), 4)
        0.9
        >>> model.weight.item()
        1.0

    Source: Tarvainen and Valpola, 2017, equation 1.
    """

    def __init__(self, model: nn.Module, decay: float = 0.999) -> None:
        if not 0 <= decay < 1:
            raise ValueError(f"decay ({decay}) must be from 0 to below 1: 0.999 is usual")
        self.decay, self.updates = decay, 0
        self.average = {name: p.detach().clone() for name, p in model.named_parameters()}

    @torch.no_grad()
    def update(self, model: nn.Module) -> None:
        """Take in the model's weights as they are now.

        Raises:
            ValueError: the model has other parameters than the one this average began with.
        """
        weights = self._of(model)
        keep = min(self.decay, (1 + self.updates) / (10 + self.updates))
        torch._foreach_lerp_(list(self.average.values()), weights, 1 - keep)
        self.updates += 1

    @contextmanager
    def applied(self, model: nn.Module) -> Iterator[None]:
        """Context in which the model has the averaged weights; afterwards it has its own again.

        Raises:
            ValueError: the model has other parameters than the one this average began with.
        """
        weights = self._of(model)
        own = [w.clone() for w in weights]
        _copy(weights, list(self.average.values()))
        try:
            yield
        finally:
            _copy(weights, own)

    def state_dict(self) -> dict[str, Any]:
        """Everything to go on from: the averages, and how many updates made them."""
        return {"decay": self.decay, "updates": self.updates, "average": dict(self.average)}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from a state.

        Raises:
            ValueError: it belongs to a model with other parameters.
        """
        theirs, ours = state["average"], self.average
        if {n: t.shape for n, t in theirs.items()} != {n: t.shape for n, t in ours.items()}:
            raise ValueError(
                "this average belongs to a model with other parameters: build the model as it was"
            )
        self.decay, self.updates = float(state["decay"]), int(state["updates"])
        _copy(list(ours.values()), [theirs[name] for name in ours])

    def _of(self, model: nn.Module) -> list[Tensor]:
        """The model's parameters in the averages' order; a wrapper changes their names, not their order."""
        weights = [p.detach() for p in model.parameters()]
        if [w.shape for w in weights] != [a.shape for a in self.average.values()]:
            raise ValueError(
                f"the average has {len(self.average)} tensors and the model {len(weights)}, or their shapes "
                "differ: make an EMA for each model"
            )
        return weights


@torch.no_grad()
def _copy(into: list[Tensor], source: list[Tensor]) -> None:
    for a, b in zip(into, source, strict=True):
        a.copy_(b)
