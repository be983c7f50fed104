"""The pictures of lesson 19: bars before and after the filters, and a beam's tree, agree with their numbers."""

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from tfm.kit.choice import choice_svg
from tfm.kit.drawing import svg_size, svg_to_png
from tfm.kit.style import FOCUS, ORANGE, PAPER
from tfm.lessons.generation.figures import Node, beam_tree_svg

SVG = "{http://www.w3.org/2000/svg}"
ROUNDS = [  # after “the”: rain 0.6, sun 0.4; then the six texts of lesson 19's table, the best four of them
    [Node("rain", 0, np.log(0.6), True), Node("sun", 0, np.log(0.4), True)],
    [
        Node("shines", 1, np.log(0.36), True),
        Node("stops", 0, np.log(0.24), True),
        Node("falls", 0, np.log(0.21), False),
        Node("is", 0, np.log(0.15), False),
    ],
]


def texts(svg):
    """Return every text of a picture, in order."""
    return ["".join(e.itertext()) for e in ET.fromstring(svg).iter(f"{SVG}text")]


def marks(svg, kind):
    """Return the attributes of every element of a kind, such as rect or path."""
    return [e.attrib for e in ET.fromstring(svg).iter(f"{SVG}{kind}")]


def bars(svg):
    """Return (filled, outlined) widths, a pair a row."""
    found = [r for r in marks(svg, "rect")[1:] if "data-cell" not in r]
    return [(float(a["width"]), float(b["width"])) for a, b in zip(found[::2], found[1::2], strict=True)]


def test_bars_are_as_long_as_their_numbers():
    """The outline is the model's probability and the filling what is drawn from, on one scale."""
    svg = choice_svg(["a", "b", "c"], [0.5, 0.3, 0.2], [0.625, 0.375, 0.0])
    (full, first), (second, _), (struck, last) = bars(svg)
    assert first / full == pytest.approx(0.5 / 0.625, abs=1e-3)
    assert second / full == pytest.approx(0.375 / 0.625, abs=1e-3)
    assert (struck, last / full) == (0, pytest.approx(0.2 / 0.625, abs=1e-3))


def test_numbers_stand_beside_the_bars():
    """Both numbers where they differ, one where they are the same, and a word for what was struck out."""
    svg = choice_svg(["a", "b", "c"], [0.5, 0.3, 0.2], [0.7, 0.3, 0.0], title="after “x”?", note="2 others")
    assert texts(svg) == [
        "after “x”?",
        "a",
        "50.0% → 70.0%",
        "b",
        "30.0%",
        "c",
        "20.0%, struck out",
        "2 others",
    ]


def test_a_difference_that_is_not_written_is_not_announced():
    """35.21% before and 35.23% after are one number to a reader."""
    assert texts(choice_svg(["a"], [0.3521], [0.3523])) == ["a", "35.2%"]


def test_what_is_struck_out_is_told_by_more_than_colour():
    """Its outline is dashed; those that stay have a full line."""
    svg = choice_svg(["a", "b"], [0.75, 0.25], [1.0, 0.0])
    outlines = [r for r in marks(svg, "rect")[1:] if r["fill"] == "none"]
    assert ["stroke-dasharray" in r for r in outlines] == [False, True]


def test_one_row_is_framed_and_every_row_can_be_pointed_at():
    """Cells carry row and column; the chosen one alone has the frame."""
    cells = [
        r for r in marks(choice_svg("abc", [0.5, 0.3, 0.2], [1, 0, 0], chosen=1), "rect") if "data-cell" in r
    ]
    assert [c["data-cell"] for c in cells] == ["0,0", "1,0", "2,0"]
    assert [c["stroke"] == FOCUS for c in cells] == [False, True, False]


@pytest.mark.parametrize("token", ["<b>", "&", "中", "🙂", "x" * 200, '"'])
def test_odd_tokens_are_escaped_and_cut(token):
    """Markup, long tokens and other alphabets make a well-formed picture that stays as wide."""
    svg = choice_svg([token], [1.0], [1.0])
    assert len(texts(svg)[0]) <= 12
    assert svg_size(svg) == svg_size(choice_svg(["a"], [1.0], [1.0]))


def test_no_tokens_make_an_empty_picture():
    """Nothing to choose from is drawn without a division by nothing."""
    assert bars(choice_svg([], [], [])) == []


