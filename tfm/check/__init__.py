"""Exercise verdicts: `check.NAME(your_function)` answers not started, right, or wrong *because*."""

from tfm.check.attention import attention, scores, softmax
from tfm.check.exercise import Exercise, Mistake, Verdict

__all__ = ["Exercise", "Mistake", "Verdict", "attention", "scores", "softmax"]
