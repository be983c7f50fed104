"""Every widget of the course as a test makes it: small, quick to draw, with models that are stand-ins or tiny.

A new widget needs one line in `MAKERS`; `test_widget_contract.py` then moves it.
"""

import numpy as np

from tfm.by_hand.masks import moved
from tfm.data.plane import plane_points
from tfm.kit.attention_explorer import AttentionExplorer
from tfm.lessons.attention.hand_made import HandMadeAttention
from tfm.lessons.embeddings.search_widget import Search
from tfm.lessons.embeddings.words_widget import Words
from tfm.lessons.evaluation.widget import Threshold
from tfm.lessons.feed_forward.widget import Counter
from tfm.lessons.generation.beam_tree_widget import BeamTree
from tfm.lessons.generation.writer_widget import Writer
from tfm.lessons.gpt.film import Film, Frame
from tfm.lessons.gpt.widget import TrainingMovie
from tfm.lessons.heads.widget import Heads, HeadsReading
from tfm.lessons.layers.widget import LayerParts, Reading
from tfm.lessons.learning.descent_widget import Descent
from tfm.lessons.learning.fit_widget import PolynomialFit
from tfm.lessons.learning.landscape import line_landscape
from tfm.lessons.masks.mixer import Mixer
from tfm.lessons.masks.widget import PaintMask
from tfm.lessons.next_token.widget import NextToken
from tfm.lessons.normalization.depth_widget import Depth
from tfm.lessons.normalization.marks_widget import Marks
from tfm.lessons.perceptron.widget import Perceptron
from tfm.lessons.playground.session import Session, Settings
from tfm.lessons.playground.widget import Playground
from tfm.lessons.positions.widget import Positions
from tfm.lessons.real_attention.widget import PredictGaze
from tfm.lessons.tokens.merges_widget import Merges
from tfm.lessons.tokens.widget import TokenCompare
from tfm.lessons.training.widget import Choice, CurveLab
from tfm.lessons.transformer.widget import Translation, Translator
from tfm.lessons.two_files.widget import FewerBits, Tried
from tfm.lessons.vectors.matmul_widget import MatrixProduct
from tfm.lessons.vectors.plane_map_widget import PlaneMap
from tfm.lessons.vectors.widget import Vectors
from tfm.models.ngram import NGram
from tfm.models.ngram_counts import NGramCounts
from tfm.models.smoothing import AddK, KneserNey, MaximumLikelihood
from tfm.pretrained import load_tiny_encoder

EYE = np.eye(2)
LETTERS = "abc"


def by_hand():
    """Return an explorer of three words, whose matrices can be typed."""
    vectors = {"sun": [1, 0], "moon": [0, 1], "sky": [1, 1]}
    return AttentionExplorer(
        HandMadeAttention(vectors=vectors, W_Q=EYE, W_K=2 * EYE, W_V=EYE), "sun moon sky"
    )


def of_an_encoder():
    """Return an explorer of the small encoder, with all heads shown."""
    return AttentionExplorer(load_tiny_encoder(), "the while statement", layer=2, head=3, view="all heads")


def gaze():
    """Return a guess at the small encoder."""
    return PredictGaze(load_tiny_encoder(), "the while statement is used", asker=2)


def even(_):
    """Score three letters without a model."""
    return np.array([0.5, 0.3, 0.2])


def read_heads(n_heads, text, off):
    """Read a text with heads that look back."""
    if not text or len(text) > 12:
        raise ValueError(f"write 1 to 12 letters: these are {len(text):,}")
    tokens, places = list(text), np.arange(len(text))
    weights = np.stack([np.eye(len(tokens))[np.maximum(places - h - 1, 0)] for h in range(n_heads)])
    parts = np.array([0.0 if h in off else h + 1.0 for h in range(n_heads)])
    told = {"before": ["", *tokens[:-1]]}
    return HeadsReading(tokens, weights, parts, told, told, float(len(off)))


