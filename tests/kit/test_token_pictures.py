"""The picture of tokens: each is drawn once, what is in it can be seen, and nothing leaves the paper."""

import re
import unicodedata
import xml.etree.ElementTree as ET
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tfm.kit.drawing import svg_size, svg_to_png
from tfm.kit.tokens import WIDTH, is_partial, token_text, tokens_svg

SVG = "{http://www.w3.org/2000/svg}"
BOX = re.compile(r'<rect x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="(\d+)"[^>]*data-cell')


@pytest.fixture(autouse=True)
def _as_a_reader(as_a_reader_calls_it):
    """Call the pictures as lessons do."""


def byte_tokens(text):
    """Return a token a byte."""
    return [(byte, bytes([byte])) for byte in text.encode()]


def words(svg):
    """Return every text of a picture, in order."""
    return [e.text for e in ET.fromstring(svg).iter(f"{SVG}text")]


def boxes(svg):
    """Return each token's box: left, top, width, height."""
    return [tuple(map(float, found)) for found in BOX.findall(svg)]


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b" the", "␣the"),
        (b"\n", "⏎"),
        (b"\tx", "⇥x"),
        ("孩子".encode(), "孩子"),
        ("孩".encode()[:2], "⟨E5 AD⟩"),
        (b" \xe6", "␣⟨E6⟩"),
        ("é!".encode()[1:], "⟨A9⟩!"),
        ("😀".encode(), "😀"),
        (b"\x00", "⟨00⟩"),
        ("\u200b".encode(), "⟨E2 80 8B⟩"),
        ("\u0301".encode(), "◌\u0301"),
        (b" " * 6, "␣␣␣␣␣␣"),
        (b" " * 7, "␣×7"),
        (b"", ""),
    ],
)
def test_everything_in_a_token_can_be_seen(raw, text):
    """Spaces and line ends become signs; half characters and what has no sign become bytes."""
    assert token_text(raw) == text


@given(st.binary(max_size=12))
def test_no_bytes_are_without_a_text(raw):
    """Any bytes are written without control characters and lone surrogates, and only bytes ever dash a box."""
    text = token_text(raw)
    assert bool(text) == bool(raw)
    assert not any(unicodedata.category(char) in {"Cc", "Cs"} for char in text)
    assert is_partial(raw) == ('stroke-dasharray="3 2"' in tokens_svg([(0, raw)]))


def test_each_token_is_one_box_with_its_place():
    """As many boxes as tokens, numbered from left to right, in the row that was asked for."""
    svg = tokens_svg(byte_tokens("hello 中"), row=2)
    assert re.findall(r'data-cell="([\d,]+)"', svg) == [f"2,{i}" for i in range(9)]
    assert words(svg) == ["h", "e", "l", "l", "o", "␣", "⟨E4⟩", "⟨B8⟩", "⟨AD⟩"]


def test_ids_stand_below_on_demand():
    """With ids each box has its number; without, none has."""
    tokens = [(31373, b"hello"), (220, b" ")]
    assert words(tokens_svg(tokens, ids=True))[2:] == ["31373", "220"]
    assert "220" not in words(tokens_svg(tokens))


def test_lines_wrap_and_a_line_end_ends_one():
    """No box passes the width, boxes of a line do not touch, and what follows a line's end begins a line."""
    places = boxes(tokens_svg(byte_tokens("a long line " * 30 + "\nnew")))
    assert all(x + width <= WIDTH for x, _, width, _ in places)
    assert len({y for _, y, _, _ in places}) > 3
    for (x, y, width, _), (right, same, _, _) in pairwise(places):
        assert same > y or right > x + width
    assert places[-3][0] == places[0][0]


def test_neighbours_differ_and_have_borders():
    """Papers and borders alternate, so that even in grey two tokens are two boxes."""
    fills = re.findall(r'fill="(#\w+)" stroke="(#\w+)"[^>]*data-cell', tokens_svg(byte_tokens("abcd")))
    assert fills[0] == fills[2] != fills[1] == fills[3]
    assert all(paper != border for paper, border in fills)


def test_marked_chosen_and_touched_tokens_differ_by_shape():
    """A marked token has a bar, the chosen one a thick frame, others thin ones; a place past the end none."""
    tokens = byte_tokens("abca")
    plain = tokens_svg(tokens)
    assert tokens_svg(tokens, marked={97}).count("<path") == 2
    assert tokens_svg(tokens, chosen=1, also=[2, 3]).count('class="frame"') == 3
    assert tokens_svg(tokens, chosen=9, also=[9]) == plain


def test_many_tokens_are_drawn_in_part_and_it_says_so():
    """The first N are drawn, and a line says how many there are; no tokens get a line too."""
    svg = tokens_svg(byte_tokens("x" * 10_000), most=50)
    assert len(boxes(svg)) == 50
    assert words(svg)[-1] == "the first 50 of 10,000 tokens are drawn"
    assert words(tokens_svg([])) == ["no text, no tokens"]


def test_odd_tokens_spoil_no_picture():
    """Markup, half characters, emoji and a very long token make a picture that can be read and rendered."""
    tokens = [(1, b"<b>&\"'"), (2, b"\xff\xfe"), (3, "👩‍👩‍👧".encode()), (4, b"=" * 500), (5, b"")]
    svg = tokens_svg(tokens, ids=True, chosen=3, title="<i>&")
    width, height = svg_size(svg)
    assert words(svg)[:2] == ["<i>&", "<b>&\"'"]
    assert all(x + w <= width and y + h <= height for x, y, w, h in boxes(svg))
    assert svg_to_png(svg, zoom=1)[1:4] == b"PNG"
