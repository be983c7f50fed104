"""The exercises of lesson 07: look rows up, find neighbours, make a document's vector, rotate without a trace."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfm.kit.exercise import Exercise, Mistake
from tfm.lessons.embeddings.search import best_first, cosines, mean_vector, nearest
from tfm.lessons.embeddings.twin import one_hot

Array = NDArray[Any]

_TABLE = np.array([[0.5, 1.0, -1.0], [2.0, 0.0, 1.0], [-1.0, 3.0, 0.5], [0.0, -2.0, 4.0]])
_SQUARE = np.array([[0.5, 1.0, -1.0], [2.0, 0.0, 1.0], [-1.0, 3.0, 0.5]])

lookup = Exercise(
    name="lookup",
    asks="return one row of the table for each id, T × C",
    praise="an id is a row number and nothing more; the numbers are the table's",
    solution=lambda ids, table: table[ids],
    cases=[(np.array([2, 1, 2]), _TABLE), (np.array([1, 0, 1]), _SQUARE), (np.array([2]), _SQUARE)],
    mistakes=[
        Mistake(
            "the ids took columns",
            "A token's vector is a row: the row number is the first index",
            lambda ids, table: table[:, ids % table.shape[1]].T,
        ),
        Mistake(
            "ids were counted from 1",
            "Id 0 is the first row: subtract nothing",
            lambda ids, table: table[ids - 1],
        ),
        Mistake(
            "these are the one-hot rows themselves",
            "Multiply them by the table: one_hot @ table",
            lambda ids, table: one_hot(ids, len(table)),
        ),
        Mistake(
            "the rows were added up",
            "Keep one row for each id, in the ids' order",
            lambda ids, table: table[ids].sum(axis=0),
        ),
        Mistake(
            "each row came once, in the table's order",
            "An id that occurs twice gets its row twice, where it stands",
            lambda ids, table: table[np.unique(ids)],
        ),
        Mistake(
            "the result lies on its side",
            "Rows are tokens and columns are the table's: T × C",
            lambda ids, table: table[ids].T,
        ),
    ],
)

_ROWS = np.array([[1.0, 0.0], [9.0, 5.0], [2.0, 0.1], [0.0, 1.0], [-3.0, 0.2], [0.9, -0.3]])
_MORE = np.array([[0.2, 1.0, 0.0], [1.0, 5.0, 1.0], [3.0, 3.0, 3.0], [-0.1, 0.4, 0.1], [0.3, 1.1, 2.0]])


def _by_distance(table: Array, row: int, n: int) -> list[int]:
    far = np.linalg.norm(table - table[row], axis=1)
    return [i for i in best_first(-far) if i != row][:n]


neighbours = Exercise(
    name="neighbours",
    asks="return the n rows with the highest cosine to the given one, the nearest first, without the row itself",
    praise="direction alone decides, and nobody is their own neighbour",
    solution=nearest,
    cases=[(_ROWS, 0, 3), (_MORE, 0, 3), (_MORE, 4, 2)],
    mistakes=[
        Mistake(
            "the row itself is among its neighbours",
            "It has cosine 1 with itself, the highest there is: leave it out",
            lambda table, row, n: best_first(cosines(table[row], table))[:n],
        ),
        Mistake(
            "ranked by dot product",
            "Divide by both lengths, or a long row is everybody's neighbour",
            lambda table, row, n: [i for i in best_first(table @ table[row]) if i != row][:n],
        ),
        Mistake(
            "the farthest came first",
            "Np.argsort sorts upwards: give it the negative cosines",
            lambda table, row, n: [i for i in best_first(-cosines(table[row], table)) if i != row][:n],
        ),
        Mistake(
            "ranked by distance between the tips",
            "Use the cosine: a long arrow in the same direction is far away and still alike",
            _by_distance,
        ),
        Mistake(
            "the cosines came back",
            "Return the row numbers that they belong to",
            lambda table, row, n: cosines(table[row], table)[nearest(table, row, n)],
        ),
        Mistake(
            "one neighbour too few",
            "Leave the row itself out first, then take n of the others",
            lambda table, row, n: nearest(table, row, n)[: n - 1],
        ),
    ],
)

document_vector = Exercise(
    name="document_vector",
    asks="return the mean of the rows of all ids, C numbers; repeated ids count as often as they stand there",
    praise="each word moves the document's vector by its share of the text",
    solution=mean_vector,
    cases=[(np.array([0, 0, 2]), _TABLE), (np.array([1, 3, 3, 3]), _TABLE), (np.array([2, 0]), _SQUARE)],
    mistakes=[
        Mistake(
            "this is the sum",
            "Divide by how many ids there are, or a long text gets a long vector",
            lambda ids, table: table[ids].sum(axis=0),
        ),
        Mistake(
            "the mean ran along the wrong axis",
            "Axis 0 runs over the words; one number for each word came back",
            lambda ids, table: table[ids].mean(axis=1),
        ),
        Mistake(
            "each different word counted once",
            "A word that stands there three times counts three times",
            lambda ids, table: table[np.unique(ids)].mean(axis=0),
        ),
        Mistake(
            "this is the mean of the whole table",
            "Look the ids up first: table[ids]",
            lambda _, table: table.mean(axis=0),
        ),
        Mistake(
            "everything was averaged into one number",
            "Keep the columns apart: mean(axis=0)",
            lambda ids, table: table[ids].mean(),
        ),
    ],
)

_TURN = np.array([[0.0, -1.0, 0.0], [0.6, 0.0, -0.8], [0.8, 0.0, 0.6]])  # orthogonal: its inverse is _TURN.T
_NEXT = np.array([[1.0, 2.0, 0.5], [0.0, -1.0, 2.0], [3.0, 0.5, 1.0]])

same_output = Exercise(
    name="same_output",
    asks="return the matrix M with which (table @ turn) @ M equals table @ W, for an orthogonal turn",
    praise="the next matrix turns everything back, so no output can tell that the space was ever rotated",
    solution=lambda turn, W: turn.T @ W,
    cases=[(_TURN, _NEXT), (_TURN @ _TURN, _NEXT.T), (_TURN.T, _NEXT @ _NEXT)],
    mistakes=[
        Mistake("W is unchanged", "Its rows must turn with the table's columns", lambda _, W: W),
        Mistake(
            "it was turned once more",
            "Turn it back: the inverse of an orthogonal matrix is its transpose",
            lambda turn, W: turn @ W,
        ),
        Mistake(
            "the turn stands on the wrong side",
            "The table's columns meet W's rows, so it stands on the left of W",
            lambda turn, W: W @ turn.T,
        ),
        Mistake(
            "the output was turned, not the input",
            "W's columns are the output: leave them, and multiply on the left",
            lambda turn, W: W @ turn,
        ),
        Mistake("this only undoes the turn", "Undo it, then do W's work: … @ W", lambda turn, _: turn.T),
    ],
)
