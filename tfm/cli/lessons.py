"""`tfm lessons`: a copy of the lessons for the reader to work in, which no update ever overwrites.

A small file in the folder notes the SHA-256 of everything that was handed out. When the command is run again,
after an update of the course, what the reader has not touched is renewed; what they have changed, were it by
running a cell, stays as it is, and the new edition is put beside it. Nothing is written outside the folder: a link
in it is the reader's, and is neither followed nor replaced.
"""

import argparse
import hashlib
import json
import os
import secrets
import shutil
import stat
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import tfm
from tfm.cli.output import place
from tfm.json_files import read_json
from tfm.names import whole_path

FOLDER = "tfm-lessons"
MANIFEST = ".tfm-lessons.json"
FIRST = "01_perceptron.ipynb"
ENDINGS = {".ipynb", ".md"}
SPARE = 1_000_000  # bytes of room that are left free


@dataclass(slots=True)
class Outcome:
    """What a copy did, by the files' places in the folder.

    Attributes:
        new: were not there.
        renewed: had not been touched, and are the new edition now.
        kept: are the reader's, and stay; for each the name under which a new edition lies beside it, or an empty
            one where there is no newer edition.
        same: were this edition already.
    """

    new: list[str] = field(default_factory=list)
    renewed: list[str] = field(default_factory=list)
    kept: dict[str, str] = field(default_factory=dict)
    same: list[str] = field(default_factory=list)


def add(commands: Any) -> None:
    """Add the words of `tfm lessons` to the command line."""
    parser = commands.add_parser(
        "lessons", help="copy the lessons into a folder of your own, or renew them there"
    )
    parser.add_argument("folder", nargs="?", type=place, default=Path(FOLDER), help=f"(default: {FOLDER})")
    parser.add_argument("--dry-run", action="store_true", help="only say what would be done")
    parser.set_defaults(run=_run)


def lessons_home() -> Path:
    """Where the lessons lie that came with this `tfm`: in the wheel, or in the repository.

    Raises:
        FileNotFoundError: in neither; the package was installed without them.
    """
    package = Path(tfm.__file__).resolve().parent
    for home in (package / "lessons", package.parent / "notebooks"):
        if (home / FIRST).is_file():
            return home
    raise FileNotFoundError(
        "this installation of tfm carries no lessons: install it from its repository, or from a wheel built there"
    )


def copy_lessons(source: Path, folder: Path, *, dry_run: bool = False) -> Outcome:
    """Hand the lessons out, or renew those that were handed out before.

    Args:
        source: the folder that holds the present edition.
        folder: the reader's; made when it is not there.
        dry_run: find out what would be done, and do nothing.

    Returns:
        What was done.

    Raises:
        ValueError: the folder is a file, or the source itself or within it, or something in it leads out of it.
        OSError: the folder cannot be found or written, or the disk is full; nothing of the reader's is lost then.
    """
    folder = whole_path(folder, "the folder", "name it by its whole path, such as /tmp/tfm-lessons")
    with suppress(FileNotFoundError):
        folder.lstat()  # says what no question below would: the name is too long, or leads through a file
    if os.path.lexists(folder) and not folder.is_dir():
        raise ValueError(f"{folder} is a file, and the lessons need a folder: give another name")
    if folder.resolve().is_relative_to(source.resolve()):
        raise ValueError(f"{folder} is where the lessons come from: give another folder")
    files = {f.relative_to(source).as_posix(): f for f in sorted(source.rglob("*")) if _is_lesson(f, source)}
    _require_own_places(folder, files)
    handed_out, outcome = _read_manifest(folder), Outcome()
    wanted = [_place(name, file, folder, handed_out, outcome) for name, file in files.items()]
    if not dry_run:
        _require_room(folder, sum(file.stat().st_size for file, target in wanted if target is not None))
        for (name, file), (_, target) in zip(files.items(), wanted, strict=True):
            if target is not None:
                _hand_out(file, name, target, folder, handed_out)
            handed_out[name] = _digest(file)
        _write(
            json.dumps({"tfm": tfm.__version__, "files": handed_out}, indent=1).encode(), folder / MANIFEST
        )
    return outcome


def summary(outcome: Outcome, folder: Path, *, dry_run: bool = False) -> list[str]:
    """What a copy did, in a few lines for people.

    Example:
        >>> summary(Outcome(new=["01_perceptron.ipynb"]), Path("tfm-lessons"))
        ['1 new file in tfm-lessons', 'open them: tfm lab, from this folder']
    """
    would = "would be " if dry_run else ""
    lines = []
    if outcome.new:
        lines.append(f"{_files(outcome.new, 'new ')} {'would be ' if dry_run else ''}in {folder}")
    if outcome.renewed:
        lines.append(f"{_files(outcome.renewed)} that you had not touched {would}renewed in {folder}")
    beside = {name: edition for name, edition in outcome.kept.items() if edition}
    if len(outcome.kept) > len(beside):
        lines.append(f"{_files(list(outcome.kept)[len(beside) :])} of yours kept: there is no newer edition")
    lines += [
        f"{name} is yours and stays; the new edition {would}beside it: {new}" for name, new in beside.items()
    ]
    if not lines:
        lines.append(f"{folder} has this edition already, all {len(outcome.same)} files of it")
    return [*lines, "open them: tfm lab, from this folder"] if outcome.new and not dry_run else lines


