"""A large matrix as one small image inside an SVG: 8,000 numbers cost as much to draw as eight rectangles.

The colours are `tfm.kit.style.diverging`'s, orange below zero and blue above. This file knows nothing of what
the numbers mean.
"""

import base64
import struct
import zlib
from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tfm.kit.style import diverging

LEVELS = 100  # shades to each side of zero: more than the eye tells apart


def pixels_svg(
    matrix: ArrayLike, x: float, y: float, width: float, height: float, *, limit: float = 1.0
) -> str:
    """Draw a matrix as an `<image>` of given size, a block of colour for each number, without blurring.

    Args:
        matrix: T × C; NaN is grey.
        x: pixels from the left.
        y: pixels from the top.
        width: pixels of the whole image.
        height: pixels of the whole image.
        limit: the magnitude that gets the full colour, above 0.

    Returns:
        The element.

    Example:
        >>> pixels_svg([[0.0, 1.0]], 10, 10, 40, 20).startswith('<image x="10.0" y="10.0" width="40.0"')
        True
    """
    values = np.asarray(matrix, dtype=float) / limit
    shades = np.where(np.isnan(values), 2 * LEVELS + 1, np.clip(values, -1, 1) * LEVELS + LEVELS)
    png = base64.b64encode(encode_png(_enlarged(np.rint(shades).astype(np.uint8), width, height))).decode(
        "ascii"
    )
    return (
        f'<image x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" preserveAspectRatio="none" '
        f'style="image-rendering:pixelated" href="data:image/png;base64,{png}"/>'
    )


def _enlarged(shades: NDArray[np.uint8], width: float, height: float) -> NDArray[np.uint8]:
    """Repeat rows and columns until blocks are larger than screen pixels, so that no viewer can blur them."""
    down, across = (int(2 * side // n) + 1 for side, n in zip((height, width), shades.shape, strict=True))
    return shades.repeat(down, axis=0).repeat(across, axis=1)


def encode_png(shades: NDArray[np.uint8]) -> bytes:
    """A PNG with a palette (W3C, “Portable Network Graphics”, 2003, section 11)."""
    height, width = shades.shape
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)  # 8 bits a pixel, colours by palette
    lines = np.pad(shades, ((0, 0), (1, 0)))  # each line begins with its filter, 0: none
    chunks = [
        (b"IHDR", header),
        (b"PLTE", _palette()),
        (b"IDAT", zlib.compress(lines.tobytes(), 6)),
        (b"IEND", b""),
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )


@cache
def _palette() -> bytes:
    colours = [diverging(level / LEVELS) for level in range(-LEVELS, LEVELS + 1)] + [diverging(float("nan"))]
    return bytes.fromhex("".join(colour[1:] for colour in colours))
