"""Muon: momentum whose step has one size in every direction of a matrix, however its gradient is shaped.

    M ← μ M + (1 − μ) G            the gradient's running mean
    U = μ M + (1 − μ) G            one look ahead (Nesterov)
    O = A Bᵀ where U = A Σ Bᵀ      every singular value becomes 1, nearly, by Newton–Schulz
    W ← (1 − rate · decay) W − rate · √max(1, rows / columns) · O

A matrix's gradient is mostly a few large directions. Adam divides entry by entry and keeps them; Muon looks at the
matrix as a whole, and the small directions learn as quickly as the large ones. Sources: Jordan et al., “Muon: An
optimizer for hidden layers in neural networks”, 2024; with decay, Liu et al., “Muon is Scalable for LLM
Training”, 2025. This file knows nothing of models: which parameters are matrices to be moved so is decided in
`tfm.train.optimisers`.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

from tfm.train.device import precision as quickest
from tfm.train.newton_schulz import JORDAN, Coefficients, newton_schulz

MOST = 1e38  # a float32 holds little more


class Muon(Optimizer):
    """Momentum whose every step is made orthogonal: for the matrices of a network.

    Matrices of one shape are made orthogonal in one batched product, lying and standing ones together, so that a
    stack of equal layers needs as few products as one layer.

    Args:
        parameters: matrices, or groups of them as PyTorch's optimisers take them.
        rate: learning rate, above 0; a step's size does not depend on the gradient's, so that 0.02 suits many.
        momentum: μ, how much of the running mean stays, from 0 to below 1.
        weight_decay: times rate, the share by which matrices shrink at each step; 0 or more.
        coefficients: of Newton–Schulz, one triple for each of its steps.
        precision: dtype of its products; when None bfloat16, or float32 where the device has no such products.

    Raises:
        ValueError: a parameter has not two axes or is a process's share of one, or a number is out of range.

    Example:
        >>> layer = torch.nn.Linear(3, 3, bias=False)
        >>> before = layer.weight.detach().clone()
        >>> optimiser = Muon([layer.weight], rate=0.1)
        >>> (1000 * layer(torch.eye(3))).pow(2).sum().backward()
        >>> optimiser.step()
        >>> sizes = torch.linalg.svdvals(before - layer.weight.detach())
        >>> bool((sizes < 0.13).all())  # about the rate in every direction, however large the gradient
        True

    Source: Jordan et al., 2024.
    """

    def __init__(
        self,
        parameters: Iterable[Any],
        rate: float = 0.02,
        momentum: float = 0.95,
        weight_decay: float = 0.0,
        *,
        coefficients: Sequence[Coefficients] = JORDAN,
        precision: torch.dtype | None = None,
    ) -> None:
        require_rate(rate)
        require_decay(weight_decay)
        if not 0 <= momentum < 1:
            raise ValueError(f"momentum ({momentum}) must be from 0 to below 1: 0.95 is usual")
        self.coefficients, self.precision = tuple(coefficients), precision
        super().__init__(parameters, {"lr": rate, "momentum": momentum, "weight_decay": weight_decay})
        for parameter in (p for group in self.param_groups for p in group["params"]):
            if parameter.ndim != 2:
                raise ValueError(
                    f"Muon moves matrices, and a parameter has {parameter.ndim} axes: "
                    "leave it to AdamW, as muon() does"
                )
            if hasattr(parameter, "full_tensor"):
                raise ValueError(
                    "Muon moves whole matrices, and these are cut up among processes: train with parallel=ddp, "
                    "or with AdamW"
                )

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:  # type: ignore[override]
        """Move every matrix that has a gradient.

        Args:
            closure: computes the loss anew, as PyTorch's optimisers allow; None is usual.

        Returns:
            The closure's loss, or None.
        """
        loss = loss_of(closure)
        for group in self.param_groups:
            for matrices in _by_shape(p for p in group["params"] if p.grad is not None):
                self._move(matrices, group)
        return loss

    def _move(self, matrices: list[Tensor], group: dict[str, Any]) -> None:
        """Move matrices of one shape, up to lying and standing, by one batched Newton–Schulz."""
        dtype = self.precision or quickest(matrices[0].device)
        lying = torch.stack([self._ahead(p, group["momentum"], dtype) for p in matrices])  # N R K, R ≤ K
        made = newton_schulz(lying, self.coefficients).to(matrices[0].dtype)
        for matrix, direction in zip(matrices, made, strict=True):
            rows, columns = matrix.shape
            if group["weight_decay"]:
                matrix.mul_(1 - group["lr"] * group["weight_decay"])
            matrix.sub_(
                direction.mT if rows > columns else direction,
                alpha=group["lr"] * max(1.0, rows / columns) ** 0.5,
            )

    def _ahead(self, matrix: Tensor, momentum: float, dtype: torch.dtype) -> Tensor:
        """Take the gradient into its running mean and look one step ahead; lying, in the products' dtype."""
        gradient, state = matrix.grad, self.state[matrix]
        assert gradient is not None
        if not state:
            state["mean"] = torch.zeros_like(matrix)
        mean = state["mean"].lerp_(gradient, 1 - momentum)
        ahead = gradient.lerp(mean, momentum).to(dtype)
        return ahead.mT if ahead.shape[0] > ahead.shape[1] else ahead


def loss_of(closure: Callable[[], Any] | None) -> Any:
    """Call a closure as PyTorch's optimisers do, with gradients; None where there is none."""
    if closure is None:
        return None
    with torch.enable_grad():
        return closure()


def require_rate(rate: float) -> None:
    """Check a learning rate.

    Raises:
        ValueError: it is not a number above 0, or no float32 holds it.
    """
    if not 0 < rate < MOST:
        raise ValueError(
            f"the learning rate ({rate}) must be a number above 0, and below 1e38: 0.001 suits Adam, 0.02 Muon"
        )


def require_decay(weight_decay: float) -> None:
    """Check a weight decay.

    Raises:
        ValueError: it is not 0 or more.
    """
    if not 0 <= weight_decay < MOST:
        raise ValueError(f"weight_decay ({weight_decay}) must be 0 or more: 0.1 is usual")


def _by_shape(parameters: Iterable[Tensor]) -> Iterable[list[Tensor]]:
    """Put parameters together whose shapes are one, lying or standing, on one device."""
    found: dict[tuple[Any, ...], list[Tensor]] = {}
    for p in parameters:
        found.setdefault((*sorted(p.shape), p.device, p.dtype), []).append(p)
    return found.values()
