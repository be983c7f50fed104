"""What every widget keeps, whatever is done to it: it draws, or it says a sentence for people.

Moves are drawn by chance from each widget's own controls, buttons and pictures, as the page sends them and as a
lesson's cell makes them. After each move nothing has escaped, nothing was logged, the message is for people, the
pictures are well-formed and answer to the controls unless they are dimmed, and what was typed is never markup.
"""

import json
import logging
import pkgutil
import re
import xml.etree.ElementTree as ET
from importlib import import_module
from random import Random

import ipywidgets
import pytest
from kit.every_widget import MAKERS
from patience import HANG_SECONDS
from traitlets import TraitError

import tfm.kit
import tfm.lessons
from tfm.kit.base import STALE, LessonWidget
from tfm.kit.door import changeable
from tfm.kit.picture import Picture
from tfm.kit.played import PlayedWidget
from tfm.kit.player import Player

MOVES, LONG = 24, 300
TEXTS = (
    "", "  \t\n ", "a" * 10_000, "a b " * 3_000, "\U0001f469\u200d\U0001f467 🙂", "e\u0301\u0301\u0301", "شيء آخر",
    "a\u202eb", "\x00\x07\x1b[31m\x7f", "<img src=x onerror=alert(1)>", "<script>alert(1)</script> & \"'",
    "a\ud83d", "我爱你", "1,024", "nan", "1e999", "-1", "½ ² ٣", "a, b; c", "{} {0} %s", "0", "3 1", "1 2; 3 4",
    "2.3", "99.99", "\ufffe", "the cat", "sun sky", "list list", "a b", "playground data=xor hidden=2",
    "playground hidden=99",
)  # fmt: skip
ODD = (
    None,
    float("nan"),
    float("inf"),
    -1,
    0,
    1,
    0.5,
    2.0,
    2.5,
    10**30,
    -(10**30),
    True,
    "",
    "x",
    "3",
    [],
    [1],
    {},
)
CELLS = ([-1, -1], [0, 99], [99, 0], [10**6, 10**6], [-5, 2], [1, 0], [0, 1], [7, 7], [3, 0], [0, 5])
ODD_CELLS = (None, [], [1], [1, 2, 3], ["a", "b"], [0.5, 1], [None, None], "1,1", {}, [True, True], 5)
NOT_FOR_PEOPLE = re.compile(
    r"Error\b|Exception|Traceback|list index|subscript|NoneType|\bNone\b|\bnan\b|\binf\b|object at|0x[0-9a-f]{4}"
    r"|<class|\b(float|int|str|bool|ndarray|dict|tuple)\b|numpy|dtype|operand|broadcast|codec|instance|trait\b|argument"
    r"|could not be d"
)
ENDS = re.compile(r"[\w.!?”’')\]…%⟩]$")


@pytest.fixture(autouse=True)
def _as_a_reader(as_a_reader_calls_it):
    """Call widgets as lessons do, and leave no thread behind."""
    yield
    Player.stop_all()


def classes():
    """Every class of widgets that the course has."""
    for room in (tfm.kit, tfm.lessons):
        for module in pkgutil.walk_packages(room.__path__, f"{room.__name__}."):
            for found in vars(import_module(module.name)).values():
                if isinstance(found, type) and issubclass(found, LessonWidget) and "draw" in vars(found):
                    yield found


def test_every_widget_is_moved():
    """No class is missing from the table."""
    assert {type(make()) for make in MAKERS.values()} == set(classes()) - {LessonWidget}


# Moves ------------------------------------------------------------------------------------------------------


def a_number(random, control):
    """A number that the page could send: within the bounds of a control, at them, or beyond."""
    low, high = getattr(control, "min", -10), getattr(control, "max", 10)
    low, high = (10**low, 10**high) if isinstance(control, ipywidgets.FloatLogSlider) else (low, high)
    number = random.choice((random.uniform(low, high), low, high, low - 1, high + 1, 10 * high + 1))
    return number if isinstance(control.value, float) and random.random() < 0.7 else round(number)


def a_value(random, control):
    """What may be sent for a control, and the name it is sent by."""
    if random.random() < 0.15:
        name = "index" if hasattr(control, "index") else "value"
        return name, random.choice(ODD)
    if hasattr(control, "index"):
        return "index", random.randrange(len(control.options) + (random.random() < 0.1))
    if isinstance(control.value, str):
        return "value", random.choice(TEXTS)
    if isinstance(control.value, bool):
        return "value", random.random() < 0.5
    return "value", a_number(random, control)


def a_cell(random, picture):
    """A cell within the picture, beside it, or none."""
    shown = [[int(n) for n in cell] for cell in re.findall(r'data-cell="(-?\d+),(-?\d+)"', picture.svg)]
    if shown and random.random() < 0.5:
        row, column = random.choice(shown)
        step = random.choice(([0, 0], [0, 0], [0, 1], [1, 0], [0, -1], [-1, 0]))
        return random.choice(([row + step[0], column + step[1]], [column, row]))
    return random.choice(CELLS + (ODD_CELLS if random.random() < 0.3 else ()))


