"""A GPT as two files: its parameters, and one page of NumPy that runs them.

    model.safetensors    every tensor once; in its header the configuration, and what each id stands for
    run.py               `tfm/assets/run.py`, at most 100 lines; it needs neither PyTorch nor this package

Whatever a tokenizer is, the header says it in one way: the bytes of every id, and a pattern that cuts a text into
words, written so that Python's own `re` understands it. This file knows nothing of running: that is `run.py`'s.
"""

import json
import re
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import regex
import tiktoken
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from tfm.models.gpt import GPT
from tfm.models.gpt_config import GPTConfig
from tfm.names import require_known
from tfm.pretrained.folder import CONFIG, READABLE, TOKENIZER, WEIGHTS, each_once
from tfm.text.bpe import BPE
from tfm.text.byte_level import ByteVocabulary
from tfm.text.characters import CharacterVocabulary

RUN = "run.py"
DTYPES = {"float32": torch.float32, "float16": torch.float16}
FOREIGN = (CONFIG, TOKENIZER, "run.json", "metrics.jsonl", "step-", "best-")  # how such names begin
POSITIONS = ("learned", "rotary", "none")  # what the one page knows
ONE_CHARACTER = r"[\s\S]"
_CLASS = re.compile(r"\\p\{(\w+)\}|\\[sS]|\\.|\[\^?|\]|.", re.DOTALL)


def export_model(model: Any, tokenizer: Any, folder: str | Path, dtype: str = "float32") -> list[Path]:
    """Write a GPT as two files.

    Args:
        model: a `GPT` with learned or rotary positions, or none.
        tokenizer: a `CharacterVocabulary`, `ByteVocabulary`, `BPE` or an encoding of tiktoken's.
        folder: is made if it is missing; an older export in it is replaced, and nothing else.
        dtype: of the numbers, “float32” or “float16”.

    Returns:
        The paths of model.safetensors and run.py.

    Raises:
        OSError: a file cannot be written.
        TypeError: it is another kind of model or tokenizer.
        ValueError: the positions, another part or the dtype are unknown to run.py, a weight does not fit float16,
            or the folder holds a model or a run.

    Example:
        >>> import tempfile
        >>> from tfm.models.gpt_config import GPTConfig
        >>> model = GPT(GPTConfig(vocab_size=3, context=8, d_model=8, n_layers=1, n_heads=2))
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     [path.name for path in export_model(model, CharacterVocabulary("abc"), folder)]
        ['model.safetensors', 'run.py']
    """
    if not isinstance(model, GPT):
        raise TypeError(f"a {type(model).__name__} cannot be exported: {RUN} runs a GPT")
    out = _require_free(Path(folder))
    require_known("dtype", dtype, tuple(DTYPES))
    require_known(f"positions, of those that {RUN} knows,", model.config.positions, POSITIONS)
    _require_plain(model.config)
    pieces, pattern = _words(tokenizer)
    pieces += [b""] * (model.config.vocab_size - len(pieces))  # rows that stand for no text
    about = {
        "config": model.config.as_dict(),
        "pattern": pattern,
        "pieces": [piece.hex() for piece in pieces],
    }
    tensors = {name: tensor.detach().to(DTYPES[dtype]) for name, tensor in each_once(model).items()}
    _require_finite(tensors, dtype)
    out.mkdir(parents=True, exist_ok=True)
    written = out / f"{WEIGHTS}.new"
    save_file(tensors, written, metadata={"about": json.dumps(about)})
    written.chmod(READABLE)
    written.replace(out / WEIGHTS)  # a link is replaced, and not the weights that it leads to
    page = out / f"{RUN}.new"
    page.write_text(run_source(), encoding="utf-8", newline="\n")
    page.replace(out / RUN)
    return [out / WEIGHTS, out / RUN]


def run_source() -> str:
    """The text of run.py.

    Example:
        >>> len(run_source().splitlines()) <= 100
        True
    """
    return (files("tfm") / "assets" / RUN).read_text(encoding="utf-8")


