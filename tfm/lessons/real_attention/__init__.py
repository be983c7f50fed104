"""Behind lesson 12, Real attention: what its notebook imports."""

from tfm.lessons.real_attention.widget import PredictGaze

__all__ = ["PredictGaze"]
