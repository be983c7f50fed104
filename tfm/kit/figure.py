"""matplotlib figures without `pyplot`: no hidden state, safe beside a training thread, one look.

`pyplot` keeps a current figure for the whole process; a widget's callback may run on another thread than the cell
and would draw into it. A `LessonFigure` belongs to whoever made it, and shows itself in a notebook.
"""

import io
from typing import Any

from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text

from tfm.kit.drawing import font_files
from tfm.kit.messages import say
from tfm.kit.style import INK, LINE, MUTED


class LessonFigure(Figure):
    """A matplotlib `Figure` that a notebook shows as PNG."""

    def __repr__(self) -> str:
        n = len(self.axes)
        return f"<{say('figure with 1 panel') if n == 1 else say('figure with {n} panels', n=n)}>"

    def _repr_png_(self) -> bytes:
        families = ["DejaVu Sans", *_own_families()]
        for text in self.findobj(Text):
            if text.get_fontfamily() == ["sans-serif"]:  # a legend's, a note's: its Chinese is no box either
                text.set_fontfamily(families)
        buffer = io.BytesIO()
        self.savefig(buffer, format="png", dpi=110)
        return buffer.getvalue()


def new_figure(
    width: float = 7.0, height: float = 3.6, columns: int = 1, **grid: Any
) -> tuple[LessonFigure, Any]:
    """Make an empty figure in the course's look.

    Args:
        width: inches.
        height: inches.
        columns: panels side by side.
        **grid: passed to `Figure.subplots`, such as `sharey=True`.

    Returns:
        The figure, and its one `Axes` or an array of them.

    Example:
        >>> figure, axes = new_figure(columns=2)
        >>> figure, len(axes)
        (<figure with 2 panels>, 2)
    """
    figure = LessonFigure(figsize=(width, height), layout="constrained")
    axes = figure.subplots(1, columns, **grid)
    for ax in [axes] if columns == 1 else axes:
        _dress(ax)
    return figure, axes


def _dress(ax: Axes) -> None:
    families = ["DejaVu Sans", *_own_families()]
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        ax.spines[side].set_color(LINE)
    ax.tick_params(colors=MUTED, labelsize=10)
    for text in (ax.title, ax.xaxis.label, ax.yaxis.label):
        text.set_color(INK)
        text.set_fontfamily(families)
        text.set_fontsize(11)


def _own_families() -> list[str]:
    known = {entry.fname for entry in font_manager.fontManager.ttflist}
    names = []
    for file in font_files():
        if file.endswith(".otf"):
            if file not in known:
                font_manager.fontManager.addfont(file)
            names.append(font_manager.FontProperties(fname=file).get_name())
    return names
