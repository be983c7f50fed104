"""What does the trainer add to a step of a plain loop?

    python benchmarks/bench_trainer.py [--rounds 200]

One small GPT three times, from the same seed on the same batches: a loop written out (schedule, forward, backward,
clipping, AdamW, the loss read), `Trainer` alone, and `Trainer` with a progress bar and a line of JSON a step. One
thread, one step of each in turn. Prints a table, writes results/trainer.json; ends with exit code 1 where the
trainer adds more than `LIMIT`.
"""

import argparse
import io
import itertools
import statistics
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from _gpts import SMALL
from _measure import machine, steady_memory, summary, take_turns, write_results
from torch import Tensor, nn

from tfm.models.gpt import GPT
from tfm.models.gpt_config import GPTConfig
from tfm.train.device import autocasting
from tfm.train.loggers import JsonLines
from tfm.train.loop import Trainer
from tfm.train.losses import next_token_loss
from tfm.train.optimisers import adamw
from tfm.train.progress import Progress
from tfm.train.schedules import warmup_cosine
from tfm.train.settings import Autocast, Settings

ENDLESS, RATE, BATCH, LIMIT = 1_000_000, 1e-3, 12, 0.03
CPU = torch.device("cpu")
PRECISIONS: dict[Autocast, torch.dtype] = {"off": torch.float32, "bf16": torch.bfloat16}


def main() -> int:
    """Let them take turns in each precision."""
    parser = argparse.ArgumentParser(description="Measure what the trainer adds to a step.")
    parser.add_argument("--rounds", type=int, default=200, help="steps of each contender (default: 200)")
    rounds = parser.parse_args().rounds
    steady_memory()
    torch.set_num_threads(1)
    rows, added = [], []
    with tempfile.TemporaryDirectory() as folder:
        for autocast, dtype in PRECISIONS.items():
            times = take_turns(contenders(autocast, dtype, Path(folder)), rounds)
            plain = times["written out"]
            for name, seconds in times.items():
                ratio = statistics.median(b / a for a, b in zip(plain, seconds, strict=True))
                added.append(ratio - 1)
                rows.append(
                    {"precision": str(dtype), "name": name, "ratio": round(ratio, 3), **summary(seconds)}
                )
                print(f"{dtype!s:<16}{name:<28}{rows[-1]['median_ms']:>9.2f} ms{ratio:>8.3f}")
    about = {"machine": machine("torch"), "threads": 1, "rounds": rounds, "sizes": {**SMALL, "batch": BATCH}}
    print(f"written to {write_results('trainer', {**about, 'rows': rows})}")
    return int(max(added) > LIMIT)


def contenders(autocast: Autocast, dtype: torch.dtype, folder: Path) -> dict[str, Callable[[], object]]:
    """The same step three times."""
    bar = Progress(CPU, flops_per_token=1.0, peak=1.0, file=io.StringIO())
    return {
        "written out": _plain(dtype),
        "Trainer": _ours(autocast),
        "Trainer, bar and lines": _ours(autocast, bar, JsonLines(folder / f"{autocast}.jsonl")),
    }


def _plain(dtype: torch.dtype) -> Callable[[], object]:
    model, batches = _model(), _batches()
    optimiser, schedule, numbers = adamw(model, RATE), warmup_cosine(ENDLESS, 10), itertools.count()

    def step() -> float:
        inputs, targets = next(batches)
        for group in optimiser.param_groups:
            group["lr"] = RATE * schedule(next(numbers))
        with autocasting(CPU, dtype):
            loss = next_token_loss(model(inputs), targets)
        optimiser.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        return loss.item()

    return step


def _ours(autocast: Autocast, *listeners: Any) -> Callable[[], object]:
    trainer = Trainer(
        _model(),
        lambda model, batch: next_token_loss(model(batch[0]), batch[1]),
        _batches(),
        Settings(steps=ENDLESS, rate=RATE, autocast=autocast, device="cpu"),
        schedule=warmup_cosine(ENDLESS, 10),
        listeners=listeners,
    )
    steps = trainer.steps()
    return lambda: next(steps).loss


def _model() -> GPT:
    torch.manual_seed(0)
    return GPT(GPTConfig(**SMALL, bias=False))


def _batches() -> "itertools.cycle[tuple[Tensor, Tensor]]":
    chance = torch.Generator().manual_seed(0)
    ids = torch.randint(SMALL["vocab_size"], (64, BATCH, SMALL["context"] + 1), generator=chance)
    return itertools.cycle([(rows[:, :-1].contiguous(), rows[:, 1:].contiguous()) for rows in ids])


if __name__ == "__main__":
    sys.exit(main())
