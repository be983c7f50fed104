"""How a page is made: captions, links, formulas as words, tables of the README, and what is said when it fails."""

import base64
import importlib.util
import json
import re
import struct

import pytest
from bs4 import BeautifulSoup

from pages import build, formulas, prose, readme
from pages.figures import take_caption
from pages.lesson import Place, Writer
from pages.pictures import save
from pages.safe import ATTRIBUTES, ELEMENTS

HTML5 = importlib.util.find_spec("html5lib") is not None
OURS = {"id", "loading", "decoding", "scope"}  # attributes that our own elements have
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


def picture(**size):
    """An output with a PNG of 4 × 3 pixels, and what a notebook says of its size."""
    png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", 4, 3)
    data = {"image/png": base64.b64encode(png).decode(), "text/plain": "<drawing: x>"}
    return {"output_type": "display_data", "data": data, "metadata": {"image/png": size} if size else {}}


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


def test_source_that_a_cell_shows_is_in_colours(tmp_path):
    """The package's source stands as code does, with its signs as signs; other Markdown in an output as text."""
    data = {
        "text/plain": "def f(a):\n    return a < 1",
        "text/markdown": "```python\ndef f(a):\n    return a < 1\n```",
    }
    other = {"text/plain": "<b>plain</b>", "text/markdown": "<b>bold</b>"}
    outputs = [{"output_type": "execute_result", "data": each, "metadata": {}} for each in (data, other)]
    page = write(tmp_path, text("# T"), code("source(f)", *outputs))
    shown = page.select("pre.code")[-1]
    assert shown.get_text() == data["text/plain"]
    assert shown.select("span")
    assert page.select_one("pre.output").get_text() == "<b>plain</b>"


ATTACKS = [
    "<script>alert(1)</script>", "<ScRiPt src=//evil.example/x.js></sCrIpT>",
    "<scr<script>ipt>alert(1)</script>", "<img src=x onerror=alert(1)>", "<img src='x.png' onerror='alert(1)'>",
    "<svg onload=alert(1)><p>x</p></svg>", "<svg><script>alert(1)</script></svg>",
    "<math><mtext><script>alert(1)</script></mtext></math>", "<iframe src='javascript:alert(1)'></iframe>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<object data='data:text/html,<script>alert(1)</script>'></object>", "<embed src='javascript:alert(1)'>",
    "<a href='javascript:alert(1)'>x</a>", "<a href=' JaVa&#10;ScRiPt:alert(1)'>x</a>",
    "[x](javascript:alert(1))", "<a href='&#106;avascript:alert(1)'>x</a>",
    "<a href='\x01javascript:alert(1)'>x</a>", "[x](vbscript:x)", "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "<a href='\u200bjavascript:alert(1)'>x</a>", "![x](javascript:alert(1))",
    "<p style='background:url(javascript:alert(1))'>x</p>", "<style>@import '//evil.example';</style>",
    "<base href='//evil.example/'>", "<meta http-equiv=refresh content='0;url=javascript:alert(1)'>",
    "<link rel=stylesheet href=//evil.example/x.css>",
    "<form action='javascript:alert(1)'><button>x</button></form>",
    "<button formaction='javascript:alert(1)'>x</button>", "<details open ontoggle=alert(1)>x</details>",
    "<img src='//evil.example/x.png'>", "<img src='https://evil.example/x.png'>",
    "<img src='\\\\evil.example\\x'>", "<!--><script>alert(1)</script>-->",
    "<!-- <img src=x onerror=alert(1)> -->", "<?php <script>alert(1)</script> ?>",
    "<![CDATA[<script>alert(1)</script>]]>", "<!DOCTYPE html><script>alert(1)</script>",
    "<xmp><script>x</script></xmp>", "<noscript><p title='</noscript><img src=x onerror=alert(1)>'></noscript>",
    "<textarea><script>x</script></textarea>", "<template><script>alert(1)</script></template>",
    "<p title='$x$' onclick=alert(1)>$</p><script>x</script>$</p>", "<video><source onerror=alert(1)></video>",
    "<input autofocus onfocus=alert(1)>", "<h2 id='x' onclick=alert(1)>x</h2>",
    '[x](y "\\" onclick=alert(1) z=")', '![x" onerror="alert(1)](y.png)',
    "<p class='x\" onclick=\"alert(1)'>x</p>", "```js\n<script>alert(1)</script>\n```",
    "```no-such-language\n<script>alert(1)</script>\n```", "`<script>`", "# <img src=x onerror=alert(1)>",
    "## <script>alert(1)</script> heading", "*<img src=x onerror=alert(1)>.*",
]  # fmt: skip


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("where", ["prose", "below a figure", "code", "output"])
def test_a_hostile_notebook_has_no_script_on_its_page(tmp_path, attack, where):
    """Whatever stands in Markdown, code or output: nothing runs, and nothing is asked of another site."""
    shown = {"output_type": "stream", "name": "stdout", "text": f"{attack}\x1b[31m{attack}\x029999\x03"}
    cells = {
        "prose": [text(f"# T {attack}\n\n{attack}\n\nx {attack} y", "b")],
        "below a figure": [code("draw()", picture()), text(attack, "b")],
        "code": [code(attack + "\x020\x03")],
        "output": [code("print()", shown)],
    }
    page = write(tmp_path, text("# T"), *cells[where])
    read_again = BeautifulSoup(str(page), "html5lib" if HTML5 else "html.parser")  # as a browser reads it
    body = read_again.body or read_again
    for tag in body.find_all(True):
        assert tag.name in ELEMENTS, tag
        for name, value in tag.attrs.items():
            assert not name.startswith("on"), tag
            assert name in {*ATTRIBUTES[""], *ATTRIBUTES.get(tag.name, ()), *OURS}, tag
            if name in ("href", "src"):
                assert re.fullmatch(r"(https?:|mailto:|#|[\w./-]*$).*", value), tag
            if name == "src":
                assert not value.startswith(("http", "//")), tag
    assert where == "prose" or "\x02" not in str(page), "a mark that is none of ours"


