"""Squared paper: units to pixels and back, axes with their numbers, and one arrow with its letter.

What `tfm.lessons.vectors.arrows_figure` and `tfm.lessons.vectors.plane_map_figure` draw on. It knows nothing of
what the arrows mean.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tfm.kit.cases import HALO, plain_number
from tfm.kit.style import LINE, MUTED, svg_page, svg_text, text_width

Point = tuple[float, float]

TITLE = 30.0  # pixels above the paper for a title
LETTER = 15.0
EDGE = 14.0  # pixels that a number of an axis needs
ORIGIN: NDArray[Any] = np.zeros(2)


class Board:
    """A square of squared paper: units to pixels and back.

    Args:
        low: the unit at its left and lower edge.
        high: the unit at its right and upper edge.
        side: pixels.
        title: a line above it.

    Example:
        >>> board = Board(-5, 5, side=100)
        >>> board.at([0, 0]), board.place(*board.at([2, -3]))
        ((50.0, 50.0), (2.0, -3.0))
    """

    def __init__(self, low: float, high: float, side: float, title: str = "") -> None:
        self.low, self.high, self.side, self.title = float(low), float(high), float(side), title
        self.top = TITLE if title else 0.0
        self.unit = self.side / (self.high - self.low)

    def at(self, point: ArrayLike) -> Point:
        """The pixels of a point."""
        x, y = np.asarray(point, dtype=float).tolist()
        return self.unit * (x - self.low), self.top + self.unit * (self.high - y)

    def place(self, x: float, y: float) -> Point:
        """The point under a pixel."""
        return self.low + x / self.unit, self.high - (y - self.top) / self.unit

    def paper(self) -> list[str]:
        """The squares, the two axes, and their numbers."""
        ticks = [tick for tick in range(int(np.floor(self.low)) + 1, int(np.ceil(self.high))) if tick]
        every = 1 if self.unit >= 22 else 2 if self.unit >= 11 else 5
        squares = "".join(self._cross(tick) for tick in ticks)
        zero_x, zero_y = self.at(ORIGIN)
        parts = [
            f'<path d="{squares}" stroke="{LINE}" stroke-width="0.8"/>',
            f'<path d="{self._cross(0)}" stroke="{MUTED}" stroke-width="1.2"/>',
        ]
        room = EDGE / self.unit  # a number nearer to the edge would be cut in two
        for tick in [t for t in ticks if t % every == 0 and self.low + room < t < self.high - room]:
            (x, y), text = self.at([tick, tick]), plain_number(tick)
            parts.append(svg_text(x, zero_y + 14, text, 10.5, f'text-anchor="middle" {HALO}', MUTED))
            parts.append(svg_text(zero_x - 5, y + 4, text, 10.5, f'text-anchor="end" {HALO}', MUTED))
        return parts

    def _cross(self, tick: float) -> str:
        x, y = self.at([tick, tick])
        return f"M{x:.1f} {self.top:.1f}v{self.side:.1f}M0 {y:.1f}h{self.side:.1f}"

    def page(self, parts: list[str], about: str) -> str:
        """Put parts on the paper, cut off at its edges, below the title; `about` is for screen readers."""
        box = f'x="0" y="{self.top:.0f}" width="{self.side:.0f}" height="{self.side:.0f}"'
        view = f'viewBox="0 {self.top:.0f} {self.side:.0f} {self.side:.0f}"'
        head = [svg_text(8, 19, self.title, 14, 'font-weight="600"')] if self.title else []
        frame = f'<rect {box} fill="none" stroke="{LINE}"/>'
        inner = f"<svg {box} {view}>{''.join(parts)}</svg>"
        return svg_page(self.side, self.top + self.side, [*head, inner, frame], about)

    def arrow(
        self,
        tip: ArrayLike,
        colour: str,
        *,
        start: ArrayLike = ORIGIN,
        dashed: bool = False,
        width: float = 3,
    ) -> str:
        """One arrow; without a length it is a dot."""
        begin, end = np.array(self.at(start)), np.array(self.at(tip))
        far = float(np.hypot(*(end - begin)))
        if far < 0.5:
            return f'<circle cx="{end[0]:.1f}" cy="{end[1]:.1f}" r="4" fill="{colour}"/>'
        along = (end - begin) / far
        head = min(4.0 * width, far) if not dashed else min(10.0, far)
        neck, across = end - head * along, 0.42 * head * np.array([-along[1], along[0]])
        (lx, ly), (rx, ry) = neck + across, neck - across
        dash = ' stroke-dasharray="6 5"' if dashed else ""
        return (
            f'<path d="M{begin[0]:.1f} {begin[1]:.1f}L{neck[0]:.1f} {neck[1]:.1f}" stroke="{colour}" '
            f'stroke-width="{1.8 if dashed else width:g}"{dash}/>'
            f'<path d="M{end[0]:.1f} {end[1]:.1f}L{lx:.1f} {ly:.1f}L{rx:.1f} {ry:.1f}Z" fill="{colour}"/>'
        )

    def label(self, tip: ArrayLike, text: str, colour: str, *, away: float = 12.0) -> str:
        """Write `away` pixels beyond a tip, seen from the origin, and never off the paper."""
        end = np.array(self.at(tip))
        way = end - np.array(self.at(ORIGIN))
        far = float(np.hypot(*way))
        half = text_width(text, LETTER) / 2
        way = way / far if far > 0.5 else np.array([0.7, -0.7])
        x, y = end + way * np.array([away + half, away + 9])
        y -= 11 if abs(way[1]) < 0.15 else 0  # beside a level arrow, above the axis and its numbers
        x = min(max(x, half + 4), self.side - half - 4)
        y = min(max(y + 5, self.top + LETTER + 1), self.top + self.side - 6)
        return svg_text(x, y, text, LETTER, f'text-anchor="middle" font-weight="700" {HALO}', colour)
