"""What the NumPy twins promise for odd numbers, and what they say when they are used wrongly."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tfm.by_hand.attention import attention, attention_loops
from tfm.by_hand.linear import linear
from tfm.by_hand.multi_head import multi_head
from tfm.by_hand.softmax import entropy, softmax
from tfm.lessons.embeddings.twin import embed, one_hot

ROUNDING = 1e-12

scores = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=20)


@given(scores)
def test_softmax_gives_shares_of_one_in_the_order_of_the_scores(values):
    """For any scores: nothing negative, sum 1, and a larger score never gets a smaller share."""
    weights = softmax(np.array(values))
    assert weights.min() >= 0
    assert weights.sum() == pytest.approx(1, abs=ROUNDING)
    assert (np.diff(weights[np.argsort(values)]) >= -ROUNDING).all()


@given(scores, st.floats(-100, 100))
def test_softmax_does_not_care_for_a_shift(values, shift):
    """Adding one number to every score changes no weight beyond what adding itself rounds away."""
    np.testing.assert_allclose(softmax(np.array(values) + shift), softmax(np.array(values)), atol=1e-8)


def test_softmax_gives_a_forbidden_place_nothing():
    """−∞ is a score like any other, with weight 0."""
    assert softmax(np.array([0.0, -np.inf, 0.0])).tolist() == [0.5, 0.0, 0.5]


@pytest.mark.parametrize(("bad", "name"), [(np.nan, "nan"), (np.inf, "inf")])
def test_softmax_names_the_score_that_is_no_number(bad, name):
    """NaN and +∞ are refused with their place, not spread over the whole row."""
    with pytest.raises(ValueError) as caught:
        softmax(np.array([[0.0, 1.0], [2.0, bad]]))
    assert str(caught.value) == (
        f"softmax needs numbers, and the score at (1, 1) is {name}: look at what made it"
    )


def test_softmax_names_the_row_that_may_look_nowhere():
    """A wholly masked row is refused with its place."""
    with pytest.raises(ValueError, match=r"every score of row \(1,\) is −∞, so its weights cannot sum to 1"):
        softmax(np.array([[0.0, 1.0], [-np.inf, -np.inf]]))


def test_softmax_names_the_column_when_it_works_down_columns():
    """The place is counted along the axes that are left."""
    with pytest.raises(ValueError, match=r"every score of row \(1,\) is −∞"):
        softmax(np.array([[0.0, -np.inf], [1.0, -np.inf]]), axis=0)


def test_softmax_of_one_row_that_may_look_nowhere():
    """A single row has no number to be told by."""
    with pytest.raises(ValueError, match="every score is −∞"):
        softmax(np.array([-np.inf, -np.inf]))


def test_softmax_refuses_a_temperature_of_zero():
    """Nothing divides by 0; the sentence offers 1.0."""
    with pytest.raises(ValueError, match=r"temperature must be above 0, and it is 0\.0: try 1\.0"):
        softmax(np.array([1.0]), temperature=0.0)


def test_entropy_of_certainty_and_of_doubt():
    """0 bits for one sure place, log2 of n for n equal ones."""
    assert entropy(np.array([1.0, 0.0])).item() == 0
    assert entropy(np.full(8, 1 / 8)).item() == pytest.approx(3)


def test_attention_names_the_score_that_is_no_number():
    """A NaN in the query is found where it would spread."""
    with pytest.raises(ValueError, match=r"softmax needs numbers, and the score at \(0, 0\) is nan"):
        attention(np.array([[np.nan, 0.0]]), np.eye(2), np.eye(2))


@pytest.mark.parametrize("function", [attention, attention_loops])
def test_attention_of_widths_that_differ(function):
    """The sentence has both widths and the remedy."""
    with pytest.raises(
        ValueError, match="query has width 3 and key has width 2: a dot product needs both of one"
    ):
        function(np.zeros((4, 3)), np.zeros((4, 2)), np.zeros((4, 2)))


@pytest.mark.parametrize("function", [attention, attention_loops])
def test_attention_of_keys_without_values(function):
    """Each key needs its value."""
    with pytest.raises(ValueError, match="there are 4 keys and 3 values: each key needs its own value"):
        function(np.zeros((4, 2)), np.zeros((4, 2)), np.zeros((3, 2)))


def test_attention_of_one_vector_without_its_position_axis():
    """A vector is told how to become a sentence of one."""
    with pytest.raises(ValueError, match=r"query has 1 axes and needs two.*pass query\[None, :\]"):
        attention(np.zeros(2), np.zeros((4, 2)), np.zeros((4, 2)))


def test_attention_with_a_mask_of_the_wrong_shape():
    """The sentence has both shapes."""
    with pytest.raises(ValueError, match=r"the mask has shape \(3, 3\) and the scores have shape \(2, 2\)"):
        attention(np.eye(2), np.eye(2), np.eye(2), np.ones((3, 3), dtype=bool))


def test_multi_head_with_heads_that_do_not_divide():
    """The twin says the same rule as the block."""
    weights = {f"{name}.weight": np.eye(4) for name in ("query", "key", "value", "output")}
    with pytest.raises(ValueError, match=r"the width \(4\) must be divisible by n_heads \(3\)"):
        multi_head(np.eye(4), weights, n_heads=3)


def test_linear_without_its_weight():
    """A missing name is told which names there are."""
    with pytest.raises(ValueError, match=r"there is no weight named down\.weight: the names are up\.weight"):
        linear(np.zeros(2), {"up.weight": np.eye(2)}, "down")


def test_linear_of_the_wrong_width():
    """The sentence has both widths."""
    with pytest.raises(ValueError, match=r"up\.weight takes vectors of width 2 and x has width 3"):
        linear(np.zeros(3), {"up.weight": np.eye(2)}, "up")


@pytest.mark.parametrize("wrong", [3, -1])
def test_an_id_without_a_row(wrong):
    """NumPy would take −1 for the last row; the twin does not."""
    with pytest.raises(ValueError, match=rf"id {wrong} is outside the table of 3 ids \(0 to 2\)"):
        embed(np.array([wrong]), np.eye(3))


def test_one_hot_keeps_the_shape_of_the_ids():
    """A sentence of ids becomes a sentence of one-hot rows."""
    assert one_hot(np.array([[0, 2]]), 3).tolist() == [[[1, 0, 0], [0, 0, 1]]]
