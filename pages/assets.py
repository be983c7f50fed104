"""What the pages need beside their text: style, scripts, fonts, licences, and the notebooks to take home.

Everything is copied from this repository or from what npm brought, so that no page asks another site for anything.
"""

import re
import shutil
from collections.abc import Iterable
from pathlib import Path

from fontTools.ttLib import TTFont

from pages.formulas import MODULES, font_files, style_sheet
from pages.readme import NOTEBOOKS, ROOT

STATIC = Path(__file__).parent / "static"
INTER = MODULES / "@fontsource" / "inter"
INTER_SHEETS = ("400.css", "400-italic.css", "600.css")
INTER_SUBSETS = ("latin", "latin-ext", "greek")
FACE = re.compile(r"/\* (inter-(?P<subset>[a-z-]+)-\d+-\w+) \*/\s*(?P<rule>@font-face \{.*?\})", re.DOTALL)
# Arial as wide and as high as Inter over the letters of the lessons, so that no line moves when Inter arrives.
IN_WAITING = """@font-face {
  font-family: "Inter in waiting";
  src: local("Arial"), local("Liberation Sans");
  size-adjust: 107.15%;
  ascent-override: 90.41%;
  descent-override: 22.51%;
  line-gap-override: 0%;
}"""
CHINESE = ROOT / "tfm" / "assets" / "fonts"
LICENCES = {
    "tfm.txt": ROOT / "LICENSE",
    "katex.txt": MODULES / "katex" / "LICENSE",
    "minisearch.txt": MODULES / "minisearch" / "LICENSE.txt",
    "inter.txt": INTER / "LICENSE",
    "cjk.txt": CHINESE / "OFL.txt",
}


def copy(folder: Path, notebooks: Iterable[Path]) -> None:
    """Put everything beside the pages.

    Args:
        folder: the site's own.
        notebooks: those that can be taken home.

    Raises:
        FileNotFoundError: npm's packages are not there; the sentence says how to get them.
    """
    if not (MODULES / "minisearch").is_dir():
        raise FileNotFoundError("the pages need KaTeX, MiniSearch and Inter: run `make node_modules/.done`")
    assets, fonts = folder / "assets", folder / "assets" / "fonts"
    fonts.mkdir(parents=True, exist_ok=True)
    for file in STATIC.iterdir():
        shutil.copy(file, assets)
    with (assets / "site.css").open("a", encoding="utf-8") as sheet:
        sheet.write("\n" + _inter(fonts) + _chinese(fonts))
    (assets / "katex.css").write_text(style_sheet(inline=False), encoding="utf-8")
    for file in font_files():
        shutil.copy(file, fonts)
    shutil.copy(MODULES / "minisearch" / "dist" / "umd" / "index.js", assets / "minisearch.js")
    shutil.copy(ROOT / "slides" / "screenshot.png", assets)
    for name, file in LICENCES.items():
        _copy_to(file, folder / "licences" / name)
    for file in notebooks:
        _copy_to(file, folder / "notebooks" / file.relative_to(NOTEBOOKS))


def _inter(fonts: Path) -> str:
    """Rules for the letters that people read, and for those that stand in until they have arrived."""
    rules = [IN_WAITING]
    for sheet in INTER_SHEETS:
        for found in FACE.finditer((INTER / sheet).read_text(encoding="utf-8")):
            if found["subset"] in INTER_SUBSETS:
                shutil.copy(INTER / "files" / f"{found[1]}.woff2", fonts)
                rule = re.sub(
                    r"url\(\./files/([\w-]+\.woff2)\)[^;]*", r'url(fonts/\1) format("woff2")', found["rule"]
                )
                rules.append(rule)
    return "\n".join(rules)


def _chinese(fonts: Path) -> str:
    """A rule for Chinese where the reader's machine has no font for it: only the characters of the course."""
    rules = []
    for file in sorted(CHINESE.glob("*.otf")):
        font = TTFont(file)
        font.flavor = "woff"
        font.save(fonts / f"{file.stem}.woff")
        source = f'url(fonts/{file.stem}.woff) format("woff")'
        rules.append(f'@font-face {{ font-family: "Course Han"; font-display: swap; src: {source}; }}')
    return "\n" + "\n".join(rules) + "\n"


def _copy_to(file: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(file, target)
