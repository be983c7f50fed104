"""Markdown becomes HTML: nbconvert's reader, with formulas set aside for KaTeX and links between lessons kept.

It also prepares the elements for reading: every heading can be linked to, tables scroll by themselves, and
Chinese says that it is Chinese. It knows nothing of notebooks.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any

from bs4 import BeautifulSoup, Tag
from bs4.element import NavigableString
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from pygments import highlight  # type: ignore[import-untyped]
from pygments.formatters import HtmlFormatter  # type: ignore[import-untyped]
from pygments.lexers import get_lexer_by_name  # type: ignore[import-untyped]
from pygments.util import ClassNotFound  # type: ignore[import-untyped]

from pages.formulas import MARK, Formulas
from pages.safe import clean
from tfm.kit.messages import ENGLISH, language

NOTEBOOK = re.compile(
    r"^(?P<folder>(?:\.\./)*(?:[a-z]{2}/)?(?:solutions/)?)(?P<name>\d\d_\w+)\.ipynb(?P<anchor>#.*)?$"
)
CHINESE = re.compile(r"[\u3400-\u9fff][\u3400-\u9fff\u3000-\u303f\uff00-\uffef]*")
LESSONS = re.compile(
    r"\b[Ll]essons? \d\d(?:(?:,| and| or| to|, and) \d\d)*\b|第 \d\d(?:、\d\d)* 课"
)  # “lesson 09”, “lessons 01 and 02”, “第 09 课”
LESSON = re.compile(r"(?:[Ll]esson |第 (?=\d\d 课))?(?P<number>\d\d)\b(?: 课)?")
NEXT = re.compile(r"(?P<number>\d\d) · ")
NO_LINKS_IN = ["a", "code", "h1", "h2", "h3", "pre", "summary"]
UNTOUCHED = {"pre", "script", "style"}  # Chinese inside these is left as it is
FORMATTER = HtmlFormatter(nowrap=True)


class Prose(IPythonRenderer):
    """nbconvert's renderer, which hands formulas to a collector.

    Args:
        formulas: where formulas wait until the whole site is written.
    """

    def __init__(self, formulas: Formulas) -> None:
        super().__init__(escape=False, exclude_anchor_links=True)
        self._formulas = formulas

    def inline_math(self, body: str) -> str:
        """A formula within a line."""
        return self._formulas.add(body.strip(), display=False)

    def block_math(self, body: str) -> str:
        """A formula on a line of its own."""
        return f'<span class="formula">{self._formulas.add(body.strip(), display=True)}</span>'

    def link(self, text: str, url: str, title: str | None = None) -> str:
        """A link; one to a notebook becomes one to its page."""
        kept = f' title="{escape(title)}"' if title else ""
        return f'<a href="{escape(page_address(url))}"{kept}>{text}</a>'

    def block_code(self, code: str, info: str | None = None) -> str:
        """A block of code, coloured if it says in which language it is."""
        return code_block(code, (info or "").strip()) + "\n"


def page_address(url: str) -> str:
    """Where a link of a lesson leads on the site.

    Example:
        >>> page_address("05_next_token.ipynb"), page_address("https://example.org")
        ('05_next_token.html', 'https://example.org')
    """
    found = NOTEBOOK.match(url)
    return f"{found['folder']}{found['name']}.html{found['anchor'] or ''}" if found else url


def code_block(code: str, language: str) -> str:
    """Code as HTML, with a class on every kind of word, in a box where the page's script puts a button to copy it.

    Args:
        code: as it is typed.
        language: one of Pygments' names; empty for none, and one that it does not know is none.

    Example:
        >>> code_block("a < b", "")
        '<div class="copied"><pre class="code"><code>a &lt; b</code></pre></div>'
    """
    return f'<div class="copied"><pre class="code"><code>{_colour(code, language)}</code></pre></div>'


def _colour(code: str, language: str) -> str:
    if not language:
        return escape(code.rstrip("\n"))
    try:
        lexer = get_lexer_by_name(language, stripnl=True)
    except ClassNotFound:
        return _colour(code, "")
    return highlight(code, lexer, FORMATTER).rstrip("\n")


def reader(formulas: Formulas) -> Callable[[str], BeautifulSoup]:
    """A function that turns Markdown into elements."""
    renderer = Prose(formulas)

    def read(markdown: str) -> BeautifulSoup:
        unmarked = MARK.sub("", markdown)  # no mark but ours
        return clean(BeautifulSoup(MarkdownWithMath(renderer=renderer).render(unmarked), "html.parser"))

    return read


def finish(page: BeautifulSoup) -> None:
    """Prepare a page's elements for reading, in place: headings, tables, Chinese."""
    _name_headings(page)
    for table in page.find_all("table"):
        table.wrap(page.new_tag("div", attrs={"class": "scroll"}))
        for cell in table.select("thead th"):
            if cell.get_text(strip=True):
                cell["scope"] = "col"
            else:
                cell.name = "td"  # a header without a word says nothing to whoever hears the table
    for text in page.find_all(string=CHINESE) if language() == ENGLISH else []:
        if not any(parent.name in UNTOUCHED for parent in text.parents):
            text.replace_with(*_marked(page, str(text)))


