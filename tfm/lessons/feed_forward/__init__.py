"""Behind lesson 14, Feed-forward: what its notebook imports."""

from tfm.lessons.feed_forward.widget import Counter

__all__ = ["Counter"]
