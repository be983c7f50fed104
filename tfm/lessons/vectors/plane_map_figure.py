"""What a 2 × 2 matrix does to the plane: where squared paper, the unit square and a figure of points go.

The first column is where the arrow to the right lands, the second where the arrow upwards lands; everything
else follows these two. This file is given a matrix; what may be done with it stands in the lesson.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tfm.kit.style import BLUE, INK, MUTED, ORANGE, ramp
from tfm.lessons.vectors.board_figure import Board

Array = NDArray[Any]

REACH = 3  # the squared paper that is moved ends here
PAPER, AREA = ramp(0.45), ramp(0.2)
FIGURE_LOOK = f'fill="{INK}" fill-opacity="0.16" stroke="{INK}" stroke-width="1.4" stroke-linejoin="round"'
# An F of squares: it looks different turned, mirrored and sheared.
LETTER_F = np.array(
    [[0, 0], [0, 2], [1.2, 2], [1.2, 1.6], [0.4, 1.6], [0.4, 1.2], [1, 1.2], [1, 0.8], [0.4, 0.8], [0.4, 0]]
)


def plane_map_svg(
    matrix: ArrayLike,
    *,
    figure: ArrayLike = LETTER_F,
    high: float = 4.0,
    side: float = 300.0,
    title: str = "",
) -> str:
    """Draw the plane after a matrix has moved it: paper, unit square, its two arrows, and a figure of points.

    Args:
        matrix: 2 × 2; its columns are where the two unit arrows land.
        figure: N × 2 points, a closed outline that is moved along.
        high: units from the middle to each side.
        side: pixels.
        title: a line above.

    Returns:
        An SVG.

    Raises:
        ValueError: the matrix is not 2 × 2.

    Example:
        >>> plane_map_svg([[0, -1], [1, 0]], title="a quarter turn").count("<polygon")
        2
    """
    m = np.asarray(matrix, dtype=float)
    if m.shape != (2, 2):
        raise ValueError(f"the matrix has shape {m.shape}: the plane needs 2 × 2, two rows of two numbers")
    board = Board(-high, high, side, title)
    square = np.array([(0, 0), (1, 0), (1, 1), (0, 1)])
    parts = [
        *board.paper(),
        f'<path d="{_moved_paper(board, m)}" stroke="{PAPER}" stroke-width="1" fill="none"/>',
        f'<polygon points="{_outline(board, square @ m.T)}" fill="{AREA}" stroke="{MUTED}"/>',
        f'<polygon points="{_outline(board, np.asarray(figure, dtype=float) @ m.T)}" {FIGURE_LOOK}/>',
        board.arrow(m[:, 0], BLUE),
        board.arrow(m[:, 1], ORANGE),
        board.label(m[:, 0], "1", BLUE),
        board.label(m[:, 1], "2", ORANGE),
    ]
    return board.page(parts, title or f"the plane after {m.tolist()}")


def _moved_paper(board: Board, m: Array) -> str:
    """Every line of the paper, moved: a straight line stays one, so that its ends are enough."""
    lines = []
    for tick in range(-REACH, REACH + 1):
        for ends in ([(tick, -REACH), (tick, REACH)], [(-REACH, tick), (REACH, tick)]):
            (x1, y1), (x2, y2) = map(board.at, np.array(ends) @ m.T)
            lines.append(f"M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}")
    return "".join(lines)


def _outline(board: Board, points: Array) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in map(board.at, points))
