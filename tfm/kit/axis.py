"""An axis of a picture: from numbers to places, linear or logarithmic, and the numbers written along it.

This file knows nothing of pixels: a place is a share of the axis.
"""

import math
from typing import Any

import numpy as np

from tfm.kit.cases import plain_number

Ends = tuple[float, float]


class Axis:
    """From a number to a share of an axis, linear or logarithmic, and the numbers written along it.

    Args:
        ends: the least and the most that is shown.
        log: whether equal factors are equally far apart; both ends must then be above 0.

    Raises:
        ValueError: the ends are not finite and rising, or not above 0 on a logarithmic axis.

    Example:
        >>> Axis((0.01, 100), log=True).share(np.array([0.01, 1.0, 100.0]))
        array([0. , 0.5, 1. ])
        >>> Axis((0, 10)).ticks()
        [0.0, 2.0, 4.0, 6.0, 8.0, 10.0]
    """

    def __init__(self, ends: Ends, *, log: bool = False) -> None:
        low, high = ends
        if not (math.isfinite(low) and math.isfinite(high) and low < high and (low > 0 or not log)):
            rule = "rise, from above 0" if log else "rise"
            raise ValueError(
                f"the ends of an axis must be finite and {rule}, and they are {low:g} and {high:g}"
            )
        self.ends, self.log = ends, log

    def share(self, value: Any) -> Any:
        """0 at the least, 1 at the most; numbers or arrays."""
        low, high = self.ends
        if not self.log:
            return (value - low) / (high - low)
        return (np.log(np.maximum(value, 1e-300)) - math.log(low)) / math.log(high / low)

    def ticks(self, most: int = 6) -> list[float]:
        """Round numbers to write, `most` of them at most; powers of ten on a logarithmic axis."""
        low, high = self.ends
        if self.log:
            first, last = math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high) + 1e-9)
            return [10.0**k for k in range(first, last + 1, -(-(last - first + 1) // most) or 1)]
        step = next(s for p in range(-9, 12) for s in _round_steps(p) if (high - low) / s <= most)
        return [
            float(k * step) for k in range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)
        ]


def tick_text(value: float) -> str:
    """A tick's number as people write it, as a power of ten where it would be long.

    Example:
        >>> tick_text(0.5), tick_text(-20.0), tick_text(1e-6)
        ('0.5', '−20', '10⁻⁶')
    """
    if value and not 1e-3 <= abs(value) < 1e5:
        return power_of_ten(round(math.log10(abs(value))))
    return plain_number(value) if abs(value) >= 0.01 or not value else f"{value:g}"


def power_of_ten(power: int) -> str:
    """Write 10 with its exponent raised.

    Example:
        >>> power_of_ten(-15)
        '10⁻¹⁵'
    """
    return "10" + str(power).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))


def _round_steps(power: int) -> tuple[float, float, float]:
    return 10.0**power, 2 * 10.0**power, 5 * 10.0**power
