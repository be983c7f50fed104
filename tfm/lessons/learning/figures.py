"""A function of two numbers as a map: bands from white (low) to blue (high), lines of equal height, and paths.

The map is drawn once and kept, a path over it as often as somebody moves: `Surface(…).svg(path)`. This file knows
nothing of weights or losses.
"""

from functools import cached_property
from itertools import pairwise
from typing import Any

import contourpy
import numpy as np
from numpy.typing import ArrayLike, NDArray

from tfm.kit.axis import Axis, Ends, tick_text
from tfm.kit.cases import HALO
from tfm.kit.style import FOCUS, INK, LINE, MUTED, ORANGE, ramp, svg_page, svg_text

LEFT = 52
TOP = 34
RIGHT = 14
BOTTOM = 52
BANDS = 12
LETTER = 7  # pixels of a letter of a label
DARKEST = 0.62  # of the ramp, so that a path can be seen on it
FAR = 1200  # pixels from the middle; a path that goes further is drawn up to here, in the same direction

Array = NDArray[np.float64]
Pixel = tuple[float, float]


class Surface:
    """A map to draw paths on.

    Args:
        values: rows × columns of heights; the first row lies at the bottom, the first column on the left.
        across: what the first and the last column stand for.
        upwards: what the first and the last row stand for.
        names: of the number to the right and of the number upwards.
        side: pixels of the map's square.

    Raises:
        ValueError: there are fewer than 2 × 2 values, one is NaN or infinite, or an end equals the other.

    Example:
        >>> bowl = Surface([[2, 1, 2], [1, 0, 1], [2, 1, 2]], (-1, 1), (-1, 1), ("w", "b"))
        >>> bowl.svg([[-1, -1], [0, 0]], title="downhill").count("<circle")
        2
    """

    def __init__(
        self, values: ArrayLike, across: Ends, upwards: Ends, names: tuple[str, str], side: int = 300
    ) -> None:
        self.values: Array = np.asarray(values, dtype=float)
        if self.values.ndim != 2 or min(self.values.shape) < 2 or not np.isfinite(self.values).all():
            raise ValueError(
                f"values have shape {self.values.shape}: give at least 2 × 2 of them, all finite numbers"
            )
        if not (across[0] < across[1] and upwards[0] < upwards[1]):
            raise ValueError(f"across {across} and upwards {upwards} must each go from less to more")
        self.across, self.upwards, self.names, self.side = across, upwards, names, side

    def svg(self, path: ArrayLike = (), *, title: str = "", handle: bool = False, last: str = "") -> str:
        """Draw the map with a path on it.

        Args:
            path: n × 2 places, the first a ring, each further one a dot; none is a map alone.
            title: a line above.
            handle: whether the first place can be dragged (`data-drag="start"`).
            last: what to write at the last place, if that is on the map.

        Returns:
            An SVG; what lies outside the map is cut off.
        """
        places = np.asarray(path, dtype=float).reshape(-1, 2)
        inner = [self._ground, *self._path(places, handle, last)]
        box = f'x="{LEFT}" y="{TOP}" width="{self.side}" height="{self.side}"'
        square, frame = f'<svg {box} overflow="hidden">', f'<rect {box} fill="none" stroke="{LINE}"/>'
        parts = [square, *inner, "</svg>", frame, self._axes, svg_text(LEFT, TOP - 12, title, 14)]
        what = title or f"a map over {self.names[0]} and {self.names[1]}"
        return svg_page(LEFT + self.side + RIGHT, TOP + self.side + BOTTOM, parts, what)

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Which two numbers a pixel of the drawing stands for; outside the map, the nearest on its edge.

        Example:
            >>> Surface([[0, 0], [0, 0]], (0, 3), (0, 3), ("a", "b")).at(LEFT + 300, TOP + 300)
            (3.0, 0.0)
        """
        right = min(max((x - LEFT) / self.side, 0.0), 1.0)
        up = min(max((TOP + self.side - y) / self.side, 0.0), 1.0)
        (a, b), (c, d) = self.across, self.upwards
        return a + right * (b - a), c + up * (d - c)

    def _pixels(self, places: Array) -> Array:
        """Places to pixels of the inner square, n × 2."""
        low = np.array([self.across[0], self.upwards[0]])
        high = np.array([self.across[1], self.upwards[1]])
        share = (places - low) / (high - low)
        share[:, 1] = 1 - share[:, 1]
        away = (share - 0.5) * self.side
        far = np.maximum(np.hypot(*away.T) / FAR, 1)[:, None]
        return np.asarray(self.side / 2 + away / far)

    @cached_property
    def _ground(self) -> str:
        """Bands and lines of equal height. The levels grow as squares: on a bowl the rings stand evenly."""
        low, high = float(self.values.min()), float(self.values.max())
        x, y = np.linspace(*self.across, self.values.shape[1]), np.linspace(*self.upwards, len(self.values))
        levels = low + (high - low) * (np.arange(1, BANDS) / BANDS) ** 2
        parts = [f'<rect width="{self.side}" height="{self.side}" fill="{ramp(DARKEST)}"/>']
        if high <= low:
            return parts[0]
        maker = contourpy.contour_generator(x, y, self.values)
        for k in range(BANDS - 1, 0, -1):  # from the highest ground down, each band over the one before
            filled = maker.filled(low - 1, float(levels[k - 1]))
            drawn = "".join(self._outline(points, closed=True) for points in _rings(filled))
            colour = ramp(DARKEST * (k - 1) / (BANDS - 1))
            parts.append(
                f'<path d="{drawn}" fill="{colour}" fill-rule="evenodd" stroke="#fff" stroke-width="0.7"/>'
            )
        return "".join([*parts, *self._heights(maker, levels[2::3])])

    def _heights(self, maker: contourpy.ContourGenerator, levels: Array) -> list[str]:
        """A number on some of the lines, where the line is highest on the page and inside."""
        parts = []
        for level in levels.tolist():
            lines = [self._pixels(np.array(line)) for line in maker.lines(level)]
            spots = np.concatenate(lines) if lines else np.zeros((0, 2))
            inside = spots[((spots > 14) & (spots < self.side - 14)).all(axis=1)]
            if len(inside):
                x, y = inside[inside[:, 1].argmin()]
                parts.append(svg_text(x, y + 4, _height(level), 11, f'text-anchor="middle" {HALO}', MUTED))
        return parts

    def _outline(self, places: Array, *, closed: bool) -> str:
        pixels = " ".join(f"{x:.1f} {y:.1f}" for x, y in self._pixels(np.array(places)).tolist())
        return f"M{pixels}{'Z' if closed else ''}"

    def _path(self, places: Array, handle: bool, last: str) -> list[str]:
        if not len(places):
            return []
        pixels = self._pixels(places)
        (x, y), (ex, ey) = pixels[0].tolist(), pixels[-1].tolist()
        parts = []
        if len(pixels) > 1:
            line = self._outline(places, closed=False)
            parts = [
                f'<path d="{line}" fill="none" stroke="#fff" stroke-width="3.4"/>',
                f'<path d="{line}" fill="none" stroke="{ORANGE}" stroke-width="1.6"/>',
            ]
            radius = 2.2 if len(pixels) < 60 else 1.6
            dots = "".join(f"M{a:.1f} {b:.1f}h0" for a, b in pixels[1:-1].tolist())
            parts.append(
                f'<path d="{dots}" stroke="{ORANGE}" stroke-width="{2 * radius:g}" stroke-linecap="round"/>'
            )
            parts.append(f'<circle cx="{ex:.1f}" cy="{ey:.1f}" r="5" fill="{ORANGE}" stroke="#fff"/>')
        grip = ' data-drag="start"' if handle else ""
        parts.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="7" fill="#fff" stroke="{INK}" stroke-width="2.5"{grip}/>'
        )
        parts.append(svg_text(*_beside((x, y), (ex, ey), "start", self.side), HALO))
        if last and len(pixels) > 1 and 0 <= ex <= self.side and 0 <= ey <= self.side:
            parts.append(svg_text(*_beside((ex, ey), (x, y), last, self.side), HALO, FOCUS))
        return parts

    @cached_property
    def _axes(self) -> str:
        bottom, parts = TOP + self.side, []
        for value in Axis(self.across).ticks():
            x = LEFT + self.side * (value - self.across[0]) / (self.across[1] - self.across[0])
            parts.append(svg_text(x, bottom + 17, tick_text(value), 12, 'text-anchor="middle"', MUTED))
        for value in Axis(self.upwards).ticks():
            y = bottom - self.side * (value - self.upwards[0]) / (self.upwards[1] - self.upwards[0])
            parts.append(svg_text(LEFT - 8, y + 4, tick_text(value), 12, 'text-anchor="end"', MUTED))
        parts.append(
            svg_text(LEFT + self.side / 2, bottom + 38, f"{self.names[0]} →", 14, 'text-anchor="middle"')
        )
        turn = f'text-anchor="middle" transform="rotate(-90 14 {TOP + self.side / 2:.0f})"'
        parts.append(svg_text(14, TOP + self.side / 2, f"{self.names[1]} →", 14, turn))
        return "".join(parts)


def _rings(filled: Any) -> list[Array]:
    """The outlines of contourpy's polygons, holes included: each polygon comes as points and offsets into them."""
    return [p[a:b] for p, offsets in zip(*filled, strict=True) for a, b in pairwise(offsets)]


def _height(level: float) -> str:
    return f"{level:.2g}" if level < 10 else f"{level:,.0f}"


def _beside(spot: Pixel, other: Pixel, text: str, side: int) -> tuple[float, float, str, float]:
    """Where a dot's label stands: above or below, away from the path's other end, and inside the map."""
    (x, y), width = spot, LETTER * len(text)
    above = (y < other[1] or y > side - 28) and y > 24
    return min(max(x + 6, 4), side - width - 4), y - 12 if above else y + 22, text, 12
