"""Behind lesson 21, Two files: what its notebook imports."""

from tfm.lessons.two_files.quantise import quantise, restore
from tfm.lessons.two_files.widget import FewerBits, Tried

__all__ = ["FewerBits", "Tried", "quantise", "restore"]
