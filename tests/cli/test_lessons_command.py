"""`tfm lessons`: handing out, renewing, and never losing what the reader wrote."""

import json
import os

import pytest

from tfm import cli
from tfm.cli import lessons
from tfm.cli.lessons import MANIFEST, copy_lessons, summary

FIRST, SECOND = "01_perceptron.ipynb", "solutions/01_perceptron.ipynb"


@pytest.fixture
def edition(tmp_path):
    """An edition of the course, three files of it."""
    source = tmp_path / "edition"
    (source / "solutions").mkdir(parents=True)
    for name in (FIRST, SECOND, "README.md"):
        (source / name).write_text(f"first edition of {name}")
    (source / ".hidden.md").write_text("not a lesson")
    return source


@pytest.fixture
def mine(tmp_path):
    """The reader's folder, not there yet."""
    return tmp_path / "mine"


def publish(edition, *names):
    """Bring out a second edition of some files."""
    for name in names:
        (edition / name).write_text(f"second edition of {name}")


def test_the_first_copy_has_everything(edition, mine):
    """Lessons, solutions and the table are there as they were; what is hidden is not."""
    outcome = copy_lessons(edition, mine)
    assert sorted(outcome.new) == sorted([FIRST, SECOND, "README.md"])
    assert (mine / SECOND).read_text() == f"first edition of {SECOND}"
    assert not (mine / ".hidden.md").exists()
    assert copy_lessons(edition, mine).same == sorted([FIRST, SECOND, "README.md"])


def test_what_was_not_touched_is_renewed(edition, mine):
    """After an update an untouched lesson is the new edition, and nothing lies beside it."""
    copy_lessons(edition, mine)
    publish(edition, FIRST)
    outcome = copy_lessons(edition, mine)
    assert (outcome.renewed, outcome.kept) == ([FIRST], {})
    assert (mine / FIRST).read_text() == f"second edition of {FIRST}"


def test_what_the_reader_changed_stays(edition, mine):
    """A changed lesson is kept to the letter, and the new edition lies beside it; a third replaces the second."""
    copy_lessons(edition, mine)
    (mine / FIRST).write_text("my own work")
    publish(edition, FIRST)
    outcome = copy_lessons(edition, mine)
    assert outcome.kept == {FIRST: "01_perceptron-new.ipynb"}
    assert (mine / FIRST).read_text() == "my own work"
    assert (mine / "01_perceptron-new.ipynb").read_text() == f"second edition of {FIRST}"
    (edition / FIRST).write_text("third edition")
    assert copy_lessons(edition, mine).kept == {FIRST: "01_perceptron-new.ipynb"}
    assert (mine / "01_perceptron-new.ipynb").read_text() == "third edition"
    assert (mine / FIRST).read_text() == "my own work"


def test_work_in_the_new_edition_stays_too(edition, mine):
    """Whoever has gone on in the copy beside keeps that as well."""
    copy_lessons(edition, mine)
    (mine / FIRST).write_text("my own work")
    publish(edition, FIRST)
    copy_lessons(edition, mine)
    (mine / "01_perceptron-new.ipynb").write_text("more of my work")
    (edition / FIRST).write_text("third edition")
    assert copy_lessons(edition, mine).kept == {FIRST: "01_perceptron-new-2.ipynb"}
    assert (mine / "01_perceptron-new.ipynb").read_text() == "more of my work"


def test_no_newer_edition_no_second_copy(edition, mine):
    """Changed by the reader and unchanged by us: nothing is written."""
    copy_lessons(edition, mine)
    (mine / FIRST).write_text("my own work")
    for _ in range(2):
        assert copy_lessons(edition, mine).kept == {FIRST: ""}
    assert sorted(f.name for f in mine.glob("*.ipynb")) == [FIRST]


@pytest.mark.parametrize("manifest", [None, "{ torn", "[]", '{"files": 3}'])
def test_without_a_manifest_every_file_counts_as_theirs(edition, mine, manifest):
    """A lost or damaged note of what was handed out never costs the reader a file."""
    copy_lessons(edition, mine)
    if manifest is None:
        (mine / MANIFEST).unlink()
    else:
        (mine / MANIFEST).write_text(manifest)
    publish(edition, FIRST)
    assert copy_lessons(edition, mine).kept == {FIRST: "01_perceptron-new.ipynb"}
    assert (mine / FIRST).read_text() == f"first edition of {FIRST}"


