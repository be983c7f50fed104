"""Colours, letters and sizes: one look for every picture of the course.

Magnitudes run from white to deep blue; values around a true zero from orange through white to blue; two kinds
differ by shape as well as by colour, so that nothing is said by colour alone.
"""

import unicodedata
from html import escape

import numpy as np

INK = "#1b1f24"
MUTED = "#57606a"
LINE = "#d0d7de"
BLUE = "#1f5fbf"
ORANGE = "#c2570c"
PAPER = "#ffffff"
FOCUS = "#b3261e"
FONT = "system-ui, 'Noto Sans', 'Noto Sans CJK SC', 'PingFang SC', 'Microsoft YaHei', sans-serif"

_WHITE = np.array([255.0, 255.0, 255.0])
_DEEP_BLUE = np.array([16.0, 62.0, 140.0])
_DEEP_ORANGE = np.array([176.0, 74.0, 6.0])


def ramp(share: float) -> str:
    """Colour of a magnitude: 0 is white, 1 is deep blue.

    Args:
        share: 0 to 1; what lies outside is clipped, NaN is grey.

    Returns:
        A colour such as `#ffffff`.

    Example:
        >>> ramp(0), ramp(1)
        ('#ffffff', '#103e8c')
    """
    return _mix(_DEEP_BLUE, share)


def diverging(share: float) -> str:
    """Colour of a signed value: −1 is deep orange, 0 is white, 1 is deep blue.

    Example:
        >>> diverging(-1), diverging(0)
        ('#b04a06', '#ffffff')
    """
    return _mix(_DEEP_BLUE if not share < 0 else _DEEP_ORANGE, abs(share))


def ink_on(share: float) -> str:
    """The letter colour that stands out more from a cell of that strength, of `ramp` or `diverging`.

    Example:
        >>> ink_on(0.6), ink_on(0.7), ink_on(-0.7), ink_on(-0.9)
        ('#1b1f24', '#ffffff', '#1b1f24', '#ffffff')
    """
    return PAPER if share > 0.66 or share < -0.83 else INK  # orange is the lighter of the two


def text_width(text: str, size: float) -> float:
    """Roughly how many pixels a text takes: a Chinese character is as wide as it is high.

    Example:
        >>> text_width("我", 10) > text_width("i", 10)
        True
    """
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in text)
    return size * (wide + 0.6 * (len(text) - wide))


def shorten(text: str, longest: int = 12) -> str:
    """Cut a long token for a label.

    Example:
        >>> shorten("internationalisation")
        'internation…'
    """
    return text if len(text) <= longest else text[: longest - 1] + "…"


def svg_text(x: float, y: float, text: str, size: float = 13, extra: str = "", fill: str = INK) -> str:
    """One `<text>` element; what stands in `text` is escaped.

    Args:
        x: pixels from the left.
        y: baseline, pixels from the top.
        text: what to write, any characters.
        size: font size in pixels.
        extra: further attributes, such as `text-anchor="middle"`.
        fill: colour.

    Returns:
        The element.
    """
    words = escape(printable(text))
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size:g}" fill="{fill}" {extra}>{words}</text>'


def svg_page(width: float, height: float, parts: list[str], title: str) -> str:
    """Wrap parts into one SVG on white paper, with a title for screen readers."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="0 0 {width:.0f} {height:.0f}" font-family="{FONT}" role="img">'
        f"<title>{escape(printable(title))}</title>"
        f'<rect width="100%" height="100%" fill="{PAPER}"/>{"".join(parts)}</svg>'
    )


def _mix(colour: np.ndarray, share: float) -> str:
    if np.isnan(share):
        return "#bbbbbb"
    strength = min(max(float(share), 0.0), 1.0)
    red, green, blue = (_WHITE + (colour - _WHITE) * strength).round().astype(int)
    return f"#{red:02x}{green:02x}{blue:02x}"


def printable(text: str) -> str:
    """Replace what XML cannot hold (control characters, lone surrogates) by a visible sign."""
    return "".join("·" if unicodedata.category(c) in ("Cc", "Cs") or c in "\ufffe\uffff" else c for c in text)
