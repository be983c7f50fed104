"""`tfm lab`: JupyterLab on the first lesson, and nothing of it left when it ends, however it ends."""

import argparse
import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from types import FrameType
from typing import Any

import tfm
from tfm.cli import lessons
from tfm.cli.lab_server import PARENT, SPARE, take_care
from tfm.cli.lab_settings import lab_environment, lab_options

FIRST_LESSON = Path("notebooks") / lessons.FIRST
HIGHEST_PORT = 65_535


def add(commands: Any) -> None:
    """Add the words of `tfm lab` to the command line."""
    lab = commands.add_parser("lab", help="open JupyterLab on the first lesson")
    lab.add_argument("--port", type=int, default=8888, help="port of 127.0.0.1 (default: 8888)")
    lab.add_argument("--no-browser", action="store_true", help="print the address and open no browser")
    lab.set_defaults(run=_lab)


def find_course() -> tuple[Path, Path]:
    """The folder to open, and the first lesson's place in it.

    Looked for in this folder (the repository, or a copy of the lessons), in a copy below it, and where the package
    lies. Without any, the lessons that came with the package are copied to a folder below this one.

    Raises:
        FileNotFoundError: the package came without lessons.
    """
    here, repository = Path.cwd(), Path(tfm.__file__).resolve().parents[1]
    first, copied = Path(lessons.FIRST), Path(lessons.FOLDER) / lessons.FIRST
    for place, lesson in ((here, FIRST_LESSON), (here, first), (here, copied), (repository, FIRST_LESSON)):
        if (place / lesson).is_file():
            return place, lesson
    outcome = lessons.copy_lessons(lessons.lessons_home(), here / lessons.FOLDER)
    print(
        f"{len(outcome.new)} files of the course copied to {lessons.FOLDER}: they are yours to change",
        flush=True,
    )
    return here, copied


def free_port(port: int) -> int:
    """The first port from `port` on that nothing listens at.

    Raises:
        ValueError: the port is not 1 to 65535, or none is free.
    """
    if not 1 <= port <= HIGHEST_PORT:
        raise ValueError(f"a port is a number from 1 to {HIGHEST_PORT}, and this is {port}: try 8888")
    for candidate in range(port, HIGHEST_PORT + 1):
        with contextlib.suppress(OSError), socket.socket() as probe:
            if (
                os.name == "posix"
            ):  # a port that was used a moment ago is free; on Windows this would share it
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", candidate))
            return candidate
    raise ValueError(f"no port from {port} on is free: try a lower one")


def _lab(args: argparse.Namespace) -> int:
    if find_spec("jupyterlab") is None:
        raise ModuleNotFoundError(name="jupyterlab")
    course, lesson = find_course()
    port = free_port(args.port)
    if port != args.port:
        print(
            f"port {args.port} is in use by another program: JupyterLab opens on {port} instead", flush=True
        )
    command = [sys.executable, "-m", "tfm.cli.lab_server", str(lesson), f"--port={port}"]
    command += [f"--ServerApp.root_dir={course}"]  # or the lesson's own folder would be all that can be seen
    command += lab_options()
    command += ["--no-browser"] if args.no_browser else []
    command += ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    return serve(command, course)


def serve(command: Sequence[str], folder: Path) -> int:
    """Run a server until it ends; what ends this process ends the server first, in good order.

    Ctrl-C in a terminal reaches the server as well, and it asks before it stops; where nobody can be asked, it is
    told to stop.

    Returns:
        The server's exit code.
    """
    server: subprocess.Popen[bytes] | None = None
    asked = False

    def pass_on(number: int, _: FrameType | None) -> None:
        nonlocal asked
        if number == signal.SIGINT and sys.stdin and sys.stdin.isatty():
            return
        asked = True
        if server is not None:
            server.terminate()

    before = take_care(pass_on)
    with tempfile.TemporaryDirectory(prefix="tfm-lab-", ignore_cleanup_errors=True) as spare:
        env = lab_environment(Path(spare)) | {PARENT: str(os.getpid()), SPARE: spare}
        server = subprocess.Popen(command, cwd=folder, env=env)  # noqa: S603 (our own interpreter, our own words)
        if asked:  # before there was a server
            server.terminate()
        code = server.wait()
    for number, handler in before.items():
        signal.signal(number, handler)
    return code if code >= 0 else 128 - code
