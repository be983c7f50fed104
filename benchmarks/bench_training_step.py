"""How long is one step of training a GPT on a CPU, beside nanoGPT's and Hugging Face's?

    python benchmarks/bench_training_step.py [--nanogpt FOLDER] [--rounds 15] [--quick]

A step is forward, cross-entropy, backward, clipping and AdamW, on random tokens, two threads. The sizes are
nanoGPT's: “base” is 6 layers, 6 heads, width 384, context 256, 8 windows (10.7 million weights), “small” 4
layers, 4 heads, width 128, context 64, 12 windows (0.8 million). All have dropout 0 and the exact GELU; ours
and nanoGPT's have no biases, as in its config, against Hugging Face ours has them too. “tanh” is GPT-2's own
activation, GELU by tanh, which Hugging Face takes unless it is told otherwise. “float32” computes everything
so; “bfloat16” is PyTorch's autocast, for whoever bears that name. Ours goes through `tfm.train.loop.Trainer`.
All take turns in one process, with one allocator; a ratio is theirs / ours of the same round, so above 1 ours
is the quicker. “memory” is not compared: one process holds all. Prints a table and writes
results/training_step.json. --quick makes three rounds of the small size, to see that it works, and stores
nothing.
"""

import argparse
import itertools
import statistics
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
from _gpts import BASE, SMALL, huggingface, nanogpt, ours
from _measure import machine, steady_memory, summary, take_turns, write_results
from torch import Tensor, nn
from torch.nn import functional

from tfm.train.loop import Trainer
from tfm.train.losses import next_token_loss
from tfm.train.optimisers import adamw
from tfm.train.settings import Autocast, Settings

THREADS, ENDLESS = 2, 1_000_000
SIZES = {"small": (SMALL, 12), "base": (BASE, 8)}
OURS: dict[str, dict[str, Any]] = {
    "ours": {"bias": False},
    "ours, biases": {"bias": True},
    "ours, biases, tanh": {"bias": True, "feed_forward": "gelu_tanh"},
}
TWINS = {
    "nanoGPT": "ours",
    "Hugging Face": "ours, biases",
    "Hugging Face, tanh": "ours, biases, tanh",
}  # whom each peer meets
RATE, DECAY, BETAS = 1e-3, 0.1, (0.9, 0.99)
Step = Callable[[], object]


def main() -> None:
    """Race every size in turn."""
    parser = argparse.ArgumentParser(description="Race one step of training.")
    parser.add_argument("--nanogpt", type=Path, help="a folder with nanoGPT's repository")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument(
        "--quick", action="store_true", help="three rounds of the small size; nothing is written"
    )
    args = parser.parse_args()
    steady_memory()
    torch.set_num_threads(THREADS)
    rows: list[dict[str, Any]] = []
    for label in ("small",) if args.quick else SIZES:
        steps = dict(_contenders(*SIZES[label], args.nanogpt))
        times = take_turns(steps, 3 if args.quick else args.rounds)
        rows += [{"size": label, "contender": name, **summary(seconds)} for name, seconds in times.items()]
        rows += _ratios(label, times)
    for row in rows:
        _show(row)
    if not args.quick:
        about = {"machine": machine("torch", "transformers"), "threads": THREADS}
        sizes = {label: {**size, "batch": batch} for label, (size, batch) in SIZES.items()}
        print(f"written to {write_results('training_step', {**about, 'sizes': sizes, 'rows': rows})}")


def _contenders(sizes: dict[str, Any], batch: int, folder: Path | None) -> Iterator[tuple[str, Step]]:
    """Everybody's step at one size, with batches of their own."""
    torch.manual_seed(0)
    autocasts: dict[str, Autocast] = {"float32": "off", "bfloat16": "bf16"}
    for precision, autocast in autocasts.items():
        for name, parts in OURS.items():
            yield f"{name}, {precision}", _our_step(sizes, batch, autocast, **parts)
        for name in ("Hugging Face", "Hugging Face, tanh"):
            twin = huggingface(ours(sizes, **OURS[TWINS[name]]))
            yield f"{name}, {precision}", _their_step(twin, _hf_logits, sizes, batch, precision)
        if folder:
            model = nanogpt(folder, sizes)
            yield f"nanoGPT, {precision}", _their_step(model, _nanogpt_logits, sizes, batch, precision)


def _our_step(sizes: dict[str, Any], batch: int, autocast: Autocast, **parts: Any) -> Step:
    trainer = Trainer(
        ours(sizes, **parts),
        lambda model, pair: next_token_loss(model(pair[0]), pair[1]),
        _batches(sizes, batch),
        Settings(steps=ENDLESS, autocast=autocast),
        optimiser=lambda model: adamw(model, RATE, DECAY, BETAS),
    )
    return trainer.steps().__next__


def _their_step(
    model: Any, logits: Callable[..., Tensor], sizes: dict[str, Any], batch: int, precision: str
) -> Step:
    """A plain loop's step: PyTorch's AdamW over all parameters, for nanoGPT as its own function makes it."""
    if hasattr(model, "configure_optimizers"):
        optimiser = model.configure_optimizers(DECAY, RATE, BETAS, "cpu")
    else:
        optimiser = torch.optim.AdamW(model.parameters(), RATE, BETAS, weight_decay=DECAY, fused=True)
    batches = _batches(sizes, batch)

    def step() -> None:
        inputs, targets = next(batches)
        with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bfloat16"):
            scores = logits(model, inputs, targets)
        loss = functional.cross_entropy(scores.flatten(0, 1).float(), targets.flatten())
        optimiser.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        loss.item()

    return step


def _hf_logits(model: Any, inputs: Tensor, _: Tensor) -> Tensor:
    return model(inputs, use_cache=False).logits


def _nanogpt_logits(model: Any, inputs: Tensor, targets: Tensor) -> Tensor:
    return model(inputs, targets)[0]  # without targets it scores the last place alone


def _batches(sizes: dict[str, Any], batch: int) -> Iterator[tuple[Tensor, Tensor]]:
    ids = torch.randint(sizes["vocab_size"], (64, batch, sizes["context"] + 1))
    return ((rows[:, :-1].contiguous(), rows[:, 1:].contiguous()) for rows in itertools.cycle(ids))


def _ratios(label: str, times: dict[str, list[float]]) -> Iterator[dict[str, Any]]:
    """Theirs / ours, round by round: each in its own precision, and float32 to both of ours."""
    for name, ours_name in itertools.product(times, times):
        peer, _, precision = name.rpartition(", ")
        our_kind, _, own = ours_name.rpartition(", ")
        if TWINS.get(peer) == our_kind and precision in (own, "float32"):
            ratios = [theirs / mine for theirs, mine in zip(times[name], times[ours_name], strict=True)]
            low, median, high = statistics.quantiles(ratios, n=4)
            quartiles = [round(low, 3), round(high, 3)]
            yield {
                "size": label,
                "of": name,
                "to": ours_name,
                "ratio": round(median, 3),
                "ratio_quartiles": quartiles,
            }


def _show(row: dict[str, Any]) -> None:
    if "ratio" in row:
        low, high = row["ratio_quartiles"]
        what = f"{row['of']} / {row['to']}"
        print(f"{row['size']:<6} {what:<52} {row['ratio']:.2f} ({low:.2f} to {high:.2f})")
    else:
        print(f"{row['size']:<6} {row['contender']:<52} {row['median_ms']:9.2f} ms", flush=True)


if __name__ == "__main__":
    main()
