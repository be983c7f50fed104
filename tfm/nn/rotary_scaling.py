"""Scaled rotary positions: slower turns, so that a longer text holds no angle that training did not show.

    linear    ω_i / factor, for every pair
    dynamic   a larger base, growing with the text, once it is longer than the texts of training
    llama3    ω_i / factor for pairs that turn less than `low` times in a text of training, ω_i for those that turn
              more than `high` times, and a mixture between
    yarn      the same idea with a ramp over the pairs, and queries and keys made larger by `size`

Sources: Chen et al., “Extending Context Window of Large Language Models via Positional Interpolation”, 2023
(linear); Peng et al., “YaRN: Efficient Context Window Extension of Large Language Models”, 2024, sections 3 and 4
(dynamic, yarn); Grattafiori et al., “The Llama 3 Herd of Models”, 2024, and `modeling_rope_utils.py` of the
`transformers` library, whose files name these kinds. This file knows nothing of attention.

| here | in Hugging Face's `rope_parameters` |
| --- | --- |
| `kind`, `factor` | `rope_type`, `factor` |
| `context` | `original_max_position_embeddings`; of dynamic, `max_position_embeddings` |
| `low`, `high` | llama3: `low_freq_factor`, `high_freq_factor`; yarn: `beta_slow`, `beta_fast` |
| `size` | `attention_factor` |
| `whole` | `truncate` |
"""

import math
from dataclasses import dataclass
from typing import Literal, get_args

import torch
from jaxtyping import Float64
from torch import Tensor

Kind = Literal["linear", "dynamic", "llama3", "yarn"]


@dataclass(frozen=True, kw_only=True, slots=True)
class RotaryScaling:
    """How the turns of rotary positions are slowed down.

    Attributes:
        kind: “linear”, “dynamic”, “llama3” or “yarn”, as above.
        factor: how much longer than in training a text may be.
        context: the longest text of the first training, in tokens; linear needs none.
        low: turns in such a text up to which a pair is slowed by the whole factor.
        high: turns from which on it is not slowed at all.
        size: what the turned queries and keys are multiplied by.
        whole: whether the ramp of yarn begins and ends at whole pairs.

    Raises:
        ValueError: a number is out of range.

    Example:
        >>> slow = RotaryScaling(kind="linear", factor=4.0)
        >>> slow.speeds(width=4, base=100.0, length=1)
        tensor([0.2500, 0.0250], dtype=torch.float64)
    """

    kind: Kind
    factor: float
    context: int = 1
    low: float = 1.0
    high: float = 4.0
    size: float = 1.0
    whole: bool = True

    def __post_init__(self) -> None:
        if self.kind not in get_args(Kind):
            raise ValueError(
                f"kind is {self.kind!r}: rotary positions are scaled as {', '.join(get_args(Kind))}"
            )
        for name in ("factor", "context", "low", "high", "size"):
            if not 0 < getattr(self, name) < math.inf:
                raise ValueError(f"{name} ({getattr(self, name)}) of scaled positions must be above 0")
        if self.kind in {"llama3", "yarn"} and not self.low < self.high:
            raise ValueError(f"low ({self.low}) of scaled positions must be below high ({self.high})")

    @property
    def grows(self) -> bool:
        """Whether the turns depend on how long the text is."""
        return self.kind == "dynamic"

    def speeds(self, width: int, base: float, length: int) -> Float64[Tensor, "half"]:
        """How far each pair of features turns from one position to the next, in radians.

        Args:
            width: D, features of a head, even.
            base: as in `tfm.nn.rotary`.
            length: tokens of the text; only dynamic asks for it.

        Returns:
            D / 2 angles.

        Raises:
            ValueError: dynamic, and a head has only one pair.
        """
        exponents = torch.arange(0, width, 2, dtype=torch.float64, device="cpu") / width  # D/2
        if self.grows:
            if width < 4:
                raise ValueError(
                    f"d_head ({width}) must be at least 4 for dynamic positions: take a wider head"
                )
            longer = self.factor * max(length, self.context) / self.context - (self.factor - 1)
            return (base * longer ** (width / (width - 2))) ** -exponents
        plain = base**-exponents
        if self.kind == "linear":
            return plain / self.factor
        kept = self._kept(plain) if self.kind == "llama3" else self._ramp(width, base)
        return plain * kept + plain / self.factor * (1 - kept)

    def _kept(self, plain: Tensor) -> Tensor:
        """Llama 3's share of each speed that stays: 0 up to `low` turns in a text, 1 from `high` on."""
        turns = self.context * plain / (2 * math.pi)
        return ((turns - self.low) / (self.high - self.low)).clamp(0, 1)

    def _ramp(self, width: int, base: float) -> Tensor:
        """YaRN's share: 1 up to the pair that turns `high` times, 0 from the one that turns `low` times."""
        first, last = (
            width * math.log(self.context / (turns * 2 * math.pi)) / (2 * math.log(base))
            for turns in (self.high, self.low)
        )
        if self.whole:
            first, last = math.floor(first), math.ceil(last)
        first, last = max(first, 0), min(last, width - 1)
        last += 0.001 * (first == last)
        pairs = torch.arange(width // 2, dtype=torch.float64, device="cpu")
        return 1 - ((pairs - first) / (last - first)).clamp(0, 1)