def test_a_dry_run_touches_nothing(edition, mine):
    """It says what would be done, in the conditional."""
    outcome = copy_lessons(edition, mine, dry_run=True)
    assert not mine.exists()
    assert summary(outcome, mine, dry_run=True) == [f"3 new files would be in {mine}"]


def test_an_interrupted_copy_leaves_whole_files(edition, mine, monkeypatch):
    """When the disk fails in the middle, each file there is whole, and the next run completes the rest."""
    written = []
    write = lessons._write

    def failing(content, target):
        if len(written) == 1:
            raise OSError("disk full")
        written.append(target)
        write(content, target)

    monkeypatch.setattr(lessons, "_write", failing)
    with pytest.raises(OSError, match="disk full"):
        copy_lessons(edition, mine)
    assert [f.read_text() for f in mine.rglob("*.*")] == [f"first edition of {written[0].name}"]
    monkeypatch.setattr(lessons, "_write", write)
    assert len(copy_lessons(edition, mine).new) == 2


def test_bad_places_get_one_sentence(edition, mine, capsys, monkeypatch):
    """A file, the source, a place that cannot be written, a full disk: exit code 2, one line, nothing lost."""
    monkeypatch.setattr(lessons, "lessons_home", lambda: edition)
    mine.write_text("a file of mine")
    full = type("Usage", (), {"free": 5})
    for place, says in (
        (mine, "is a file"),
        (edition, "is where the lessons come from"),
        ("/dev/null/x", ""),
    ):
        assert cli.main(["lessons", str(place)]) == 2
        err = capsys.readouterr().err
        assert err.startswith("tfm: ")
        assert err.count("\n") == 1
        assert says in err
    monkeypatch.setattr(lessons.shutil, "disk_usage", lambda _: full)
    assert cli.main(["lessons", str(mine.with_name("other"))]) == 2
    assert "make room there" in capsys.readouterr().err
    assert mine.read_text() == "a file of mine"


def test_the_command_says_what_it_did(edition, mine, capsys, monkeypatch):
    """First how many, then what was renewed, what is kept and where the new edition lies."""
    monkeypatch.setattr(lessons, "lessons_home", lambda: edition)
    assert cli.main(["lessons", str(mine)]) == 0
    assert capsys.readouterr().out.splitlines()[0] == f"3 new files in {mine}"
    (mine / FIRST).write_text("mine")
    publish(edition, FIRST, "README.md")
    assert cli.main(["lessons", str(mine)]) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"1 file that you had not touched renewed in {mine}",
        f"{FIRST} is yours and stays; the new edition beside it: 01_perceptron-new.ipynb",
    ]


def test_the_manifest_is_json_with_a_version(edition, mine):
    """The note in the folder says which edition was handed out."""
    copy_lessons(edition, mine)
    assert json.loads((mine / MANIFEST).read_text()).keys() == {"tfm", "files"}


@pytest.fixture
def outside(tmp_path):
    """A folder of the reader's that is no business of ours."""
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "01_perceptron.ipynb").write_text("years of work")
    return folder


def everything(folder):
    """Names and contents of all files of a folder, links not followed."""
    return {
        path.relative_to(folder).as_posix(): str(path.readlink()) if path.is_symlink() else path.read_text()
        for path in sorted(folder.rglob("*"))
        if path.is_symlink() or path.is_file()
    }


@pytest.mark.parametrize("kind", ["a link", "a broken link", "a file"])
def test_a_folder_of_lessons_that_is_something_else_is_refused(edition, mine, outside, kind):
    """Nothing is written through a linked solutions/, nor anywhere else, and the sentence names it."""
    mine.mkdir()
    place = mine / "solutions"
    if kind == "a file":
        place.write_text("mine")
    else:
        place.symlink_to(outside if kind == "a link" else outside / "gone")
    before = everything(mine), everything(outside)
    for dry_run in (True, False):
        with pytest.raises(ValueError, match=f"solutions is a {kind.split()[-1]}"):
            copy_lessons(edition, mine, dry_run=dry_run)
    assert (everything(mine), everything(outside)) == before


