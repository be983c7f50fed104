"""One writer a folder: a file that says who writes there, and how others know whether that process still lives.

    run/run.lock      host · process number · when that process began · machine · a word of its own

The file is written under another name and linked into place, which only one process can do, on a network's disk
too. Whether its writer lives is asked of the system where it runs on this very machine. Of another machine there
is the file's age: the writer touches it every few seconds, and its age is taken against a file that was written
just now on the same disk, so that no two clocks are compared. A process that died blocks nobody. This file knows
nothing of what is written in the folder.
"""

import contextlib
import os
import secrets
import socket
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

NAME = "run.lock"
BEAT = 10.0  # seconds from one sign of life to the next
SILENT = 300.0  # seconds without one after which a writer on another machine counts as dead
SAME_START = 5.0  # seconds that two readings of when a process began may differ, for clocks are set


class FolderInUse(OSError):  # noqa: N818 (it is what happened)
    """Another process writes there; the sentence names it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Writer:
    """Who writes.

    Attributes:
        host: name of the machine.
        pid: number of the process on it.
        started: when that process began, in seconds since 1970.
        machine: which start of which system, and which of its lists of processes.
        token: a word that nobody else has.
    """

    host: str
    pid: int
    started: float
    machine: str
    token: str

    @classmethod
    def here(cls) -> "Writer":
        """This process."""
        host, pid = socket.gethostname(), os.getpid()
        return cls(
            host=host, pid=pid, started=_started(pid) or 0.0, machine=_machine(), token=secrets.token_hex(8)
        )

    def as_text(self) -> str:
        """Five lines."""
        return f"{self.host}\n{self.pid}\n{self.started}\n{self.machine}\n{self.token}\n"

    @classmethod
    def read(cls, path: Path) -> "Writer | None":
        """Read the five lines; None where they are something else.

        Raises:
            FileNotFoundError: there is no file.
        """
        try:
            host, pid, started, machine, token = path.read_text(encoding="utf-8").splitlines()
            return cls(host=host, pid=int(pid), started=float(started), machine=machine, token=token)
        except FileNotFoundError:
            raise
        except (OSError, ValueError):
            return None

    def lives(self, age: float) -> bool:
        """Whether this process still runs, where its last sign of life is so many seconds old."""
        if self.machine == _machine():
            began = _started(self.pid)
            if began is None or abs(began - self.started) < SAME_START:
                return began is not None
        return age < SILENT


class FolderLock:
    """Keeps a folder for this process while a `with` block runs; within one process it may be taken again.

    Attributes:
        folder: whose lock it is; made where it is missing, and removed again where it stayed empty.

    Args:
        folder: a path.
        patience: seconds for which a process that holds it is waited for, as a run is that goes on elsewhere when
            the machine of its writer was lost.

    Raises:
        FolderInUse: another process holds it.
        OSError: the folder cannot be written.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as here:
        ...     with FolderLock(here), FolderLock(here):
        ...         [path.name for path in Path(here).iterdir()]
        ['run.lock']
    """

    _held: "dict[Path, FolderLock]" = {}  # noqa: RUF012 (what this process holds)

    def __init__(self, folder: str | Path, patience: float = 0.0) -> None:
        self.folder, self._patience = Path(folder), patience
        self._path = self.folder / NAME
        self._me: Writer | None = None
        self._made: list[Path] = []
        self._ended = threading.Event()
        self._lost = False

    def __enter__(self) -> "FolderLock":  # noqa: PYI034 (beartype cannot read Self)
        held = self._held.get(self._path.absolute())
        if held is not None and held.is_ours:
            return held
        self._made = [path for path in (self.folder, *self.folder.parents) if not path.exists()]
        me = Writer.here()
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._take_in_time(me)
        except BaseException:
            self._unmake()
            raise
        self._me, self._held[self._path.absolute()] = me, self
        threading.Thread(target=self._beat, name="tfm-lock", daemon=True).start()
        return self

    @property
    def is_ours(self) -> bool:
        """Whether this process, and not one that it was forked from, has taken it."""
        return self._me is not None and self._me.pid == os.getpid()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self.is_ours:
            return  # taken again within one process, or a fork of it: the first one gives it back
        self._ended.set()
        self._held.pop(self._path.absolute(), None)
        if self._is_mine():
            with contextlib.suppress(OSError):
                self._path.unlink()
        self._me = None
        self._unmake()

    def require(self) -> None:
        """Make sure that nobody has taken the folder over while this process seemed dead.

        Raises:
            FolderInUse: somebody has.
        """
        if self._lost:
            raise FolderInUse(
                f"another process has taken {self.folder} over, for this one gave no sign of life for "
                f"{SILENT / 60:.0f} minutes: it stops without writing there"
            )

    def _take_in_time(self, me: Writer) -> None:
        end = time.monotonic() + self._patience
        while True:
            try:
                return self._take(me)
            except FolderInUse:
                if time.monotonic() >= end:
                    raise
            time.sleep(min(1.0, self._patience))

    def _take(self, me: Writer) -> None:
        mine = self._path.with_name(f"{NAME}.{me.token}")
        try:
            mine.write_text(me.as_text(), encoding="utf-8")
            self._sweep(mine)
            for _ in range(3):  # a lock may vanish, and another appear, while we look
                if _link(mine, self._path, me):
                    return
                with contextlib.suppress(FileNotFoundError):
                    self._put_away(mine)
            raise FolderInUse(f"other processes are just about to write in {self.folder}: try again")
        finally:
            with contextlib.suppress(OSError):
                mine.unlink()

    def _put_away(self, mine: Path) -> None:
        """Take away the lock of a process that died; raise where its writer lives.

        It is renamed and then looked at again: between two looks another process may have done the same, and
        what lies there now may be that one's.
        """
        writer, age = Writer.read(self._path), _age(self._path, mine)
        if _lives(writer, age):
            raise FolderInUse(_who(self.folder, writer, age))
        gone = mine.with_name(f"{mine.name}.gone")
        self._path.rename(gone)
        if Writer.read(gone) != writer:
            with contextlib.suppress(OSError):
                os.link(gone, self._path)
        gone.unlink()

    def _sweep(self, mine: Path) -> None:
        """Remove what processes left that were killed while they took the lock."""
        for path in self.folder.glob(f"{NAME}.*"):
            with contextlib.suppress(FileNotFoundError):
                writer, age = Writer.read(path), _age(path, mine)
                if path != mine and not _lives(writer, age):
                    path.unlink()

    def _beat(self) -> None:
        while not self._ended.wait(BEAT):
            with contextlib.suppress(OSError):
                if not self._is_mine():
                    self._lost = True
                    return
                os.utime(self._path)

    def _is_mine(self) -> bool:
        try:
            return Writer.read(self._path) == self._me
        except FileNotFoundError:
            return False

    def _unmake(self) -> None:
        """Remove the folders that were made for nothing."""
        for path in self._made:
            try:
                path.rmdir()
            except OSError:
                return


def _link(mine: Path, path: Path, me: Writer) -> bool:
    """Put a file in place unless there is one, in one step."""
    try:
        os.link(mine, path)
    except FileExistsError:
        return False
    except OSError:  # a disk without links
        try:
            with path.open("x", encoding="utf-8") as file:
                file.write(me.as_text())
        except FileExistsError:
            return False
    return True


def _lives(writer: Writer | None, age: float) -> bool:
    return age < SILENT if writer is None else writer.lives(age)


def _age(path: Path, now: Path) -> float:
    """Seconds since a file was touched, by the clock of the disk that both lie on."""
    os.utime(now)
    return now.stat().st_mtime - path.stat().st_mtime


def _who(folder: Path, writer: Writer | None, age: float) -> str:
    if writer is None:
        who = "another process"
    elif writer.machine == _machine():
        who = f"process {writer.pid} of this machine"
    else:
        who = f"process {writer.pid} on {writer.host} (last sign of life {max(age, 0):.0f} seconds ago; should it "
        who += f"have died, the folder is free {SILENT / 60:.0f} minutes after that)"
    return f"{folder} is being written by {who}: wait until it has ended, or name another folder"


def _started(pid: int) -> float | None:
    """When a process of this machine began; None where there is none, or where it has ended already."""
    import psutil  # noqa: PLC0415 (spares whoever locks nothing)

    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else float(process.create_time())
    except psutil.NoSuchProcess:
        return None
    except psutil.Error:  # it is there, and will not say since when
        return 0.0


def _machine() -> str:
    """Name this start of this system and its list of processes: containers have lists of their own."""
    parts = [socket.gethostname()]
    with contextlib.suppress(OSError):  # where there is no /proc, the name must do
        parts.append(Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip())
        parts.append(str(Path("/proc/self/ns/pid").readlink()))
    return " ".join(parts)
