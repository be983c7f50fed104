"""The layout of Hugging Face's Llama and its relatives Mistral, Qwen2 and Qwen3, and the way there and back.

Their tensors are ours under other names, but for the order of features in queries and keys: theirs pair feature i
with feature i + D / 2 when positions turn them, ours feature 2i with 2i + 1. Source: `LlamaForCausalLM` and its
relatives in the `transformers` library; Touvron et al., 2023; Grattafiori et al., 2024. What config.json says is
read by `tfm.pretrained.llama_config`.

| here | in Hugging Face's state |
| --- | --- |
| `tokens`, `norm`, `scores` | `model.embed_tokens`, `model.norm`, `lm_head` |
| `layers.0.attention.query`, `.key`, `.value`, `.output` | `model.layers.0.self_attn.q_proj`, `.k_proj` … |
| `layers.0.feed_forward.gate`, `.up`, `.down` | `model.layers.0.mlp.gate_proj`, `.up_proj`, `.down_proj` |
| `layers.0.attention_residual.norm` | `model.layers.0.input_layernorm` |
| `layers.0.feed_forward_residual.norm` | `model.layers.0.post_attention_layernorm` |
| `layers.0.attention.attend.query_norm`, `.key_norm` | `model.layers.0.self_attn.q_norm`, `.k_norm` of Qwen3 |
"""

from pathlib import Path

import torch
from torch import Tensor

from tfm.models.gpt import GPT
from tfm.models.gpt_config import GPTConfig
from tfm.nn.rotary import pairs_from_halves
from tfm.pretrained.hub import Checkpoint, checkpoint
from tfm.pretrained.layout import assemble, require_layers, scores, take
from tfm.pretrained.llama_config import llama_config, llama_config_to_huggingface

OUTSIDE = {"tokens": "model.embed_tokens", "norm": "model.norm"}
LAYER = {
    "attention.query": "self_attn.q_proj",
    "attention.key": "self_attn.k_proj",
    "attention.value": "self_attn.v_proj",
    "attention.output": "self_attn.o_proj",
    "feed_forward.gate": "mlp.gate_proj",
    "feed_forward.up": "mlp.up_proj",
    "feed_forward.down": "mlp.down_proj",
    "attention_residual.norm": "input_layernorm",
    "feed_forward_residual.norm": "post_attention_layernorm",
}
NORMS = {"attention.attend.query_norm": "self_attn.q_norm", "attention.attend.key_norm": "self_attn.k_norm"}
TURNED = ("attention.query", "attention.key", *NORMS)


def load_llama(source: str | Path, dtype: torch.dtype = torch.float32) -> GPT:
    """Load a Llama, Mistral, Qwen2 or Qwen3 in Hugging Face's layout.

    Args:
        source: a folder with config.json and model.safetensors (or its parts and their index), or a name on the
            Hugging Face hub.
        dtype: of the weights in memory; 8 billion in bfloat16 take 16 GB.

    Returns:
        A GPT in evaluation mode.

    Raises:
        OSError: a file cannot be had.
        ValueError: a file is damaged, or is not a Llama's.
    """
    return llama_from_huggingface(checkpoint(source), dtype)


def llama_from_huggingface(theirs: Checkpoint, dtype: torch.dtype = torch.float32) -> GPT:
    """Build our GPT with the weights of a Hugging Face `LlamaForCausalLM`, or one of Mistral, Qwen2 or Qwen3.

    Args:
        theirs: their config.json and their tensors by name.
        dtype: of our weights.

    Raises:
        ValueError: a tensor is missing, has another shape, or has no place in a Llama.
    """
    config = llama_config(theirs.config)
    require_layers(config, theirs.tensors)
    turning = (f"model.layers.{i}.self_attn.rotary_emb.inv_freq" for i in range(config.n_layers))
    unread = dict(theirs.tensors)
    for constant in turning:  # old files hold the speeds of the rotary positions, which are known
        unread.pop(constant, None)
    ours = {f"{mine}.weight": take(unread, f"{name}.weight") for mine, name in OUTSIDE.items()}
    ours |= scores(unread, config, ours["tokens.weight"])
    for i in range(config.n_layers):
        for mine, name in _names(config).items():
            tensor = take(unread, f"model.layers.{i}.{name}")
            ours[f"layers.{i}.{mine}"] = _paired(tensor, config) if _is_turned(mine) else tensor
    return assemble(config, ours, unread, dtype)


def llama_to_huggingface(model: GPT) -> dict[str, Tensor]:
    """Give our GPT's weights under the names of a `LlamaForCausalLM` or its relatives.

    Raises:
        ValueError: it is not built as Llama is.
    """
    llama_config_to_huggingface(model.config)
    state = {name: tensor.detach().clone() for name, tensor in model.state_dict().items()}
    theirs = {"lm_head.weight": state["scores.weight"]}
    theirs |= {f"{name}.weight": state[f"{mine}.weight"] for mine, name in OUTSIDE.items()}
    for i in range(model.config.n_layers):
        for mine, name in _names(model.config).items():
            tensor = state[f"layers.{i}.{mine}"]
            theirs[f"model.layers.{i}.{name}"] = _halved(tensor, model.config) if _is_turned(mine) else tensor
    return theirs


def _names(c: GPTConfig) -> dict[str, str]:
    """Our names and theirs of one layer's tensors."""
    biased = {
        "attention.output": c.bias in {True, "attention"},
        "attention.": c.bias in {True, "attention", "query_key_value"},
        "feed_forward.": c.bias in {True, "feed_forward"},
    }
    names = {
        f"{mine}.weight": f"{name}.weight" for mine, name in (LAYER | (NORMS if c.qk_norm else {})).items()
    }
    for mine, name in LAYER.items():
        if next((has for part, has in biased.items() if mine.startswith(part)), False):
            names[f"{mine}.bias"] = f"{name}.bias"
    return names


def _is_turned(mine: str) -> bool:
    return mine.rpartition(".")[0] in TURNED


def _paired(rows: Tensor, c: GPTConfig) -> Tensor:
    """Put each head's rows in our order."""
    if not rows.ndim or rows.shape[0] % c.d_head:
        return rows  # `assemble` says what is wrong with its shape
    return rows.view(-1, c.d_head, *rows.shape[1:])[:, pairs_from_halves(c.d_head)].flatten(0, 1)


def _halved(rows: Tensor, c: GPTConfig) -> Tensor:
    """Put each head's rows in their order."""
    return rows.view(-1, c.d_head, *rows.shape[1:])[:, pairs_from_halves(c.d_head).argsort()].flatten(0, 1)
