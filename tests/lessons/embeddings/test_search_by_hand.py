"""Search by hand: scikit-learn's rows, the cosines of the loops, and rankings that keep their promises."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer

from tfm.by_hand.vectors import cosine
from tfm.lessons.embeddings.search import (
    best_first,
    cosines,
    inverse_document_frequency,
    mean_vector,
    nearest,
    unit_rows,
    word_counts,
)

ATOL = 1e-12  # measured: 3e-16 against scikit-learn, 4e-16 against the loops
TEXTS = [
    ["the", "cat", "sat", "on", "the", "mat"],
    ["the", "dog"],
    ["a", "cat", "a", "cat", "a", "cat"],
    [],
]
VOCABULARY = sorted({word for text in TEXTS for word in text})
PLACES = {word: place for place, word in enumerate(VOCABULARY)}
numbers = st.floats(-100, 100, allow_subnormal=False).map(lambda x: round(x, 3))


def _as_it_is(text):
    return text


def test_counts_equal_scikit_learns():
    """Word counts are CountVectorizer's, an empty text included."""
    theirs = CountVectorizer(analyzer=_as_it_is).fit_transform(TEXTS).toarray()
    assert np.array_equal(word_counts(TEXTS, PLACES), theirs)


def test_tf_idf_equals_scikit_learns():
    """Counts times idf is TfidfVectorizer without a norm; divided by the lengths, it is its default."""
    counts = word_counts(TEXTS, PLACES)
    rows = counts * inverse_document_frequency(counts)
    plain = TfidfVectorizer(analyzer=_as_it_is, norm=None, smooth_idf=True, sublinear_tf=False)
    assert np.allclose(rows, plain.fit_transform(TEXTS).toarray(), atol=ATOL)
    assert np.allclose(
        unit_rows(rows), TfidfVectorizer(analyzer=_as_it_is).fit_transform(TEXTS).toarray(), atol=ATOL
    )


def test_a_word_in_every_text_weighs_one():
    """ln(1) + 1: what says nothing is not thrown away, only never raised."""
    assert inverse_document_frequency([[1, 0], [3, 1]]).tolist() == [1.0, math.log(3 / 2) + 1]


def test_strangers_are_left_out():
    """A word without a place counts nowhere."""
    assert word_counts([["cat", "zebra"]], {"cat": 0}).tolist() == [[1.0]]


@settings(deadline=None)
@given(arrays(float, (4, 3), elements=numbers), arrays(float, 3, elements=numbers))
def test_cosines_equal_the_cosine_by_loops(rows, query):
    """Row by row the same as lesson 04's; where it refuses, because there is no direction, 0."""
    found = cosines(query, rows)
    for row, ours in zip(rows, found, strict=True):
        theirs = cosine(query, row) if row.any() and query.any() else 0.0
        assert ours == pytest.approx(theirs, abs=1e-9)


@settings(deadline=None)
@given(arrays(float, (6, 2), elements=numbers), st.integers(0, 5), st.integers(1, 8))
def test_nearest_never_names_the_row_itself_and_keeps_the_order(table, row, n):
    """At most n other rows, no row twice, cosines that never rise."""
    found = nearest(table, row, n)
    assert len(found) == min(n, 5) == len(set(found))
    assert row not in found
    near = cosines(table[row], table)[found]
    assert (np.diff(near) <= 0).all()
    assert near[-1] >= max(
        [cosines(table[row], table)[i] for i in range(6) if i not in {*found, row}], default=-9
    )


@given(st.lists(st.integers(-3, 3), max_size=8))
def test_best_first_is_a_stable_order(scores):
    """Highest first, and of equal ones the earlier."""
    assert best_first(scores) == sorted(range(len(scores)), key=lambda i: (-scores[i], i))


def test_the_mean_counts_repeated_words():
    """Two of one and one of the other: two thirds of the way; without words there is nothing but zeros."""
    assert mean_vector([0, 0, 1], [[3.0, 0.0], [0.0, 3.0]]).tolist() == [2.0, 1.0]
    assert mean_vector([], [[3.0, 0.0]]).tolist() == [0.0, 0.0]


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: cosines([1, 2, 3], [[1, 2]]), r"the query has shape \(3,\) and the table \(1, 2\)"),
        (lambda: cosines([1], [1]), "give one vector as wide as a row"),
        (lambda: nearest([[1, 2]], 1, 1), "there is no row 1: the table has rows 0 to 0"),
        (lambda: nearest([[1, 2]], -1, 1), "there is no row -1"),
        (lambda: nearest([[1, 2]], 0, 0), "n must be 1 or more, and it is 0"),
        (lambda: inverse_document_frequency([1, 2]), "counts must be a table"),
        (lambda: inverse_document_frequency([[-1]]), "numbers from 0 up"),
        (lambda: inverse_document_frequency([[float("nan")]]), "numbers from 0 up"),
    ],
)
def test_bad_input_gets_one_sentence(call, sentence):
    """Shapes that do not fit and rows that are not there."""
    with pytest.raises(ValueError, match=sentence):
        call()
