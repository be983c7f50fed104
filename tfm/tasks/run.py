"""What a run of `tfm train` is: one flat list of names and values, from a preset, a file and the command line.

A name belongs to the model's configuration, to the trainer's settings, or to `RunOptions`; each stands in one of
them only, so `--set d_model=256 rate=3e-4 batch=32` needs no sections. This file knows no task by name.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from functools import partial
from pathlib import Path
from typing import Any, Literal, get_origin, get_type_hints

import torch
from torch import nn
from torch.optim import Optimizer

from tfm.data.prepare import TOKENIZER_FILE
from tfm.data.prepared import Prepared
from tfm.json_files import read_json
from tfm.names import require_known, require_part
from tfm.tasks import TASKS, Job
from tfm.tasks.options import RunOptions
from tfm.train.averages import EMA
from tfm.train.loop import Trainer
from tfm.train.optimisers import adamw, muon
from tfm.train.recipes import Recipe
from tfm.train.schedules import Schedule, constant, trapezoid, vaswani, warmup_cosine, warmup_linear
from tfm.train.settings import Settings
from tfm.train.step import Listener

WORDS = {"none": None, "true": True, "false": False}
DECISIVE = ("rate", "weight_decay", "accumulate", "clip", "autocast")  # settings that the weights depend on
FROM_DATA = ("vocab_size", "source_vocab_size", "target_vocab_size", "pad_id", "shared")


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """A whole run.

    Attributes:
        task: a name of `TASKS`.
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
        require_known("the task", self.task, TASKS)
        kinds = _kinds(self.task)
        for name in self.values:
            require_part("a run", name, kinds)
        parts = {kind: _part(kind, self.values) for kind in (TASKS[self.task].config, Settings, RunOptions)}
        object.__setattr__(self, "model", parts[TASKS[self.task].config])
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
        kind = TASKS[self.task].config
        model = kind.from_dict({**_part(kind, one_token), **self.model}).as_dict()
        told = {name: value for name, value in model.items() if name not in FROM_DATA}
        return {**told, **self.settings.as_dict(), **asdict(self.options)}

    def build(self, data: Prepared) -> nn.Module:
        """Build the model; the same seed gives the same first weights.

        Raises:
            ValueError: the data do not fit the task, or the model.
        """
        task = TASKS[self.task]
        if data.kind != task.takes.kind:
            raise ValueError(
                f"the data are {data.kind}, and the task is {self.task}: take --task {task_for(data)}"
            )
        torch.manual_seed(self.settings.seed)
        return task.build(self.model, self.options, data)

    def job(self, model: nn.Module, data: Prepared, folder: Path) -> Job:
        """Put together what is trained on what.

        Args:
            model: by `build`.
            data: what `tfm data prepare` wrote.
            folder: where it wrote it.
        """
        tokenizer = (folder / TOKENIZER_FILE).read_text(encoding="utf-8")
        config: Any = model.config
        about = {
            "config.json": {"model": type(model).__name__, **config.as_dict()},
            TOKENIZER_FILE: tokenizer,
        }
        return replace(TASKS[self.task].job(model, self.settings, self.options, data), about=about)

    def trainer(
        self,
        job: Job,
        settings: Settings | None = None,
        folder: Path | None = None,
        listeners: Sequence[Listener] = (),
        validation: Iterable[Any] | None = None,
    ) -> Trainer:
        """Make the trainer of this run.

        Args:
            job: by `job`.
            settings: those of the run when None, or fewer steps of them.
            folder: of checkpoints.
            listeners: called with every step.
            validation: other batches than the job's own.
        """
        return Trainer(
            job.model,
            job.loss,
            job.batches,
            self.settings if settings is None else settings,
            optimiser=self.optimiser,
            schedule=self.schedule(),
            validation=job.validation if validation is None else validation,
            average=None if self.options.average is None else partial(EMA, decay=self.options.average),
            count=job.count,
            folder=folder,
            about=job.about,
            listeners=listeners,
        )

    def recipe(self) -> Recipe:
        """What decides a run's weights beside model and data, for whoever builds a trainer alone.

        Example:
            >>> recipe = choose("write", "small", None, []).recipe()
            >>> recipe.steps, recipe.batch, recipe.told(seed=3).clip is None, recipe.schedule(300)(180)
            (300, 12, True, 0.5)
        """
        return Recipe(
            steps=self.settings.steps,
            batch=self.options.batch,
            optimiser=self.optimiser,
            schedule=self.schedule,
            settings={name: getattr(self.settings, name) for name in DECISIVE},
        )

    def optimiser(self, model: nn.Module) -> Optimizer:
        """Make the optimiser that the options name."""
        settings, options = self.settings, self.options
        if options.optimiser == "adamw":
            return adamw(model, settings.rate, settings.weight_decay, betas=(0.9, options.beta2))
        every = list(model.named_parameters(remove_duplicate=False))
        tied = len({id(p) for _, p in every}) < len(every)
        own = {"tokens": options.token_rate, "scores": None if tied else options.score_rate}
        rates = {name: rate for name, rate in own.items() if rate is not None and hasattr(model, name)}
        return muon(model, settings.rate, settings.weight_decay, adam_rate=options.adam_rate, rates=rates)

    def schedule(self, steps: int | None = None) -> Schedule:
        """Make the schedule that the options name, for the run's steps or others.

        A warm-up is never longer than the run.
        """
        options, steps = self.options, self.settings.steps if steps is None else steps
        warmup = min(options.warmup, steps - 1)
        if options.schedule == "constant":
            return constant(warmup)
        if options.schedule == "trapezoid":
            falls = max(1, min(int(options.decay * steps), steps - warmup))
            return trapezoid(steps, warmup, falls, options.floor)
        if options.schedule == "vaswani":
            return vaswani(self.model["d_model"], max(options.warmup, 1))
        shape = warmup_cosine if options.schedule == "cosine" else warmup_linear
        return shape(steps, warmup, options.floor)


def task_for(data: Prepared) -> str:
    """The name of the task that takes such data."""
    return next(name for name, task in TASKS.items() if data.kind == task.takes.kind)


def choose(task: str, preset: str, file: Path | None, words: Sequence[str]) -> Run:
    """Put a run together: the preset, over it the file, over that the command line.

    Args:
        task: a name of `TASKS`.
        preset: a name of that task's presets.
        file: JSON, one flat object of names and values, or None.
        words: “name=value” each.

    Raises:
        OSError: the file cannot be read.
        ValueError: a name is unknown (the nearest is suggested), or a value does not fit.
    """
    require_known("the task", task, TASKS)
    require_known("the model", preset, TASKS[task].presets)
    return Run(task=task, values={**TASKS[task].presets[preset], **read_values(task, file, words)})


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
    for part in (TASKS[task].config, Settings, RunOptions):
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
