"""How fast does a GPT train on a GPU: time to a validation loss, and tokens a second beside the GPU's limit?

    python benchmarks/bench_gpu.py [--nanogpt FOLDER] [--device cuda] [--rounds 3] [--small]

“baby” is nanoGPT's 10.65-million GPT on tiny Shakespeare (6 layers, 6 heads, width 384, context 256, 64
windows a step), in bfloat16, compiled. nanoGPT's recipe (AdamW, 5,000 steps, dropout 0.2) is run by our
trainer, and, where FOLDER holds its repository, around its own model; ours is a model of the same size with
rotary positions, RMSNorm, squared ReLU and Muon. All are judged on the whole validation part every `EVERY`
steps, and what counts is the time of the steps alone until the loss is `GOAL` or lower; the best loss is told
too. “gpt2” is GPT-2's 124 million with context 1,024: tokens a second, the operations that makes (6 a weight
and token, and attention's), their share of what an 8,192³ matrix product reaches on this GPU, and the most
memory taken. Prints a table and writes results/gpu.json. --small makes everything tiny, so that it runs on a
CPU and shows that it works, and stores nothing.
"""

import argparse
import math
import statistics
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from _gpts import BASE, nanogpt, ours
from _measure import machine, write_results
from torch import Tensor, nn

from tfm.assets.tiny_gpt import split
from tfm.data.corpora import load_corpus
from tfm.data.tokens import Sequential, Windows
from tfm.models.gpt import GPT
from tfm.models.gpt_configs import GPT2
from tfm.models.identity_start import identity_start
from tfm.text.characters import CharacterVocabulary
from tfm.train.device import memory_used, precision, product_rate
from tfm.train.loop import Trainer
from tfm.train.losses import next_token_loss
from tfm.train.optimisers import adamw, muon
from tfm.train.recipes import Recipe
from tfm.train.schedules import trapezoid, warmup_cosine
from tfm.train.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

