"""All heads of a model at a glance: one small map a head, layers downwards, heads to the right."""

import base64
import io
from collections.abc import Collection

import numpy as np
from numpy.typing import ArrayLike

from tfm.kit.messages import say
from tfm.kit.style import FOCUS, MUTED, ORANGE, svg_page, svg_text

TILE = 54  # pixels a map
GAP = 6
LEFT = 62
TOP = 44


def heads_svg(
    weights: ArrayLike,
    *,
    chosen: tuple[int, int] | None = None,
    ablated: Collection[tuple[int, int]] = (),
    title: str = "",
) -> str:
    """Draw every head's weights as a small map; the maps of one page share one scale, 0 white to 1 deep blue.

    All maps are one raster image: 72 heads of 12 tokens would be 10,368 rectangles, and are drawn in a few
    milliseconds this way.

    Args:
        weights: L × H × T × S.
        chosen: layer and head to frame, counted from 0.
        ablated: layers and heads that are switched off: struck out.
        title: a line above.

    Returns:
        An SVG whose tiles carry `data-cell="layer,head"`.

    Example:
        >>> import numpy as np
        >>> heads_svg(np.full((2, 3, 4, 4), 0.25)).count("data-cell")
        6
    """
    values = np.asarray(weights, dtype=float)
    n_layers, n_heads = values.shape[:2]
    step = TILE + GAP
    parts = [svg_text(8, 18, title, 14, 'font-weight="600"')] if title else []
    for head in range(n_heads):
        centre = LEFT + head * step + TILE / 2
        label = say("head {head}", head=1) if head == 0 else str(head + 1)
        parts.append(svg_text(centre, TOP - 8, label, 11, 'text-anchor="middle"', MUTED))
    for layer in range(n_layers):
        middle = TOP + layer * step + TILE / 2 + 4
        parts.append(
            svg_text(LEFT - 8, middle, say("layer {layer}", layer=layer + 1), 11, 'text-anchor="end"', MUTED)
        )
        parts += [
            _tile(values[layer, head], layer, head, (layer, head) == chosen, (layer, head) in ablated)
            for head in range(n_heads)
        ]
    width = max(LEFT + n_heads * step + 4, 9 * len(title))
    return svg_page(width, TOP + n_layers * step + 4, parts, title or say("all heads"))


def _tile(weights: np.ndarray, layer: int, head: int, chosen: bool, ablated: bool) -> str:
    x, y = LEFT + head * (TILE + GAP), TOP + layer * (TILE + GAP)
    stroke, thick = (FOCUS, 3) if chosen else ("#8c959f", 0.8)
    image = (
        f'<image x="{x}" y="{y}" width="{TILE}" height="{TILE}" preserveAspectRatio="none" '
        f'style="image-rendering: pixelated" image-rendering="optimizeSpeed" href="{_pixels(weights)}"/>'
    )
    frame = (
        f'<rect x="{x}" y="{y}" width="{TILE}" height="{TILE}" fill="transparent" stroke="{stroke}" '
        f'stroke-width="{thick}" data-cell="{layer},{head}"/>'
    )
    struck = ""
    if ablated:
        struck = (
            f'<path d="M{x} {y}l{TILE} {TILE}m0 {-TILE}l{-TILE} {TILE}" stroke="{ORANGE}" stroke-width="3" '
            'pointer-events="none"/>'
        )
    return image + frame + struck


def _pixels(weights: np.ndarray) -> str:
    """A map as a tiny PNG in a data address, one pixel a weight."""
    from PIL import Image  # noqa: PLC0415 (comes with matplotlib)

    share = np.clip(np.nan_to_num(weights), 0, 1)[..., None]
    colour = 255 + (np.array([16, 62, 140]) - 255) * share
    buffer = io.BytesIO()
    Image.fromarray(colour.round().astype(np.uint8)).save(buffer, format="PNG")
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")
