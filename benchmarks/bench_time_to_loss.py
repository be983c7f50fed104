"""How long until a small GPT has learned Shakespeare as well as nanoGPT's recipe for a CPU?

    python benchmarks/bench_time_to_loss.py [--nanogpt FOLDER] [--rounds 5] [--quick]

The text is tiny Shakespeare by the letter, cut as nanoGPT cuts it; the context is 64, the threads are two,
the model has at most 0.81 million weights. nanoGPT's recipe is 4 layers, 4 heads, width 128, 2,000 steps of
12 windows with AdamW in float32; our trainer runs it, and, where FOLDER holds nanoGPT's repository, a copy of
its own loop does around its own model. Ours is `tfm train`'s small model and recipe. In each round all of
them train once, in turn, from a new seed. What counts is the time of the steps alone, without validation;
afterwards each is judged on the whole validation part, and the loss must be `GOAL` or lower. Prints a table,
writes results/time_to_loss.json. --quick makes twenty steps of each, to see that it works, and writes
nothing.
"""

import argparse
import itertools
import math
import statistics
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from _gpts import nanogpt
from _measure import machine, steady_memory, write_results
from torch import Tensor

from tfm.assets.tiny_gpt import SIZES, small_run, split
from tfm.data.corpora import load_corpus
from tfm.data.tokens import Sequential
from tfm.tasks.run import choose
from tfm.text.characters import CharacterVocabulary
from tfm.train.losses import next_token_loss
from tfm.train.recipes import NANOGPT, Recipe

if TYPE_CHECKING:
    from collections.abc import Callable

GOAL, TARGET, LARGEST = 1.886, 8.0, 810_000
CONTEXT, THREADS, QUICK_STEPS = 64, 2, 20
NANOGPT_SIZES: dict[str, Any] = {
    "context": CONTEXT,
    "d_model": 128,
    "n_layers": 4,
    "n_heads": 4,
    "bias": False,
}


class Run(NamedTuple):
    """What one training took and gave."""

    seconds: float
    loss: float
    parameters: int
    steps: int


def main() -> None:
    """Let everybody train in turn, round after round."""
    parser = argparse.ArgumentParser(description="Race to a validation loss on a CPU.")
    parser.add_argument("--nanogpt", type=Path, help="a folder with nanoGPT's repository")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="twenty steps of each, once; nothing is written")
    args = parser.parse_args()
    steady_memory()
    torch.set_num_threads(THREADS)
    text = load_corpus("shakespeare").text
    vocabulary = CharacterVocabulary(text)
    parts = split(text, vocabulary)
    steps = QUICK_STEPS if args.quick else None
    small = choose("write", "small", None, []).recipe()
    contenders: dict[str, Callable[[int], Run]] = {
        "ours": lambda seed: _ours(parts, small, SIZES, vocabulary.n_vocab, seed, steps),
        "nanoGPT's recipe": lambda seed: _ours(
            parts, NANOGPT, NANOGPT_SIZES, vocabulary.n_vocab, seed, steps
        ),
    }
    if args.nanogpt:
        contenders["nanoGPT"] = lambda seed: _nanogpt(parts, args.nanogpt, vocabulary.n_vocab, seed, steps)
    runs: dict[str, list[Run]] = {name: [] for name in contenders}
    for seed in range(1 if args.quick else args.rounds):
        for name, train in list(contenders.items())[:: 1 if seed % 2 else -1]:
            runs[name].append(train(seed))
            _show(name, seed, runs[name][-1])
    _judge(runs, write=not args.quick)


def _ours(
    parts: tuple[Tensor, Tensor],
    recipe: Recipe,
    sizes: dict[str, Any],
    vocab_size: int,
    seed: int,
    steps: int | None,
) -> Run:
    trainer = small_run(*parts, recipe, vocab_size, seed, sizes, steps=steps or recipe.steps)
    records = list(trainer.steps())
    loss = records[-1].validation_loss
    assert loss is not None
    parameters = sum(p.numel() for p in trainer.model.parameters())
    return Run(sum(step.seconds for step in records), loss, parameters, len(records))


