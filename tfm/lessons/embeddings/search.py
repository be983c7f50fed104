"""Search by hand: texts as rows of numbers, ranked by how well they agree with a query.

    tf-idf[document, word] = count[document, word] · idf[word]      idf[word] = ln((1 + N) / (1 + n_word)) + 1

N documents, of which n_word contain the word. Dividing every row by its length makes exactly what scikit-learn's
`TfidfVectorizer` returns with its defaults (norm="l2", smooth_idf=True, sublinear_tf=False).

Sources: Salton, Wong, Yang, “A Vector Space Model for Automatic Indexing”, 1975 (documents as vectors, the
cosine); Spärck Jones, “A Statistical Interpretation of Term Specificity and Its Application in Retrieval”, 1972
(idf). This file knows nothing of how words were cut, nor of what the numbers of a row mean.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray


def word_counts(texts: Sequence[Sequence[str]], places: Mapping[str, int]) -> NDArray[Any]:
    """Count the words of each text; words without a place are left out.

    Args:
        texts: N texts, each a list of words.
        places: the column of each of the V words, 0 to V − 1.

    Returns:
        N × V.

    Example:
        >>> word_counts([["a", "b", "a"], ["c"]], {"a": 0, "b": 1})
        array([[2., 1.],
               [0., 0.]])
    """
    counts = np.zeros((len(texts), len(places)))
    for row, text in zip(counts, texts, strict=True):
        for word, count in Counter(text).items():
            if word in places:
                row[places[word]] = count
    return counts


def inverse_document_frequency(counts: ArrayLike) -> NDArray[Any]:
    """Weigh each word by how few texts contain it: 1 if all of them do, more if fewer.

    idf = ln((1 + N) / (1 + n_word)) + 1

    Args:
        counts: N × V.

    Returns:
        V numbers, 1 or more.

    Raises:
        ValueError: `counts` is not a table of counts.

    Example:
        >>> inverse_document_frequency([[2, 1], [1, 0]]).round(3)
        array([1.   , 1.405])
    """
    counts = np.asarray(counts, dtype=float)
    if counts.ndim != 2 or not (counts >= 0).all():
        raise ValueError("counts must be a table of numbers from 0 up: a row a text, a column a word")
    containing = (counts > 0).sum(axis=0)
    return np.asarray(np.log((1 + len(counts)) / (1 + containing)) + 1)


def cosines(query: ArrayLike, rows: ArrayLike) -> NDArray[Any]:
    """The cosine of one vector with each row of a table.

    A text without a known word is a row of zeros, which points nowhere: it gets 0, and so does every row if the
    query is one. (`tfm.by_hand.vectors.cosine` refuses it instead.)

    Args:
        query: C numbers.
        rows: N × C.

    Returns:
        N numbers from −1 to 1.

    Raises:
        ValueError: the query is not as wide as the rows.

    Example:
        >>> cosines([1, 0], [[5, 0], [0, 2], [-3, 0], [0, 0]])
        array([ 1.,  0., -1.,  0.])
    """
    query, rows = np.asarray(query, dtype=float), np.asarray(rows, dtype=float)
    if rows.ndim != 2 or query.shape != rows.shape[1:]:
        raise ValueError(
            f"the query has shape {query.shape} and the table {rows.shape}: give one vector as wide as a row"
        )
    return unit_rows(rows) @ unit_rows(query[None])[0]


def unit_rows(rows: ArrayLike) -> NDArray[Any]:
    """Divide each row by its length; a row of zeros stays as it is.

    Example:
        >>> unit_rows([[3, 4], [0, 0]])
        array([[0.6, 0.8],
               [0. , 0. ]])
    """
    rows = np.asarray(rows, dtype=float)
    lengths = np.linalg.norm(rows, axis=-1, keepdims=True)
    return np.asarray(rows / np.where(lengths > 0, lengths, 1))


def best_first(scores: ArrayLike) -> list[int]:
    """The places of the scores, the highest first; of equal ones the earlier first.

    Example:
        >>> best_first([0.1, 0.9, 0.1])
        [1, 0, 2]
    """
    return [int(i) for i in np.argsort(-np.asarray(scores, dtype=float), kind="stable")]


def nearest(table: ArrayLike, row: int, n: int) -> list[int]:
    """The n rows whose cosine with one row is the highest, that row itself left out.

    Args:
        table: V × C.
        row: 0 to V − 1.
        n: how many, 1 or more.

    Returns:
        At most n rows, the nearest first.

    Raises:
        ValueError: there is no such row, or n is less than 1.

    Example:
        >>> nearest([[1, 0], [9, 1], [0, 1], [1, 1]], row=0, n=2)
        [1, 3]
    """
    table = np.asarray(table, dtype=float)
    if row not in range(len(table)):
        raise ValueError(f"there is no row {row}: the table has rows 0 to {len(table) - 1}")
    if n < 1:
        raise ValueError(f"n must be 1 or more, and it is {n}: try 10")
    return [i for i in best_first(cosines(table[row], table)) if i != row][:n]


def mean_vector(ids: Sequence[int] | NDArray[Any], table: ArrayLike) -> NDArray[Any]:
    """A text as one vector: the mean of its words' rows; zeros for a text without words.

    Args:
        ids: T rows, 0 to V − 1, repeated as often as the words are.
        table: V × C.

    Returns:
        C numbers.

    Example:
        >>> mean_vector([0, 0, 1], [[3, 0], [0, 3]])
        array([2., 1.])
    """
    table = np.asarray(table, dtype=float)
    return np.asarray(table[list(ids)].mean(axis=0)) if len(ids) else np.zeros(table.shape[1])
