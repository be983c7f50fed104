"""Behind lesson 02, Learning: what its notebook imports."""

from tfm.lessons.learning.descent_widget import Descent
from tfm.lessons.learning.figures import Surface
from tfm.lessons.learning.fit_widget import PolynomialFit
from tfm.lessons.learning.landscape import chain_landscape, line_landscape, walk
from tfm.lessons.learning.polynomial import fit_polynomial, noisy_wave, polynomial_loss, powers

__all__ = [
    "Descent",
    "PolynomialFit",
    "Surface",
    "chain_landscape",
    "fit_polynomial",
    "line_landscape",
    "noisy_wave",
    "polynomial_loss",
    "powers",
    "walk",
]
