"""Weights that somebody else trained, in our own models: read, checked, and opened for looking inside."""

from tfm.pretrained.encoder import EncoderTrace, PretrainedEncoder
from tfm.pretrained.export import export_model
from tfm.pretrained.folder import load_model, save_model
from tfm.pretrained.gpt2 import gpt2_from_huggingface, gpt2_to_huggingface, load_gpt2
from tfm.pretrained.hub import Checkpoint, checkpoint
from tfm.pretrained.huggingface import bert_from_huggingface, bert_to_huggingface, read_config, write_config
from tfm.pretrained.huggingface_folder import load_huggingface, save_huggingface
from tfm.pretrained.llama import llama_from_huggingface, llama_to_huggingface, load_llama
from tfm.pretrained.load import load_encoder, load_minilm, load_tiny_encoder

__all__ = [
    "Checkpoint",
    "EncoderTrace",
    "PretrainedEncoder",
    "bert_from_huggingface",
    "bert_to_huggingface",
    "checkpoint",
    "export_model",
    "gpt2_from_huggingface",
    "gpt2_to_huggingface",
    "llama_from_huggingface",
    "llama_to_huggingface",
    "load_encoder",
    "load_gpt2",
    "load_huggingface",
    "load_llama",
    "load_minilm",
    "load_model",
    "load_tiny_encoder",
    "read_config",
    "save_huggingface",
    "save_model",
    "write_config",
]
