"""A map as one small image inside an SVG, smoothed by whoever shows it.

For matrices, whose numbers must stay squares, there is `tfm.kit.pixels`; here a function of the plane was looked
at in a few thousand places, and between them it is smooth. The colours are `tfm.kit.style.diverging`'s.
"""

import base64

import numpy as np
from numpy.typing import ArrayLike

from tfm.kit.pixels import LEVELS, encode_png


def smooth_image(values: ArrayLike, x: float, y: float, width: float, height: float) -> str:
    """Draw an `<image>` of given size.

    Args:
        values: rows × columns, the first row at the top; −1 is deep orange, 1 deep blue; NaN is grey.
        x: pixels from the left.
        y: pixels from the top.
        width: pixels of the image.
        height: pixels of the image.

    Returns:
        The element.

    Example:
        >>> smooth_image([[-1, 0], [0, 1]], 0, 0, 40, 40).startswith('<image x="0" y="0" width="40"')
        True
    """
    numbers = np.asarray(values, dtype=float)
    shades = np.where(np.isnan(numbers), 2 * LEVELS + 1, np.clip(numbers, -1, 1) * LEVELS + LEVELS)
    png = base64.b64encode(encode_png(np.rint(shades).astype(np.uint8))).decode("ascii")
    return (
        f'<image x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" preserveAspectRatio="none" '
        f'href="data:image/png;base64,{png}"/>'
    )
