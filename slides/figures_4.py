"""The figures and numbers of part 4, from the blocks that lessons 13 to 16 are made of."""

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from slides import translator
from slides.figures_3 import encoder
from tfm.by_hand.counting import SHAPES, parameters
from tfm.by_hand.masks import moved
from tfm.by_hand.norms import layer_norm, rms_norm
from tfm.data.line_up import encode
from tfm.kit.axis import Axis
from tfm.kit.counting import bars_svg
from tfm.kit.curves import Series, chart_svg
from tfm.kit.drawing import stack_svgs
from tfm.kit.heatmap import heatmap_svg
from tfm.kit.mask import amounts_svg
from tfm.lessons.embeddings.figures import ranking_svg
from tfm.lessons.layers.experiment import intact, results
from tfm.lessons.layers.figures import circuit_svg, results_svg
from tfm.lessons.normalization.depth import (
    Passage,
    layer_norm_step,
    measure,
    no_norm,
    post,
    post_without_residual,
    pre,
    random_layers,
)
from tfm.lessons.normalization.depth_figure import depth_svg, wirings_svg
from tfm.lessons.normalization.marks_figure import marks_svg
from tfm.lessons.normalization.scaling import min_max
from tfm.models.stack import trace
from tfm.nn.attention import MultiHeadAttention
from tfm.nn.feedforward import FeedForward

Array = NDArray[Any]

MARKS = np.array([90.0, 80, 70, 60, 50])
ILL = np.array([90.0, 80, 70, 60, -400])
WAYS: dict[str, Callable[[Any], Array]] = {"min–max": min_max, "LayerNorm": layer_norm, "RMSNorm": rms_norm}
DEEP, ALIKE_DEEP, SCALE = 32, 16, 0.6
TEXT = ("the", "cat", "sat", "on", "the", "mat")
TRAINED = (
    "intact",
    "without attention",
    "without positions",
    "one layer",
    "without residual",
    "without feed-forward",
    "without norms",
)
SIGNS = ("b", "D", "a", "C", "f", "D")
FRAME = "We talked about {} for a while."
MONTHS = ["January", "March", "April", "June", "July", "August", "October", "December"]
OTHERS = ["red", "blue", "dog", "cat", "two", "three", "France", "Spain", "ran", "jumped", "table", "evening"]
NEW = ["horse", "seven", "Japan"]  # beside the months that the unit was not chosen by


# Lesson 13: norms and residuals ---------------------------------------------------------------------------------


def two_classes() -> str:
    """Five marks, and what three ways make of them; then the same with a child who was ill."""
    return stack_svgs([marks_svg(m, [(name, way(m)) for name, way in WAYS.items()]) for m in (MARKS, ILL)])


@cache
def passage(wiring: Any, norm: Any, depth: int, scale: float) -> Passage:
    """Signal, gradient and likeness through a stack of random layers."""
    x, gradient = np.random.default_rng(1).normal(size=(2, 8, 32))
    return measure(random_layers(depth, wiring, norm, scale=scale), x, gradient)


def deep_stacks() -> list[str]:
    """Thirty-two layers: through the parts alone, and with a road past them."""
    alone = passage(post_without_residual, no_norm, DEEP, SCALE)
    road = passage(pre, layer_norm_step, DEEP, SCALE)
    titles = ("the parts alone", "with a road past them")
    return [depth_svg(p.signal, p.gradient, title=t) for p, t in zip((alone, road), titles, strict=True)]


def wirings() -> str:
    """Where the norm stands."""
    return wirings_svg("part")


def likeness() -> str:
    """How alike the words become, layer by layer, in either wiring."""
    layers = np.arange(ALIKE_DEEP + 1)
    after, before = (passage(w, layer_norm_step, ALIKE_DEEP, 1.0).alike for w in (post, pre))
    lines = [Series(layers, after, "post-norm", "dashed"), Series(layers, before, "pre-norm")]
    return chart_svg(lines, Axis((0, ALIKE_DEEP)), Axis((-0.1, 1)), ("after layer", "cosine of two words"))


