"""What a reader types: matrices and heads go out as text and come back as they were."""

import numpy as np
import pytest

from tfm.kit.entry import heads_text, matrix_text, parse_heads, parse_matrix


@pytest.mark.parametrize("matrix", [[[1, 0.5], [0, -2]], [[1e-5]], [[1000, -1000, 3.14159]], [[0.1], [0.2]]])
def test_a_matrix_comes_back(matrix):
    """Written and read again, the numbers are the same."""
    assert np.array_equal(parse_matrix("W", matrix_text(matrix)), matrix)


@pytest.mark.parametrize(
    "text", ["1 2\n3 4", "1,2;3,4", " 1\t2 ;; 3 , 4 \n", "1 2\r\n3 4", "+1 2e0\n3. 4", "１ 2\n3 4"]
)
def test_a_matrix_may_be_typed_in_many_ways(text):
    """Spaces, tabs, commas, semicolons, blank lines, signs, exponents and full-width digits."""
    assert np.array_equal(parse_matrix("W", text), [[1, 2], [3, 4]])


def test_a_minus_may_be_typographic():
    """A minus copied from a picture is a minus."""
    assert parse_matrix("W", "−1").item() == -1


def test_heads_come_back():
    """Written and read again, the heads are the same, without order or repetition."""
    heads = frozenset({(0, 0), (5, 11), (2, 3)})
    assert parse_heads(heads_text(heads), 6, 12) == heads
    assert parse_heads(" 3.4 1.1,1.1 ,, 6.12", 6, 12) == heads
    assert parse_heads("", 6, 12) == frozenset()


@pytest.mark.parametrize(
    "word", ["1", "1.", ".1", "1.1.1", "-1.1", "1,5.x", "a" * 10_000, "9" * 5_000 + ".1"]
)
def test_what_is_no_head_is_refused(word):
    """The sentence quotes it and says how to write one."""
    with pytest.raises(ValueError, match=r"is not a head: write layer\.head, such as 2\.3") as error:
        parse_heads(word, 6, 12)
    assert len(str(error.value)) < 200


def test_many_rows_of_many_lengths_are_one_sentence():
    """A matrix of a thousand rows is told by its first lengths."""
    with pytest.raises(ValueError, match=r"the rows of W have 2, 1, 1, 1, 1, 1, 1, 1, 1, … numbers"):
        parse_matrix("W", "1 2" + "; 3" * 1_000)
