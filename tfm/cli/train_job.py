"""What is trained on what: a GPT that goes on with a text, or a Transformer that translates pairs.

Both become a `Job`: model, loss, batches and files beside the weights, which is all that the trainer wants.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from tfm.cli.train_config import RunConfig, RunOptions
from tfm.data.pairs import Pairs
from tfm.data.prepare import TOKENIZER_FILE, PreparedPairs, PreparedText
from tfm.data.tokens import Sequential, Windows
from tfm.models.gpt import GPT
from tfm.models.gpt_config import GPTConfig
from tfm.models.identity_start import identity_start
from tfm.models.transformer import Transformer, TransformerConfig
from tfm.train.averages import EMA
from tfm.train.loop import Trainer
from tfm.train.losses import next_token_loss
from tfm.train.optimisers import adamw, muon
from tfm.train.recipes import Recipe
from tfm.train.schedules import Schedule, constant, trapezoid, vaswani, warmup_cosine, warmup_linear
from tfm.train.settings import Settings
from tfm.train.step import Listener

DECISIVE = (
    "rate",
    "weight_decay",
    "accumulate",
    "clip",
    "autocast",
)  # settings that a run's weights depend on
JUDGED_AT_ONCE = 8_192  # tokens of a validation batch at least: without gradients they need little memory


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """A training run that is ready to start.

    Attributes:
        model: with its first weights.
        loss: (model, batch) → mean loss.
        count: batch → predictions in it.
        batches: for training, without end.
        validation: to be gone through again and again.
        about: files beside the weights.
        config: of the run.
        flops_per_token: operations of one token, forward and backward.
    """

    model: nn.Module
    loss: Callable[[Any, Any], Tensor]
    count: Callable[[Any], int]
    batches: Any
    validation: Iterable[Any]
    about: Mapping[str, Any]
    config: RunConfig
    flops_per_token: float

    def trainer(
        self,
        settings: Settings,
        folder: Path | None = None,
        listeners: Sequence[Listener] = (),
        validation: Iterable[Any] | None = None,
    ) -> Trainer:
        """Make the trainer of this run.

        Args:
            settings: those of the configuration, or fewer steps of them.
            folder: of checkpoints.
            listeners: called with every step.
            validation: other batches than the run's own.
        """
        options = self.config.options
        return Trainer(
            self.model,
            self.loss,
            self.batches,
            settings,
            optimiser=partial(make_optimiser, settings=settings, options=options),
            schedule=make_schedule(self.config, self.config.settings.steps),
            validation=self.validation if validation is None else validation,
            average=None if options.average is None else partial(EMA, decay=options.average),
            count=self.count,
            folder=folder,
            about=self.about,
            listeners=listeners,
        )


def make_job(config: RunConfig, data: PreparedText | PreparedPairs, folder: Path) -> Job:
    """Build the model and everything around it; the same seed gives the same weights.

    Args:
        config: of the run.
        data: what `tfm data prepare` wrote.
        folder: where it wrote it.

    Raises:
        ValueError: the data do not fit the task, the model or each other.
    """
    torch.manual_seed(config.settings.seed)
    tokenizer = (folder / TOKENIZER_FILE).read_text(encoding="utf-8")
    if isinstance(data, PreparedText) != (config.task == "write"):
        kind, other = (
            ("a text", "write") if isinstance(data, PreparedText) else ("sentence pairs", "translate")
        )
        raise ValueError(f"{folder} holds {kind}, and the task is {config.task}: take --task {other}")
    if isinstance(data, PreparedText):
        return _writing(config, data, tokenizer)
    return _translating(config, data, tokenizer)


def recipe_of(config: RunConfig) -> Recipe:
    """What decides a run's weights beside model and data, for whoever builds a trainer without the command line.

    Example:
        >>> from tfm.cli.train_config import choose
        >>> recipe = recipe_of(choose("write", "small", None, []))
        >>> recipe.steps, recipe.batch, recipe.told(seed=3).clip is None, recipe.schedule(300)(180)
        (300, 12, True, 0.5)
    """
    settings = config.settings
    return Recipe(
        steps=settings.steps,
        batch=config.options.batch,
        optimiser=partial(make_optimiser, settings=settings, options=config.options),
        schedule=partial(make_schedule, config),
        settings={name: getattr(settings, name) for name in DECISIVE},
    )


def make_optimiser(model: nn.Module, settings: Settings, options: RunOptions) -> Optimizer:
    """Make the optimiser that the options name."""
    if options.optimiser == "adamw":
        return adamw(model, settings.rate, settings.weight_decay, betas=(0.9, options.beta2))
    tied = len({id(p) for p in model.parameters()}) < len(
        list(model.named_parameters(remove_duplicate=False))
    )
    own = {"tokens": options.token_rate, "scores": None if tied else options.score_rate}
    rates = {name: rate for name, rate in own.items() if rate is not None and hasattr(model, name)}
    return muon(model, settings.rate, settings.weight_decay, adam_rate=options.adam_rate, rates=rates)


def make_schedule(config: RunConfig, steps: int) -> Schedule:
    """Make the schedule that the options name; a warm-up is never longer than the run."""
    options = config.options
    warmup = min(options.warmup, steps - 1)
    if options.schedule == "constant":
        return constant(warmup)
    if options.schedule == "trapezoid":
        return trapezoid(
            steps, warmup, max(1, min(int(options.decay * steps), steps - warmup)), options.floor
        )
    if options.schedule == "vaswani":
        return vaswani(config.model["d_model"], max(options.warmup, 1))
    shape = warmup_cosine if options.schedule == "cosine" else warmup_linear
    return shape(steps, warmup, options.floor)


def _writing(config: RunConfig, data: PreparedText, tokenizer: str) -> Job:
    options = config.options
    model = GPT(GPTConfig.from_dict({"vocab_size": data.tokenizer.n_vocab, **config.model}))
    if options.start == "identity":
        identity_start(model)
    context = model.config.context
    judged = data.val.ids[: options.validate_on and options.validate_on + 1]

    def loss(model: Any, batch: tuple[Tensor, Tensor]) -> Tensor:
        return next_token_loss(model(batch[0]), batch[1], options.label_smoothing if model.training else 0.0)

    return Job(
        model=model,
        loss=loss,
        count=lambda batch: batch[1].numel(),
        batches=Windows(data.train, context, options.batch, config.settings.seed),
        validation=Sequential(
            judged, min(context, len(judged) - 1), max(options.batch, JUDGED_AT_ONCE // context)
        ),
        about={"config.json": {"model": "GPT", **model.config.as_dict()}, TOKENIZER_FILE: tokenizer},
        config=config,
        flops_per_token=_flops(model, model.config, context),
    )


def _translating(config: RunConfig, data: PreparedPairs, tokenizer: str) -> Job:
    options, marks, size = config.options, data.marks, data.tokenizer.n_vocab
    sizes = {"source_vocab_size": size, "target_vocab_size": size, "pad_id": marks.pad}
    model = Transformer(TransformerConfig.from_dict({**sizes, **config.model}))
    longest = min(options.longest, model.config.context - 1)

    def pairs(split: str) -> Pairs:
        sources, targets = data.splits[split]
        seed = config.settings.seed
        return Pairs(sources, targets, batch=options.batch, marks=marks, seed=seed, longest=longest)

    def loss(model: Any, batch: tuple[Tensor, Tensor, Tensor]) -> Tensor:
        smoothing = options.label_smoothing if model.training else 0.0
        return next_token_loss(model(batch[0], batch[1]), batch[2], smoothing, ignore=marks.pad)

    return Job(
        model=model,
        loss=loss,
        count=lambda batch: int((batch[2] != marks.pad).sum()),
        batches=pairs("train"),
        validation=list(pairs("val").in_order()),
        about={"config.json": {"model": "Transformer", **model.config.as_dict()}, TOKENIZER_FILE: tokenizer},
        config=config,
        flops_per_token=6.0 * sum(p.numel() for p in model.parameters()),
    )


def _flops(model: nn.Module, config: GPTConfig, context: int) -> float:
    """Operations of one token: six for each weight it is multiplied with, twelve for each width of attention.

    Source: Chowdhery et al., “PaLM”, 2022, appendix B.
    """
    looked_up = 0 if config.tied else config.vocab_size * config.d_model
    looked_up += config.context * config.d_model if config.positions == "learned" else 0
    weights = sum(p.numel() for p in model.parameters()) - looked_up
    return 6.0 * weights + 12.0 * config.n_layers * config.d_model * context
