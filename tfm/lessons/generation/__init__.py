"""Behind lesson 19, Generation: what its notebook imports."""

from tfm.lessons.generation.beam_tree_widget import BeamTree
from tfm.lessons.generation.choosing import beam_rounds, repeated
from tfm.lessons.generation.figures import Node, beam_tree_svg
from tfm.lessons.generation.writer_widget import Writer

__all__ = ["BeamTree", "Node", "Writer", "beam_rounds", "beam_tree_svg", "repeated"]
