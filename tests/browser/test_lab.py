"""The browser harness itself, on tiny notebooks of its own: it keeps its promises, and it can fail."""

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from tools.lab import controls
from tools.lab.lesson import LessonError

METADATA = {"kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}}
# The smallest thing with a course widget's DOM, made without tfm.kit: neither hides the other's faults.
PICTURE = """\
import anywidget, traitlets
import ipywidgets as w
class Picture(anywidget.AnyWidget):
    _esm = '''export default { render({ model, el }) {
      el.classList.add("tfm-picture"); el.tabIndex = 0; el.setAttribute("aria-label", "the bar");
      const draw = () => { el.innerHTML = model.get("svg"); };
      model.on("change:svg", draw); draw(); } }'''
    svg = traitlets.Unicode("").tag(sync=True)"""
WIDGET = """\
width = w.FloatSlider(description="width", min=0, max=16, step=0.5, value=8)
words = w.Text(description="words", continuous_update=False)
tall = w.Checkbox(description="tall")
hue = w.Dropdown(description="hue", options=["blue", "red"])
again = w.Button(description="Reset")
picture, numbers, sentence = Picture(), w.HTML(), w.HTML()
def draw(*_):
    picture.svg = (f'<svg width="200" height="60"><rect width="{10 * width.value}" fill="{hue.value}" '
                   f'height="{60 if tall.value else 20}"/><text y="50">{words.value}</text></svg>')
    numbers.value = f"{width.value:.1f} wide"
    sentence.value = "type fewer letters" if len(words.value) > 10 else ""
for control in (width, words, tall, hue):
    control.observe(draw, "value")
again.on_click(lambda _: setattr(width, "value", 8))
numbers.add_class("tfm-readout")
sentence.add_class("tfm-message")
draw()
box = w.VBox([width, words, tall, hue, again, picture, numbers, sentence])
box.add_class("tfm-widget")
box.add_class("Bar")
box"""


@pytest.fixture
def write(tmp_path):
    """Return a function that writes a notebook of code cells, long text before and after."""

    def write_one(name, *code):
        prose = new_markdown_cell("\n\n".join(["A long text."] * 60))
        cells = [new_markdown_cell("# A title"), *map(new_code_cell, code), prose]
        nbformat.write(new_notebook(cells=cells, metadata=METADATA), tmp_path / name)
        return tmp_path / name

    return write_one


def test_widget_moves_and_comes_back(open_lesson, write):
    """An arrow key changes number and pixels, the other brings both back, scrolling away changes nothing."""
    bar = open_lesson(write("01_bar.ipynb", PICTURE, WIDGET)).run_all().widget("Bar")
    width, before, number = bar.slider("width"), bar.picture(), bar.readout
    with bar.redraw():
        width.press("ArrowRight")
    assert (width.value, bar.readout) == (8.5, "8.5 wide")
    assert bar.picture("the bar") != before
    with bar.redraw():
        width.press("ArrowLeft")
    assert (bar.picture(), bar.readout) == (before, number)
    bar.scroll_away()
    assert not bar.in_view()
    bar.scroll_back()
    assert bar.picture() == before


def test_every_control_is_found_by_its_label(open_lesson, write, monkeypatch):
    """Text, list, box and button act by their words; a wrong label is answered with the right ones."""
    bar = open_lesson(write("01_bar.ipynb", PICTURE, WIDGET)).run_all().widget("Bar")
    with bar.redraw():
        bar.textbox("words").type("张麻子 and others")
    assert bar.message == "type fewer letters"
    with bar.redraw():
        bar.textbox("words").fill("short")
    assert not bar.message
    with bar.redraw():
        bar.dropdown("hue").choose("red")
    with bar.redraw():
        bar.checkbox("tall").set(True)
    assert 'fill="red" height="60"' in bar.svg()
    with bar.redraw():
        bar.slider("width").press("Home")
    with bar.redraw():
        bar.button("Reset").click()
    assert bar.slider("width").value == 8
    monkeypatch.setattr(controls, "STILL_SECONDS", 0.5)
    with pytest.raises(LessonError, match="there is no slider “height”; the controls here are: width, words"):
        bar.slider("height")


def test_probe_times_a_key(open_lesson, write):
    """The page notes when a key came, when the picture had changed, and when it was shown, in this order."""
    lesson = open_lesson(write("01_bar.ipynb", PICTURE, WIDGET)).run_all()
    bar = lesson.widget("Bar")
    with bar.redraw():
        bar.slider("width").press("ArrowRight")
    (move,) = lesson.page.evaluate("() => tfmProbe.moves")
    assert 0 < move["key"] < move["changed"] <= move["shown"]


def test_one_cell_is_run_alone(open_lesson, write):
    """`run_cell` counts code cells from 1, runs that one, and leaves the others."""
    lesson = open_lesson(write("01_two.ipynb", "x = 8", "print(8 + 4)"))
    assert lesson.run_cell(2).outputs[0]["text"] == "12\n"
    assert [cell.count for cell in lesson.cells()] == [None, 1]


def test_failing_cell_is_named(open_lesson, write):
    """A cell that raises fails the run with lesson, number in the margin, first line and error."""
    lesson = open_lesson(write("02_wrong.ipynb", "x = 1", "# divide\nx / 0"))
    with pytest.raises(
        LessonError, match=r"02_wrong, cell \[2\] `# divide`: ZeroDivisionError: division by zero"
    ):
        lesson.run_all()


def test_outside_request_is_refused_and_reported(open_lesson, write):
    """A picture from another machine fails the lesson, by name."""
    code = "from IPython.display import HTML\nHTML('<img src=\"https://example.org/a.png\">')"
    lesson = open_lesson(write("03_outside.ipynb", code)).run_all()
    lesson.wait_for(lambda: lesson.outside, "the guard saw no request")
    with pytest.raises(LessonError, match=r"asked another machine for https://example\.org/a\.png"):
        lesson.check()
    lesson.wait_for(lambda: lesson.complaints, "the browser did not complain of the refused picture")
    lesson.forget()


def test_kernel_cannot_reach_out(open_lesson, write):
    """What a cell fetches from elsewhere is refused at once: a lesson that needs the net fails here."""
    code = "import urllib.request\nurllib.request.urlopen('https://example.org', timeout=5)"
    with pytest.raises(LessonError, match="URLError"):
        open_lesson(write("04_fetch.ipynb", code)).run_all()
