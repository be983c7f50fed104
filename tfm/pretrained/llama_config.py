"""What the config.json of a Llama, Mistral, Qwen2 or Qwen3 says, and our configuration said in their words.

All four are one model with a few parts exchanged: Mistral may look through a window, Qwen2 adds biases to query,
key and value, Qwen3 norms query and key instead, and all can scale their rotary positions. What a file leaves out
has the value that the `transformers` library gives it. Source: `LlamaConfig`, `MistralConfig`, `Qwen2Config`,
`Qwen3Config` and `modeling_rope_utils.py` there. This file knows nothing of tensors.
"""

import math
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from tfm.models.gpt_config import GPTConfig
from tfm.names import Between, Size, shown
from tfm.nn.rotary_scaling import RotaryScaling
from tfm.pretrained.foreign_config import ForeignConfig
from tfm.pretrained.layout import require_same

# Where a file says nothing, each kind has its own number of key heads, head width and window.
UNSAID: dict[str, dict[str, Any]] = {
    "llama": {"num_key_value_heads": None, "head_dim": None},
    "mistral": {"num_key_value_heads": 8, "head_dim": None},
    "qwen2": {"num_key_value_heads": 32, "head_dim": None},
    "qwen3": {"num_key_value_heads": 32, "head_dim": 128},
}
WINDOW, BASE = 4_096, 10_000.0
ROPE = "rope_parameters of config.json"
RopeType = Literal["default", "linear", "dynamic", "llama3", "yarn"]
FULL, SLIDING = "full_attention", "sliding_attention"
Factor = Annotated[float, Between(1e-6, 1e9)]


def llama_config(values: Mapping[str, Any]) -> GPTConfig:
    """Read what a config.json says.

    Raises:
        ValueError: a field is missing or out of range, or makes it another model than ours.
    """
    theirs = ForeignConfig(values)
    kind = theirs.kind(tuple(UNSAID))
    theirs.only("hidden_act", "silu")
    unsaid, n_layers = UNSAID[kind], theirs.take("num_hidden_layers", Size)
    d_model, n_heads = theirs.take("hidden_size", Size), theirs.take("num_attention_heads", Size)
    context = theirs.take("max_position_embeddings", Size)
    head_dim = theirs.take("head_dim", Size | None, unsaid["head_dim"])
    base, scaling = _rotary(theirs, context)
    config = GPTConfig(
        vocab_size=theirs.take("vocab_size", Size),
        context=context,
        d_model=d_model,
        n_layers=n_layers,
        n_heads=n_heads,
        n_kv_heads=theirs.take("num_key_value_heads", Size | None, unsaid["num_key_value_heads"]),
        d_ff=theirs.take("intermediate_size", Size),
        positions="rotary",
        norm="rms",
        feed_forward="swiglu",
        qk_norm=kind == "qwen3",
        bias=_bias(theirs, kind),
        tied=theirs.take("tie_word_embeddings", bool, False),
        norm_eps=theirs.take("rms_norm_eps", float, 1e-6),
        rotary_base=base,
        rotary_scaling=scaling,
        head_dim=None if head_dim is None or head_dim * n_heads == d_model else head_dim,
        window=_window(theirs, kind, n_layers),
    )
    theirs.require_nothing_else()
    return config


def llama_config_to_huggingface(config: GPTConfig) -> dict[str, Any]:
    """Say in a config.json what a GPT is that is built as Llama or one of its relatives is.

    Raises:
        ValueError: it is built otherwise.
    """
    c = config
    kind, name = "llama", "LlamaForCausalLM"
    more: dict[str, Any] = {
        "attention_bias": c.bias in {True, "attention"},
        "mlp_bias": c.bias in {True, "feed_forward"},
    }
    windowed = (
        {"use_sliding_window": True, "sliding_window": c.window, "max_window_layers": 0} if c.window else {}
    )
    if c.qk_norm:
        kind, name = "qwen3", "Qwen3ForCausalLM"
        more = {"attention_bias": c.bias == "attention", **windowed}
    elif c.bias == "query_key_value":
        kind, name, more = "qwen2", "Qwen2ForCausalLM", windowed
    elif c.window:
        kind, name, more = "mistral", "MistralForCausalLM", {"sliding_window": c.window}
    values = {
        "model_type": kind,
        "architectures": [name],
        "vocab_size": c.vocab_size,
        "max_position_embeddings": c.context,
        "hidden_size": c.d_model,
        "num_hidden_layers": c.n_layers,
        "num_attention_heads": c.n_heads,
        "num_key_value_heads": c.n_kv_heads,
        "head_dim": c.d_head,
        "intermediate_size": c.d_ff,
        "hidden_act": "silu",
        "rms_norm_eps": c.norm_eps,
        "tie_word_embeddings": c.tied,
        "rope_theta": c.rotary_base,
        "attention_dropout": c.dropout,
        **({"rope_scaling": _rope_scaling(c.rotary_scaling)} if c.rotary_scaling else {}),
        **more,
    }
    require_same(config, llama_config(values), f"{name.removesuffix('ForCausalLM')}")
    return values


