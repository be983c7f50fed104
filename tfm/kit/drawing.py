"""An SVG picture that every page can show: live, stored, printed, without a kernel.

SVG is drawn quickly and read by browsers; PNG is what a stored notebook keeps. resvg turns one into the other with
fonts that the package brings along, so that a Chinese character is never a box.
"""

import base64
import re
from functools import cache
from pathlib import Path
from typing import Any

from tfm.kit.messages import say
from tfm.kit.style import PAPER
from tfm.sums import asset


@cache
def font_files() -> tuple[str, ...]:
    """The fonts that pictures are rendered with: matplotlib's DejaVu Sans, and ours for Chinese."""
    from matplotlib import get_data_path  # noqa: PLC0415 (half a second that not every picture needs)

    letters = Path(get_data_path()) / "fonts" / "ttf"
    latin = [letters / "DejaVuSans.ttf", letters / "DejaVuSans-Bold.ttf"]
    return tuple(str(f) for f in [*latin, *sorted(asset("fonts").glob("*.otf"))])


def svg_to_png(svg: str, zoom: float = 2) -> bytes:
    """Render an SVG to PNG bytes, `zoom` image pixels a drawn pixel.

    Example:
        >>> svg_to_png('<svg xmlns="http://www.w3.org/2000/svg" width="2" height="2"/>')[1:4]
        b'PNG'
    """
    import resvg_py  # noqa: PLC0415

    return bytes(
        resvg_py.svg_to_bytes(
            svg_string=svg,
            zoom=zoom,
            background=PAPER,
            font_files=list(font_files()),
            skip_system_fonts=True,
            sans_serif_family="DejaVu Sans",
        )
    )


def svg_size(svg: str) -> tuple[float, float]:
    """Width and height that an SVG of ours declares, in pixels.

    Example:
        >>> svg_size('<svg width="30" height="20">')
        (30.0, 20.0)
    """
    found = re.match(r'<svg[^>]*?\bwidth="([\d.]+)"[^>]*?\bheight="([\d.]+)"', svg)
    assert found, "every drawing of ours declares its size"
    return float(found[1]), float(found[2])


def stack_svgs(svgs: list[str], gap: float = 12) -> str:
    """Put drawings one below the other in one SVG.

    Example:
        >>> one = '<svg width="30" height="20"></svg>'
        >>> svg_size(stack_svgs([one, one], gap=2))
        (30.0, 42.0)
    """
    return _join(svgs, gap, down=True)


def side_by_side(svgs: list[str], gap: float = 18) -> str:
    """Put drawings beside each other in one SVG, for comparing.

    Example:
        >>> one = '<svg width="30" height="20"></svg>'
        >>> svg_size(side_by_side([one, one], gap=2))
        (62.0, 20.0)
    """
    return _join(svgs, gap, down=False)


def _join(svgs: list[str], gap: float, *, down: bool) -> str:
    if len(svgs) == 1:
        return svgs[0]
    parts, along, across = [], 0.0, 0.0
    for svg in svgs:
        width, height = svg_size(svg)
        x, y = (0.0, along) if down else (along, 0.0)
        parts.append(svg.replace("<svg", f'<svg x="{x:g}" y="{y:g}"', 1))
        along += gap + (height if down else width)
        across = max(across, width if down else height)
    w, h = (across, along - gap) if down else (along - gap, across)
    return (
        f'<svg width="{w:g}" height="{h:g}" viewBox="0 0 {w:g} {h:g}" xmlns="http://www.w3.org/2000/svg">'
        f"{''.join(parts)}</svg>"
    )


class Drawing:
    """A finished SVG for a lesson to show.

    Args:
        svg: the drawing.
        title: what it shows, in a few words; the text form of the picture.

    Example:
        >>> Drawing('<svg width="30" height="20"></svg>', "an empty sheet")
        <drawing: an empty sheet>
    """

    def __init__(self, svg: str, title: str) -> None:
        self.svg, self.title = svg, title

    def __repr__(self) -> str:
        return f"<{say('drawing: {title}', title=self.title)}>"

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, str], dict[str, Any]]:
        return png_bundle(self.svg, repr(self))


def png_bundle(svg: str, text: str) -> tuple[dict[str, str], dict[str, Any]]:
    """What a notebook stores of a drawing: a PNG of its size, and a constant text."""
    width, height = svg_size(svg)
    png = base64.b64encode(svg_to_png(svg)).decode("ascii")
    return {"image/png": png, "text/plain": text}, {
        "image/png": {"width": round(width), "height": round(height)}
    }
