"""What the reader had right survives a restart, in a file that nothing can spoil."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from patience import HANG_SECONDS

from tfm import check
from tfm.course import lessons, lessons_called
from tfm.kit import progress

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
CODE = "from tfm import check; print(check.{name}({function}))"
UNFILLED = "lambda *_: ..."


@pytest.fixture
def file(tmp_path, monkeypatch):
    """A progress file of the test's own."""
    path = tmp_path / "somebody" / "progress.jsonl"
    monkeypatch.setenv(progress.VARIABLE, str(path))
    return path


def say(function, name="decide"):
    """What a check prints in a Python of its own, as after a restart of the kernel."""
    done = subprocess.run(
        [sys.executable, "-c", CODE.format(name=name, function=function)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert not done.stderr
    return done.stdout


def test_what_was_right_is_known_after_a_restart(file):
    """A new Python says of an unfilled exercise on which day it was right, below what is to be done."""
    assert "had this right" not in say(UNFILLED)
    assert say("check.decide.solution").startswith("✓ right")
    first, second = say(UNFILLED).splitlines()
    assert first == f"○ not started: {check.decide.asks}"
    assert second == f"  (you had this right on {progress.today()})"
    assert "had this right" not in say(UNFILLED, "xor")


def test_only_the_name_the_day_and_the_version_are_kept(file):
    """The file has one line, and no code; right a second time adds nothing."""
    for _ in range(2):
        check.decide(check.decide.solution)
    (line,) = filter(None, file.read_text().splitlines())
    assert json.loads(line).keys() == {"exercise", "right", "tfm"}


def test_wrong_answers_are_not_kept(file):
    """Only what is right makes a file."""
    check.decide(check.decide.mistakes[0].wrong)
    assert not file.exists()


def test_every_exercise_knows_its_own_name():
    """An exercise is remembered by the name it is called by."""
    named = {name: getattr(check, name).name for name in dir(check)}
    assert named
    assert all(name == own for name, own in named.items())


def test_the_table_of_contents_agrees_with_the_notebooks():
    """Lessons, their exercises and the order of both are those of the notebooks."""
    called = {}
    for path in sorted(NOTEBOOKS.glob("[0-9][0-9]_*.ipynb")):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        code = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
        called[path.stem] = tuple(dict.fromkeys(re.findall(r"\bcheck\.(\w+)\(", code)))
    assert called == {lesson.name: lesson.exercises for lesson in lessons()}
    named = re.findall(
        r"^\| \*\*(.+?)\*\* \|", (NOTEBOOKS / "README.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert named == list(dict.fromkeys(lesson.part for lesson in lessons()))


def test_damaged_lines_are_passed_over_and_stay(file):
    """Half a line, rubbish and a foreign record spoil nothing; what follows is kept and read."""
    check.decide(check.decide.solution)
    with file.open("ab") as stream:
        stream.write(b'{"exercise": "xo')
        stream.write(b"\xff\xfe rubbish\n[1, 2]\n")
    check.softmax(check.softmax.solution)
    read = progress.read_progress()
    assert set(read.right) == {"decide", "softmax"}
    assert read.unreadable == 2
    assert b"rubbish" in file.read_bytes()


def test_a_place_that_cannot_be_written_is_no_trouble(monkeypatch):
    """Where there is no folder to be made, the check answers as always."""
    monkeypatch.setenv(progress.VARIABLE, "/dev/null/home/progress.jsonl")
    assert check.decide(check.decide.solution).right
    assert check.decide(lambda *_: ...).earlier == ""


@pytest.mark.parametrize("chosen", ["~nobody-of-this-name/progress.jsonl", ""])
def test_a_home_that_nobody_knows_is_no_trouble(chosen, monkeypatch, tmp_path):
    """With an unknown person's home, or none at all, the check answers and makes no folder called `~`."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(progress.VARIABLE, chosen)
    # What an older platformdirs answers where neither HOME nor the system knows a home.
    monkeypatch.setattr("platformdirs.user_data_path", lambda *_, **__: Path("~/.local/share/tfm"))
    assert check.decide(check.decide.solution).right
    assert progress.read_progress() == progress.Progress({})
    assert list(tmp_path.iterdir()) == []
    if not chosen:
        assert progress.progress_file() is None
        return
    with pytest.raises(
        OSError, match=r"TFM_PROGRESS \(~nobody-of-this-name/.*\) is in the home of a user that"
    ):
        progress.progress_file()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_or_a_folder_holds_no_lesson_up(monkeypatch, tmp_path):
    """Where the variable names what is no file, the check answers at once, and the command says it."""
    os.mkfifo(tmp_path / "pipe")
    for place in (tmp_path / "pipe", tmp_path):
        monkeypatch.setenv(progress.VARIABLE, str(place))
        assert check.decide(check.decide.solution).right
        with pytest.raises(OSError, match=r"TFM_PROGRESS \(.*\) is no file: name a file by its whole path"):
            progress.progress_file()


def test_off_keeps_nothing(monkeypatch, tmp_path):
    """`TFM_PROGRESS=off` means that no file is made, not even one called off."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(progress.VARIABLE, "off")
    assert check.decide(check.decide.solution).right
    assert list(tmp_path.iterdir()) == []


def test_a_solutions_notebook_does_not_count(file, monkeypatch, tmp_path):
    """What our solutions show is not the reader's work; a lesson is, even below a folder of that name."""
    lessons = tmp_path / "solutions" / "tfm-lessons"
    lessons.mkdir(parents=True)
    monkeypatch.chdir(lessons.parent)
    check.decide(check.decide.solution)
    assert not file.exists()
    monkeypatch.chdir(lessons)
    check.decide(check.decide.solution)
    assert file.exists()


def test_a_solution_executed_by_itself_does_not_count(file):
    """`jupyter execute` starts the kernel beside the notebook, as JupyterLab does."""
    notebook = NOTEBOOKS / "solutions" / "01_perceptron.ipynb"
    subprocess.run(
        [sys.executable, "-m", "jupyter", "execute", str(notebook)], check=True, capture_output=True
    )
    assert not file.exists()


def test_forgetting_is_a_line_too(file):
    """What is forgotten counts as open, and can become right again."""
    check.decide(check.decide.solution)
    assert progress.forget(["decide", "xor"]) == ["decide"]
    assert progress.earlier("decide") == ""
    check.decide(check.decide.solution)
    assert progress.earlier("decide") == progress.today()


MANY = """
import sys
from tfm.kit import progress
for number in range(30):
    progress.remember(f"kernel {sys.argv[1]}, exercise {number}")
"""


def test_several_kernels_lose_nothing(file):
    """Four processes add thirty names each at once, and all hundred and twenty are there."""
    kernels = [subprocess.Popen([sys.executable, "-c", MANY, str(k)]) for k in range(4)]
    assert [kernel.wait(HANG_SECONDS) for kernel in kernels] == [0] * 4
    read = progress.read_progress()
    assert read.unreadable == 0
    assert set(read.right) == {f"kernel {k}, exercise {n}" for k in range(4) for n in range(30)}


def test_a_lesson_is_found_by_number_and_by_name():
    """7, 07 and the notebook's name mean the same; another word gets a sentence."""
    assert {tuple(lessons_called(word)) for word in ("7", "07", "07_embeddings")} == {
        (next(one for one in lessons() if one.name == "07_embeddings"),)
    }
    assert len(lessons_called("all")) == len(list(lessons()))
    with pytest.raises(ValueError, match="there is no lesson '99': give a number from 1 to 21, or all"):
        lessons_called("99")