def look_at_parts(signs, off):
    """Read six signs with a stack of two layers."""
    if len(signs) != 6:
        raise ValueError(f"write five children and a question: these are {len(signs):,} signs")
    maps = [None if f"attention {layer}" in off else np.eye(6) for layer in (1, 2)]
    sure = 0.9 - len(off) / 20
    return Reading(
        answers=["a", "D"],
        probabilities=np.array([1 - sure, sure]),
        right="D",
        stream=[1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
        wrote={"attention 1": 9.5},
        weights=maps,
    )


def look_through_mask(words, mask, n_layers):
    """Run random attention layers."""
    stack = Mixer(n_layers)
    x = stack.vectors(words)
    return stack.steps(x, mask)[0][0].weights, moved(lambda v: stack(v, mask), x)


def translate(sentence, prefix, forbidden):
    """Write each of the words a, b and c in capitals; D for one that is forbidden."""
    source = sentence.split()
    if not source or not set(source) <= set("abc"):
        raise ValueError("write the words a, b and c, with blanks between")
    written = [*prefix, *("D" if j in forbidden else word.upper() for j, word in enumerate(source))]
    written = [*written[: max(len(source), len(prefix))], "⟨end⟩"]
    vocabulary = ["A", "B", "C", "D", "⟨end⟩"]
    p = np.full((len(written), 5), 0.1)
    p[range(len(written)), [vocabulary.index(word) for word in written]] = 0.6
    weights = np.full((2, 2, len(written), len(source)), 1 / len(source))
    return Translation(
        source=source, written=written, vocabulary=vocabulary, probabilities=p, weights=weights
    )


def train(choice, seed):
    """Tell of three steps without training."""
    for step in (0, 10, 20):
        yield step, 4 / (1 + step * choice.rate), 4 / (2 + step * choice.rate) + 0.01 * seed


def film():
    """Return a run of four photographs."""
    maps = np.tile(np.tril(np.ones((4, 4))) / np.arange(1, 5)[:, None], (2, 3, 1, 1))
    shots = [Frame(step=step, maps=maps, sample=f"sample <{step}>") for step in (0, 10, 20, 40)]
    return Film(frames=shots, tokens=list("a <b"), prompt="a", steps=range(41), losses=np.linspace(4, 2, 41))


def ngram():
    """Return a writer over counted words."""
    counts = NGramCounts(
        ["the", "cat", "sat", "on", "the", "mat", ".", "the", "dog", "sat", "on", "the", "cat", "."], 5
    )
    parts = {"Kneser–Ney": KneserNey(0.75), "none": MaximumLikelihood()}
    return NextToken(
        lambda n, name, k: NGram(counts, parts.get(name, AddK(k or 1)), n), str.split, "the", n=2
    )


def as_bytes(text):
    """Cut a text into bytes."""
    return [(byte, bytes([byte])) for byte in text.encode()]


def search():
    """Return a search of three texts by how often a word stands in them."""
    texts = {"one": "a cat", "two": "a cat and a dog", "three": "nothing of it"}
    count = {"counts": lambda q: [sum(t.split().count(w) for w in q.split()) for t in texts.values()]}
    return Search(texts, count, "cat")


def bowl():
    """Return a landscape of two weights."""
    return line_landscape([-1, 1], [1, 5], across=(-4, 6), upwards=(-4, 6), start=(-3, -3))


def valley():
    """Return another landscape, with other ends."""
    return line_landscape([-3, 1], [1, 2], across=(-2, 2), upwards=(-1, 3), start=(1, 0))


MAKERS = {
    "AttentionExplorer": by_hand,
    "AttentionExplorer of an encoder": of_an_encoder,
    "BeamTree": lambda: BeamTree(even, LETTERS, "a", width=2, n=3, most_n=4),
    "Counter": Counter,
    "CurveLab": lambda: CurveLab(train, 20, 4.17, first=[list(train(Choice(), seed)) for seed in (0, 1, 2)]),
    "Depth": lambda: Depth(4),
    "Descent": lambda: Descent({"a bowl": bowl(), "a valley": valley()}),
    "FewerBits": lambda: FewerBits(
        [[0.5, -1.0], [0.25, 2.0]], [Tried(2, 3.0, "abb"), Tried(3, 1.5, "abc")], loss=1.4, name="W", bits=3
    ),
    "Heads": lambda: Heads(read_heads, "ABCDE", [1, 2, 8], n_heads=2),
    "LayerParts": lambda: LayerParts(look_at_parts, lambda off: 1 - len(off) / 20, "b D a C f b"),
    "Marks": Marks,
    "MatrixProduct": lambda: MatrixProduct([[1, 2], [3, 4]], [[5, 6, 7], [8, 9, 0]], filled=2),
    "Merges": lambda: Merges(
        lambda text, n: as_bytes(text)[n % 2 :], [(b"a", b"b"), (b"ab", b"c")], "abc aha"
    ),
    "NextToken": ngram,
    "PaintMask": lambda: PaintMask(look_through_mask, "the cat sat on [PAD]"),
    "Perceptron": lambda: Perceptron(answers=[0, 0, 0, 0, 0, 1, 1, 1]),
    "PlaneMap": PlaneMap,
    "Playground": lambda: Playground(Session(Settings(hidden=(3, 2), data="xor"), plane_points)),
    "Playground with a rival": lambda: Playground(
        Session(Settings(hidden=(2,)), plane_points), rival={"activation": "relu"}
    ),
    "PolynomialFit": lambda: PolynomialFit(([-1, 0, 1], [1, 0, 1]), ([-0.5, 0.5], [0.3, 0.3]), degree=2),
    "Positions": Positions,
    "PredictGaze": gaze,
    "Search": search,
    "Threshold": lambda: Threshold([0, 0, 1, 1], [0.1, 0.6, 0.4, 0.9], ("other", "eight")),
    "TokenCompare": lambda: TokenCompare({"bytes": as_bytes, "letters": as_bytes}, "hé <b> 学"),
    "TrainingMovie": lambda: TrainingMovie(film()),
    "Translator": lambda: Translator(translate, "a b c", glosses={"A": "first"}),
    "Vectors": Vectors,
    "Words": lambda: Words(
        {"mine": {0: EYE, 5: EYE + 1, 10: EYE + 2}, "control": {0: EYE}}, ["list", "tuple"], "list tuple"
    ),
    "Writer": lambda: Writer(even, LETTERS, "ab"),
}
