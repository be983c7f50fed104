"""How a token is chosen: greedy, or drawn from the probabilities that the filters leave.

    logits ─▶ penalty ─▶ temperature ─▶ top-k ─▶ top-p ─▶ min-p ─▶ softmax ─▶ one token

The order is that of Hugging Face's `generate`. This file knows nothing of texts or models.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor

from tfm.generate.filters import (
    LEAST,
    MOST,
    min_p,
    repetition_penalty,
    require_number,
    require_whole,
    top_k,
    top_p,
    with_temperature,
)

SEEDS = 1 << 63  # PyTorch's generators take one more bit, which the rows of a batch may need


@dataclass(frozen=True, kw_only=True, slots=True)
class Sampling:
    """What is done to the scores, how long the text gets, and where it stops.

    Attributes:
        max_new: how many tokens are written at most.
        temperature: 0 takes the likeliest token every time (greedy); above 0 see `with_temperature`.
        top_k: see `tfm.generate.filters.top_k`; None keeps all.
        top_p: see `top_p`; None keeps all.
        min_p: see `min_p`; None keeps all.
        repetition_penalty: see `repetition_penalty`; 1 changes nothing.
        stop: ids at which a text ends; the id itself is the last one written.
        seed: of the draws, from −2⁶³ to 2⁶³ − 1; row b of a batch draws with seed + b.

    Raises:
        ValueError: a number is none or out of range, or `stop` holds no ids.

    Example:
        >>> Sampling(temperature=-1)
        Traceback (most recent call last):
        ValueError: temperature (-1) must be 0 (greedy) or a number from 1e-06 to 1e+06: 0.8 is usual
    """

    max_new: int = 100
    temperature: float = 1.0
    top_k: int | None = None
    top_p: float | None = None
    min_p: float | None = None
    repetition_penalty: float = 1.0
    stop: tuple[int, ...] = ()
    seed: int = 0

    def __post_init__(self) -> None:
        require_whole("max_new", self.max_new, 0, "is how many tokens to write, 0 or more: try 100")
        if isinstance(self.temperature, bool) or self.temperature != 0:
            require_number("temperature", self.temperature, LEAST, MOST, "0.8 is usual", "0 (greedy) or ")
        require_ids(self.stop)
        require_seed(self.seed)
        self.filtered(torch.zeros(1, 2), [[]])  # the filters know what they take

    def filtered(
        self, logits: Float[Tensor, "B V"], written: Sequence[Sequence[int]]
    ) -> Float[Tensor, "B V"]:
        """Apply the filters.

        Args:
            logits: of the next token.
            written: for each row the ids of its text so far, prompt included.

        Returns:
            B × V, with −∞ at what must not be drawn.
        """
        if self.repetition_penalty != 1:
            logits = repetition_penalty(logits, written, self.repetition_penalty)
        if self.temperature not in {0, 1}:
            logits = with_temperature(logits, self.temperature)
        if self.top_k is not None:
            logits = top_k(logits, self.top_k)
        if self.top_p is not None:
            logits = top_p(logits, self.top_p)
        return logits if self.min_p is None else min_p(logits, self.min_p)


def require_ids(stop: Any) -> None:
    """Check that what a text shall end at is a row of ids.

    Raises:
        ValueError: it is something else, such as a string.

    Example:
        >>> require_ids("ab")
        Traceback (most recent call last):
        ValueError: stop ('ab') must be a tuple of token ids, such as (0,): a string goes to stream_text(stop=...)
    """
    whole = isinstance(stop, tuple | list | set | frozenset) and all(
        isinstance(i, Integral) and not isinstance(i, bool) for i in stop
    )
    if not whole:
        raise ValueError(
            f"stop ({stop!r}) must be a tuple of token ids, such as (0,): a string goes to stream_text(stop=...)"
        )


def require_seed(seed: Any) -> None:
    """Check that a seed is one that PyTorch takes.

    Raises:
        ValueError: it is no whole number, or too large.
    """
    rule = f"must be a whole number from {-SEEDS} to {SEEDS - 1}: try 0"
    require_whole("seed", seed, -SEEDS, rule)
    if seed >= SEEDS:
        raise ValueError(f"seed ({seed}) {rule}")


GREEDY = Sampling(temperature=0.0)


class Dice:
    """Draws tokens, each row with random numbers of its own.

    Args:
        settings: seed and temperature.
        rows: B.
        device: where the probabilities are.
    """

    def __init__(self, settings: Sampling, rows: int, device: torch.device | str = "cpu") -> None:
        self.greedy = settings.temperature == 0
        self._chances = [torch.Generator(device).manual_seed(settings.seed + row) for row in range(rows)]

    def draw(self, probabilities: Float[Tensor, "B V"]) -> Int[Tensor, "B"]:
        """Choose a token for each row.

        Returns:
            B ids.
        """
        if self.greedy:
            return probabilities.argmax(-1)
        drawn = [
            torch.multinomial(p, 1, generator=g) for p, g in zip(probabilities, self._chances, strict=True)
        ]
        return torch.cat(drawn)
