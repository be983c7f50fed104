"""The figures and numbers of part 2, where a text is words and tokens: lessons 05 and 06."""

import re
from collections import Counter
from collections.abc import Iterable
from functools import cache
from itertools import pairwise
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from tfm.data.manual import manual_topics
from tfm.kit.axis import Axis
from tfm.kit.curves import Series, chart_svg
from tfm.kit.drawing import side_by_side, stack_svgs
from tfm.kit.tokens import tokens_svg
from tfm.lessons.embeddings.figures import ranking_svg
from tfm.models.ngram import NGram
from tfm.models.ngram_counts import NGramCounts
from tfm.models.smoothing import AddK, KneserNey, MaximumLikelihood
from tfm.text.bpe import BPE
from tfm.text.embedded import embedded_bpe

Array = NDArray[Any]
Sign = Literal["solid", "dashed", "dotted", "disc", "ring"]

WORLD = "the cat sat on the mat . the cat saw the dog . the dog sat on the cat ."
HIDDEN = [
    "calls",
    "comparisons",
    "dict",
    "exceptions",
    "for",
    "import",
    "numbers",
    "strings",
    "try",
    "while",
    "yield",
]
ORDERS = (1, 2, 3, 4, 5)
FIFTEEN = ["hat"] * 3 + ["that"] * 5 + ["heat"] * 3 + ["the"] * 4
FOX = {
    "English": "A fox came to the river and saw the moon in the water.",
    "German": "Ein Fuchs kam an den Fluss und sah den Mond im Wasser.",
    "Chinese": "一只狐狸来到河边，看见水里的月亮。",
}


# Lesson 05 ------------------------------------------------------------------------------------------------------


@cache
def small_model(n: int = 2) -> NGram:
    """A model of the three sentences about the cat."""
    return NGram(NGramCounts(WORLD.split(), n=3), MaximumLikelihood(), n=n)


def after() -> list[str]:
    """What may follow the and cat, in a very small world."""
    return [_shares(word) for word in ("the", "cat")]


def _shares(context: str) -> str:
    model = small_model()
    shares = model.probabilities([context])
    best = [int(i) for i in np.argsort(-shares, kind="stable") if shares[i] > 0]
    words = [str(model.counts.vocabulary[i]) for i in best]
    return ranking_svg(words, shares[best], title=f"after “{context}”", full=0.5)


def written(n: int = 6) -> list[tuple[str, str]]:
    """One word at a time: what stands there, and what was drawn."""
    words, text = [str(word) for word in small_model().generate(["the"], n, seed=3)], ["the"]
    steps = []
    for word in words:
        steps.append((" ".join(text), word))
        text.append(word)
    return steps


def typical(shares: list[float]) -> float:
    """The perplexity of the shares that were given to what came."""
    with np.errstate(divide="ignore"):  # a share of 0 means infinity
        return float(np.prod(shares) ** (-1 / len(shares)))


def _words(text: str) -> list[str]:
    return re.findall(r"""[\w’]+|[^\w\s"*“”'`]""", text.lower())


def _paragraphs(names: Iterable[str]) -> list[str]:
    every = [" ".join(p.split()) for name in names for p in manual_topics()[name].split("\n\n")]
    return list(dict.fromkeys(p for p in every if p.endswith(".")))


@cache
def perplexities() -> dict[str, list[float]]:
    """Of three models, for n from 1 to 5, on the manual's own and on hidden pages."""
    hidden = _paragraphs(HIDDEN)
    training = [p for p in _paragraphs(manual_topics()) if p not in set(hidden)]
    own, held = ([word for p in text for word in _words(p)] for text in (training, hidden))
    counts = NGramCounts(own, n=ORDERS[-1])
    added = [NGram(counts, AddK(0.001), n) for n in ORDERS]
    return {
        "its own text": [model.perplexity(own) for model in added],
        "hidden text": [model.perplexity(held) for model in added],
        "hidden, Kneser–Ney": [NGram(counts, KneserNey(), n).perplexity(held) for n in ORDERS],
    }


def memory() -> str:
    """Perplexity over the length of the chains: by heart, and understood."""
    signs: tuple[Sign, ...] = ("dotted", "dashed", "solid")
    lines = [
        Series(ORDERS, row, name, sign)
        for (name, row), sign in zip(perplexities().items(), signs, strict=True)
    ]
    return chart_svg(lines, Axis((1, 5)), Axis((1, 10_000), log=True), ("n, words in a chain", "perplexity"))


# Lesson 06 ------------------------------------------------------------------------------------------------------


def four_words() -> str:
    """Four words after three merges."""
    small = BPE.train("\n".join(FIFTEEN), 256 + 3)
    rows = [tokens_svg(_cut(small, word), ids=True) for word in ("hat", "that", "heat", "the")]
    return side_by_side(rows, gap=0)


def _cut(model: BPE, text: str) -> list[tuple[int, bytes]]:
    return [(number, model.token_bytes(number)) for number in model.encode(text)]


def rounds() -> list[str]:
    """The most frequent neighbours in fifteen words: at first, and after one merge."""
    pictures = []
    for merges, title in enumerate(("first count", "after one merge")):
        model = BPE.train("\n".join(FIFTEEN), 256 + merges)
        cut = [[raw.decode() for _, raw in _cut(model, word)] for word in FIFTEEN]
        pairs = Counter("·".join(pair) for word in cut for pair in pairwise(word)).most_common(4)
        names, times = [pair for pair, _ in pairs], [count for _, count in pairs]
        pictures.append(ranking_svg(names, times, title=title, full=12, digits=0))
    return pictures


def as_bytes(characters: str = "aé中") -> str:
    """Each character as the bytes of its code."""
    rows = [tokens_svg([(b, bytes([b])) for b in char.encode()], ids=True, title=char) for char in characters]
    return side_by_side(rows, gap=26)


def sentences(*texts: str) -> str:
    """Sentences in boxes, a character a box."""
    return stack_svgs([tokens_svg([(0, c.encode()) for c in text]) for text in texts], gap=10)


def strawberry() -> str:
    """What the model is given of a word, and of two Chinese characters."""
    model = embedded_bpe()
    texts = {"strawberry": " strawberry", "学生 (student)": "学生"}
    rows = [tokens_svg(_cut(model, text), ids=True, title=title) for title, text in texts.items()]
    return stack_svgs(rows, gap=4)


def bytes_a_token() -> str:
    """How many bytes a token holds, over the merges that were learned from the manual."""
    model = embedded_bpe()
    merges = len(model.merges)
    sizes = [size for size in (1, 4, 15, 60, 240, 960, merges) if size <= merges]
    signs: tuple[Sign, ...] = ("solid", "dashed", "dotted")
    lines = [
        Series(
            sizes, [len(text.encode()) / len(model.first(size).encode(text)) for size in sizes], name, sign
        )
        for (name, text), sign in zip(FOX.items(), signs, strict=True)
    ]
    return chart_svg(lines, Axis((1, merges), log=True), Axis((0, 3)), ("merges learned", "bytes a token"))
