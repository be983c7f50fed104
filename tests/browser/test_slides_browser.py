"""Every deck, built and walked slide by slide in Chromium, as a teacher would."""

import importlib
import io
import re
from pathlib import Path

import pytest
from PIL import Image

from slides import build
from slides.deck import Deck, Slide
from tools.lab.browser import WatchedPage

pytestmark = pytest.mark.usefixtures("npm")

SMALLEST = 12  # pixels on a slide of 1280 × 720: what the last row can still read
FEWEST_COLOURS = 3  # paper, ink and one more: less is an empty frame

# What is wrong with the slide on the screen, one sentence each.
INSPECT = """
(smallest) => {
  const found = [], slide = Reveal.getCurrentSlide().querySelector(".slide");
  const near = 1.5, outer = slide.getBoundingClientRect(), zoom = outer.width / 1280;
  const name = (el) => `${el.tagName.toLowerCase()} “${(el.textContent || "").trim().slice(0, 40)}”`;
  const inside = (box, frame) => box.left >= frame.left - near && box.right <= frame.right + near
    && box.top >= frame.top - near && box.bottom <= frame.bottom + near;
  if (slide.scrollHeight > slide.clientHeight + 1 || slide.scrollWidth > slide.clientWidth + 1)
    found.push("the slide overflows");
  const blocks = [...slide.querySelectorAll("h1, h2, p, li, td, pre, figure, .katex-html, blockquote")];
  for (const el of blocks) {
    if (!inside(el.getBoundingClientRect(), outer)) found.push(`${name(el)} leaves the slide`);
    if (el.matches("pre") && el.scrollWidth > el.clientWidth + 1) found.push(`${name(el)} is cut off`);
  }
  const stage = slide.querySelector(".stage");
  const parts = [slide.querySelector("h2"), ...(stage ? stage.children : [])].filter(Boolean);
  parts.forEach((one, i) => parts.slice(i + 1).forEach((other) => {
    const a = one.getBoundingClientRect(), b = other.getBoundingClientRect();
    const over = Math.min(a.right, b.right) - Math.max(a.left, b.left);
    const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
    if (over > near && down > near) found.push(`${name(one)} lies over ${name(other)}`);
  }));
  for (const svg of slide.querySelectorAll("figure > svg")) {
    const frame = svg.getBoundingClientRect();
    if (svg.querySelectorAll("path, rect, line, circle, text, image, polyline, polygon, use").length < 3)
      found.push("a figure is empty");
    if (frame.width * frame.height < 0.2 * outer.width * outer.height) found.push("a figure is small");
    for (const text of svg.querySelectorAll("text")) {
      if (!text.textContent.trim()) continue;
      const box = text.getBoundingClientRect();
      if (!inside(box, frame)) found.push(`${name(text)} leaves its figure`);
      const matrix = text.getScreenCTM(), scale = Math.hypot(matrix.a, matrix.b) / zoom;
      const size = parseFloat(getComputedStyle(text).fontSize) * scale;
      if (size < smallest) found.push(`${name(text)} is ${size.toFixed(1)} pixels high`);
    }
  }
  const said = (Reveal.getCurrentSlide().querySelector("aside.notes") || {}).textContent || "";
  for (const number of said.match(/\\b\\d+\\.\\d+/g) || [])
    if (!slide.textContent.includes(number.replace(/^0/, "")))
      found.push(`the notes say ${number}, the slide does not`);
  return [...new Set(found)];
}
"""

# Characters that are drawn as the box that stands for “no such character”.
BOXES = """
async () => {
  await document.fonts.ready;
  const canvas = document.createElement("canvas"), brush = canvas.getContext("2d", { willReadFrequently: true });
  canvas.width = canvas.height = 60;
  const drawn = (char, font) => {
    brush.clearRect(0, 0, 60, 60); brush.font = font; brush.fillText(char, 8, 44);
    return canvas.toDataURL();
  };
  const seen = new Map(), slides = document.querySelector(".slides");
  const walker = document.createTreeWalker(slides, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const el = walker.currentNode.parentElement;
    if (el.closest("annotation, .katex-mathml")) continue;
    const style = getComputedStyle(el), font = `${style.fontWeight} 32px ${style.fontFamily}`;
    if (!seen.has(font)) seen.set(font, new Set());
    for (const char of walker.currentNode.data) if (char.trim()) seen.get(font).add(char);
  }
  const found = [];
  for (const [font, chars] of seen) {
    const box = drawn("\\u{10FFFD}", font);
    for (const char of chars) if (drawn(char, font) === box) found.push(char);
  }
  return found;
}
"""


