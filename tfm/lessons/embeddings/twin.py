"""Embeddings in NumPy: looking up a row is multiplying by a one-hot vector.

    one_hot(ids) @ table = table[ids]

Source: Bengio et al., “A Neural Probabilistic Language Model”, 2003, section 2. The block that models use is
`tfm.nn.embedding`. This file knows nothing of words: ids come in.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray


def one_hot(ids: ArrayLike, size: int) -> NDArray[Any]:
    """Write each id as a vector that is 1 at the id's place and 0 elsewhere.

    Args:
        ids: integers of any shape, 0 to size − 1.
        size: V.

    Returns:
        … × V.

    Raises:
        ValueError: an id has no place.

    Example:
        >>> one_hot([2, 0], 3)
        array([[0., 0., 1.],
               [1., 0., 0.]])
    """
    ids = np.asarray(ids)
    outside = ids[(ids < 0) | (ids >= size)]
    if outside.size:
        raise ValueError(
            f"id {outside[0]} is outside the table of {size} ids (0 to {size - 1}): use one of those"
        )
    return np.asarray(ids[..., None] == np.arange(size), dtype=float)


def embed(ids: ArrayLike, table: ArrayLike) -> NDArray[Any]:
    """Take one row of the table for each id, by a matrix product.

    Args:
        ids: integers of any shape, 0 to V − 1.
        table: V × C.

    Returns:
        … × C.

    Example:
        >>> embed([2, 0], [[0.0, 0.1], [1.0, 1.1], [2.0, 2.1]])
        array([[2. , 2.1],
               [0. , 0.1]])
    """
    table = np.asarray(table)
    return np.asarray(one_hot(ids, len(table)) @ table)
