"""Behind lesson 03, Playground: what its notebook imports."""

from tfm.lessons.playground.board_figure import points_svg
from tfm.lessons.playground.seen_figure import seen_svg
from tfm.lessons.playground.session import DivergedError, Session, Settings
from tfm.lessons.playground.settings import plane_grid
from tfm.lessons.playground.text import playground_text
from tfm.lessons.playground.widget import Playground

__all__ = [
    "DivergedError",
    "Playground",
    "Session",
    "Settings",
    "plane_grid",
    "playground_text",
    "points_svg",
    "seen_svg",
]
