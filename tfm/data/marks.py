"""The three ids of a vocabulary of pairs that stand for no word. This file knows nothing of tensors."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Marks:
    """The ids that stand for no word.

    Attributes:
        pad: fills a row up on the right.
        start: what the decoder reads first.
        end: what it shall write last.
    """

    pad: int
    start: int
    end: int

    def __post_init__(self) -> None:
        if len({self.pad, self.start, self.end}) < 3:
            raise ValueError(
                f"pad ({self.pad}), start ({self.start}) and end ({self.end}) must be three different ids, for "
                "padding is left out of the loss and the other two are not"
            )
