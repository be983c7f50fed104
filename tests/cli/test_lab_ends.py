"""However `tfm lab` ends, nothing of it is left: a real JupyterLab with a kernel."""

import contextlib
import json
import os
import pty
import signal
import subprocess
import sys
import urllib.error
import urllib.request
import uuid

import psutil
import pytest
from patience import HANG_SECONDS, until

from tfm.cli.lab import FIRST_LESSON, free_port

MARK = "TFM_TEST_LAB"  # all processes of a `tfm lab` inherit it
EMPTY_NOTEBOOK = {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals and terminals as POSIX has them")


def _hear():
    """Let a process have the signals that the tests' own may ignore, as a background job or under nohup."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


class RealLab:
    """A `tfm lab` with one kernel and one terminal."""

    def __init__(self, folder, tty=None):
        (folder / FIRST_LESSON.parent).mkdir()
        (folder / FIRST_LESSON).write_text(json.dumps(EMPTY_NOTEBOOK))
        self.mark, self.temporary, self.port = uuid.uuid4().hex, folder / "temporary", free_port(9500)
        self.temporary.mkdir()
        own = {name: str(folder / name.lower()) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR")}
        own |= {MARK: self.mark, "JUPYTER_TOKEN": "known", "TMPDIR": str(self.temporary)}
        self.said = (folder / "said.txt").open("w+")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tfm.cli", "lab", "--no-browser", "--port", str(self.port)],
            cwd=folder,
            env=os.environ | own,
            stdin=subprocess.DEVNULL if tty is None else tty,
            stdout=self.said,
            stderr=self.said,
            start_new_session=True,
            preexec_fn=_hear,  # noqa: PLW1509 (no thread of ours is at work then)
        )

    def open(self):
        """Wait until it answers, and start a kernel and a terminal."""
        until(lambda: self.ask("api/status"))
        assert self.ask("api/kernels", b"{}")
        assert self.ask("api/terminals", b"{}")
        until(lambda: self.has("ipykernel_launcher"))
        assert list(self.temporary.glob("tfm-lab-*"))
        return self

    def ask(self, path, data=None):
        """Ask the server; None while it does not answer."""
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/{path}?token=known", data)
        with contextlib.suppress(urllib.error.URLError, ConnectionError):
            return opener.open(request, timeout=HANG_SECONDS).read()
        assert self.process.poll() is None, self.read()
        return None

    def processes(self):
        """What runs of it."""
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                if process.environ().get(MARK) == self.mark and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
        return found

    def has(self, word):
        """The first process of it with this word in its command."""
        found = []
        for process in self.processes():
            with contextlib.suppress(psutil.Error):
                found += [process] * any(word in part for part in process.cmdline())
        return next(iter(found), None)

    def require_nothing_left(self):
        """Wait until no process goes on; then nothing temporary is left, and nobody saw a traceback of ours."""
        self.process.wait(HANG_SECONDS)
        until(lambda: not self.processes(), "a process goes on")
        assert list(self.temporary.glob("tfm-lab-*")) == []
        assert "tfm/cli" not in self.read()  # a kernel that is stopped while it starts says so at length

    def read(self):
        """What it has said."""
        self.said.seek(0)
        return self.said.read()

    def close(self):
        """End what a failed test has left."""
        for process in self.processes():
            with contextlib.suppress(psutil.Error):
                process.kill()
        self.process.wait()
        self.said.close()


@pytest.fixture
def open_lab(tmp_path):
    """Open a `tfm lab`; whatever happens, it is gone after the test."""
    opened = []

    def open_it(tty=None):
        opened.append(RealLab(tmp_path, tty))
        return opened[-1]

    yield open_it
    for one in opened:
        one.close()


@pytest.mark.parametrize(
    ("name", "all_of_it"),
    [("SIGTERM", False), ("SIGTERM", True), ("SIGHUP", False), ("SIGHUP", True), ("SIGINT", True)],
)
@pytest.mark.long
def test_a_signal_ends_all_of_it(open_lab, name, all_of_it):
    """TERM, HUP and Ctrl-C, to `tfm lab` alone or to its group as a terminal does, end it in order."""
    lab = open_lab().open()
    (os.killpg if all_of_it else os.kill)(lab.process.pid, getattr(signal, name))
    lab.require_nothing_left()
    assert lab.process.returncode == 0
    assert "Shutting down 1 kernel" in lab.read()


@pytest.mark.long
def test_ctrl_c_without_a_terminal_ends_all_of_it(open_lab):
    """Where nobody can be asked, Ctrl-C ends it, with its kernel and its terminal."""
    lab = open_lab().open()
    os.kill(lab.process.pid, signal.SIGINT)
    lab.require_nothing_left()
    assert lab.process.returncode == 0
    assert "Shutting down 1 kernel" in lab.read()


def test_a_killed_parent_takes_all_of_it_along(open_lab):
    """After kill −9 of `tfm lab` itself, its server stops in good order."""
    lab = open_lab().open()
    lab.process.kill()
    lab.require_nothing_left()
    assert "Shutting down 1 kernel" in lab.read()


@pytest.mark.long
def test_a_killed_server_ends_the_parent(open_lab):
    """After kill −9 of JupyterLab its kernel ends by itself, and `tfm lab` with the shell's code for it."""
    lab = open_lab().open()
    lab.has("tfm.cli.lab_server").kill()
    lab.require_nothing_left()
    assert lab.process.returncode == 128 + signal.SIGKILL


@pytest.mark.long
def test_in_a_terminal_ctrl_c_asks_first(open_lab):
    """In a terminal, Ctrl-C asks; a second one ends it."""
    controller, tty = pty.openpty()
    try:
        lab = open_lab(tty).open()
        os.killpg(lab.process.pid, signal.SIGINT)
        until(lambda: "Shut down this Jupyter server" in lab.read())
        assert lab.has("ipykernel_launcher")
        os.killpg(lab.process.pid, signal.SIGINT)
        lab.require_nothing_left()
        assert lab.process.returncode == 0
    finally:
        os.close(controller)
        os.close(tty)


@pytest.mark.parametrize(
    "name", ["SIGTERM", *(pytest.param(name, marks=pytest.mark.long) for name in ("SIGHUP", "SIGINT"))]
)
def test_a_signal_while_it_starts_leaves_nothing(open_lab, name):
    """A signal that comes before JupyterLab can hear it is not forgotten."""
    lab = open_lab()
    until(lambda: lab.has("tfm.cli.lab_server"))
    os.kill(lab.process.pid, getattr(signal, name))
    lab.require_nothing_left()
