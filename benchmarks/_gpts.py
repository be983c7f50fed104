"""The same GPT three times: ours, Hugging Face's and nanoGPT's, for benchmarks that let them race."""

import importlib
import sys
from pathlib import Path
from typing import Any

from transformers import GPT2Config, GPT2LMHeadModel

from tfm.models.gpt import GPT
from tfm.models.gpt_config import GPTConfig
from tfm.pretrained.gpt2 import gpt2_to_huggingface

# nanoGPT's two sizes for tiny Shakespeare, as its README has them for a laptop and its config for a GPU.
SMALL: dict[str, Any] = {"vocab_size": 65, "context": 64, "d_model": 128, "n_layers": 4, "n_heads": 4}
BASE: dict[str, Any] = {"vocab_size": 65, "context": 256, "d_model": 384, "n_layers": 6, "n_heads": 6}


def huggingface(model: GPT) -> GPT2LMHeadModel:
    """Build Hugging Face's twin with the same weights: fused attention, our activation, no dropout."""
    c = model.config
    config = GPT2Config(
        vocab_size=c.vocab_size,
        n_positions=c.context,
        n_embd=c.d_model,
        n_layer=c.n_layers,
        n_head=c.n_heads,
        activation_function={"gelu": "gelu", "gelu_tanh": "gelu_new"}[c.feed_forward],
        resid_pdrop=c.dropout,
        embd_pdrop=c.dropout,
        attn_pdrop=c.dropout,
        bos_token_id=0,
        eos_token_id=None,
    )
    config._attn_implementation = "sdpa"  # noqa: SLF001 (the keyword is not in the library's own type)
    twin = GPT2LMHeadModel(config)
    twin.load_state_dict(gpt2_to_huggingface(model))
    return twin


def nanogpt(folder: Path, sizes: dict[str, Any], *, bias: bool = False, dropout: float = 0.0) -> Any:
    """Build nanoGPT's own model from a copy of its repository."""
    sys.path.insert(0, str(folder))
    module = importlib.import_module("model")
    sys.path.remove(str(folder))
    config = module.GPTConfig(
        block_size=sizes["context"],
        vocab_size=sizes["vocab_size"],
        n_layer=sizes["n_layers"],
        n_head=sizes["n_heads"],
        n_embd=sizes["d_model"],
        dropout=dropout,
        bias=bias,
    )
    return module.GPT(config)


def ours(sizes: dict[str, Any], **parts: Any) -> GPT:
    """Build our GPT of the same parts as nanoGPT's."""
    return GPT(GPTConfig(**sizes, **parts))