def _bias(theirs: ForeignConfig, kind: str) -> Any:
    attention = theirs.take("attention_bias", bool, False) if kind in {"llama", "qwen3"} else False
    feed_forward = theirs.take("mlp_bias", bool, False) if kind == "llama" else False
    if kind == "qwen2":
        return "query_key_value"
    if attention and feed_forward:
        return True
    return "attention" if attention else "feed_forward" if feed_forward else False


def _window(theirs: ForeignConfig, kind: str, n_layers: int) -> int | None:
    """How far a position looks back; all layers must do alike."""
    if kind == "llama":
        return None
    window: int | None = theirs.take("sliding_window", Size | None, WINDOW)
    if kind == "mistral":
        return window
    used = theirs.take("use_sliding_window", bool, False) and window is not None
    first = theirs.take("max_window_layers", Annotated[int, Between(0, 2**24)], 28)
    kinds = theirs.take("layer_types", list | None, None)
    if kinds == [FULL] * n_layers or (kinds is None and (not used or first >= n_layers)):
        return None
    if used and (kinds == [SLIDING] * n_layers or (kinds is None and first == 0)):
        return window
    raise ValueError(
        f"config.json lets some of {n_layers} layers look through a window and others not (layer_types = "
        f"{shown(kinds)}, max_window_layers = {first}), and all do alike here: take another model"
    )


def _rotary(theirs: ForeignConfig, context: int) -> tuple[float, RotaryScaling | None]:
    """The base of the rotary positions, and how they are scaled."""
    theirs.only("partial_rotary_factor", 1.0, None)
    original = theirs.take("original_max_position_embeddings", Size | None, None)
    base = theirs.take("rope_theta", float, BASE)
    newer = theirs.take("rope_parameters", dict | None, None)
    rope = ForeignConfig(theirs.take("rope_scaling", dict | None, None) or newer or {}, ROPE)
    rope.only("partial_rotary_factor", 1.0, None)
    base = rope.take("rope_theta", float, base)
    kind = rope.take("rope_type", RopeType, rope.take("type", RopeType, "default"))
    original = original or rope.take("original_max_position_embeddings", Size | None, None)
    scaling = None if kind == "default" else _scaling(rope, kind, context, original or context)
    rope.require_nothing_else()
    return base, scaling


def _scaling(rope: ForeignConfig, kind: Any, context: int, trained: int) -> RotaryScaling:
    """How positions are scaled in a model that reads `context` tokens and was first trained on `trained`."""
    if kind == "linear":
        return RotaryScaling(kind=kind, factor=rope.take("factor", Factor))
    if kind == "dynamic":
        return RotaryScaling(kind=kind, factor=rope.take("factor", Factor), context=context)
    if kind == "yarn":
        factor = rope.take("factor", Factor | None, None) or context / trained
        return RotaryScaling(kind=kind, factor=factor, context=trained, **_yarn(rope, factor))
    low, high = (rope.take(name, Factor) for name in ("low_freq_factor", "high_freq_factor"))
    return RotaryScaling(kind=kind, factor=rope.take("factor", Factor), context=trained, low=low, high=high)


def _yarn(rope: ForeignConfig, factor: float) -> dict[str, Any]:
    """The ramp, and how much larger queries and keys become."""
    size = rope.take("attention_factor", Factor | None, None)
    scales = [rope.take(name, Factor | None, None) for name in ("mscale", "mscale_all_dim")]
    if size is None:
        one, all_dims = (_larger(factor, scale or 1.0) for scale in scales)
        size = one / all_dims if all(scales) else _larger(factor, 1.0)
    return {
        "low": rope.take("beta_slow", Factor | None, None) or 1.0,
        "high": rope.take("beta_fast", Factor | None, None) or 32.0,
        "size": size,
        "whole": rope.take("truncate", bool, True),
    }


def _larger(factor: float, scale: float) -> float:
    return 0.1 * scale * math.log(factor) + 1.0 if factor > 1 else 1.0


def _rope_scaling(scaling: RotaryScaling) -> dict[str, Any]:
    """The same in their words."""
    values: dict[str, Any] = {"rope_type": scaling.kind, "factor": scaling.factor}
    if scaling.kind in {"llama3", "yarn"}:
        values["original_max_position_embeddings"] = scaling.context
    if scaling.kind == "llama3":
        values |= {"low_freq_factor": scaling.low, "high_freq_factor": scaling.high}
    if scaling.kind == "yarn":
        values |= {"beta_slow": scaling.low, "beta_fast": scaling.high, "attention_factor": scaling.size}
        values["truncate"] = scaling.whole
    return values
