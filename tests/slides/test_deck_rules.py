"""What a deck is held to before it is built, and how a page is put together."""

import re

import numpy as np
import pytest

from slides import fonts, render
from slides.deck import Deck, Slide, problems
from tfm.kit.drawing import Drawing
from tfm.kit.figure import new_figure
from tfm.kit.heatmap import heatmap_svg

NOTES = "A sentence that somebody says aloud. " * 10


def slide(**changes):
    """A slide without a fault, but for the changes."""
    return Slide(**({"title": "One idea", "notes": NOTES, "words": "Few words."} | changes))


def deck(*slides):
    """A deck of these slides, filled up to twenty and forty minutes."""
    rest = [slide(title=f"Idea {n}") for n in range(20 - len(slides))]
    return Deck(number=1, question="Why?", slides=[*slides, *rest])


def test_a_good_deck_has_no_problems():
    """Twenty slides of two minutes with notes and few words keep every rule."""
    assert problems(deck()) == []


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"words": "word " * 46}, "46 words, and 45 is the most"),
        ({"notes": "Too short."}, "the notes have 2 words"),
        ({"figure": lambda: "<svg/>"}, "needs alt"),
        ({"claim": "All is well"}, "a claim needs a verdict"),
        ({"claim": "All is well", "verdict": "maybe"}, "a claim needs a verdict"),
        ({"words": ""}, "nothing is shown"),
        ({"code": "x = 1\n" * 13}, "more than twelve lines"),
        ({"title": "Idea 1"}, "two slides are called “Idea 1”"),
        ({"minutes": 20.0}, "these slides take 58"),
    ],
)
def test_a_fault_is_named(changes, says):
    """Each rule that a slide breaks is one sentence."""
    assert any(says in problem for problem in problems(deck(slide(**changes))))


def test_a_deck_of_eleven_slides_is_too_short():
    """A part wants twelve to twenty-five slides."""
    short = Deck(number=1, question="?", slides=[slide(title=str(n)) for n in range(11)])
    assert any("12 to 25 slides, and this one has 11" in problem for problem in problems(short))


def test_computed_words_are_computed_once():
    """A function's words are asked for when the deck is built, and only then."""
    asked = []
    one = slide(words=lambda: asked.append(1) or "7 of 8")
    assert not asked
    assert (one.text, one.text, asked) == ("7 of 8", "7 of 8", [1])


def test_every_kind_of_figure_becomes_an_svg_that_fills_its_frame():
    """An SVG string, a Drawing, a matplotlib figure and a list of them lose their size and keep a viewBox."""
    svg = heatmap_svg(np.eye(2), ["a", "b"], ["c", "d"])
    figure, ax = new_figure(columns=1)
    ax.plot([0, 1], [0, 1])
    for shown in (svg, Drawing(svg, "a map"), figure, [svg, svg]):
        head = render.figure_svg(shown, "s1-").split(">", 1)[0]
        assert "viewBox=" in head
        assert not re.search(r'\b(width|height)="', head)


def test_ids_of_two_figures_do_not_meet():
    """What a figure defines and refers to carries its slide's prefix."""
    figure, ax = new_figure()
    ax.plot([0, 1], [0, 1])
    drawn = render.figure_svg(figure, "s3-")
    names = re.findall(r'\bid="([^"]+)"', drawn)
    used = re.findall(r'(?:url\(#|href="#)([^")]+)', drawn)
    assert names
    assert all(name.startswith("s3-") for name in names)
    assert used
    assert set(used) <= set(names)


def test_a_page_needs_nothing_from_elsewhere():
    """Fonts, scripts, styles and formulas are inside; no address leads out of the file."""
    page = render.page(deck(slide(formula=r"\sqrt{d}", code="print(2 + 2)", words="学生 and $x^2$")))
    markup = re.sub(r"<script>.*?</script>", "", page, flags=re.DOTALL)
    assert not re.search(r'(?:src|href)="(?!data:|#)[^"]', markup)
    assert not re.search(r"url\((?!['\"]?(?:data:|#))[^)]", markup)
    assert "\x02" not in page
    assert '<pre class="output">4</pre>' in page
    assert page.count('class="katex"') == 2


def test_a_character_without_a_font_is_named():
    """A sign that no font of the deck has would be a box on somebody's wall."""
    with pytest.raises(ValueError, match=r"no font of the deck has 🦜 \(U\+1F99C\)"):
        fonts.style_sheet("a🦜")


def test_a_formula_that_katex_cannot_read_is_named():
    """A slip in TeX stops the build with the formula."""
    with pytest.raises(ValueError, match=r"cannot read the formula '\\\\frac\{'"):
        render.page(deck(slide(formula=r"\frac{")))
