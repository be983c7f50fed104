"""Vectors by hand: the loops equal NumPy, and the dot product is the same three ways."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tfm.by_hand.vectors import angle, cell_products, cosine, dot, length, matmul, misfit, projection

CLOSE = 1e-12  # relative to the terms' sizes; the worst of 2,000 random cases was 4.2e-16
numbers = st.floats(-100, 100, allow_subnormal=False)
sizes = st.integers(1, 5)


@pytest.fixture(autouse=True)
def _as_a_reader(as_a_reader_calls_it):
    """Call the functions with whole numbers too, as lessons do."""


@st.composite
def pairs(draw):
    """Draw two vectors of one length."""
    n = draw(st.integers(1, 8))
    return draw(arrays(float, n, elements=numbers)), draw(arrays(float, n, elements=numbers))


@st.composite
def products(draw):
    """Draw two matrices that can be multiplied."""
    n, k, m = draw(sizes), draw(sizes), draw(sizes)
    return draw(arrays(float, (n, k), elements=numbers)), draw(arrays(float, (k, m), elements=numbers))


@settings(deadline=None)
@given(pairs())
def test_dot_and_length_equal_numpy(pair):
    """One loop gives what `@` and NumPy's norm give."""
    a, b = pair
    scale = 1 + np.abs(a) @ np.abs(b)
    assert abs(dot(a, b) - a @ b) < CLOSE * scale
    assert length(a) == pytest.approx(np.linalg.norm(a), abs=CLOSE)


@settings(deadline=None)
@given(pairs())
def test_dot_is_shadow_times_length_and_the_cosine_way_too(pair):
    """Place by place, shadow times length, and length times length times cosine are one number."""
    a, b = pair
    if length(a) < 1e-3 or length(b) < 1e-3:
        return
    scale = 1 + length(a) * length(b)
    assert abs(projection(a, b).length * length(b) - dot(a, b)) < CLOSE * scale
    assert abs(length(a) * length(b) * cosine(a, b) - dot(a, b)) < CLOSE * scale


@settings(deadline=None)
@given(pairs())
def test_shadow_meets_its_line_at_a_right_angle(pair):
    """What is left of a when its shadow is taken away has no part along b."""
    a, b = pair
    if length(b) < 1e-3:
        return
    shadow = projection(a, b)
    assert abs(dot(a - shadow.foot, b)) < CLOSE * (1 + length(a) * length(b))
    assert length(shadow.foot) == pytest.approx(abs(shadow.length), abs=1e-7)


@settings(deadline=None)
@given(products())
def test_three_loops_equal_numpy(pair):
    """The loops give what `@` gives, and each cell is the sum of its products."""
    a, b = pair
    ours, scale = matmul(a, b), 1 + np.abs(a) @ np.abs(b)
    assert ours.shape == (a @ b).shape
    assert (np.abs(ours - a @ b) < CLOSE * scale).all()
    sums = [[cell_products(a, b, i, j).sum() for j in range(b.shape[1])] for i in range(len(a))]
    assert (np.abs(ours - sums) < CLOSE * scale).all()


@pytest.mark.parametrize(
    ("a", "b", "degrees"),
    [([1, 0], [0, 2], 90), ([1, 1], [3, 0], 45), ([2, 1], [-4, -2], 180), ([1, 2], [2, 4], 0)],
)
def test_angles_of_the_school_book(a, b, degrees):
    """Right, half a right, straight and no angle; rounding never leaves the cosine beyond 1."""
    assert angle(a, b) == pytest.approx(degrees, abs=1e-5)
    assert -1 <= cosine(a, b) <= 1
    assert math.copysign(1, dot(a, b)) == (-1 if degrees > 90 else 1)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: dot([1, 2], [1, 2, 3]), "a has 2 numbers and b has 3"),
        (lambda: dot([[1, 2]], [1, 2]), "a has 2 axes and a vector has one"),
        (lambda: projection([1, 2], [0, 0]), "b has length 0, so it points nowhere"),
        (lambda: cosine([0, 0], [1, 0]), "a has length 0, so it points nowhere"),
        (lambda: cosine([np.nan, 0], [1, 0]), "a has length nan"),
        (lambda: matmul([[1, 2]], [[1, 2]]), "give B 2 rows or A 1 column"),
        (lambda: matmul([1, 2], [[1, 2]]), "A has 1 axes and a matrix has two"),
        (lambda: cell_products([[1]], [[1]], 0, 1), "no cell in row 0, column 1"),
        (lambda: cell_products([[1]], [[1]], -1, 0), "no cell in row -1, column 0"),
    ],
)
def test_bad_input_is_answered_in_one_sentence(call, sentence):
    """What cannot be multiplied or has no direction is refused with the rule and the cure."""
    with pytest.raises(ValueError, match=sentence) as caught:
        call()
    assert "\n" not in str(caught.value)


def test_the_advice_about_shapes_fits():
    """Whoever follows either half of the advice has two matrices that can be multiplied."""
    assert "give B 3 rows or A 2 columns" in misfit((4, 3), (2, 5))
    assert matmul(np.ones((4, 3)), np.ones((3, 5))).shape == matmul(np.ones((4, 2)), np.ones((2, 5))).shape
