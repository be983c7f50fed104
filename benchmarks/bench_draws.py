"""How long does a widget take to draw its largest case, in the kernel, beside a chart by matplotlib?

    python benchmarks/bench_draws.py [--rounds 21]

`bench_widgets.py` measures a reader's move from key to pixels, at the size that the lessons show. Here each widget
gets the most it can be asked for, ten thousand points or six layers of eight, and only its own part is timed: from
the control's value to the markup. The peer is what a lesson would do without our pictures: one empty chart of
matplotlib's, drawn to a PNG. All take turns in one process; a round's ratio is peer / ours, above 1 ours is
the quicker. Prints a table and writes benchmarks/results/draws.json.
"""

import argparse
import io
import statistics
from collections.abc import Callable

import numpy as np
from _measure import machine, summary, take_turns, write_results

from tfm.by_hand.perceptron import simulate_answers
from tfm.data.plane import plane_points
from tfm.kit.base import LessonWidget
from tfm.kit.figure import new_figure
from tfm.lessons.embeddings.words_widget import Words
from tfm.lessons.evaluation.widget import Threshold
from tfm.lessons.feed_forward.widget import Counter
from tfm.lessons.generation.beam_tree_widget import BeamTree
from tfm.lessons.generation.writer_widget import Writer
from tfm.lessons.learning.descent_widget import Descent
from tfm.lessons.learning.fit_widget import PolynomialFit
from tfm.lessons.learning.landscape import line_landscape
from tfm.lessons.learning.polynomial import noisy_wave
from tfm.lessons.next_token.widget import NextToken
from tfm.lessons.perceptron.widget import Perceptron
from tfm.lessons.playground.session import Session, Settings
from tfm.lessons.playground.widget import Playground
from tfm.lessons.positions.widget import Positions
from tfm.lessons.training.widget import CurveLab
from tfm.lessons.two_files.widget import FewerBits, Tried
from tfm.lessons.vectors.matmul_widget import MatrixProduct
from tfm.models.ngram import NGram
from tfm.models.ngram_counts import NGramCounts
from tfm.models.smoothing import KneserNey

PEER = "an empty chart by matplotlib"
ROUNDS = 21


def main() -> None:
    """Draw every case in turns, and store the medians."""
    parser = argparse.ArgumentParser(description="Time the widgets' largest drawings.")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    rounds = parser.parse_args().rounds
    drawings = {name: make() for name, make in CASES.items()}
    contenders: dict[str, Callable[[], object]] = {PEER: empty_chart}
    contenders |= {name: widget.draw for name, widget in drawings.items()}
    seconds = take_turns(contenders, rounds)
    rows = []
    for name in drawings:
        ratios = [peer / ours for peer, ours in zip(seconds[PEER], seconds[name], strict=True)]
        low, median, high = (round(q, 2) for q in statistics.quantiles(ratios, n=4))
        rows.append({"case": name, **summary(seconds[name]), "ratio": median, "quartiles": [low, high]})
        print(f"{name:58} {rows[-1]['median_ms']:7.2f} ms   {median:6.1f} × ({low} to {high})")
    print(f"{PEER:58} {summary(seconds[PEER])['median_ms']:7.2f} ms")
    about = machine("matplotlib", "numpy")
    stored = {
        "machine": about,
        "rounds": rounds,
        "peer": {"case": PEER, **summary(seconds[PEER])},
        "rows": rows,
    }
    print(f"written to {write_results('draws', stored)}")


def empty_chart() -> bytes:
    """Draw axes and nothing in them to a PNG."""
    figure, _ = new_figure(6, 3)
    into = io.BytesIO()
    figure.savefig(into, format="png")
    return into.getvalue()


def perceptron() -> LessonWidget:
    """Count ten thousand points, of which it draws three hundred."""
    return Perceptron(points=simulate_answers(10_000, [8, 4, 4], 8, noise=0.05, seed=1))


