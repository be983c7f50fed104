"""The layout of Hugging Face's BERT, and the way there and back.

Their tensors are ours under other names, one for one, so that a table is all it takes. Source: `BertModel`
and `BertConfig` of the `transformers` library. This file knows nothing of where weights come from.

| here | in Hugging Face's state |
| --- | --- |
| `embedding.token`, `.position`, `.segment` | `embeddings.word_embeddings`, `.position_…`, `.token_type_…` |
| `embedding.norm` | `embeddings.LayerNorm` |
| `layers.0.attention.query`, `.key`, `.value` | `encoder.layer.0.attention.self.query`, `.key`, `.value` |
| `layers.0.attention.output` | `encoder.layer.0.attention.output.dense` |
| `layers.0.attention_residual.norm` | `encoder.layer.0.attention.output.LayerNorm` |
| `layers.0.feed_forward.up`, `.down` | `encoder.layer.0.intermediate.dense`, `.output.dense` |
| `layers.0.feed_forward_residual.norm` | `encoder.layer.0.output.LayerNorm` |
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_type_hints

import torch
from torch import Tensor

from tfm.json_files import read_json
from tfm.models.bert import BertConfig, BertEncoder
from tfm.names import printable
from tfm.pretrained.foreign_config import ForeignConfig
from tfm.pretrained.layout import empty, numbers, without_prefix
from tfm.shapes import shape_text

FIELDS = {
    "vocab_size": "vocab_size",
    "d_model": "hidden_size",
    "n_layers": "num_hidden_layers",
    "n_heads": "num_attention_heads",
    "d_ff": "intermediate_size",
    "max_positions": "max_position_embeddings",
    "n_segments": "type_vocab_size",
    "norm_eps": "layer_norm_eps",
    "dropout": "hidden_dropout_prob",
    "pad_id": "pad_token_id",
}
ONLY: dict[str, tuple[Any, ...]] = {
    "hidden_act": ("gelu",),
    "position_embedding_type": ("absolute",),
    "is_decoder": (False,),
    "add_cross_attention": (False,),
    "tie_word_embeddings": (True, False),  # of a head that is not read
}
# What BertModel and its relatives hold besides an encoder: a buffer of 0, 1, 2 …, and heads that are not read.
NOT_OURS = re.compile(r"embeddings\.(position_ids|token_type_ids)|(pooler|cls|classifier|qa_outputs)\..*")
_EMBEDDING = {
    "token": "word_embeddings",
    "position": "position_embeddings",
    "segment": "token_type_embeddings",
}
_LAYER = {
    "attention.query": "attention.self.query",
    "attention.key": "attention.self.key",
    "attention.value": "attention.self.value",
    "attention.output": "attention.output.dense",
    "attention_residual.norm": "attention.output.LayerNorm",
    "feed_forward.up": "intermediate.dense",
    "feed_forward.down": "output.dense",
    "feed_forward_residual.norm": "output.LayerNorm",
}


def their_names(n_layers: int) -> dict[str, str]:
    """Our tensors' names and theirs, for an encoder of `n_layers`.

    Example:
        >>> their_names(1)["layers.0.feed_forward.up.bias"]
        'encoder.layer.0.intermediate.dense.bias'
    """
    names = {f"embedding.{ours}.weight": f"embeddings.{theirs}.weight" for ours, theirs in _EMBEDDING.items()}
    for part in ("weight", "bias"):
        names[f"embedding.norm.{part}"] = f"embeddings.LayerNorm.{part}"
        for i in range(n_layers):
            for ours, theirs in _LAYER.items():
                names[f"layers.{i}.{ours}.{part}"] = f"encoder.layer.{i}.{theirs}.{part}"
    return names


def bert_from_huggingface(state: Mapping[str, Tensor], config: BertConfig) -> BertEncoder:
    """Build our encoder with the weights of a Hugging Face `BertModel`.

    Args:
        state: their tensors by name, as a `BertModel`, or a model with a head such as `BertForMaskedLM`, has them;
            old files call a norm's weight and bias gamma and beta.
        config: the sizes the tensors must have.

    Returns:
        An encoder in evaluation mode, with its own copy of the weights in float32.

    Raises:
        ValueError: a tensor is missing, has another shape, or belongs to no part of a BERT encoder.
    """
    state = _as_bert_model(state)
    model = empty(BertEncoder, config, state)
    names = their_names(config.n_layers)
    wanted = {ours: tensor.shape for ours, tensor in model.state_dict().items()}
    assert wanted.keys() == names.keys()
    for ours, theirs in names.items():
        if theirs not in state:
            raise ValueError(
                f"the weights have no tensor {theirs}: take a complete BertModel, not a part of one"
            )
        if numbers(theirs, state[theirs]).shape != wanted[ours]:
            raise ValueError(
                f"{theirs} has shape {shape_text(state[theirs].shape)} and the configuration asks for "
                f"{shape_text(wanted[ours])}: take weights and config.json from one model"
            )
    if extra := sorted(name for name in state.keys() - names.values() if not NOT_OURS.fullmatch(name)):
        raise ValueError(
            f"the weights have a tensor {printable(extra[0])} and an encoder of {config.n_layers} layers has no "
            "place for it: take weights and config.json from one model"
        )
    copies = {ours: state[theirs].detach().to(torch.float32, copy=True) for ours, theirs in names.items()}
    model.load_state_dict(copies, assign=True)
    return model.eval()


def bert_to_huggingface(model: BertEncoder) -> dict[str, Tensor]:
    """Give our encoder's weights under Hugging Face's names, for a `BertModel` without a pooling layer.

    Args:
        model: our encoder.

    Returns:
        Copies of its tensors, ready for `BertModel(config, add_pooling_layer=False).load_state_dict`.
    """
    state = model.state_dict()
    names = their_names(model.config.n_layers)
    return {theirs: state[ours].detach().clone().contiguous() for ours, theirs in names.items()}


def read_config(path: Path) -> BertConfig:
    """Read a Hugging Face `config.json` of a BERT.

    Raises:
        OSError: the file cannot be read.
        ValueError: a field is missing or out of range, or makes it another model than ours.
    """
    return bert_config(read_json(path, "a model's configuration", cure="take the config.json of the model"))


def bert_config(values: Mapping[str, Any]) -> BertConfig:
    """Read what a BERT's config.json says.

    Raises:
        ValueError: a field is missing or out of range, or makes it another model than ours.
    """
    theirs = ForeignConfig(values)
    theirs.kind(("bert",))
    for name, only in ONLY.items():
        theirs.only(name, *only)
    hints = get_type_hints(BertConfig, include_extras=True)
    config = BertConfig(**{ours: theirs.take(name, hints[ours]) for ours, name in FIELDS.items()})
    theirs.require_nothing_else()
    return config


def bert_config_to_huggingface(config: BertConfig) -> dict[str, Any]:
    """Say in a config.json what an encoder is."""
    theirs = {name: getattr(config, ours) for ours, name in FIELDS.items()}
    return theirs | {"model_type": "bert", "hidden_act": "gelu", "architectures": ["BertModel"]}


def write_config(config: BertConfig, path: Path) -> None:
    """Write a `config.json` that Hugging Face's BERT, and `read_config`, can read."""
    theirs = bert_config_to_huggingface(config)
    path.write_text(json.dumps(theirs, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def _as_bert_model(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors under the names of a `BertModel`, whatever head it carries and however old the file is."""
    names = {name: re.sub(r"LayerNorm\.(gamma|beta)$", _renamed, name) for name in state}
    if len(set(names.values())) < len(names):
        raise ValueError(
            "the weights have norms with gamma or beta, and with weight or bias too: take one model"
        )
    return without_prefix({new: state[old] for old, new in names.items()}, "bert.")


def _renamed(found: re.Match[str]) -> str:
    return "LayerNorm." + {"gamma": "weight", "beta": "bias"}[found[1]]
