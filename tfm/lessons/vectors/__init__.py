"""Behind lesson 04, Vectors: what its notebook imports."""

from tfm.lessons.vectors.arrows_figure import arrows_svg, two_vectors_svg
from tfm.lessons.vectors.matmul_figure import product_svg
from tfm.lessons.vectors.matmul_widget import MatrixProduct
from tfm.lessons.vectors.plane_map_figure import plane_map_svg
from tfm.lessons.vectors.plane_map_widget import PlaneMap
from tfm.lessons.vectors.widget import Vectors

__all__ = [
    "MatrixProduct",
    "PlaneMap",
    "Vectors",
    "arrows_svg",
    "plane_map_svg",
    "product_svg",
    "two_vectors_svg",
]
