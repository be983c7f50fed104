"""The built site, read as files: nothing is missing, no link leads nowhere, nothing is asked of another site."""

import json
import re
import struct
from collections import Counter
from functools import cache
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from bs4 import BeautifulSoup

from pages.readme import NOTEBOOKS
from tfm import course

LARGEST_PAGE = 300_000  # bytes; the largest measured was 181,000
NUMBER_OF_CLAIMS = len(course.claims())


@cache
def parsed(file: Path) -> BeautifulSoup:
    """A page's elements, read once for all tests."""
    return BeautifulSoup(file.read_text(encoding="utf-8"), "html.parser")


def addresses(page: BeautifulSoup) -> list[str]:
    """Everything a page links to or shows."""
    found = page.select("a[href], link[href], img[src], script[src]")
    return [str(tag.get("href") or tag.get("src")) for tag in found]


def test_every_lesson_has_a_page_and_a_page_of_solutions(pages):
    """The pages are the front page, the claims, and two for each lesson of the table, in each of its languages."""
    names = [lesson.name for lesson in course.lessons()]
    wanted = {
        "index.html",
        "claims.html",
        *(f"{n}.html" for n in names),
        *(f"solutions/{n}.html" for n in names),
    }
    chinese = {"zh/09_attention.html", "zh/solutions/09_attention.html"}
    assert {page for page in pages if page.startswith("zh/")} >= chinese
    assert {page for page in pages if not page.startswith("zh/")} == wanted
    assert [file.stem for file in sorted(NOTEBOOKS.glob("*.ipynb"))] == names


def test_every_link_and_every_anchor_leads_somewhere(site, pages):
    """What a page links to is a file of the site, and the place within it exists; only readers may leave."""
    broken = []
    for address, page in pages.items():
        for link in addresses(page):
            parts = urlsplit(link)
            if parts.scheme:
                continue
            file = (site / address).parent / unquote(parts.path) if parts.path else site / address
            if not file.is_file():
                broken.append(f"{address} → {link}: no such file")
            elif parts.fragment and not parsed(file.resolve()).find(id=unquote(parts.fragment)):
                broken.append(f"{address} → {link}: no such place in it")
    assert not broken, "\n".join(broken)


def test_a_page_asks_nothing_of_another_site(site, pages):
    """Style, scripts, fonts and pictures lie beside the pages; a link alone may lead outside."""
    for address, page in pages.items():
        for tag in page.select("link[href], script[src], img[src]"):
            assert not urlsplit(str(tag.get("href") or tag.get("src"))).scheme, f"{address}: {tag}"
    for sheet in (site / "assets").glob("*.css"):
        for asked in re.findall(r"url\(([^)]+)\)", sheet.read_text(encoding="utf-8")):
            assert (sheet.parent / asked.strip("'\"")).is_file(), f"{sheet.name} asks for {asked}"


def test_every_picture_is_a_file_with_a_size_and_with_words(site, pages):
    """A picture's place is reserved in its own proportions, and who cannot see it hears what it is."""
    count = 0
    for address, page in pages.items():
        for image in page.find_all("img"):
            png = ((site / address).parent / image["src"]).read_bytes()
            width, height = struct.unpack(">II", png[16:24])
            assert min(width, height) > 10, f"{address}: {image['src']} is empty"
            kept = int(image["width"]) / int(image["height"])
            assert kept == pytest.approx(width / height, rel=0.02), f"{address}: {image['src']} is distorted"
            words = image["alt"] if address.startswith("zh/") else image["alt"].split()
            assert len(words) >= 3, f"{address}: {image['src']} has no words"
            assert "\x02" not in image["alt"]
            count += 1
    stored = 0
    for notebook in NOTEBOOKS.rglob("[0-9][0-9]_*.ipynb"):
        cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
        stored += sum("image/png" in out.get("data", {}) for cell in cells for out in cell.get("outputs", []))
    assert count == stored + 1, "every stored picture is on a page, and the front page has its own"


