"""The base of every widget: what is stored, who draws and when, and what becomes of an exception."""

import base64
import io
import json
import threading

import ipywidgets
import pytest
from ipywidgets.widgets.widget import _instances
from patience import HANG_SECONDS
from PIL import Image

from tfm.kit import cells
from tfm.kit.base import HELP, STALE, STALE_WORDS, VIEW_TYPE, LessonWidget, View
from tfm.kit.picture import KEPT, Picture
from tfm.kit.style import svg_page


@pytest.fixture(autouse=True)
def _as_a_reader(as_a_reader_calls_it):
    """Give whole numbers where a lesson does."""


class Bar(LessonWidget):
    """The smallest widget: a bar as long as a number."""

    def __init__(self, before=lambda n: None):
        super().__init__()
        self.before, self.drawn = before, []
        number = self.control("number", ipywidgets.IntSlider(3, -100, 100, description="number"))
        text = self.control("text", ipywidgets.Text("a", description="text"))
        self.bar = self.picture("bar", "a bar", cell=(0, 1))
        self.start([number, text], self.bar)

    def draw(self):
        """See `LessonWidget.draw`."""
        n = self.value("number")
        self.before(n)
        self.drawn.append(n)
        row, column = self.bar.cell
        bar = f'<rect width="{abs(n)}" height="{10 * row + column}"/>'
        return View({"bar": svg_page(120, 30, [bar], self.value("text"))}, f"{n} long")


def state(widget):
    """All that a reader sees."""
    return widget.bar.svg, widget.view, widget._readout.value, widget._message.value


def test_a_control_redraws():
    """Moving a control, or pointing into the picture, changes picture and numbers."""
    bar = Bar()
    first = state(bar)
    bar.controls["number"].value = 7
    assert bar.bar.svg != first[0]
    assert bar._readout.value == "7 long"
    second = state(bar)
    bar.bar.cell = [1, 1]
    assert bar.bar.svg != second[0]


def test_reset_brings_the_very_same_picture_back():
    """Reset restores controls, cell, picture and numbers, and draws once."""
    bar = Bar()
    first = state(bar)
    bar.controls["number"].value, bar.controls["text"].value, bar.bar.cell = 7, "b", [2, 2]
    before = len(bar.drawn)
    bar._reset.click()
    assert state(bar) == first
    assert len(bar.drawn) == before + 1


def test_text_form_is_fixed_and_a_png_is_stored():
    """The output holds a live view, a PNG of the picture's size and one constant text, and no widget state."""
    bar = Bar()
    bundle, sizes = bar._repr_mimebundle_()
    assert repr(bar) == bundle["text/plain"] == "<widget Bar>"
    assert set(bundle) == {"text/plain", "image/png", VIEW_TYPE}
    assert bundle[VIEW_TYPE]["model_id"] == bar.model_id
    assert sizes["image/png"] == {"width": 120, "height": 30}
    assert Image.open(io.BytesIO(base64.b64decode(bundle["image/png"]))).size == (240, 60)
    assert "number" not in json.dumps(bundle)
    assert "svg" not in repr(bar.bar)


def test_the_stored_png_is_what_is_shown_now():
    """A widget that was moved stores the moved picture."""
    bar = Bar()
    first = bar._repr_mimebundle_()[0]["image/png"]
    bar.controls["number"].value = 50
    assert bar._repr_mimebundle_()[0]["image/png"] != first


def test_a_widget_that_could_never_draw_has_a_text_form():
    """Without a picture there is no PNG, and the sentence is there."""

    def refuse(_):
        raise ValueError("nothing can be drawn: restart")

    bar = Bar(refuse)
    assert set(bar._repr_mimebundle_()[0]) == {"text/plain", VIEW_TYPE}
    assert bar.message == "nothing can be drawn: restart"


def test_a_bad_input_keeps_the_picture_and_says_one_sentence():
    """A ValueError's text is shown, escaped; picture and numbers stay; the next good input takes it away."""

    def refuse(n):
        if n < 0:
            raise ValueError("number < 0: move it right")

    bar = Bar(refuse)
    svg, view, readout, _ = state(bar)
    bar.controls["number"].value = -1
    assert (bar.bar.svg, bar.view, bar._readout.value) == (svg, view, readout)
    assert bar.message == "number < 0: move it right"
    assert bar._message.value.startswith("number &lt; 0: move it right <span")
    assert STALE_WORDS in bar._message.value
    assert STALE in bar.bar._dom_classes
    assert STALE in bar._readout._dom_classes
    bar.controls["number"].value = 3
    assert state(bar) == (svg, view, readout, "")
    assert STALE not in (*bar.bar._dom_classes, *bar._readout._dom_classes)


def test_an_exception_becomes_a_sentence(caplog):
    """Whatever `draw` raises: the way out is said, the rest is for the log, and the widget goes on."""

    def stumble(n):
        if n == 5:
            raise KeyError("lost")

    bar = Bar(stumble)
    bar.controls["number"].value = 5
    (record,) = caplog.records
    assert record.exc_info[0] is KeyError
    assert "KeyError" not in bar.message
    assert bar.message == HELP.format(failed="this setting could not be drawn")
    bar.reset()
    assert (bar.message, bar.value("number")) == ("", 3)


