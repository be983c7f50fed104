"""The exercises of lesson 04: a shadow's length, an order by cosine, a product's shape, a product by loops."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfm.by_hand.vectors import cosine, dot, length, matmul, projection
from tfm.kit.exercise import Exercise, Mistake

Array = NDArray[Any]
Shape = tuple[int, ...]

projection_length = Exercise(
    name="projection_length",
    asks="return how far the shadow of a reaches along b, negative if it points the other way",
    praise="the shadow is the dot product divided by the length of what it falls on, sign and all",
    solution=lambda a, b: projection(a, b).length,
    cases=[
        (np.array([3.0, 1.0]), np.array([1.0, 2.0])),
        (np.array([2.0, 1.0]), np.array([4.0, 0.0])),
        (np.array([-1.0, 2.0, 0.5]), np.array([2.0, 0.0, 1.0])),
    ],
    mistakes=[
        Mistake("this is the dot product itself", "Divide it by the length of b", dot),
        Mistake(
            "divided by the length of a",
            "The shadow falls on b: divide by the length of b",
            lambda a, b: dot(a, b) / length(a),
        ),
        Mistake(
            "divided by both lengths, which makes the cosine",
            "Divide by the length of b alone: a longer a throws a longer shadow",
            cosine,
        ),
        Mistake(
            "divided by the square of the length",
            "B · b is the length squared: take its root before you divide",
            lambda a, b: dot(a, b) / dot(b, b),
        ),
        Mistake(
            "the sign is lost",
            "Leave it: a shadow that points away from b is negative",
            lambda a, b: abs(projection(a, b).length),
        ),
        Mistake(
            "this is where the shadow ends",
            "Return its length, one number",
            lambda a, b: projection(a, b).foot,
        ),
    ],
)


def _cosines(query: Array, documents: Array) -> Array:
    return np.array([cosine(query, document) for document in documents])


def _dots(query: Array, documents: Array) -> Array:
    return np.array([dot(query, document) for document in documents])


_DOCUMENTS = np.array([[9.0, 3.0], [1.0, 0.0], [1.0, 8.0], [3.0, 0.5]])

cosine_order = Exercise(
    name="cosine_order",
    asks="return the row numbers of the documents, the one with the largest cosine to the query first",
    praise="both lengths are divided away, and only the direction decides who comes first",
    solution=lambda query, documents: np.argsort(-_cosines(query, documents), kind="stable"),
    cases=[
        (np.array([1.0, 0.0]), _DOCUMENTS),
        (np.array([2.0, 3.0]), _DOCUMENTS),
        (np.array([1.0, -1.0, 0.5]), np.array([[4.0, 1.0, 0.0], [0.2, -0.2, 0.2], [-1.0, 2.0, 9.0]])),
    ],
    mistakes=[
        Mistake(
            "ordered by dot product",
            "Divide each dot product by the document's length, or a long one wins by its length",
            lambda query, documents: np.argsort(-_dots(query, documents), kind="stable"),
        ),
        Mistake(
            "the smallest comes first",
            "Np.argsort sorts upwards: give it the negative cosines",
            lambda query, documents: np.argsort(_cosines(query, documents), kind="stable"),
        ),
        Mistake("the cosines themselves came back", "Return their order, by np.argsort", _cosines),
        Mistake(
            "sorted, but these are the cosines",
            "Np.sort gives values and np.argsort gives row numbers",
            lambda query, documents: np.sort(_cosines(query, documents))[::-1],
        ),
        Mistake(
            "only the first row number came back",
            "Return all of them: np.argsort where you wrote np.argmax",
            lambda query, documents: int(np.argmax(_cosines(query, documents))),
        ),
        Mistake(
            "these are ranks: which place each document takes",
            "Return which document takes each place, what np.argsort gives at once",
            lambda query, documents: np.argsort(np.argsort(-_cosines(query, documents), kind="stable")),
        ),
    ],
)


def _shape(first: Shape, second: Shape) -> Shape:
    return (*first[:-1], second[-1])


product_shape = Exercise(
    name="product_shape",
    asks="return the shape of A @ B from the shapes of A and B; axes in front of A's last two are a batch",
    praise="the inner numbers agree and go, the outer ones stay, and a batch is carried along",
    solution=_shape,
    cases=[((2, 3), (3, 4)), ((1, 5), (5, 1)), ((8, 10, 64), (64, 16)), ((2, 4, 10, 16), (16, 10))],
    mistakes=[
        Mistake(
            "the inner numbers came back",
            "They are summed away: keep A's rows and B's columns",
            lambda first, second: (first[-1], second[-2]),
        ),
        Mistake(
            "rows and columns are exchanged",
            "A's rows come first, then B's columns",
            lambda first, second: (*first[:-2], second[-1], first[-2]),
        ),
        Mistake(
            "this is A's own shape", "Its columns are summed away: B's stand there", lambda first, _: first
        ),
        Mistake(
            "the batch is forgotten",
            "@ multiplies the last two axes and keeps those in front",
            lambda first, second: (first[-2], second[-1]),
        ),
        Mistake(
            "the two shapes stand one behind the other",
            "Leave out the inner number, which both share",
            lambda first, second: (*first, *second),
        ),
    ],
)


def _shifted(A: Array, B: Array) -> Array:
    C = np.zeros((A.shape[0], B.shape[1]))
    for i in range(A.shape[0]):
        for j in range(B.shape[1]):
            C[i, j] = A[i, -1] * B[-1, j]
    return C


def _short(A: Array, B: Array) -> Array:
    return matmul(A[:, :-1], B[:-1])


product_by_loops = Exercise(
    name="product_by_loops",
    asks="return the matrix product of A and B, computed with loops",
    praise="each cell is a row of A times a column of B: rows × columns dot products, and nothing else",
    solution=matmul,
    cases=[
        (np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[5.0, 6.0], [7.0, 8.0]])),
        (np.array([[1.0, 2.0], [0.0, -1.0]]), np.array([[2.0, 1.0], [1.0, 3.0]])),
        (np.array([[0.5, -1.0, 2.0]]), np.array([[1.0, 1.0, 0.0], [0.0, 2.0, 3.0], [1.0, -2.0, 4.0]])),
    ],
    mistakes=[
        Mistake(
            "multiplied place by place",
            "A cell is a whole row times a whole column, summed: * in NumPy is not @",
            lambda A, B: A * B,
        ),
        Mistake(
            "a row of A met a row of B",
            "Take B's column, B[k, j]: this is A times the transposed B",
            lambda A, B: matmul(A, B.T),
        ),
        Mistake(
            "it adds as many products as A has rows",
            "Let k run over A's columns, which are B's rows: range(A.shape[1])",
            lambda A, B: matmul(A[:, : len(A)], B[: len(A)]),
        ),
        Mistake(
            "only the last product is left in each cell",
            "Add it to what is there: += where you wrote =",
            _shifted,
        ),
        Mistake(
            "the last place of each row is missing",
            "Let k run over all of A's columns: range(A.shape[1])",
            _short,
        ),
        Mistake(
            "the result lies on its side",
            "The row number i comes first: C[i, j]",
            lambda A, B: matmul(A, B).T,
        ),
    ],
)
