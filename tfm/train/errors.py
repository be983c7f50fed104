"""What can go wrong in the middle of training, each as one sentence that says what is kept and what to do."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import isfinite

import torch
from torch import Tensor

LOOK_EVERY = 20  # steps on a GPU from one look at the loss to the next; a CPU's is looked at each time


class TrainingError(RuntimeError):
    """Training cannot go on; the sentence says why, what is kept, and what to do."""


class Interrupted(TrainingError):  # noqa: N818 (nothing went wrong)
    """Somebody stopped the run; it can go on."""


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error says that memory ran out, on whichever device."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    sentence = str(error).lower()
    return isinstance(error, RuntimeError) and ("out of memory" in sentence or "can't allocate" in sentence)


def out_of_memory(number: int, rows: int, accumulate: int, device: torch.device) -> TrainingError:
    """Say which setting to halve when memory ran out.

    Args:
        number: of the update.
        rows: in one batch; 0 where not even that fitted.
        accumulate: batches an update.
        device: whose memory it is.
    """
    if rows == 1:
        advice = (
            "the batch is one row already, so halve context, or take fewer layers (n_layers) or a smaller "
            "d_model"
        )
    else:  # 0 where the first batch already was too large
        numbers = (f" ({rows} → {rows // 2})", f" ({accumulate} → {2 * accumulate})") if rows else ("", "")
        advice = f"halve batch{numbers[0]} and double accumulate{numbers[1]}: the same run in smaller pieces"
    return TrainingError(f"the memory of {device} ran out at step {number}: {advice}")


@contextmanager
def explaining_memory(
    number: int, rows: Callable[[], int], accumulate: int, device: torch.device
) -> Iterator[None]:
    """Turn running out of memory within a `with` block into the sentence of `out_of_memory`."""
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        raise out_of_memory(number, rows(), accumulate, device) from error


class Watch:
    """Makes sure that losses and gradients are numbers, without waiting for a GPU at every step.

    Args:
        device: where they are computed.
        kept: step → where its weights are kept, or older ones; a sentence without a full stop.
    """

    def __init__(self, device: torch.device, kept: Callable[[int], str]) -> None:
        self._every = 1 if device.type == "cpu" else LOOK_EVERY
        self._kept, self._unread = kept, list[tuple[int, dict[str, Tensor | None]]]()

    def note(self, number: int, loss: Tensor, norm: Tensor | None, largest: Tensor | None = None) -> None:
        """Take what an update gave, before the weights move: the gradient's length, or else its largest number.

        Raises:
            TrainingError: as `look`.
        """
        found = {"loss": loss, "gradient's length": norm, "gradient's largest number": largest}
        self._unread.append((number, found))
        if len(self._unread) >= self._every:
            self.look()

    def look(self) -> None:
        """Read everything that was noted.

        Raises:
            TrainingError: a loss, or the length of a gradient, is no number any more.
        """
        unread, self._unread = self._unread, []
        for number, found in unread:
            for what, tensor in found.items():
                if tensor is not None and not isfinite(value := tensor.item()):
                    raise TrainingError(
                        f"at step {number} the {what} is {value}, and training stopped; "
                        f"{self._kept(number - 1)}: go on from there with a lower learning rate, a longer "
                        "warm-up or gradients clipped shorter"
                    )
