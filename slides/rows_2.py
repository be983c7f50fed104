"""The figures and numbers of part 2 where a word is a row of numbers: lessons 07 and 08."""

import re
from collections import Counter
from functools import cache
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray

from tfm.by_hand.attention import attention
from tfm.data.manual import manual_topics
from tfm.kit.axis import Axis
from tfm.kit.curves import Series, chart_svg
from tfm.kit.heatmap import heatmap_svg
from tfm.lessons.embeddings.figures import ranking_svg
from tfm.lessons.embeddings.search import cosines, nearest
from tfm.lessons.positions.codes_figure import code_svg, hands_svg
from tfm.lessons.positions.twin import sinusoidal
from tfm.lessons.vectors.arrows_figure import arrows_svg
from tfm.models.word_vectors import SkipGram, SkipGramConfig, neighbour_counts

Array = NDArray[Any]
Sign = Literal["solid", "dashed", "dotted", "disc", "ring"]

COMPANY = """we drink hot coffee in the morning
they drink hot tea in the evening
he takes the red car to work
she takes the red bus to school
fresh coffee smells good
the old car stops here"""
SENTENCE, SWAPPED = "张麻子正在打李麻子", "李麻子正在打张麻子"
WIDTH = 8
MARKS = {"tea": (9, 1), "coffee": (8, 2), "bus": (1, 5), "car": (1, 9)}


# Lesson 07 ------------------------------------------------------------------------------------------------------


@cache
def _company() -> tuple[Array, dict[str, int]]:
    """Who stands at most two places from whom in six sentences, and each word's place in that table."""
    texts = [line.split() for line in COMPANY.splitlines()]
    places = {word: i for i, word in enumerate(sorted({word for text in texts for word in text}))}
    return neighbour_counts(texts, places, window=2), places


def company() -> str:
    """How alike the company of four words is."""
    counts, places = _company()
    rows = counts[[places[word] for word in MARKS]]
    return heatmap_svg(
        [cosines(row, rows) for row in rows], [*MARKS], [*MARKS], title="cosines of their company"
    )


def together(one: str, other: str) -> int:
    """How often two words stand together in the six sentences."""
    counts, places = _company()
    return int(counts[places[one], places[other]])


def four_arrows() -> str:
    """Four words as arrows: good to drink across, fast upwards."""
    return arrows_svg(MARKS, title="→ to drink, ↑ fast")


@cache
def _manual() -> tuple[list[list[str]], list[str]]:
    """The manual as lists of words, each paragraph once, and the words that are frequent enough."""
    paragraphs = [" ".join(p.split()) for page in manual_topics().values() for p in page.split("\n\n")]
    texts = [re.findall(r"[a-z_]\w*", text.lower()) for text in dict.fromkeys(paragraphs)]
    often = Counter(word for text in texts for word in text)
    return texts, [word for word, times in often.most_common() if times >= 10]


@cache
def _table(shuffled: bool) -> Array:
    """A table of words, trained on the manual or on the same words without their order."""
    texts, vocabulary = _manual()
    places = {word: i for i, word in enumerate(vocabulary)}
    if shuffled:
        words = np.random.default_rng(0).permutation([word for text in texts for word in text]).tolist()
        texts = [words]
    counts = torch.tensor(neighbour_counts(texts, places, window=4))
    torch.set_num_threads(1)
    torch.manual_seed(1)
    model = SkipGram(SkipGramConfig(vocab_size=len(vocabulary), d_model=32))
    descent = torch.optim.Adam(model.parameters(), lr=0.02)
    for _ in range(80):
        loss = model.loss(counts)
        descent.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        descent.step()
    found: Array = model.embedding.weight.detach().numpy()
    return found


def neighbours(word: str = "left") -> list[str]:
    """Who is nearest to a word, learned from the manual and from the same words shuffled."""
    vocabulary = _manual()[1]
    place, pictures = vocabulary.index(word), []
    for title, shuffled in (("the manual", False), ("its words, shuffled", True)):
        table = _table(shuffled)
        near = nearest(table, place, 6)
        scores = cosines(table[place], table)[near]
        pictures.append(
            ranking_svg([vocabulary[i] for i in near], scores, title=f"near “{word}”: {title}", full=1.0)
        )
    return pictures


# Lesson 08 ------------------------------------------------------------------------------------------------------


@cache
def characters(sentence: str = SENTENCE) -> Array:
    """A row of numbers for each character, the same for the same character."""
    dice = np.random.default_rng(8)
    rows = {c: dice.normal(scale=0.6, size=WIDTH) for c in "张麻子正在打李"}
    return np.stack([rows[c] for c in sentence])


def mixed(sentence: str = SENTENCE, *, placed: bool = False) -> Array:
    """Each character as a mixture of all, with or without its place."""
    x = characters(sentence) + (sinusoidal(range(len(sentence)), WIDTH) if placed else 0)
    return attention(x, x, x, scale=1.0).output


def zhang_differs(*, placed: bool) -> bool:
    """Whether Zhang who hits and Zhang who is hit come out different."""
    hits, is_hit = mixed(placed=placed)[0], mixed(SWAPPED, placed=placed)[6]
    return bool(np.abs(hits - is_hit).max() > 1e-12)


def mixtures() -> list[str]:
    """Every character as a mixture of all, for both sentences, without their places."""
    names = [str(i + 1) for i in range(WIDTH)]
    return [
        heatmap_svg(mixed(text), list(text), names, title=title, limit=2.5)
        for text, title in ((SENTENCE, "Zhang hits Li, mixed"), (SWAPPED, "Li hits Zhang, mixed"))
    ]


def clock_code() -> str:
    """The code of 32 positions, eight hands."""
    return code_svg(sinusoidal(range(32), 16), title="sine and cosine of eight hands")


def two_places() -> str:
    """The hands of two positions."""
    code = sinusoidal(range(13), 16)
    return hands_svg(code[5], code[12], labels=("position 5", "position 12"))


def by_distance() -> str:
    """The dot product of two codes over their distance."""
    code = sinusoidal(range(200), 64)
    apart = np.arange(60)
    signs: tuple[tuple[int, Sign], ...] = ((0, "solid"), (100, "ring"))
    lines = [
        Series(apart, [code[p] @ code[p + k] for k in apart], f"from position {p}", sign) for p, sign in signs
    ]
    return chart_svg(lines, Axis((0, 60)), Axis((0, 34)), ("positions apart", "dot product of the two codes"))


def seen_by_the_machine() -> list[str]:
    """The sentence as numbers, before and after its places are added."""
    rows = list(SENTENCE)
    names = [str(i + 1) for i in range(WIDTH)]
    x = characters()
    placed = x + sinusoidal(range(len(SENTENCE)), WIDTH)
    tables = (("the words", x), ("the words and their places", placed))
    return [heatmap_svg(table, rows, names, title=title, limit=2.5) for title, table in tables]
