"""Masks: who may look where. True means “may look”, everywhere in the course.

Two reasons to forbid looking: the future (a decoder must not read the answer it is asked for) and padding
(the filler that makes sentences of one batch equally long). Source: Vaswani et al., 2017, section 3.2.3.
This file knows nothing of attention's arithmetic.
"""

from collections.abc import Sequence

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from tfm.shapes import shape_text


def causal_mask(
    n: int, device: torch.device | str | None = None, *, before: int = 0
) -> Bool[Tensor, "1 1 T S"]:
    """Each position may look at itself and at what came before: the lower triangle.

    Args:
        n: number of positions that ask, T.
        device: where to put the mask.
        before: positions in front of them that only answer, as a cache keeps them: S = before + T.

    Returns:
        1 × 1 × T × S, ready to broadcast over batch and heads.

    Raises:
        ValueError: `n` is below 1.

    Example:
        >>> causal_mask(3)[0, 0].int().tolist()
        [[1, 0, 0], [1, 1, 0], [1, 1, 1]]
        >>> causal_mask(2, before=1)[0, 0].int().tolist()
        [[1, 1, 0], [1, 1, 1]]
    """
    if n < 1:
        raise ValueError(
            f"a causal mask needs at least one position, and n is {n}: pass the sentence's length"
        )
    return torch.ones(n, before + n, dtype=torch.bool, device=device).tril(before)[None, None]


def padding_mask(ids: Int[Tensor, "B S"], pad_id: int) -> Bool[Tensor, "B 1 1 S"]:
    """Nobody may look at padding.

    Args:
        ids: token ids, B × S.
        pad_id: the id that marks padding.

    Returns:
        B × 1 × 1 × S, ready to broadcast over heads and queries.

    Raises:
        ValueError: a sentence is all padding, so that its rows could look nowhere.

    Example:
        >>> padding_mask(torch.tensor([[7, 8, 0]]), pad_id=0).int().flatten().tolist()
        [1, 1, 0]
    """
    mask = (ids != pad_id)[:, None, None, :]
    return fit_mask(mask, (len(ids), 1, 1, ids.shape[1]))


def fit_mask(mask: Bool[Tensor, "..."], shape: Sequence[int]) -> Bool[Tensor, "..."]:
    """Check that a mask fits the scores and that no row is forbidden everything.

    Args:
        mask: True where a query may look.
        shape: B × H × T × S of the scores.

    Returns:
        The mask, unchanged: it broadcasts by itself.

    Raises:
        ValueError: the mask does not broadcast to `shape`, or one of its rows is all False (softmax would
            divide nothing by nothing).

    Example:
        >>> fit_mask(torch.zeros(1, 1, 2, 3, dtype=torch.bool), (1, 1, 2, 4))
        Traceback (most recent call last):
        ValueError: the mask has shape 1 × 1 × 2 × 3, but the scores have shape 1 × 1 × 2 × 4 (B × H ...
    """
    fits = mask.ndim == len(shape) and all(m in (1, s) for m, s in zip(mask.shape, shape, strict=False))
    if not fits:
        raise ValueError(
            f"the mask has shape {shape_text(mask.shape)}, but the scores have shape {shape_text(shape)} "
            "(B × H × T × S): give it one row a query and one column a key, and 1 on the axes it shares"
        )
    if not torch.compiler.is_compiling() and not mask.any(-1).all():
        row = tuple(torch.nonzero(~mask.any(-1))[0].tolist())
        raise ValueError(
            f"row {row} of the mask forbids every position, so its weights cannot sum to 1: "
            "let each row look at one position at least, its own for example"
        )
    return mask
