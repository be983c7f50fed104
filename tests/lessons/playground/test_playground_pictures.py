"""The playground's pictures: what is wide, dashed, hollow or clickable is what the numbers say."""

import base64
import io
import re
from itertools import pairwise

import numpy as np
import pytest
from PIL import Image

from tfm.kit.drawing import svg_size, svg_to_png
from tfm.kit.style import BLUE, ORANGE, svg_page
from tfm.lessons.playground.board_figure import MOST_DOTS, plane_map_svg, points_svg
from tfm.lessons.playground.links_figure import (
    BIAS,
    FULL_WEIGHT,
    WIDEST,
    Place,
    link_cell,
    links_svg,
    pushes_svg,
    read_cell,
)
from tfm.lessons.playground.network_figure import SIDE, NetworkView, network_svg
from tfm.lessons.playground.seen_figure import seen_svg
from tfm.lessons.playground.smooth import smooth_image


def view(hidden=(4, 2), **changes):
    """A network with random numbers in it."""
    random = np.random.default_rng(0)
    sizes = [2, *hidden, 1]
    pairs = list(pairwise(sizes))
    maps = [np.tanh(random.normal(size=(n, SIDE, SIDE))) for n in (7, *sizes[1:])]
    given = {
        "maps": maps,
        "labels": list("abcdefg"),
        "active": [0, 3],
        "weights": [random.normal(size=p) for p in pairs],
        "biases": [random.normal(size=m) for _, m in pairs],
        "weight_slopes": [random.normal(size=p) for p in pairs],
    }
    return NetworkView(**(given | changes))


def pixels(svg):
    """The image's pixels, as people see them."""
    raw = base64.b64decode(re.search(r"base64,([^\"]+)", svg)[1])
    return np.asarray(Image.open(io.BytesIO(raw)).convert("RGB")).astype(int)


def test_an_image_holds_each_value_in_its_colour():
    """Deep blue at 1, white at 0, deep orange at −1 and beyond, grey for NaN; the first row is the top."""
    seen = pixels(smooth_image([[1, 0], [-5, np.nan]], 0, 0, 10, 10))
    assert seen[0, 0].tolist() == [16, 62, 140]
    assert seen[0, 1].tolist() == [255, 255, 255]
    assert seen[1, 0].tolist() == [176, 74, 6]
    assert len(set(seen[1, 1].tolist())) == 1


def test_a_stored_picture_shows_the_image():
    """What renders the PNG of a stored notebook draws embedded images too."""
    svg = svg_page(20, 20, [smooth_image([[1]], 0, 0, 20, 20)], "a square")
    png = np.asarray(Image.open(io.BytesIO(svg_to_png(svg, 1))).convert("RGB"))
    assert png[10, 10].tolist() == [16, 62, 140]


@pytest.mark.parametrize(
    "cell", [(0, 0), (7, 3), (-1, 2), (-2, 6), link_cell(0, 0, 1), link_cell(7, 7, 7), link_cell(BIAS, 4, 2)]
)
def test_every_cell_has_one_meaning(cell):
    """Neurons, buttons, links and biases are told apart by their cell alone."""
    place = read_cell(cell)
    assert place.column == cell[1]
    kinds = {(0, 0): "neuron", (7, 3): "neuron", (-1, 2): "minus", (-2, 6): "plus"}
    assert place.kind == kinds.get(cell, "bias" if cell[0] >= 190 else "link")
    if place.kind == "link":
        assert link_cell(place.source, place.row, place.column) == cell


def test_every_neuron_link_bias_and_button_can_be_pointed_at():
    """7 features, 4 + 2 + 1 neurons and biases, 2·4 + 4·2 + 2·1 links, two buttons a hidden layer."""
    cells = re.findall(r'data-cell="(-?\d+),(\d+)"', network_svg(view()))
    kinds = [read_cell((int(r), int(c))).kind for r, c in cells]
    assert len(set(cells)) == len(cells)
    assert {k: kinds.count(k) for k in set(kinds)} == {
        "neuron": 14,
        "bias": 7,
        "link": 18,
        "minus": 2,
        "plus": 2,
    }
    sources = {read_cell((int(r), int(c))).source for r, c in cells if c == "1" and 100 <= int(r) < 190}
    assert sources == {0, 3}  # the features that go in
    assert 'data-cell="-1,1"' not in network_svg(view(buttons=False))


def test_a_link_is_as_wide_as_its_weight_and_dashed_below_zero():
    """The full width at the full weight, never more; the sign by dash as well as by colour."""
    svg = links_svg(np.array([[1.0, -0.5], [3.0, -9.0]]), [0, 1], 1, 120)
    paths = re.findall(r'<path d="([^"]+)" stroke-width="([\d.]+)" ([^/]+)/>', svg)
    looks = {(width, BLUE in look, "dasharray" in look): d.count("M") for d, width, look in paths}
    assert looks == {
        (f"{WIDEST:g}", True, False): 2,
        (f"{WIDEST / 2:g}", False, True): 1,
        (f"{WIDEST:g}", False, True): 1,
    }
    assert FULL_WEIGHT > 1


