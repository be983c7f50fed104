"""Bars of parts and the words for large counts: proportions are true, nothing runs off the page."""

import re
from itertools import pairwise

import pytest

from tfm.by_hand.counting import SHAPES, parameters
from tfm.kit.counting import bars_svg, big_number, byte_text, share_text
from tfm.kit.drawing import svg_size
from tfm.kit.style import text_width

PIECE = re.compile(r'<rect x="([\d.]+)" y="[\d.]+" width="([\d.]+)" height="40" fill="(#\w+)"')
WORDS = re.compile(r'<text x="([\d.]+)" y="([\d.]+)" font-size="12"[^>]*>([^<]*)<')


def test_pieces_are_as_wide_as_their_share():
    """A part three times as large gets three times the width, and together they fill the bar."""
    pieces = PIECE.findall(bars_svg({"tiny": {"a": 1, "b": 3}}))
    (first, one, _), (second, three, _) = pieces
    assert float(three) == pytest.approx(3 * float(one))
    assert float(second) == pytest.approx(float(first) + float(one))


def test_a_part_has_one_colour_in_every_bar():
    """The same name is drawn alike although its place and share differ, and other names otherwise."""
    pieces = PIECE.findall(bars_svg({"one": {"a": 1, "b": 3}, "two": {"b": 1, "a": 5}}))
    colours = [colour for *_, colour in pieces]
    assert colours == [colours[0], colours[1], colours[1], colours[0]]
    assert colours[0] != colours[1]


def test_every_part_above_nothing_is_named():
    """A part of nothing is left out; one too narrow for words is named below."""
    svg = bars_svg({"tiny": {"large": 1000, "crumb": 1, "nothing": 0}})
    assert ">large &gt;99%<" in svg
    assert ">crumb &lt;1%<" in svg
    assert "nothing" not in svg


@pytest.mark.parametrize("name", SHAPES)
def test_labels_below_stay_on_the_page_and_apart(name):
    """What is written under the bar neither leaves the page nor touches its neighbour."""
    svg = bars_svg({name: parameters(SHAPES[name])})
    ends = [
        (float(x), float(x) + text_width(words.replace("&lt;", "<"), 12))
        for x, _, words in WORDS.findall(svg)
    ]
    assert ends
    assert all(start >= 0 and end <= svg_size(svg)[0] for start, end in ends)
    assert all(end < start for (_, end), (start, _) in pairwise(ends))


@pytest.mark.parametrize("count", [999_999, 1_000_000, 9_996_000, 124_439_808, 174_604_259_328, 3.14e23])
def test_three_digits_are_close_enough(count):
    """What is written differs from the count by half a per cent at most."""
    text = big_number(count)
    units = {"million": 1e6, "billion": 1e9, "10¹²": 1e12, "10¹⁵": 1e15, "10¹⁸": 1e18, "10²¹": 1e21}
    digits = float(text.split()[0].replace(",", ""))
    assert digits * units.get(text.split()[-1], 1.0) == pytest.approx(count, rel=0.005)


def test_bytes_and_shares_in_words():
    """A thousand bytes are a kilobyte, as on a card's box; a trace is not nothing, nearly all not all."""
    assert [byte_text(n) for n in (999, 1000, 80e9)] == ["999 B", "1.00 kB", "80.0 GB"]
    assert [share_text(s) for s in (0, 1e-6, 0.5, 0.9999, 1)] == ["0%", "<1%", "50%", ">99%", "100%"]


@pytest.mark.parametrize(
    ("models", "sentence"),
    [
        ({}, "there is no model"),
        ({"tiny": {"a": -1, "b": 2}}, "tiny must have counts of 0 or more"),
        ({"tiny": {"a": 0}}, "and one above 0"),
        ({"tiny": {"a": float("nan")}}, "tiny must have counts"),
    ],
)
def test_nothing_to_draw_gets_a_sentence(models, sentence):
    """No model, a negative count, nothing at all, or no number."""
    with pytest.raises(ValueError, match=sentence):
        bars_svg(models)


def test_names_cannot_break_the_picture():
    """Markup in a name is written, not obeyed."""
    assert "<script>" not in bars_svg({"<script>": {"<b>": 1}})


def test_shares_alone_are_drawn_without_a_total():
    """With an empty unit a bar bears its name, and no sum of shares."""
    svg = bars_svg({"attention": {"a": 0.25, "b": 0.75}}, unit="")
    assert ">attention<" in svg
    assert "75%" in svg
