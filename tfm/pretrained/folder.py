"""A model as a folder: its weights, what fixes its sizes, and the tokenizer that cuts its text.

    model.safetensors    every tensor once, by its name in `state_dict`
    config.json          {"model": "GPT", …the fields of its configuration}
    tokenizer.json       as `tfm.text.tokenizer_file` writes it

Training, generation, export and the lessons hand models to each other in this form. Tensors that are one, such as
a table that is tied to the scores, are written under their first name alone. Nothing that could run code is read.
This file knows nothing of training.
"""

import json
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from tfm.models.gpt import GPT
from tfm.models.gpt_config import GPTConfig
from tfm.models.transformer import Transformer, TransformerConfig
from tfm.names import require_known
from tfm.text.tokenizer_file import Tokenizer, load_tokenizer, save_tokenizer

WEIGHTS, CONFIG, TOKENIZER = "model.safetensors", "config.json", "tokenizer.json"
MODELS: dict[str, tuple[Any, Any]] = {
    "GPT": (GPT, GPTConfig),
    "Transformer": (Transformer, TransformerConfig),
}
READABLE = 0o644  # safetensors lets nobody else read what it writes


def save_model(folder: str | Path, model: nn.Module, tokenizer: Tokenizer) -> Path:
    """Write a model and its tokenizer.

    Args:
        folder: is made if it is missing; older files in it are replaced.
        model: a `GPT` or a `Transformer`.
        tokenizer: what cuts its text.

    Returns:
        The folder.

    Raises:
        OSError: a file cannot be written.
        TypeError: it is another kind of model or tokenizer.

    Example:
        >>> import tempfile
        >>> from tfm.text.characters import CharacterVocabulary
        >>> model = GPT(GPTConfig(vocab_size=3, context=8, d_model=8, n_layers=1, n_heads=2))
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     _ = save_model(folder, model, CharacterVocabulary("abc"))
        ...     again, tokenizer = load_model(folder)
        >>> torch.equal(again.tokens.weight, model.tokens.weight), tokenizer.decode([0, 2])
        (True, 'ac')
    """
    about = model_about(model)
    path = Path(folder)
    path.mkdir(parents=True, exist_ok=True)
    save_file(each_once(model), path / WEIGHTS)
    (path / WEIGHTS).chmod(READABLE)
    text = json.dumps(about, indent=1) + "\n"
    (path / CONFIG).write_text(text, encoding="utf-8", newline="\n")
    save_tokenizer(tokenizer, path / TOKENIZER)
    return path


def load_model(folder: str | Path) -> tuple[Any, Tokenizer]:
    """Read what `save_model`, or a run of training, wrote.

    Args:
        folder: with the three files.

    Returns:
        The model, in evaluation mode on the CPU, and its tokenizer.

    Raises:
        OSError: a file is missing.
        ValueError: a file is damaged, or they do not belong together.
    """
    path = Path(folder)
    model = _empty_model(path / CONFIG)
    tokenizer = load_tokenizer(_there(path / TOKENIZER))
    _require_vocabulary(model, tokenizer, path)
    _fill(model, path / WEIGHTS)
    return model.eval(), tokenizer


def model_about(model: Any) -> dict[str, Any]:
    """Say what `config.json` says of a model.

    Raises:
        TypeError: it is no model of the course.
    """
    name = type(model).__name__
    if name not in MODELS:
        raise TypeError(f"a {name} cannot be written as a folder: it is for {' and '.join(MODELS)}")
    return {"model": name, **model.config.as_dict()}


def each_once(model: nn.Module) -> dict[str, Tensor]:
    """The model's tensors, those that are one under their first name."""
    seen: dict[int, str] = {}
    state = model.state_dict()
    return {
        name: tensor.contiguous()
        for name, tensor in state.items()
        if seen.setdefault(tensor.data_ptr() if tensor.numel() else id(tensor), name) == name
    }


def _empty_model(path: Path) -> Any:
    """Build the model of a config.json, with first weights that are then replaced."""
    try:
        values = json.loads(_there(path).read_text(encoding="utf-8"))
        name = values.pop("model")
    except (ValueError, KeyError, AttributeError, TypeError):
        raise ValueError(f"{path} is damaged or not a model's: it must be JSON with “model” in it") from None
    require_known("model", name, tuple(MODELS))
    kind, config = MODELS[name]
    return kind(config.from_dict(values))


def _fill(model: nn.Module, path: Path) -> None:
    """Put the tensors of a file into a model; one that is tied may stand there under its first name alone."""
    try:
        stored = load_file(_there(path))
    except SafetensorError:
        size = path.stat().st_size
        raise ValueError(
            f"{path} is damaged or not a safetensors file ({size:,} bytes): get it again"
        ) from None
    wanted, needed = model.state_dict(), each_once(model)
    for name in (*needed, *stored):
        if name not in stored or name not in wanted:
            where = "lacks" if name in needed else "has"
            raise ValueError(
                f"{path} {where} {name}, which does not fit {CONFIG} beside it: keep files of one run together"
            )
        if stored[name].shape != wanted[name].shape:
            raise ValueError(
                f"{name} in {path} is {tuple(stored[name].shape)} and {CONFIG} beside it makes it "
                f"{tuple(wanted[name].shape)}: keep files of one run together"
            )
    with torch.no_grad():
        for name, tensor in stored.items():
            wanted[name].copy_(tensor)


def _require_vocabulary(model: Any, tokenizer: Tokenizer, path: Path) -> None:
    rows = model.config.vocab_size if isinstance(model, GPT) else model.config.target_vocab_size
    if tokenizer.n_vocab > rows:
        raise ValueError(
            f"the tokenizer in {path} has {tokenizer.n_vocab} tokens and the model rows for {rows}: "
            "keep files of one run together"
        )


def _there(path: Path) -> Path:
    if not path.is_file():
        raise FileNotFoundError(
            f"{path} is missing: a model's folder holds {WEIGHTS}, {CONFIG} and {TOKENIZER}"
        )
    return path
