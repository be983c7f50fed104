"""A task with a known answer that needs a whole Transformer layer, twice: who stood behind whom?

Five of six children stand in a row, with a hat (a capital letter) or without. Then come questions, a child each.
The answer is the child who stood behind that one, wearing a hat if exactly one of the two, the question and the
child behind, wears one. To answer, a model has to find the asked child in the row, go one place further, read
who stands there, and compare two hats by an exclusive or. Finding “what followed last time” is the induction
of Olsson et al., “In-context Learning and Induction Heads”, 2022. This file knows nothing of models.
"""

from collections.abc import Sequence
from itertools import permutations, product

import torch
from torch import Tensor

LETTERS = "abcdef"
VOCABULARY = [sign for letter in LETTERS for sign in (letter, letter.upper())]  # id = 2 · letter + hat
ROW = 5
QUESTIONS = 8
LENGTH = ROW + QUESTIONS
HELD_OUT_EVERY = 11  # shares no factor with the 32 ways to wear hats, so that held-out rows wear them all


def rows(*, held_out: bool) -> Tensor:
    """All rows of children and hats, either those for training or those kept for the examination.

    Returns:
        Token ids, N × ROW. Every eleventh row is held out.

    Example:
        >>> rows(held_out=False).shape, rows(held_out=True).shape
        (torch.Size([20945, 5]), torch.Size([2095, 5]))
    """
    orders = torch.tensor(list(permutations(range(len(LETTERS)), ROW)))  # 720 ROW
    hats = torch.tensor(list(product([0, 1], repeat=ROW)))  # 32 ROW
    every = (2 * orders[:, None] + hats).flatten(0, 1)  # 23040 ROW
    chosen = torch.arange(len(every)) % HELD_OUT_EVERY == 0
    return every[chosen == held_out]


def batch(table: Tensor, n: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Draw rows from a table, and questions about them.

    Args:
        table: N × ROW, by `rows`.
        n: how many, B.
        generator: where the draws come from.

    Returns:
        Token ids, B × LENGTH, and the answers to the questions, B × QUESTIONS.

    Example:
        >>> ids, answers = batch(rows(held_out=True), 3, torch.Generator().manual_seed(0))
        >>> ids.shape, answers.shape
        (torch.Size([3, 13]), torch.Size([3, 8]))
    """
    row = table[torch.randint(len(table), (n,), generator=generator)]  # B ROW
    place = torch.randint(ROW - 1, (n, QUESTIONS), generator=generator)  # never the last: nobody is behind
    hat = torch.randint(2, (n, QUESTIONS), generator=generator)
    asked = row.gather(1, place) // 2 * 2 + hat  # the child, with the question's own hat
    behind = row.gather(1, place + 1)
    return torch.cat([row, asked], dim=1), behind // 2 * 2 + (behind % 2 ^ hat)


def encode(signs: Sequence[str]) -> Tensor:
    """Turn letters into ids, T.

    Raises:
        ValueError: a sign is not one of the children.

    Example:
        >>> encode(["a", "A", "f"])
        tensor([ 0,  1, 10])
    """
    for sign in signs:
        if sign not in VOCABULARY:
            raise ValueError(
                f"there is no child {sign[:20]!r}: write letters from a to f, or A to F with a hat"
            )
    return torch.tensor([VOCABULARY.index(sign) for sign in signs], dtype=torch.long)


def answer(row: Sequence[str], question: str) -> str:
    """What a right answer is, one letter.

    Args:
        row: the children in order.
        question: one of them, with or without a hat.

    Returns:
        The child behind the asked one, its hat decided by exclusive or.

    Raises:
        ValueError: the asked child is not in the row, or is the last.

    Example:
        >>> answer(["b", "D", "a"], "b"), answer(["b", "D", "a"], "B"), answer(["b", "D", "a"], "D")
        ('D', 'd', 'A')
    """
    order = [sign.lower() for sign in row]
    if question.lower() not in order[:-1]:
        raise ValueError(
            f"nobody stands behind {question!r} in this row: ask for one of the first {len(row) - 1}"
        )
    behind = row[order.index(question.lower()) + 1]
    return behind.upper() if behind.isupper() != question.isupper() else behind.lower()
