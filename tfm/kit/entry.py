"""What a reader types into a widget, read strictly: a matrix, a list of heads. Each slip gets one sentence."""

import re
from collections.abc import Collection
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tfm.kit.messages import listed, say
from tfm.names import shown

LARGEST = 1000  # what a cell has room for once two matrices have multiplied it


def matrix_text(matrix: ArrayLike) -> str:
    r"""Write a matrix as a reader edits it: a line a row, spaces between numbers.

    Example:
        >>> matrix_text([[1, 0.5], [0, -2]])
        '1 0.5\n0 -2'
    """
    return "\n".join(" ".join(f"{x:g}" for x in row) for row in np.asarray(matrix, dtype=float))


def parse_matrix(name: str, text: str) -> NDArray[Any]:
    """Read a matrix back; spaces or commas between numbers, a line or a semicolon a row.

    Raises:
        ValueError: something is not a number or too large, the rows differ in length, or there is nothing.

    Example:
        >>> parse_matrix("W_Q", "1, 0; 0, 1").shape
        (2, 2)
        >>> parse_matrix("W_Q", "1 two")
        Traceback (most recent call last):
        ValueError: W_Q has 'two' in row 1, which is not a number: write digits, such as 0.5
    """
    rows: list[list[float]] = []
    for line in re.split(r"[;\n]", text):
        words = line.replace(",", " ").replace("−", "-").split()
        if words:
            rows.append([_number(name, word, len(rows) + 1) for word in words])
    if not rows:
        raise ValueError(say("{name} is empty: write its numbers, a line for each row", name=name))
    if len({len(row) for row in rows}) > 1:
        lengths = listed([*(len(row) for row in rows[:9]), *(["…"] if len(rows) > 9 else [])])
        raise ValueError(
            say(
                "the rows of {name} have {lengths} numbers: give each row as many", name=name, lengths=lengths
            )
        )
    return np.array(rows)


def parse_heads(text: str, n_layers: int, n_heads: int) -> frozenset[tuple[int, int]]:
    """Read a list of heads such as `2.3, 5.1` (layer.head, counted from 1) into pairs counted from 0.

    Raises:
        ValueError: an entry is not layer.head, or there is no such head.

    Example:
        >>> sorted(parse_heads("2.3, 1.1", 6, 12))
        [(0, 0), (1, 2)]
    """
    heads = set()
    for word in text.replace(",", " ").split():
        found = re.fullmatch(r"(\d{1,9})\.(\d{1,9})", word)
        if not found:
            raise ValueError(
                say(
                    "{word} is not a head: write layer.head, such as 2.3, with commas between",
                    word=shown(word),
                )
            )
        layer, head = int(found[1]), int(found[2])
        if not (1 <= layer <= n_layers and 1 <= head <= n_heads):
            raise ValueError(
                say(
                    "there is no head {word}: layers go from 1 to {n_layers} and heads from 1 to {n_heads}",
                    word=word,
                    n_layers=n_layers,
                    n_heads=n_heads,
                )
            )
        heads.add((layer - 1, head - 1))
    return frozenset(heads)


def heads_text(heads: Collection[tuple[int, int]]) -> str:
    """Write heads as a reader edits them.

    Example:
        >>> heads_text({(1, 2), (0, 0)})
        '1.1, 2.3'
    """
    return ", ".join(f"{layer + 1}.{head + 1}" for layer, head in sorted(heads))


def _number(name: str, word: str, row: int) -> float:
    try:
        number = float(word)
    except ValueError:
        raise ValueError(
            say(
                "{name} has {word!r} in row {row}, which is not a number: write digits, such as 0.5",
                name=name,
                word=word[:20],
                row=row,
            )
        ) from None
    if not abs(number) <= LARGEST:  # NaN is not either
        raise ValueError(
            say(
                "{name} has {word!r} in row {row}: write a number from −{most} to {most}, such as 0.5",
                name=name,
                word=word[:20],
                row=row,
                most=LARGEST,
            )
        )
    return number
