"""Pages are put into their frame: head, navigation, contents, footer, by Jinja templates beside this file.

What a page says comes from elsewhere; this file knows which pages there are and how one leads to the other.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jinja2
from bs4 import BeautifulSoup
from markupsafe import Markup

from pages.formulas import MARK, Formulas
from pages.readme import editions, folder_of
from tfm.course import Lesson, Part, parts
from tfm.kit.messages import ENGLISH, LOCALE, language, read_catalogue, say, speaking
from tools.lesson_files import TONGUES

TEMPLATES = Path(__file__).parent / "templates"
# The fonts that the first lines of a page need; others arrive when they are used.
PRELOAD = ("inter-latin-400-normal.woff2", "inter-latin-600-normal.woff2")
PRELOAD_FORMULAS = ("KaTeX_Main-Regular.woff2", "KaTeX_Math-Italic.woff2")


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Where a page leads: an address within the site, what to call it, and the language of both."""

    address: str
    title: str
    language: str = ENGLISH


@dataclass(slots=True)
class Page:
    """A page before it has a frame.

    Attributes:
        address: within the site.
        title: of the browser's tab and of search results, without the course's name.
        description: a sentence for search engines.
        template: which of the templates shows it.
        texts: its elements, by the name that the template has for them, with marks for formulas.
        words: what else the template needs.
        language: of the page.
        editions: the addresses of the same page in other languages, by language.
    """

    address: str
    title: str
    description: str
    template: str
    texts: dict[str, BeautifulSoup] = field(default_factory=dict)
    words: dict[str, Any] = field(default_factory=dict)
    language: str = ENGLISH
    editions: dict[str, str] = field(default_factory=dict)

    @property
    def root(self) -> str:
        """The way from the page to the site's own folder."""
        return way_up(self.address)

    @property
    def contents(self) -> list[tuple[str, Markup]]:
        """The headings of a lesson's second level, each with its anchor."""
        headings = self.texts["body"].select("h2 > a.self") if "body" in self.texts else []
        return [(str(link["href"]), Markup(link.decode_contents())) for link in headings]  # noqa: S704 (our own)


def way_up(address: str) -> str:
    """The way from a page to the site's own folder.

    Example:
        >>> way_up("index.html"), way_up("zh/solutions/09_attention.html")
        ('', '../../')
    """
    return "../" * address.count("/")


class Frame:
    """Puts pages into the course's frame.

    Args:
        formulas: those that the pages' marks stand for.
    """

    def __init__(self, formulas: Formulas) -> None:
        self._formulas = formulas
        self._templates = jinja2.Environment(
            loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True, undefined=jinja2.StrictUndefined
        )

    def html(self, page: Page) -> str:
        """Write a page, formulas and all."""
        with speaking(page.language):
            return self._formulas.put_in(self._said(page))

    def _said(self, page: Page) -> str:
        texts = {name: Markup(text) for name, text in page.texts.items()}  # noqa: S704 (our own elements)
        drawn = any(MARK.search(text) for text in texts.values())
        catalogue = LOCALE / page.language / "pages.po"
        return self._templates.get_template(page.template).render(
            {"lesson": None, "kind": page.template.removesuffix(".html"), "base": ""} | texts | page.words,
            address=page.address,
            root=page.root,
            title=page.title + ("" if page.address == "index.html" else " · tfm"),
            description=page.description,
            contents=page.contents,
            parts=[(_heading(part), part.lessons) for part in parts()],
            entry=entry,
            spoken=_spoken,
            say=say,
            tongues=TONGUES,
            language=page.language,
            folder=folder_of(page.language),
            editions=page.editions,
            said=read_catalogue(catalogue) if catalogue.is_file() else {},
            preload=PRELOAD + (PRELOAD_FORMULAS if drawn else ()),
        )


def entry(lesson: Lesson) -> Neighbour:
    """A lesson as the page's contents name it: in the page's language where it is there, else in English."""
    spoken = language() if language() in editions(lesson) else ENGLISH
    title = say(lesson.title) if spoken == language() else lesson.title
    return Neighbour(f"{folder_of(spoken)}{lesson.name}.html", title, spoken)


def _spoken(there: Neighbour) -> Markup:
    """The attributes of a link that leads into another language."""
    tongue = TONGUES[there.language][0]
    said = "" if there.language == language() else f' lang="{tongue}" hreflang="{tongue}"'
    return Markup(said)  # noqa: S704 (our own)


def _heading(part: Part) -> str:
    return f"{part.number} · {say(part.title)}"
