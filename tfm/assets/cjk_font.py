"""Cut a font for the course's Chinese out of Noto Sans CJK: only the characters that a figure may need.

The characters come from the package's, the lessons' and the slides' own text, and the 500 most frequent ones
of real Chinese sentences (Tatoeba's) are added for what a reader may type. Noto Sans CJK is under the SIL
Open Font License; its text lies beside the result. This file knows nothing of figures.
"""

import json
import shutil
import subprocess
from collections import Counter
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTCollection, TTFont

from tfm.data import fetch

SOURCE = "Noto Sans CJK SC"
NAME = "tfm CJK"
FREQUENT = 500
LARGEST = 250_000  # bytes
FOLDERS = ("tfm", "notebooks", "slides")
ENDINGS = {".py", ".ipynb", ".md", ".js", ".html", ".css", ".po"}
SYMBOLS = "".join(map(chr, range(0x20, 0x7F))) + "·×÷±°–—‘’“”…←↑→↓−∑√∞≈≠≤≥"
# Chinese, Japanese and Korean writing and its punctuation; emoji are other fonts' work.
CJK = ((0x2E80, 0x9FFF), (0xAC00, 0xD7A3), (0xF900, 0xFAFF), (0xFF00, 0xFFEF), (0x20000, 0x323AF))


def build_cjk_font(target: Path, course: Path, source: Path | None = None) -> None:
    """Write the font.

    Args:
        target: where the .otf goes.
        course: the folder that holds tfm/, notebooks/ and slides/.
        source: a file with Noto Sans CJK SC Regular; fontconfig is asked when None.

    Raises:
        ValueError: the source font is not there, lacks a character, or the result is too large.
    """
    font = _open(source or _installed())
    used = used_characters(course)
    wanted = used | set(frequent_characters()) | set(SYMBOLS)
    if lacking := used - set(map(chr, font.getBestCmap())):
        raise ValueError(f"{SOURCE} has no {' '.join(sorted(lacking))}: use other characters in the course")
    options = subset.Options(hinting=False, layout_features=[], name_IDs=[0, 1, 2, 4, 5, 6, 13, 14])
    cutter = subset.Subsetter(options)
    cutter.populate(text="".join(sorted(wanted)))
    cutter.subset(font)
    _rename(font)
    target.parent.mkdir(parents=True, exist_ok=True)
    font.save(target)
    if (size := target.stat().st_size) > LARGEST:
        raise ValueError(f"{target.name} has {size:,} bytes and may have {LARGEST:,}: lower FREQUENT")
    print(f"{target.name}: {len(wanted)} characters, {size:,} bytes")


def used_characters(course: Path) -> set[str]:
    """The CJK characters in the course's own files.

    Args:
        course: the folder that holds tfm/, notebooks/ and slides/.

    Returns:
        Single characters.
    """
    files = [path for name in FOLDERS for path in (course / name).rglob("*") if path.suffix in ENDINGS]
    return {char for path in files for char in set(_text(path)) if is_cjk(char)}


def is_cjk(char: str) -> bool:
    """Whether a character belongs to Chinese, Japanese or Korean writing.

    Example:
        >>> [is_cjk(char) for char in "我。aé😀"]
        [True, True, False, False, False]
    """
    return any(first <= ord(char) <= last for first, last in CJK)


def frequent_characters() -> list[str]:
    """The most frequent CJK characters of real Chinese sentences, the most frequent first."""
    lines = fetch("eng-cmn").read_text(encoding="utf-8-sig").split("\n")
    pairs = [line.split("\t") for line in lines if line]  # English, Chinese, whom to thank
    counts = Counter(char for pair in pairs for char in pair[1] if is_cjk(char))
    return sorted(counts, key=lambda char: (-counts[char], char))[:FREQUENT]


def _text(path: Path) -> str:
    text = path.read_text(encoding="utf-8", errors="ignore")
    return json.dumps(json.loads(text), ensure_ascii=False) if path.suffix == ".ipynb" else text


def _installed() -> Path:
    """Ask fontconfig for the file of the source font."""
    tool = shutil.which("fc-match")
    if tool is not None:
        query = [tool, "--format=%{family}\n%{file}", f"{SOURCE}:style=Regular"]
        family, file = subprocess.run(query, capture_output=True, text=True, check=True).stdout.split("\n")  # noqa: S603
        if SOURCE in family:
            return Path(file)
    raise ValueError(f"{SOURCE} is not installed: install fonts-noto-cjk, or pass --font FILE")


def _open(path: Path) -> TTFont:
    fonts = TTCollection(path).fonts if path.suffix.lower() in {".ttc", ".otc"} else [TTFont(path)]
    for font in fonts:
        if font["name"].getBestFamilyName() == SOURCE:
            font.recalcTimestamp = False  # the same characters give the same file
            return font
    raise ValueError(f"{path} holds no {SOURCE}: pass --font with a file that does")


def _rename(font: TTFont) -> None:
    """Give the subset a name of its own, so that nobody takes it for the whole font."""
    for record in font["name"].names:
        if record.nameID in {1, 4, 6}:
            record.string = NAME.replace(" ", "-") if record.nameID == 6 else NAME
    if "CFF " in font:
        cff = font["CFF "].cff
        cff.fontNames = [NAME.replace(" ", "-")]
        cff.topDictIndex[0].FullName = cff.topDictIndex[0].FamilyName = NAME
