"""The three rulers: what counting alone says that a loss should be."""

import math

import numpy as np
import pytest

from tfm.lessons.gpt.expected import PAIRS, expected_losses

IN_TURN = np.array([0, 1] * 500)


def test_pairs_know_a_text_of_two_letters_in_turn():
    """For a text of two letters in turn, a table of pairs knows all, frequencies nothing."""
    losses = expected_losses(IN_TURN, IN_TURN, 2)
    assert losses["even"] == pytest.approx(losses["tokens"], abs=1e-6)
    assert losses["pairs"] < 0.01


def test_the_sum_on_paper():
    """Counts 3 and 1, one more each: 4/6 and 2/6, judged on one of each."""
    losses = expected_losses(np.array([0, 0, 0, 1]), np.array([0, 1]), 2)
    assert losses["even"] == pytest.approx(math.log(2))
    assert losses["tokens"] == pytest.approx(-(math.log(4 / 6) + math.log(2 / 6)) / 2)
    # after 0 came 0, 0 and 1: (1 + 2/6) / (3 + 1)
    assert losses["pairs"] == pytest.approx(-math.log((1 + 2 / 6) / 4))


def test_no_table_of_pairs_for_a_large_vocabulary():
    """A table of V × V numbers is left out above the limit, and the caller may move the limit."""
    assert "pairs" not in expected_losses(IN_TURN, IN_TURN, PAIRS + 1)
    assert "pairs" in expected_losses(IN_TURN, IN_TURN, PAIRS + 1, pairs_up_to=3_000)


def test_what_never_came_stays_possible():
    """A token that was not in the training text costs much, and not infinitely much."""
    assert math.isfinite(expected_losses(IN_TURN, np.array([2, 2]), 3)["pairs"])
