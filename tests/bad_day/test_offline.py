"""The worst morning: no network, nothing fetched before, no weights installed, and a home that cannot be written.

`make notebooks` runs every lesson without network, data and home; the lessons that load published weights run
without those, too, here. `make test-long` takes the troubles one at a time: a library's computer has the data but
no home, a train has a home but neither network nor data.
"""

import pytest
from unlucky import Reader, compare

from tools.alone import STAND_IN, asked_for, closed_network, no_home, no_weights
from tools.lesson_files import lessons, solutions

OUTSIDE = "import urllib.request\nurllib.request.urlopen('http://{host}/', timeout=30)"
SOCKET = "import socket\nsocket.create_connection(('192.0.2.1', 80), timeout=30)"
LOADER = "load_minilm("
every_lesson = pytest.mark.parametrize("lesson", lessons(), ids=lambda path: path.stem)


def run_through(lesson, folder, **settings):
    """Run a lesson offline; no cell may fail, write on stderr, or ask the network without a word to the reader."""
    with Reader(lesson, closed_network(folder) | settings) as reader:
        runs = reader.run_all()
    for ran in runs:
        assert not ran.error, str(ran)
        assert not ran.stderr, f"{ran.where} wrote in red: {ran.stderr}"
    said = any(STAND_IN in ran.printed for ran in runs)
    wanted = asked_for(folder)
    assert said == bool(wanted), f"asked for {wanted}, and told the reader of a stand-in: {said}"


LOADING = [path for path in lessons() if LOADER in path.read_text(encoding="utf-8")]


def test_lessons_with_published_weights_are_found():
    """The test below runs some lessons, and would else be skipped without a word."""
    assert {"07_embeddings", "12_real_attention", "14_feed_forward"} <= {path.stem for path in LOADING}


@pytest.mark.parametrize("lesson", LOADING, ids=lambda path: path.stem)
def test_lesson_runs_with_nothing_but_itself(lesson, tmp_path):
    """Closed network, empty caches, no weights, no home: every cell runs, and what stands in for what is said."""
    run_through(lesson, tmp_path, **no_home(), **no_weights())
    assert asked_for(tmp_path)


@pytest.mark.long
@every_lesson
def test_lesson_runs_without_the_network(lesson, tmp_path):
    """With a home of one's own, but neither network nor data nor weights."""
    run_through(lesson, tmp_path, **no_weights())


@pytest.mark.long
@every_lesson
def test_lesson_runs_without_a_home(lesson):
    """With data at hand and a home that cannot be written, every cell shows what is stored."""
    with Reader(lesson, no_home()) as reader:
        for ran, stored in zip(reader.run_all(), reader.stored, strict=True):
            compare(ran, stored)


def test_a_right_answer_is_judged_without_a_home():
    """An exercise that is solved is right, though nothing can be noted down, and nothing is said of that."""
    own = {
        "JPY_SESSION_NAME": "my own 01.ipynb"
    }  # what is right in a solution's notebook is never noted down
    with Reader(solutions()[0], no_home() | own) as reader:
        runs = reader.run_all()
    assert any("✓ right" in text for ran in runs for _, text in ran.shown)
    assert not [str(ran) for ran in runs if ran.error or ran.stderr]


@pytest.fixture
def run_code(write_lesson, tmp_path):
    """Return a function that runs a cell of code with the network closed; it returns the run and the log."""

    def run(code):
        with Reader(write_lesson(code), closed_network(tmp_path)) as reader:
            return reader.run(1), "".join(asked_for(tmp_path))

    return run


@pytest.mark.parametrize(
    ("code", "trace"),
    [(OUTSIDE.format(host="example.org"), "127.0.0.1"), (SOCKET, "192.0.2.1"), ("1 / 1", "")],
    ids=["by a proxy", "by a socket", "not at all"],
)
def test_the_network_is_really_closed(run_code, code, trace):
    """A cell that goes outside is refused at once and written down, whichever way it goes; others are not."""
    ran, asked = run_code(code)
    assert bool(ran.error) == bool(trace)
    assert trace in asked
    assert bool(asked) == bool(trace)


def test_a_silent_fallback_would_be_found(write_lesson, tmp_path):
    """A lesson that asks the network and says nothing fails the test above."""
    lesson = write_lesson(
        f"import contextlib\n{SOCKET.replace('socket.create', 'with contextlib.suppress(OSError): socket.create')}"
    )
    with pytest.raises(AssertionError, match=r"192\.0\.2\.1.*told the reader of a stand-in: False"):
        run_through(lesson, tmp_path)


def test_a_warning_would_be_found(write_lesson, tmp_path):
    """A lesson that warns in red fails the test above."""
    lesson = write_lesson("import warnings\nwarnings.warn('careful')")
    with pytest.raises(AssertionError, match=r"wrote in red: .*careful"):
        run_through(lesson, tmp_path)
