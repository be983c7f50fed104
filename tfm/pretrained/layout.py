"""What reading any foreign layout takes: each tensor taken once, each shape compared, none left over."""

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any, Protocol, runtime_checkable

import torch
from torch import Tensor, nn

from tfm.models.gpt import GPT
from tfm.models.gpt_config import GPTConfig
from tfm.names import printable
from tfm.shapes import shape_text

NUMBERS = (torch.float16, torch.bfloat16, torch.float32, torch.float64)


@runtime_checkable
class Layers(Protocol):
    """A configuration that counts layers."""

    @property
    def n_layers(self) -> int:
        """How many layers are stacked."""


def empty(kind: type[nn.Module], config: Layers, tensors: Mapping[str, Any]) -> Any:
    """Build a model that has shapes and no memory, unless the tensors at hand cannot fill it.

    Args:
        kind: of the model.
        config: its configuration.
        tensors: what is there to fill it.

    Returns:
        The model on the meta device; nothing is drawn at random.

    Raises:
        ValueError: there are fewer tensors than layers.
    """
    require_layers(config, tensors)
    with torch.device("meta"):
        return kind(config)


def require_layers(config: Layers, tensors: Mapping[str, Any]) -> None:
    """Make sure that there can be as many layers as a configuration says, before anything is made of each.

    Raises:
        ValueError: there are fewer tensors than layers.
    """
    if config.n_layers > len(tensors):
        raise ValueError(
            f"config.json asks for {config.n_layers:,} layers, and the weights have {len(tensors):,} tensors in "
            "all: take weights and config.json from one model"
        )


def without_prefix(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """Name tensors without what a larger model puts before their names.

    Raises:
        ValueError: one is there with the prefix and without it.
    """
    plain = {name.removeprefix(prefix): tensor for name, tensor in tensors.items()}
    if len(plain) < len(tensors):
        twice = next(
            name for name in tensors if name.startswith(prefix) and name.removeprefix(prefix) in tensors
        )
        raise ValueError(f"the weights have {twice} also without “{prefix}”: take the files of one model")
    return plain


def take(unread: dict[str, Tensor], name: str) -> Tensor:
    """Take a tensor out of those that are not read yet.

    Raises:
        ValueError: it is not there, or holds no plain numbers.
    """
    if name not in unread:
        raise ValueError(f"the weights have no tensor {name}: take a complete model, not a part of one")
    return numbers(name, unread.pop(name))


def numbers(name: str, tensor: Tensor) -> Tensor:
    """Give a tensor of floating-point numbers.

    Raises:
        ValueError: it holds whole numbers or bytes, as a quantised model does.
    """
    if tensor.dtype not in NUMBERS:
        kinds = ", ".join(str(dtype).removeprefix("torch.") for dtype in NUMBERS)
        raise ValueError(
            f"the weights have {name} as {str(tensor.dtype).removeprefix('torch.')}, and {kinds} are read: take "
            "a model that is not quantised"
        )
    return tensor


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
    model = empty(GPT, config, ours)
    for name, tensor in model.state_dict().items():
        if name in ours and ours[name].shape != tensor.shape:
            raise ValueError(
                f"the weights make {name} {shape_text(ours[name].shape)} and config.json makes it "
                f"{shape_text(tensor.shape)}: take weights and config.json from one model"
            )
    if unread:
        raise ValueError(
            f"the weights have a tensor {printable(min(unread))} and a model of {config.n_layers} layers has no "
            "place for it: take weights and config.json from one model"
        )
    copies = {name: tensor.to(dtype, copy=True).contiguous() for name, tensor in ours.items()}
    if config.tied:
        copies["scores.weight"] = copies["tokens.weight"]
    model.load_state_dict(copies, assign=True)
    if config.tied:
        model.scores.weight = model.tokens.weight
    return model.eval()  # type: ignore[no-any-return]


def scores(unread: dict[str, Tensor], config: GPTConfig, table: Tensor) -> dict[str, Tensor]:
    """Take the table that scores tokens; one that is tied may be there a second time, or not.

    Raises:
        ValueError: it should be tied, and is another one.
    """
    if config.tied and "lm_head.weight" not in unread:
        return {}
    head = take(unread, "lm_head.weight")
    if not config.tied:
        return {"scores.weight": head}
    if head.shape != table.shape or not torch.equal(head, table):
        raise ValueError(
            "config.json says tie_word_embeddings, and lm_head.weight differs from the table of tokens: write "
            "“tie_word_embeddings”: false if both are meant"
        )
    return {}


def require_same(config: GPTConfig, again: GPTConfig, layout: str) -> None:
    """Make sure that what was written in another layout is read as the same model.

    Args:
        config: of the model.
        again: what the other layout says of it; dropout apart, which no reader of weights asks for.
        layout: its name.

    Raises:
        ValueError: a field is another one.
    """
    config = replace(config, dropout=0.0)
    for field in fields(config):
        mine, theirs = getattr(config, field.name), getattr(again, field.name)
        if mine != theirs:
            raise ValueError(
                f"{field.name} = {mine!r} has no place in {layout}'s layout, which makes it {theirs!r}: save "
                "this model with save_model"
            )