def test_several_changes_at_once_are_one_drawing():
    """`at_once` draws when it ends, also inside another, also when its block raised."""
    bar = Bar()
    with bar.at_once():
        bar.controls["number"].value = 4
        with bar.at_once():
            bar.controls["number"].value = 5
        bar.controls["number"].value = 6
    assert bar.drawn == [3, 6]

    def raises():
        with bar.at_once():
            bar.controls["number"].value = 7
            raise RuntimeError

    with pytest.raises(RuntimeError):
        raises()
    assert bar.drawn == [3, 6, 7]


def test_a_control_moved_while_drawing_draws_again():
    """A drawing that moves a control itself is followed by another, and does not wait for itself."""
    bar = Bar()
    bar.before = lambda n: setattr(bar.controls["number"], "value", min(n + 1, 6))
    bar.controls["number"].value = 4
    assert bar.drawn[-1] == 6
    assert bar._readout.value == "6 long"


def test_one_drawing_at_a_time_and_the_last_one_wins():
    """Many threads ask at once: drawings never overlap, few are made, and the newest value is shown."""
    busy, overlaps = threading.Lock(), []
    bar = Bar()
    started, go_on = threading.Event(), threading.Event()

    def slowly(_):
        if not busy.acquire(blocking=False):
            overlaps.append(1)
            return
        started.set()
        go_on.wait(HANG_SECONDS)
        busy.release()

    bar.before, bar.drawn = slowly, []
    first = threading.Thread(target=setattr, args=(bar.controls["number"], "value", 10))
    first.start()
    assert started.wait(HANG_SECONDS)
    others = [
        threading.Thread(target=setattr, args=(bar.controls["number"], "value", n)) for n in range(11, 31)
    ]
    for thread in others:
        thread.start()
        thread.join(HANG_SECONDS)
        assert not thread.is_alive(), "a thread waited for another one's drawing"
    go_on.set()
    first.join(HANG_SECONDS)
    assert not overlaps
    assert bar.drawn == [10, 30]
    assert bar._readout.value == "30 long"


def run_cell(monkeypatch, cell, run):
    """Make what follows happen in a run of a cell, as JupyterLab tells of it."""
    parent = {"header": {"msg_id": run}, "metadata": {"cellId": cell}}
    shell = type("Shell", (), {"get_parent": lambda _: parent})
    monkeypatch.setattr(cells, "get_ipython", shell)


def test_a_cell_that_is_run_again_leaves_as_many_widgets_as_one_run(monkeypatch):
    """All widgets of a run live, and those of other cells; the cell's next run closes them with their parts."""
    run_cell(monkeypatch, "another", "0")
    kept = Bar()
    alive = []
    for run in range(1, 101):
        run_cell(monkeypatch, "a cell", str(run))
        first, second = Bar(), Bar()
        oldest = first if run == 1 else oldest
        assert all(bar.comm is not None for bar in (kept, first, second))
        alive.append(len(_instances))
    assert len(set(alive)) == 1
    first.controls["number"].value = 7
    assert first._readout.value == "7 long"
    oldest.controls["number"].value = 7  # a name may still hold it


@pytest.mark.parametrize("parent", [{}, {"metadata": None}, {"metadata": {}, "header": {"msg_id": "1"}}])
def test_where_nothing_says_which_cell_is_run_nothing_is_closed(monkeypatch, parent):
    """Another front end, a console, a script."""
    monkeypatch.setattr(cells, "get_ipython", type("Shell", (), {"get_parent": lambda _: parent}))
    bars = [Bar(), Bar()]
    assert all(bar.comm is not None for bar in bars)


def test_every_quick_click_arrives():
    """Clicks come one by one and in order, each with its own cell, wherever the pointer is by then."""
    picture = Picture(label="two cells")
    heard = []
    picture.observe(lambda change: heard.append(change.new[-1]), names="clicks")
    picture.cell = [0, 3]
    for cell in ([0, 1], [0, 2], [0, 2]):
        picture._handle_custom_msg({"click": cell}, [])
    assert heard == [(0, 1), (0, 2), (0, 2)]
    assert picture.cell == [0, 3]


@pytest.mark.parametrize(("kind", "name"), [("click", "clicks"), ("stroke", "strokes")])
def test_an_hour_of_clicks_is_heard_and_not_kept(kind, name):
    """Each of many clicks on one cell is heard, and only some are remembered."""
    picture = Picture(label="a cell")
    heard = []
    picture.observe(lambda change: heard.append(change.new[-1]), names=name)
    for _ in range(3 * KEPT + 1):
        picture._handle_custom_msg({kind: [2, 1]}, [])
    assert heard == [(2, 1)] * (3 * KEPT + 1)
    assert len(getattr(picture, name)) <= KEPT
