"""Optimisers of a whole model: AdamW that decays matrices alone, and Muon beside AdamW, as one.

    W ← (1 − rate · decay) W − rate · Adam(G)      W a matrix or a table; norms and biases without the decay

Sources: Loshchilov and Hutter, “Decoupled Weight Decay Regularization”, 2019; for the division of labour Jordan et
al., “Muon: An optimizer for hidden layers in neural networks”, 2024: Muon is meant for the matrices inside the
layers, and embeddings, scores, norms and biases keep Adam. All of this is for any module; this file knows nothing
of models, schedules or the loop.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import torch
from torch import nn
from torch.optim import AdamW, Optimizer

from tfm.train.muon import Muon, loss_of, require_decay, require_rate
from tfm.train.newton_schulz import JORDAN, Coefficients


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
    require_decay(weight_decay)
    learning = _learning(model).values()
    return _adam(
        [
            {"params": [p for p in learning if p.ndim >= 2], "lr": rate, "weight_decay": weight_decay},
            {"params": [p for p in learning if p.ndim < 2], "lr": rate, "weight_decay": 0.0},
        ],
        betas,
        eps,
    )


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
        loss = loss_of(closure)
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
    groups = [*groups, {"params": list(rest.values()), "lr": adam_rate}]
    return Together(first, _adam(groups, betas)) if any(g["params"] for g in groups) else Together(first)


def _adam(groups: Sequence[dict[str, Any]], betas: tuple[float, float], eps: float = 1e-8) -> AdamW:
    """Make AdamW of the groups that are not empty, fused where every parameter's device has the kernel."""
    filled = [group for group in groups if group["params"]]
    for group in filled:
        require_rate(group["lr"])
    devices = {p.device.type for group in filled for p in group["params"]}
    return AdamW(
        filled,
        betas=betas,
        eps=eps,
        weight_decay=0.0,
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
