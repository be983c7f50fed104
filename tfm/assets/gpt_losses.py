"""Measure what loss is normal: lesson 18's model on each of the course's texts, three seeds each.

The lesson prints these losses before its reader starts a run, so that they know what to expect, and asserts that
its own recipe is the one written here. The loss is the mean over the first `JUDGED` tokens of the validation part.
"""

import json
import platform
import statistics
from pathlib import Path
from typing import Any

import torch

from tfm.assets.tiny_gpt import split, trainer_of
from tfm.data.corpora import TEXTS, load_corpus
from tfm.models.gpt import GPT
from tfm.models.gpt_config import GPTConfig
from tfm.text.characters import CharacterVocabulary
from tfm.train.optimisers import muon
from tfm.train.recipes import Recipe
from tfm.train.schedules import warmup_linear

RECIPE: dict[str, Any] = {
    "model": {
        "context": 64,
        "d_model": 96,
        "n_layers": 2,
        "n_heads": 4,
        "positions": "rotary",
        "norm": "rms",
        "feed_forward": "squared_relu",
        "bias": False,
        "tied": False,
    },
    "batch": 12,
    "steps": 200,
    "rate": 0.02,
    "adam_rate": 0.02,
}
JUDGED = 8_192
SEEDS = (0, 1, 2)
EVERY = 25


def build_gpt_losses(path: Path) -> None:
    """Train on every text from every seed, and write the losses.

    Args:
        path: the JSON file to write.
    """
    torch.set_num_threads(1)
    texts = {}
    for name in TEXTS:
        corpus = load_corpus(name)
        runs = [run(corpus.text, seed) for seed in SEEDS]
        steps = sorted(runs[0])
        losses = [[round(r[step], 4) for step in steps] for r in runs]
        texts[name] = {"train_tokens": len(corpus.split()[0]), "steps": steps, "losses": losses}
        ends = [r[steps[-1]] for r in runs]
        print(f"{name}: {statistics.mean(ends):.3f}, from {min(ends):.3f} to {max(ends):.3f}")
    record = {
        "recipe": RECIPE,
        "judged": JUDGED,
        "seeds": list(SEEDS),
        "texts": texts,
        "python": platform.python_version(),
        "torch": torch.__version__,
    }
    path.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8", newline="\n")


def run(text: str, seed: int, stop: int | None = None) -> dict[int, float]:
    """Train once.

    Args:
        text: all of a text; its last tenth is judged on.
        seed: of the model's first weights and of the order of the batches.
        stop: end after so many steps; the schedule stays that of the whole run.

    Returns:
        The validation loss at step 0 and after every `EVERY` steps.
    """
    vocabulary = CharacterVocabulary(text)
    learned, judged = split(text, vocabulary)
    steps = RECIPE["steps"]
    recipe = Recipe(
        steps=steps,
        batch=RECIPE["batch"],
        optimiser=lambda model: muon(model, RECIPE["rate"], adam_rate=RECIPE["adam_rate"]),
        schedule=lambda _: warmup_linear(steps),
        settings={"autocast": "off", "evaluate_every": EVERY},
    )
    torch.manual_seed(seed)
    model = GPT(GPTConfig(vocab_size=vocabulary.n_vocab, **RECIPE["model"]))
    trainer = trainer_of(model, learned, judged[:JUDGED], recipe, seed, steps=stop or steps)
    losses = {0: trainer.evaluate()}
    losses |= {s.number: s.validation_loss for s in trainer.steps() if s.validation_loss is not None}
    return losses
