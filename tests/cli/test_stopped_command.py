"""`tfm train`, stopped at any time: by Ctrl-C while it is loaded, by the end of its terminal while it trains."""

import contextlib
import os
import signal
import subprocess
import sys
import time

import pytest

from tfm import cli
from tfm.train.checkpoint import load_newest
from tfm.train.loggers import read_lines

TEXT = "the cat sat on the mat, and the dog sat on the cat.\n" * 60
TINY = ["context=16", "d_model=16", "n_layers=1", "n_heads=2", "batch=4", "device=cpu", "autocast=off"]
CTRL_C = """
import os, runpy, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
def heard(event, arguments):
    if event == "import" and arguments[0] == {module!r} and not asked:
        asked.append(True)
        os.kill(os.getpid(), signal.SIGINT)
asked = []
sys.addaudithook(heard)
sys.argv = ["tfm", "train", "own.txt", "--set", *{sizes!r}, "steps=1"]
runpy.run_module("tfm.cli", run_name="__main__", alter_sys=True)
"""


@pytest.fixture
def text(tmp_path, monkeypatch):
    """A text of the reader's own, in the working directory."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.txt").write_text(TEXT)
    return tmp_path


@pytest.mark.parametrize(
    ("module", "words"),
    [
        ("argparse", "stopped"),
        ("tfm.cli.commands", "stopped"),
        ("torch", "stopped before anything was saved; the same command begins anew"),
        ("tfm.tasks.run", "stopped before anything was saved; the same command begins anew"),
    ],
)
def test_ctrl_c_while_it_is_loaded_is_one_sentence(text, module, words):
    """Wherever it falls among the imports, there is no traceback, and nothing is left in the folder."""
    code = CTRL_C.format(module=module, sizes=TINY)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr == f"tfm: {words}\n"
    assert done.returncode != 0
    assert [path.name for path in text.rglob("*")] == ["own.txt"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no terminals that can be closed")
def test_the_end_of_the_terminal_saves_the_run(text):
    """A window that is closed: nothing can be shown any more, and everything is saved as after Ctrl-C."""
    import pty

    words = ["--set", *TINY, "steps=1000000", "save_every=500000", "evaluate_every=500000"]
    child, terminal = pty.fork()
    if child == 0:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
        os.execv(sys.executable, [sys.executable, "-m", "tfm.cli", "train", "own.txt", *words])
    record = text / "runs" / "own" / "metrics.jsonl"
    os.set_blocking(terminal, False)
    while not (record.exists() and record.stat().st_size):
        with contextlib.suppress(BlockingIOError):
            os.read(terminal, 1000)  # what it shows; an error if it ends
        time.sleep(0.01)
    os.close(terminal)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 2
    step = load_newest(text / "runs" / "own")[0].step
    assert step == read_lines(record)[-1]["step"]
    assert not (text / "runs" / "own" / "run.lock").exists()


def test_a_plan_that_was_stopped_changed_nothing(text, capsys, monkeypatch):
    """Ctrl-C during --plan: the sentence is true."""

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("tfm.cli.train_plan.measure", interrupted)
    assert cli.main(["train", "own.txt", "--plan", "--set", *TINY]) == cli.STOPPED
    said = capsys.readouterr().err.split("\r")[-1]  # after the bar of the data
    assert said == "tfm: stopped; nothing was changed\n"
    assert [path.name for path in text.rglob("*")] == ["own.txt"]


@pytest.mark.parametrize("command", ["generate", "data prepare", "export"])
def test_other_commands_promise_nothing(text, capsys, monkeypatch, command):
    """`tfm generate` and the like begin anew when they are called again, and do not say otherwise."""

    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("tfm.data.prepare.prepare", interrupted)
    monkeypatch.setattr("tfm.train.checkpoint.model_folder", interrupted)
    assert cli.main([*command.split(), "own.txt", *(["out"] if command == "export" else [])]) == cli.STOPPED
    assert capsys.readouterr().err == "tfm: stopped\n"
