"""How a page is made: captions, links, formulas as words, tables of the README, and what is said when it fails."""

import json
import struct

import pytest
from bs4 import BeautifulSoup

from pages import build, course, formulas, prose
from pages.figures import take_caption
from pages.lesson import Place, Writer
from pages.pictures import save

PLACE = Place(root="", figures="figures/x", solved_in="solutions/x.html", note="It moves.")


def write(tmp_path, *cells):
    """A notebook of these cells as a page."""
    notebook = {"cells": list(cells), "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    path = tmp_path / "01_x.ipynb"
    path.write_text(json.dumps(notebook), encoding="utf-8")
    return Writer(formulas.Formulas(), {}, tmp_path).write(path, PLACE)


def text(source, name="a"):
    """A cell of Markdown."""
    return {"cell_type": "markdown", "id": name, "metadata": {}, "source": source}


def code(source, *outputs, tags=()):
    """A code cell."""
    kept = {"metadata": {"tags": list(tags)}, "execution_count": 1, "outputs": list(outputs)}
    return {"cell_type": "code", "id": "c", "source": source, **kept}


@pytest.mark.parametrize(
    ("below", "caption", "rest"),
    [
        ("<p><em>Look left.</em></p><p>Then.</p>", "Look left.", "<p>Then.</p>"),
        ("<p><em>Look left.</em> It is so.</p>", "Look left.", "<p>It is so.</p>"),
        ("<p><em>See</em> bank <em>move.</em></p>", "See<em> bank </em>move.", ""),
        ("<p><em>bank</em> moves.</p>", "", "<p><em>bank</em> moves.</p>"),
        ("<h2>Next</h2><p><em>Look.</em></p>", "", "<h2>Next</h2><p><em>Look.</em></p>"),
        ("", "", ""),
    ],
)
def test_a_caption_is_the_italic_beginning_that_ends_a_sentence(below, caption, rest):
    """A stressed word at the start of a paragraph is no caption; a sentence after one is not taken along."""
    page = BeautifulSoup(below, "html.parser")
    assert take_caption(page) == caption
    assert str(page) == rest


def test_output_is_text_and_never_markup(tmp_path):
    """What a cell printed cannot become an element of the page."""
    output = {"output_type": "stream", "name": "stdout", "text": "<script>alert(1)</script> a < b"}
    page = write(tmp_path, text("# T"), code("print(1)", output))
    assert page.find("samp").get_text() == "<script>alert(1)</script> a < b"
    assert page.find("script") is None


def test_a_cell_for_colab_is_left_out_and_a_notebook_without_title_is_named(tmp_path):
    """The hidden cell is not shown; a lesson whose first line is no title cannot become a page."""
    page = write(tmp_path, text("# T"), code("install()", tags=["colab"]))
    assert page.find("pre") is None
    with pytest.raises(ValueError, match=r"01_x\.ipynb has no title"):
        write(tmp_path, text("no title"))


def test_an_empty_picture_is_refused(tmp_path):
    """A picture without pixels is an error of the lesson, and its sentence says what to run."""
    output = {"data": {"image/png": "iVBORw0KGgo=", "text/plain": "<drawing: x>"}}
    with pytest.raises((ValueError, struct.error)):
        save(output, tmp_path, "x.png")


@pytest.mark.parametrize(
    ("tex", "said"),
    [
        (r"\sqrt{D}", "√D"),
        (r"\frac{QK^\mathsf{T}}{\sqrt{D}}", "QK^ T/√D"),
        (r"\tau \le 2 \cdot x_1", "τ ≤ 2 · x_1"),
    ],
)
def test_a_formula_can_be_said_in_one_line(tex, said):
    """Search results and alternative texts show signs instead of TeX's commands."""
    collected = formulas.Formulas()
    assert collected.as_text(collected.add(tex, display=False)) == said


@pytest.mark.parametrize(
    ("link", "page"),
    [
        ("09_attention.ipynb", "09_attention.html"),
        ("../09_attention.ipynb#next", "../09_attention.html#next"),
        ("solutions/09_attention.ipynb", "solutions/09_attention.html"),
        ("https://arxiv.org/abs/1706.03762", "https://arxiv.org/abs/1706.03762"),
    ],
)
def test_links_between_lessons_become_links_between_pages(link, page):
    """Only a notebook's ending is changed."""
    assert prose.page_address(link) == page


def test_headings_that_are_alike_have_different_anchors():
    """The second of two equal headings gets a number."""
    page = prose.reader(formulas.Formulas())("## Why?\n\n## Why?")
    prose.finish(page)
    assert [tag["id"] for tag in page.find_all("h2")] == ["why", "why-2"]


def test_a_table_without_lessons_is_an_error_with_a_sentence():
    """A README that lost its table stops the build."""
    with pytest.raises(ValueError, match="no table of lessons"):
        course.lessons("# Nothing")
    with pytest.raises(ValueError, match="no heading “Start”"):
        course.section("# Nothing", "Start")


def test_a_folder_of_something_else_is_not_overwritten(tmp_path, capsys):
    """The build empties only what it has written itself."""
    (tmp_path / "thesis.txt").write_text("years of work")
    assert build.main(["--to", str(tmp_path)]) == 1
    assert "holds something that is no build" in capsys.readouterr().err
    assert (tmp_path / "thesis.txt").is_file()


def test_without_node_one_sentence_says_so(monkeypatch):
    """A machine without Node.js is told what is missing."""
    monkeypatch.setattr("shutil.which", lambda name: None)
    with pytest.raises(RuntimeError, match="needs Node"):
        formulas.render([("x", False)])


@pytest.mark.usefixtures("npm")
def test_an_unreadable_formula_is_named():
    """A slip in a lesson's formula stops the build and shows the formula."""
    with pytest.raises(ValueError, match=r"cannot read the formula '\\\\frac\{1\}'"):
        formulas.render([(r"\frac{1}", False)])


def test_a_solution_is_offered_after_the_hints(tmp_path):
    """Hints may stand above or below an exercise's cell; the way to its solution comes after them."""
    hint = "<details><summary>A hint</summary>\n\nThink.\n\n</details>\n\n## Next"
    cells = [text("# T\n\n**1 · Scores** (easy). Return them."), code("check.scores(mine)"), text(hint, "b")]
    page = write(tmp_path, *cells)
    order = [tag.name for tag in page.find_all(["p", "details", "h2"], recursive=False)]
    assert order == ["p", "details", "p", "h2"]
    link = page.select_one("details + p a")
    assert link["href"] == "solutions/x.html#exercise-1"


@pytest.mark.parametrize(
    ("said", "links"),
    [
        ("as lesson 09 does", ["lesson 09"]),
        ("lessons 01, 02 and 09", ["01", "02", "09"]),
        ("lesson 77; 09", []),
    ],
)
def test_a_lesson_that_is_mentioned_is_a_link(said, links):
    """“Lesson 09” leads to lesson 09, and a number alone to nothing."""
    page = BeautifulSoup(f"<p>{said}</p><pre>lesson 09</pre>", "html.parser")
    prose.link_lessons(page, {number: f"{number}.html" for number in ("01", "02", "09")})
    assert [link.get_text() for link in page.find_all("a")] == links
    assert page.find("p").get_text() == said
