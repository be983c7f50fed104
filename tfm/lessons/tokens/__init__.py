"""Behind lesson 06, Tokens: what its notebook imports."""

from tfm.lessons.tokens.merges_widget import Merges
from tfm.lessons.tokens.widget import TokenCompare

__all__ = ["Merges", "TokenCompare"]