def likeness_at_end() -> tuple[float, float]:
    """The cosine of two words after the last layer, post-norm and pre-norm."""
    after, before = (passage(w, layer_norm_step, ALIKE_DEEP, 1.0).alike[-1] for w in (post, pre))
    return float(after), float(before)


# Lesson 14: the feed-forward network ----------------------------------------------------------------------------


@cache
def who_moves() -> tuple[Array, Array]:
    """Which outputs move when one word is changed: attention, and the feed-forward network."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        parts, x = (MultiHeadAttention(16, 2), FeedForward(16, 64)), torch.randn(6, 16).numpy()
    asked, desks = (moved(_run(part), x) for part in parts)
    return asked, desks


def _run(part: nn.Module) -> Callable[[Array], Array]:
    return lambda x: part(torch.tensor(x, dtype=torch.float32)[None])[0].detach().numpy()


def gather_and_think() -> list[str]:
    """The two maps of `who_moves`."""
    titles = ("attention", "feed-forward")
    return [amounts_svg(table, TEXT, TEXT, title=t) for table, t in zip(who_moves(), titles, strict=True)]


@cache
def _units(word: str) -> Array:
    """What the hidden units of layer 1 answer to a word."""
    kept: list[Array] = []
    hook = (
        encoder()
        .model.layers[0]
        .feed_forward.down.register_forward_pre_hook(  # type: ignore[union-attr, operator]
            lambda _, given: kept.append(given[0][0].numpy())
        )
    )
    place = encoder().trace(FRAME.format(word)).tokens.index(encoder().tokenizer.tokens(word)[0])
    hook.remove()
    return kept[0][place]


@cache
def month_unit() -> int:
    """The unit whose weakest answer to four months is furthest above its strongest to any other word."""
    months, others = (np.stack([_units(word) for word in words]) for words in (MONTHS[:4], OTHERS))
    return int((months.min(0) - others.max(0)).argmax())


def month_answers() -> str:
    """What that unit answers to words it was not chosen by."""
    words = [*MONTHS[4:], *NEW]
    return ranking_svg(words, [_units(word)[month_unit()] for word in words])


def where_numbers_sit() -> str:
    """The parts of four models as bars."""
    return bars_svg({name: parameters(shape) for name, shape in SHAPES.items()})


# Lesson 15: a layer ---------------------------------------------------------------------------------------------


def circuit() -> str:
    """A pre-norm layer as a circuit."""
    return circuit_svg(1)


def retrained() -> str:
    """What stacks answer that never had a part."""
    found = results()["trained"]
    return results_svg({name: found[name] for name in TRAINED}, chance=0.1)


def switched_off() -> str:
    """What trained stacks answer when a part is taken from them."""
    found = results()["switched off"]
    parts = ("attention", "residual", "feed-forward", "norms")
    return results_svg({f"{part} {n}": found[f"{part} {n}"] for part in parts for n in (1, 2)}, marker="■")


def two_plans() -> list[str]:
    """The first layer of two perfect stacks, reading one row of children."""
    return [heatmap_svg(_first_look(seed), SIGNS, SIGNS, title=f"layer 1, seed {seed}") for seed in (2, 0)]


def _first_look(seed: int) -> Array:
    found = trace(intact(seed), encode(SIGNS)[None]).weights[0]
    return np.zeros((1, 1)) if found is None else found[0, 0].numpy()


# Lesson 16: two languages ---------------------------------------------------------------------------------------


def across() -> str:
    """Where each Chinese word looks in the English sentence."""
    chinese, gloss = translator.write(translator.ASKED[0]), translator.GLOSS
    rows = [f"{word} {gloss[word]}" for word in chinese]
    return heatmap_svg(
        translator.look(translator.ASKED[0], chinese).numpy(), rows, translator.ASKED[0].split()
    )


def forbidden() -> str:
    """How many words change without the brightest look, and without the faintest."""
    shares = {
        "the brightest look": translator.changed().brightest,
        "the faintest look": translator.changed().faintest,
    }
    rows = {f"without {name}": {"as before": 1 - share, "changed": share} for name, share in shares.items()}
    return bars_svg(rows, unit="")
