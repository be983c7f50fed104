"""The axis legend of the whole course, and the sentences a wrong shape gets.

Every tensor in `tfm` names its axes with the letters below, in code, in docstrings and in the lessons.

| letter | axis | letter | axis |
| --- | --- | --- | --- |
| B | batch | H | heads |
| T | query position | D | head width, `d_head` |
| S | key position | F | feed-forward hidden width, `d_ff` |
| C | model width, `d_model` | V | vocabulary |
| G | key-value heads, `n_kv_heads` | | |

This module knows nothing of tensors' contents: it reads `.shape` and speaks.
"""

from collections.abc import Sequence
from typing import Any

AXES = {
    "B": "batch",
    "T": "query position",
    "S": "key position",
    "C": "model width",
    "H": "heads",
    "G": "key-value heads",
    "D": "head width",
    "F": "feed-forward hidden width",
    "V": "vocabulary",
}


def shape_text(shape: Sequence[int]) -> str:
    """Write a shape as people do.

    Example:
        >>> shape_text([2, 5, 64])
        '2 × 5 × 64'
        >>> shape_text([])
        'a single number'
    """
    return " × ".join(str(n) for n in shape) if len(shape) else "a single number"


def require_shape(name: str, array: Any, axes: str, **sizes: int) -> None:
    """Check an array's shape against the legend, and raise one sentence if it differs.

    Args:
        name: what the caller calls the array, for the sentence.
        array: anything with `.shape`.
        axes: letters of the legend, separated by spaces, such as `"T D"`; `...` in front allows leading axes.
        **sizes: the sizes that are already known, by letter; the others may have any size.

    Raises:
        ValueError: the number of axes or a size differs.

    Example:
        >>> import numpy as np
        >>> require_shape("query", np.zeros((5, 8)), "T D", D=8)
        >>> require_shape("query", np.zeros((5, 8)), "T D", D=16)
        Traceback (most recent call last):
        ValueError: query has shape 5 × 8, but its axis D (head width) must be 16: pass query as T × D
    """
    letters = axes.split()
    leading = letters[0] == "..."
    letters = letters[1:] if leading else letters
    shape, n = tuple(array.shape), len(letters)
    if len(shape) < n or (not leading and len(shape) > n):
        raise ValueError(
            f"{name} has shape {shape_text(shape)}, but it needs {n} axes: pass {name} as {' × '.join(letters)}"
        )
    for letter, size in zip(letters, shape[len(shape) - n :], strict=True):
        if sizes.get(letter, size) != size:
            raise ValueError(
                f"{name} has shape {shape_text(shape)}, but its axis {letter} ({AXES.get(letter, letter)}) "
                f"must be {sizes[letter]}: pass {name} as {' × '.join(letters)}"
            )


def require_heads(d_model: int, n_heads: int) -> int:
    """Return the head width D = C / H, or say why there is none.

    Raises:
        ValueError: `d_model` is not a multiple of `n_heads`, or one of them is not positive.

    Example:
        >>> require_heads(512, 8)
        64
        >>> require_heads(512, 7)
        Traceback (most recent call last):
        ValueError: d_model (512) must be divisible by n_heads (7): try n_heads=8
    """
    if d_model < 1 or n_heads < 1:
        raise ValueError(f"d_model ({d_model}) and n_heads ({n_heads}) must be at least 1")
    if d_model % n_heads:
        fit = min(
            (h for h in range(1, d_model + 1) if d_model % h == 0), key=lambda h: (abs(h - n_heads), -h)
        )
        raise ValueError(f"d_model ({d_model}) must be divisible by n_heads ({n_heads}): try n_heads={fit}")
    return d_model // n_heads
