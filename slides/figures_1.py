"""The figures and numbers of part 1, from the blocks that lessons 01 to 04 are made of."""

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfm.by_hand.activations import TANH
from tfm.by_hand.descent import SGD
from tfm.by_hand.losses import SQUARED_ERROR
from tfm.by_hand.network import Network
from tfm.by_hand.perceptron import all_cases, learn, simulate_answers
from tfm.data.plane import plane_points
from tfm.kit.axis import Axis
from tfm.kit.curves import Series, chart_svg
from tfm.lessons.learning.figures import Surface
from tfm.lessons.learning.landscape import line_landscape, walk
from tfm.lessons.perceptron.figures import plane_svg
from tfm.lessons.perceptron.limits import expressible_rules
from tfm.lessons.playground.board_figure import points_svg
from tfm.lessons.playground.seen_figure import seen_svg
from tfm.lessons.playground.session import Session, Settings
from tfm.lessons.vectors.matmul_figure import product_svg

Array = NDArray[Any]

CORNERS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
XOR = np.array([0, 1, 1, 0])
STRIP = ((1, 1, 0.5), (-1, -1, -1.5))  # more than one half, and not more than one and a half
KILOMETRES = np.array([1, 2, 2.5, 3, 4, 4.5, 5, 6])
MINUTES = np.array([8, 10, 15, 13, 21, 19, 25, 26])
RATES = (0.01, 0.4, 0.9)
FINE = 48  # places of a plane in each direction


# Lesson 01 ------------------------------------------------------------------------------------------------------


def line_in_the_plane() -> str:
    """Weather across, price upwards, she does not come: the threshold is a line."""
    corners = CORNERS[:, [0, 1]]
    goes = corners @ [8, 4] > 8
    return plane_svg(
        [(8, 4, 8)], ("weather", "price"), corners, goes, labels=[str(s) for s in corners @ [8, 4]]
    )


@cache
def lessons_learned() -> list[tuple[int, str, list[int], int]]:
    """Each mistake among the first hundred people: who, the answer, and weights and threshold after it."""
    people, answers = simulate_answers(100, weights=[1, 1, 4], threshold=3, seed=0)
    known: tuple[list[int], int] = ([8, 4, 4], 8)
    mistakes = []
    for n in range(2, len(people) + 1):
        learned = learn(people[:n], answers[:n], epochs=1, weights=[8, 4, 4], threshold=8)
        now = [round(w) for w in learned.weights], round(learned.threshold)
        if now != known:
            mistakes.append((n, "went" if answers[n - 1] else "stayed", *now))
        known = now
    return mistakes


def weights_moving() -> str:
    """The three weights and the threshold after each mistake."""
    states = [([8, 4, 4], 8), *((weights, threshold) for _, _, weights, threshold in lessons_learned())]
    mistakes = np.arange(len(states))
    weights = np.array([state[0] for state in states])
    lines = [Series(mistakes, weights[:, 2], "company"), Series(mistakes, weights[:, 0], "weather", "dashed")]
    lines += [Series(mistakes, weights[:, 1], "price", "dotted")]
    lines += [Series(mistakes, [state[1] for state in states], "threshold", "ring")]
    return chart_svg(lines, Axis((0, len(states) - 1)), Axis((0, 11)), ("mistakes made so far", "points"))


def expressible(n: int) -> tuple[int, int]:
    """How many of all rules over n questions are some perceptron's, and how many there are."""
    return len(expressible_rules(n)), 2**2**n


def riddle_in_the_plane() -> str:
    """Exactly one of two: two discs and two squares at crossing corners."""
    return plane_svg([], ("friend 1", "friend 2"), CORNERS, XOR.astype(bool))


def strip() -> str:
    """Two lines, and the strip between them."""
    return plane_svg(list(STRIP), ("friend 1", "friend 2"), CORNERS, XOR.astype(bool))


# Lesson 02 ------------------------------------------------------------------------------------------------------


def courier(rate: float = 0.1, steps: int = 6) -> list[tuple[float, float, float]]:
    """One weight walks downhill: weight, loss and slope at each step."""
    kilometres, clock, w, path = 2.0, 8.0, 3.0, []
    for _ in range(steps):
        gap = w * kilometres - clock
        path.append((w, gap**2 / 2, gap * kilometres))
        w -= rate * gap * kilometres
    return path


