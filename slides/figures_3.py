"""The figures and numbers of part 3, from the blocks that lessons 09 to 12 are made of."""

from functools import cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from tfm.by_hand.attention import AttentionSteps, attention
from tfm.by_hand.masks import causal, moved
from tfm.by_hand.softmax import softmax
from tfm.kit.axis import Axis
from tfm.kit.counting import bars_svg
from tfm.kit.curves import Series, chart_svg
from tfm.kit.heads import heads_svg
from tfm.kit.heatmap import heatmap_svg
from tfm.kit.mask import amounts_svg, mask_svg
from tfm.kit.multi_head import split_svg
from tfm.lessons.masks.mixer import Mixer
from tfm.lessons.real_attention.figures import gaze_svg
from tfm.lessons.vectors.arrows_figure import arrows_svg
from tfm.pretrained import EncoderTrace, PretrainedEncoder, load_minilm

Array = NDArray[Any]

WORDS = ("river", "bank", "floods")
MEANINGS = {  # water, money, unsure
    "river": [2.0, 0, 0],
    "floods": [1.0, 0, 0],
    "money": [0, 2.0, 0],
    "pays": [0, 1.0, 0],
    "bank": [0.5, 0.5, 2],
}
ASKS = np.array([[0.0, 0], [0, 0], [1, 1]])  # W_Q: about both, as strongly as the word is unsure
SAYS = np.array([[1.0, 0], [0, 1], [0, 0]])  # W_K and W_V: water and money
TEXT = ("the", "cat", "sat", "on", "the", "mat")
TIRED = "The animal didn't cross the street because it was too tired."
WIDE = TIRED.replace("tired", "wide")
SHORT = "The animal was too tired."  # few enough tokens to be read from the last row
PRONOUN = (3, 1)  # layer 4, head 2, counted from 0
BEFORE, AFTER, SINK = (0, 2), (1, 8), (4, 5)
RIDDLES = (  # who asks, who is meant, who is not
    (TIRED, "it", "animal", "street"),
    (WIDE, "it", "street", "animal"),
    ("The trophy did not fit into the suitcase because it was too big.", "it", "trophy", "suitcase"),
    ("The trophy did not fit into the suitcase because it was too small.", "it", "suitcase", "trophy"),
    ("My sister called the doctor because she was ill.", "she", "sister", "doctor"),
    ("The dog chased the ball until it rolled away.", "it", "ball", "dog"),
    ("The dog chased the ball until it was tired.", "it", "dog", "ball"),
)
KEYS, ROWS = 32, 500
WIDTHS = (4, 16, 64, 256, 1024)


# Lesson 09: the sum on paper ------------------------------------------------------------------------------------


def roles(words: tuple[str, ...] = WORDS) -> dict[str, Array]:
    """Queries, keys and values of a sentence, T × 2 each."""
    x = np.array([MEANINGS[word] for word in words])
    return {"query": x @ ASKS, "key": x @ SAYS, "value": x @ SAYS}


@cache
def steps(words: tuple[str, ...] = WORDS) -> AttentionSteps:
    """All four steps of attention on a sentence."""
    return attention(*roles(words).values())


def three_roles() -> list[str]:
    """Query, key and value of three words, as maps with their numbers."""
    columns = ("water", "money")
    return [heatmap_svg(table, WORDS, columns, title=name, limit=4) for name, table in roles().items()]


def score_map() -> str:
    """Questions against labels."""
    return heatmap_svg(steps().scores, WORDS, WORDS, title="query · key", chosen=(1, 0), limit=8)


def weight_map() -> str:
    """The shares after softmax."""
    return heatmap_svg(steps().weights, WORDS, WORDS, title="weights: each row sums to 1", chosen=(1, 0))


def temperatures() -> str:
    """The river's share of bank's attention over the temperature."""
    taus = np.geomspace(0.1, 10, 120)
    shares = np.stack([softmax(steps().scaled[1], temperature=tau) for tau in taus])
    lines = [Series(taus, shares[:, 0], "to river"), Series(taus, shares[:, 1], "to bank", "dashed")]
    across, upwards = Axis((0.1, 10), log=True), Axis((0, 1))
    return chart_svg(lines, across, upwards, ("temperature τ", "share of bank’s attention"))


def two_banks() -> str:
    """Where the word bank ends in two sentences."""
    river, money = (steps(words).output[1] for words in (WORDS, ("money", "bank", "pays")))
    arrows = {"bank, alone": MEANINGS["bank"][:2], "beside a river": river, "beside money": money}
    return arrows_svg(arrows, high=2.0, side=380)


def saturation() -> str:
    """The strongest of 32 weights over the width of a query, divided by √D and not."""
    plain, divided = (np.array(tops) for tops in zip(*(_top_weights(width) for width in WIDTHS), strict=True))
    lines = [Series(WIDTHS, plain, "as they are", "dashed"), Series(WIDTHS, divided, "divided by √D")]
    across, upwards = Axis((4, 1024), log=True), Axis((0, 1))
    return chart_svg(lines, across, upwards, ("D, places in a query", f"strongest of {KEYS} weights"))


@cache
def _top_weights(width: int) -> tuple[float, float]:
    dice = np.random.default_rng(0)
    queries, keys = dice.normal(size=(ROWS, width)), dice.normal(size=(ROWS, KEYS, width))
    scores = (queries[:, None] * keys).sum(-1)
    return tuple(float(softmax(s).max(-1).mean()) for s in (scores, scores / np.sqrt(width)))  # type: ignore[return-value]


