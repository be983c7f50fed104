"""One writer a folder: refused while the other lives, wherever it runs, and free as soon as it died."""

import os
import signal
import subprocess
import sys
import threading
from dataclasses import replace

import pytest

from tfm import folder_lock
from tfm.folder_lock import NAME, SILENT, FolderInUse, FolderLock, Writer

HOLD = """
import sys
from tfm.folder_lock import FolderLock
with FolderLock(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path):
    """A process of its own that holds `tmp_path`."""
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def elsewhere(folder, age, **changes):
    """Leave the lock of a process on another machine, whose last sign of life is so many seconds old."""
    writer = replace(Writer.here(), host="other", machine="other", **changes)
    path = folder / NAME
    path.write_text(writer.as_text())
    now = path.stat().st_mtime
    os.utime(path, (now - age, now - age))
    return path


def test_the_second_is_refused_and_the_first_named(tmp_path, holder):
    """While a process lives its folder is refused to others with one sentence; then it is free, and empty."""
    before = (tmp_path / NAME).read_bytes()
    with pytest.raises(FolderInUse, match=f"is being written by process {holder.pid} of this machine: wait"):
        FolderLock(tmp_path).__enter__()
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [(NAME, before)]
    holder.communicate("")
    with FolderLock(tmp_path):
        pass
    assert not list(tmp_path.iterdir())


def test_a_process_that_was_killed_blocks_nobody(tmp_path, holder):
    """Killed, and not even buried by its parent: the next one takes the folder at once."""
    holder.send_signal(signal.SIGTERM if os.name == "nt" else signal.SIGKILL)
    os.waitid(os.P_PID, holder.pid, os.WEXITED | os.WNOWAIT)
    with FolderLock(tmp_path) as lock:
        assert Writer.read(tmp_path / NAME).pid == os.getpid()
        lock.require()
    assert not list(tmp_path.iterdir())


def test_a_number_that_another_process_has_now(tmp_path):
    """A process number that was given again does not keep a dead process's lock, once its signs have stopped."""
    path = elsewhere(tmp_path, SILENT + 1)
    mine = Writer.here()
    path.write_text(replace(mine, started=mine.started - 1000, token="old").as_text())
    with pytest.raises(FolderInUse):  # it was touched just now, so let it be
        FolderLock(tmp_path).__enter__()
    os.utime(path, (1e9, 1e9))
    with FolderLock(tmp_path):
        assert Writer.read(path).token != "old"


def test_on_another_machine_signs_of_life_decide(tmp_path):
    """There no process can be asked for: within five minutes of its last sign it lives, and is named; then not."""
    elsewhere(tmp_path, 20, pid=4242)
    with pytest.raises(
        FolderInUse, match=r"process 4242 on other \(last sign of life 2\d seconds ago; .* 5 minutes"
    ):
        FolderLock(tmp_path).__enter__()
    elsewhere(tmp_path, SILENT + 1)
    with FolderLock(tmp_path):
        pass
    (tmp_path / NAME).write_text("no five lines")
    with pytest.raises(FolderInUse, match="another process"):
        FolderLock(tmp_path).__enter__()


def test_it_gives_signs_of_life_and_notices_that_it_was_taken_over(tmp_path, monkeypatch):
    """The file is touched again and again; where another process has taken the folder over, writing is refused."""
    monkeypatch.setattr(folder_lock, "BEAT", 0.01)
    path = tmp_path / NAME
    with FolderLock(tmp_path) as lock:
        os.utime(path, (1e9, 1e9))
        while path.stat().st_mtime == 1e9:
            continue
        elsewhere(tmp_path, 0)
        [beat] = [thread for thread in threading.enumerate() if thread.name == "tfm-lock"]
        beat.join(60)
        with pytest.raises(FolderInUse, match=r"has taken .* over"):
            lock.require()
    assert path.exists()  # it is the other one's


@pytest.mark.parametrize("links", [True, False], ids=["links", "no links"])
def test_of_many_at_once_one_wins(tmp_path, monkeypatch, links):
    """Of six processes that find a dead one's lock at one moment, one at a time writes; a disk may lack links."""
    code = f"""
import os, sys, time
from pathlib import Path
from tfm import folder_lock
if not {links}:
    def none(*_): raise OSError("no links here")
    os.link = none
sys.stdin.readline()
try:
    with folder_lock.FolderLock("{tmp_path}"):
        inside = Path("{tmp_path}", "inside")
        inside.touch(exist_ok=False)
        time.sleep(0.05)
        inside.unlink()
    print("won")
except folder_lock.FolderInUse:
    print("refused")
"""
    elsewhere(tmp_path, SILENT + 1)
    command = [sys.executable, "-c", code]
    many = [
        subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for _ in range(6)
    ]
    for one in many:
        one.stdin.write("\n")
        one.stdin.flush()
    said = [one.communicate() for one in many]
    assert {out for out, _ in said} <= {"won\n", "refused\n"}, said
    assert "won\n" in {out for out, _ in said}
    assert not list(tmp_path.iterdir())


def test_within_one_process_it_is_taken_again(tmp_path):
    """A block within a block keeps the folder; it is given back by the outer one, and by no fork."""
    with FolderLock(tmp_path / "a" / "run") as outer, FolderLock(tmp_path / "a" / "run") as inner:
        assert outer is inner
    assert not (tmp_path / "a").exists()  # it was made for nothing
    with FolderLock(tmp_path / "run"):
        (tmp_path / "run" / "file").touch()
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["file"]


def test_what_a_kill_left_while_the_folder_was_taken_goes(tmp_path):
    """Files of processes that died between two steps of taking a folder are removed by the next one."""
    dead = replace(Writer.here(), pid=2**22 + 1, token="dead")
    for name in (f"{NAME}.dead", f"{NAME}.dead.gone", NAME):
        (tmp_path / name).write_text(dead.as_text())
    with FolderLock(tmp_path):
        assert [path.name for path in tmp_path.iterdir()] == [NAME]
    assert not list(tmp_path.iterdir())
