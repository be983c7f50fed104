"""A deck becomes one HTML file that needs nothing else: reveal.js, fonts, figures and formulas are all inside."""

import contextlib
import io
import re
from html import escape
from pathlib import Path
from typing import Any

import jinja2
import matplotlib as mpl
import mistune
from mistune.plugins.math import math
from mistune.plugins.table import table
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from pages import formulas
from slides import fonts
from slides.deck import VERDICTS, Deck, Slide
from tfm.kit.drawing import Drawing, side_by_side, svg_size
from tfm.kit.figure import LessonFigure

HERE = Path(__file__).parent
REVEAL = formulas.MODULES / "reveal.js"
CODE = HtmlFormatter(style="default", nowrap=True)
WIDE = 1.6  # a figure wider than this many times its height has its words below it
FEW = 14  # so many words are set larger


def page(deck: Deck) -> str:
    """Write a deck as one HTML page.

    Args:
        deck: its figures are drawn, its code is run, and its computed words are computed now.

    Raises:
        ValueError: a formula cannot be read.
    """
    collected, namespace = formulas.Formulas(), {"__name__": deck.name}
    sections = [
        _section(slide, number, collected, namespace) for number, slide in enumerate(deck.slides, start=2)
    ]
    opening = _markdown(deck.question, collected)
    body = collected.put_in("\n".join([_opening(deck, opening), *sections]))
    frame = jinja2.Environment(autoescape=False, undefined=jinja2.StrictUndefined)  # noqa: S701 (escaped where made)
    template = frame.from_string((HERE / "page.html").read_text(encoding="utf-8"))
    return template.render(
        title=escape(f"{deck.number} · {deck.title}"),
        body=body,
        reveal_css=_read(REVEAL / "dist" / "reveal.css"),
        katex_css=formulas.style_sheet(inline=True),
        font_css=fonts.style_sheet(set(re.sub(r"<[^>]*>", "", body)) | set("✓≈✗→·…")),
        code_css=CODE.get_style_defs(".code"),
        own_css=_read(HERE / "page.css").replace("FONT_STACK", fonts.STACK),
        reveal_js=_script(REVEAL / "dist" / "reveal.js"),
        notes_js=_script(REVEAL / "plugin" / "notes" / "notes.js"),
    )


def figure_svg(shown: Any, prefix: str) -> str:
    """Turn whatever the course draws into one SVG that fills its frame.

    Args:
        shown: an SVG, a `Drawing`, a `LessonFigure`, or a list of them, which are put side by side.
        prefix: put before every id inside, since a page holds many figures.
    """
    svg = side_by_side([_svg(one) for one in shown]) if isinstance(shown, list | tuple) else _svg(shown)
    width, height = svg_size(svg)
    svg = re.sub(r'(<svg\b[^>]*?) width="[^"]*" height="[^"]*"', r"\1", svg, count=1)
    if "viewBox" not in svg.split(">", 1)[0]:
        svg = svg.replace("<svg", f'<svg viewBox="0 0 {width:g} {height:g}"', 1)
    svg = re.sub(r'\bid="', f'id="{prefix}', svg)
    return re.sub(r'(url\(#|href="#)', rf"\g<1>{prefix}", svg)


def _svg(shown: Any) -> str:
    if isinstance(shown, LessonFigure):
        buffer = io.StringIO()
        with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "tfm"}):
            shown.savefig(buffer, format="svg", metadata={"Date": None})
        svg = buffer.getvalue()
        svg = svg[svg.index("<svg") :]
        return re.sub(r'<svg ([^>]*?)width="([\d.]+)pt" height="([\d.]+)pt"', _in_pixels, svg, count=1)
    return shown.svg if isinstance(shown, Drawing) else str(shown)


def _in_pixels(found: re.Match[str]) -> str:
    others = re.sub(r'\bheight="[^"]*"|\bwidth="[^"]*"', "", found[1])
    return f'<svg width="{found[2]}" height="{found[3]}" {others}'


def _opening(deck: Deck, question: str) -> str:
    lessons = ", ".join(deck.lessons)
    return (
        f'<section><div class="slide opening"><p class="part">Part {deck.number}</p><h1>{escape(deck.title)}</h1>'
        f'<div class="question">{question}</div><p class="lessons">Lessons {lessons} of <b>tfm</b>: '
        f"Transformers, by running them</p></div></section>"
    )


def _section(slide: Slide, number: int, collected: formulas.Formulas, namespace: dict[str, Any]) -> str:
    parts = []
    if slide.claim:
        parts.append(
            f'<div class="judged"><blockquote class="claim"><p>“{escape(slide.claim)}”</p></blockquote>'
            f'<p class="verdict {slide.verdict}">{VERDICTS[slide.verdict]}</p></div>'
        )
    if slide.math:
        parts.append(f'<div class="formula">{collected.add(slide.math, display=True)}</div>')
    if slide.code:
        parts.append(_code(slide.code.strip(), namespace))
    words = f'<div class="words">{_markdown(slide.text, collected)}</div>' if slide.text else ""
    kind, inside = "few" if slide.n_words <= FEW else "plain", [*parts, words]
    if slide.figure:
        svg = figure_svg(slide.figure(), f"s{number}-")
        figure = f'<figure role="img" aria-label="{escape(slide.alt, quote=True)}">{svg}</figure>'
        narrow = _shape(svg) < WIDE and bool(parts or words)
        kind = "beside" if slide.beside or narrow else "below"
        inside = [figure, f'<div class="told">{"".join([*parts, words])}</div>'] if kind == "beside" else []
        inside = inside or [*parts, figure, words]
    notes = f'<aside class="notes">{_markdown(slide.notes, collected)}</aside>'
    return (
        f'<section data-timing="{round(60 * slide.minutes)}"><div class="slide {kind}">'
        f'<h2>{_line(slide.title, collected)}</h2><div class="stage">{"".join(inside)}</div></div>'
        f"{notes}</section>"
    )


def _shape(svg: str) -> float:
    """How many times as wide as high an SVG is."""
    _, _, width, height = (float(n) for n in re.findall(r'viewBox="([^"]+)"', svg)[0].split())
    return width / height


def _code(source: str, namespace: dict[str, Any]) -> str:
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(source, "<slide>", "exec"), namespace)  # noqa: S102 (our own deck)
    shown = highlight(source, PythonLexer(), CODE)
    output = f'<pre class="output">{escape(printed.getvalue().rstrip())}</pre>' if printed.getvalue() else ""
    return f'<pre class="code">{shown}</pre>{output}'


def _markdown(text: str, collected: formulas.Formulas) -> str:
    """Markdown with `$inline$` and `$$display$$` formulas, which KaTeX draws later."""
    reader = mistune.create_markdown(renderer=mistune.HTMLRenderer(escape=True), plugins=[math, table])
    reader.renderer.register("inline_math", lambda _, tex: collected.add(tex, display=False))
    reader.renderer.register("block_math", lambda _, tex: collected.add(tex, display=True))
    return str(reader(text))


def _line(text: str, collected: formulas.Formulas) -> str:
    return re.sub(r"^<p>|</p>\s*$", "", _markdown(text, collected))


def _read(file: Path) -> str:
    return file.read_text(encoding="utf-8")


def _script(file: Path) -> str:
    """A script that may stand inside a page: nothing in it ends the page's script element."""
    return _read(file).replace("</script", r"<\/script")
