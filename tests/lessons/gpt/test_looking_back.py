"""How much a head looks at the previous token, and since when: hand-made maps, and what is no map."""

import numpy as np
import pytest

from tfm.lessons.gpt.looking_back import first_above, previous_by_chance, weight_on_previous


def test_a_head_of_the_previous_token_gets_1_and_one_of_itself_0():
    """Hand-made maps: all on the token before; all on the token itself."""
    before = np.eye(6, k=-1)
    before[0, 0] = 1
    assert weight_on_previous(before) == 1
    assert weight_on_previous(np.eye(6)) == 0


def test_every_map_of_a_stack_gets_its_own_number():
    """Leading axes, such as layers and heads, stay."""
    maps = np.stack([np.eye(4), np.eye(4, k=-1), np.full((4, 4), 0.25)])
    assert weight_on_previous(np.stack([maps, maps])).tolist() == [[0, 1, 0.25], [0, 1, 0.25]]


def test_chance_is_the_even_map_under_a_causal_mask():
    """A causal map with even rows has just the weight that `previous_by_chance` says."""
    even = np.tril(np.ones((9, 9)))
    even /= even.sum(axis=1, keepdims=True)
    assert weight_on_previous(even) == pytest.approx(previous_by_chance(9))


@pytest.mark.parametrize("maps", [np.ones(3), np.ones((3, 4)), np.ones((1, 1)), np.ones((2, 3, 4))])
def test_what_is_no_map_gets_one_sentence(maps):
    """A row, a rectangle and a map of one token have no previous token."""
    with pytest.raises(ValueError, match="maps are … × T × T with T ≥ 2"):
        weight_on_previous(maps)


@pytest.mark.parametrize(
    ("values", "found"),
    [([0.6, 0.7, 0.8], 0), ([0.1, 0.6, 0.7], 5), ([0.6, 0.1, 0.7], 9), ([0.9, 0.9, 0.5], None), ([], None)],
)
def test_the_step_from_which_a_value_stays_above(values, found):
    """A value that falls back has not begun; one that only reaches the level is not above it."""
    assert first_above([0, 5, 9][: len(values)], values, 0.5) == found
