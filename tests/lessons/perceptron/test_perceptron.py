"""The perceptron by hand: the film's eight cases, learning from answers, and what no single line can do."""

import numpy as np
import pytest

from tfm.by_hand.perceptron import all_cases, fires, learn, simulate_answers
from tfm.lessons.perceptron.limits import expressible_rules, search_grid, xor_by_two_layers

FILM = [8, 4, 4]
XOR = [0, 1, 1, 0]
# Threshold tables over n yes/no inputs: Winder, 1965 (OEIS A000609).
EXPRESSIBLE = {1: 4, 2: 14, 3: 104, 4: 1882}


def test_film_is_decided_as_counted_by_hand():
    """At 8 three of eight cases go; at 7.9 the two whose sum is exactly 8 go too."""
    at_8, below = fires(all_cases(3), FILM, 8), fires(all_cases(3), FILM, 7.9)
    assert at_8.tolist() == [False] * 5 + [True] * 3
    changed = all_cases(3)[at_8 != below].tolist()
    assert changed == [[0, 1, 1], [1, 0, 0]]


def test_rounding_alone_is_not_more():
    """0.1 + 0.2 does not exceed 0.3, whatever the computer's last digit says."""
    assert not fires([1, 1], [0.1, 0.2], 0.3)
    assert fires([1, 1], [0.1, 0.2], 0.2999)


@pytest.mark.parametrize(
    ("weights", "threshold"), [(FILM, 8), (FILM, 7.9), ([-3, 2, 1], 0.5), ([1, 1, 1, 1], 2)]
)
def test_learning_recovers_a_hidden_rules_decisions(weights, threshold):
    """From answers without noise, the learned weights decide every case as the hidden ones do."""
    inputs, answers = simulate_answers(500, weights, threshold, seed=3)
    found = learn(inputs, answers)
    cases = all_cases(len(weights))
    assert (fires(cases, found.weights, found.threshold) == fires(cases, weights, threshold)).all()
    assert found.mistakes[-1] == 0
    assert found.path.shape == (len(found.mistakes) + 1, len(weights) + 1)
    assert found.path[-1].tolist() == [*found.weights, found.threshold]


def test_every_expressible_rule_is_learned():
    """Novikoff: where some perceptron decides all cases rightly, the rule comes to rest on one."""
    for table in expressible_rules(3):
        if len(set(table)) == 2:
            assert learn(all_cases(3), list(table), epochs=200).mistakes[-1] == 0


def test_learning_stops_where_it_started_when_all_is_right():
    """A perceptron without a mistake is not moved."""
    found = learn(all_cases(3), fires(all_cases(3), FILM, 8), weights=FILM, threshold=8)
    assert (found.weights.tolist(), found.threshold, found.mistakes) == (FILM, 8, [0])


def test_xor_is_never_separable():
    """No perceptron of a fine grid has more than three of four right, and learning never comes to rest."""
    grid = np.arange(-5, 5.01, 0.5).tolist()
    best = search_grid(XOR, grid, grid)
    assert (best.right, best.tried) == (3, 21**3)
    assert all(learn(all_cases(2), XOR, epochs=1000).mistakes)
    assert tuple(map(bool, XOR)) not in expressible_rules(2)


def test_xor_needs_two_layers_only():
    """Three perceptrons in two layers decide XOR, in any shape."""
    two = xor_by_two_layers(all_cases(2))
    assert two.output.tolist() == XOR
    assert two.hidden.tolist() == [[0, 0], [1, 0], [1, 0], [1, 1]]
    assert xor_by_two_layers([0, 1]).output == 1


@pytest.mark.parametrize(("n", "rules"), EXPRESSIBLE.items())
def test_expressible_rules_are_as_many_as_published(n, rules):
    """The counts are Winder's, and every rule found on the grid of one perceptron is among them."""
    assert len(expressible_rules(n)) == rules


def test_noise_turns_that_share_of_the_answers():
    """The same people with whims answer otherwise about as often as the noise says."""
    inputs, clean = simulate_answers(10_000, FILM, 8, seed=5)
    again, noisy = simulate_answers(10_000, FILM, 8, noise=0.1, seed=5)
    assert (inputs == again).all()
    assert abs((clean != noisy).mean() - 0.1) < 0.01  # 3.3 standard deviations of 10,000 people


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: fires([1, 0], FILM, 8), "2 inputs and 3 weights"),
        (lambda: fires([1, 0, np.nan], FILM, 8), "one of them is NaN"),
        (lambda: fires([1, 0, 1], FILM, np.nan), "one of them is NaN"),
        (lambda: all_cases(0), "whole number from 1 to 16"),
        (lambda: learn(all_cases(2), [0, 1]), "2 answers and 4 examples"),
        (lambda: learn(all_cases(2), [0, 1, 2, 0]), "write 1 for yes and 0 for no"),
        (lambda: learn(all_cases(2), [1, 1, 1, 1]), "all 4 answers are yes"),
        (lambda: learn(all_cases(2), XOR, epochs=0), "epochs .0. must be at least 1"),
        (lambda: learn(all_cases(2), XOR, rate=0.0), "rate .0.0. above 0"),
        (lambda: learn(all_cases(2), XOR, weights=[1]), "2 inputs and 1 weights"),
        (lambda: simulate_answers(0, FILM, 8), "must be at least 1"),
        (lambda: simulate_answers(5, FILM, 8, noise=1.5), "between 0 and 1"),
        (lambda: search_grid([0, 1, 1], [1], [1]), "2, 4, 8 or 16"),
        (lambda: expressible_rules(5), "must be 1, 2, 3 or 4"),
        (lambda: xor_by_two_layers([0, 2]), "write 1 for yes and 0 for no"),
    ],
)
def test_bad_input_is_answered_in_one_sentence(call, sentence):
    """What cannot be decided or learned is refused with the rule and the cure."""
    with pytest.raises(ValueError, match=sentence) as caught:
        call()
    assert "\n" not in str(caught.value)
