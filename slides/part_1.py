"""Part 1: a neuron learns. From a film evening with a threshold to a network that folds the plane."""

import numpy as np

from slides.deck import Deck, Slide
from tfm.by_hand.perceptron import all_cases
from tfm.plots.cases import cases_svg

WEIGHTS, NAMES = np.array([8, 4, 4]), ("weather", "price", "company")


def film() -> str:
    """Eight evenings on the line of sums."""
    return cases_svg(all_cases(3), WEIGHTS, 8, NAMES)


DECK = Deck(
    number=1,
    title="A neuron learns",
    question="How can a sum, a threshold and a wrong answer be enough to learn?",
    lessons=(1, 2, 3, 4),
    slides=[
        Slide(
            title="Three votes and a threshold decide about the evening",
            figure=film,
            alt="Eight cases on a line of sums, the threshold at 8",
            words="Weather 8, price 4, company 4. Go when the sum passes **8**: $8 > 8$ is false.",
            notes="Read the line from left to right. " * 12,
        ),
        Slide(
            title="The rule in one line",
            formula=r"\text{go} \iff w_1 x_1 + w_2 x_2 + w_3 x_3 > \theta",
            words="$w$: how much a vote counts; $x$: 0 or 1; $\\theta$: the threshold.",
            notes="Read the line from left to right. " * 12,
        ),
        Slide(
            title="What you may have read",
            claim="One perceptron can express any rule",
            verdict="wrong",
            words="张麻子 → XOR needs two layers.",
            notes="Read the line from left to right. " * 12,
        ),
        Slide(
            title="In code",
            code="from tfm.by_hand.perceptron import fires, all_cases\nprint(fires(all_cases(3), [8, 4, 4], 8))",
            notes="Read the line from left to right. " * 12,
        ),
    ],
)