def test_gradients_may_stand_in_the_links_or_push_them():
    """`gradients` draws slopes instead of weights; `both` adds a mark against the slope; 0 gets none."""
    weights, gradients, both = (network_svg(view(show=s)) for s in ("weights", "gradients", "both"))
    assert len({weights, gradients, both}) == 3
    assert "gradient above 0" in gradients
    assert "▲ the next step raises it" in both
    up, down = re.findall(r'd="([^"]*)"', pushes_svg(np.array([[-1.0, 0.5], [0.0, -0.001]]), [0, 1], 1, 120))
    assert (up.count("M"), down.count("M")) == (1, 1)
    y, tip = (float(n) for n in re.match(r"M\S+ (\S+)h\S+L\S+ (\S+)Z", up).groups())
    assert tip < y  # a slope below 0: descent raises the weight


def test_the_chosen_neuron_and_link_are_framed():
    """What the reader looks at is marked, whatever kind it is."""
    plain = network_svg(view())
    for changes in (
        {"chosen": (1, 1)},
        {"link": link_cell(0, 1, 1)},
        {"link": link_cell(BIAS, 1, 1)},
        {"link": (-1, 1)},
    ):
        marked = network_svg(view(**changes))
        assert len(marked) > len(plain), changes
        assert marked != network_svg(view(link=(-2, 1)))


@pytest.mark.parametrize("hidden", [(), (1,), (8,) * 6])
def test_any_shape_is_drawn_on_the_page(hidden):
    """From a single neuron to six layers of eight; nothing stands outside the sheet."""
    drawn = view(hidden, show="both", chosen=(0, len(hidden) + 1))
    svg = network_svg(drawn)
    width, height = svg_size(svg)
    for x, y in re.findall(r'<rect x="([\d.-]+)" y="([\d.-]+)"', svg):
        assert -1 <= float(x) < width
        assert -1 <= float(y) < height
    assert len(svg) < 200_000


def test_points_differ_by_shape_and_test_points_are_hollow():
    """+1 round and −1 square; a hollow point is white inside; what lies outside the plane is not drawn."""
    full = points_svg([[0, 0], [1, 1], [99, 0]], [1, -1, 1])
    hollow = points_svg([[0, 0]], [1], hollow=True)
    caps = re.findall(r'stroke="([^"]+)" stroke-width="[\d.]+" stroke-linecap="(\w+)"', full)
    assert caps == [("#fff", "square"), (ORANGE, "square"), ("#fff", "round"), (BLUE, "round")]
    assert full.count("h.01") == 4
    assert re.findall(r'stroke="([^"]+)"', hollow) == [BLUE, "#fff"]
    assert points_svg(np.empty((0, 2)), []) == '<g pointer-events="none"></g>'


def test_the_loss_is_written_and_drawn():
    """Both numbers, the epoch, and a curve of at most so many points however long the run."""
    losses = np.stack([np.linspace(1, 0.25, 5001), np.linspace(1, 0.5, 5001)], axis=1)
    svg = plane_map_svg(np.zeros((4, 4)), "the output", losses=losses, epochs=1000 + np.arange(len(losses)))
    assert "train 0.250" in svg
    assert "test 0.500" in svg
    assert "epoch 6,000" in svg
    lines = re.findall(r'<path d="(M[^"]+)" fill="none"', svg)
    assert [line.count("L") for line in lines] == [MOST_DOTS - 1] * 2
    assert "epoch" not in plane_map_svg(np.zeros((4, 4)), "alone")


def test_the_sign_alone():
    """Without shades there are two colours."""
    values = np.linspace(-1, 1, 16).reshape(4, 4)
    assert len(np.unique(pixels(plane_map_svg(values, "")).reshape(-1, 3), axis=0)) > 10
    assert len(np.unique(pixels(plane_map_svg(values, "", sign=True)).reshape(-1, 3), axis=0)) == 2


def test_planes_in_rows():
    """Titles, names and signs are written, and points are drawn on each plane."""
    rows = [[("one", np.eye(4)), ("two", -np.eye(4))], [("three", np.eye(4))]]
    svg = seen_svg(rows, signs=[["+"]], names=["first", "second"], points=points_svg([[0, 0]], [1]))
    assert svg.count("<image") == svg.count("scale(") == 3
    assert all(f">{word}<" in svg for word in ("one", "two", "three", "first", "second", "+"))
    assert read_cell((0, 0)) == Place("neuron", 0, 0, 0)
