"""Weights in fewer bits, by hand: each row of a matrix as whole numbers and one step.

    step = max |w| / (2^(bits − 1) − 1)        code = round(w / step)        w ≈ code · step

With 8 bits the codes are the whole numbers from −127 to 127, with 2 bits only −1, 0 and 1. The largest number of a
row keeps its value, and no other moves by more than half a step. Sources: Jacob et al., “Quantization and Training
of Neural Networks for Efficient Integer-Arithmetic-Only Inference”, 2018, section 2.1; a step for each row:
Dettmers et al., “LLM.int8()”, 2022, section 3. This file knows nothing of models.
"""

import numpy as np
from numpy.typing import NDArray

FEWEST = 2  # with one bit there is no room for a sign and a number


def quantise(matrix: NDArray[np.floating], bits: int) -> tuple[NDArray[np.integer], NDArray[np.floating]]:
    """Turn each row into whole numbers and a step.

    Args:
        matrix: rows × columns.
        bits: for each number, 2 or more.

    Returns:
        The codes, rows × columns, and the steps, rows × 1; a row of zeros has the step 1.

    Raises:
        ValueError: there are fewer than 2 bits, or a number is not finite.

    Example:
        >>> codes, steps = quantise(np.array([[0.5, -1.27, 0.004]]), bits=8)
        >>> codes.tolist(), steps.round(4).tolist()
        ([[50, -127, 0]], [[0.01]])

    Source: Dettmers et al., 2022, section 3.
    """
    if bits < FEWEST:
        raise ValueError(f"bits ({bits}) must be at least {FEWEST}: one for the sign, one for a number")
    if not np.isfinite(matrix).all():
        raise ValueError("the matrix holds a number that is not finite: mend it first")
    largest = np.abs(matrix).max(axis=1, keepdims=True)  # rows 1
    steps = np.where(largest > 0, largest, 1) / top(bits)
    steps = np.where(largest > 0, steps, 1)
    return np.rint(matrix / steps).astype(np.int64), steps


def restore(codes: NDArray[np.integer], steps: NDArray[np.floating]) -> NDArray[np.floating]:
    """Turn codes and steps back into numbers.

    Args:
        codes: rows × columns.
        steps: rows × 1.

    Returns:
        rows × columns.

    Example:
        >>> restore(np.array([[50, -127]]), np.array([[0.01]])).tolist()
        [[0.5, -1.27]]
    """
    return codes * steps


def top(bits: int) -> int:
    """The largest code that a number of bits has room for.

    Example:
        >>> top(8), top(2)
        (127, 1)
    """
    return 2 ** (bits - 1) - 1
