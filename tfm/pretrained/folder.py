"""A model as a folder: its weights, what fixes its sizes, and the tokenizer that cuts its text.

    model.safetensors    every tensor once, by its name in `state_dict`
    config.json          {"model": "GPT", …the fields of its configuration}
    tokenizer.json       as `tfm.text.tokenizer_file` writes it
    checksums.json       the SHA-256 of each of the three

Training, generation, export and the lessons hand models to each other in this form. Tensors that are one, such as
a table that is tied to the scores, are written under their first name alone. Nothing that could run code is read.
What a checkpoint of training says of its files is checked as well, and so is what comes with the course; a folder
without sums is read as it is. This file knows nothing of training.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from tfm.json_files import named, read_json
from tfm.models.gpt import GPT
from tfm.models.gpt_config import GPTConfig
from tfm.models.transformer import Transformer, TransformerConfig
from tfm.names import printable, require_known
from tfm.pretrained.hub import load_tensors
from tfm.pretrained.layout import empty, numbers
from tfm.sums import SUMS, first_wrong, read_sums, require_recorded, sums_of, write_sums
from tfm.text.tokenizer_file import Tokenizer, load_tokenizer, save_tokenizer

WEIGHTS, CONFIG, TOKENIZER = "model.safetensors", "config.json", "tokenizer.json"
MODELS: dict[str, tuple[Any, Any]] = {
    "GPT": (GPT, GPTConfig),
    "Transformer": (Transformer, TransformerConfig),
}
TRAINING, TRAINING_FORMAT = "training.json", "tfm-training-1"  # of a checkpoint: {"run": {"sha256": …}, …}
AGAIN = "get the folder again"
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
    write_sums(path, sums_of(path, (WEIGHTS, CONFIG, TOKENIZER)))
    return path


def load_model(folder: str | Path) -> tuple[Any, Tokenizer]:
    """Read what `save_model`, or a run of training, wrote.

    Args:
        folder: with the three files; where their checksums are kept, they are checked.

    Returns:
        The model, in evaluation mode on the CPU, and its tokenizer.

    Raises:
        OSError: a file is missing.
        ValueError: a file is damaged, or they do not belong together.
    """
    path = Path(folder)
    for name in (WEIGHTS, CONFIG, TOKENIZER):
        _there(path / name)
    _require_sums(path)
    model = _filled(path)
    tokenizer = load_tokenizer(path / TOKENIZER)
    _require_vocabulary(model, tokenizer, path)
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
    state = model.state_dict(keep_vars=True)
    first = {name: t for name, t in state.items() if seen.setdefault(id(t), name) == name}
    return {name: tensor.detach().contiguous() for name, tensor in first.items()}


def _filled(path: Path) -> Any:
    """Build the model of a config.json with the tensors of the file beside it, when they fit each other."""
    values = read_json(path / CONFIG, "a model's configuration")
    with named(path / CONFIG):
        name = values.pop("model", None)
        require_known("model", name, tuple(MODELS))
        kind, fields = MODELS[name]
        config = fields.from_dict(values)
    stored = load_tensors(path / WEIGHTS)
    with named(path):
        model = empty(kind, config, stored)
    _require_fit(model, stored, path / WEIGHTS)
    model = kind(config)
    with torch.no_grad():
        wanted = model.state_dict()
        for name, tensor in stored.items():
            wanted[name].copy_(tensor)
    return model


def _require_fit(model: nn.Module, stored: dict[str, Tensor], path: Path) -> None:
    """Compare names and shapes; a tensor that is tied may stand there under its first name alone."""
    wanted, needed = model.state_dict(), each_once(model)
    for name in (*needed, *stored):
        if name not in stored or name not in wanted:
            where = "lacks" if name in needed else "has"
            raise ValueError(
                f"{path} {where} {printable(name)}, which does not fit {CONFIG} beside it: keep files of one "
                "run together"
            )
        if numbers(name, stored[name]).shape != wanted[name].shape:
            raise ValueError(
                f"{name} in {path} is {tuple(stored[name].shape)} and {CONFIG} beside it makes it "
                f"{tuple(wanted[name].shape)}: keep files of one run together"
            )


def _require_sums(path: Path) -> None:
    """Compare the files with the sums that were written with them, where there are any."""
    require_recorded(path)
    record = next((path / name for name in (SUMS, TRAINING) if (path / name).is_file()), None)
    if record is None:
        return
    sums = read_sums(path, AGAIN) if record.name == SUMS else _signed(record)
    if wrong := first_wrong(
        path, {name: sums[name] for name in (WEIGHTS, CONFIG, TOKENIZER) if name in sums}
    ):
        raise ValueError(
            f"{path / wrong} is not what was written, for its checksum is another one: {AGAIN}, or delete "
            f"{record.name} if you changed the file yourself"
        )


def _signed(record: Path) -> dict[str, str]:
    """The sums that training wrote and signed; none where another program wrote the file."""
    values = read_json(record, "the record of a run", nan=True)
    if values.get("format") != TRAINING_FORMAT:
        return {}
    run = values.get("run")
    signed = values.get("sha256") == hashlib.sha256(json.dumps(run).encode()).hexdigest()
    sums = run.get("sha256") if isinstance(run, dict) and signed else None
    if not isinstance(sums, dict):
        raise ValueError(f"{record} is damaged, for it is not what training wrote: {AGAIN}")  # noqa: TRY004
    return sums


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
