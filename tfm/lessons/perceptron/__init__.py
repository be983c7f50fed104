"""Behind lesson 01, The perceptron: what its notebook imports."""

from tfm.lessons.perceptron.figures import plane_svg
from tfm.lessons.perceptron.limits import expressible_rules, search_grid, xor_by_two_layers
from tfm.lessons.perceptron.widget import Perceptron

__all__ = ["Perceptron", "expressible_rules", "plane_svg", "search_grid", "xor_by_two_layers"]
