"""A stored notebook becomes the body of a page.

Cells follow each other as in JupyterLab. A picture takes the italic line below it as its caption; an exercise
knows where it is solved; a cell that shows a popular claim says which. This file runs nothing: outputs are those
stored.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path
from typing import Any

import nbformat
from bs4 import BeautifulSoup, Tag
from nbconvert.filters.ansi import ansi2html

from pages import prose
from pages.figures import Figure, take_caption
from pages.formulas import MARK, Formulas
from pages.pictures import save
from tfm.course import VERDICTS, Claim
from tfm.kit.messages import say
from tools.lesson_files import TONGUES

EXERCISE = re.compile(r"^(\d+) ·")
CODE = re.compile(r"```python\n(.*)\n```", re.DOTALL)  # a cell that shows source of the package
CELL_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")  # as notebooks have them; some disks take a for A
CLAIM = re.compile(r"claim-(\d\d)")
ANSWERS = ("○", "✓", "✗")  # what a check's answer begins with


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


@dataclass(slots=True)
class Reading:
    """What has been read of a notebook, cell by cell.

    Attributes:
        place: the page it will be.
        blocks: in order.
        heading: the last one.
        exercise: the number of the exercise that has been set, and not yet checked.
        solution: a way to its solution, which waits for the end of the hints.
    """

    place: Place
    blocks: list[BeautifulSoup | Figure | str] = field(default_factory=list)
    heading: str = ""
    exercise: str = ""
    solution: str = ""

    def add_prose(self, said: BeautifulSoup) -> None:
        """Go on with a cell of text, whose first line may be the caption of the picture above."""
        if self.solution:
            _after_hints(said, self.solution)
            self.solution = ""
        if self.blocks and isinstance(self.blocks[-1], Figure):
            self.blocks[-1].caption = take_caption(said)
        for element in said.find_all(["h1", "h2", "h3", "p"], recursive=False):
            if element.name != "p":
                self.heading, self.exercise = element.get_text(), ""
            elif number := _exercise_number(element):
                self.exercise = number
                element["id"] = f"exercise-{number}"
        self.blocks.append(said)

    def add_code(self, blocks: Sequence[Figure | str], *, checks: bool) -> None:
        """Go on with a cell of code, which may be the check of an exercise."""
        self.blocks += blocks
        if checks and self.exercise and self.place.solved_in:
            address = f"{self.place.solved_in}#exercise-{self.exercise}"
            words = say("Solution of exercise {number}", number=self.exercise)
            self.solution = f'<p class="quiet"><a href="{address}">{words}</a></p>'
            self.exercise = ""

    def html(self, plain: Callable[[str], str]) -> str:
        """All blocks, with words for formulas where no formula can stand."""
        root = self.place.root
        return "".join(b.html(root, plain) if isinstance(b, Figure) else str(b) for b in self.blocks)


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
            ValueError: it has no title, a cell's id is none, or a stored picture is empty.
        """
        reading, taken = Reading(place), set[str]()
        for cell in nbformat.read(path, as_version=4).cells:  # type: ignore[no-untyped-call]
            if cell.cell_type == "markdown":
                reading.add_prose(self._read(cell.source))
            elif cell.cell_type == "code" and "colab" not in cell.metadata.get("tags", []):
                _require_id(cell, taken, path.name)
                reading.add_code(self._code(cell, place, reading.heading), checks="check." in cell.source)
        page = BeautifulSoup(reading.html(self._formulas.as_text), "html.parser")
        if page.find("h1") is None:
            raise ValueError(f"{path.name} has no title: its first line is to be `# 09 · What is attention?`")
        _drop_switch(page)
        prose.finish(page)
        prose.link_lessons(page, place.lessons)
        return page

    def _code(self, cell: Any, place: Place, heading: str) -> list[Figure | str]:
        """A code cell and what it printed as one block, each of its pictures as another."""
        figures: list[Figure | str] = []
        claims = filter(None, map(CLAIM.fullmatch, cell.metadata.get("tags", [])))
        box = [self._claim(found[1], place.root) for found in claims]
        box.append(prose.code_block(MARK.sub("", cell.source), "python"))
        for number, output in enumerate(cell.outputs):
            if "image/png" in output.get("data", {}):
                name = f"{place.figures}/{cell.id}{f'-{number}' if number else ''}.png"
                figures.append(Figure(save(output, self._folder, name), heading, place.note))
            else:
                box.append(_printed(output))
        return [f'<div class="cell">{"".join(box)}</div>', *figures]

    def _claim(self, number: str, root: str) -> str:
        if number not in self._claims:
            raise ValueError(f"a cell is tagged claim-{number}, which tfm/course.toml does not have")
        claim = self._claims[number]
        words = self._read(say(claim.text)).select("p")[0].decode_contents()
        link = f'<a href="{root}claims.html#claim-{number}">{say("Claim {number}", number=number)}</a>'
        said = say("{link}: {claim} {verdict}", link=link, claim=words, verdict=verdict(claim.verdict))
        return f'<p class="claim" id="claim-{number}">{said}</p>'


def _drop_switch(page: BeautifulSoup) -> None:
    """Remove the line that leads to another language: the frame has it."""
    for link in page.select("p > a"):
        name = link.get_text()
        if name in {own for _, own in TONGUES.values()} and link.parent.get_text(strip=True) == name:
            link.parent.decompose()


def _require_id(cell: Any, taken: set[str], notebook: str) -> None:
    """Refuse a cell whose id cannot name the file of a picture, or names that of an earlier cell."""
    name = str(cell.get("id", ""))
    if not CELL_ID.fullmatch(name) or name.lower() in taken:
        raise ValueError(
            f"{notebook} has a cell whose id {name[:40]!r} is none of its own, 1 to 64 letters, digits, - or _: "
            "open and save it in JupyterLab, which gives it another one"
        )
    taken.add(name.lower())


def _after_hints(said: BeautifulSoup, solution: str) -> None:
    """Put the way to a solution where the hints end, which may stand above or below the exercise's cell."""
    hints = takewhile(lambda tag: tag.name == "details", said.find_all(recursive=False))
    last = max(hints, key=said.index, default=None)
    link = BeautifulSoup(solution, "html.parser").contents[0]
    if last is None:
        said.insert(0, link)
    else:
        last.insert_after(link)


def verdict(word: str) -> str:
    """A verdict as a sign and a word, since a sign alone can be overheard."""
    sign = f'<span aria-hidden="true">{VERDICTS[word]}</span>'
    return f'<span class="verdict {word.split(maxsplit=1)[0]}">{sign} {say(word)}</span>'


def _exercise_number(paragraph: Tag) -> str:
    """The number of the exercise that a paragraph such as **1 · Scores** (easy) begins; empty for any other."""
    strong = next(paragraph.children, None)
    found = isinstance(strong, Tag) and strong.name == "strong" and EXERCISE.match(strong.get_text())
    return found[1] if found else ""


def _printed(output: Any) -> str:
    """What a cell printed or returned, as text; source of the package in colours."""
    if code := CODE.fullmatch(output.get("data", {}).get("text/markdown", "").strip()):
        return prose.code_block(MARK.sub("", code[1]), "python")
    text = output.get("text") or output.get("data", {}).get("text/plain", "")
    if not text.strip():
        return ""
    kind = "output answer" if text.startswith(ANSWERS) else "output"
    shown = ansi2html(MARK.sub("", text).rstrip())  # type: ignore[no-untyped-call]
    return f'<pre class="{kind}"><samp>{shown}</samp></pre>'
