"""The course's pictures: what they show, how large they are, and that no text or number breaks them."""

import base64
import io
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from PIL import Image

from tfm.kit.drawing import Drawing, side_by_side, stack_svgs, svg_size, svg_to_png
from tfm.kit.figure import new_figure
from tfm.kit.heads import heads_svg
from tfm.kit.heatmap import heatmap_svg, number_text
from tfm.kit.style import FOCUS, LINE, ORANGE, diverging, ramp, svg_page, svg_text
from tfm.lessons.real_attention.figures import WIDTH, gaze_svg

SVG = "{http://www.w3.org/2000/svg}"
GREY = "#bbbbbb"
ODD = [
    "<b>&\"'</b>",
    "😀🎉👩‍👩‍👧",
    "مرحبا",
    "a\x00b\x1b\n",
    "\ud800",
    "\ufffe",
    "",
    "x" * 10_000,
    "张麻子",
    "]]>",
    "{svg}",
]
NO_FONT_HAS = "\U000e0fff"  # unassigned


@pytest.fixture(autouse=True)
def _as_a_reader(as_a_reader_calls_it):
    """Call the pictures with whole numbers too, as lessons do."""


def parsed(svg):
    """The drawing as a tree; fails where a browser's strict parser would."""
    return ET.fromstring(svg)


def words(svg):
    """Every text that stands in the drawing."""
    return [text.text or "" for text in parsed(svg).iter(f"{SVG}text")]


def cells(svg):
    """The elements one can point at, by their data-cell."""
    return {e.get("data-cell"): e for e in parsed(svg).iter() if e.get("data-cell")}


def pixels(svg):
    """The rendered drawing, height × width × 3."""
    return np.asarray(Image.open(io.BytesIO(svg_to_png(svg))).convert("RGB"))


@pytest.mark.parametrize("text", ODD)
def test_any_text_is_escaped_and_fits(text):
    """Markup, emoji, right-to-left letters, control characters and long words leave a well-formed drawing."""
    drawings = [
        heatmap_svg([[0.5, 0.5]], [text], [text, "b"], title=text[:40]),
        heads_svg(np.full((1, 2, 3, 3), 1 / 3), title=text[:40]),
        gaze_svg([text, "b"], asker=0, picked=[1], weights=[0.5, 0.5], title=text[:40]),
    ]
    for svg in [*drawings, stack_svgs(drawings), side_by_side(drawings)]:
        assert not list(parsed(svg).iter(f"{SVG}b")), "the text became markup"
        assert svg_size(svg)[0] < 3000, "a long word made the picture too wide"
        svg_to_png(svg, zoom=1)


def test_text_is_kept_as_it_is():
    """What XML can hold stands in the drawing as the reader typed it."""
    for text in ["<b>&\"'</b>", "مرحبا", "张麻子", "😀"]:
        assert text in words(heatmap_svg([[1.0]], [text], ["column"]))


def test_a_chinese_character_is_not_a_box():
    """Two Chinese characters differ from each other, and both from a character that no font has."""

    def picture(character):
        return svg_to_png(svg_page(40, 40, [svg_text(5, 30, character, 26)], "one character"))

    assert len({picture(c) for c in ("我", "张", NO_FONT_HAS)}) == 3


def test_heatmap_marks_cells_and_says_numbers():
    """Each cell has its place and its number; darker is more; the chosen one is framed and its labels are bold."""
    svg = heatmap_svg([[0.25, 0.75], [1.0, 0.0]], ["r1", "r2"], ["c1", "c2"], title="title", chosen=(1, 0))
    found = cells(svg)
    assert set(found) == {"0,0", "0,1", "1,0", "1,1"}
    assert [found[c].get("fill") for c in ("0,0", "1,0", "1,1")] == [ramp(0.25), ramp(1), ramp(0)]
    assert {".25", ".75", "1.00", ".00", "r1", "c2", "title"} <= set(words(svg))
    bold = [t.text for t in parsed(svg).iter(f"{SVG}text") if t.get("font-weight") == "700"]
    assert bold == ["r2", "c1"]
    (frame,) = [e for e in parsed(svg).iter(f"{SVG}rect") if e.get("stroke") == FOCUS]
    assert (frame.get("x"), frame.get("y")) == (found["1,0"].get("x"), found["1,0"].get("y"))


def test_heatmap_of_nan_and_infinity():
    """NaN and −∞ are grey and say so; a negative number brings the scale around zero; all forbidden is drawn."""
    svg = heatmap_svg([[np.nan, -np.inf, -2.0, 1.0]], ["r"], list("abcd"), limit=None)
    fills = [cells(svg)[f"0,{j}"].get("fill") for j in range(4)]
    assert fills == [GREY, LINE, diverging(-1), diverging(0.5)]
    assert {"NaN", "−∞", "−2.00", "1.00"} <= set(words(svg))
    for extreme in (-np.inf, np.nan, 0.0):
        parsed(heatmap_svg([[extreme]], ["r"], ["c"], limit=None))