def downhill() -> str:
    """The loss over the courier's weight, and her steps."""
    line = np.linspace(2.6, 5.4, 100)
    places = np.array(courier())
    curves = [
        Series(line, (2 * line - 8) ** 2 / 2, "loss"),
        Series(places[:, 0], places[:, 1], "her steps", "ring"),
    ]
    return chart_svg(curves, Axis((2.6, 5.4)), Axis((0, 4)), ("weight: minutes for a kilometre", "loss"))


@cache
def rates() -> list[str]:
    """One bowl, one start, three learning rates."""
    bowl = line_landscape(
        KILOMETRES - KILOMETRES.mean(), MINUTES, across=(-4, 12), upwards=(9, 25), start=(-2, 11)
    )
    ground = Surface(bowl.heights(), bowl.across, bowl.upwards, bowl.names, side=250)
    return [
        ground.svg(walk(bowl, SGD(rate), bowl.start, steps=20).places, title=f"rate {rate}") for rate in RATES
    ]


@cache
def xor_answers() -> tuple[list[float], list[float]]:
    """What two hidden neurons answer to the four cases, before training and after a thousand steps."""
    net, sgd = Network.random([2, 2, 1], TANH, seed=9), SGD(rate=0.5)
    cases, target = CORNERS.astype(float), XOR[:, None].astype(float)
    before = net.predict(cases)[:, 0].tolist()
    for _ in range(1000):
        sgd.step(net.parameters(), net.backward(cases, target, SQUARED_ERROR).flat())
    return before, net.predict(cases)[:, 0].tolist()


# Lesson 03 ------------------------------------------------------------------------------------------------------


@cache
def trained(data: str, hidden: tuple[int, ...], activation: str = "tanh", epochs: int = 150) -> Session:
    """A small network of the playground, trained."""
    rate = 0.01 if activation == "linear" else 0.1
    train, seed = (80, 2) if data == "spiral" else (50, 1)
    settings = Settings(data=data, hidden=hidden, activation=activation, rate=rate, train=train, seed=seed)
    run = Session(settings, plane_points)
    run.step(epochs)
    return run


def _dots(run: Session) -> str:
    return points_svg(run.points.train_x, run.points.train_y)


def with_and_without_a_bend() -> str:
    """Three straight layers, and one layer of four that bends."""
    runs = {
        "8 · 8 · 8, no bend": trained("circle", (8, 8, 8), "linear", 200),
        "4, tanh": trained("circle", (4,), epochs=200),
    }
    row = [(f"{name}: {run.accuracy()[1]:.0%} right", run.maps(FINE)[-1][0]) for name, run in runs.items()]  # type: ignore[index]
    return seen_svg([row], points=_dots(runs["4, tanh"]), side=230)


def three_neurons() -> str:
    """What each of three hidden neurons sees of the plane."""
    run = trained("circle", (3,))
    row = [(f"neuron {n}", seen) for n, seen in enumerate(run.maps(FINE)[1], start=1)]
    return seen_svg([row], points=_dots(run), side=190)


def one_to_four() -> str:
    """The output with one, two, three and four hidden neurons."""
    runs = {n: trained("circle", (n,)) for n in (1, 2, 3, 4)}
    row = [(f"{n}: {run.accuracy()[1]:.0%} right", run.maps(FINE)[-1][0]) for n, run in runs.items()]  # type: ignore[index]
    return seen_svg([row], points=_dots(runs[1]), side=170)


def two_layers() -> str:
    """What neurons of the first and of the second layer see of two spirals."""
    run = trained("spiral", (8, 8), epochs=600)
    first, second = ([("", seen) for seen in run.maps(FINE)[layer][:5]] for layer in (1, 2))
    return seen_svg([first, second], names=["layer 1", "layer 2"], points=_dots(run), side=116)


# Lesson 04 ------------------------------------------------------------------------------------------------------


def three_evenings() -> str:
    """Three evenings times two people: a matrix product, one cell explained."""
    evenings, people = all_cases(3)[[5, 3, 7]], np.array([[8, 1], [4, 1], [4, 4]])
    return product_svg(
        evenings, people, evenings @ people, chosen=(0, 0), names=("evenings", "people", "sums")
    )
