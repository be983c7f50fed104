"""Behind lesson 13, Normalisation: what its notebook imports."""

from tfm.lessons.normalization.depth_figure import wirings_svg
from tfm.lessons.normalization.depth_widget import Depth
from tfm.lessons.normalization.marks_figure import marks_svg
from tfm.lessons.normalization.marks_widget import Marks
from tfm.lessons.normalization.scaling import batch_norm, min_max, standardize

__all__ = ["Depth", "Marks", "batch_norm", "marks_svg", "min_max", "standardize", "wirings_svg"]
