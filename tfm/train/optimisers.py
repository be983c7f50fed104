"""Optimisers: AdamW that decays matrices alone, and Muon, whose step has one size in every direction of a matrix.

    M ← μ M + (1 − μ) G            the gradient's running mean
    U = μ M + (1 − μ) G            one look ahead (Nesterov)
    O = A Bᵀ where U = A Σ Bᵀ      every singular value becomes 1, nearly, by Newton–Schulz
    W ← (1 − rate · decay) W − rate · √max(1, rows / columns) · O

A matrix's gradient is mostly a few large directions. Adam divides entry by entry and keeps them; Muon looks at the
matrix as a whole, and the small directions learn as quickly as the large ones. Sources: Jordan et al., “Muon: An
optimizer for hidden layers in neural networks”, 2024; with decay, Liu et al., “Muon is Scalable for LLM
Training”, 2025; AdamW is Loshchilov and Hutter, “Decoupled Weight Decay Regularization”, 2019.

Muon is meant for the matrices inside the layers. Embeddings, scores, norms and biases keep Adam: `muon` makes that
division. All of this is for any module; this file knows nothing of models, schedules or the loop.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import AdamW, Optimizer

from tfm.train.device import precision as quickest
from tfm.train.newton_schulz import JORDAN, Coefficients, newton_schulz


def adamw(
    model: nn.Module,
    rate: float = 1e-3,
    weight_decay: float = 0.1,
    betas: tuple[float, float] = (0.9, 0.95),
    eps: float = 1e-8,
) -> AdamW:
    """AdamW over everything that learns in a model, with decay on what has two axes or more.

    Norms and biases are left alone: to pull a norm's weights towards 0 would silence what it scales. All
    parameters move in one kernel where PyTorch has it for their device.

    Args:
        model: any module.
        rate: learning rate, above 0.
        weight_decay: times rate, the share by which matrices shrink at each step; 0 or more.
        betas: how much of the running means of the gradient and of its square stays, each from 0 to below 1.
        eps: added to the root of the mean square.

    Returns:
        PyTorch's optimiser, with one group for what decays and one for what does not.

    Raises:
        ValueError: a number is out of range, or nothing in the model learns.

    Example:
        >>> optimiser = adamw(nn.Linear(3, 2), rate=1e-3, weight_decay=0.1)
        >>> [(tuple(group["params"][0].shape), group["weight_decay"]) for group in optimiser.param_groups]
        [((2, 3), 0.1), ((2,), 0.0)]

    Source: Loshchilov and Hutter, 2019, algorithm 2.
    """
    _require_decay(weight_decay)
    learning = _learning(model).values()
    return _adam(
        [
            {"params": [p for p in learning if p.ndim >= 2], "lr": rate, "weight_decay": weight_decay},
            {"params": [p for p in learning if p.ndim < 2], "lr": rate, "weight_decay": 0.0},
        ],
        betas,
        eps,
    )


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
        ValueError: a parameter has not two axes, or a number is out of range.

    Example:
        >>> layer = nn.Linear(3, 3, bias=False)
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
        _require_rate(rate)
        _require_decay(weight_decay)
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

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:  # type: ignore[override]
        """Move every matrix that has a gradient.

        Args:
            closure: computes the loss anew, as PyTorch's optimisers allow; None is usual.

        Returns:
            The closure's loss, or None.
        """
        loss = _loss(closure)
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


class Together(Optimizer):
    """Several optimisers, each with parameters of its own, that step, save and load as one.

    Args:
        optimisers: with no parameter in common.

    Raises:
        ValueError: two of them have a parameter in common.

    Example:
        >>> layer = nn.Linear(3, 2)
        >>> both = Together(Muon([layer.weight]), AdamW([layer.bias]))
        >>> len(both.param_groups)
        2
    """

    def __init__(self, *optimisers: Optimizer) -> None:
        self.optimisers = optimisers
        super().__init__([group for one in optimisers for group in one.param_groups], {})
        for one in optimisers:
            self.state.update(one.state)
        self._share()

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:  # type: ignore[override]
        """Let each of them take its step; a closure computes the loss once, before the first."""
        loss = _loss(closure)
        for one in self.optimisers:
            one.step()
        return loss

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from what `state_dict` gave."""
        super().load_state_dict(state_dict)
        self._share()

    def _share(self) -> None:
        """Keep one list of groups and one set of states, so that a rate that is changed here is changed there."""
        start = 0
        for one in self.optimisers:
            end = start + len(one.param_groups)
            one.param_groups, one.state = self.param_groups[start:end], self.state
            start = end


