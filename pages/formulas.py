"""Formulas become HTML while a page is built, so that no page runs a script to show one.

KaTeX does the work, in one call of Node.js for as many formulas as are given; its style sheet and fonts come from
the same package. This file knows nothing of lessons or slides.
"""

import base64
import json
import re
import shutil
import subprocess
import unicodedata
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
MODULES = ROOT / "node_modules"
SCRIPT = Path(__file__).with_suffix(".mjs")
# KaTeX offers each font in three formats; every browser of the last ten years reads woff2.
FONT_SOURCES = re.compile(r"src:url\(fonts/([\w-]+)\.woff2\)[^;}]*")
MARK = re.compile(r"\x02(\d+)\x03")

# Commands of TeX that are one sign in a plain text; Greek letters are found by their names.
SIGNS = {
    "cdot": "·", "times": "×", "sqrt": "√", "sum": "Σ", "in": "∈", "dots": "…", "ldots": "…", "cdots": "…",
    "le": "≤", "leq": "≤", "ge": "≥", "geq": "≥", "ne": "≠", "neq": "≠", "approx": "≈", "to": "→",
    "odot": "⊙", "partial": "∂", "nabla": "∇", "infty": "∞", "mid": "|", "lVert": "‖", "rVert": "‖",
    "pm": "±",
}  # fmt: skip


class Formulas:
    """Collects formulas while pages are written, so that one call of KaTeX draws them all.

    Each formula is drawn once, however many pages show it.
    """

    def __init__(self) -> None:
        self._asked: dict[tuple[str, bool], int] = {}
        self._drawn: list[str] = []

    def add(self, tex: str, *, display: bool) -> str:
        """Remember a formula; returns the mark that stands for it until `put_in`."""
        return f"\x02{self._asked.setdefault((tex, display), len(self._asked))}\x03"

    def put_in(self, page: str) -> str:
        """Replace every mark by its formula."""
        if len(self._drawn) < len(self._asked):
            self._drawn += render(list(self._asked)[len(self._drawn) :])
        return MARK.sub(lambda found: self._drawn[int(found[1])], page)

    def as_text(self, page: str) -> str:
        r"""Replace every mark by the formula's signs without TeX's commands, as a reader would type them.

        Example:
            >>> collected = Formulas()
            >>> collected.as_text("a " + collected.add(r"\sqrt{D}", display=False))
            'a √D'
        """
        asked = list(self._asked)
        return MARK.sub(lambda found: _plain(asked[int(found[1])][0]), page)


def render(formulas: Sequence[tuple[str, bool]]) -> list[str]:
    r"""Turn formulas into HTML, with MathML inside for screen readers.

    Args:
        formulas: each a formula in TeX without its dollar signs, and whether it stands on a line of its own.

    Returns:
        One HTML element a formula, in the same order; they need `style_sheet()`.

    Raises:
        ValueError: KaTeX cannot read a formula; the sentence names it.
        RuntimeError: Node.js or KaTeX is not installed.

    Example:
        >>> render([(r"\sqrt{d}", False)])  # doctest: +SKIP
        ['<span class="katex">…</span>']
    """
    if not formulas:
        return []
    asked = json.dumps([{"tex": tex, "display": display} for tex, display in formulas])
    done = subprocess.run([_node(), SCRIPT], input=asked, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise RuntimeError(f"KaTeX did not start: run `make node_modules/.done`\n{done.stderr.strip()}")
    answers = json.loads(done.stdout)
    for (tex, _), answer in zip(formulas, answers, strict=True):
        if "error" in answer:
            raise ValueError(f"KaTeX cannot read the formula {tex!r}: {answer['error']}")
    return [answer["html"] for answer in answers]


def style_sheet(*, inline: bool) -> str:
    """KaTeX's style sheet.

    Args:
        inline: write the fonts into it, for a page that is one file; otherwise they are looked for in `fonts/`
            beside the style sheet, where `font_files()` are to be copied.
    """
    css = (MODULES / "katex" / "dist" / "katex.min.css").read_text(encoding="utf-8")

    def source(found: re.Match[str]) -> str:
        name = f"{found[1]}.woff2"
        where = f"fonts/{name}" if not inline else data_address(_fonts() / name, "font/woff2")
        return f'src:url({where}) format("woff2")'

    return FONT_SOURCES.sub(source, css)


def font_files() -> list[Path]:
    """The fonts that the style sheet asks for."""
    return sorted(_fonts().glob("*.woff2"))


def data_address(file: Path, kind: str) -> str:
    """A file's content as an address, so that a page carries it inside.

    Args:
        file: any file.
        kind: its media type, such as `font/woff2`.
    """
    return f"data:{kind};base64,{base64.b64encode(file.read_bytes()).decode('ascii')}"


def _plain(tex: str) -> str:
    """A formula's signs as text."""
    tex = re.sub(r"(?<=})\s*{", "/", re.sub(r"\\[dt]?frac\b", "", tex)) if "frac" in tex else tex
    tex = re.sub(r"\\(?:text|mathsf|mathrm|mathbf|operatorname|left|right|big|quad)\b|\\[,;!]", " ", tex)
    tex = re.sub(r"\\([A-Za-z]+)", lambda found: SIGNS.get(found[1]) or _greek(found[1]), tex)
    return re.sub(r"\s+", " ", re.sub(r"[\\{}$&]", "", tex)).strip()


def _greek(name: str) -> str:
    """The letter that TeX calls by its name; for any other command, the name."""
    size = "CAPITAL" if name[0].isupper() else "SMALL"
    try:
        return unicodedata.lookup(f"GREEK {size} LETTER {name.upper()}")
    except KeyError:
        return f" {name} "


def _fonts() -> Path:
    return MODULES / "katex" / "dist" / "fonts"


def _node() -> str:
    node = shutil.which("node")
    if node is None:
        raise RuntimeError("formulas are drawn by KaTeX, which needs Node.js 18 or newer: install Node.js")
    return node
