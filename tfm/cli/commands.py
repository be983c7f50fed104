"""The words of the command line; each command adds its own, and imports what is heavy when it runs.

So `tfm doctor` works where packages are missing.
"""

import argparse
from collections.abc import Sequence
from typing import Any, NoReturn

import tfm
from tfm.cli import data, doctor, export, generate, lab, lessons, progress, train
from tfm.cli.output import say

COMMANDS = (lab, doctor, lessons, progress, data, train, generate, export)


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors are one sentence."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and where help is, and end with exit code 2."""
        say(f"{self.prog}: {message}: see `{self.prog} --help`")
        self.exit(2)

    def _print_message(self, message: str, file: Any = None) -> None:
        """Print help or the version; argparse would pass over it that they cannot be written."""
        print(message, end="", file=file)


def read(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the words after `tfm`; those of the command line by default.

    Raises:
        SystemExit: they are none of ours, which is said, or only help or the version was wanted.
    """
    parser = make_parser()
    args, unknown = parser.parse_known_args(argv)
    if unknown:
        parser.error(f"unrecognized arguments: {' '.join(unknown)}{args.advise(unknown)}")
    return args


def make_parser() -> Parser:
    """Make the parser of the whole command line."""
    parser = Parser(prog="tfm", description="Understand Transformers by running them.")
    parser.add_argument("--version", action="version", version=f"tfm {tfm.__version__}")
    parser.set_defaults(advise=lambda _: "")  # a command may know what was meant
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for command in COMMANDS:
        command.add(commands)
    return parser
