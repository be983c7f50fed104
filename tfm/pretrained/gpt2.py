"""The layout of Hugging Face's GPT-2, and the way there and back.

Their matrices stand the other way round (in × out), and query, key and value lie side by side in one. Source:
`GPT2LMHeadModel` and `GPT2Config` of the `transformers` library; weights of Radford et al., 2019.

| here | in Hugging Face's state, behind `transformer.` |
| --- | --- |
| `tokens`, `positions`, `norm` | `wte`, `wpe`, `ln_f` |
| `layers.0.attention.query`, `.key`, `.value` | thirds of `h.0.attn.c_attn` |
| `layers.0.attention.output` | `h.0.attn.c_proj` |
| `layers.0.feed_forward.up`, `.down` | `h.0.mlp.c_fc`, `h.0.mlp.c_proj` |
| `layers.0.attention_residual.norm`, `.feed_forward_residual.norm` | `h.0.ln_1`, `h.0.ln_2` |
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from tfm.models.gpt import GPT
from tfm.models.gpt_config import GPTConfig
from tfm.names import Size
from tfm.pretrained.foreign_config import ForeignConfig
from tfm.pretrained.hub import Checkpoint, checkpoint
from tfm.pretrained.layout import assemble, require_layers, require_same, scores, take, without_prefix

ACTIVATIONS = {"gelu_new": "gelu_tanh", "gelu_pytorch_tanh": "gelu_tanh", "gelu": "gelu", "relu": "relu"}
OUTSIDE = {"tokens.weight": "wte.weight", "positions.weight": "wpe.weight", "norm": "ln_f"}
LAYER = {
    "attention_residual.norm": "ln_1",
    "feed_forward_residual.norm": "ln_2",
    "attention.output": "attn.c_proj",
    "feed_forward.up": "mlp.c_fc",
    "feed_forward.down": "mlp.c_proj",
}
THREE = ("query", "key", "value")


def load_gpt2(source: str | Path, dtype: torch.dtype = torch.float32) -> GPT:
    """Load a GPT-2 in Hugging Face's layout.

    Args:
        source: a folder with config.json and model.safetensors (or its parts and their index), or a name on the
            Hugging Face hub, such as “openai-community/gpt2”.
        dtype: of the weights in memory.

    Returns:
        A GPT in evaluation mode. Its text is cut by tiktoken's “gpt2”.

    Raises:
        OSError: a file cannot be had.
        ValueError: a file is damaged, or is not a GPT-2's.
    """
    return gpt2_from_huggingface(checkpoint(source), dtype)


def gpt2_from_huggingface(theirs: Checkpoint, dtype: torch.dtype = torch.float32) -> GPT:
    """Build our GPT with the weights of a Hugging Face `GPT2LMHeadModel`.

    Args:
        theirs: their config.json and their tensors by name.
        dtype: of our weights.

    Raises:
        ValueError: a tensor is missing, has another shape, or has no place in a GPT-2.
    """
    config = gpt2_config(theirs.config)
    require_layers(config, theirs.tensors)
    state = without_prefix(theirs.tensors, "transformer.")
    masks = {f"h.{i}.attn.{name}" for i in range(config.n_layers) for name in ("bias", "masked_bias")}
    unread = {name: tensor for name, tensor in state.items() if name not in masks}  # constants of old files
    ours: dict[str, Tensor] = {}
    for mine, name in OUTSIDE.items():
        for part in ("",) if mine.endswith("weight") else (".weight", ".bias"):
            ours[mine + part] = take(unread, name + part)
    ours |= scores(unread, config, ours["tokens.weight"])
    for i in range(config.n_layers):
        for part in ("weight", "bias"):
            for mine, name in LAYER.items():
                tensor = take(unread, f"h.{i}.{name}.{part}")
                ours[f"layers.{i}.{mine}.{part}"] = _turned(tensor)
            side_by_side = _turned(take(unread, f"h.{i}.attn.c_attn.{part}")).chunk(3)
            for mine, tensor in zip(THREE, side_by_side, strict=True):
                ours[f"layers.{i}.attention.{mine}.{part}"] = tensor
    return assemble(config, ours, unread, dtype)


def gpt2_to_huggingface(model: GPT) -> dict[str, Tensor]:
    """Give our GPT's weights under the names of a `GPT2LMHeadModel`.

    Raises:
        ValueError: it is not built as GPT-2 is.
    """
    gpt2_config_to_huggingface(model.config)
    state = {name: tensor.detach().clone() for name, tensor in model.state_dict().items()}
    theirs = {"lm_head.weight": state["scores.weight"]}
    for mine, name in OUTSIDE.items():
        for part in ("",) if mine.endswith("weight") else (".weight", ".bias"):
            theirs[f"transformer.{name}{part}"] = state[mine + part]
    for i in range(model.config.n_layers):
        for part in ("weight", "bias"):
            for mine, name in LAYER.items():
                tensor = state[f"layers.{i}.{mine}.{part}"]
                theirs[f"transformer.h.{i}.{name}.{part}"] = _turned(tensor)
            three = torch.cat([state[f"layers.{i}.attention.{mine}.{part}"] for mine in THREE])
            theirs[f"transformer.h.{i}.attn.c_attn.{part}"] = _turned(three)
    return theirs


def gpt2_config(values: Mapping[str, Any]) -> GPTConfig:
    """Read what a GPT-2's config.json says.

    Raises:
        ValueError: a field is missing or out of range, or makes it another model than ours.
    """
    theirs = ForeignConfig(values)
    theirs.kind(("gpt2",))
    theirs.only("add_cross_attention", False)
    theirs.only("scale_attn_weights", True)
    theirs.only("scale_attn_by_inverse_layer_idx", False)
    theirs.only("activation_function", *ACTIVATIONS)
    config = GPTConfig(
        vocab_size=theirs.take("vocab_size", Size),
        context=theirs.take("n_positions", Size),
        d_model=theirs.take("n_embd", Size),
        n_layers=theirs.take("n_layer", Size),
        n_heads=theirs.take("n_head", Size),
        d_ff=theirs.take("n_inner", Size | None, None),
        feed_forward=ACTIVATIONS[theirs.take("activation_function", str, "gelu_new")],
        tied=theirs.take("tie_word_embeddings", bool, True),
        norm_eps=theirs.take("layer_norm_epsilon", float, 1e-5),
    )
    theirs.require_nothing_else()
    return config


def gpt2_config_to_huggingface(config: GPTConfig) -> dict[str, Any]:
    """Say in a config.json what a GPT is that is built as GPT-2 is.

    Raises:
        ValueError: it is built otherwise.
    """
    names = {ours: theirs for theirs, ours in reversed(ACTIVATIONS.items())}
    values = {
        "model_type": "gpt2",
        "architectures": ["GPT2LMHeadModel"],
        "vocab_size": config.vocab_size,
        "n_positions": config.context,
        "n_embd": config.d_model,
        "n_layer": config.n_layers,
        "n_head": config.n_heads,
        "n_inner": config.d_ff,
        "activation_function": names.get(config.feed_forward, "gelu_new"),
        "tie_word_embeddings": config.tied,
        "layer_norm_epsilon": config.norm_eps,
        **dict.fromkeys(("resid_pdrop", "embd_pdrop", "attn_pdrop"), config.dropout),
    }
    require_same(config, gpt2_config(values), "GPT-2")
    return values


def _turned(tensor: Tensor) -> Tensor:
    """A matrix with its axes exchanged; a vector as it is."""
    return tensor.mT.contiguous() if tensor.ndim == 2 else tensor
