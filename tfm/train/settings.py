"""What a run of training is told: how many steps, how large, how often it is judged and saved.

A setting is a number or a word; what has code of its own (an optimiser, a schedule, a loss) is passed to the
trainer as an object. This file knows nothing of models or devices.
"""

from dataclasses import dataclass
from typing import Annotated, Any, Literal, get_args

from tfm.names import Between, Fields, require_known

Autocast = Literal["auto", "off", "bf16"]
Compile = Literal["off", "auto", "on"]
Parallel = Literal["ddp", "fsdp"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings(Fields):
    """The numbers of a run.

    Attributes:
        steps: updates of the weights, 1 or more.
        rate: learning rate of the optimiser that the trainer makes where none is passed.
        weight_decay: of that optimiser.
        accumulate: batches whose gradients are added up before each update: a large batch in small pieces.
        clip: longest gradient, all parameters as one vector; None leaves it as it is and measures nothing.
        autocast: “bf16” computes products in bfloat16; “auto” does so where the machine has products of it.
        compile: “on” compiles the model, “auto” where a GPU makes that worth its first minute; where it fails,
            training goes on without, and says so.
        device: “auto”, or a name of PyTorch's, as cpu, cuda, cuda:1, mps.
        parallel: among several processes, a copy of the model in each (“ddp”), or a share of it (“fsdp”), for a
            model that does not fit one GPU.
        evaluate_every: updates from one validation to the next; None: at the end alone.
        patience: stop after so many validations in a row without a better loss; None never does.
        save_every: updates from one checkpoint to the next; None: at the end alone.
        keep: how many checkpoints stay; 0 keeps all.
        seed: of dropout and whatever else draws while training; each process adds its number.

    Raises:
        ValueError: a number is out of range, or a word unknown.

    Example:
        >>> Settings(steps=100, rate=3e-4).accumulate
        1
        >>> Settings.from_dict({"steps": 10, "rate": 0.01}).rate
        0.01
    """

    steps: int
    rate: float = 1e-3
    weight_decay: float = 0.1
    accumulate: int = 1
    clip: float | None = 1.0
    autocast: Autocast = "auto"
    compile: Compile = "off"
    device: str = "auto"
    parallel: Parallel = "ddp"
    evaluate_every: int | None = None
    patience: int | None = None
    save_every: int | None = None
    keep: int = 2
    seed: Annotated[int, Between(0, 2**62)] = 0

    def __post_init__(self) -> None:
        for name in ("steps", "accumulate", "evaluate_every", "patience", "save_every"):
            _require_count(name, getattr(self, name))
        if not isinstance(self.keep, int) or self.keep < 0:
            raise ValueError(f"keep ({self.keep}) must be a whole number from 0 on: 2 keeps two, 0 keeps all")
        if self.clip is not None and not self.clip > 0:
            raise ValueError(
                f"clip ({self.clip}) must be above 0: 1.0 is usual, and None leaves gradients as they are"
            )
        for name, kind in (("autocast", Autocast), ("compile", Compile), ("parallel", Parallel)):
            require_known(name, getattr(self, name), get_args(kind))
        self.require_ranges()


def _require_count(name: str, number: Any) -> None:
    if number is not None and (not isinstance(number, int) or number < 1):
        raise ValueError(f"{name} ({number}) must be a whole number from 1 on: try {name}=100")
