"""What a run of `tfm train` is: one flat list of names and values, from a preset, a file and the command line.

A name belongs to the model's configuration, to the trainer's settings, or to `RunOptions` below; each stands in
one of them only, so `--set d_model=256 rate=3e-4 batch=32` needs no sections. This file builds nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Annotated, Any, Literal, get_origin, get_type_hints

from tfm.json_files import read_json
from tfm.models.gpt_config import GPTConfig
from tfm.models.transformer import TransformerConfig
from tfm.names import Between, Fields, require_known, require_part
from tfm.train.settings import Settings

WORDS = {"none": None, "true": True, "false": False}
MOST = 2**40
Count, Share = Annotated[int, Between(1, MOST)], Annotated[float, Between(0, 1)]
FROM_DATA = ("vocab_size", "source_vocab_size", "target_vocab_size", "pad_id", "shared")


@dataclass(frozen=True, kw_only=True, slots=True)
class RunOptions(Fields):
    """What a run needs beside its model and the trainer's settings.

    Attributes:
        batch: rows of a batch, over all processes: windows of text, or sentence pairs.
        optimiser: “adamw”, or “muon” for the layers' matrices with AdamW for the rest.
        beta2: of AdamW: how much of the squared gradient's mean stays.
        adam_rate: with muon, AdamW's rate.
        token_rate: with muon, the token table's own rate; None: as `adam_rate`.
        score_rate: with muon, the scores' own rate; None: as `adam_rate`.
        schedule: how the rate goes down after the warm-up.
        warmup: updates until the full rate.
        decay: with “trapezoid”, the share of the steps, at the end, in which the rate falls.
        floor: share of the rate that is left at the end.
        label_smoothing: share of each target that is spread over all tokens.
        average: decay of a running mean of the weights, which is then judged and kept; None: no mean.
        start: “usual” first weights, or “identity”: each layer begins as nothing.
        tokenizer: how a text is cut; see `tfm data prepare`.
        vocabulary: tokens of a BPE vocabulary.
        validate_on: tokens of the validation text at most; None: all.
        longest: sentences with more tokens are left out of training.
        beam: texts that are kept while the test sentences are translated; 1: the likeliest token each time.
        judge_on: test pairs at most; None: all.
    """

    batch: Count = 12
    optimiser: Literal["adamw", "muon"] = "adamw"
    beta2: Share = 0.99
    adam_rate: float = 0.01
    token_rate: float | None = None
    score_rate: float | None = None
    schedule: Literal["cosine", "linear", "trapezoid", "constant", "vaswani"] = "cosine"
    warmup: Annotated[int, Between(0, MOST)] = 0
    decay: float = 0.8
    floor: Share = 0.1
    label_smoothing: Share = 0.0
    average: Share | None = None
    start: Literal["usual", "identity"] = "usual"
    tokenizer: str = "characters"
    vocabulary: Count | None = None
    validate_on: Count | None = 200_000
    longest: Count = 100
    beam: Count = 4
    judge_on: Count | None = None


SMALL: dict[str, Any] = {  # to a loss as quickly as we can: `benchmarks/bench_time_to_loss.py`
    "context": 64, "d_model": 128, "n_layers": 3, "n_heads": 4, "positions": "rotary", "norm": "rms",
    "feed_forward": "squared_relu", "bias": False, "tied": False, "start": "identity",
    "steps": 300, "batch": 12, "optimiser": "muon", "rate": 0.02, "weight_decay": 0.0, "adam_rate": 0.01,
    "token_rate": 0.02, "score_rate": 0.02, "schedule": "trapezoid", "floor": 0.0, "clip": None,
    "evaluate_every": 100, "save_every": 100,
}  # fmt: skip
BABY: dict[str, Any] = {  # nanoGPT's `config/train_shakespeare_char.py`
    "context": 256, "d_model": 384, "n_layers": 6, "n_heads": 6, "bias": False, "dropout": 0.2,
    "steps": 5_000, "batch": 64, "rate": 1e-3, "weight_decay": 0.1, "warmup": 100, "compile": "auto",
    "evaluate_every": 250, "save_every": 250,
}  # fmt: skip
GPT2: dict[str, Any] = {  # nanoGPT's `config/train_gpt2.py`, for one process
    "context": 1024, "d_model": 768, "n_layers": 12, "n_heads": 12, "bias": False, "feed_forward": "gelu_tanh",
    "steps": 600_000, "batch": 12, "accumulate": 40, "rate": 6e-4, "weight_decay": 0.1, "beta2": 0.95,
    "warmup": 2_000, "compile": "auto", "tokenizer": "gpt2", "evaluate_every": 1_000, "save_every": 1_000,
}  # fmt: skip
TRANSLATE_SMALL: dict[str, Any] = {
    "d_model": 256, "n_layers": 3, "n_heads": 4, "d_ff": 1024, "dropout": 0.3, "wiring": "pre", "context": 256,
    "steps": 6_000, "batch": 128, "rate": 1e-3, "weight_decay": 0.01, "beta2": 0.98, "warmup": 600, "floor": 0.0,
    "label_smoothing": 0.1, "average": 0.999, "evaluate_every": 500, "save_every": 500,
}  # fmt: skip
BASE: dict[str, Any] = {  # Vaswani et al., 2017, table 3 and section 5.3
    "d_model": 512, "n_layers": 6, "n_heads": 8, "d_ff": 2048, "dropout": 0.1, "steps": 100_000, "batch": 512,
    "rate": 1.0, "weight_decay": 0.0, "beta2": 0.98, "schedule": "vaswani", "warmup": 4_000, "clip": None,
    "label_smoothing": 0.1, "evaluate_every": 1_000, "save_every": 1_000,
}  # fmt: skip
PRESETS = {
    "write": {"small": SMALL, "baby": BABY, "gpt2": GPT2},
    "translate": {"small": TRANSLATE_SMALL, "base": BASE},
}
MODELS: dict[str, type[Fields]] = {"write": GPTConfig, "translate": TransformerConfig}


@dataclass(frozen=True, kw_only=True, slots=True)
class RunConfig:
    """A whole run.

    Attributes:
        task: “write”: a text goes on; “translate”: sentence pairs.
        values: everything that was chosen, by name; what is not here has its default.
        model: fields of the model's configuration, without what the data decide.
        settings: of the trainer.
        options: the rest.
    """

    task: str
    values: Mapping[str, Any]
    model: Mapping[str, Any] = field(init=False)
    settings: Settings = field(init=False)
    options: RunOptions = field(init=False)

    def __post_init__(self) -> None:
        require_known("the task", self.task, PRESETS)
        kinds = _kinds(self.task)
        for name in self.values:
            require_part("a run", name, kinds)
        parts = {kind: _part(kind, self.values) for kind in (MODELS[self.task], Settings, RunOptions)}
        object.__setattr__(self, "model", parts[MODELS[self.task]])
        object.__setattr__(self, "settings", Settings.from_dict(parts[Settings]))
        object.__setattr__(self, "options", RunOptions.from_dict(parts[RunOptions]))
        _require_options(self.options, self.settings)
        self.everything()

    def everything(self) -> dict[str, Any]:
        """Every name that may be set, with its value or its default.

        Raises:
            ValueError: a size of the model is out of range, or does not fit another.
        """
        one_token = {name: 1 for name in FROM_DATA if name.endswith("vocab_size")}
        kind = MODELS[self.task]
        model = kind.from_dict({**_part(kind, one_token), **self.model}).as_dict()
        told = {name: value for name, value in model.items() if name not in FROM_DATA}
        return {**told, **self.settings.as_dict(), **asdict(self.options)}


def choose(task: str, preset: str, file: Path | None, words: Sequence[str]) -> RunConfig:
    """Put a run together: the preset, over it the file, over that the command line.

    Args:
        task: “write” or “translate”.
        preset: a name of `PRESETS` of that task.
        file: JSON, one flat object of names and values, or None.
        words: “name=value” each.

    Raises:
        OSError: the file cannot be read.
        ValueError: a name is unknown (the nearest is suggested), or a value does not fit.
    """
    require_known("the task", task, PRESETS)
    require_known("the model", preset, PRESETS[task])
    return RunConfig(task=task, values={**PRESETS[task][preset], **read_values(task, file, words)})


def read_values(task: str, file: Path | None, words: Sequence[str]) -> dict[str, Any]:
    """Read a file's values, and over them those of the command line.

    Raises:
        OSError, ValueError: as `choose`.
    """
    return {
        **(
            read_json(file, "the settings of a run", cure='write one object, as {"d_model": 256}')
            if file
            else {}
        ),
        **parse(words, task),
    }


def parse(words: Sequence[str], task: str = "write") -> dict[str, Any]:
    """Read “name=value” words: what is a word by its kind stays one; else numbers, none, true and false.

    Raises:
        ValueError: a word has no “=”.

    Example:
        >>> parse(["rate=3e-4", "clip=none", "positions=none"])
        {'rate': 0.0003, 'clip': None, 'positions': 'none'}
    """
    values, kinds = {}, _kinds(task)
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not name:
            raise ValueError(
                f"--set takes name=value, and {word!r} is not: write --set steps=1000 rate=0.001"
            )
        kind = kinds.get(name.strip())
        is_word = kind is str or get_origin(kind) is Literal
        values[name.strip()] = value.strip() if is_word else _value(value.strip())
    return values


def _value(text: str) -> Any:
    if text.lower() in WORDS:
        return WORDS[text.lower()]
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _kinds(task: str) -> dict[str, Any]:
    """Every name that may be set, and the kinds of its value."""
    kinds: dict[str, Any] = {}
    for part in (MODELS[task], Settings, RunOptions):
        kinds |= get_type_hints(part)
    return {name: kind for name, kind in kinds.items() if name not in FROM_DATA}


def _part(kind: Any, values: Mapping[str, Any]) -> dict[str, Any]:
    names = {entry.name for entry in fields(kind)}
    return {name: value for name, value in values.items() if name in names}


def _require_options(options: RunOptions, settings: Settings) -> None:
    if not 0 < options.decay <= 1:
        raise ValueError(f"decay ({options.decay}) is a share of the steps, above 0 and at most 1: try 0.8")
    if settings.parallel == "fsdp" and (options.optimiser != "adamw" or options.average is not None):
        raise ValueError(
            "parallel=fsdp shares out every matrix: take optimiser=adamw and average=none with it"
        )
