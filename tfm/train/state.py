"""A model's and its optimiser's state, whole, wherever the parts lie; read and put back on every process.

With “fsdp” each process holds a share of every tensor: PyTorch brings them together for the first process, which
writes the file, and shares them out again. Otherwise each module gives and takes its own. This file knows nothing
of files.
"""

from collections.abc import Mapping
from typing import Any, cast

from torch import Tensor, nn
from torch.distributed.checkpoint import state_dict as whole
from torch.distributed.fsdp import FSDPModule
from torch.optim import Optimizer


def is_sharded(model: nn.Module) -> bool:
    """Whether a model's parameters are shared out over processes."""
    return isinstance(model, FSDPModule)


def get_state(model: nn.Module, optimiser: Optimizer) -> tuple[dict[str, Tensor], Any]:
    """Take the states of both; for a sharded model, they are empty in all processes but the first."""
    if not is_sharded(model):
        return model.state_dict(), optimiser.state_dict()
    options = whole.StateDictOptions(full_state_dict=True, cpu_offload=True)
    weights, moments = whole.get_state_dict(model, optimiser, options=options)
    return cast("dict[str, Tensor]", weights), moments


def get_weights(model: nn.Module) -> dict[str, Tensor]:
    """Take the weights alone."""
    if not is_sharded(model):
        return model.state_dict()
    options = whole.StateDictOptions(full_state_dict=True, cpu_offload=True)
    return cast("dict[str, Tensor]", whole.get_model_state_dict(model, options=options))


def set_state(model: nn.Module, optimiser: Optimizer, weights: Mapping[str, Tensor], moments: Any) -> None:
    """Put states back; each process passes all of them.

    Raises:
        ValueError: they belong to another model or optimiser.
    """
    if is_sharded(model):
        options = whole.StateDictOptions(full_state_dict=True)
        whole.set_state_dict(
            model,
            optimiser,
            model_state_dict=cast("Any", _with_shared(model, weights)),
            optim_state_dict=moments,
            options=options,
        )
        return
    set_weights(model, weights)
    try:
        optimiser.load_state_dict(moments)
    except (ValueError, KeyError) as error:
        raise ValueError(
            f"the checkpoint's optimiser is another one than {type(optimiser).__name__} of this run ({error}): go "
            "on with the optimiser it was saved with"
        ) from None


def set_weights(model: nn.Module, weights: Mapping[str, Tensor]) -> None:
    """Put weights into a model.

    Raises:
        ValueError: a name or a shape differs; the sentence names the first.
    """
    if is_sharded(model):
        options = whole.StateDictOptions(full_state_dict=True)
        whole.set_model_state_dict(model, cast("Any", _with_shared(model, weights)), options=options)
        return
    state, here = _with_shared(model, weights), model.state_dict()
    shapes = {name: tuple(tensor.shape) for name, tensor in here.items()}
    found = {name: tuple(tensor.shape) for name, tensor in state.items()}
    for name in sorted(shapes.keys() | found.keys()):
        if shapes.get(name) != found.get(name):
            raise ValueError(
                f"the checkpoint belongs to another model: {name} is {_words(found.get(name))} there and "
                f"{_words(shapes.get(name))} here: give the configuration and vocabulary it was saved with"
            )
    model.load_state_dict(state)


def _with_shared(model: nn.Module, weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Give every name its tensor: of several names for one memory, a file holds the first."""
    first: dict[int, str] = {}
    state = dict(weights)
    for name, parameter in model.named_parameters(remove_duplicate=False):
        original = first.setdefault(id(parameter), name)
        if name not in state and original in state:
            state[name] = state[original]
    return state


def _words(shape: tuple[int, ...] | None) -> str:
    return "missing" if shape is None else f"of shape {shape}"
