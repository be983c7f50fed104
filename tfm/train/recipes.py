"""Recipes: the numbers of a whole run, kept together so that a command, a lesson and a benchmark train alike.

`NANOGPT` is nanoGPT's small recipe for a CPU (Karpathy, 2022: its README's settings for a laptop, with the rates
of `config/train_shakespeare_char.py`): AdamW, warm-up, cosine. `benchmarks/bench_time_to_loss.py` has it race with
the small preset of `tfm train`. This file knows nothing of models.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from torch import nn
from torch.optim import Optimizer

from tfm.train.optimisers import adamw
from tfm.train.schedules import Schedule, warmup_cosine
from tfm.train.settings import Settings


@dataclass(frozen=True, kw_only=True, slots=True)
class Recipe:
    """How a model is trained.

    Attributes:
        steps: updates of the weights.
        batch: windows an update.
        optimiser: makes an optimiser of a model.
        schedule: makes a schedule of a number of steps.
        settings: further fields of `Settings`.

    Example:
        >>> NANOGPT.told(seed=3).clip, NANOGPT.told(seed=3).seed
        (1.0, 3)
    """

    steps: int
    batch: int
    optimiser: Callable[[nn.Module], Optimizer]
    schedule: Callable[[int], Schedule]
    settings: Mapping[str, Any] = field(default_factory=dict)

    def told(self, **more: Any) -> Settings:
        """Give the trainer's settings.

        Args:
            more: fields of `Settings` that are added or changed.

        Raises:
            ValueError: a name is none of the settings', or a number is out of range.
        """
        return Settings.from_dict({"steps": self.steps, **self.settings, **more})


NANOGPT = Recipe(
    steps=2_000,
    batch=12,
    optimiser=lambda model: adamw(model, 1e-3, weight_decay=0.1, betas=(0.9, 0.99)),
    schedule=lambda steps: warmup_cosine(steps, warmup=min(100, steps - 1), floor=0.1),
    settings={"clip": 1.0, "autocast": "off"},
)
