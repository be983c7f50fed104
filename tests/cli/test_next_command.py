"""What a command prints as the next one is typed as it stands, in a shell, and works."""

import re
import shlex
import subprocess
import sys

import pytest

from tfm import cli
from tfm.cli.example import command, prompt_from
from tfm.data.corpora import load_corpus

TINY = [
    "context=16",
    "d_model=16",
    "n_layers=1",
    "n_heads=2",
    "batch=4",
    "device=cpu",
    "autocast=off",
    "steps=2",
]
POEM = "床前明月光，疑是地上霜。\n举头望明月，低头思故乡。\n"
TEXTS = {
    "own.txt": "the cat sat on the mat, and the dog sat on the cat.\n" * 60,
    "my diary.txt": '“Well,” said the $fox, `and` \\went\\ "home"!\n' * 60,
    "poem.txt": POEM * 60,
    "digits.txt": "1234567890 + 42 = !\n" * 100,
    "marks.txt": "'\"$`! '\"$`! " * 100,
}


def said(capsys, label):
    """The words after a label in what was printed, taken apart as a shell does."""
    out = capsys.readouterr().out
    [line] = [line for line in out.splitlines() if re.match(rf"{label}\b", line)]
    return shlex.split(re.sub(rf"^{label}:?\s+", "", line))


@pytest.mark.parametrize("name", TEXTS)
def test_from_a_text_to_two_files(tmp_path, monkeypatch, capsys, name):
    """Prepare → train → generate, export → run.py: each by the command that the one before printed."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).write_text(TEXTS[name], encoding="utf-8")
    assert cli.main(["data", "prepare", name]) == 0
    train = said(capsys, "Next")
    assert train[0] == "tfm"
    assert cli.main([*train[1:], "--set", *TINY]) == 0
    generate = said(capsys, "next")
    assert cli.main([*generate[1:], "--max-new", "5"]) == 0
    assert capsys.readouterr().out.startswith(generate[-1])
    assert generate[-1] in TEXTS[name]
    assert cli.main(["export", generate[2], "two files"]) == 0
    python, *words = said(capsys, "Next")
    assert python == "python"
    done = subprocess.run([sys.executable, *words, "5"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_poems_of_tang(capsys, tmp_path, monkeypatch):
    """A vocabulary without Latin letters: the prompt that is printed is Chinese."""
    try:
        text = load_corpus("tang300").text
    except OSError:
        pytest.skip("tang300 is not on this machine: run `tfm data fetch tang300` to test it")
    monkeypatch.chdir(tmp_path)
    assert cli.main(["train", "tang300", "--set", *TINY]) == 0
    generate = said(capsys, "next")
    assert generate[:3] == ["tfm", "generate", "runs/tang300"]
    assert generate[3] in text
    assert cli.main([*generate[1:], "--max-new", "5"]) == 0


@pytest.mark.parametrize(
    ("text", "prompt"),
    [
        ("First Citizen:\nBefore we proceed any further, hear me speak.", "First Citizen"),
        ("\n\n\n", "\n"),
        ("3.14", "3"),
        ("don't stop", "don"),
        ("x" * 100, "x"),
    ],
)
def test_a_prompt_is_a_piece_of_the_text(text, prompt):
    """Letters and spaces where there are any, no half words, and something in any case."""
    assert prompt_from(text) == prompt
    assert prompt_from(text) in text


def test_a_command_is_what_a_shell_takes_apart():
    """Paths with spaces and quotes are quoted."""
    words = ["tfm", "train", "my diary's.txt", "--out", "a b"]
    assert shlex.split(command(*words)) == words