GOAL, TARGET, EVERY = 1.4697, 5.0, 50
TINY: dict[str, Any] = {"vocab_size": 65, "context": 16, "d_model": 16, "n_layers": 1, "n_heads": 2}
MODERN = {"positions": "rotary", "norm": "rms", "feed_forward": "squared_relu", "bias": False, "tied": False}
NANOGPT_BABY = Recipe(
    steps=5_000,
    batch=64,
    optimiser=lambda model: adamw(model, 1e-3, weight_decay=0.1, betas=(0.9, 0.99)),
    schedule=lambda steps: warmup_cosine(steps, warmup=min(100, steps - 1), floor=0.1),
)
QUICK_BABY = Recipe(
    steps=850,  # with 700, in bfloat16 on a CPU, it ended at 1.4719
    batch=64,
    optimiser=lambda model: muon(model, 0.02, 0.05, adam_rate=0.01, rates={"tokens": 0.02, "scores": 0.02}),
    schedule=lambda steps: trapezoid(steps, warmup=0, decay=max(1, 4 * steps // 5)),
    settings={"clip": None},
)
TRAINED_AT_ONCE, GPT2_STEPS, LEFT_OUT = 16, 40, 10  # windows, steps, and those of them that are not counted


def main() -> None:
    """Train the baby to the goal by every recipe, then measure GPT-2's rate."""
    parser = argparse.ArgumentParser(description="Measure training on a GPU.")
    parser.add_argument("--nanogpt", type=Path, help="a folder with nanoGPT's repository")
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--small", action="store_true", help="everything tiny; nothing is written")
    args = parser.parse_args()
    device = torch.device(args.device)
    if device.type == "cuda" and not torch.cuda.is_available():
        print("bench_gpu: there is no CUDA GPU here; --device cpu --small shows that the program works")
        return
    rows = _babies(args.nanogpt, device, args.rounds, small=args.small)
    rows.append(_gpt2(device, small=args.small))
    for row in rows:
        print(row)
    if not args.small:
        about = {"machine": machine("torch"), "gpu": torch.cuda.get_device_name(device), "goal": GOAL}
        print(f"written to {write_results('gpu', {**about, 'target': TARGET, 'rows': rows})}")


def _babies(folder: Path | None, device: torch.device, rounds: int, *, small: bool) -> list[dict[str, Any]]:
    text = load_corpus("shakespeare").text
    vocabulary = CharacterVocabulary(text)
    learned, judged = split(text, vocabulary)
    parts = (learned, judged[:500]) if small else (learned, judged)
    sizes = TINY if small else BASE
    models: dict[str, tuple[Callable[[], nn.Module], Recipe]] = {
        "ours": (lambda: identity_start(ours(sizes, dropout=0.2, **MODERN)), QUICK_BABY),
        "nanoGPT's recipe": (lambda: ours(sizes, dropout=0.2, bias=False), NANOGPT_BABY),
    }
    if folder:
        models["nanoGPT"] = (lambda: _Logits(nanogpt(folder, sizes, dropout=0.2)), NANOGPT_BABY)
    runs: dict[str, list[dict[str, Any]]] = {name: [] for name in models}
    for seed in range(1 if small else rounds):
        for name, (make, recipe) in models.items():
            torch.manual_seed(seed)
            runs[name].append(_to_goal(make(), recipe, parts, sizes["context"], device, seed, small=small))
            print(f"round {seed + 1}  {name:<17} {runs[name][-1]}", flush=True)
    return [{"baby": name, "rounds": mine, **_ratio(mine, runs["ours"])} for name, mine in runs.items()]


class _Logits(nn.Module):
    """nanoGPT's model with our way of calling: it gives all logits only where it is given targets."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, ids: Tensor) -> Tensor:
        logits: Tensor = self.model(ids, ids)[0]
        return logits


def _to_goal(
    model: nn.Module,
    recipe: Recipe,
    parts: tuple[Tensor, Tensor],
    context: int,
    device: torch.device,
    seed: int,
    *,
    small: bool,
) -> dict[str, Any]:
    """Train to the recipe's end, and note when the loss was first at the goal."""
    steps, every = (4, 2) if small else (recipe.steps, EVERY)
    told = recipe.told(steps=steps, seed=seed, device=str(device), compile="off" if small else "auto")
    trainer = Trainer(
        model,
        lambda model, batch: next_token_loss(model(batch[0]), batch[1]),
        Windows(parts[0], context, recipe.batch, seed),
        told,
        optimiser=recipe.optimiser,
        schedule=recipe.schedule(steps),
        validation=Sequential(parts[1], context, 128),
    )
    seconds, reached, best, start = 0.0, None, float("inf"), time.perf_counter()
    for step in trainer.steps():
        if step.number % every == 0 or step.number == steps:
            require_number(step.loss)  # reading it waits for the device
            seconds += time.perf_counter() - start
            best = min(best, step.validation_loss or trainer.evaluate())
            if reached is None and best <= GOAL:
                reached = round(seconds, 2)
            start = time.perf_counter()
    return {"seconds_to_goal": reached, "seconds": round(seconds, 2), "best_loss": round(best, 4)}


def require_number(loss: float) -> None:
    """End a run whose loss is no number any more."""
    if math.isnan(loss):
        raise ValueError("the loss is no number any more: this recipe does not hold on this machine")


def _ratio(mine: list[dict[str, Any]], own: list[dict[str, Any]]) -> dict[str, Any]:
    pairs = [(a["seconds_to_goal"], b["seconds_to_goal"]) for a, b in zip(mine, own, strict=True)]
    if any(a is None or b is None for a, b in pairs):
        return {"time_to_ours": None}  # somebody did not get there
    return {"time_to_ours": round(statistics.median(a / b for a, b in pairs), 2)}


def _gpt2(device: torch.device, *, small: bool) -> dict[str, Any]:
    """Train GPT-2 on random tokens for a while: how many a second, and how much of the GPU that uses."""
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
    model = ours(TINY) if small else GPT(GPT2["124M"])
    config, batch = model.config, 2 if small else TRAINED_AT_ONCE
    ids = torch.randint(config.vocab_size, (batch, config.context + 1))
    steps = LEFT_OUT + 2 if small else GPT2_STEPS
    trainer = Trainer(
        model,
        lambda model, batch: next_token_loss(model(batch[0]), batch[1]),
        [(ids[:, :-1], ids[:, 1:])],
        Settings(steps=steps, device=str(device), compile="off" if small else "auto"),
    )
    seconds, start = [], time.perf_counter()
    for step in trainer.steps():
        require_number(step.loss)
        seconds.append(time.perf_counter() - start)
        start = time.perf_counter()
    taken = memory_used(device)
    rate = batch * config.context / statistics.median(seconds[LEFT_OUT:])
    weights = sum(p.numel() for name, p in model.named_parameters() if not name.startswith("positions"))
    operations = rate * (6 * weights + 12 * config.n_layers * config.d_model * config.context)
    limit = product_rate(device, precision(device), 0.01 if small else 2.0)
    return {
        "gpt2": f"batch {batch}, context {config.context}",
        "tokens_per_second": round(rate),
        "operations_per_second": f"{operations:.3g}",
        "matrix_product_per_second": f"{limit:.3g}",
        "share": round(operations / limit, 3),
        "peak_bytes": taken,
    }


if __name__ == "__main__":
    main()
