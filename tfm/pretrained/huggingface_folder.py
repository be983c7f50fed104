"""A model as the folder that the `transformers` library loads: config.json beside model.safetensors.

    save_huggingface("theirs", model)      AutoModelForCausalLM.from_pretrained("theirs")

A GPT goes out as GPT-2, Llama, Mistral, Qwen2 or Qwen3, whichever it is built as, and a `BertEncoder` as BERT;
what is built otherwise is refused with the part's name. This file knows nothing of how the layouts differ.
"""

import json
from pathlib import Path
from typing import Any

from safetensors.torch import save_file

from tfm.models.bert import BertEncoder
from tfm.models.gpt import GPT
from tfm.pretrained.folder import CONFIG, READABLE, WEIGHTS
from tfm.pretrained.gpt2 import gpt2_config_to_huggingface, gpt2_to_huggingface
from tfm.pretrained.huggingface import bert_config_to_huggingface, bert_to_huggingface
from tfm.pretrained.llama import llama_to_huggingface
from tfm.pretrained.llama_config import llama_config_to_huggingface


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