def _run(args: argparse.Namespace) -> int:
    outcome = copy_lessons(lessons_home(), args.folder, dry_run=args.dry_run)
    print("\n".join(summary(outcome, args.folder, dry_run=args.dry_run)))
    return 0


def _place(
    name: str, file: Path, folder: Path, handed_out: dict[str, str], outcome: Outcome
) -> tuple[Path, Path | None]:
    """Decide where one file goes, note it, and return the file with its target, None when it stays away."""
    target, now = folder / name, _digest(file)
    if not os.path.lexists(target):
        outcome.new.append(name)
        return file, target
    if _is_regular(target) and _digest(target) == now:
        outcome.same.append(name)
        return file, None
    if _is_free(target, handed_out.get(name)):
        outcome.renewed.append(name)
        return file, target
    beside = None if handed_out.get(name) == now else _free_name(target, now, handed_out, folder)
    outcome.kept[name] = beside.name if beside else ""
    return file, beside


def _hand_out(file: Path, name: str, target: Path, folder: Path, handed_out: dict[str, str]) -> None:
    """Write one file and note it; beside its place if the reader has saved theirs since it was looked at."""
    now = _digest(file)
    if not _is_free(target, handed_out.get(target.relative_to(folder).as_posix())):
        free = _free_name(folder / name, now, handed_out, folder)
        if free is None:
            return  # it lies there already
        target = free
    _write(file.read_bytes(), target)
    handed_out[target.relative_to(folder).as_posix()] = now


def _free_name(target: Path, now: str, handed_out: dict[str, str], folder: Path) -> Path | None:
    """A name beside the reader's file, such as `01_perceptron-new.ipynb`, that holds nothing of theirs."""
    number = 1
    while True:
        end = "" if number == 1 else f"-{number}"
        beside = target.with_name(f"{target.stem}-new{end}{target.suffix}")
        if _is_free(beside, handed_out.get(beside.relative_to(folder).as_posix())):
            return beside
        if _is_regular(beside) and _digest(beside) == now:
            return None
        number += 1


def _is_free(target: Path, handed_out: str | None) -> bool:
    """Whether nothing of the reader's lies there: nothing at all, or a writable file as it was handed out."""
    if not os.path.lexists(target):
        return True
    return (
        handed_out is not None
        and _is_regular(target)
        and bool(target.lstat().st_mode & stat.S_IWUSR)
        and _digest(target) == handed_out
    )


def _is_regular(target: Path) -> bool:
    """Whether a file lies there, and no link, folder or special file, which might be read for ever."""
    return stat.S_ISREG(target.lstat().st_mode)


def _require_own_places(folder: Path, names: Iterable[str]) -> None:
    """Refuse a folder in which some lesson's own folder, or the note of what was handed out, is something else."""
    inner = {folder / parent for name in names for parent in Path(name).parents if parent.name}
    for inside in sorted(inner):
        if os.path.lexists(inside) and (inside.is_symlink() or not inside.is_dir()):
            kind = "a link" if inside.is_symlink() else "a file"
            raise ValueError(
                f"{inside} is {kind}, and the lessons need a folder of their own there: move it away, or give "
                "another folder"
            )
    note = folder / MANIFEST
    if os.path.lexists(note) and not _is_regular(note):
        raise ValueError(f"{note} is no plain file, and what was handed out is noted there: move it away")


def _is_lesson(file: Path, source: Path) -> bool:
    hidden = any(part.startswith(".") for part in file.relative_to(source).parts)
    return file.is_file() and file.suffix in ENDINGS and not hidden


def _read_manifest(folder: Path) -> dict[str, str]:
    """What was handed out; nothing when that cannot be read, so that every file counts as the reader's."""
    try:
        files = read_json(folder / MANIFEST, "a list of files").get("files")
    except (OSError, ValueError):
        return {}
    return {str(name): str(digest) for name, digest in files.items()} if isinstance(files, dict) else {}


def _require_room(folder: Path, needed: int) -> None:
    place = next(one for one in (folder, *folder.parents) if one.exists())
    free = shutil.disk_usage(place).free
    if free < needed + SPARE:
        raise OSError(
            f"the lessons take {needed / 1e6:.0f} MB and {place} has {free / 1e6:.0f} MB free: make room there"
        )


def _write(content: bytes, target: Path) -> None:
    """Write a file beside its place and rename it, so that it is never half there."""
    beside = target.with_name(f".{target.name}.{secrets.token_hex(8)}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with beside.open("xb") as file:  # x: what lies there already is neither followed nor overwritten
            file.write(content)
        beside.replace(target)
    except OSError as error:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
        raise OSError(
            f"{target} could not be written ({error.strerror or error}): give a folder that is yours to write in"
        ) from None


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _files(names: list[str], kind: str = "") -> str:
    return f"{len(names)} {kind}file{'s'[: len(names) != 1]}"