def link_lessons(page: BeautifulSoup, addresses: Mapping[str, str]) -> None:
    """Make a link of every “lesson 09”, each number in “lessons 01 and 02” and each question in bold, in place.

    Args:
        page: the elements.
        addresses: of the lessons that may be linked to, by their numbers.

    Example:
        >>> page = BeautifulSoup("<p>See lesson 09 and lesson 99.</p>", "html.parser")
        >>> link_lessons(page, {"09": "09_attention.html"})
        >>> str(page)
        '<p>See <a href="09_attention.html">lesson 09</a> and lesson 99.</p>'
    """
    for text in page.find_all(string=LESSONS):
        if text.find_parent(NO_LINKS_IN) is None:
            text.replace_with(*_linked(page, str(text), addresses))
    for bold in page.find_all("strong"):
        found = NEXT.match(bold.get_text())
        if found and found["number"] in addresses and bold.find_parent(NO_LINKS_IN) is None:
            bold.wrap(page.new_tag("a", attrs={"href": addresses[found["number"]]}))


def slug(text: str, taken: Sequence[str] | set[str] = ()) -> str:
    """An anchor from a heading's words.

    Args:
        text: the heading.
        taken: anchors that are used already.

    Example:
        >>> slug("Step 1: who fits?"), slug("Why?", {"why"})
        ('step-1-who-fits', 'why-2')
    """
    words = "-".join(re.findall(r"\w+", re.sub(r"[’']", "", MARK.sub(" ", text.lower())))) or "part"
    number, name = 1, words
    while name in taken:
        number += 1
        name = f"{words}-{number}"
    return name


def _name_headings(page: BeautifulSoup) -> None:
    """Give every heading an anchor, and make its words a link to itself."""
    taken: set[str] = {str(tag["id"]) for tag in page.find_all(id=True)}
    for heading in page.find_all(["h2", "h3"]):
        name = slug(heading.get_text(), taken)
        taken.add(name)
        heading["id"] = name
        link = page.new_tag("a", attrs={"class": "self", "href": f"#{name}"})
        for child in list(heading.children):
            link.append(child.extract())
        heading.append(link)


def _linked(page: BeautifulSoup, text: str, addresses: Mapping[str, str]) -> list[Any]:
    """A text cut so that each mention of a known lesson stands in a link."""
    pieces: list[Tag | NavigableString] = []
    end = 0
    mentions = (found for span in LESSONS.finditer(text) for found in LESSON.finditer(text, *span.span()))
    for found in mentions:
        if found["number"] in addresses:
            link = page.new_tag("a", attrs={"href": addresses[found["number"]]})
            link.string = found[0]
            pieces += [NavigableString(text[end : found.start()]), link]
            end = found.end()
    return [*pieces, NavigableString(text[end:])]


def _marked(page: BeautifulSoup, text: str) -> list[Any]:
    """A text cut so that each Chinese run stands in an element that says so."""
    pieces: list[Tag | NavigableString] = []
    end = 0
    for found in CHINESE.finditer(text):
        run = page.new_tag("span", attrs={"lang": "zh"})
        run.string = found[0]
        pieces += [NavigableString(text[end : found.start()]), run]
        end = found.end()
    return [*pieces, NavigableString(text[end:])]
