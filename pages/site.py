"""The pages of the site, one function a kind: lessons and their solutions, claims, front page, no such page.

Each takes what the course's files say and returns pages that still lack their frame.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bs4 import BeautifulSoup, Tag

from pages import prose, readme
from pages.formulas import Formulas
from pages.frame import Neighbour, Page, entry, way_up
from pages.lesson import Place, Writer, verdict
from pages.pictures import size
from tfm.course import Claim, Lesson
from tfm.kit.messages import language, say, speaking

LEFT_OUT = ("The lessons", "Measured", "Cite")  # of README.md; the front page has the others, in their order
FIRST, LAST = Neighbour("index.html", "The course"), Neighbour("claims.html", "What you may have read")


@dataclass(frozen=True, slots=True)
class Site:
    """What every page is made from.

    Attributes:
        lessons: in order.
        claims: by number.
        formulas: where formulas wait until all pages are written.
        folder: where the site is built.
        repository: the course's public address, None while it has none.
    """

    lessons: Sequence[Lesson]
    claims: Mapping[str, Claim]
    formulas: Formulas
    folder: Path
    repository: str | None

    def lesson_pages(self) -> list[Page]:
        """Every lesson, each followed by its solutions."""
        writer = Writer(self.formulas, self.claims, self.folder)
        pages = []
        for number, lesson in enumerate(self.lessons):
            for edition in readme.editions(lesson):
                with speaking(edition):
                    pages += [self._lesson(writer, number, lesson), self._solutions(writer, number, lesson)]
        return pages

    def claims_page(self) -> Page:
        """The table of claims, each linked to the cells that show it."""
        heading = "What you may have read, and where it is shown"
        said = readme.section((readme.NOTEBOOKS / "README.md").read_text(encoding="utf-8"), heading)
        body = prose.reader(self.formulas)(said)
        for row in body.select("tbody tr"):
            cell, _, sign, where = row.find_all("td")
            number = cell.get_text()
            row["id"] = f"claim-{number}"
            said = verdict(self.claims[number].verdict)
            sign.replace_with(BeautifulSoup(f"<td>{said}</td>", "html.parser"))
            for link in where.find_all("a", href=True):
                link["href"] = f"{link['href']}#claim-{number}"
        prose.finish(body)
        about = (
            "What popular articles say about Transformers: right, half right or wrong, each shown by a cell."
        )
        return Page("claims.html", heading, about, "claims.html", {"body": body})

    def front_page(self) -> Page:
        """What the course is, its lessons, and how to begin: the beginnings of README.md."""
        text = (readme.ROOT / "README.md").read_text(encoding="utf-8")
        read = prose.reader(self.formulas)
        opening = read(text.split("\n## ", 1)[0])
        picture = self._screenshot(next(i for i in opening.select("img") if "://" not in str(i["src"])))
        kept = (name for name in readme.headings(text) if name not in LEFT_OUT)
        sections = read("\n\n".join(f"## {name}\n\n{readme.section(text, name)}" for name in kept))
        for part in (opening, sections):
            for link in part.find_all("a", href=True):
                if (address := self._public(str(link["href"]))) is None:
                    link.unwrap()
                else:
                    link["href"] = address
            for image in part.find_all("img"):  # a badge would be fetched from another site
                image.replace_with(str(image["alt"]))
            prose.finish(part)
        minutes = sum(lesson.minutes for lesson in self.lessons)
        about = " ".join(opening.select("p")[0].get_text().split())
        words = {"count": len(self.lessons), "hours": round(minutes / 60)}
        texts = {"opening": opening, "picture": picture, "sections": sections}
        return Page("index.html", "tfm: Transformers, by running them", about, "index.html", texts, words)

    def missing_page(self, address: str) -> Page:
        """What a server shows for an address that leads nowhere.

        Args:
            address: the site's own, since nobody knows from which folder this page is seen.
        """
        return Page(
            "404.html",
            "There is no such page",
            "This address leads nowhere.",
            "404.html",
            words={"base": address},
        )

    def _screenshot(self, image: Tag) -> BeautifulSoup:
        """README.md's picture as a figure, taken out of its paragraph."""
        width, height = size((readme.ROOT / str(image["src"])).read_bytes()[:24])
        image.attrs |= {"src": "assets/screenshot.png", "width": str(width), "height": str(height)}
        image.find_parents("p")[0].extract()
        html = f'<figure><a class="paper" href="{image["src"]}">{image}</a></figure>'
        return BeautifulSoup(html, "html.parser")

    def _lesson(self, writer: Writer, number: int, lesson: Lesson) -> Page:
        elsewhere, folder = self._elsewhere(lesson), readme.folder_of(language())
        address = f"{folder}{lesson.name}.html"
        place = Place(
            root=way_up(address),
            figures=f"figures/{folder}{lesson.name}",
            lessons=self._addresses(address, but=lesson),
            solved_in=f"solutions/{lesson.name}.html",
            note=_note(elsewhere),
        )
        words = {
            "lesson": lesson,
            "notebook": f"{folder}{lesson.name}.ipynb",
            "elsewhere": elsewhere,
            "kind": "lesson",
        }
        about = say(
            "Lesson {number} of a course on Transformers: {question}",
            number=lesson.number,
            question=say(lesson.question),
        )
        body = writer.write(readme.notebooks(lesson, language())[0], place)
        return self._page(address, about, body, words | self._beside(number), lesson)

    def _solutions(self, writer: Writer, number: int, lesson: Lesson) -> Page:
        where = f"{readme.folder_of(language())}solutions/{lesson.name}"
        address, file = f"{where}.html", f"{where}.ipynb"
        place = Place(way_up(address), f"figures/{where}", self._addresses(address))
        body = writer.write(readme.notebooks(lesson, language())[1], place)
        words = {"lesson": lesson, "notebook": file, "elsewhere": (), "kind": "solutions"}
        about = say(
            "The exercises of lesson {number}, {title}, solved and explained.",
            number=lesson.number,
            title=say(lesson.title),
        )
        return self._page(address, about, body, words | self._beside(number, "solutions/"), lesson)

    def _page(
        self, address: str, about: str, body: BeautifulSoup, words: dict[str, Any], lesson: Lesson
    ) -> Page:
        title = self.formulas.as_text(body.select("h1")[0].get_text())
        own = address.removeprefix(readme.folder_of(language()))
        others = {one: readme.folder_of(one) + own for one in readme.editions(lesson) if one != language()}
        return Page(address, title, about, "lesson.html", {"body": body}, words, language(), others)

    def _addresses(self, address: str, but: Lesson | None = None) -> dict[str, str]:
        """The ways from a page to the lessons, by their numbers."""
        return {one.number: way_up(address) + entry(one).address for one in self.lessons if one is not but}

    def _beside(self, number: int, folder: str = "") -> dict[str, Neighbour]:
        """The pages before and after a lesson, or before and after its solutions."""
        beside = [_neighbour(other, folder) for other in self.lessons]
        around = [FIRST, *beside, LAST]
        return {"before": around[number], "after": around[number + 2]}

    def _elsewhere(self, lesson: Lesson) -> list[tuple[str, str]]:
        """Where a lesson runs without anything installed; nowhere while the course has no public address."""
        if not self.repository or "github.com/" not in self.repository:
            return []
        name = self.repository.split("github.com/", 1)[1]
        file = f"notebooks/{readme.folder_of(language())}{lesson.name}.ipynb"
        return [
            ("Binder", f"https://mybinder.org/v2/gh/{name}/HEAD?urlpath=lab/tree/{file}"),
            ("Colab", f"https://colab.research.google.com/github/{name}/blob/HEAD/{file}"),
        ]

    def _public(self, address: str) -> str | None:
        """Where a link of README.md leads: to a page, or to the file in the repository, if it is public."""
        if "://" in address or address.startswith("#"):
            return address
        page = prose.page_address(address.removeprefix("notebooks/"))
        if page.endswith(".html"):
            return page
        if address == "notebooks/README.md":
            return LAST.address
        return f"{self.repository}/blob/HEAD/{address}" if self.repository else None


def _neighbour(lesson: Lesson, folder: str) -> Neighbour:
    """A lesson, or its solutions, beside another one's."""
    found = entry(lesson)
    if not folder:
        return Neighbour(found.address, f"{lesson.number} {found.title}", found.language)
    above, _, name = found.address.rpartition("/")
    with speaking(found.language):
        title = say("Solutions {number}", number=lesson.number)
    return Neighbour(f"{above}{'/' if above else ''}{folder}{name}", title, found.language)


def _note(elsewhere: Sequence[tuple[str, str]]) -> str:
    """What stands below a widget's picture, in HTML."""
    command, links = "<code>make lab</code>", [f'<a href="{link}">{name}</a>' for name, link in elsewhere]
    if not links:
        return say("The picture shows how it starts; it moves in JupyterLab: {command}.", command=command)
    return say(
        "The picture shows how it starts; it moves in JupyterLab: {command}, or without installing on {binder} or "
        "{colab}.",
        command=command,
        binder=links[0],
        colab=links[1],
    )
