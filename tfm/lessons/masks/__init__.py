"""Behind lesson 10, Masks: what its notebook imports."""

from tfm.lessons.masks.mixer import Mixer
from tfm.lessons.masks.widget import PaintMask

__all__ = ["Mixer", "PaintMask"]
