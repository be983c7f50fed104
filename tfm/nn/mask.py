"""Masks: who may look where. True means “may look”, everywhere in the course.

Two reasons to forbid looking: the future (a decoder must not read the answer it is asked for) and padding
(the filler that makes sentences of one batch equally long). Source: Vaswani et al., 2017, section 3.2.3.

A mask is Boolean, or it is a bias: floats that are added to the scores, 0 where a query may look, −∞ where it
may not, below 0 where it should look less. Ones and zeros are neither. As floats they would be added, and a
score that is higher by 1 hides nothing. Every module and every core of attention asks `fit_mask`, so nothing
else gets through.
This file knows nothing of attention's arithmetic.
"""

from collections.abc import Sequence
from typing import Any, TypeAlias

import torch
from jaxtyping import Bool, Float, Int, Shaped
from torch import Tensor
from torch.utils.weak import WeakTensorKeyDictionary

from tfm.shapes import shape_text

Mask: TypeAlias = (
    Bool[Tensor, "#B #H #T _"] | Float[Tensor, "#B #H #T _"]
)  # B × H × T × S, or 1 where it is shared

# Mask → its version when its numbers were read: a mask serves every layer, and reading it makes a GPU wait.
_JUDGED: Any = WeakTensorKeyDictionary()


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
    mask = torch.ones(n, before + n, dtype=torch.bool, device=device).tril(before)[None, None]
    return trusted(mask)  # each position sees itself: there is nothing to read


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


def fit_mask(mask: Shaped[Tensor, "..."], shape: Sequence[int]) -> Tensor:
    """Check that a mask is one, that it fits the scores, and that no row is forbidden everything.

    Args:
        mask: True where a query may look; or floats that are added to the scores, none above 0.
        shape: B × H × T × S of the scores.

    Returns:
        The mask, unchanged: it broadcasts by itself.

    Raises:
        ValueError: the mask holds whole numbers, or a float above 0; it does not broadcast to `shape`; or one of
            its rows allows nothing (softmax would divide nothing by nothing).

    Example:
        >>> fit_mask(torch.zeros(1, 1, 2, 3, dtype=torch.bool), (1, 1, 2, 4))
        Traceback (most recent call last):
        ValueError: the mask has shape 1 × 1 × 2 × 3, but the scores have shape 1 × 1 × 2 × 4 (B × H ...
        >>> fit_mask(torch.ones(1, 1, 2, 2).tril(), (1, 1, 2, 2))
        Traceback (most recent call last):
        ValueError: the mask holds the number 1, and a float mask is added to the scores, so it must hold 0 ...
    """
    _require_kind(mask)
    fits = mask.ndim == len(shape) and all(m in (1, s) for m, s in zip(mask.shape, shape, strict=False))
    if not fits:
        raise ValueError(
            f"the mask has shape {shape_text(mask.shape)}, but the scores have shape {shape_text(shape)} "
            f"(B × H × T × S): {_cure(tuple(mask.shape), tuple(shape))}"
        )
    if not (torch.compiler.is_compiling() or mask.is_meta or _JUDGED.get(mask, -1) == _version(mask)):
        _require_rows(mask.detach())
        return trusted(mask)
    return mask


def hide_future(mask: Mask, back: Bool[Tensor, "1 1 T S"]) -> Mask:
    """Let a mask forbid, besides, what another one hides.

    Args:
        mask: as in `fit_mask`.
        back: a `causal_mask`.

    Returns:
        A mask of the first one's kind.

    Example:
        >>> hide_future(torch.tensor([[[[True, False]]]]), causal_mask(2))[0, 0].int().tolist()
        [[1, 0], [1, 0]]
    """
    return mask & back if mask.dtype == torch.bool else mask + as_bias(back, mask.dtype)


def trusted(mask: Mask) -> Mask:
    """Return a mask whose numbers need not be read again, because of how it was made."""
    if not torch.compiler.is_compiling() and not mask.is_inference():
        _JUDGED[mask] = _version(mask)
    return mask


def as_bias(mask: Mask, dtype: torch.dtype) -> Float[Tensor, "#B #H #T _"]:
    """What a mask adds to the scores: 0 where a query may look and −∞ where it may not, or its own floats.

    Args:
        mask: as in `fit_mask`.
        dtype: of the scores.

    Returns:
        Floats of the mask's shape.

    Example:
        >>> as_bias(causal_mask(2), torch.float32)[0, 0].tolist()
        [[0.0, -inf], [0.0, 0.0]]
    """
    if mask.dtype == torch.bool:
        return torch.zeros_like(mask, dtype=dtype).masked_fill_(~mask, -torch.inf)
    return mask.to(dtype)


def _require_kind(mask: Any) -> None:
    if not isinstance(mask, Tensor):
        raise TypeError(
            f"the mask is a {type(mask).__name__} and must be a tensor: pass torch.as_tensor(mask), True where a "
            "query may look"
        )
    if mask.dtype != torch.bool and not mask.is_floating_point():
        raise ValueError(
            f"the mask holds numbers of {mask.dtype}, and a mask is True where a query may look and False where "
            "it may not: pass mask.bool() if 1 means “may look”, ~mask.bool() if 1 means “hidden”"
        )


def _require_rows(mask: Tensor) -> None:
    """Read a mask's numbers once: no float above 0, and a place to look at in each row."""
    if mask.dtype == torch.bool:
        empty = ~mask.any(-1)
    else:
        highest = mask.amax(-1)  # NaN where there is one
        if not bool((highest <= 0).all()):
            raise ValueError(
                f"the mask holds the number {highest.max():g}, and a float mask is added to the scores, so it "
                "must hold 0 where a query may look and −inf where it may not: pass mask.bool() if 1 means “may "
                "look”, ~mask.bool() if 1 means “hidden”"
            )
        empty = highest == -torch.inf
    if bool(empty.any()):
        row = tuple(torch.nonzero(empty)[0].tolist())
        raise ValueError(
            f"row {row} of the mask forbids every position, so its weights cannot sum to 1: "
            "let each row look at one position at least, its own for example"
        )


def _cure(mask: tuple[int, ...], scores: tuple[int, ...]) -> str:
    """What to do with a mask of the wrong shape: what it may have been meant as, else the rule."""
    if len(scores) == 4:
        b, h, t, s = scores
        meant = {
            "mask[None, None] if its axes are T × S": mask == (t, s),
            "mask[:, None, None] if they are B × S, as padding's": mask == (b, s),
            "mask[:, None] if its axes are B × T × S": mask == (b, t, s),
            "mask.transpose(-2, -1), since a row is a query": mask
            in {(i, j, s, t) for i in (1, b) for j in (1, h)},
        }
        if cures := [cure for cure, fits in meant.items() if fits]:
            return f"pass {', or '.join(cures)}"
    return "give it one row a query and one column a key, and 1 on the axes it shares"


def _version(mask: Tensor) -> int:
    """How often a tensor was changed in place; −2 for one that does not count."""
    return -2 if mask.is_inference() else mask._version  # noqa: SLF001 (PyTorch has no public name for it)
