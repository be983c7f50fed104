"""Behind lesson 08, Positions: what its notebook imports."""

from tfm.lessons.positions.codes_figure import code_svg, hands_svg
from tfm.lessons.positions.twin import (
    alibi_bias,
    alibi_slopes,
    binary,
    code_distance,
    rotate,
    sinusoidal,
    turn_hands,
)
from tfm.lessons.positions.widget import Positions

__all__ = [
    "Positions",
    "alibi_bias",
    "alibi_slopes",
    "binary",
    "code_distance",
    "code_svg",
    "hands_svg",
    "rotate",
    "sinusoidal",
    "turn_hands",
]
