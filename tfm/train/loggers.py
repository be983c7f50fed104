"""A run's numbers on disk: one line of JSON for each step, and TensorBoard's files where that is installed.

    {"step": 100, "loss": 2.31, "rate": 0.001, "gradient_norm": 0.52, "tokens": 768, "seconds": 0.0412}

A resumed run goes back to its checkpoint, so the lines after it are removed: each step stands there once. This
file knows nothing of training.
"""

import contextlib
import importlib.util
import json
import os
from pathlib import Path
from typing import Any, TextIO

from tfm.json_files import parse_json
from tfm.train.step import Step
from tfm.whole_files import write_whole

NAME = "metrics.jsonl"


class JsonLines:
    """A listener that writes a line for each step.

    Args:
        path: the file; lines of steps after `step` are removed from it.
        every: write every so manyth step, and each that was validated; a line waits for a GPU.
        step: updates made before this run goes on.
    """

    def __init__(self, path: str | Path, every: int = 1, step: int = 0) -> None:
        self.path, self._every = Path(path), every
        self._file: TextIO | None = None
        if self.path.exists():
            _cut(self.path, step)

    def __call__(self, step: Step) -> None:
        """Write a step.

        Raises:
            OSError: it cannot be written.
        """
        due = step.number % self._every == 0 or step.number == step.steps
        if due or step.validation_loss is not None:
            try:
                self._write(json.dumps(step.as_dict()) + "\n")
            except OSError as error:
                raise OSError(
                    f"{self.path} could not be written at step {step.number} ({error.strerror}): make room there, "
                    "then go on from the newest checkpoint (--resume)"
                ) from error

    def _write(self, line: str) -> None:
        if self._file is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self.path.open("a", encoding="utf-8", buffering=1)
        self._file.write(line)

    def close(self) -> None:
        """Close the file; another step opens it again."""
        if self._file is not None:
            with contextlib.suppress(OSError):  # of a full disk, which was said
                self._file.close()
            self._file = None


def read_lines(path: str | Path) -> list[dict[str, Any]]:
    """Read what `JsonLines` wrote; a last line that was cut short is left out.

    Args:
        path: the file.
    """
    found = []
    for number, line in enumerate(Path(path).read_bytes().splitlines(), 1):
        with contextlib.suppress(ValueError):
            found.append(parse_json(line, f"line {number} of {path}", "a step", nan=True))
    return found


class TensorBoard:
    """A listener that writes TensorBoard's files: `tensorboard --logdir runs` shows them.

    Args:
        folder: of the files.
        every: write every so manyth step.
        step: updates made before this run goes on; later ones in older files are hidden.

    Raises:
        ModuleNotFoundError: TensorBoard is not installed.
    """

    def __init__(self, folder: str | Path, every: int = 1, step: int = 0) -> None:
        from torch.utils.tensorboard import SummaryWriter  # noqa: PLC0415 (may be missing)

        self._writer: Any = SummaryWriter(os.fspath(folder), purge_step=step + 1)  # type: ignore[no-untyped-call]
        self._every = every

    @staticmethod
    def installed() -> bool:
        """Whether TensorBoard is installed."""
        return importlib.util.find_spec("tensorboard") is not None

    def __call__(self, step: Step) -> None:
        """Write a step's numbers."""
        due = step.number % self._every == 0 or step.number == step.steps
        if due or step.validation_loss is not None:
            for name, number in step.as_dict().items():
                if name != "step":
                    self._writer.add_scalar(name, number, step.number)

    def close(self) -> None:
        """Write what is left and close."""
        self._writer.close()


def _cut(path: Path, step: int) -> None:
    """Remove the lines of later steps, and one that was cut short."""
    kept = [json.dumps(line) + "\n" for line in read_lines(path) if _step(line) <= step]
    write_whole(path, "".join(kept))


def _step(line: dict[str, Any]) -> float:
    """Which step a line is of; a line without one is none, and goes."""
    step = line.get("step")
    return step if isinstance(step, int) else float("inf")