def test_what_a_lesson_writes_in_html_stays(tmp_path):
    """Hints that fold out, tables, pictures beside the page and links keep what they are."""
    said = (
        "<details open><summary>A <b>hint</b></summary>\n\nThink.\n\n</details>\n\n"
        '<img src="a.png" width="20" alt="a cat"> [x](https://example.org "there") <sub>2</sub> [m](mailto:a@b.c)'
    )
    page = write(tmp_path, text("# T"), text(said, "b"))
    assert page.select_one("details[open] > summary > b").get_text() == "hint"
    assert page.select_one("img").attrs == {"src": "a.png", "width": "20", "alt": "a cat"}
    assert page.select_one("a[title=there]")["href"] == "https://example.org"
    assert page.select_one("sub").get_text() == "2"
    assert page.select_one('a[href="mailto:a@b.c"]')


@pytest.mark.parametrize("width", ['1" onerror="alert(1)', -3, 0, 1e300, None, [], True, 10**9])
def test_a_stored_size_that_is_none_is_not_written(tmp_path, width):
    """The picture's own size stands where the notebook's is no number of pixels."""
    page = write(tmp_path, text("# T"), code("draw()", picture(width=width, height=width)))
    assert page.img.attrs.items() >= {"width": "4", "height": "3"}.items()
    assert not [name for name in page.img.attrs if name.startswith("on")]


@pytest.mark.parametrize("name", ["../../../x", "a/b", "", "a" * 65, 'x" y="', "x\n", "é", "."])
def test_a_cell_s_id_writes_no_file_elsewhere(tmp_path, name):
    """An id that is none names no picture: the notebook is refused, and nothing is written."""
    site = tmp_path / "deep" / "site"
    site.mkdir(parents=True)
    with pytest.raises(ValueError, match="has a cell whose id"):
        write(site, text("# T"), code("draw()", picture()) | {"id": name})
    assert [file.name for file in tmp_path.rglob("*") if file.is_file()] == ["01_x.ipynb"]


def test_two_cells_of_one_id_are_refused(tmp_path):
    """The second one's picture would be written over the first's; some disks take a for A."""
    with pytest.raises(ValueError, match="has a cell whose id 'C'"):
        write(tmp_path, text("# T"), code("draw()", picture()), code("draw()", picture()) | {"id": "C"})


def test_a_picture_is_saved_within_the_site(tmp_path):
    """Whoever names a picture: its file lies in the site's folder."""
    site = tmp_path / "site"
    site.mkdir()
    with pytest.raises(ValueError, match="would be written outside"):
        save(picture(), site, "figures/../../x.png")
    assert not list(tmp_path.rglob("*.png"))


@pytest.mark.parametrize("code_of_it", ["", "!", "iVBORw0KGgo=", "iVBORw0KGgoAAAANSUhEUg==", "PHNjcmlwdD4="])
def test_a_picture_that_is_none_gets_one_sentence(tmp_path, code_of_it):
    """Damaged, cut short or something else: the sentence says what to run."""
    with pytest.raises(ValueError, match="is empty: run `make restore`"):
        save({"data": {"image/png": code_of_it}}, tmp_path, "x.png")


def test_another_website_is_not_emptied(tmp_path):
    """A sitemap alone does not make a folder ours."""
    (tmp_path / "sitemap.xml").write_text("mine")
    assert build.main(["--to", str(tmp_path)]) == 1
    assert (tmp_path / "sitemap.xml").read_text() == "mine"


def test_an_unknown_claim_is_named(tmp_path):
    """A cell's tag that no row has stops the build with a sentence."""
    with pytest.raises(ValueError, match=r"tagged claim-99, which tfm/course\.toml does not have"):
        write(tmp_path, text("# T"), code("x", tags=["claim-99"]))


def test_a_raw_cell_is_left_out(tmp_path):
    """What is neither text nor code has no place on a page."""
    page = write(tmp_path, text("# T"), {"cell_type": "raw", "id": "r", "metadata": {}, "source": "<script>"})
    assert page.get_text().strip() == "T"


def test_a_cell_for_colab_is_left_out_and_a_notebook_without_title_is_named(tmp_path):
    """The hidden cell is not shown; a lesson whose first line is no title cannot become a page."""
    page = write(tmp_path, text("# T"), code("install()", tags=["colab"]))
    assert page.find("pre") is None
    with pytest.raises(ValueError, match=r"01_x\.ipynb has no title"):
        write(tmp_path, text("no title"))


def test_an_empty_picture_is_refused(tmp_path):
    """A picture without pixels is an error of the lesson, and its sentence says what to run."""
    output = {"data": {"image/png": "iVBORw0KGgo=", "text/plain": "<drawing: x>"}}
    with pytest.raises(ValueError, match="run `make restore`"):
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


def test_a_lost_heading_is_an_error_with_a_sentence():
    """A README that lost a heading of the front page stops the build."""
    with pytest.raises(ValueError, match="no heading “Start”"):
        readme.section("# Nothing", "Start")


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
