"""A row of weights falls onto the few numbers that are left for it.

Above, each weight where it is; below, the grid of numbers that the bits have room for; a line from each weight to
the one it becomes. This file knows nothing of models, nor of how the rounding is done.
"""

import re

import numpy as np
from numpy.typing import ArrayLike

from tfm.kit.style import BLUE, LINE, MUTED, ORANGE, svg_page, svg_text, text_width

WIDTH, HEIGHT, EDGE = 640, 172, 34
ABOVE, BELOW = 62, 128  # pixels from the top: the weights, and the grid
MOST_LINES = 300  # grid lines that can still be told apart


def rounding_svg(weights: ArrayLike, rounded: ArrayLike, step: float, title: str) -> str:
    """Draw how a row of numbers is rounded.

    Args:
        weights: n numbers.
        rounded: what each becomes.
        step: the distance between two numbers of the grid.
        title: what the row is.

    Returns:
        An SVG.

    Raises:
        ValueError: there is no number, one is not finite, or there are not as many rounded ones.

    Example:
        >>> rounding_svg([0.2, -0.9], [0.0, -1.0], 1.0, "two weights")[:4]
        '<svg'
    """
    before, after = np.asarray(weights, dtype=float), np.asarray(rounded, dtype=float)
    if before.ndim != 1 or before.shape != after.shape or not before.size:
        raise ValueError(
            "weights and rounded ones must be two rows of equal length: pass one row of a matrix"
        )
    if not (np.isfinite(before).all() and np.isfinite(after).all()):
        raise ValueError("a weight is not finite: pass numbers")
    reach = max(float(np.abs([before, after]).max()), 1e-12)

    def x(value: float) -> float:
        return EDGE + (value / reach + 1) / 2 * (WIDTH - 2 * EDGE)

    parts = [svg_text(EDGE, 20, title, 13)]
    n_steps = int(reach / step + 1e-6)
    if 2 * n_steps + 1 <= MOST_LINES:
        parts += [
            f'<line x1="{x(k * step):.1f}" x2="{x(k * step):.1f}" y1="{BELOW - 7}" y2="{BELOW + 7}" '
            f'stroke="{MUTED}"/>'
            for k in range(-n_steps, n_steps + 1)
        ]
    parts += [
        f'<line x1="{EDGE}" x2="{WIDTH - EDGE}" y1="{y}" y2="{y}" stroke="{LINE}"/>' for y in (ABOVE, BELOW)
    ]
    parts += [
        f'<line x1="{x(a):.1f}" y1="{ABOVE}" x2="{x(b):.1f}" y2="{BELOW}" stroke="{BLUE}" stroke-opacity="0.35"/>'
        f'<circle cx="{x(a):.1f}" cy="{ABOVE}" r="2.5" fill="{BLUE}"/>'
        f'<circle cx="{x(b):.1f}" cy="{BELOW}" r="4" fill="none" stroke="{ORANGE}" stroke-width="1.5"/>'
        for a, b in zip(before.tolist(), after.tolist(), strict=True)
    ]
    for value, words in ((-reach, f"−{reach:.2f}"), (0.0, "0"), (reach, f"{reach:.2f}")):
        parts.append(svg_text(x(value), HEIGHT - 14, words, 12, 'text-anchor="middle"', MUTED))
    parts.append(svg_text(EDGE, 42, "● as learned, above     ○ as stored, below", 12, "", MUTED))
    return svg_page(WIDTH, HEIGHT, parts, title)


def sample_svg(title: str, text: str, *, width: int = 270, height: int = 344) -> str:
    r"""Write a text into a picture, line by line, so that it stands beside another one.

    Args:
        title: a line above.
        text: any text; what does not fit below is left out, with “…”.
        width: pixels.
        height: pixels.

    Returns:
        An SVG.

    Example:
        >>> sample_svg("it writes", "to be\nor not").count("<text")
        3
    """
    size, high = 13, 20
    lines = [piece for line in text.split("\n") for piece in _wrapped(line, width - 16, size)]
    most = (height - 40) // high
    lines = lines if len(lines) <= most else [*lines[: most - 1], "…"]
    parts = [svg_text(8, 20, title, 13, "", MUTED)]
    parts += [svg_text(8, 48 + i * high, line, size) for i, line in enumerate(lines)]
    return svg_page(width, height, parts, f"{title}: {text}")


def _wrapped(line: str, width: float, size: float) -> list[str]:
    """Cut a line at its spaces, or inside a word that is too long by itself."""
    lines, now = [], ""
    for word in re.findall(r"\s*\S{1,24}", line[:2000]):
        if now and text_width(now + word, size) > width:
            lines.append(now)
            now = word.lstrip()
        else:
            now += word
    return [*lines, now]
