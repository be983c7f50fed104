"""Build the tiny GPT: six hundred thousand weights that write Shakespeare by the letter.

It is what lessons 19 and 21 open: the small model of `tfm train` on tiny Shakespeare, with more steps. The
last tenth of the text judges it. Beside it stands its record: the text's checksum, the losses while it
learned, the versions.
"""

import hashlib
import json
import platform
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from tfm.data.corpora import Corpus, load_corpus
from tfm.data.tokens import Sequential, Windows
from tfm.models.gpt import GPT
from tfm.models.gpt_config import GPTConfig
from tfm.models.identity_start import identity_start
from tfm.pretrained.folder import save_model
from tfm.text.characters import CharacterVocabulary
from tfm.train.loop import Trainer
from tfm.train.losses import next_token_loss
from tfm.train.optimisers import muon
from tfm.train.recipes import Recipe
from tfm.train.schedules import warmup_linear

SIZES: dict[str, Any] = {
    "context": 64,
    "d_model": 128,
    "n_layers": 3,
    "n_heads": 4,
    "positions": "rotary",
    "norm": "rms",
    "feed_forward": "squared_relu",
    "bias": False,
    "tied": False,
}
EVERY, SEED = 250, 0
LONG = Recipe(  # as `tfm train`'s, but in a run of ten times the steps the rate falls from the first step on
    steps=3_000,
    batch=12,
    optimiser=lambda model: muon(model, 0.02, adam_rate=0.01, rates={"tokens": 0.02, "scores": 0.008}),
    schedule=warmup_linear,
    settings={"clip": None},
)


def build_tiny_gpt(
    folder: Path, text: str | None = None, steps: int = LONG.steps, tell: Callable[[str], None] = print
) -> None:
    """Train on one thread, some two minutes; write a model's folder and the training's record.

    Args:
        folder: where to write; made if it is missing.
        text: what to read; tiny Shakespeare when None.
        steps: of training.
        tell: is told each validation loss.
    """
    torch.set_num_threads(1)
    text = load_corpus("shakespeare").text if text is None else text
    vocabulary = CharacterVocabulary(text)
    parts = split(text, vocabulary)
    trainer = small_run(*parts, LONG, vocabulary.n_vocab, SEED, steps=steps, evaluate_every=EVERY)
    losses = {}
    for step in trainer.steps():
        if step.validation_loss is not None:
            losses[step.number] = round(step.validation_loss, 4)
            tell(f"step {step.number:,} of {steps:,}: validation loss {step.validation_loss:.4f}")
    save_model(folder, trainer.model, vocabulary)
    record = {
        "text": "tiny Shakespeare",
        "text_sha256": hashlib.sha256(text.encode()).hexdigest(),
        "characters": len(text),
        "characters_to_judge": len(parts[1]),
        "parameters": sum(p.numel() for p in trainer.model.parameters()),
        "steps": steps,
        "windows_a_step": LONG.batch,
        "seed": SEED,
        "validation_loss": losses[steps],
        "validation_losses": losses,
        "python": platform.python_version(),
        "torch": torch.__version__,
    }
    (folder / "training.json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8", newline="\n")


def split(text: str, vocabulary: CharacterVocabulary) -> tuple[Tensor, Tensor]:
    """The ids of the part that is learned from, and of the part that judges; see `Corpus.split`.

    Example:
        >>> learned, judged = split("abababababababababab", CharacterVocabulary("ab"))
        >>> len(learned), judged.tolist()
        (18, [0, 1])
    """
    parts = Corpus(name="text", text=text, thanks="").split()
    learned, judged = (torch.tensor(vocabulary.encode(part)) for part in parts)
    return learned, judged


def small_run(
    learned: Tensor,
    judged: Tensor,
    recipe: Recipe,
    vocab_size: int,
    seed: int,
    sizes: dict[str, Any] = SIZES,
    **settings: Any,
) -> Trainer:
    """Make a trainer of a small GPT, ready to run.

    Args:
        learned: ids to learn from.
        judged: ids of the validation, all of them, each predicted from at most `context` before it.
        recipe: of the run.
        vocab_size: V.
        seed: of the first weights and of the order of the windows.
        sizes: fields of `GPTConfig`; with `tied=False` its layers begin as nothing.
        settings: fields of `Settings` that differ from the recipe's.

    Returns:
        The trainer.
    """
    torch.manual_seed(seed)
    model = GPT(GPTConfig(vocab_size=vocab_size, **sizes))
    if not model.config.tied:
        identity_start(model)
    return trainer_of(model, learned, judged, recipe, seed, **settings)


def trainer_of(
    model: GPT, learned: Tensor, judged: Tensor, recipe: Recipe, seed: int, **settings: Any
) -> Trainer:
    """Make a trainer of any GPT on a text by the letter.

    Args:
        model: with its first weights.
        learned: as for `small_run`.
        judged: as for `small_run`.
        recipe: of the run.
        seed: of the order of the windows.
        settings: fields of `Settings` that differ from the recipe's.
    """
    told = recipe.told(seed=seed, **settings)
    context = model.config.context
    return Trainer(
        model,
        lambda model, batch: next_token_loss(model(batch[0]), batch[1]),
        Windows(learned, context, recipe.batch, seed),
        told,
        optimiser=recipe.optimiser,
        schedule=recipe.schedule(told.steps),
        validation=Sequential(judged, context, 128),
    )
