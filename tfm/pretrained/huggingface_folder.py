"""A model as the folder that the `transformers` library loads: config.json beside model.safetensors.

    save_huggingface("theirs", model)      AutoModelForCausalLM.from_pretrained("theirs")
    load_huggingface("theirs")             the model, and the tokenizer that lies beside it

A GPT goes out as GPT-2, Llama, Mistral, Qwen2 or Qwen3, whichever it is built as, and a `BertEncoder` as BERT;
what is built otherwise is refused with the part's name. This file knows nothing of how the layouts differ.
"""

import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

from tfm.json_files import named
from tfm.models.bert import BertEncoder
from tfm.models.gpt import GPT
from tfm.pretrained.folder import CONFIG, READABLE, TOKENIZER, WEIGHTS
from tfm.pretrained.foreign_config import ForeignConfig
from tfm.pretrained.gpt2 import gpt2_config_to_huggingface, gpt2_from_huggingface, gpt2_to_huggingface
from tfm.pretrained.hub import checkpoint, model_folder
from tfm.pretrained.huggingface import bert_config_to_huggingface, bert_to_huggingface
from tfm.pretrained.llama import llama_from_huggingface, llama_to_huggingface
from tfm.pretrained.llama_config import UNSAID, llama_config_to_huggingface
from tfm.text.foreign_bpe import ForeignBPE
from tfm.text.huggingface_tokenizer import read_tokenizer, read_vocabulary


def load_huggingface(source: str | Path, dtype: torch.dtype = torch.float32) -> tuple[GPT, ForeignBPE]:
    """Load somebody's GPT-2, Llama, Mistral, Qwen2 or Qwen3, and the tokenizer that cuts its text.

    Args:
        source: a folder with config.json, the weights, and tokenizer.json or vocab.json with merges.txt; or a
            name on the Hugging Face hub.
        dtype: of the weights in memory.

    Returns:
        The model, in evaluation mode, and its tokenizer.

    Raises:
        OSError: a file cannot be had.
        ValueError: a file is damaged, or says what is not computed here.
    """
    folder = model_folder(source)
    theirs = checkpoint(folder)
    with named(folder):
        gpt2 = ForeignConfig(theirs.config).kind(("gpt2", *UNSAID)) == "gpt2"
        model = (gpt2_from_huggingface if gpt2 else llama_from_huggingface)(theirs, dtype)
        whole = (folder / TOKENIZER).is_file()
        tokenizer = read_tokenizer(folder / TOKENIZER) if whole else read_vocabulary(folder)
        if tokenizer.n_vocab > model.vocab_size:
            raise ValueError(
                f"the tokenizer has {tokenizer.n_vocab} tokens and the model rows for {model.vocab_size}: take "
                "the files of one model"
            )
    return model, tokenizer


def save_huggingface(folder: str | Path, model: Any) -> Path:
    """Write a model's weights and configuration in Hugging Face's form.

    Args:
        folder: is made if it is missing; older files in it are replaced.
        model: a `GPT` or a `BertEncoder`.

    Returns:
        The folder.

    Raises:
        OSError: a file cannot be written.
        TypeError: it is another kind of model.
        ValueError: no layout of theirs says what the model is.
    """
    if isinstance(model, BertEncoder):
        values, tensors = bert_config_to_huggingface(model.config), bert_to_huggingface(model)
    elif not isinstance(model, GPT):
        raise TypeError(
            f"a {type(model).__name__} has no layout of Hugging Face's here: pass a GPT or a BertEncoder"
        )
    elif model.config.positions == "rotary":
        values, tensors = llama_config_to_huggingface(model.config), llama_to_huggingface(model)
    else:
        values, tensors = gpt2_config_to_huggingface(model.config), gpt2_to_huggingface(model)
    if isinstance(model, GPT) and model.config.tied:
        del tensors["lm_head.weight"]
    path = Path(folder)
    path.mkdir(parents=True, exist_ok=True)
    save_file(
        {name: t.contiguous() for name, t in tensors.items()}, path / WEIGHTS, metadata={"format": "pt"}
    )
    (path / WEIGHTS).chmod(READABLE)
    text = json.dumps(
        values | {"dtype": str(next(iter(tensors.values())).dtype).removeprefix("torch.")}, indent=2
    )
    (path / CONFIG).write_text(text + "\n", encoding="utf-8", newline="\n")
    return path
