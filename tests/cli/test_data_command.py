"""`tfm data prepare`: what it writes, whom it thanks, and one sentence for what it cannot read."""

import needs
import pytest

from tfm import cli
from tfm.data import prepare
from tfm.data.corpora import load_pairs
from tfm.data.prepare import load_prepared


def test_a_file_of_the_readers_own(tmp_path, capsys, monkeypatch):
    """The folder takes the file's name, and the last line is the command that trains on it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "diary.txt").write_text("dear diary\n" * 30)
    assert cli.main(["data", "prepare", "diary.txt"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "prepared/diary: 297 tokens to train on, 33 to judge on, a vocabulary of 8"
    assert lines[2] == "Next: tfm train prepared/diary"
    assert len(load_prepared(tmp_path / "prepared" / "diary").val) == 33


def test_the_authors_of_a_text_are_thanked(tmp_path, capsys, monkeypatch):
    """Tatoeba's licence and authors are shown when its pairs are prepared."""
    needs.data("eng-cmn")
    few = {split: pairs[:900] for split, pairs in load_pairs("eng-cmn").items()}
    monkeypatch.setattr(prepare, "load_pairs", lambda _: few)
    assert cli.main(["data", "prepare", "eng-cmn", "--vocab-size", "500", "--out", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert "900 pairs to train on, 900 to judge on, 900 for the test" in out
    assert "CC-BY 2.0 FR; Tatoeba's authors" in out
    assert "--task translate" in out


@pytest.mark.parametrize(
    ("data", "words", "sentence"),
    [
        (b"", [], "own.txt is empty"),
        (b"\xff\xfea\x00", [], "is not UTF-8 but UTF-16: byte 0 (0xFF)"),
        (b"a", [], "too few to cut in two"),
        (b"abc" * 99, ["--tokenizer", "word"], "the tokenizer is 'word': it is one of"),
        (b"abc" * 99, ["--validation", "2"], "a share above 0 and below 1"),
        (b"abc" * 99, ["--tokenizer", "bpe", "--vocab-size", "3"], "vocab_size"),
    ],
)
def test_what_cannot_be_prepared_is_one_sentence(tmp_path, capsys, data, words, sentence):
    """Exit code 2, one line on standard error, nothing written."""
    (tmp_path / "own.txt").write_bytes(data)
    out = tmp_path / "out"
    assert cli.main(["data", "prepare", str(tmp_path / "own.txt"), "--out", str(out), *words]) == 2
    shown, err = capsys.readouterr()
    assert shown == ""
    assert err.startswith("tfm: ")
    assert sentence in err
    assert err.count("\n") == 1
    assert not out.exists()


def test_an_unknown_name_suggests_the_nearest(capsys):
    """A slip of the finger is answered with the name that was meant."""
    assert cli.main(["data", "prepare", "shakespere"]) == 2
    assert "did you mean 'shakespeare'" in capsys.readouterr().err


def test_checksums_are_compared_on_demand(tmp_path, capsys):
    """`tfm data check` names a file that changed, whatever its size; a folder without checksums says so."""
    (tmp_path / "own.txt").write_text("dear diary\n" * 30)
    out = tmp_path / "out"
    assert cli.main(["data", "prepare", str(tmp_path / "own.txt"), "--out", str(out)]) == 0
    assert cli.main(["data", "check", str(out)]) == 0
    assert "3 files" in capsys.readouterr().out
    changed = bytearray((out / "val.bin").read_bytes())
    changed[-2] ^= 1
    (out / "val.bin").write_bytes(changed)
    assert cli.main(["data", "check", str(out)]) == 2
    assert "val.bin is damaged, for its SHA-256 is not the manifest's" in capsys.readouterr().err
    (out / "manifest.json").unlink()
    assert cli.main(["data", "check", str(out)]) == 2
    assert "has no manifest.json" in capsys.readouterr().err
