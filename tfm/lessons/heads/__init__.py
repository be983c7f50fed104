"""Behind lesson 11, Heads: what its notebook imports."""

from tfm.lessons.heads.widget import Heads, HeadsReading

__all__ = ["Heads", "HeadsReading"]
