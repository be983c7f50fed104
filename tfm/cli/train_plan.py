"""What a run will be, said before it starts: parameters, tokens, memory, time, and which loss to expect.

Time and memory are measured, by a few steps of the very run on this machine; the expected losses are counted from
the data: an even bet on all tokens, each token as often as it is, each pair of tokens as often as it is.
"""

import copy
import itertools
import math
import statistics
import time
from collections.abc import Callable, Sized
from dataclasses import dataclass, replace

import torch
from torch import nn

from tfm.data.prepared import Prepared, counts
from tfm.lessons.gpt.budget import seconds_text
from tfm.lessons.gpt.expected import expected_losses
from tfm.tasks import Job
from tfm.tasks.run import Run
from tfm.train.device import memory_used

WARM, TIMED = 3, 5  # steps that are not timed, for first steps are slow, and steps that are
PATIENCE = 10  # seconds for the steps of a trial; a large model gets fewer of them
COUNTED = 10_000_000  # tokens at most from which losses are counted


@dataclass(frozen=True, kw_only=True, slots=True)
class Trial:
    """What a few steps took.

    Attributes:
        step: seconds of one.
        validation: seconds of one validation, told from one batch.
        tokens: predictions in one step.
        memory: bytes, the most that were held.
        device: where.
        dtype: of the products.
        processes: how many trained.
    """

    step: float
    validation: float
    tokens: int
    memory: int
    device: torch.device
    dtype: torch.dtype
    processes: int


def measure(run: Run, job: Job) -> Trial:
    """Train a copy of the job's model for a few steps.

    Raises:
        TrainingError: memory ran out; the sentence names the setting to halve.
    """
    settings, job = run.settings, replace(job, model=copy.deepcopy(job.model))
    few = replace(settings, steps=WARM + TIMED + 1, accumulate=1, evaluate_every=None, patience=None)
    one_batch = list(itertools.islice(job.validation, 1))
    trainer = run.trainer(job, few, validation=one_batch)
    seconds, tokens, start = [], 0, time.perf_counter()
    for step in trainer.steps():
        tokens = step.tokens if step.loss < math.inf else 0  # to read the loss waits for a GPU
        seconds.append(time.perf_counter() - start)
        start = time.perf_counter()
        if len(seconds) == WARM + TIMED or (len(seconds) > 1 and sum(seconds) > PATIENCE):
            break
    judging = min(_seconds(trainer.evaluate) for _ in range(2))
    batches = len(job.validation) if isinstance(job.validation, Sized) else 1
    return Trial(
        step=settings.accumulate * statistics.median(seconds[min(WARM, len(seconds) - 1) :]),
        validation=batches * judging,
        tokens=settings.accumulate * tokens,
        memory=memory_used(trainer.device),
        device=trainer.device,
        dtype=trainer.dtype,
        processes=trainer.processes.count,
    )


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def plan(run: Run, model: nn.Module, data: Prepared, trial: Trial, done: int = 0) -> list[str]:
    """Say what the run will be, in lines for people.

    Args:
        run: that is to start, or to go on.
        model: of the run.
        data: of the run.
        trial: of a few steps.
        done: steps that are made already.
    """
    settings, options = run.settings, run.options
    numbers = sum(p.numel() for p in model.parameters())
    seen, every, steps = settings.steps * trial.tokens, settings.evaluate_every, max(settings.steps - done, 0)
    validations = -(-settings.steps // every) - done // every if every else int(steps > 0)
    seconds = steps * trial.step + validations * trial.validation
    made = f", {done:,} of them made," if done else ""
    products = str(trial.dtype).removeprefix("torch.")
    machine = f"{trial.device}, products in {products}, {trial.processes} {_many('process', trial.processes)}"
    rounds = f"{seen / data.n_predicted():.2g} times over the {data.whole}"
    lines = {
        "data": f"{data.name}: {counts(data)}",
        "model": f"{type(model).__name__} with {numbers:,} parameters: {_sizes(run)}",
        "training": f"{settings.steps:,} steps{made} of some {trial.tokens:,} tokens: {rounds}",
        "optimiser": f"{options.optimiser}, rate {settings.rate:g}, {options.schedule} schedule",
        "machine": machine,
        "memory": f"{trial.memory / 2**30:.2f} GiB in a few trial steps",
        "time": f"about {seconds_text(seconds)}: {seconds_text(trial.step)} a step, and {validations} "
        f"{_many('validation', validations)} of {seconds_text(trial.validation)}",
        "loss": _loss_words(data),
    }
    return [f"{name:<11}{words}" for name, words in lines.items()]


def _loss_words(data: Prepared) -> str:
    train, val = (data.predicted(split, COUNTED) for split in ("train", "val"))
    losses = expected_losses(train, val, data.tokenizer.n_vocab)
    words = f"an even bet has {losses['even']:.2f}; "
    words += f"below {losses['tokens']:.2f} it knows more than how often each token is"
    if "pairs" in losses:
        words += f", below {losses['pairs']:.2f} more than which token follows which"
    return words


def _sizes(run: Run) -> str:
    c = run.model
    return f"{c['n_layers']} layers, {c['n_heads']} heads, width {c['d_model']}, context {c['context']}"


def _many(word: str, count: int) -> str:
    return word if count == 1 else f"{word}es" if word.endswith("s") else f"{word}s"
