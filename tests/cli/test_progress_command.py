"""`tfm progress` as a reader calls it."""

import pytest

from tfm import check, cli
from tfm.course import lessons
from tfm.kit import progress


@pytest.fixture
def file(tmp_path, monkeypatch):
    """A progress file of the test's own."""
    path = tmp_path / "progress.jsonl"
    monkeypatch.setenv(progress.VARIABLE, str(path))
    return path


def lines(capsys, *words):
    """What `tfm progress` prints."""
    assert cli.main(["progress", *words]) == 0
    return capsys.readouterr().out.splitlines()


def test_a_beginner_is_sent_to_the_first_exercise(file, capsys):
    """Without a file everything is open, and nothing is made."""
    said = lines(capsys)
    assert said[0] == "1 · A neuron learns   0 of 14"
    assert said[-1] == "Next: decide, in lesson 01, The perceptron."
    assert not file.exists()


def test_what_is_right_has_its_mark(file, capsys):
    """A right exercise gets a tick, its part counts it, and the next open one is named."""
    check.decide(check.decide.solution)
    check.learn_step(check.learn_step.solution)
    said = lines(capsys)
    assert said[0] == "1 · A neuron learns   2 of 14"
    assert said[1].split(maxsplit=3)[3] == "✓ decide  ✓ learn_step  ○ xor"
    assert said[-1] == "Next: xor, in lesson 01, The perceptron."


def test_a_lesson_can_be_begun_anew(file, capsys):
    """Forgetting a lesson opens its exercises again, and says which."""
    check.decide(check.decide.solution)
    assert lines(capsys, "--forget", "1") == ["begun anew: decide"]
    assert lines(capsys, "--forget", "1") == ["none of these exercises was right before"]
    assert lines(capsys)[0].endswith("0 of 14")


def test_a_lesson_that_is_not_there_gets_a_sentence(file, capsys):
    """A wrong number ends with exit code 2 and what there is."""
    assert cli.main(["progress", "--forget", "40"]) == 2
    assert "give a number from 1 to 21, or all" in capsys.readouterr().err


def test_the_end_is_said(file, capsys):
    """Whoever has all of them right is told so."""
    for lesson in lessons():
        for name in lesson.exercises:
            progress.remember(name)
    assert lines(capsys)[-1].startswith("All exercises were right")


def test_a_damaged_file_is_said_in_one_sentence(file, capsys):
    """A line that cannot be read is counted, named and left alone."""
    file.write_text("{ torn\n")
    assert lines(capsys)[-1].startswith(f"passed over in {file}, and left there: 1 × a line")
    assert file.read_text() == "{ torn\n"


def test_off_is_said(monkeypatch, capsys):
    """Where nothing is remembered, the command says why."""
    monkeypatch.setenv(progress.VARIABLE, "off")
    assert lines(capsys) == ["nothing is remembered: TFM_PROGRESS is off, or there is no home folder"]
