"""Positions in NumPy: how a list of vectors, which has no order for attention, is told its order.

    sinusoidal:  code[p, 2i] = sin(p ω_i),  code[p, 2i + 1] = cos(p ω_i),  ω_i = base^(−2i / C)
    rotary:      each pair (2i, 2i + 1) of a query or key is turned by p ω_i
    ALiBi:       slope · distance is taken off each score

Sources: Vaswani et al., “Attention Is All You Need”, 2017, section 3.5; Su et al., “RoFormer”, 2021, section 3.4;
Press et al., “Train Short, Test Long”, 2022, section 3. The blocks that models use are `tfm.nn.position`,
`tfm.nn.rotary` and `tfm.nn.alibi`. This file knows nothing of words: positions are whole numbers.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[Any]


def speeds(width: int, base: float = 10_000.0) -> Array:
    """How far the hand of each pair of features turns at one step, in radians.

    ω_i = base^(−2i / width)

    Args:
        width: number of features, even; there are width / 2 hands.
        base: above 1: how much slower the slowest hand would be than the first, had it one pair more.

    Returns:
        width / 2 numbers, from 1 downwards.

    Raises:
        ValueError: the width is odd or below 2, or the base is not above 1.

    Example:
        >>> speeds(6, base=1000.0).round(3)
        array([1.  , 0.1 , 0.01])
    """
    if width < 2 or width % 2:
        raise ValueError(
            f"the width ({width}) must be even and at least 2, because features go in pairs: "
            f"try {max(2, width + width % 2)}"
        )
    if not 1 < base < math.inf:
        raise ValueError(f"base ({base}) must be a finite number above 1: try 10000")
    return np.asarray(float(base) ** (-np.arange(0, width, 2) / width))


def sinusoidal(positions: ArrayLike, width: int, base: float = 10_000.0) -> Array:
    """The code of each position: a sine and a cosine for each hand.

    Args:
        positions: T whole numbers; any other numbers will do too.
        width: C, even.
        base: above 1.

    Returns:
        T × C.

    Raises:
        ValueError: C is odd, or the base is not above 1.

    Example:
        >>> sinusoidal([0, 1], 4, base=100.0).round(3)
        array([[0.   , 1.   , 0.   , 1.   ],
               [0.841, 0.54 , 0.1  , 0.995]])
    """
    positions, code = np.asarray(positions, dtype=float), np.empty((np.size(positions), width))
    for i, omega in enumerate(speeds(width, base)):
        code[:, 2 * i] = np.sin(positions * omega)
        code[:, 2 * i + 1] = np.cos(positions * omega)
    return code


def turn_hands(steps: float, width: int, base: float = 10_000.0) -> Array:
    """The matrix that moves every code by some steps, wherever it stands.

    sinusoidal(p + steps) = turn_hands(steps) @ sinusoidal(p)

    It turns each pair like the hand of a clock, and does not know p.

    Args:
        steps: how many positions, forwards or backwards.
        width: C, even.
        base: above 1.

    Returns:
        C × C, a rotation: zeros but for C / 2 blocks of 2 × 2.

    Raises:
        ValueError: C is odd, or the base is not above 1.

    Example:
        >>> moved = turn_hands(3, 8) @ sinusoidal([5], 8)[0]
        >>> bool(np.allclose(moved, sinusoidal([8], 8)[0]))
        True
    """
    matrix = np.zeros((width, width))
    for i, omega in enumerate(speeds(width, base)):
        cos, sin = math.cos(steps * omega), math.sin(steps * omega)
        matrix[2 * i : 2 * i + 2, 2 * i : 2 * i + 2] = [[cos, sin], [-sin, cos]]
    return matrix


def code_distance(steps: ArrayLike, width: int, base: float = 10_000.0) -> Array:
    """How far apart two sinusoidal codes are that stand some steps apart, wherever they stand.

    ‖code(p + steps) − code(p)‖² = Σ_i 2 − 2 cos(steps · ω_i) = Σ_i (2 sin(steps · ω_i / 2))²

    Args:
        steps: any shape.
        width: C, even.
        base: above 1.

    Returns:
        A distance from 0 to √(2 C) for each; the shape of `steps`.

    Raises:
        ValueError: C is odd, or the base is not above 1.

    Example:
        >>> code_distance([0, 1], 4, base=100.0).round(3)
        array([0.   , 0.964])
    """
    steps = np.asarray(steps, dtype=float)
    squares = np.zeros(steps.shape)
    for omega in speeds(width, base):  # a hand at a time: 100,000 steps need no table of 100,000 × C / 2
        squares += (2 * np.sin(steps * omega / 2)) ** 2
    return np.asarray(np.sqrt(squares))


def binary(positions: ArrayLike, digits: int) -> Array:
    """The position in binary, the quickest digit first: the odometer that sines make smooth.

    Args:
        positions: T whole numbers, 0 or more.
        digits: how many; larger positions lose their front digits.

    Returns:
        T × digits zeros and ones.

    Example:
        >>> binary([6, 7, 8], 4)
        array([[0, 1, 1, 0],
               [1, 1, 1, 0],
               [0, 0, 0, 1]])
    """
    return np.asarray(np.asarray(positions, dtype=int)[:, None] >> np.arange(digits) & 1)


def rotate(x: ArrayLike, positions: ArrayLike, base: float = 10_000.0) -> Array:
    """Turn each pair of features of each row by its position times the pair's speed.

    Args:
        x: … × T × D, D even.
        positions: T numbers, one a row.
        base: above 1.

    Returns:
        … × T × D; no row changes its length.

    Raises:
        ValueError: D is odd, or the base is not above 1.

    Example:
        >>> rotate([[1.0, 0.0], [1.0, 0.0]], [0, 1]).round(4)
        array([[1.    , 0.    ],
               [0.5403, 0.8415]])
    """
    x, positions = np.asarray(x, dtype=float), np.asarray(positions, dtype=float)
    turned = np.empty_like(x)
    for i, omega in enumerate(speeds(x.shape[-1], base)):
        cos, sin = np.cos(positions * omega), np.sin(positions * omega)  # T
        turned[..., 2 * i] = x[..., 2 * i] * cos - x[..., 2 * i + 1] * sin
        turned[..., 2 * i + 1] = x[..., 2 * i] * sin + x[..., 2 * i + 1] * cos
    return turned


def alibi_slopes(n_heads: int) -> Array:
    """What each head takes off a score for one step of distance.

    For H = 2ⁿ heads 2^(−8/H), 2^(−16/H), …, 2^(−8); other numbers borrow every other slope from the next power
    of two.

    Args:
        n_heads: H, 1 or more.

    Returns:
        H slopes.

    Raises:
        ValueError: H is below 1.

    Example:
        >>> alibi_slopes(3)
        array([0.0625    , 0.00390625, 0.25      ])
    """
    if n_heads < 1:
        raise ValueError(f"n_heads ({n_heads}) must be at least 1: each head has one slope")
    below = 2 ** int(math.log2(n_heads))
    slopes = [2 ** (-8 * h / below) for h in range(1, below + 1)]
    between = [2 ** (-8 * h / (2 * below)) for h in range(1, 2 * below, 2)]
    return np.array(slopes + between[: n_heads - below])


def alibi_bias(slopes: ArrayLike, n_queries: int, n_keys: int) -> Array:
    """What is added to every score: −slope · distance; the queries are the last ones of the keys' places.

    Args:
        slopes: H numbers.
        n_queries: T.
        n_keys: S, T or more.

    Returns:
        H × T × S.

    Example:
        >>> alibi_bias([0.5], 2, 3)
        array([[[-0.5,  0. , -0.5],
                [-1. , -0.5,  0. ]]])
    """
    slopes = np.asarray(slopes, dtype=float)
    bias = np.zeros((len(slopes), n_queries, n_keys))
    for h, slope in enumerate(slopes):
        for t in range(n_queries):
            for s in range(n_keys):
                bias[h, t, s] -= slope * abs(n_keys - n_queries + t - s)  # −= keeps 0 without a sign
    return bias
