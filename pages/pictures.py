"""Pictures of a stored notebook become files of their own, each with its size and with words in its place.

A page reserves a picture's place from its size, so that nothing moves while pictures arrive. This file reads PNG's
first bytes and what the course's objects say of themselves; it draws nothing.
"""

import base64
import re
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pages.formulas import MARK
from tfm.kit.messages import say

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
LARGEST = 20_000  # pixels of a page
SIGNATURE = b"\x89PNG\r\n\x1a\n"
SENTENCE = re.compile(r".*?(?:[.!?](?=[”’\s]|$)|[。！？])[”’]?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture in a file.

    Attributes:
        file: its address within the site.
        width: in pixels of the page.
        height: in pixels of the page.
        says: what the object that drew it says of itself, such as `drawing: eight evenings on a line`.
        moves: whether a widget drew it.
    """

    file: str
    width: int
    height: int
    says: str
    moves: bool

    def words(self, caption: str, heading: str) -> str:
        """What stands for the picture where it cannot be seen.

        Args:
            caption: the text below it, or nothing.
            heading: what it stands under.

        Example:
            >>> still = Picture("a.png", 4, 3, "drawing: eight evenings on a line", moves=False)
            >>> still.words("Every row is an evening. Look right.", "All eight evenings")
            'Drawing: eight evenings on a line. Every row is an evening.'
        """
        if self.moves:
            name = " ".join(re.findall(r"[A-Z][a-z]*", self.says.removeprefix("widget ")))
            return say("The widget {name} as it starts, under “{heading}”.", name=name, heading=heading)
        kind = self.says[:1].upper() + self.says[1:]
        found = SENTENCE.match(caption)
        told = found[0] if found else caption or say("It belongs to “{heading}”.", heading=heading)
        return say("{picture}. {told}", picture=kind, told=told)


def save(output: dict[str, Any], folder: Path, name: str) -> Picture:
    """Write the picture of a cell's output into a file.

    Args:
        output: a notebook's output with an `image/png`.
        folder: the site's own.
        name: the picture's address within it.

    Raises:
        ValueError: it is no PNG, or an empty one, or its address leads out of the folder.
    """
    data = output["data"]
    png = _decoded(_text(data["image/png"]))
    if not png.startswith(SIGNATURE) or len(png) < 24 or 0 in size(png):
        raise ValueError(f"the stored picture {name} is empty: run `make restore` for its lesson")
    file = folder / name
    if not file.resolve().is_relative_to(folder.resolve()):
        raise ValueError(
            f"the stored picture {name} would be written outside {folder}: give its cell another id"
        )
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(png)
    shown = output.get("metadata", {}).get("image/png", {})
    pairs = zip((shown.get("width"), shown.get("height")), size(png), strict=True)
    width, height = (told if _is_size(told) else own for told, own in pairs)
    says = MARK.sub("", _text(data.get("text/plain", "<a picture>"))).strip().strip("<>")
    return Picture(name, width, height, says, moves=WIDGET_VIEW in data)


def size(png: bytes) -> tuple[int, int]:
    """Width and height of a PNG, in its own pixels.

    Args:
        png: at least its first 24 bytes.
    """
    return struct.unpack(">II", png[16:24])


def _is_size(told: Any) -> bool:
    """Whether a notebook tells a width or height; what else stands there goes into no page."""
    return type(told) is int and 0 < told <= LARGEST


def _decoded(code: str) -> bytes:
    try:
        return base64.b64decode(code)
    except ValueError:
        return b""


def _text(part: str | list[str]) -> str:
    return part if isinstance(part, str) else "".join(part)