def _nanogpt(
    parts: tuple[Tensor, Tensor], folder: Path, vocab_size: int, seed: int, steps: int | None
) -> Run:
    """Train nanoGPT's model as its train.py does on a CPU, without its evaluations and its printing."""
    torch.manual_seed(seed)
    gpt = nanogpt(folder, {**NANOGPT_SIZES, "vocab_size": vocab_size})
    optimiser = gpt.configure_optimizers(0.1, 1e-3, (0.9, 0.99), "cpu")
    total = steps or NANOGPT.steps
    seconds = 0.0
    for step in range(total):
        start = time.perf_counter()
        for group in optimiser.param_groups:
            group["lr"] = _nanogpt_rate(step)
        places = torch.randint(len(parts[0]) - CONTEXT, (NANOGPT.batch,))
        windows = torch.stack([parts[0][i : i + CONTEXT + 1] for i in places])
        _, loss = gpt(windows[:, :-1].contiguous(), windows[:, 1:].contiguous())
        loss.backward()
        torch.nn.utils.clip_grad_norm_(gpt.parameters(), 1.0)
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
        seconds += time.perf_counter() - start
    return Run(seconds, _validation(gpt, parts[1]), sum(p.numel() for p in gpt.parameters()), total)


def _nanogpt_rate(
    step: int, top: float = 1e-3, low: float = 1e-4, warmup: int = 100, end: int = 2_000
) -> float:
    if step < warmup:
        return top * (step + 1) / (warmup + 1)
    return low + (top - low) * (1 + math.cos(math.pi * (step - warmup) / (end - warmup))) / 2


@torch.inference_mode()
def _validation(gpt: Any, judged: Tensor) -> float:
    """The same mean over the same predictions as our trainer's."""
    gpt.eval()
    summed = 0.0
    for inputs, targets in Sequential(judged, CONTEXT, 128):
        logits, _ = gpt(inputs, targets)
        summed += next_token_loss(logits, targets).item() * targets.numel()
    return summed / (len(judged) - 1)


def _show(name: str, seed: int, run: Run) -> None:
    print(
        f"round {seed + 1}  {name:<17} {run.steps:5,} steps of {1000 * run.seconds / run.steps:6.2f} ms = "
        f"{run.seconds:6.2f} s   validation loss {run.loss:.4f}   {run.parameters:,} weights",
        flush=True,
    )


def _row(name: str, mine: list[Run], ours: list[Run]) -> dict[str, Any]:
    ratios = [run.seconds / other.seconds for run, other in zip(mine, ours, strict=True)]
    return {
        "contender": name,
        "steps": mine[0].steps,
        "parameters": mine[0].parameters,
        "seconds": [round(run.seconds, 3) for run in mine],
        "losses": [round(run.loss, 4) for run in mine],
        "median_seconds": round(statistics.median(run.seconds for run in mine), 3),
        "time_to_ours": round(statistics.median(ratios), 2),
        "time_to_ours_range": [round(min(ratios), 2), round(max(ratios), 2)],
    }


def _judge(runs: dict[str, list[Run]], *, write: bool) -> None:
    rows = [_row(name, mine, runs["ours"]) for name, mine in runs.items()]
    for row in rows:
        low, high = row["time_to_ours_range"]
        print(
            f"{row['contender']:<17} median {row['median_seconds']:7.2f} s, {row['time_to_ours']:.2f} times ours "
            f"({low} to {high}); mean loss {statistics.mean(row['losses']):.4f}"
        )
    ours = runs["ours"]
    reached = all(run.loss <= GOAL and run.parameters <= LARGEST for run in ours)
    least = min(row["time_to_ours"] for row in itertools.islice(rows, 1, None))
    print(f"{GOAL} reached in every round: {reached}; at least {TARGET} times as quick: {least >= TARGET}")
    if write:
        about = {"machine": machine("torch"), "threads": THREADS, "goal": GOAL, "target": TARGET}
        print(f"written to {write_results('time_to_loss', {**about, 'reached': reached, 'rows': rows})}")


if __name__ == "__main__":
    main()
