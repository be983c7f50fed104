"""The layout of Hugging Face's Llama, and the way there and back.

Their tensors are ours under other names, but for the rows of query and key: theirs pair feature i with feature
i + D / 2 when positions turn them, ours feature 2i with 2i + 1. Source: `LlamaForCausalLM` and `LlamaConfig` of
the `transformers` library; Touvron et al., 2023; Grattafiori et al., 2024. Scaled rotary positions (Llama 3.1 and
later) are not read.

| here | in Hugging Face's state |
| --- | --- |
| `tokens`, `norm`, `scores` | `model.embed_tokens`, `model.norm`, `lm_head` |
| `layers.0.attention.query`, `.key`, `.value`, `.output` | `model.layers.0.self_attn.q_proj`, `.k_proj` … |
| `layers.0.feed_forward.gate`, `.up`, `.down` | `model.layers.0.mlp.gate_proj`, `.up_proj`, `.down_proj` |
| `layers.0.attention_residual.norm` | `model.layers.0.input_layernorm` |
| `layers.0.feed_forward_residual.norm` | `model.layers.0.post_attention_layernorm` |
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from tfm.models.gpt import GPT
from tfm.models.gpt_config import GPTConfig
from tfm.nn.rotary import pairs_from_halves
from tfm.pretrained.hub import Checkpoint, checkpoint
from tfm.pretrained.layout import assemble, field, require_only, take

ONLY = {"model_type": "llama", "hidden_act": "silu", "attention_bias": False, "mlp_bias": False}
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
TURNED = ("attention.query", "attention.key")


def load_llama(source: str | Path, dtype: torch.dtype = torch.float32) -> GPT:
    """Load a Llama in Hugging Face's layout.

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
    """Build our GPT with the weights of a Hugging Face `LlamaForCausalLM`.

    Args:
        theirs: their config.json and their tensors by name.
        dtype: of our weights.

    Raises:
        ValueError: a tensor is missing, has another shape, or has no place in a Llama.
    """
    config = llama_config(theirs.config)
    turning = (f"model.layers.{i}.self_attn.rotary_emb.inv_freq" for i in range(config.n_layers))
    unread = dict(theirs.tensors)
    for constant in turning:  # old files hold the speeds of the rotary positions, which are known
        unread.pop(constant, None)
    ours = {f"{mine}.weight": take(unread, f"{name}.weight") for mine, name in OUTSIDE.items()}
    if "lm_head.weight" in unread or not config.tied:
        scores = take(unread, "lm_head.weight")
        ours |= {} if config.tied else {"scores.weight": scores}
    for i in range(config.n_layers):
        for mine, name in LAYER.items():
            tensor = take(unread, f"model.layers.{i}.{name}.weight")
            ours[f"layers.{i}.{mine}.weight"] = _paired(tensor, config) if mine in TURNED else tensor
    return assemble(config, ours, unread, dtype)


def llama_to_huggingface(model: GPT) -> dict[str, Tensor]:
    """Give our GPT's weights under the names of a `LlamaForCausalLM`.

    Raises:
        ValueError: it is not built as Llama is.
    """
    c = model.config
    if (c.positions, c.norm, c.feed_forward, c.bias, c.qk_norm) != ("rotary", "rms", "swiglu", False, False):
        raise ValueError(
            "only a GPT with rotary positions, RMSNorm, SwiGLU and no biases fits Llama's layout: save this one "
            "with save_model"
        )
    state = {name: tensor.detach().clone() for name, tensor in model.state_dict().items()}
    theirs = {"lm_head.weight": state["scores.weight"]}
    theirs |= {f"{name}.weight": state[f"{mine}.weight"] for mine, name in OUTSIDE.items()}
    for i in range(c.n_layers):
        for mine, name in LAYER.items():
            tensor = state[f"layers.{i}.{mine}.weight"]
            theirs[f"model.layers.{i}.{name}.weight"] = _halved(tensor, c) if mine in TURNED else tensor
    return theirs


def llama_config(theirs: Mapping[str, Any]) -> GPTConfig:
    """Read what a Llama's config.json says.

    Raises:
        ValueError: a number is missing, it is another kind of model, or its positions are scaled.
    """
    require_only(theirs, ONLY)
    rotary = theirs.get("rope_parameters") or theirs.get("rope_scaling") or {}
    if (kind := rotary.get("rope_type", rotary.get("type", "default"))) != "default":
        raise ValueError(
            f"config.json scales its rotary positions ({kind!r}), and that is not read here: take a model before "
            "Llama 3.1"
        )
    d_model, n_heads = field(theirs, "hidden_size"), field(theirs, "num_attention_heads")
    require_only({"head_dim": theirs.get("head_dim") or d_model // n_heads}, {"head_dim": d_model // n_heads})
    return GPTConfig(
        vocab_size=field(theirs, "vocab_size"),
        context=field(theirs, "max_position_embeddings"),
        d_model=d_model,
        n_layers=field(theirs, "num_hidden_layers"),
        n_heads=n_heads,
        n_kv_heads=theirs.get("num_key_value_heads"),
        d_ff=field(theirs, "intermediate_size"),
        positions="rotary",
        norm="rms",
        feed_forward="swiglu",
        bias=False,
        tied=theirs.get("tie_word_embeddings", False),
        norm_eps=theirs.get("rms_norm_eps", 1e-6),
        rotary_base=float(theirs.get("rope_theta") or rotary.get("rope_theta", 10_000.0)),
    )


def _paired(rows: Tensor, c: GPTConfig) -> Tensor:
    """Put each head's rows in our order."""
    if rows.ndim != 2 or rows.shape[0] % c.d_head:
        return rows  # `assemble` says what is wrong with its shape
    return rows.view(-1, c.d_head, rows.shape[1])[:, pairs_from_halves(c.d_head)].flatten(0, 1)


def _halved(rows: Tensor, c: GPTConfig) -> Tensor:
    """Put each head's rows in their order."""
    return rows.view(-1, c.d_head, rows.shape[1])[:, pairs_from_halves(c.d_head).argsort()].flatten(0, 1)
