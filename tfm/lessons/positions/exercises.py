"""The exercises of lesson 08: a code of sines and cosines, a mixture that knows its order, a turn, a bias."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfm.by_hand.attention import attention
from tfm.kit.exercise import Exercise, Mistake
from tfm.lessons.positions.twin import alibi_bias, alibi_slopes, rotate, sinusoidal

Array = NDArray[Any]
Pair = tuple[float, float]


def _code(n: int, width: int, base: float, *, exponent: Any = lambda j: j // 2 * 2, first: int = 0) -> Array:
    """Sines and cosines by feature, with the exponent and the first position to be got wrong."""
    j = np.arange(width)
    turned = (first + np.arange(n))[:, None] * base ** (-exponent(j) / width)
    return np.where(j % 2 == 0, np.sin(turned), np.cos(turned))


def _by_position(n: int, width: int, base: float) -> Array:
    positions = np.arange(n)[:, None]
    turned = positions * base ** (-(np.arange(width) // 2 * 2) / width)
    return np.where(positions % 2 == 0, np.sin(turned), np.cos(turned))


def _halves(n: int, width: int, base: float) -> Array:
    code = _code(n, width, base)
    return np.concatenate([code[:, 0::2], code[:, 1::2]], axis=1)


sinusoidal_code = Exercise(
    name="sinusoidal_code",
    asks="return n × width numbers: even features sines, odd ones cosines, each pair with its speed",
    praise="even features are sines and odd ones cosines, and each pair turns more slowly than the one before",
    solution=lambda n, width, base: sinusoidal(np.arange(n), width, base),
    cases=[(6, 8, 10_000.0), (5, 4, 100.0), (7, 6, 10.0)],
    mistakes=[
        Mistake(
            "sine and cosine alternate along the positions",
            "Let the feature decide, the column: even columns are sines in every row",
            _by_position,
        ),
        Mistake(
            "each feature has a speed of its own",
            "Give features 2i and 2i + 1 the same exponent 2i / width, because they are one hand",
            lambda n, width, base: _code(n, width, base, exponent=lambda j: j),
        ),
        Mistake(
            "the exponent is i / width",
            "Use 2i / width, so that the last pair comes close to 1 / base",
            lambda n, width, base: _code(n, width, base, exponent=lambda j: j // 2),
        ),
        Mistake(
            "the base is forgotten",
            "Divide the position by base ** (2i / width): without it all hands turn at one speed",
            lambda n, width, base: _code(n, width, base, exponent=lambda j: 0 * j),
        ),
        Mistake(
            "later pairs turn faster",
            "Divide by base ** (2i / width) instead of multiplying by it",
            lambda n, width, base: _code(n, width, base, exponent=lambda j: -(j // 2 * 2)),
        ),
        Mistake(
            "sine and cosine are exchanged",
            "Begin each pair with the sine: at position 0 a row reads 0, 1, 0, 1",
            lambda n, width, base: _code(n, width, base).reshape(n, -1, 2)[:, :, ::-1].reshape(n, width),
        ),
        Mistake(
            "all sines stand first and all cosines behind",
            "Put the two features of a pair beside each other: code[:, 0::2] and code[:, 1::2]",
            _halves,
        ),
        Mistake(
            "counting begins at 1",
            "Begin with position 0, np.arange(n)",
            lambda n, width, base: _code(n, width, base, first=1),
        ),
    ],
)


def _mix(x: Array) -> Array:
    return attention(x, x, x, scale=1.0).output


_words = np.random.default_rng(5).normal(size=(4, 6))
_words[2] = _words[0]  # one word twice

mix_in_order = Exercise(
    name="mix_in_order",
    asks="return the mixture of the words, each of them with its code added before anything is compared",
    praise="what is compared and mixed already knows its place, so one word twice is two different things",
    solution=lambda words, code: _mix(words + code),
    cases=[
        (_words, sinusoidal(np.arange(4), 6, 100.0)),
        (_words[:3], np.random.default_rng(6).normal(size=(3, 6))),
    ],
    mistakes=[
        Mistake(
            "the code is added after the mixing",
            "Add it to the words first: what was compared had no order yet",
            lambda words, code: _mix(words) + code,
        ),
        Mistake(
            "the code is not used",
            "Add it to the words, row by row",
            lambda words, code: _mix(words),  # noqa: ARG005 (that is the mistake)
        ),
        Mistake(
            "the words are multiplied by the code",
            "Add it: where a sine is 0 a product would wipe the word out",
            lambda words, code: _mix(words * code),
        ),
        Mistake(
            "the codes are mixed without the words",
            "Add the code to the words instead of putting it in their place",
            lambda words, code: _mix(code),  # noqa: ARG005
        ),
        Mistake(
            "the last position's code stands at the first word",
            "Keep the rows in order: row 0 of the code belongs to row 0 of the words",
            lambda words, code: _mix(words + code[::-1]),
        ),
    ],
)


def _turned(x: float, y: float, angle: float) -> Pair:
    return x * math.cos(angle) - y * math.sin(angle), x * math.sin(angle) + y * math.cos(angle)


def _one_after_the_other(x: float, y: float, position: int, speed: float) -> Pair:
    x = x * math.cos(position * speed) - y * math.sin(position * speed)
    return x, x * math.sin(position * speed) + y * math.cos(position * speed)


rotate_pair = Exercise(
    name="rotate_pair",
    asks="return the pair x, y turned anticlockwise by position times speed",
    praise="the pair keeps its length and turns by its position; that is the whole of rotary",
    solution=lambda x, y, position, speed: tuple(rotate([[x, y]], [position * speed])[0]),
    cases=[(1.0, 0.0, 1, 1.0), (0.5, -2.0, 3, 0.1), (-1.0, 1.5, 40, 0.01), (2.0, 1.0, 0, 1.0)],
    parts=("x", "y"),
    mistakes=[
        Mistake(
            "it turns the other way",
            "The new x is x·cos − y·sin, the new y is x·sin + y·cos",
            lambda x, y, p, w: _turned(x, y, -p * w),
        ),
        Mistake(
            "the new x is used for the new y",
            "Keep the old x until both are computed: return the two expressions at once",
            _one_after_the_other,
        ),
        Mistake(
            "the position is forgotten",
            "Turn by position · speed, or every position turns alike",
            lambda x, y, p, w: _turned(x, y, w),  # noqa: ARG005
        ),
        Mistake(
            "the speed is forgotten",
            "Turn by position · speed, or every pair turns alike",
            lambda x, y, p, w: _turned(x, y, p),  # noqa: ARG005
        ),
        Mistake(
            "the angle is taken for degrees",
            "Math.cos and np.cos want radians, and position · speed is in radians already",
            lambda x, y, p, w: _turned(x, y, math.radians(p * w)),
        ),
        Mistake(
            "the angle's sine and cosine are added, not turned by",
            "Rotary multiplies: x·cos − y·sin and x·sin + y·cos",
            lambda x, y, p, w: (x + math.sin(p * w), y + math.cos(p * w)),
        ),
        Mistake(
            "both numbers are multiplied by the cosine alone",
            "Bring in the other number of the pair, with the sine",
            lambda x, y, p, w: (x * math.cos(p * w), y * math.cos(p * w)),
        ),
    ],
)


def _steps(n: int) -> Array:
    return np.arange(n)[:, None] - np.arange(n)


distance_bias = Exercise(
    name="distance_bias",
    asks="return H × n × n numbers: minus each head's slope times the distance of the two positions",
    praise="what is near loses little, what is far loses much, and each head has its own reach",
    solution=lambda slopes, n: alibi_bias(slopes, n, n),
    cases=[(alibi_slopes(4), 5), (np.array([0.5, 0.1]), 3)],
    mistakes=[
        Mistake(
            "distance is rewarded",
            "Put a minus before it: far positions lose",
            lambda slopes, n: slopes[:, None, None] * abs(_steps(n)),
        ),
        Mistake(
            "what comes later is rewarded",
            "Take the absolute value: a distance has no sign",
            lambda slopes, n: -slopes[:, None, None] * _steps(n),
        ),
        Mistake(
            "what comes earlier is rewarded",
            "Take the absolute value before the minus: a distance has no sign",
            lambda slopes, n: slopes[:, None, None] * _steps(n),
        ),
        Mistake(
            "every head has the same slope",
            "Multiply by each head's own slope: slopes[:, None, None]",
            lambda slopes, n: np.repeat(-abs(_steps(n))[None].astype(float), len(slopes), axis=0),
        ),
        Mistake(
            "the heads stand on the last axis",
            "Put them first, H × n × n: slopes[:, None, None] * distance",
            lambda slopes, n: -slopes * abs(_steps(n))[:, :, None],
        ),
        Mistake(
            "the distance is squared",
            "Take slope · distance: the bias is linear, as the name says",
            lambda slopes, n: -slopes[:, None, None] * _steps(n) ** 2,
        ),
    ],
)