def plain_pattern(pattern: str) -> str:
    r"""Write a pattern of the `regex` library so that Python's `re` finds the same: each \p{…} and \s spelt out.

    Args:
        pattern: a split pattern, such as those of `tfm.text.patterns`.

    Example:
        >>> re.findall(plain_pattern(r" ?\p{N}+"), "12 ½")
        ['12', ' ½']
    """
    parts, inside = [], False
    for found in _CLASS.finditer(pattern):
        part, name = found[0], found[1]
        if name or part in {r"\s", r"\S"}:
            members = _members(rf"\p{{{name}}}" if name else r"\s")
            negated = "^" if part == r"\S" else ""
            part = members if inside else f"[{negated}{members}]"
        elif part.startswith("["):
            inside = True
        elif part == "]":
            inside = False
        parts.append(part)
    return "".join(parts)


@lru_cache(maxsize=16)
def _members(kind: str) -> str:
    """All characters of a kind, as the inside of a character class."""
    everything = "".join(map(chr, (*range(0xD800), *range(0xE000, 0x110000))))
    spans = [span.span() for span in regex.finditer(f"{kind}+", everything)]
    return "".join(f"{_escape(everything[a])}-{_escape(everything[b - 1])}" for a, b in spans)


def _escape(character: str) -> str:
    return f"\\U{ord(character):08x}" if ord(character) > 0xFFFF else f"\\u{ord(character):04x}"


def _words(tokenizer: Any) -> tuple[list[bytes], str]:
    """The bytes of every id, and the pattern that cuts a text before they are joined."""
    if isinstance(tokenizer, CharacterVocabulary):
        return [character.encode() for character in tokenizer.characters], ONE_CHARACTER
    if isinstance(tokenizer, ByteVocabulary):
        return [bytes([i]) for i in range(256)], ONE_CHARACTER
    if isinstance(tokenizer, BPE):
        ordinary = {i: piece for i, piece in tokenizer.vocab.items() if i < 256 + len(tokenizer.merges)}
        return [ordinary.get(i, b"") for i in range(tokenizer.n_vocab)], plain_pattern(tokenizer.pattern)
    if isinstance(tokenizer, tiktoken.Encoding):
        return _words(BPE.from_ranks(tokenizer._mergeable_ranks, tokenizer._pat_str))  # noqa: SLF001 (no other way)
    raise TypeError(
        f"a {type(tokenizer).__name__} cannot be exported: {RUN} reads characters, bytes and BPE vocabularies"
    )


def _require_plain(config: GPTConfig) -> None:
    """Refuse a model with a part that run.py does not compute: it would write other text without a word."""
    for name in ("rotary_scaling", "head_dim", "window"):
        if getattr(config, name) is not None:
            raise ValueError(
                f"the model has {name}, which {RUN} does not compute: run it with `tfm generate`"
            )


def _require_free(out: Path) -> Path:
    """Make sure that no model and no run is written over: a folder has one model.safetensors."""
    if out.exists() and not out.is_dir():
        raise ValueError(
            f"{out} is a file, and an export is a folder: name another, such as {out.name}-export"
        )
    foreign = [path.name for path in sorted(out.glob("*")) if path.name.startswith(FOREIGN)]
    weights = out / WEIGHTS
    if weights.exists() and not weights.is_symlink() and not _is_export(weights):
        foreign.append(WEIGHTS)
    elif (out / RUN).exists() and not weights.exists():
        foreign.append(RUN)
    if foreign:
        raise ValueError(
            f"{out} holds {foreign[0]}, which is no export's, and an export would write its own files there: "
            f"name another folder, such as {out.resolve().name}-export"
        )
    return out


def _is_export(weights: Path) -> bool:
    """Whether a file of weights says itself what it needs, as an export's does; an older one is replaced."""
    try:
        with safe_open(weights, framework="np") as file:
            return "about" in (file.metadata() or {})
    except (OSError, SafetensorError):
        return False


def _require_finite(tensors: dict[str, torch.Tensor], dtype: str) -> None:
    for name, tensor in tensors.items():
        if not tensor.isfinite().all():
            raise ValueError(
                f"{name} has a number that is not finite in {dtype}: take dtype float32, or mend the model"
            )
