"""A picture in its place: the figure on a page, and the caption that a lesson writes below it.

A lesson has its caption in italics at the beginning of the next cell; on a page it belongs to the figure. This
file knows nothing of notebooks.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from typing import Any

from bs4 import BeautifulSoup, Tag
from bs4.element import NavigableString

from pages.pictures import Picture

ENDS = re.compile(r"[.!?。！？][”’)）]?$")


@dataclass(slots=True)
class Figure:
    """A picture in its place.

    Attributes:
        picture: its file.
        heading: what it stands under.
        note: a line below it, in HTML.
        caption: in HTML, empty until the line below it has been read.
    """

    picture: Picture
    heading: str
    note: str
    caption: str = ""

    def html(self, root: str, plain: Callable[[str], str]) -> str:
        """The element, whose picture opens alone when it is clicked.

        Args:
            root: the way from the page to the site's own folder.
            plain: turns marks for formulas into words.
        """
        address = escape(f"{root}{self.picture.file}")
        words = escape(plain(self.picture.words(_text(self.caption), self.heading)))
        picture = (
            f'<img src="{address}" width="{self.picture.width}" height="{self.picture.height}" alt="{words}"'
            ' loading="lazy" decoding="async">'
        )
        caption = f"<p>{self.caption}</p>" if self.caption else ""
        caption += f'<p class="quiet">{self.note}</p>' if self.note and self.picture.moves else ""
        below = f"<figcaption>{caption}</figcaption>" if caption else ""
        return f'<figure><a class="paper" href="{address}">{picture}</a>{below}</figure>'


def take_caption(below: BeautifulSoup) -> str:
    """Take a figure's caption out of the elements that follow it.

    A caption is the italic beginning of the first paragraph, up to the italics that end a sentence; words within
    it that stand upright belong to it. What follows stays where it is.

    Args:
        below: changed in place.

    Returns:
        The caption in HTML, with upright and italic exchanged; empty if there is none.

    Example:
        >>> below = BeautifulSoup("<p><em>Look at</em> bank <em>first.</em> Then go on.</p>", "html.parser")
        >>> take_caption(below), str(below)
        ('Look at<em> bank </em>first.', '<p>Then go on.</p>')
    """
    first = next((child for child in below.children if isinstance(child, Tag)), None)
    if first is None or first.name != "p" or not _is_italic(next(first.children, None)):
        return ""
    pieces = list(first.children)
    last = next(
        (n for n, p in enumerate(pieces) if _is_italic(p) and ENDS.search(p.get_text().strip())), None
    )
    if last is None:
        return ""
    caption = "".join(_swap(piece.extract()) for piece in pieces[: last + 1])
    if first.get_text(strip=True):
        if isinstance(rest := next(first.children), NavigableString):
            rest.replace_with(rest.lstrip())
    else:
        first.decompose()
    return caption


def _is_italic(piece: Any) -> bool:
    return isinstance(piece, Tag) and piece.name == "em"


def _swap(piece: Any) -> str:
    if _is_italic(piece):
        return str(piece.decode_contents())
    return f"<em>{piece}</em>" if isinstance(piece, NavigableString) and piece.strip() else str(piece)


def _text(html: str) -> str:
    return BeautifulSoup(html, "html.parser").get_text()
