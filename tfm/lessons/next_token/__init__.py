"""Behind lesson 05, The next token: what its notebook imports."""

from tfm.lessons.next_token.widget import NextToken

__all__ = ["NextToken"]
