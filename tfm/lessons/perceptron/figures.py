"""A perceptron's line in the plane of two inputs, with the points it divides.

Drawn as `tfm.kit.cases` draws: what goes is a blue disc, what stays an orange square. This file is given
lines and answers; it knows nothing of learning.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from tfm.kit.cases import GO_SIDE, HALO, mark, plain_number
from tfm.kit.style import BLUE, FOCUS, INK, LINE, MUTED, ORANGE, shorten, svg_page, svg_text

SIDE = 226  # pixels of the plane's square
LEFT = 50
TOP = 38
GOLDEN_ANGLE = np.pi * (3 - 5**0.5)

HalfPlane = tuple[float, float, float]
Point = tuple[float, float]


def plane_svg(
    half_planes: Sequence[HalfPlane],
    names: tuple[str, str],
    points: ArrayLike,
    answers: ArrayLike,
    *,
    labels: Sequence[str] = (),
    wrong: Sequence[bool] = (),
    crowd: tuple[ArrayLike, ArrayLike] | None = None,
    title: str = "",
) -> str:
    """Draw the plane of two inputs: the line, the side on which it goes, and points by shape and colour.

    Args:
        half_planes: (w₁, w₂, θ) of each line; the shaded side is where all of w₁x + w₂y > θ hold;
            without a line nothing is shaded.
        names: of the input to the right and of the input upwards.
        points: N × 2; points at one place are drawn side by side.
        answers: N truths, go or stay.
        labels: N short texts below the points.
        wrong: N truths: ringed and crossed, because the line puts the point on the wrong side.
        crowd: further points, many and small, and their answers; those at one place are spread around it.
        title: a line above.

    Returns:
        An SVG.

    Example:
        >>> plane_svg([(8, 4, 8)], ("weather", "price"), [[0, 0], [1, 1]], [False, True]).count("<circle")
        2
    """
    xy = np.asarray(points, dtype=float).reshape(-1, 2)
    many = np.asarray(crowd[0] if crowd else [], dtype=float).reshape(-1, 2)
    margin = 0.5 if len(xy) else 0.08  # corners need room around them, a crowd none
    ends = [
        (min([0.0, *column]) - margin, max([1.0, *column]) + margin)
        for column in np.concatenate([xy, many]).T.tolist()
    ]
    frame = _Plane(ends[0], ends[1])
    parts = [svg_text(LEFT, 22, title, 14, 'font-weight="600"')] if title else []
    parts += frame.background(half_planes)
    parts += frame.axes(names)
    for plane in half_planes:
        parts += frame.line(plane)
    if crowd:
        parts += frame.crowd(many, np.asarray(crowd[1], dtype=bool))
    for i, (place, shift) in enumerate(zip(xy.tolist(), _side_by_side(xy), strict=True)):
        x, y = frame.at(place)
        bad = bool(len(wrong) and wrong[i])
        parts.append(mark(x + shift, y, bool(np.asarray(answers)[i]), bad))
        if len(labels):
            parts.append(svg_text(x + shift, y + 25, labels[i], 12, f'text-anchor="middle" {HALO}'))
    parts += _legend(TOP + SIDE + 62, side=bool(half_planes), wrong=any(wrong))
    return svg_page(LEFT + SIDE + 26, TOP + SIDE + 78, parts, title or f"the plane of {' and '.join(names)}")


class _Plane:
    """The square of the plane: inputs to pixels."""

    def __init__(self, across: Point, upwards: Point) -> None:
        self.across, self.upwards = across, upwards
        self.corners = [
            (x, y) for x, y in zip(across + across[::-1], np.repeat(upwards, 2).tolist(), strict=True)
        ]

    def at(self, place: Sequence[float]) -> Point:
        (x0, x1), (y0, y1) = self.across, self.upwards
        x = LEFT + (float(place[0]) - x0) / (x1 - x0) * SIDE
        return x, TOP + (y1 - float(place[1])) / (y1 - y0) * SIDE

    def background(self, half_planes: Sequence[HalfPlane]) -> list[str]:
        region = self.corners if half_planes else []
        for plane in half_planes:
            region = _clip(region, plane)
        frame = f'<rect x="{LEFT}" y="{TOP}" width="{SIDE}" height="{SIDE}" fill="none" stroke="{LINE}"/>'
        if len(region) < 3:
            return [frame]
        outline = " ".join(f"{x:.1f},{y:.1f}" for x, y in map(self.at, region))
        return [f'<polygon points="{outline}" fill="{GO_SIDE}"/>', frame]

    def axes(self, names: tuple[str, str]) -> list[str]:
        bottom, parts = TOP + SIDE, []
        for value in _ticks(self.across):
            x, _ = self.at((value, 0))
            parts.append(svg_text(x, bottom + 17, plain_number(value), 12, 'text-anchor="middle"', MUTED))
        for value in _ticks(self.upwards):
            _, y = self.at((0, value))
            parts.append(svg_text(LEFT - 8, y + 4, plain_number(value), 12, 'text-anchor="end"', MUTED))
        x, y = LEFT + SIDE / 2, TOP + SIDE / 2
        parts.append(svg_text(x, bottom + 36, f"{shorten(names[0])} →", 13, 'text-anchor="middle"'))
        turn = f'text-anchor="middle" transform="rotate(-90 20 {y:.0f})"'
        return [*parts, svg_text(20, y, f"{shorten(names[1])} →", 13, turn)]

    def line(self, plane: HalfPlane) -> list[str]:
        """The boundary, and an arrow from its middle to the side that goes."""
        w = np.array(plane[:2], dtype=float)
        near = 1e-6 * (1 + abs(w).sum())
        ends = [
            self.at(p) for p in _clip(self.corners, plane) if abs(w[0] * p[0] + w[1] * p[1] - plane[2]) < near
        ]
        if len(ends) < 2 or not w.any():
            return []
        (ax, ay), (bx, by) = ends[0], ends[-1]
        across = np.array(
            [w[0] / (self.across[1] - self.across[0]), -w[1] / (self.upwards[1] - self.upwards[0])]
        )
        across /= np.hypot(*across)
        middle = np.array([ax + bx, ay + by]) / 2
        (hx, hy), (tx, ty) = middle + 18 * across, middle + 26 * across  # where the shaft ends, and the tip
        px, py = -5 * across[1], 5 * across[0]
        shaft = f"M{ax:.1f} {ay:.1f}L{bx:.1f} {by:.1f}M{middle[0]:.1f} {middle[1]:.1f}L{hx:.1f} {hy:.1f}"
        head = f"M{tx:.1f} {ty:.1f}L{hx + px:.1f} {hy + py:.1f}L{hx - px:.1f} {hy - py:.1f}Z"
        return [
            f'<path d="{shaft}" stroke="{INK}" stroke-width="2" fill="none"/>',
            f'<path d="{head}" fill="{INK}"/>',
        ]

    def crowd(self, xy: np.ndarray, goes: np.ndarray) -> list[str]:
        """Small points; the n-th at one place stands on a sunflower’s spiral around it."""
        seen: dict[tuple[float, ...], int] = {}
        parts = []
        for place, yes in zip(map(tuple, xy.tolist()), goes.tolist(), strict=True):
            n = seen[place] = seen.get(place, -1) + 1
            x, y = self.at(place)
            far, turn = (4 * np.sqrt(n + 12), n * GOLDEN_ANGLE) if n else (0.0, 0.0)
            x, y = x + far * np.cos(turn), y + far * np.sin(turn)
            parts.append(
                f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.4" fill="{BLUE}"/>'
                if yes
                else f'<path d="M{x - 2:.1f} {y - 2:.1f}h4v4h-4Z" fill="#fff" stroke="{ORANGE}"/>'
            )
        return parts


def _legend(y: float, *, side: bool, wrong: bool) -> list[str]:
    parts = [mark(LEFT + 8, y - 4, True, False), svg_text(LEFT + 20, y, "go", 12)]
    parts += [mark(LEFT + 50, y - 4, False, False), svg_text(LEFT + 62, y, "stay", 12)]
    if side:
        box = f'<rect x="{LEFT + 96}" y="{y - 12}" width="16" height="16" fill="{GO_SIDE}" stroke="{LINE}"/>'
        parts += [box, svg_text(LEFT + 117, y, "the go side", 12)]
    if wrong:
        parts.append(svg_text(LEFT + 194, y, "✗ wrong", 12, "", FOCUS))
    return parts


def _clip(region: list[Point], plane: HalfPlane) -> list[Point]:
    """Keep the part of a polygon where w₁x + w₂y is at least θ (Sutherland and Hodgman, 1974)."""
    w1, w2, theta = plane
    kept: list[Point] = []
    for (ax, ay), (bx, by) in zip(region[-1:] + region[:-1], region, strict=True):
        a, b = w1 * ax + w2 * ay - theta, w1 * bx + w2 * by - theta
        if (a >= 0) != (b >= 0):
            share = a / (a - b)
            kept.append((ax + share * (bx - ax), ay + share * (by - ay)))
        if b >= 0:
            kept.append((bx, by))
    return kept


def _side_by_side(xy: np.ndarray) -> list[float]:
    """How far to move each point sideways so that points at one place stand beside each other."""
    places = [tuple(place) for place in xy.tolist()]
    many = {place: places.count(place) for place in set(places)}
    seen: dict[tuple[float, ...], int] = {}
    shifts = []
    for place in places:
        seen[place] = seen.get(place, -1) + 1
        shifts.append(50 * (seen[place] - (many[place] - 1) / 2))
    return shifts


def _ticks(ends: Point) -> list[float]:
    first, last = np.ceil(ends[0]), np.floor(ends[1])
    step = max(1, round((last - first) / 6))
    return [float(v) for v in np.arange(first, last + 1, step)]
