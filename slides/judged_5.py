"""The figures and numbers of part 5 from the judging on, from the blocks of lessons 20 and 21."""

import copy
import math
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression

from slides.patient import UNREAD, patient
from tfm import metrics
from tfm.generate.sampling import Sampling
from tfm.generate.text import generate_text
from tfm.kit.axis import Axis
from tfm.kit.counting import bars_svg
from tfm.kit.curves import Series, chart_svg
from tfm.kit.figure import LessonFigure
from tfm.lessons.evaluation.figures import counts_svg, spread_figure
from tfm.lessons.evaluation.metrics import Confusion, confusion
from tfm.lessons.evaluation.resampling import bootstrap, interval
from tfm.lessons.two_files.figures import rounding_svg
from tfm.lessons.two_files.quantise import quantise, restore
from tfm.models.gpt import GPT
from tfm.pretrained import export_model

Array = NDArray[Any]

LEARN = 900  # digits to learn from; the others are the examination
REFERENCE = "He did not sleep in the car."
OUTPUTS = (
    "He did not sleep inside the car.",
    "He stayed awake inside the vehicle.",
    "He did sleep in the car.",
)
BITS = range(2, 9)
PARTS = {  # in the order, and so in the colours, of part 4's bars
    "tables": "tokens",
    "header": "no tensor",
    "attention": ".attention.",
    "feed-forward": ".feed_forward.",
    "norms": "norm",
}


# Lesson 20: judging ---------------------------------------------------------------------------------------------


@cache
def _camera() -> tuple[Array, Array]:
    """Truths, and scores of a neuron that sees digits of 4 × 4 pixels: is it an eight?"""
    digits = load_digits()
    order = np.random.default_rng(0).permutation(len(digits.target))
    coarse = digits.images.reshape(-1, 4, 2, 4, 2).mean(axis=(2, 4)).reshape(-1, 16) / 16
    eight = digits.target == 8
    learn, judge = order[:LEARN], order[LEARN:]
    neuron = LogisticRegression(tol=1e-8, max_iter=5000).fit(coarse[learn], eight[learn])
    return eight[judge], neuron.predict_proba(coarse[judge])[:, 1]


@cache
def camera() -> tuple[Confusion, Confusion]:
    """What the camera decides, and what somebody decides who says “never”."""
    truths, scores = _camera()
    return confusion(truths, scores >= 0.5), confusion(truths, np.zeros(len(truths), dtype=bool))


def four_counts() -> str:
    """The camera's four counts."""
    c = camera()[0]
    return counts_svg(c.found, c.alarms, c.missed, c.passed, ("another digit", "an eight"))


def spread() -> LessonFigure:
    """How far the camera's accuracy moves when the test set is drawn anew."""
    return spread_figure(_spreads(), "accuracy of the camera, in a thousand drawn test sets")


@cache
def _spreads() -> dict[str, Array]:
    truths, scores = _camera()
    right = truths == (scores >= 0.5)
    return {
        f"{n} digits": np.asarray(bootstrap(lambda i, n=n: right[:n][i].mean(), n))  # type: ignore[misc]
        for n in (50, 200, len(right))
    }


def intervals() -> list[tuple[float, float]]:
    """The middle 95 % of each."""
    return [interval(scores) for scores in _spreads().values()]


def scores() -> list[tuple[str, float]]:
    """BLEU of a near copy, of a faithful paraphrase, and of a lie."""
    return [(output, metrics.bleu([output], [REFERENCE]).value) for output in OUTPUTS]


# Lesson 21: two files -------------------------------------------------------------------------------------------


@cache
def exported() -> dict[str, int]:
    """The patient as two files: their names and sizes."""
    with TemporaryDirectory() as folder:
        return {path.name: path.stat().st_size for path in export_model(*patient(), Path(folder))}


def bytes_by_part() -> str:
    """What the first file is made of."""
    sizes = dict.fromkeys(PARTS, 0)
    for name, tensor in patient()[0].state_dict().items():
        part = next((part for part, sign in PARTS.items() if sign in name), "tables")
        sizes[part] += tensor.numel() * tensor.element_size()
    sizes["header"] = exported()["model.safetensors"] - sum(sizes.values())
    return bars_svg({"model.safetensors": sizes}, unit="bytes")


@cache
def rounded(bits: int) -> GPT:
    """The patient with so many bits for each number of its matrices."""
    model = copy.deepcopy(patient()[0])
    with torch.no_grad():
        for weight in model.parameters():
            if weight.ndim == 2:
                weight.copy_(torch.from_numpy(restore(*quantise(weight.numpy(), bits))))
    return model.eval()


@torch.no_grad()
def loss(model: GPT) -> float:
    """Nats a letter on a scene that the patient has not read."""
    ids = torch.tensor(patient()[1].encode(UNREAD))
    rows = ids[: len(ids) // 65 * 65].view(-1, 65)  # 64 letters, and the one that follows
    logits = model(rows[:, :-1])  # B T V
    return float(torch.nn.functional.cross_entropy(logits.flatten(0, 1), rows[:, 1:].flatten()))


@cache
def losses() -> dict[int, float]:
    """The loss by the number of bits."""
    return {bits: loss(rounded(bits)) for bits in BITS}


def fewer_bits() -> str:
    """The loss over the number of bits, and that of an even guess."""
    even = math.log(patient()[1].n_vocab)
    lines = [
        Series([1.5, 8.5], [even, even], "an even guess", "dotted"),
        Series(list(losses()), list(losses().values()), "unread scene"),
        Series(list(losses()), list(losses().values()), "", "disc"),
    ]
    return chart_svg(lines, Axis((1.5, 8.5)), Axis((0, 5)), ("bits a weight", "loss, nats a letter"))


def one_row(bits: int) -> str:
    """A row of a matrix, and the few numbers that are left for it."""
    matrix = patient()[0].state_dict()["layers.1.feed_forward.up.weight"].numpy()
    codes, steps = quantise(matrix[:1], bits)
    title = f"one row of {matrix.shape[1]} weights, {bits} bits each"
    return rounding_svg(matrix[0], restore(codes, steps)[0], float(steps[0, 0]), title)


def at_two_bits(n: int = 40) -> str:
    """What the patient writes with two bits a weight."""
    settings = Sampling(max_new=n, temperature=0.8, seed=1)
    return str(generate_text(rounded(2), patient()[1], "ROMEO:", settings))
