"""What one update of the weights was like: the record that a training loop yields and its listeners receive.

On a GPU the numbers are still being computed when the record is made; reading one waits for it, so a listener that
looks at every hundredth step makes nobody wait for the others. This file knows nothing of models.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from torch import Tensor


@dataclass(frozen=True, slots=True)
class Update:
    """What the gradients of one update gave.

    Attributes:
        loss: mean over the predictions of this update, before it; a tensor on the device that trains.
        norm: length of the gradient before it was clipped, or None where it was not measured.
        tokens: predictions in this update, in all processes.
    """

    loss: Tensor
    norm: Tensor | None
    tokens: int


@dataclass(frozen=True, slots=True)
class Step:
    """One update.

    Attributes:
        number: which one, from 1.
        steps: how many there shall be.
        update: its loss and gradient, as tensors.
        rate: learning rate of the first group of parameters.
        seconds: that it took, without validation and saving.
        validation_loss: mean over the validation data after this update, or None when it was not measured.
        best: whether that validation loss is the best so far.

    Example:
        >>> from torch import tensor
        >>> step = Step(1, 10, Update(tensor(4.2), None, tokens=64), rate=0.1, seconds=0.5)
        >>> step.tokens_per_second, step.gradient_norm
        (128.0, None)
    """

    number: int
    steps: int
    update: Update
    rate: float
    seconds: float
    validation_loss: float | None = None
    best: bool = False

    @property
    def loss(self) -> float:
        """The training loss, before the update."""
        return self.update.loss.item()

    @property
    def gradient_norm(self) -> float | None:
        """The gradient's length before it was clipped, or None when it was not measured."""
        return None if self.update.norm is None else self.update.norm.item()

    @property
    def tokens(self) -> int:
        """Predictions in this update, in all processes."""
        return self.update.tokens

    @property
    def tokens_per_second(self) -> float:
        """Predictions a second."""
        return self.tokens / max(self.seconds, 1e-9)

    def as_dict(self) -> dict[str, Any]:
        """Every number, fit for JSON; what was not measured is left out."""
        numbers = {
            "step": self.number,
            "loss": self.loss,
            "rate": self.rate,
            "gradient_norm": self.gradient_norm,
            "tokens": self.tokens,
            "seconds": round(self.seconds, 6),
            "validation_loss": self.validation_loss,
        }
        return {name: number for name, number in numbers.items() if number is not None}


Listener: TypeAlias = Callable[[Step], object]
