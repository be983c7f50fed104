"""What reading any foreign layout takes: each tensor taken once, each shape compared, none left over."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from tfm.models.gpt import GPT
from tfm.models.gpt_config import GPTConfig
from tfm.shapes import shape_text


def take(unread: dict[str, Tensor], name: str) -> Tensor:
    """Take a tensor out of those that are not read yet.

    Raises:
        ValueError: it is not there.
    """
    if name not in unread:
        raise ValueError(f"the weights have no tensor {name}: take a complete model, not a part of one")
    return unread.pop(name)


def assemble(
    config: GPTConfig, ours: Mapping[str, Tensor], unread: Mapping[str, Tensor], dtype: torch.dtype
) -> GPT:
    """Build a GPT from tensors under our names; nothing is drawn at random, and no memory is taken twice.

    Args:
        config: the sizes the tensors must have.
        ours: every tensor of the model, `scores.weight` only where it is not tied.
        unread: what is left of the file; must be empty.
        dtype: of the weights.

    Returns:
        A model in evaluation mode.

    Raises:
        ValueError: a shape is wrong, or a tensor is left over.
    """
    with torch.device("meta"):  # shapes without memory
        model: Any = GPT(config)
    for name, tensor in model.state_dict().items():
        if name in ours and ours[name].shape != tensor.shape:
            raise ValueError(
                f"the weights make {name} {shape_text(ours[name].shape)} and config.json makes it "
                f"{shape_text(tensor.shape)}: take weights and config.json from one model"
            )
    if unread:
        raise ValueError(
            f"the weights have a tensor {min(unread)} and a model of {config.n_layers} layers has no place for "
            "it: take weights and config.json from one model"
        )
    copies = {name: tensor.to(dtype, copy=True).contiguous() for name, tensor in ours.items()}
    if config.tied:
        copies["scores.weight"] = copies["tokens.weight"]
    model.load_state_dict(copies, assign=True)
    if config.tied:
        model.scores.weight = model.tokens.weight
    return model.eval()


def require_only(theirs: Mapping[str, Any], only: Mapping[str, Any]) -> None:
    """Check that a config.json says nothing that our model does not do; what it does not say is as it should be.

    Raises:
        ValueError: it does.
    """
    for key, value in only.items():
        if theirs.get(key, value) != value:
            raise ValueError(
                f"config.json says {key} = {theirs[key]!r}, and only {value!r} is read here: take another model"
            )


def field(theirs: Mapping[str, Any], key: str) -> Any:
    """Give what a config.json says.

    Raises:
        ValueError: it does not say it.
    """
    if key not in theirs:
        raise ValueError(f"config.json does not say {key}: take the config.json of the model")
    return theirs[key]
