"""The circuit of a stack and the results of leaving parts out: what is off is crossed, numbers stand beside."""

import pytest

from tfm.kit.drawing import svg_size, svg_to_png
from tfm.lessons.layers.figures import answers_svg, circuit_svg, results_svg, span_text


@pytest.mark.parametrize(
    ("part", "crosses"),
    [
        ("attention 1", 1),
        ("feed-forward 2", 1),
        ("positions", 1),
        ("last norm", 1),
        ("norms 1", 2),
        ("residual 2", 2),
    ],
)
def test_what_is_off_is_struck_out(part, crosses):
    """A part is crossed where it stands: norms and residual twice a layer, all others once."""
    assert circuit_svg(2, off={part}).count('class="struck"') == crosses
    assert 'class="struck"' not in circuit_svg(2)


def test_numbers_of_the_stream_and_of_each_part_are_written():
    """Lengths stand below the stream, and what a part wrote stands beside it."""
    svg = circuit_svg(1, stream=[1.25, 2.5, 3.75, 5.0], wrote={"attention 1": 7.5, "positions": 8.5})
    for number in ("1.2", "2.5", "3.8", "5.0", "7.5", "8.5"):
        assert f">{number}<" in svg


def test_every_layer_makes_the_circuit_longer():
    """Three layers need more room than two, and each has its two parts."""
    two, three = circuit_svg(2), circuit_svg(3)
    assert svg_size(three)[0] > svg_size(two)[0]
    assert three.count(">attention<") == 3


def test_round_and_square_marks_differ_by_shape():
    """Two experiments can be told apart without colour."""
    round_marks = results_svg({"a": [0.5, 0.75]}, title="t")
    square_marks = results_svg({"a": [0.5, 0.75]}, title="t", marker="■")
    assert round_marks.count("<circle") == 2
    assert "<circle" not in square_marks


def test_guessing_is_marked():
    """The line of chance carries its number."""
    assert "guessing: 10%" in results_svg({"a": [0.5]}, chance=0.1)


def test_a_span_has_one_number_when_both_ends_agree():
    """Shares that round alike are one number."""
    assert span_text([0.501, 0.499]) == "50%"


def test_the_right_answer_is_named():
    """The right answer is filled and says so, also when its share is 0."""
    svg = answers_svg(["a", "B"], [1.0, 0.0], "B")
    assert "0%, right" in svg
    assert svg.count("right") == 1


def test_pictures_become_png():
    """What is drawn is valid SVG, titles with markup included."""
    for svg in (circuit_svg(2, title="a < b"), results_svg({"<x>": [0.5]}), answers_svg(["&"], [1.0], "&")):
        assert svg_to_png(svg)[1:4] == b"PNG"