@pytest.fixture(scope="module")
def watched(browser):
    """A page of a slide's size; at the end it must have stayed on this machine and without complaint."""
    page = WatchedPage(browser, width=1280, height=720)
    yield page
    page.close()
    assert page.outside == []
    assert page.console == []


def open_deck(watched, file: Path) -> int:
    """Open a built deck and return how many slides it has."""
    watched.page.goto(file.as_uri())
    watched.page.wait_for_function("window.Reveal && Reveal.isReady()")
    return watched.page.evaluate("Reveal.getTotalSlides()")


def walk(watched, slides: int) -> list[str]:
    """Go through a deck by the arrow key and return what is wrong, slide by slide."""
    found = []
    for number in range(1, slides + 1):
        found += [f"slide {number}: {fault}" for fault in watched.page.evaluate(INSPECT, SMALLEST)]
        figure = watched.page.query_selector("section.present figure")
        if figure and colours(figure.screenshot()) < FEWEST_COLOURS:
            found.append(f"slide {number}: the figure is blank")
        watched.page.keyboard.press("ArrowRight")
    boxes = watched.page.evaluate(BOXES)
    return found + ([f"no font has {' '.join(boxes)}"] if boxes else [])


def colours(png: bytes) -> int:
    """How many colours a picture has."""
    return len(Image.open(io.BytesIO(png)).convert("RGB").getcolors(maxcolors=2**24) or [])


@pytest.mark.parametrize("part", build.PARTS)
def test_deck_reads_well_from_the_last_row(part, watched, tmp_path):
    """No slide overflows, no figure is empty or tiny, no character is a box, nothing is asked of elsewhere."""
    deck = build.load(part)
    slides = open_deck(watched, build.build(deck, tmp_path))
    assert slides == len(deck.slides) + 1
    found = walk(watched, slides)
    assert not found, "\n".join(found)
    assert watched.page.evaluate("Reveal.getIndices().h") == slides - 1
    assert watched.page.locator("aside.notes").count() == slides - 1


def test_a_deck_prints_one_page_a_slide(browser, tmp_path):
    """The PDF has as many pages as the deck has slides, and no blank one at the end."""
    deck = build.load(1)
    pdf = build.print_pdf(build.build(deck, tmp_path), len(deck.slides) + 1, browser).read_bytes()
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == len(deck.slides) + 1


def test_a_changed_block_changes_the_slide(tmp_path, monkeypatch):
    """Figures are drawn from the course's blocks when the deck is built: another block, another picture."""
    module = importlib.import_module("slides.part_1")
    before = render_of(module.film)
    monkeypatch.setattr("slides.part_1.WEIGHTS", module.WEIGHTS * 2)
    assert render_of(module.film) != before


def render_of(draw) -> str:
    """The SVG that a slide's function draws."""
    from slides.render import figure_svg

    return figure_svg(draw(), "s-")


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"words": "One idea.\n\n" * 15}, "leaves the slide"),
        ({"figure": lambda: empty_svg(400, 200), "alt": "nothing"}, "a figure is empty"),
        ({"figure": lambda: written_svg(4000, "far too small"), "alt": "small"}, "pixels high"),
        (
            {"figure": lambda: written_svg(300, "too long for its paper " * 3), "alt": "long"},
            "leaves its figure",
        ),
        ({"code": "a = " + " + ".join(["1"] * 60)}, "is cut off"),
        ({"words": "About two thirds.", "notes": "It is 0.67."}, "the notes say 0.67"),
    ],
)
def test_the_walk_sees_a_bad_slide(changes, fault, watched, tmp_path):
    """Each fault that the walk looks for, made on purpose, is found: the walk can fail."""
    bad = Slide(**({"title": "A bad slide", "notes": "x", "words": ""} | changes))
    deck = Deck(number=1, question="?", slides=[bad])
    found = walk(watched, open_deck(watched, build.build(deck, tmp_path)))
    assert any(fault in sentence for sentence in found), found


def empty_svg(width: int, height: int) -> str:
    """White paper with nothing on it."""
    paper = '<rect width="100%" height="100%" fill="#ffffff"/>'
    return f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}">{paper}</svg>'


def written_svg(width: int, words: str) -> str:
    """Paper with two squares and a line of words."""
    squares = "".join(f'<rect x="{x}" y="9" width="9" height="9" fill="#1f5fbf"/>' for x in (9, 29))
    text = f'<text x="60" y="40" font-size="12">{words}</text>'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{width // 2}">{squares}{text}</svg>'
    )