def test_every_formula_is_drawn(pages):
    """No formula is left in TeX, and KaTeX complained about none."""
    displayed = 0
    for address, page in pages.items():
        assert not page.select(".katex-error"), address
        displayed += len(page.select(".katex-display"))
        for text in page.find("main").find_all(string=re.compile(r"\$[^$]+\$|[\x02\x03]")):
            assert text.find_parent(["pre", "code", "annotation"]), f"{address}: {text}"
    stored = "".join(
        "".join(cell["source"])
        for notebook in NOTEBOOKS.rglob("[0-9][0-9]_*.ipynb")
        for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"]
        if cell["cell_type"] == "markdown"
    )
    assert displayed == stored.count("$$") / 2


def test_headings_stand_in_order_and_anchors_are_unique(pages):
    """A page has one title, no level is skipped, and no two elements share an anchor."""
    for address, page in pages.items():
        levels = [int(tag.name[1]) for tag in page.find_all(re.compile(r"^h[1-6]$"))]
        assert levels.count(1) == 1, address
        assert levels[0] == 1, address
        assert all(b <= a + 1 for a, b in pairwise(levels)), f"{address}: {levels}"
        twice = [name for name, n in Counter(tag["id"] for tag in page.find_all(id=True)).items() if n > 1]
        assert not twice, f"{address}: {twice}"


def test_pages_are_small(site, pages):
    """A page's own text is no heavier than 300 kB."""
    sizes = {address: (site / address).stat().st_size for address in pages}
    assert max(sizes.values()) <= LARGEST_PAGE, max(sizes.items(), key=lambda item: item[1])


def test_the_cell_for_colab_is_left_out(pages):
    """What installs the course elsewhere is no part of the lesson."""
    assert not [address for address, page in pages.items() if "google.colab" in page.find("main").get_text()]


def test_exercises_lead_to_their_solutions(pages):
    """Each exercise of a lesson links to the place where it is solved."""
    for lesson in course.lessons():
        page = pages[f"{lesson.name}.html"]
        exercises = page.select("p[id^=exercise-]")
        links = page.select(f'a[href^="solutions/{lesson.name}.html#exercise-"]')
        assert len(exercises) >= 2, lesson.name
        assert [link["href"].split("#")[1] for link in links] == [tag["id"] for tag in exercises], lesson.name


def test_a_widget_s_picture_says_that_it_moves(pages):
    """Below the picture of a widget stands how to move it."""
    notes = [tag.get_text() for tag in pages["09_attention.html"].select("figcaption .quiet")]
    assert len(notes) == 2
    assert all("moves in JupyterLab" in note for note in notes)


def test_the_line_below_a_picture_is_its_caption(pages):
    """The italic line of a lesson becomes the figure's caption, and stands on the page once."""
    page = pages["09_attention.html"]
    found = list(page.find_all(string=re.compile("one word's attention, and it sums to 1")))
    assert len(found) == 1
    assert found[0].find_parent("figcaption")


def test_claims_are_linked_both_ways(pages):
    """Each claim has a row; its lessons are linked to the very cell, and the cell back to the row."""
    rows = pages["claims.html"].select("tr[id^=claim-]")
    assert len(rows) == NUMBER_OF_CLAIMS
    cells = sum(len(page.select("p.claim")) for page in pages.values())
    assert cells >= len([row for row in rows if row.find("a")])


def test_notebooks_lie_beside_the_pages(site, pages):
    """Every lesson and its solutions can be taken home: a whole notebook with the title of its page."""
    for address, page in pages.items():
        for link in page.select("a[download]"):
            notebook = json.loads(((site / address).parent / link["href"]).read_text(encoding="utf-8"))
            title = "".join(notebook["cells"][0]["source"]).splitlines()[0]
            assert title == f"# {page.find('h1').get_text()}", address
    assert len(list((site / "notebooks").rglob("*.ipynb"))) == len(pages) - 2


def test_the_sitemap_lists_every_page(site, pages):
    """Search engines are told every page by its full address, and 404.html finds its way from any folder."""
    listed = re.findall(r"<loc>(.*?)</loc>", (site / "sitemap.xml").read_text(encoding="utf-8"))
    assert set(listed) == {f"https://example.org/course/{address}" for address in pages}
    base = parsed(site / "404.html").find("base")
    assert base["href"] == "https://example.org/course/"


def test_chinese_says_that_it_is_chinese(pages):
    """A screen reader is told where it has to speak Chinese."""
    marked = {tag.get_text() for tag in pages["16_transformer.html"].select("main [lang=zh]")}
    assert any("学生" in text for text in marked)
