"""Vectors and matrices by hand: a dot product is one loop, a matrix product is three.

    a · b = a₁b₁ + … + aₙbₙ = |a| |b| cos φ        (A B)ᵢⱼ = row i of A · column j of B

Source: Gibbs, “Elements of Vector Analysis”, 1881 (the dot product); Cayley, “A Memoir on the Theory of
Matrices”, 1858 (the matrix product). NumPy's `@` does the same and is what the course uses; this file is for
reading. It knows nothing of words, layers or learning.
"""

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray


class Projection(NamedTuple):
    """The shadow of one vector on the line of another.

    Attributes:
        length: how far the shadow reaches along the other's direction; negative if it points the other way.
        foot: where the shadow ends, n numbers.
    """

    length: float
    foot: NDArray[Any]


def dot(a: ArrayLike, b: ArrayLike) -> float:
    """Multiply place by place and add up.

    a · b = a₁b₁ + … + aₙbₙ

    Args:
        a: n numbers.
        b: n numbers.

    Returns:
        One number.

    Raises:
        ValueError: one of them is not a list of numbers, or their lengths differ.

    Example:
        >>> dot([3, 1], [1, 2])
        5.0
    """
    a, b = _pair(a, b)
    total = 0.0
    for x, y in zip(a, b, strict=True):
        total += float(x) * float(y)
    return total


def length(a: ArrayLike) -> float:
    """The length of an arrow, by Pythagoras.

    |a| = √(a · a)

    Args:
        a: n numbers.

    Returns:
        A number that is never negative.

    Example:
        >>> length([4, 3])
        5.0
    """
    return math.sqrt(dot(a, a))


def projection(a: ArrayLike, b: ArrayLike) -> Projection:
    """Let `a` throw its shadow on the line through `b`, at a right angle.

    length = a · b / |b|        foot = length · b / |b|

    Args:
        a: n numbers, what throws the shadow.
        b: n numbers, not all 0, on whose line it falls.

    Returns:
        The shadow's length and its end, as `Projection`.

    Raises:
        ValueError: `b` has no direction, or the lengths differ.

    Example:
        >>> projection([2, 1], [4, 0])
        Projection(length=2.0, foot=array([2., 0.]))
    """
    a, b = _pair(a, b)
    size = _direction("b", b)
    along = dot(a, b) / size
    return Projection(along, along * b / size)


def cosine(a: ArrayLike, b: ArrayLike) -> float:
    """How far two directions agree, whatever the lengths.

    cos φ = a · b / (|a| |b|)

    Args:
        a: n numbers, not all 0.
        b: n numbers, not all 0.

    Returns:
        From −1 (opposite) through 0 (at a right angle) to 1 (the same direction).

    Raises:
        ValueError: one of them has no direction, or the lengths differ.

    Example:
        >>> cosine([1, 0], [5, 0]), cosine([1, 0], [0, 5]), cosine([1, 0], [-5, 0])
        (1.0, 0.0, -1.0)
    """
    a, b = _pair(a, b)
    share = dot(a, b) / _direction("a", a) / _direction("b", b)
    return min(max(share, -1.0), 1.0)  # rounding may leave 1.0000000000000002


def angle(a: ArrayLike, b: ArrayLike) -> float:
    """The angle between two arrows, in degrees from 0 to 180.

    Example:
        >>> round(angle([3, 1], [1, 2]))
        45
    """
    return math.degrees(math.acos(cosine(a, b)))


def cell_products(A: ArrayLike, B: ArrayLike, row: int, column: int) -> NDArray[Any]:
    """The products that add up to one cell of A B: a row of A times a column of B, place by place.

    Args:
        A: n × k.
        B: k × m.
        row: 0 to n − 1.
        column: 0 to m − 1.

    Returns:
        k numbers; their sum is the cell.

    Raises:
        ValueError: the shapes do not fit, or there is no such cell.

    Example:
        >>> cell_products([[1, 2], [3, 4]], [[5, 6], [7, 8]], row=0, column=1)
        array([ 6., 16.])
    """
    A, B = _matrices(A, B)
    if row not in range(len(A)) or column not in range(B.shape[1]):
        raise ValueError(
            f"there is no cell in row {row}, column {column}: the product has {len(A)} rows and "
            f"{B.shape[1]} columns, counted from 0"
        )
    return np.array([A[row, k] * B[k, column] for k in range(A.shape[1])], dtype=float)


def matmul(A: ArrayLike, B: ArrayLike) -> NDArray[Any]:
    """Multiply two matrices by three loops: for each row, for each column, for each place.

    (A B)ᵢⱼ = Aᵢ₁B₁ⱼ + … + AᵢₖBₖⱼ

    Args:
        A: n × k.
        B: k × m.

    Returns:
        n × m.

    Raises:
        ValueError: A has not as many columns as B has rows, or one of them is not a matrix.

    Example:
        >>> matmul([[1, 2], [3, 4]], [[5, 6], [7, 8]]).tolist()
        [[19.0, 22.0], [43.0, 50.0]]
    """
    A, B = _matrices(A, B)
    C = np.zeros((len(A), B.shape[1]))
    for i in range(C.shape[0]):
        for j in range(C.shape[1]):
            for k in range(A.shape[1]):
                C[i, j] += A[i, k] * B[k, j]
    return C


def _pair(a: ArrayLike, b: ArrayLike) -> tuple[NDArray[Any], NDArray[Any]]:
    a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    for name, vector in (("a", a), ("b", b)):
        if vector.ndim != 1:
            raise ValueError(f"{name} has {vector.ndim} axes and a vector has one: pass a list of numbers")
    if len(a) != len(b):
        raise ValueError(
            f"a has {len(a)} numbers and b has {len(b)}: a dot product pairs them, so give as many"
        )
    return a, b


def _direction(name: str, vector: NDArray[Any]) -> float:
    size = length(vector)
    if not size > 0:
        raise ValueError(f"{name} has length {size:g}, so it points nowhere: give it a number other than 0")
    return size


def _matrices(A: ArrayLike, B: ArrayLike) -> tuple[NDArray[Any], NDArray[Any]]:
    A, B = np.asarray(A, dtype=float), np.asarray(B, dtype=float)
    for name, matrix in (("A", A), ("B", B)):
        if matrix.ndim != 2:
            raise ValueError(f"{name} has {matrix.ndim} axes and a matrix has two: pass a list of rows")
    if A.shape[1] != len(B):
        raise ValueError(misfit((A.shape[0], A.shape[1]), (B.shape[0], B.shape[1])))
    return A, B


def misfit(first: tuple[int, int], second: tuple[int, int]) -> str:
    """Say why two matrices cannot be multiplied, and what to do.

    Args:
        first: rows and columns of A.
        second: rows and columns of B.

    Example:
        >>> print(misfit((2, 3), (2, 4)))
        A is 2 × 3 and B is 2 × 4: A needs as many columns (3) as B has rows (2), so give B 3 rows or A 2 columns
    """
    (n, k), (rows, m) = first, second
    return (
        f"A is {n} × {k} and B is {rows} × {m}: A needs as many columns ({k}) as B has rows ({rows}), "
        f"so give B {_many(k, 'row')} or A {_many(rows, 'column')}"
    )


def _many(n: int, what: str) -> str:
    return f"{n} {what}{'' if n == 1 else 's'}"
