"""What a task is: one file that says which data it takes, what is trained on them, what comes of it.

    data ─▶ model ─▶ job (loss, count, batches) ─▶ judge, sample

A new task is one file beside `tfm.tasks.language`, and one line of `tfm.tasks.TASKS`. This file knows none.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from torch import Tensor, nn

from tfm.names import Fields
from tfm.tasks.options import RunOptions
from tfm.train.settings import Settings

DRAWING = ("temperature", "top_k", "top_p", "min_p", "repetition_penalty", "seed", "stop")  # not searching


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """A model and what it is trained on: all that a trainer wants.

    Attributes:
        model: with its first weights.
        loss: (model, batch) → mean loss.
        count: batch → predictions in it.
        batches: for training, without end.
        validation: to be gone through again and again.
        flops_per_token: operations of one token, forward and backward.
        about: files beside the weights.
    """

    model: nn.Module
    loss: Callable[[Any, Any], Tensor]
    count: Callable[[Any], int]
    batches: Any
    validation: Iterable[Any]
    flops_per_token: float
    about: Mapping[str, Any] = field(default_factory=dict)


class Task(ABC):
    """What is trained, and on what.

    Attributes:
        takes: the class of the data, one of `tfm.data.prepared`.
        model: the class of the model.
        config: the class of its configuration.
        presets: sizes, settings and options by name; “small” is one.
        results: files that `judge` leaves in a run's folder.
    """

    takes: ClassVar[type[Any]]
    model: ClassVar[type[nn.Module]]
    config: ClassVar[type[Fields]]
    presets: ClassVar[Mapping[str, Mapping[str, Any]]]
    results: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def build(self, sizes: Mapping[str, Any], options: RunOptions, data: Any) -> nn.Module:
        """Build the model with its first weights.

        Raises:
            ValueError: the sizes do not fit the data, or each other.
        """

    @abstractmethod
    def job(self, model: Any, settings: Settings, options: RunOptions, data: Any) -> Job:
        """Put a model's loss and batches together."""

    @abstractmethod
    def judge(self, options: RunOptions, data: Any, folder: Path, device: str) -> list[str]:
        """Judge a run's best weights by what they have never seen; the scores, in lines for people."""

    @abstractmethod
    def require_effect(self, told: Mapping[str, Any]) -> None:
        """Refuse a flag that would change nothing; a command does so before it waits for a prompt.

        Raises:
            ValueError: one of the flags of `tfm generate` that were given has no effect.
        """

    @abstractmethod
    def sample(self, model: Any, tokenizer: Any, prompt: str, told: Mapping[str, Any]) -> Iterator[str]:
        """Let a trained model answer a prompt, piece by piece.

        Args:
            model: a trained one, on its device.
            tokenizer: its own.
            prompt: a text.
            told: flags of `tfm generate` that were given, by name.

        Raises:
            ValueError: a flag has no effect, or the prompt does not fit.
        """


def require_effect(told: Mapping[str, Any], idle: Iterable[str], why: str, cure: str) -> None:
    """Refuse a flag that would change nothing, since a search draws nothing and drawing searches for nothing.

    Raises:
        ValueError: one of the idle flags was given.
    """
    for name in idle:
        if name in told:
            raise ValueError(f"{why}, and --{name.replace('_', '-')} has no effect there: {cure}")


def chosen(told: Mapping[str, Any], **fields: str) -> dict[str, Any]:
    """The flags that were given, by the names of a configuration's fields.

    Example:
        >>> chosen({"beams": 4, "seed": 1}, width="beams", max_new="max_new")
        {'width': 4}
    """
    return {name: told[flag] for name, flag in fields.items() if flag in told}
