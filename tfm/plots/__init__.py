"""Drawings: arrays in, an SVG string or a matplotlib Figure out, the same for lesson, widget and slide."""

import tfm.plots.quiet  # noqa: F401 (before matplotlib)
from tfm.plots.drawing import Drawing, svg_to_png
from tfm.plots.figure import LessonFigure, new_figure
from tfm.plots.heads import heads_svg
from tfm.plots.heatmap import heatmap_svg

__all__ = ["Drawing", "LessonFigure", "heads_svg", "heatmap_svg", "new_figure", "svg_to_png"]
