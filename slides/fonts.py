"""The fonts a deck carries inside, each cut down to the characters that the deck uses.

Inter is what people read; DejaVu Sans has the signs that Inter's files lack (→ ≈ ≥ ✓); the course's own subset of
Noto Sans CJK has the Chinese characters. A deck looks the same on every machine, and no character is a box.
"""

import base64
import io
from collections.abc import Iterable
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

from pages.formulas import MODULES, data_address
from tfm.kit.drawing import font_files

INTER = MODULES / "@fontsource" / "inter" / "files"
RANGES = {  # what the browser asks each file of Inter for: Latin, its accents, Greek
    "latin": "U+0000-00FF,U+0131,U+0152-0153,U+02BB-02BC,U+02C6,U+02DA,U+02DC,U+2000-206F,U+20AC,U+2122,U+2212",
    "latin-ext": "U+0100-02BA,U+1E00-1E9F,U+1EF2-1EFF",
    "greek": "U+0370-03FF",
}
STACK = "'Deck Latin', 'Deck Signs', 'Deck Han'"


def style_sheet(characters: Iterable[str]) -> str:
    """`@font-face` rules with the fonts inside.

    Args:
        characters: every character that the deck shows.

    Raises:
        ValueError: a character is in none of the fonts, and would be a box.
    """
    rules = []
    for subset, span in RANGES.items():
        for weight in (400, 700):
            file = INTER / f"inter-{subset}-{weight}-normal.woff2"
            rules.append(_face("Deck Latin", weight, data_address(file, "font/woff2"), "woff2", span))
    regular, bold, *chinese = (Path(name) for name in font_files())
    needed = {ord(c) for c in characters if c.isprintable()}
    if lacking := needed - set().union(*(TTFont(file).getBestCmap() for file in (regular, *chinese))):
        signs = " ".join(f"{chr(code)} (U+{code:04X})" for code in sorted(lacking))
        raise ValueError(f"no font of the deck has {signs}: use other characters, or run `make assets`")
    for name, weight, file in (
        ("Signs", 400, regular),
        ("Signs", 700, bold),
        *(("Han", 400, f) for f in chinese),
    ):
        rules.append(_face(f"Deck {name}", weight, _cut(file, needed), "opentype"))
    return "\n".join(rules)


def _face(family: str, weight: int, address: str, kind: str, span: str = "") -> str:
    asked = f"unicode-range:{span};" if span else ""
    return (
        f"@font-face{{font-family:'{family}';font-weight:{weight};font-display:block;{asked}"
        f"src:url({address}) format('{kind}')}}"
    )


def _cut(file: Path, characters: set[int]) -> str:
    """A font with these characters alone, as an address."""
    font = TTFont(file)
    subsetter = Subsetter(Options(notdef_outline=True, recalc_timestamp=False, drop_tables=["FFTM"]))
    subsetter.populate(unicodes=characters)
    subsetter.subset(font)
    buffer = io.BytesIO()
    font.save(buffer)
    return f"data:font/otf;base64,{base64.b64encode(buffer.getvalue()).decode('ascii')}"
