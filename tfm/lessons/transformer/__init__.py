"""Behind lesson 16, The Transformer: what its notebook imports."""

from tfm.lessons.transformer.widget import Translation, Translator

__all__ = ["Translation", "Translator"]
