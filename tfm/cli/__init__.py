"""The command line: `tfm lab` opens the course, `tfm doctor` looks at the machine, `tfm data` fetches data.

An error ends with exit code 2 and one sentence on standard error, never with a traceback, and neither does Ctrl-C,
from the first moment on: nothing but this file is imported before `main` runs. `tfm.cli.commands` has the words.
"""

from collections.abc import Sequence

from tfm.cli.output import CLOSED, finish, say, sentence_of, speak_plainly

STOPPED = 130  # what a shell reports after Ctrl-C


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        argv: the words after `tfm`; those of the command line by default.

    Returns:
        0 when all is well, 1 when `tfm doctor` finds something missing, 2 after an error, 130 after Ctrl-C, and
        141 when whoever read the output has left, as `tfm progress | head -1` does.
    """
    speak_plainly()
    code = 2
    try:
        try:
            from tfm.cli.commands import read  # noqa: PLC0415 (see above)

            args = read(argv)
            return int(args.run(args))
        finally:
            finish()
    except ModuleNotFoundError as error:
        sentence = f"the package {error.name} is missing: run `make lab`, or `tfm doctor` to see what else is"
    except BrokenPipeError:
        return CLOSED
    except (OSError, ValueError) as error:
        sentence = sentence_of(error)
    except KeyboardInterrupt as error:  # a command may say what it leaves
        code, sentence = STOPPED, str(error) or "stopped"
    say(f"tfm: {sentence}")
    return code
