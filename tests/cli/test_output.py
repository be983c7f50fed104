"""What commands say never fails: for a character, a reader who has left, a full disk, or Ctrl-C at any moment."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tfm import cli
from tfm.cli import commands, output

FULL = Path("/dev/full")
# Commands that say something on standard output, by the first word of the command line.
SPEAKING = {
    "": ["--help"],
    "lab": ["lab", "--help"],
    "doctor": ["doctor"],
    "lessons": ["lessons", "--dry-run"],
    "progress": ["progress"],
    "data": ["data", "list"],
    "train": ["train", "own.txt", "--plan", "--set", "context=8", "d_model=8", "n_layers=1", "n_heads=2"],
    "generate": ["generate", "--help"],
    "export": ["export", "--help"],
}
HEAVY = {"train"}  # loads PyTorch
# What buffers does not depend on the command: the one that asks PyTorch for all it says is run once.
BUFFERED = [
    (name, unbuffered)
    for name in sorted(set(SPEAKING) - HEAVY)
    for unbuffered in ("", "1")
    if not (unbuffered and name == "doctor")
]


@pytest.fixture
def folder(tmp_path):
    """A folder with a text."""
    (tmp_path / "own.txt").write_text("the cat sat on the mat — “and” went → 猫.\n" * 50, encoding="utf-8")
    return tmp_path


def run(words, folder, **options):
    """Run `tfm` in a process of its own."""
    variables = {"TFM_PROGRESS": str(folder / "progress.jsonl"), "OMP_NUM_THREADS": "1"} | options.pop(
        "env", {}
    )
    command = [sys.executable, "-m", "tfm.cli", *words]
    given = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "cwd": folder} | options
    return subprocess.run(command, check=False, env=os.environ | variables, **given)


def test_every_command_is_here():
    """The tests below go through every command of the command line."""
    names = {module.__name__.rpartition(".")[2] for module in commands.COMMANDS}
    assert names == set(SPEAKING) - {""}


@pytest.mark.parametrize("name", SPEAKING)
@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_no_character_stops_a_command(name, encoding, folder):
    """In ASCII and code page 1252 every command says all it has to say, with plain signs for those that lack."""
    variables = {"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0", "LC_ALL": "C", "PYTHONCOERCECLOCALE": "0"}
    done = run(SPEAKING[name], folder, env=variables)
    assert done.returncode == 0, done.stderr
    assert done.stdout.decode(encoding).strip()
    assert b"Error" not in done.stderr


@pytest.mark.parametrize(("name", "unbuffered"), BUFFERED)
def test_a_reader_who_has_left_ends_a_command_quietly(name, unbuffered, folder):
    """Nobody reads the pipe: nothing is said about it, and the exit code is a shell's for it."""
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = run(SPEAKING[name], folder, stdout=writing, env={"PYTHONUNBUFFERED": unbuffered})
    finally:
        os.close(writing)
    assert (done.returncode, done.stderr) == (output.CLOSED, b"")


@pytest.mark.skipif(not FULL.exists(), reason="a device that is always full is Linux's")
@pytest.mark.parametrize(("name", "unbuffered"), BUFFERED)
def test_a_full_disk_is_one_sentence(name, unbuffered, folder):
    """Output that cannot be written ends with exit code 2 and a sentence, not with an exit code of 0."""
    with FULL.open("wb") as full:
        done = run(SPEAKING[name], folder, stdout=full, env={"PYTHONUNBUFFERED": unbuffered})
    assert done.returncode == 2
    assert done.stderr.decode().startswith("tfm: ")
    assert b"o space left on device" in done.stderr
    assert done.stderr.count(b"\n") == 1


def test_nowhere_to_complain_is_no_trouble(folder):
    """With standard error full or closed, the exit code still says that something was wrong."""
    if FULL.exists():
        with FULL.open("wb") as full:
            assert run(["progress", "--forget", "x"], folder, stderr=full).returncode == 2
    closed = run(["progress"], folder, preexec_fn=lambda: os.close(1)) if os.name == "posix" else None
    assert closed is None or (closed.returncode, closed.stderr) == (0, b"")


def test_a_text_that_is_no_unicode_is_said(capsys):
    """A name with bytes that are no UTF-8, line breaks and a terminal's commands is one harmless line."""
    assert cli.main(["train", "\udcff\n\x1b[31m"]) == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert err.isprintable() or err.rstrip("\n").isprintable()


@pytest.mark.parametrize("module", ["tfm.cli.commands", "tfm.cli.train", "tfm.course", "tfm.kit.progress"])
def test_ctrl_c_while_it_imports_prints_no_traceback(module, folder):
    """Ctrl-C at the moment when a module is looked for ends with exit code 130 and one line."""
    code = (
        "import os, signal, sys\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # a shell's background job ignores it
        "class Finder:\n"
        "    def find_spec(self, name, *_):\n"
        f"        if name == {module!r}: os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.meta_path.insert(0, Finder())\n"
        "from tfm.cli import main\n"
        "sys.exit(main(['progress']))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=False, cwd=folder, text=True
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "tfm: stopped\n")


def test_what_the_system_says_gets_a_cure():
    """An error of the system is said without its number, with the file and what to do."""
    assert output.sentence_of(PermissionError(13, "Permission denied", "x")) == (
        "x: permission denied: name a place that you may write to and read"
    )
    full = output.sentence_of(OSError(28, "No space left on device"))
    assert full == "no space left on device: make room on that disk, or name a folder on another"
    assert output.sentence_of(ValueError()) == "ValueError"