def test_a_link_in_a_lessons_place_is_the_readers(edition, mine, outside):
    """A link, also a broken one, is neither followed nor replaced; the edition lies beside it."""
    mine.mkdir()
    (mine / FIRST).symlink_to(outside / FIRST)
    (mine / "README.md").symlink_to(outside / "gone.md")
    for _ in range(2):
        copy_lessons(edition, mine)
        assert (mine / FIRST).readlink() == outside / FIRST
        assert (mine / "README.md").is_symlink()
        assert everything(outside) == {FIRST: "years of work"}
        assert (mine / "01_perceptron-new.ipynb").read_text() == f"first edition of {FIRST}"
        assert (mine / "README-new.md").read_text() == "first edition of README.md"
        publish(edition, SECOND)


def test_a_link_to_what_was_handed_out_is_not_renewed(edition, mine, outside):
    """Who keeps an untouched lesson elsewhere and links to it keeps both."""
    copy_lessons(edition, mine)
    (mine / FIRST).rename(outside / "kept.ipynb")
    (mine / FIRST).symlink_to(outside / "kept.ipynb")
    publish(edition, FIRST)
    assert copy_lessons(edition, mine).kept == {FIRST: "01_perceptron-new.ipynb"}
    assert (outside / "kept.ipynb").read_text() == f"first edition of {FIRST}"
    assert (mine / FIRST).is_symlink()


def test_special_files_and_folders_in_a_lessons_place_stay(edition, mine):
    """A pipe is not read, which would never end; a folder is no lesson; both stay."""
    mine.mkdir()
    os.mkfifo(mine / FIRST)
    (mine / "README.md").mkdir()
    outcome = copy_lessons(edition, mine)
    assert outcome.kept == {FIRST: "01_perceptron-new.ipynb", "README.md": "README-new.md"}
    assert (mine / FIRST).is_fifo()
    assert (mine / "README.md").is_dir()


def test_a_lesson_that_may_not_be_written_is_not_renewed(edition, mine):
    """Who takes the right to write away wants to keep a file."""
    copy_lessons(edition, mine)
    (mine / FIRST).chmod(0o444)
    publish(edition, FIRST)
    assert copy_lessons(edition, mine).kept == {FIRST: "01_perceptron-new.ipynb"}
    assert (mine / FIRST).read_text() == f"first edition of {FIRST}"


def test_a_note_that_is_a_link_is_refused(edition, mine, outside):
    """The note of what was handed out is written over nothing else."""
    mine.mkdir()
    (mine / MANIFEST).symlink_to(outside / FIRST)
    with pytest.raises(ValueError, match=r"\.tfm-lessons\.json is no plain file"):
        copy_lessons(edition, mine)
    assert everything(outside) == {FIRST: "years of work"}


def test_a_change_while_we_copy_is_not_written_over(edition, mine, monkeypatch):
    """What the reader saves after their file was looked at, and before it is renewed, stays."""
    copy_lessons(edition, mine)
    publish(edition, FIRST, "README.md")
    room = lessons._require_room

    def and_meanwhile(*args):
        room(*args)
        (mine / FIRST).write_text("saved a moment ago")

    monkeypatch.setattr(lessons, "_require_room", and_meanwhile)
    copy_lessons(edition, mine)
    assert (mine / FIRST).read_text() == "saved a moment ago"
    assert (mine / "01_perceptron-new.ipynb").read_text() == f"second edition of {FIRST}"
    assert (mine / "README.md").read_text() == "second edition of README.md"


def test_a_folder_within_the_lessons_is_refused(edition):
    """The next copy would hand out the copies."""
    with pytest.raises(ValueError, match="is where the lessons come from"):
        copy_lessons(edition, edition / "mine")


def test_a_place_that_cannot_be_written_gets_one_sentence(edition, mine, monkeypatch):
    """The file and the reason are named, and nothing half-written is left."""

    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(lessons.Path, "replace", refuse)
    with pytest.raises(OSError, match=r"could not be written \(Permission denied\): give a folder") as error:
        copy_lessons(edition, mine)
    assert "Errno" not in str(error.value)
    assert everything(mine) == {}