def point(random, picture):
    """Point, click, paint or drag, as the page tells of it or as a cell of a lesson does."""
    cell = a_cell(random, picture)
    kind = random.choice(
        ("cell", "cell", "click", "click", "stroke", "drag", "cell by code", "click by code", "odd")
    )
    if kind == "cell":
        picture.set_state({"cell": cell})
    elif kind in ("click", "stroke"):
        picture._handle_custom_msg({kind: cell}, [])
    elif kind == "drag":
        place = [random.choice((-5, 0, 100.5, 9_999, None, float("nan"), "x")) for _ in "xy"]
        name = random.choice((*re.findall('data-drag="(.*?)"', picture.svg), "nothing", None, 3))
        picture.set_state({"drag": {"name": name, "x": place[0], "y": place[1]}})
    elif kind == "odd":
        picture._handle_custom_msg(
            random.choice(({}, [], None, {"shown": []}, {"jump": [1, 1]}, {"click": None})), []
        )
    elif cell in CELLS:
        if kind == "cell by code":
            picture.cell = cell
        else:
            picture.click(*cell)
    return f"{picture} {kind} {cell}"


def move(random, widget):
    """Make one move; what it was."""
    part = random.choice([part for part in changeable(widget) if part is not widget._reset])
    if isinstance(part, Picture):
        return point(random, part)
    if isinstance(part, ipywidgets.Button):
        part._handle_custom_msg({"event": "click"}, [])
        return f"button {part.description}"
    if not hasattr(part, "value") or isinstance(part, ipywidgets.HTML | ipywidgets.Label):
        return "nothing"
    name, value = a_value(random, part)
    if random.random() < 0.8:
        part.set_state({name: value})
    elif value not in ODD:
        try:
            setattr(part, name, value)
        except TraitError:
            return f"{part.description} refuses {value!r}"
    return f"{part.description}.{name} = {value!r:.60}"


# What holds after each of them ------------------------------------------------------------------------------


def state(widget):
    """All that a page is told of a widget and its parts, by their places in the tree."""
    found = [widget.get_state()]
    for part in (widget.layout, getattr(widget, "style", None)):
        found += [part.get_state()] if part is not None else []
    for kept in found:
        for name in ("_esm", "_css", "_anywidget_id", "children", "layout", "style"):
            kept.pop(name, None)
    return found + [each for child in getattr(widget, "children", ()) for each in state(child)]


def differences(before, now):
    """What differs in the states of one part, shortened."""
    changed = [key for key, value in before.items() if value != now[key]]
    return [f"{key}: {before[key]!s:.120} is now {now[key]!s:.120}" for key in changed]


def check(widget, log):
    """Hold the contract for what is shown now."""
    assert not log.records, log.text
    message = widget.message
    if message:
        told = re.sub("[“'\"‘].*?[”'\"’]", "“x”", message)
        assert not NOT_FOR_PEOPLE.search(told), message
        assert len(message.split()) > 2, message
        assert len(message) <= 300, message
        assert ENDS.search(message), message
    for picture in widget.pictures.values():
        ET.fromstring(picture.svg or "<svg/>")
    shown = [p.svg for p in widget.pictures.values()] + [widget._message.value, widget._readout.value]
    for text in shown:
        assert "<img" not in text, text[:300]
        assert "<script" not in text, text[:300]
    json.dumps(state(widget), allow_nan=False, ensure_ascii=False).encode()


def answers(widget):
    """Whether every picture that is not dimmed is what the controls ask for now."""
    stale = {name for name, picture in widget.pictures.items() if STALE in picture._dom_classes}
    try:
        wanted = widget.draw().pictures
    except ValueError:
        wanted = {}
        assert widget.message, "the controls cannot be drawn, and nothing is said"
    for name, picture in widget.pictures.items():
        if name in wanted:
            assert name not in stale, f"{name} is dimmed and could be drawn"
            assert picture.svg == wanted[name], f"{name} does not answer to its controls"
        else:
            assert name in stale or not picture.svg, f"{name} shows an earlier setting and is not dimmed"


def tour(make, seed, moves, log):
    """Make moves by chance, hold the contract after each, and Reset now and then."""
    random, widget, made = Random(seed), make(), []
    first = state(widget)
    try:
        for number in range(moves):
            made.append(move(random, widget))
            if isinstance(widget, PlayedWidget):
                widget.pause()
                widget.player.wait(HANG_SECONDS)
            check(widget, log)
            if random.random() < 0.3:
                answers(widget)
            if random.random() < 0.1 or number == moves - 1:
                made.append("Reset")
                widget._reset._handle_custom_msg({"event": "click"}, [])
                assert widget.message == ""
                left = [pair for pair in zip(first, state(widget), strict=True) if pair[0] != pair[1]]
                assert not left, f"Reset does not bring the opening state back: {differences(*left[0])}"
    except Exception as error:
        error.add_note("\n".join(["the moves, the last one last:", *made[-12:]]))
        raise
    finally:
        widget.close()


@pytest.mark.parametrize("name", MAKERS)
def test_a_widget_draws_or_says_a_sentence(name, caplog):
    """Some moves by chance of every widget."""
    caplog.set_level(logging.WARNING)
    tour(MAKERS[name], f"{name} 0", MOVES, caplog)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(1, 6))
@pytest.mark.parametrize("name", MAKERS)
def test_a_widget_draws_or_says_a_sentence_for_long(name, seed, caplog):
    """300 moves by chance of every widget, five times."""
    caplog.set_level(logging.WARNING)
    tour(MAKERS[name], f"{name} {seed}", LONG, caplog)
