"""Who may look where, in NumPy: four masks, and a test that needs no mask to find out who did look.

A mask is a table of T queries × S keys; True means “may look”. Where floats stand for it they are added to the
scores, 0 for True and −∞ for False; ones and zeros are no mask. `moved` asks the other way round: it changes one
input after the other and measures which outputs move, whatever the function between them is. Sources: Vaswani et
al., 2017, section 3.2.3 (causal); Beltagy et al., “Longformer”, 2020 (window); Raffel et al., 2020, section 3.2.1
(prefix). The masks that models use are in `tfm.nn.mask`. This file knows nothing of words or layers.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Mask = NDArray[np.bool_]


def causal(n: int) -> Mask:
    """Each position may look at itself and at what came before: the lower triangle.

    Args:
        n: number of positions, at least 1.

    Returns:
        T × T.

    Raises:
        ValueError: `n` is below 1.

    Example:
        >>> causal(3).astype(int).tolist()
        [[1, 0, 0], [1, 1, 0], [1, 1, 1]]
    """
    return window(n, n)


def window(n: int, width: int) -> Mask:
    """Each position may look at the last `width` positions, itself included.

    Args:
        n: number of positions, at least 1.
        width: how many, at least 1.

    Returns:
        T × T.

    Raises:
        ValueError: `n` or `width` is below 1.

    Example:
        >>> window(4, 2).astype(int).tolist()
        [[1, 0, 0, 0], [1, 1, 0, 0], [0, 1, 1, 0], [0, 0, 1, 1]]
    """
    _require_positions(n)
    if width < 1:
        raise ValueError(f"a window holds at least the position itself, and width is {width}: pass 1 or more")
    back = np.arange(n)[:, None] - np.arange(n)  # T × T: how far back key s lies from query t
    return (back >= 0) & (back < width)


def prefix(n: int, known: int) -> Mask:
    """The first `known` positions see each other; after them each sees what came before.

    Args:
        n: number of positions, at least 1.
        known: length of the prefix, 0 to n.

    Returns:
        T × T.

    Raises:
        ValueError: `n` is below 1, or `known` lies outside 0 … n.

    Example:
        >>> prefix(3, 2).astype(int).tolist()
        [[1, 1, 0], [1, 1, 0], [1, 1, 1]]
    """
    if not 0 <= known <= n:
        raise ValueError(f"the prefix is part of the {n} positions, and known is {known}: pass 0 to {n}")
    return causal(n) | (np.arange(n) < known)


def padding(lengths: Sequence[int], n: int) -> Mask:
    """Nobody may look behind the end of a sentence.

    Args:
        lengths: of each sentence in the batch, 1 to n.
        n: how long all are made by filling up.

    Returns:
        B × 1 × S: one row serves all queries.

    Raises:
        ValueError: a length lies outside 1 … n.

    Example:
        >>> padding([3, 1], 3).astype(int).tolist()
        [[[1, 1, 1]], [[1, 0, 0]]]
    """
    _require_positions(n)
    for length in lengths:
        if not 1 <= length <= n:
            raise ValueError(f"a sentence filled up to {n} has 1 to {n} tokens, and one has {length}")
    return np.arange(n) < np.asarray(lengths)[:, None, None]


def moved(function: Callable[[NDArray[Any]], ArrayLike], x: ArrayLike, by: float = 1.0) -> NDArray[Any]:
    """Change one input position at a time, and measure how far each output position moves.

    Args:
        function: from T × C to T × anything; it is called once for each position, and once unchanged.
        x: the input, T × C.
        by: what is added to the first number of the changed position and taken from the last. (Adding it to all
            numbers alike would be undone by a normalisation.)

    Returns:
        Distances, T outputs × S inputs; exactly 0 where nothing moved.

    Example:
        >>> moved(lambda x: x[::-1], [[1.0, 0.0], [2.0, 0.0]]).round(2).tolist()
        [[0.0, 1.41], [1.41, 0.0]]
    """
    x = np.asarray(x, dtype=float)
    before = np.asarray(function(x))
    distances = []
    for s in range(len(x)):
        changed = x.copy()
        changed[s, 0] += by
        changed[s, -1] -= by if x.shape[-1] > 1 else 0
        distances.append(np.linalg.norm(np.asarray(function(changed)) - before, axis=-1))
    return np.stack(distances, axis=1)  # T outputs × S inputs


def reach(mask: ArrayLike, n_layers: int) -> Mask:
    """Who can hear of whom through several layers: paths of at most `n_layers` steps, each allowed by the mask.

    Each layer also hands on what a position had before (the residual), so a step may stay where it is.

    Args:
        mask: T × T.
        n_layers: at least 1.

    Returns:
        T × T, True where something of the input at s can arrive at the output t.

    Example:
        >>> reach(window(4, 2), 2).astype(int)[3].tolist()
        [0, 1, 1, 1]
    """
    mask = fit_mask(mask, np.shape(mask))
    step = (mask if mask.dtype == bool else mask > -np.inf) | np.eye(len(mask), dtype=bool)
    arrived = step
    for _ in range(n_layers - 1):
        arrived = arrived @ step
    return arrived


def fit_mask(mask: ArrayLike, shape: tuple[int, ...]) -> NDArray[Any]:
    """Check that a mask is one, and broadcast it to the scores; the twin of `tfm.nn.mask.fit_mask`.

    Args:
        mask: True where a query may look; or floats that are added to the scores, none above 0.
        shape: of the scores, … × T × S.

    Returns:
        The mask, … × T × S.

    Raises:
        ValueError: the mask holds whole numbers, or a float above 0; or it does not broadcast to `shape`.

    Example:
        >>> fit_mask(np.tri(3), (3, 3))
        Traceback (most recent call last):
        ValueError: the mask holds the number 1, and a float mask is added to the scores, so it must hold 0 ...
    """
    mask = np.asarray(mask)
    cure = "pass mask.astype(bool) if 1 means “may look”, ~mask.astype(bool) if 1 means “hidden”"
    if mask.dtype.kind not in "bf":
        raise ValueError(
            f"the mask holds numbers of {mask.dtype}, and a mask is True where a query may look and False where "
            f"it may not: {cure}"
        )
    if mask.dtype != bool and not (mask <= 0).all():
        raise ValueError(
            f"the mask holds the number {mask.max():g}, and a float mask is added to the scores, so it must hold "
            f"0 where a query may look and −inf where it may not: {cure}"
        )
    try:
        return np.broadcast_to(mask, shape)
    except ValueError:
        raise ValueError(
            f"the mask has shape {mask.shape} and the scores have shape {shape}: "
            "a mask needs one row a query and one column a key (T × S)"
        ) from None


def _require_positions(n: int) -> None:
    if n < 1:
        raise ValueError(f"a mask needs at least one position, and n is {n}: pass the sentence's length")
