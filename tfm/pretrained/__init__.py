"""Weights that somebody else trained, in our own models: read, checked, and opened for looking inside."""

from tfm.pretrained.encoder import EncoderTrace, PretrainedEncoder
from tfm.pretrained.folder import load_model, save_model
from tfm.pretrained.huggingface import bert_from_huggingface, bert_to_huggingface, read_config, write_config
from tfm.pretrained.load import load_encoder, load_minilm, load_tiny_encoder

__all__ = [
    "EncoderTrace",
    "PretrainedEncoder",
    "bert_from_huggingface",
    "bert_to_huggingface",
    "load_encoder",
    "load_minilm",
    "load_model",
    "load_tiny_encoder",
    "read_config",
    "save_model",
    "write_config",
]
