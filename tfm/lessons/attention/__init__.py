"""Behind lesson 09, Attention: what its notebook imports."""

from tfm.lessons.attention.hand_made import HandMadeAttention

__all__ = ["HandMadeAttention"]