def untrained_mean() -> str:
    """The mean map of 10,000 heads that nobody has trained, on four Chinese words."""
    tokens = ("我 I", "爱 love", "吃 eat", "苹果 apple")
    dice = np.random.default_rng(2)
    words, asks, says = dice.normal(size=(10_000, 4, 8)), *dice.normal(size=(2, 10_000, 8, 4)) / np.sqrt(8)
    weights = attention(words @ asks, words @ says, words @ says).weights.mean(0)
    return heatmap_svg(weights, tokens, tokens, title="mean of 10,000 untrained heads")


# Lesson 10: masks -----------------------------------------------------------------------------------------------


def triangle() -> str:
    """Who may look at whom when nobody may look ahead."""
    return mask_svg(causal(len(TEXT)), TEXT, TEXT, title="who may look where")


@cache
def _who_moves(masked: bool) -> Array:
    mixer, mask = Mixer(n_layers=1), causal(len(TEXT)) if masked else None
    return moved(lambda x: mixer(x, mask), mixer.vectors(list(TEXT)))


def future_test() -> list[str]:
    """Change a word: which outputs move, without and with the mask?"""
    return [
        amounts_svg(_who_moves(masked), TEXT, TEXT, title=title)
        for masked, title in ((False, "no mask: all rows move"), (True, "causal: none above"))
    ]


def leaks(masked: bool) -> int:
    """How many outputs hear of a word that comes later."""
    return int((np.triu(_who_moves(masked), 1) > 0).sum())


# Lesson 11: heads -----------------------------------------------------------------------------------------------


def split_features() -> str:
    """Three words' queries cut between two heads."""
    queries = np.array([[3.0, 0, 6, 0], [3, 0, 6, 0], [3, 0, 0, 6]])
    return split_svg(queries, 2, ("front", "second", "third"), title="queries: T × C, C = 2 heads × 2")


# Lesson 12: a trained encoder -----------------------------------------------------------------------------------


@cache
def encoder() -> PretrainedEncoder:
    """all-MiniLM-L6-v2.

    Raises:
        RuntimeError: only the course's small stand-in is there.
    """
    torch.set_num_threads(1)
    found = load_minilm()
    if found.n_layers <= SINK[0]:
        raise RuntimeError(
            "part 3 shows all-MiniLM-L6-v2, and its weights are not here: run `make lab` first"
        )
    return found


@cache
def trace(text: str) -> EncoderTrace:
    """Everything the encoder computes on a sentence."""
    return encoder().trace(text)


def place(text: str, word: str) -> int:
    """Where a word stands among the encoder's tokens."""
    return trace(text).tokens.index(encoder().tokenizer.tokens(word)[0])


def look(text: str, asker: str, word: str) -> float:
    """How much the pronoun head gives from one word to another."""
    return float(trace(text).weights[PRONOUN][place(text, asker), place(text, word)])


def solved() -> list[bool]:
    """For each riddle, whether the pronoun head looks harder at who is meant."""
    return [look(text, asker, right) > look(text, asker, wrong) for text, asker, right, wrong in RIDDLES]


def gaze(text: str, *, shown: bool, title: str = "") -> str:
    """A sentence with the pronoun framed, and its head's weights when they are shown."""
    asker = place(text, "it")
    weights = trace(text).weights[PRONOUN][asker] if shown else None
    return gaze_svg(trace(text).tokens, asker=asker, weights=weights, title=title)


def all_heads() -> str:
    """The maps of 72 heads."""
    return heads_svg(trace(TIRED).weights)


def one_head(head: tuple[int, int], title: str) -> str:
    """The map of one head."""
    tokens = trace(SHORT).tokens
    return heatmap_svg(trace(SHORT).weights[head], tokens, tokens, title=title)


def two_habits() -> list[str]:
    """A head that looks back one token, and one that looks at [CLS]."""
    return [one_head(BEFORE, "layer 1, head 3"), one_head(SINK, "layer 5, head 6")]


def carried() -> str:
    """Whom the sink head looks at, and what it fetches from there: its weights, and weight times value."""
    found = trace(TIRED)
    weights = found.weights[SINK][1:-1]
    amounts = weights * np.linalg.norm(found.value[SINK], axis=-1)
    halves = {"attention": weights, "what it fetches": amounts}
    shares = {
        name: {"[CLS]": float(part[:, 0].sum()), "all words": float(part[:, 1:].sum())}
        for name, part in halves.items()
    }
    return bars_svg(
        {n: {k: v / sum(s.values()) for k, v in s.items()} for n, s in shares.items()}, unit="share"
    )


def value_lengths() -> tuple[float, float]:
    """The length of the value at [CLS], and the mean of the others, in the sink head."""
    lengths = np.linalg.norm(trace(TIRED).value[SINK], axis=-1)
    return float(lengths[0]), float(lengths[1:].mean())


def share_on_cls() -> float:
    """How much of its attention the sink head gives to [CLS], averaged over the tokens."""
    return float(trace(TIRED).weights[SINK][1:-1, 0].mean())


def change_without(head: tuple[int, int]) -> float:
    """How far the sentence's vector turns when one head is switched off, as 1 − cosine."""
    whole, without = (
        found.hidden[-1].mean(0) for found in (trace(TIRED), encoder().trace(TIRED, ablated={head}))
    )
    return float(1 - whole @ without / np.linalg.norm(whole) / np.linalg.norm(without))