def test_number_text_fits_a_cell():
    """However large a number is, its cell has room; a tiny negative one is no −0."""
    values = [0.0, 0.999, -0.001, 12.345, -99.999, 123.4, -12_345.6, 1e6, -3.4e38, np.inf, np.nan]
    assert max(len(number_text(v)) for v in values) <= 6
    assert number_text(-0.001) == ".00"


@pytest.mark.parametrize("n", [1, 8, 14, 20, 28, 40])
def test_heatmap_sizes(n):
    """A map of any size up to the widgets' limit stays below 720 pixels; numbers stand in it up to 14 columns."""
    names = [f"word{i}" for i in range(n)]
    svg = heatmap_svg(np.full((n, n), 1 / n), names, names)
    assert max(svg_size(svg)) < 720
    assert (number_text(1 / n) in words(svg)) == (n <= 14)


def test_heads_show_every_head_on_one_scale():
    """A tile a head, the framed one and the struck one where they belong; NaN does not break it."""
    weights = np.zeros((2, 3, 4, 4))
    weights[1, 2] = np.nan
    weights[0, 1] = 1.0
    svg = heads_svg(weights, chosen=(1, 0), ablated={(0, 2)}, title="all")
    assert set(cells(svg)) == {f"{i},{j}" for i in range(2) for j in range(3)}
    assert [c for c, e in cells(svg).items() if e.get("stroke") == FOCUS] == ["1,0"]
    assert [e.get("stroke") for e in parsed(svg).iter(f"{SVG}path")] == [ORANGE]
    tiles = [image.get("href").split(",")[1] for image in parsed(svg).iter(f"{SVG}image")]
    colours = [Image.open(io.BytesIO(base64.b64decode(t))).getpixel((0, 0)) for t in tiles[:2]]
    assert ["#{:02x}{:02x}{:02x}".format(*c) for c in colours] == [ramp(0), ramp(1)]


def test_gaze_hides_and_shows():
    """Without weights there is no column and no number; with them one each, and nothing moves."""
    tokens, options = ["the", "cat", "sat"], {"asker": 2, "picked": [1], "chosen": 0, "title": "whom?"}
    hidden, shown = gaze_svg(tokens, **options), gaze_svg(tokens, **options, weights=[0.125, np.nan, 1.5])
    assert not any("%" in text for text in words(hidden))
    assert 'class="column"' not in hidden
    assert shown.count('class="column"') == 3
    assert {"12%", "NaN", "150%"} <= set(words(shown))
    assert svg_size(hidden) == svg_size(shown)
    assert hidden.count('class="picked"') == 1
    assert "looks" in words(hidden)
    places = [{c: (e.get("x"), e.get("y")) for c, e in cells(svg).items()} for svg in (hidden, shown)]
    assert places[0] == places[1]


def test_gaze_wraps_and_keeps_lines_apart():
    """Forty long tokens wrap below the width, and a full column touches neither the line above nor the title."""
    svg = gaze_svg(["international"] * 40, asker=0, weights=[1.0] * 40, picked=range(40), title="t")
    assert svg_size(svg)[0] <= WIDTH + 20
    boxes = list(cells(svg).values())
    rows = sorted({float(e.get("y")) for e in boxes})
    assert len(rows) > 3
    highest = min(float(t.get("y")) for t in parsed(svg).iter(f"{SVG}text") if t.text == "100%")
    assert highest - 11 > 18, "a number runs into the title"
    assert (highest - rows[0]) + rows[1] - 9 > rows[0] + 30 + 23, (
        "a number runs into “looks” of the line above"
    )


def test_joined_drawings_keep_their_sizes():
    """One drawing stays as it is; several lie beside or below each other and can be shrunk by the page."""
    one, two = svg_page(30, 20, [], "one"), svg_page(50, 10, [], "two")
    assert stack_svgs([one]) == side_by_side([one]) == one
    assert svg_size(stack_svgs([one, two], gap=4)) == (50, 34)
    assert svg_size(side_by_side([one, two], gap=4)) == (84, 20)
    assert parsed(side_by_side([one, two], gap=4)).get("viewBox") == "0 0 84 20"


def test_png_is_what_the_svg_says():
    """The stored PNG has two pixels a drawn pixel, the declared size, a fixed text, and the drawing's colours."""
    svg = svg_page(30, 20, ['<rect width="15" height="20" fill="#103e8c"/>'], "half")
    bundle, sizes = Drawing(svg, "half blue")._repr_mimebundle_()
    assert set(bundle) == {"image/png", "text/plain"}
    assert bundle["text/plain"] == "<drawing: half blue>"
    assert sizes["image/png"] == {"width": 30, "height": 20}
    image = np.asarray(Image.open(io.BytesIO(base64.b64decode(bundle["image/png"]))).convert("RGB"))
    assert image.shape == (40, 60, 3)
    assert (tuple(image[20, 10]), tuple(image[20, 50])) == ((16, 62, 140), (255, 255, 255))
    assert np.array_equal(image, pixels(svg))


def test_figures_write_chinese():
    """A matplotlib figure of ours has glyphs for Chinese: two characters give two pictures, without a warning."""

    def png(text):
        figure, axes = new_figure(2.0, 1.0)
        axes.set_title(text)
        return figure._repr_png_()

    assert len({png("我"), png("张")}) == 2