def muon(
    model: nn.Module,
    rate: float = 0.02,
    weight_decay: float = 0.0,
    momentum: float = 0.95,
    *,
    adam_rate: float = 3e-3,
    rates: Mapping[str, float] | None = None,
    betas: tuple[float, float] = (0.8, 0.95),
    coefficients: Sequence[Coefficients] = JORDAN,
    precision: torch.dtype | None = None,
) -> Together:
    """Muon for the weights of a model's `nn.Linear` modules, AdamW without decay for the rest, as one optimiser.

    What features are multiplied with is a matrix. Embeddings, learned positions and `Unembedding` are tables, with
    a row for each token or place, and a table stays one when a linear module shares it.

    Args:
        model: any module.
        rate: of Muon.
        weight_decay: of Muon's matrices.
        momentum: of Muon.
        adam_rate: of everything else.
        rates: name of a parameter, or of a module that holds it → its own rate in AdamW, as {"scores": 0.008}; a
            matrix that is named here leaves Muon.
        betas: of AdamW.
        coefficients: of Newton–Schulz.
        precision: of its products, as for `Muon`.

    Returns:
        One optimiser of both.

    Raises:
        ValueError: a number is out of range, a name in `rates` is nobody's, or no matrix is left for Muon.

    Example:
        >>> model = nn.Sequential(nn.Embedding(5, 4), nn.Linear(4, 4), nn.Linear(4, 5))
        >>> optimiser = muon(model, rates={"2": 0.01})
        >>> [(len(group["params"]), group["lr"]) for group in optimiser.param_groups]
        [(1, 0.02), (2, 0.01), (2, 0.003)]

    Source: Jordan et al., 2024.
    """
    rest = _learning(model)
    groups = [{"params": _take(rest, name), "lr": rate_there} for name, rate_there in (rates or {}).items()]
    matrices = [rest.pop(name) for name in _linear_weights(model, rest)]
    if not matrices:
        raise ValueError("no weight of an nn.Linear is left for Muon in this model: use adamw")
    first = Muon(matrices, rate, momentum, weight_decay, coefficients=coefficients, precision=precision)
    second = _adam([*groups, {"params": list(rest.values()), "lr": adam_rate}], betas, weight_decay=0.0)
    return Together(first, second) if second else Together(first)


def _adam(
    groups: Sequence[dict[str, Any]], betas: tuple[float, float], eps: float = 1e-8, weight_decay: float = 0.0
) -> AdamW:
    """Make AdamW of the groups that are not empty, fused where every parameter's device has the kernel."""
    filled = [group for group in groups if group["params"]]
    for group in filled:
        _require_rate(group["lr"])
    devices = {p.device.type for group in filled for p in group["params"]}
    return AdamW(
        filled,
        betas=betas,
        eps=eps,
        weight_decay=weight_decay,
        fused=devices <= {"cpu", "cuda", "mps"} or None,
    )


def _learning(model: nn.Module) -> dict[str, nn.Parameter]:
    """Every parameter that learns, once, by name."""
    found = {name: p for name, p in model.named_parameters() if p.requires_grad}
    if not found:
        raise ValueError("nothing in this model learns: give it parameters that require gradients")
    return found


def _linear_weights(model: nn.Module, names: Iterable[str]) -> list[str]:
    """Names of the parameters among `names` that some `nn.Linear` multiplies with and no embedding shares."""
    tables = {id(m.weight) for m in model.modules() if isinstance(m, nn.Embedding)}
    linear = {id(m.weight) for m in model.modules() if isinstance(m, nn.Linear)} - tables
    parameters = dict(model.named_parameters())
    return [name for name in names if id(parameters[name]) in linear]


def _take(rest: dict[str, nn.Parameter], name: str) -> list[nn.Parameter]:
    """Take the parameters of a name, or of the module with that name, out of those that are left."""
    taken = [key for key in rest if key == name or key.startswith(name + ".")]
    if not taken:
        parts = sorted({key.split(".")[0] for key in rest})
        raise ValueError(
            f"rates names {name!r}, which nothing that is left is called: there are {', '.join(parts)}"
        )
    return [rest.pop(key) for key in taken]


def _by_shape(parameters: Iterable[Tensor]) -> Iterable[list[Tensor]]:
    """Put parameters together whose shapes are one, lying or standing, on one device."""
    found: dict[tuple[Any, ...], list[Tensor]] = {}
    for p in parameters:
        found.setdefault((*sorted(p.shape), p.device, p.dtype), []).append(p)
    return found.values()


def _loss(closure: Callable[[], Any] | None) -> Any:
    if closure is None:
        return None
    with torch.enable_grad():
        return closure()


def _require_rate(rate: float) -> None:
    if not 0 < rate < float("inf"):
        raise ValueError(f"the learning rate ({rate}) must be a number above 0: 0.001 suits Adam, 0.02 Muon")


def _require_decay(weight_decay: float) -> None:
    if not 0 <= weight_decay < float("inf"):
        raise ValueError(f"weight_decay ({weight_decay}) must be 0 or more: 0.1 is usual")
