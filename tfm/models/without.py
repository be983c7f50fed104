"""Stand-ins for parts that are left out of a layer, so that a stack can be trained without them.

A stand-in has the shape of what it replaces and no parameters: `Nothing` where attention or feed-forward stood
adds zeros, `NoPositions` gives every place the code 0, `NormAlone` is pre-norm without the residual path and
`AddAlone` the residual path without a norm (with `nn.Identity` for the last one). Removing one component at a
time is how Vaswani et al., 2017, table 3, and many after them ask what a component is for. This file knows
nothing of tasks.
"""

from collections.abc import Callable
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn


class Nothing(nn.Module):
    """In the place of attention or a feed-forward network: B × T × C zeros, whatever comes in.

    Example:
        >>> Nothing(8, 2)(torch.ones(1, 1, 3))
        tensor([[[0., 0., 0.]]])
    """

    def __init__(self, *_: Any) -> None:
        super().__init__()

    def forward(self, x: Float[Tensor, "B T C"], **_: Any) -> Float[Tensor, "B T C"]:
        """Give zeros of the shape of `x`."""
        return torch.zeros_like(x)


class NoPositions(nn.Module):
    """In the place of position codes: T × C zeros, so that every place looks alike.

    Example:
        >>> NoPositions(16, 4)(2)
        tensor([[0., 0., 0., 0.],
                [0., 0., 0., 0.]])
    """

    def __init__(self, max_positions: int, d_model: int) -> None:
        super().__init__()
        self.max_positions, self.d_model = max_positions, d_model

    def forward(self, n: int, start: int = 0) -> Float[Tensor, "T C"]:
        """Give the codes of n positions: zeros, wherever they start."""
        del start
        return torch.zeros(n, self.d_model)


class NormAlone(nn.Module):
    """Pre-norm without the residual path: part(norm(x)). What came before is gone.

    Example:
        >>> NormAlone(nn.Identity())(torch.ones(1, 1, 2), lambda x: 3 * x)
        tensor([[[3., 3.]]])
    """

    def __init__(self, norm: nn.Module) -> None:
        super().__init__()
        self.norm = norm

    def forward(self, x: Float[Tensor, "B T C"], part: Callable[[Tensor], Tensor]) -> Float[Tensor, "B T C"]:
        """Send the normalised `x` through `part`, and nothing around it."""
        return part(self.norm(x))


class AddAlone(nn.Module):
    """The residual path without a norm: x + part(x).

    Example:
        >>> AddAlone(nn.Identity())(torch.ones(1, 1, 2), lambda x: 3 * x)
        tensor([[[4., 4.]]])
    """

    def __init__(self, norm: nn.Module) -> None:
        super().__init__()
        del norm

    def forward(self, x: Float[Tensor, "B T C"], part: Callable[[Tensor], Tensor]) -> Float[Tensor, "B T C"]:
        """Send `x` through `part` and around it."""
        return x + part(x)
