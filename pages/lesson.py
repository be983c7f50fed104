"""A stored notebook becomes the body of a page.

Cells follow each other as in JupyterLab. A picture takes the italic line below it as its caption; an exercise
knows where it is solved; a cell that shows a popular claim says which. This file runs nothing: outputs are those
stored.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from html import escape
from itertools import takewhile
from pathlib import Path
from typing import Any

import nbformat
from bs4 import BeautifulSoup, Tag
from bs4.element import NavigableString
from nbconvert.filters.ansi import ansi2html

from pages import prose
from pages.course import VERDICTS, Claim
from pages.formulas import Formulas
from pages.pictures import Picture, save

EXERCISE = re.compile(r"^(\d+) ·")
CLAIM = re.compile(r"claim-(\d\d)")
ANSWERS = ("○", "✓", "✗")  # what a check's answer begins with
ENDS = re.compile(r"[.!?][”’)]?$")


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
        address = f"{root}{self.picture.file}"
        words = escape(plain(self.picture.words(_text(self.caption), self.heading)))
        picture = (
            f'<img src="{address}" width="{self.picture.width}" height="{self.picture.height}" alt="{words}"'
            ' loading="lazy" decoding="async">'
        )
        caption = f"<p>{self.caption}</p>" if self.caption else ""
        caption += f'<p class="quiet">{self.note}</p>' if self.note and self.picture.moves else ""
        below = f"<figcaption>{caption}</figcaption>" if caption else ""
        return f'<figure><a class="paper" href="{address}">{picture}</a>{below}</figure>'


@dataclass(frozen=True, slots=True)
class Place:
    """What a page has to know of its neighbours.

    Attributes:
        root: the way from the page to the site's own folder.
        figures: the folder of its pictures, seen from there.
        lessons: the addresses of the other lessons, by their numbers.
        solved_in: the page where its exercises are solved; empty for that page itself.
        note: a line below every widget's picture, in HTML.
    """

    root: str
    figures: str
    lessons: Mapping[str, str] = field(default_factory=dict)
    solved_in: str = ""
    note: str = ""


class Writer:
    """Writes one notebook after the other.

    Args:
        formulas: where formulas wait until the whole site is written.
        claims: by number.
        folder: the site's own; pictures go into folders of it.
    """

    def __init__(self, formulas: Formulas, claims: Mapping[str, Claim], folder: Path) -> None:
        self._formulas, self._claims, self._folder = formulas, claims, folder
        self._read = prose.reader(formulas)

    def write(self, path: Path, place: Place) -> BeautifulSoup:
        """Turn a stored notebook into the body of a page, with marks for formulas.

        Raises:
            ValueError: it has no title, or a stored picture is empty.
        """
        blocks: list[BeautifulSoup | Figure | str] = []
        heading = exercise = solution = ""
        notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
        for cell in notebook.cells:
            if cell.cell_type == "markdown":
                said = self._read(cell.source)
                if solution:
                    _after_hints(said, solution)
                    solution = ""
                if blocks and isinstance(blocks[-1], Figure):
                    blocks[-1].caption = take_caption(said)
                for element in said.find_all(["h1", "h2", "h3", "p"], recursive=False):
                    if element.name != "p":
                        heading, exercise = element.get_text(), ""
                    elif found := _exercise_number(element):
                        exercise = found
                        element["id"] = f"exercise-{found}"
                blocks.append(said)
            elif "colab" not in cell.metadata.get("tags", []):
                blocks += self._code(cell, place, heading)
                if exercise and place.solved_in and "check." in cell.source:
                    address = f"{place.solved_in}#exercise-{exercise}"
                    solution = f'<p class="quiet"><a href="{address}">Solution of exercise {exercise}</a></p>'
                    exercise = ""
        plain = self._formulas.as_text
        html = (
            block.html(place.root, plain) if isinstance(block, Figure) else str(block) for block in blocks
        )
        page = BeautifulSoup("".join(html), "html.parser")
        if page.find("h1") is None:
            raise ValueError(f"{path.name} has no title: its first line is to be `# 09 · What is attention?`")
        prose.finish(page)
        prose.link_lessons(page, place.lessons)
        return page

    def _code(self, cell: Any, place: Place, heading: str) -> list[Figure | str]:
        """A code cell and what it printed as one block, each of its pictures as another."""
        figures: list[Figure | str] = []
        claims = filter(None, map(CLAIM.fullmatch, cell.metadata.get("tags", [])))
        box = [self._claim(found[1], place.root) for found in claims]
        box.append(f'<pre class="code"><code>{prose.colour(cell.source, "python")}</code></pre>')
        for number, output in enumerate(cell.outputs):
            if "image/png" in output.get("data", {}):
                name = f"{place.figures}/{cell.id}{f'-{number}' if number else ''}.png"
                figures.append(Figure(save(output, self._folder, name), heading, place.note))
            else:
                box.append(_printed(output))
        return [f'<div class="cell">{"".join(box)}</div>', *figures]

    def _claim(self, number: str, root: str) -> str:
        claim = self._claims[number]
        words = self._read(claim.text).select("p")[0].decode_contents()
        link = f'<a href="{root}claims.html#claim-{number}">Claim {number}</a>'
        return f'<p class="claim" id="claim-{number}">{link}: {words} {verdict(claim.verdict)}</p>'


def _after_hints(said: BeautifulSoup, solution: str) -> None:
    """Put the way to a solution where the hints end, which may stand above or below the exercise's cell."""
    hints = takewhile(lambda tag: tag.name == "details", said.find_all(recursive=False))
    last = max(hints, key=said.index, default=None)
    link = BeautifulSoup(solution, "html.parser").contents[0]
    if last is None:
        said.insert(0, link)
    else:
        last.insert_after(link)


def verdict(sign: str) -> str:
    """A verdict as a sign and a word, since a sign alone can be overheard."""
    word = VERDICTS[sign]
    return f'<span class="verdict {word.split()[0]}"><span aria-hidden="true">{sign}</span> {word}</span>'


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


def _exercise_number(paragraph: Tag) -> str:
    """The number of the exercise that a paragraph such as **1 · Scores** (easy) begins; empty for any other."""
    strong = next(paragraph.children, None)
    found = isinstance(strong, Tag) and strong.name == "strong" and EXERCISE.match(strong.get_text())
    return found[1] if found else ""


def _printed(output: Any) -> str:
    """What a cell printed or returned, as text."""
    text = output.get("text") or output.get("data", {}).get("text/plain", "")
    if not text.strip():
        return ""
    kind = "output answer" if text.startswith(ANSWERS) else "output"
    shown = ansi2html(text.rstrip())  # type: ignore[no-untyped-call]
    return f'<pre class="{kind}"><samp>{shown}</samp></pre>'


def _text(html: str) -> str:
    return BeautifulSoup(html, "html.parser").get_text()
