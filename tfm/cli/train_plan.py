"""What a run will be, said before it starts: parameters, tokens, memory, time, and which loss to expect.

Time and memory are measured, by a few steps of the very run on this machine; the expected losses are counted from
the data: an even bet on all tokens, each token as often as it is, each pair of tokens as often as it is.
"""

import itertools
import math
import statistics
import time
from collections.abc import Callable, Sized
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray

from tfm.cli.train_job import Job
from tfm.data.prepare import PreparedPairs, PreparedText
from tfm.lessons.gpt.budget import seconds_text
from tfm.lessons.gpt.expected import expected_losses
from tfm.train.device import memory_used

WARM, TIMED = 3, 5  # steps that are not timed, for first steps are slow, and steps that are
PATIENCE = 10  # seconds for the steps of a trial; a large model gets fewer of them
COUNTED = 10_000_000  # tokens at most from which losses are counted
Ids = NDArray[np.int64]


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


def measure(job: Job) -> Trial:
    """Train a few steps; the job's model is spoiled by it.

    Raises:
        TrainingError: memory ran out; the sentence names the setting to halve.
    """
    settings = job.config.settings
    few = replace(settings, steps=WARM + TIMED + 1, accumulate=1, evaluate_every=None, patience=None)
    one_batch = list(itertools.islice(job.validation, 1))
    trainer = job.trainer(few, validation=one_batch)
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


def plan(job: Job, data: PreparedText | PreparedPairs, trial: Trial, done: int = 0) -> list[str]:
    """Say what the run will be, in lines for people.

    Args:
        job: of the run.
        data: of the run.
        trial: of a few steps.
        done: steps that are made already.
    """
    settings, options = job.config.settings, job.config.options
    numbers = sum(p.numel() for p in job.model.parameters())
    seen, every, steps = settings.steps * trial.tokens, settings.evaluate_every, max(settings.steps - done, 0)
    validations = -(-settings.steps // every) - done // every if every else int(steps > 0)
    seconds = steps * trial.step + validations * trial.validation
    made = f", {done:,} of them made," if done else ""
    products = str(trial.dtype).removeprefix("torch.")
    machine = f"{trial.device}, products in {products}, {trial.processes} {_many('process', trial.processes)}"
    lines = {
        "data": _data_words(data),
        "model": f"{type(job.model).__name__} with {numbers:,} parameters: {_sizes(job)}",
        "training": f"{settings.steps:,} steps{made} of some {trial.tokens:,} tokens: {_rounds(data, seen)}",
        "optimiser": f"{options.optimiser}, rate {settings.rate:g}, {options.schedule} schedule",
        "machine": machine,
        "memory": f"{trial.memory / 2**30:.2f} GiB in a few trial steps",
        "time": f"about {seconds_text(seconds)}: {seconds_text(trial.step)} a step, and {validations} "
        f"{_many('validation', validations)} of {seconds_text(trial.validation)}",
        "loss": _loss_words(data),
    }
    return [f"{name:<11}{words}" for name, words in lines.items()]


def _loss_words(data: PreparedText | PreparedPairs) -> str:
    losses = expected_losses(*_ids(data), data.tokenizer.n_vocab)
    words = f"an even bet has {losses['even']:.2f}; "
    words += f"below {losses['tokens']:.2f} it knows more than how often each token is"
    if "pairs" in losses:
        words += f", below {losses['pairs']:.2f} more than which token follows which"
    return words


def _ids(data: PreparedText | PreparedPairs) -> tuple[Ids, Ids]:
    if isinstance(data, PreparedText):
        return data.train.ids[:COUNTED].astype(np.int64), data.val.ids[:COUNTED].astype(np.int64)
    train, val = (
        np.concatenate([np.array([*row, data.marks.end], np.int64) for row in data.splits[split][1]])
        for split in ("train", "val")
    )
    return train[:COUNTED], val[:COUNTED]


def _data_words(data: PreparedText | PreparedPairs) -> str:
    if isinstance(data, PreparedText):
        counts = f"{len(data.train):,} tokens to train on, {len(data.val):,} to judge on"
    else:
        train, val = (len(data.splits[split][0]) for split in ("train", "val"))
        counts = f"{train:,} pairs to train on, {val:,} to judge on"
    return f"{data.name}: {counts}, a vocabulary of {data.tokenizer.n_vocab:,}"


def _rounds(data: PreparedText | PreparedPairs, seen: int) -> str:
    if isinstance(data, PreparedText):
        return f"{seen / len(data.train):.2g} times over the text"
    return f"{seen / sum(len(row) + 1 for row in data.splits['train'][1]):.2g} times over the pairs"


def _sizes(job: Job) -> str:
    c = job.config.model
    return f"{c['n_layers']} layers, {c['n_heads']} heads, width {c['d_model']}, context {c['context']}"


def _many(word: str, count: int) -> str:
    return word if count == 1 else f"{word}es" if word.endswith("s") else f"{word}s"
