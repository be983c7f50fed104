"""Positions drawn: codes as a map, and each pair of features as the hand of a clock.

Arrays in, SVG out. This file knows nothing of how a code is computed: a row is a position, a column a feature.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tfm.kit.pixels import pixels_svg
from tfm.kit.style import FOCUS, INK, LINE, MUTED, svg_page, svg_text, text_width
from tfm.lessons.positions.distances_figure import STYLES, frame, legend, plain

MAP_WIDTH, MAP_HEIGHT = 330, 300  # pixels of the map's square of colours
LEFT, TOP = 52, 74
RULER = 14  # height of the strip above the map in which a pair is chosen
CLOCK = 44  # pixels from one clock to the next


def code_svg(
    matrix: ArrayLike,
    *,
    chosen: tuple[int, int] | None = None,
    band: int = 2,
    first: int = 0,
    rows: str = "position",
    columns: str = "feature index",
    limit: float = 1.0,
    title: str = "",
) -> str:
    """Draw codes as a map: a row for each position, a column for each feature; orange below zero, blue above.

    Args:
        matrix: T × C.
        chosen: row and band to frame; None frames nothing and lets nothing be pointed at.
        band: columns that are chosen together: 2 for the pair of a hand.
        first: the position of the first row.
        rows: what a row is.
        columns: what a column is.
        limit: the magnitude that gets the full colour, above 0.
        title: a line above.

    Returns:
        An SVG; with `chosen`, its rows and the strip above it carry `data-cell="row,band"`.

    Example:
        >>> code_svg([[0.0, 1.0], [0.8, 0.5]], chosen=(0, 0)).count("data-cell")
        3
    """
    values = np.atleast_2d(np.asarray(matrix, dtype=float))
    wide, high = MAP_WIDTH / values.shape[1], MAP_HEIGHT / values.shape[0]
    parts = [svg_text(8, 18, title, 14, 'font-weight="600"')] if title else []
    parts.append(pixels_svg(values, LEFT, TOP, MAP_WIDTH, MAP_HEIGHT, limit=limit))
    parts.append(frame(LEFT, TOP, MAP_WIDTH, MAP_HEIGHT, LINE, 1))
    parts += _map_labels(values.shape, first, rows, columns)
    if chosen is not None:
        row, pair = chosen
        parts += _handles(values.shape, band, row, pair)
        parts.append(frame(LEFT - 2, TOP + row * high, MAP_WIDTH + 4, max(high, 3), FOCUS, 2))
        parts.append(
            frame(LEFT + pair * band * wide, TOP - RULER, band * wide, MAP_HEIGHT + RULER + 2, INK, 1.6)
        )
    parts += _scale(-limit if (values < 0).any() else 0.0, limit if (values > 0).any() else 0.0)
    return svg_page(LEFT + MAP_WIDTH + 20, TOP + MAP_HEIGHT + 38, parts, title or f"codes by {rows}")


def hands_svg(
    code: ArrayLike,
    other: ArrayLike | None = None,
    *,
    chosen: int | None = None,
    labels: tuple[str, str] = ("", ""),
    title: str = "",
) -> str:
    """Draw each pair of features as the hand of a clock: the first to the right, the second upwards.

    The longest hand of all reaches the rim.

    Args:
        code: C numbers, C even; at most 32 pairs are drawn, evenly chosen.
        other: C more numbers, drawn as dashed hands.
        chosen: the pair to frame.
        labels: what the two codes are, for the legend.
        title: a line above.

    Returns:
        An SVG.

    Example:
        >>> hands_svg([0.0, 1.0, 0.6, 0.8]).count("<circle")
        2
    """
    hands = [np.asarray(c, dtype=float).reshape(-1, 2) for c in (code, other) if c is not None]
    longest = max(float(np.hypot(*h.T).max()) for h in hands) or 1.0
    n = len(hands[0])
    shown = sorted({*np.linspace(0, n - 1, min(n, 32)).astype(int).tolist()})
    if chosen is not None and chosen not in shown:
        shown[min(range(len(shown)), key=lambda k: abs(shown[k] - chosen))] = chosen
    columns = min(len(shown), 8)
    top = 44 if title else 22
    parts = [svg_text(8, 18, title, 14, 'font-weight="600"')] if title else []
    parts += legend(labels, 8, top - 10)
    for k, pair in enumerate(shown):
        x, y = 30 + (k % columns) * CLOCK, top + 24 + (k // columns) * (CLOCK + 14)
        parts += _clock(x, y, [h[pair] / longest for h in hands], pair, pair == chosen)
    high = top + (CLOCK + 14) * -(-len(shown) // columns) + 10
    width = max(16 + columns * CLOCK, 8 + sum(60 + text_width(t, 12) for t in labels), text_width(title, 14))
    return svg_page(width, high, parts, title or "the hands of one position")


def _handles(shape: tuple[int, ...], band: int, row: int, pair: int) -> list[str]:
    """What the reader points at: each row as one strip, each band as a piece of the ruler above the map."""
    wide, high = MAP_WIDTH / shape[1], MAP_HEIGHT / shape[0]
    strips = [
        f'<rect x="{LEFT}" y="{TOP + i * high:.2f}" width="{MAP_WIDTH}" height="{high:.2f}" '
        f'data-cell="{i},{pair}"/>'
        for i in range(shape[0])
    ]
    ruler = [
        f'<rect x="{LEFT + j * band * wide:.2f}" y="{TOP - RULER}" width="{band * wide:.2f}" height="{RULER - 1}" '
        f'fill="{"#eef2f7" if j % 2 else "#dfe6ef"}" data-cell="{row},{j}"/>'
        for j in range(shape[1] // band)
    ]
    return [f'<g fill-opacity="0">{"".join(strips)}</g>', *ruler]


def _map_labels(shape: tuple[int, ...], first: int, rows: str, columns: str) -> list[str]:
    wide, high = MAP_WIDTH / shape[1], MAP_HEIGHT / shape[0]
    parts = []
    for row in _every(shape[0], 8):
        y = TOP + (row + 0.5) * high + 4
        parts.append(svg_text(LEFT - 7, y, str(first + row), 11, 'text-anchor="end"', MUTED))
    for column in _every(shape[1], 9):
        x = LEFT + (column + 0.5) * wide
        parts.append(svg_text(x, TOP - RULER - 5, str(column), 11, 'text-anchor="middle"', MUTED))
    parts.append(svg_text(LEFT + MAP_WIDTH, TOP - RULER - 19, f"{columns} →", 12, 'text-anchor="end"'))
    turn = f'text-anchor="end" transform="rotate(-90 16 {TOP})"'
    return [*parts, svg_text(16, TOP, f"← {rows}", 12, turn)]


def _scale(low: float, high: float) -> list[str]:
    """The colours that occur, and what they stand for, below the map."""
    y, wide = TOP + MAP_HEIGHT + 12, 120
    shades = np.linspace(low, high, 41)[None]
    return [
        pixels_svg(shades, LEFT + 40, y, wide, 11, limit=max(-low, high) or 1.0),
        frame(LEFT + 40, y, wide, 11, LINE, 0.8),
        svg_text(LEFT + 34, y + 10, plain(low), 11, 'text-anchor="end"', MUTED),
        svg_text(LEFT + 46 + wide, y + 10, plain(high), 11, "", MUTED),
    ]


def _clock(x: float, y: float, tips: list[NDArray[np.float64]], pair: int, chosen: bool) -> list[str]:
    r = CLOCK * 0.42
    rim = f'stroke="{INK}" stroke-width="2.2"' if chosen else f'stroke="{LINE}"'
    parts = [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{r:.1f}" fill="#fff" {rim}/>']
    for tip, (colour, dash) in reversed(list(zip(tips, STYLES, strict=False))):
        short = dash and 'stroke-dasharray="3 2"'
        parts.append(
            f'<path d="M{x:.1f} {y:.1f}l{tip[0] * r:.1f} {-tip[1] * r:.1f}" stroke="{colour}" '
            f'stroke-width="2.2" stroke-linecap="round" {short}/>'
        )
    bold = 'font-weight="700"' if chosen else ""
    return [*parts, svg_text(x, y + r + 11, str(pair), 10, f'text-anchor="middle" {bold}', MUTED)]


def _every(n: int, most: int) -> range:
    """Indices from 0 in even round steps, at most so many."""
    return range(0, n, next(s for s in (1, 2, 4, 8, 16, 32, 64, 128, 256, 512) if n / s <= most or s == 512))
