"""What several neurons see, side by side: small planes in rows, with a sign between them where they are added up.

This file is handed arrays; it knows nothing of networks.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from tfm.kit.style import INK, MUTED, svg_page, svg_text
from tfm.lessons.playground.board_figure import LEFT as FROM
from tfm.lessons.playground.board_figure import SIDE as FULL
from tfm.lessons.playground.board_figure import TOP as ABOVE
from tfm.lessons.playground.smooth import smooth_image

GAP, ROW_GAP = 34, 40

Seen = tuple[str, ArrayLike]


def seen_svg(
    rows: Sequence[Sequence[Seen]],
    *,
    signs: Sequence[Sequence[str]] = (),
    names: Sequence[str] = (),
    points: str = "",
    side: int = 132,
    limit: float = 1.0,
) -> str:
    """Draw planes from −6 to 6, a row a list.

    Args:
        rows: for each plane its title, and its values: rows × columns, the first row at the top.
        signs: for each row what stands after each plane, such as `+` or `→`; empty for nothing.
        names: what stands in front of each row.
        points: from `tfm.lessons.playground.board_figure.points_svg`, drawn on every plane.
        side: pixels of a plane.
        limit: the value that gets the full colour.

    Returns:
        An SVG.

    Example:
        >>> seen_svg([[("left", np.eye(4)), ("right", np.eye(4))]], signs=[["+"]]).count("<image")
        2
    """
    left = 14 + 7.6 * max((len(name) for name in names), default=0)
    zoom, parts = side / FULL, []
    for i, row in enumerate(rows):
        y = 26 + i * (side + ROW_GAP)
        if names:
            parts.append(svg_text(8, y + side / 2 + 4, names[i], 13, 'font-weight="600"'))
        for j, (title, values) in enumerate(row):
            x = left + j * (side + GAP)
            middle = (
                f'text-anchor="middle" textLength="{side}"'
                if len(title) * 6.6 > side
                else 'text-anchor="middle"'
            )
            parts.append(
                svg_text(x + side / 2, y - 7, title, 12, f'{middle} lengthAdjust="spacingAndGlyphs"')
            )
            parts.append(smooth_image(np.asarray(values, dtype=float) / limit, x, y, side, side))
            if points:
                shift = f"translate({x - zoom * FROM:.2f} {y - zoom * ABOVE:.2f}) scale({zoom:.4f})"
                parts.append(f'<g transform="{shift}">{points}</g>')
            frame = f'x="{x:.1f}" y="{y}" width="{side}" height="{side}"'
            parts.append(f'<rect {frame} fill="none" stroke="{INK}"/>')
            if i < len(signs) and j < len(signs[i]):
                at = (x + side + GAP / 2, y + side / 2 + 8)
                parts.append(svg_text(*at, signs[i][j], 22, 'text-anchor="middle"', MUTED))
    most = max(len(row) for row in rows)
    height = 26 + len(rows) * (side + ROW_GAP) - ROW_GAP + 12
    return svg_page(left + most * (side + GAP) - GAP + 14, height, parts, "what neurons see")