def descent() -> LessonWidget:
    """Walk a hundred steps of Adam."""
    km, minutes = np.arange(8) - 3.5, np.arange(8) * 3.0 + 8
    bowl = line_landscape(km, minutes, across=(-4, 12), upwards=(9, 25), start=(-2, 11))
    widget = Descent({"bowl": bowl}, rate=0.5, steps=100)
    widget.controls["optimiser"].value = "Adam"
    return widget


def playground() -> LessonWidget:
    """Show six layers of eight with gradients and test points."""
    widget = Playground(Session(Settings(hidden=(8,) * 6), plane_points), links="both")
    widget.controls["test points"].value = True
    return widget


def next_token() -> LessonWidget:
    """Look through some three thousand words."""
    ids = (np.random.default_rng(0).random(30_000) ** 3 * 3000).astype(int)
    counts = NGramCounts(ids.astype(str).tolist(), 3)
    return NextToken(lambda n, *_: NGram(counts, KneserNey(), n), str.split, "1 2", n=3, most_n=3)


def words() -> LessonWidget:
    """Compare twelve words among seven hundred."""
    vocabulary = [f"w{i}" for i in range(722)]
    tables = {"t": {0: np.random.default_rng(0).normal(size=(722, 32))}}
    return Words(tables, vocabulary, " ".join(vocabulary[:12]))


def threshold() -> LessonWidget:
    """Divide ten thousand scores."""
    dice = np.random.default_rng(0)
    answers = dice.random(10_000) < 0.3
    return Threshold(answers, np.clip(dice.random(10_000) * 0.7 + 0.3 * answers, 0, 1))


def beam_tree() -> LessonWidget:
    """Keep four texts of eight letters, eight letters long."""
    return BeamTree(lambda _: np.arange(1, 9) / 36, list("abcdefgh"), "x", width=4, n=8)


def writer() -> LessonWidget:
    """Continue a text of two thousand letters."""
    logits = np.random.default_rng(0).random(65)
    p = np.exp(logits) / np.exp(logits).sum()
    return Writer(lambda _: p, [chr(40 + i) for i in range(65)], "a" * 2000)


def bits() -> LessonWidget:
    """Round a row of 512 weights."""
    tried = [Tried(n, 1.5 + 1 / n, "text") for n in range(2, 9)]
    return FewerBits(np.random.default_rng(1).normal(size=(2, 512)), tried, loss=1.5, name="W")


def curves() -> LessonWidget:
    """Draw nine hundred measurements of three seeds."""
    run = np.stack([np.arange(300.0), np.linspace(4, 1, 300), np.linspace(4, 2, 300)], axis=1)
    return CurveLab(lambda *_: iter(run), steps=300, even=4.17, first=[run] * 3)


def positions() -> LessonWidget:
    """Show 128 positions of 64 features."""
    return Positions("sinusoidal", length=128, d_model=64, shift=64)


CASES: dict[str, Callable[[], LessonWidget]] = {
    "Perceptron, 10,000 points": perceptron,
    "Descent, 100 steps of Adam": descent,
    "PolynomialFit, degree 11": lambda: PolynomialFit(
        noisy_wave(12, 0.3, seed=2), noisy_wave(40, 0.3, seed=1002), degree=11, rate=1e-8
    ),
    "Playground, six layers of eight, gradients and test points": playground,
    "MatrixProduct, 5 × 5": lambda: MatrixProduct(np.full((5, 5), -1.25), np.full((5, 5), 2.5), filled=25),
    "NextToken, 3,000 words": next_token,
    "Words, 12 of 722": words,
    "Positions, 128 × 64": positions,
    "Counter, GPT-3": lambda: Counter("GPT-3"),
    "CurveLab, 900 measurements": curves,
    "BeamTree, 4 texts of 8 letters": beam_tree,
    "Writer, 65 letters": writer,
    "Threshold, 10,000 scores": threshold,
    "FewerBits, 512 weights": bits,
}


if __name__ == "__main__":
    main()
