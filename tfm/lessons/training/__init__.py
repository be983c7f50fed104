"""Behind lesson 17, Training: what its notebook imports."""

from tfm.lessons.training.figures import Curves, curves_svg
from tfm.lessons.training.twin import AdamW, clip, smoothed_cross_entropy
from tfm.lessons.training.widget import Choice, CurveLab

__all__ = ["AdamW", "Choice", "CurveLab", "Curves", "clip", "curves_svg", "smoothed_cross_entropy"]
