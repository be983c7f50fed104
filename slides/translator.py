"""A small translator for part 4, trained while the deck is built, and what its looks are worth.

Lesson 16 trains two layers on all of the grammar's sentences; here one layer learns its short ones, in a few
seconds. No test sentence is among those it learns.
"""

from functools import cache
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from tfm.data.chinese_words import meanings
from tfm.data.grammar_pairs import Pair, chinese_vocabulary, draw, english_vocabulary
from tfm.data.pairs import Batch, Marks, Pairs
from tfm.models.transformer import Transformer, TransformerConfig
from tfm.nn.attention import Recorded

STEPS, WARM, TOP = 220, 60, 4e-3
BATCH, LONGEST = 64, 6  # pairs a step; English words of a sentence
TRAIN, TEST = 2000, 300
ASKED = ("I read two books yesterday", "我 昨天 看 了 两 本 书")  # never trained on

EN, ZH = english_vocabulary(), chinese_vocabulary()
GLOSS = meanings()


class Looks(NamedTuple):
    """What forbidding a look does, as shares of the words that change.

    Attributes:
        brightest: without the look that has the most weight.
        faintest: without the one that has the least.
    """

    brightest: float
    faintest: float


@cache
def pairs() -> tuple[list[Pair], list[Pair]]:
    """Short sentence pairs to learn from, and others for the examination."""
    asked = Pair(tuple(ASKED[0].split()), tuple(ASKED[1].split()))
    short = [p for p in draw(8000) if len(p.english) <= LONGEST and p != asked]
    return short[TEST : TEST + TRAIN], short[:TEST]


def _batches(of: list[Pair], size: int) -> Pairs:
    marks = Marks(pad=ZH.pad, start=ZH.start, end=ZH.end)
    sources, targets = [EN.encode(p.english) for p in of], [ZH.encode(p.chinese) for p in of]
    return Pairs(sources, targets, batch=size, marks=marks, seed=0)


@cache
@torch.enable_grad()
def translator() -> Transformer:
    """The model of 2017, one layer a side, after `STEPS` steps of Adam."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = Transformer(
            TransformerConfig(
                source_vocab_size=len(EN),
                target_vocab_size=len(ZH),
                d_model=64,
                n_layers=1,
                n_heads=4,
                d_ff=128,
                dropout=0.0,
                shared=False,
                context=24,
            )
        )
        adam, feed = torch.optim.Adam(model.parameters(), betas=(0.9, 0.98)), _batches(pairs()[0], BATCH)
        for step in range(STEPS):
            adam.param_groups[0]["lr"] = TOP * min((step + 1) / WARM, (STEPS - step) / (STEPS - WARM))
            _learn(model, adam, next(feed))
    return model.eval()


def _learn(model: Transformer, adam: torch.optim.Optimizer, batch: Batch) -> None:
    source, target_in, target_out = batch
    logits = model(source, target_in)  # B T V
    loss = cross_entropy(logits.flatten(0, 1), target_out.flatten(), ignore_index=ZH.pad)
    adam.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    adam.step()


@torch.no_grad()
def write(english: str) -> list[str]:
    """Translate greedily, word by word."""
    source = torch.tensor([EN.encode(english.split())])
    memory, real, ids = translator().encode(source), translator().memory_mask(source), [ZH.start]
    while len(ids) < 16 and ids[-1] != ZH.end:
        ids.append(int(translator().decode(torch.tensor([ids]), memory, real)[0, -1].argmax()))
    return ZH.decode(ids)


def seen(recorded: Recorded) -> Tensor:
    """The weights that a core has recorded, B × H × T × S."""
    assert recorded.weights is not None  # it has been called
    return recorded.weights


@torch.no_grad()
def look(english: str, chinese: list[str]) -> Tensor:
    """Where each written word looks, T × S, the mean of the heads."""
    recorded = Recorded()
    source, target = torch.tensor([EN.encode(english.split())]), [ZH.start, *ZH.encode(chinese)]
    translator()(source, torch.tensor([target]), memory_attends=[recorded])
    return seen(recorded)[0].mean(0)[:-1]


@torch.no_grad()
def share_right() -> float:
    """Share of the examination's sentences in which every word is right, each word after the right ones."""
    source, target_in, target_out = next(_batches(pairs()[1], TEST))
    said = translator()(source, target_in).argmax(-1)
    return float(((said == target_out) | (target_out == ZH.pad)).all(1).float().mean())


@cache
def changed() -> Looks:
    """Forbid each word of the examination its brightest look, and its faintest: how many words change?"""
    with torch.no_grad():
        batch, recorded = next(_batches(pairs()[1], TEST)), Recorded()
        said = translator()(batch[0], batch[1], memory_attends=[recorded]).argmax(-1)
        weights, real = seen(recorded).mean(1), (batch[0] != EN.pad)[:, None, :]  # B T S and B 1 S
        bright, faint = weights.argmax(-1), weights.masked_fill(~real, 2).argmin(-1)
        return Looks(_changed_without(bright, batch, said), _changed_without(faint, batch, said))


def _changed_without(place: Tensor, batch: Batch, said: Tensor) -> float:
    source, target_in, target_out = batch
    allowed = (source != EN.pad)[:, None, :] & (torch.arange(source.shape[1]) != place[..., None])  # B T S
    after = translator().decode(target_in, translator().encode(source), allowed[:, None]).argmax(-1)
    words = (target_out != ZH.pad) & (target_out != ZH.end)
    return float(((said != after) & words).sum() / words.sum())


@torch.no_grad()
def calls() -> dict[str, tuple[int, int]]:
    """How often encoder and decoder are called to train on one sentence, and to write it."""
    counts, source = [0, 0], torch.tensor([EN.encode(ASKED[0].split())])

    def count(part: int) -> None:
        counts[part] += 1

    hooks = [
        translator().encoder[0].register_forward_hook(lambda *_: count(0)),
        translator().decoder[0].register_forward_hook(lambda *_: count(1)),
    ]
    translator()(source, torch.tensor([[ZH.start, *ZH.encode(ASKED[1].split())]]))
    teacher, counts[:] = tuple(counts), [0, 0]
    write(ASKED[0])
    for hook in hooks:
        hook.remove()
    return {"training": (teacher[0], teacher[1]), "writing": (counts[0], counts[1])}
