"""The command line: `tfm lab` opens the course, `tfm doctor` looks at the machine, `tfm data` fetches data.

Nothing heavy is imported before a command needs it, so that `tfm doctor` works where packages are missing. An
error ends with exit code 2 and one sentence on standard error, never with a traceback.
"""

import sys

try:
    import argparse
    import contextlib
    import errno
    import os
    import socket
    import subprocess
    import tempfile
    from collections.abc import Sequence
    from importlib import import_module
    from pathlib import Path
    from typing import NoReturn

    import tfm
    from tfm.cli import lessons
    from tfm.cli.lab_settings import lab_environment, lab_options
except KeyboardInterrupt:  # in the first tenth of a second: there is no command yet that could answer
    sys.exit("tfm: stopped")

COMMANDS = ("lessons", "progress", "data", "train", "generate", "export")  # modules; each adds its own words
CURES = {  # of what the system says when a file cannot be written or read
    errno.ENOSPC: "make room on that disk, or name a folder on another",
    errno.EDQUOT: "make room in your share of that disk, or name a folder on another",
    errno.EFBIG: "name a folder on a disk that takes larger files",
    errno.EACCES: "name a place that you may write to and read",
    errno.EPERM: "name a place that you may write to and read",
    errno.EROFS: "name a place that you may write to",
    errno.ENAMETOOLONG: "take a shorter name",
    errno.ENOTDIR: "a file stands where a folder should: name another folder",
    errno.EEXIST: "a file stands where a folder should: name another folder",
    errno.EISDIR: "a folder stands where a file should: name a file",
    errno.ENOENT: "look whether the name is right",
}
FIRST_LESSON = Path("notebooks") / lessons.FIRST
HIGHEST_PORT = 65_535


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors are one sentence."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and where help is, and end with exit code 2."""
        self.exit(2, f"{self.prog}: {message}: see `{self.prog} --help`\n")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        argv: the words after `tfm`; those of the command line by default.

    Returns:
        0 when all is well, 1 when `tfm doctor` finds something missing, 2 after an error.
    """
    try:
        parser = _parser()
        args, unknown = parser.parse_known_args(argv)
        if unknown:
            parser.error(f"unrecognized arguments: {' '.join(unknown)}{args.advise(unknown)}")
        return int(args.run(args))
    except ModuleNotFoundError as error:
        sentence = f"the package {error.name} is missing: run `make lab`, or `tfm doctor` to see what else is"
    except BrokenPipeError:  # whoever read our lines has read enough, as `tfm progress | head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        sentence = _explained(error)
    except ValueError as error:
        sentence = str(error)
    except KeyboardInterrupt as error:
        sentence = str(error) or "stopped"
    with contextlib.suppress(OSError):  # a terminal may have been closed meanwhile
        print(f"tfm: {sentence}", file=sys.stderr)
    return 2


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
    course, lesson = find_course()
    port = free_port(args.port)
    if port != args.port:
        print(
            f"port {args.port} is in use by another program: JupyterLab opens on {port} instead", flush=True
        )
    command = [sys.executable, "-m", "jupyterlab", str(lesson), f"--port={port}"]
    command += [f"--ServerApp.root_dir={course}"]  # or the lesson's own folder would be all that can be seen
    command += lab_options()
    command += ["--no-browser"] if args.no_browser else []
    command += ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    _require("jupyterlab")
    with tempfile.TemporaryDirectory(prefix="tfm-lab-", ignore_cleanup_errors=True) as spare:
        env = lab_environment(Path(spare))
        server = subprocess.Popen(command, cwd=course, env=env)  # noqa: S603 (our own interpreter, our own words)
        while True:
            with contextlib.suppress(KeyboardInterrupt):  # JupyterLab has it too, and asks before it stops
                return server.wait()


def _require(module: str) -> None:
    from importlib.util import find_spec  # noqa: PLC0415

    if find_spec(module) is None:
        raise ModuleNotFoundError(name=module)


def _doctor(_: argparse.Namespace) -> int:
    from tfm.cli.doctor import examine  # noqa: PLC0415

    lines, healthy = examine()
    print("\n".join(lines))
    return 0 if healthy else 1


def _explained(error: OSError) -> str:
    """What the system says of a file, as a sentence with the cure; one of ours is a sentence already."""
    if error.errno is None or not error.strerror:
        return str(error)
    where = f"{error.filename}: " if error.filename else ""
    cure = CURES.get(error.errno)
    return f"{where}{error.strerror.lower()}" + (f": {cure}" if cure else "")


def _parser() -> Parser:
    parser = Parser(prog="tfm", description="Understand Transformers by running them.")
    parser.add_argument("--version", action="version", version=f"tfm {tfm.__version__}")
    parser.set_defaults(advise=lambda _: "")  # a command may know what was meant
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    lab = commands.add_parser("lab", help="open JupyterLab on the first lesson")
    lab.add_argument("--port", type=int, default=8888, help="port of 127.0.0.1 (default: 8888)")
    lab.add_argument("--no-browser", action="store_true", help="print the address and open no browser")
    lab.set_defaults(run=_lab)

    doctor = commands.add_parser("doctor", help="say what this machine has and what is missing")
    doctor.set_defaults(run=_doctor)

    for command in COMMANDS:
        import_module(f"tfm.cli.{command}").add(commands)
    return parser
