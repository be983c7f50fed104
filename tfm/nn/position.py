"""Positions that are added to the tokens' vectors: a table of sines and cosines, or a learned one.

    Sinusoidal(p)[2i] = sin(p · ω_i)      Sinusoidal(p)[2i + 1] = cos(p · ω_i)      ω_i = base^(−2i / C)
    Learned(p) = weight[p]

The pair of features 2i and 2i + 1 is the hand of a clock: p steps move it by the angle p · ω_i, the first pair
fastest. Even *features* are sines and odd ones cosines, at every position. Sources: Vaswani et al., “Attention
Is All You Need”, 2017, section 3.5; for learned positions Gehring et al., “Convolutional Sequence to Sequence
Learning”, 2017, section 3.1. The NumPy twin is `tfm.lessons.positions.twin`. This file knows nothing of attention:
positions that act inside it are `tfm.nn.rotary` and `tfm.nn.alibi`.
"""

from collections.abc import Callable

import torch
from jaxtyping import Float, Float64
from torch import Tensor, nn

FEWEST_ROWS = 64  # a table that is asked for one row more at a time is not computed anew each time


def require_pairs(name: str, width: int, base: float) -> None:
    """Check that a width can be cut into pairs of features, and that a base slows the later pairs down.

    Raises:
        ValueError: the width is odd or below 2, or the base is not a finite number above 1.

    Example:
        >>> require_pairs("d_head", 7, 10_000.0)
        Traceback (most recent call last):
        ValueError: d_head (7) must be even and at least 2, because positions turn features in pairs: try 8
    """
    if width < 2 or width % 2:
        raise ValueError(
            f"{name} ({width}) must be even and at least 2, because positions turn features in pairs: "
            f"try {max(2, width + width % 2)}"
        )
    if not 1 < base < float("inf"):
        raise ValueError(
            f"base ({base}) must be a finite number above 1, so that later pairs turn more slowly: try 10000"
        )


def angles(start: int, n: int, width: int, base: float) -> Float64[Tensor, "T _"]:
    """How far each pair of features has turned at n positions in a row, in radians.

    angle[p, i] = (start + p) · base^(−2i / width)

    In float64 on the CPU, whatever the model computes in: at position 100,000 float32 would be wrong by up to
    0.004 radians, and bfloat16 by whole turns.

    Args:
        start: the first position.
        n: how many positions, T.
        width: number of features, even.
        base: above 1; the slowest pair turns nearly base times as slowly as the first.

    Returns:
        T × width / 2.

    Example:
        >>> angles(start=10, n=2, width=4, base=100.0)
        tensor([[10.0000,  1.0000],
                [11.0000,  1.1000]], dtype=torch.float64)
    """
    speeds = base ** (-torch.arange(0, width, 2, dtype=torch.float64, device="cpu") / width)
    return torch.arange(start, start + n, dtype=torch.float64, device="cpu")[:, None] * speeds


def require_start(start: int) -> None:
    """Check that counting begins at 0 or later.

    Raises:
        ValueError: `start` is negative.

    Example:
        >>> require_start(-1)
        Traceback (most recent call last):
        ValueError: the first position (-1) must be 0 or more: pass how many tokens came before
    """
    if start < 0:
        raise ValueError(f"the first position ({start}) must be 0 or more: pass how many tokens came before")


class GrowingTable:
    """Rows computed once in float64 and kept, in the dtype and on the device that last asked.

    While `torch.compile` traces, rows that are there are used, and missing ones are computed but not kept: a model
    that was called once before it is compiled has its table.

    Args:
        make: a function of n that computes the first n rows.

    Example:
        >>> GrowingTable(lambda n: torch.arange(n, dtype=torch.float64)).rows(3, like=torch.zeros(1))
        tensor([0., 1., 2.])
    """

    def __init__(self, make: Callable[[int], Tensor]) -> None:
        self._make = make
        self._kept: Tensor | None = None

    def rows(self, n: int, like: Tensor) -> Tensor:
        """Give the first n rows, in the dtype and on the device of `like`."""
        kept = self._kept
        if kept is None or len(kept) < n or kept.dtype != like.dtype or kept.device != like.device:
            if torch.compiler.is_compiling():
                return self._make(n).to(like.device, like.dtype)
            with torch.inference_mode(mode=False):  # what inference makes, training could not use
                kept = self._make(max(FEWEST_ROWS, 1 << (n - 1).bit_length())).to(like.device, like.dtype)
            self._kept = kept
        return kept[:n]


class SinusoidalPositions(nn.Module):
    """Sines and cosines of the position, at C / 2 speeds: nothing to learn, and no last position.

    Args:
        d_model: width C, even.
        base: how much slower the slowest pair is than the first.

    Raises:
        ValueError: `d_model` is odd, or `base` is not above 1.

    Example:
        >>> SinusoidalPositions(d_model=4, base=100.0)(2)
        tensor([[0.0000, 1.0000, 0.0000, 1.0000],
                [0.8415, 0.5403, 0.0998, 0.9950]])

    Source: Vaswani et al., 2017, section 3.5.
    """

    like: Tensor

    def __init__(self, d_model: int, base: float = 10_000.0) -> None:
        super().__init__()
        require_pairs("d_model", d_model, base)
        self.d_model, self.base = d_model, base
        self.register_buffer("like", torch.empty(0), persistent=False)  # follows the model's dtype and device
        self._table = GrowingTable(self._rows)

    def forward(self, n: int, start: int = 0) -> Float[Tensor, "T C"]:
        """Give the codes of n positions in a row.

        Args:
            n: number of tokens T.
            start: position of the first of them; with a cache, how many tokens came before.

        Returns:
            T × C, to be added to the tokens' vectors.

        Raises:
            ValueError: `start` is negative.
        """
        require_start(start)
        return self._table.rows(start + n, self.like)[start:]

    def _rows(self, n: int) -> Tensor:
        turned = angles(0, n, self.d_model, self.base)  # T C/2
        return torch.stack([turned.sin(), turned.cos()], dim=-1).flatten(1)  # T C: sin, cos, sin, cos, …

    def extra_repr(self) -> str:
        """Say width and base when the module is printed."""
        return f"{self.d_model}, base={self.base:g}"


class LearnedPositions(nn.Module):
    """One learned row of C numbers for each place in the sentence, up to a last one.

    Args:
        max_positions: how many places have a row.
        d_model: width C.

    Example:
        >>> LearnedPositions(max_positions=512, d_model=4)(3).shape
        torch.Size([3, 4])

    Source: Gehring et al., 2017, section 3.1; used by BERT and GPT-2.
    """

    def __init__(self, max_positions: int, d_model: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(max_positions, d_model).normal_(std=0.02))

    def forward(self, n: int, start: int = 0) -> Float[Tensor, "T C"]:
        """Give the rows of n places in a row.

        Args:
            n: number of tokens T.
            start: place of the first of them; with a cache, how many tokens came before.

        Returns:
            T × C, to be added to the tokens' vectors.

        Raises:
            ValueError: the last place has no learned row, or `start` is negative.
        """
        require_start(start)
        if start + n > len(self.weight):
            raise ValueError(
                f"the text has {start + n} tokens and this encoder has learned {len(self.weight)} positions: "
                f"shorten it to {len(self.weight)} tokens"
            )
        return self.weight[start : start + n]

    def extra_repr(self) -> str:
        """Say the table's size when the module is printed."""
        return f"{self.weight.shape[0]}, {self.weight.shape[1]}"