def test_boxes_stand_for_texts():
    """A column a token, the last word and the probability of the whole text in the box, what they share before."""
    svg = beam_tree_svg(ROUNDS, start="the", title="a beam of 2")
    shown = texts(svg)
    assert shown[:2] == ["a beam of 2", "the"]
    assert shown[2:6] == ["rain", "60.0%", "sun", "40.0%"]
    assert shown[6:14] == ["shines", "36.0%", "stops", "24.0%", "falls", "21.0%", "is", "15.0%"]
    cells = [r["data-cell"] for r in marks(svg, "rect") if "data-cell" in r]
    assert cells == ["0,0", "1,0", "0,1", "1,1", "2,1", "3,1"]


def test_dropped_texts_are_hollow_and_dashed():
    """What does not go on is told by its frame, not by its colour alone."""
    boxes = [r for r in marks(beam_tree_svg(ROUNDS), "rect") if "data-cell" in r]
    assert ["stroke-dasharray" in r for r in boxes] == [False, False, False, False, True, True]
    assert [r["fill"] == PAPER for r in boxes] == [False, False, False, False, True, True]


def test_a_text_is_as_dark_as_it_is_likely():
    """Within a column the likeliest box is the darkest."""
    fills = [r["fill"] for r in marks(beam_tree_svg(ROUNDS), "rect") if "data-cell" in r]

    def light(colour):
        return sum(int(colour[i : i + 2], 16) for i in (1, 3, 5))

    assert light(fills[0]) < light(fills[1])
    assert light(fills[2]) < light(fills[3])


def ends(path):
    """Return where a path begins and ends: (x, y), (x, y)."""
    numbers = [float(n) for n in re.findall(r"[\d.]+", path["d"])]
    return (numbers[0], numbers[1]), (numbers[-2], numbers[-1])


def middles(svg):
    """Return the height at which lines meet a box, by row and column."""
    boxes = [r for r in marks(svg, "rect") if "data-cell" in r]
    return {r["data-cell"]: float(r["y"]) + float(r["height"]) / 2 for r in boxes}


def test_lines_join_a_text_to_what_it_continues():
    """The best text is traced by two thick lines, the box of “sun” lies on them, and they are drawn last."""
    svg = beam_tree_svg(ROUNDS)
    paths, at = [p for p in marks(svg, "path") if "C" in p["d"]], middles(svg)
    assert len(paths) == 6
    assert [p["stroke-width"] for p in paths] == ["1.5"] * 4 + ["3"] * 2
    (_, sun), (start, end) = ends(paths[-2]), ends(paths[-1])
    assert sun[1] == at["1,0"]
    assert (start[1], end[1]) == (at["1,0"], at["0,1"])


def test_the_greedy_text_has_a_line_of_its_own():
    """Dashed and orange, from row to row, a little beside the other; the legend names it, and only then."""
    svg = beam_tree_svg(ROUNDS, greedy=(0, 1))
    lines = [p for p in marks(svg, "path") if p["stroke"] == ORANGE and "C" in p["d"]]
    assert all("stroke-dasharray" in p for p in lines)
    heights = [end[1] for _, end in map(ends, lines)]
    assert heights == [middles(svg)[cell] + 4 for cell in ("0,0", "1,1")]
    assert any("greedy" in t for t in texts(svg))
    assert not any("greedy" in t for t in texts(beam_tree_svg(ROUNDS)))


def test_the_chosen_box_is_framed():
    """One box has the frame of focus, and it is the one that was asked for."""
    boxes = [r for r in marks(beam_tree_svg(ROUNDS, chosen=(2, 1)), "rect") if "data-cell" in r]
    assert [r["data-cell"] for r in boxes if r["stroke"] == FOCUS] == ["2,1"]


def test_nothing_is_drawn_off_the_page():
    """Boxes, lines and the prompt's end lie within the picture, at a width of six and eight tokens."""
    rounds = [[Node("w" * 30, 0, -1.0 * i, i < 3) for i in range(6)] for _ in range(8)]
    svg = beam_tree_svg(rounds, start="w" * 40)
    width, height = svg_size(svg)
    for box in [r for r in marks(svg, "rect") if "data-cell" in r]:
        assert float(box["x"]) + float(box["width"]) <= width
        assert float(box["y"]) + float(box["height"]) <= height
    start = next(e for e in ET.fromstring(svg).iter(f"{SVG}text"))
    assert len("".join(start.itertext())) <= 9


@pytest.mark.parametrize("svg", [beam_tree_svg(ROUNDS, greedy=(0, 1), start="the"), beam_tree_svg([])])
def test_a_tree_becomes_a_png(svg):
    """The stored notebook's picture can be made, of an empty search too."""
    assert svg_to_png(svg).startswith(b"\x89PNG")
