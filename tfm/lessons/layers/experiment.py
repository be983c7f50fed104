"""Train the small stack of lesson 15 with every part, and without each of them, and store what came of it.

Each run is the same but for the part: two layers of one head, 700 steps of Adam with warm-up and cosine decay on
`tfm.data.line_up`, three seeds. The lesson runs three of them again. Ablation while training and ablation at the
examination answer two questions, so both are stored.
"""

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from tfm.data.line_up import LENGTH, QUESTIONS, VOCABULARY, batch, rows
from tfm.models.stack import Parts, Stack, StackConfig, part_names, trace
from tfm.models.without import AddAlone, NoPositions, NormAlone, Nothing
from tfm.nn.layer import PostNorm
from tfm.nn.mask import causal_mask
from tfm.sums import ASSETS, asset

SEEDS = (0, 1, 2)
STEPS = 700
BATCH = 64
RATE = 5e-3
EXAMINATION = 500  # held-out rows, each with its questions
FOLDER = ASSETS / "layer_stacks"


@dataclass(frozen=True, slots=True)
class Variant:
    """One way to build and run the stack.

    Attributes:
        parts: what it is made of.
        n_layers: how many layers.
        n_heads: heads in each.
        causal: whether nobody may look at a later place.
    """

    parts: Parts = Parts()  # noqa: RUF009 (frozen)
    n_layers: int = 2
    n_heads: int = 1
    causal: bool = False


VARIANTS: Mapping[str, Variant] = {
    "intact": Variant(),
    "without positions": Variant(Parts(positions=NoPositions)),
    "without attention": Variant(Parts(attention=Nothing)),
    "without feed-forward": Variant(Parts(feed_forward=Nothing)),
    "without residual": Variant(Parts(wiring=NormAlone)),
    "without norms": Variant(Parts(wiring=AddAlone, norm=lambda _: nn.Identity())),
    "one layer": Variant(n_layers=1),
    "post-norm": Variant(Parts(wiring=PostNorm)),
    "two heads": Variant(n_heads=2),
    "causal mask": Variant(causal=True),
    "causal, no positions": Variant(Parts(positions=NoPositions), causal=True),
}


def build(variant: Variant, seed: int) -> Stack:
    """Make the untrained stack of a variant; a seed always gives the same one."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        config = StackConfig(
            vocab_size=len(VOCABULARY),
            max_positions=LENGTH,
            n_heads=variant.n_heads,
            n_layers=variant.n_layers,
        )
        return Stack(config, variant.parts)


def study(variant: Variant, seed: int, steps: int = STEPS) -> Stack:
    """Train a variant on the line-up.

    Args:
        variant: what to build.
        seed: of the first weights and of the drawn questions.
        steps: of Adam.

    Returns:
        The trained stack.
    """
    stack, draws, table = build(variant, seed), torch.Generator().manual_seed(seed), rows(held_out=False)
    mask = causal_mask(LENGTH) if variant.causal else None
    adam = torch.optim.Adam(stack.parameters(), lr=RATE, betas=(0.9, 0.99), fused=True)
    pace = torch.optim.lr_scheduler.OneCycleLR(
        adam, RATE, total_steps=steps, pct_start=0.1, cycle_momentum=False
    )
    for _ in range(steps):
        ids, answers = batch(table, BATCH, draws)
        logits = stack(ids, mask)[:, -QUESTIONS:]  # B QUESTIONS V
        loss = nn.functional.cross_entropy(logits.flatten(0, 1), answers.flatten())
        adam.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        adam.step()
        pace.step()
    return stack.eval()


def examination(n: int = EXAMINATION) -> tuple[Tensor, Tensor]:
    """The same questions about held-out rows for everyone: ids, n × LENGTH, and answers, n × QUESTIONS."""
    return batch(rows(held_out=True), n, torch.Generator().manual_seed(15))


@torch.no_grad()
def accuracy(stack: Stack, *, causal: bool = False) -> float:
    """Share of the examination's questions that a stack answers rightly, letter and hat."""
    ids, answers = examination()
    logits = stack(ids, causal_mask(LENGTH) if causal else None)[:, -QUESTIONS:]
    return float((logits.argmax(-1) == answers).float().mean())


def accuracy_without(stack: Stack, off: Collection[str], n: int = EXAMINATION) -> float:
    """The same for a trained stack some of whose parts are switched off now, by `tfm.models.stack.trace`."""
    ids, answers = examination(n)
    logits = trace(stack, ids, off).logits[:, -QUESTIONS:]
    return float((logits.argmax(-1) == answers).float().mean())


def results() -> dict[str, dict[str, list[float]]]:
    """Read what is stored: `trained` by variant and `switched off` by part, an accuracy for each seed."""
    return dict(json.loads(asset(f"{FOLDER.name}/results.json").read_text(encoding="utf-8")))


def intact(seed: int) -> Stack:
    """Read the stored stack that was trained with every part from this seed."""
    stack = build(VARIANTS["intact"], seed)
    stack.load_state_dict(load_file(asset(f"{FOLDER.name}/intact_{seed}.safetensors")))
    return stack.eval()


def build_layer_parts(folder: Path = FOLDER, tell: Callable[[str], None] = print) -> None:
    """Train every variant from every seed, some three minutes on one core; store accuracies and intact stacks."""
    folder.mkdir(exist_ok=True)
    trained: dict[str, list[float]] = {}
    off: dict[str, list[float]] = {part: [] for part in part_names(2)}
    for name, variant in VARIANTS.items():
        stacks = [study(variant, seed) for seed in SEEDS]
        trained[name] = [round(accuracy(stack, causal=variant.causal), 4) for stack in stacks]
        tell(f"{name:22} {trained[name]}")
        if name == "intact":
            for seed, stack in zip(SEEDS, stacks, strict=True):
                path = folder / f"intact_{seed}.safetensors"
                save_file(stack.state_dict(), path)
                path.chmod(0o644)  # safetensors would let nobody else read it
            for part, scores in off.items():
                scores.extend(round(accuracy_without(stack, {part}), 4) for stack in stacks)
                tell(f"    off: {part:16} {scores}")
    text = json.dumps({"trained": trained, "switched off": off}, indent=1)
    (folder / "results.json").write_text(text + "\n", encoding="utf-8")
