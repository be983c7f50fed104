"""Whatever is wrong with a command line, it ends with exit code 2 and one line on standard error.

A table of wrong words for every command: unknown names, files that are missing, empty, no text or no files at all,
places that cannot be written, and numbers out of range.
"""

import re
import sys

import pytest

from tfm import cli
from tfm.cli import commands
from tfm.models.gpt import GPT
from tfm.models.gpt_config import GPTConfig
from tfm.pretrained import save_model
from tfm.text.characters import CharacterVocabulary

LINE = re.compile(r"tfm( \w+)*: [^\n]{20,}\n")
LONG = "a" * 300  # more than a file's name may have
NO_NAMES = ["", "  ", "\t\n", "no\0name", "\x1b[31mred", "a\nb", LONG, "a" * 5_000, "a/" * 2_500 + "b"]
NO_FILES = ["missing", "folder", "empty.txt", "own.txt/below", *NO_NAMES]
NO_SETTINGS = {
    "deep.json": '{"steps": ' + "[" * 100_000 + "]" * 100_000 + "}",
    "list.json": "[]",
    "types.json": '{"steps": {"a": 1}}',
    "nan.json": '{"rate": NaN}',
    "key.json": '{"\\u001b[31m": 1}',
}
NO_PLACES = ["own.txt", "own.txt/below", *NO_NAMES]
NO_NUMBERS = ["nan", "-1", "x", ""]

WRONG = [
    *(["lab", "--port", number] for number in [*NO_NUMBERS, "0", "65536", "9" * 30]),
    ["lab", "x"],
    ["doctor", "x"],
    *(["lessons", place] for place in NO_PLACES),
    ["lessons", "a", "b"],
    *(["progress", "--forget", lesson] for lesson in [*NO_NUMBERS, "40", "1.5", "²", "9" * 5_000]),
    ["progress", "x"],
    *(["data", "fetch", name] for name in ["nothing", "../shakespeare", *NO_NAMES]),
    ["data", "nothing"],
    ["data", "list", "x"],
    *(["data", "prepare", source] for source in NO_FILES),
    *(["data", "prepare", "own.txt", "--out", place] for place in NO_PLACES),
    *(["data", "prepare", "own.txt", "--validation", share] for share in [*NO_NUMBERS, "1", "inf"]),
    *(
        ["data", "prepare", "own.txt", "--tokenizer", "bpe", "--vocab-size", size]
        for size in [*NO_NUMBERS, "0"]
    ),
    ["data", "prepare", "own.txt", "--tokenizer", "nothing"],
    *(["data", "check", place] for place in NO_FILES),
    *(["data", "prepare", "own.txt", "--tokenizer", name] for name in NO_NAMES),
    *(["train", source] for source in NO_FILES),
    *(["train", "own.txt", "--out", place, "--plan", "--set", "batch=0"] for place in NO_PLACES),
    *(["train", "own.txt", flag, name] for flag in ("--task", "--model", "--set") for name in NO_NAMES),
    ["train", "own.txt", "--task", "nothing"],
    ["train", "own.txt", "--model", "nothing"],
    *(["train", "own.txt", "--config", file] for file in [*NO_FILES, "own.txt", *NO_SETTINGS]),
    *(["train", "own.txt", "--set", f"{name}=nothing"] for name in ["d_model", "steps", "optimiser", "name"]),
    *(["train", "own.txt", "--set", f"batch={number}"] for number in ["0", "-1", "nan", "1.5"]),
    ["train", "own.txt", "--resume"],
    *(["generate", folder, "x"] for folder in NO_FILES),
    *(["generate", "missing", "x", "--seed", number] for number in ["nan", "x", "1.5"]),
    *(["export", folder, "out"] for folder in NO_FILES),
    *(["export", "model", place] for place in NO_PLACES),
    *(["export", "model", "out", "--dtype", name] for name in NO_NAMES),
    *(["generate", "model", "ab", "--device", name] for name in NO_NAMES),
]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A working directory with what is no text, and one text."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TFM_PROGRESS", str(tmp_path / "progress.jsonl"))
    (tmp_path / "own.txt").write_text("the cat sat on the mat.\n" * 100)
    (tmp_path / "empty.txt").touch()
    (tmp_path / "folder").mkdir()
    for name, text in NO_SETTINGS.items():
        (tmp_path / name).write_text(text)
    model = GPT(GPTConfig(vocab_size=3, context=8, d_model=8, n_layers=1, n_heads=2))
    save_model(tmp_path / "model", model, CharacterVocabulary("abc"))
    return tmp_path


def test_every_command_has_wrong_words():
    """The table goes through all commands."""
    assert {words[0] for words in WRONG} == {module.__name__.split(".")[-1] for module in commands.COMMANDS}


@pytest.mark.parametrize("words", WRONG, ids=lambda words: " ".join(words)[:60].replace("\0", "␀"))
def test_wrong_words_are_one_line(words, folder, capsys):
    """Exit code 2, nothing on standard output, no new file, and one line that begins with the command's name."""
    before = sorted(folder.rglob("*"))
    try:
        code = cli.main(words)
    except SystemExit as end:
        code = end.code
    out, err = capsys.readouterr()
    assert (code, out) == (2, "")
    assert LINE.fullmatch(err), err
    assert len(err) < 700
    assert "Errno" not in err
    assert sorted(folder.rglob("*")) == before


@pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="Linux has files that nobody can read or write"
)
@pytest.mark.parametrize("words", [["lessons", "/proc/lessons"], ["data", "prepare", "/proc/self/mem"]])
def test_what_nobody_may_use_is_one_line(words, folder, capsys):
    """A file that cannot be read, and a place that cannot be written, even by root."""
    assert cli.main(words) == 2
    err = capsys.readouterr().err
    assert LINE.fullmatch(err), err
    assert "Errno" not in err
