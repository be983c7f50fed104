"""`tfm train` in forked processes, each killed just before a chosen event at a file, and the files that it leaves.

An event is a rename, a removal, a new folder, a link, a file that is opened to be written or forced to the disk,
or the writing of tensors, begun, half done and done. Each line of standard input, [folder, words, number], is
answered by [exit code, events, what it said]. A fork spares the loading of torch; it is no fork of the tests'
process, for there the checker of shapes draws random numbers.
"""

import contextlib
import io
import json
import os
import sys
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parents[2]))
from tfm import cli
from tfm.data import prepare as preparing
from tfm.data.grammar_pairs import draw
from tfm.train.loggers import TensorBoard

EVENTS = {"os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.link", "os.truncate"}
KILLED = 9


class Killer:
    """Counts events at files below a folder, and ends this process, as a kill would, before a chosen one."""

    def __init__(self, folder, number):
        self.folder, self.left, self.seen = str(folder), number, 0

    def heard(self, event, arguments):
        """An audit hook."""
        writes = (
            event == "open" and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR)
        )
        if event in EVENTS or writes:
            self.count()

    def count(self):
        """One event."""
        self.seen += 1
        if self.seen == self.left:
            os._exit(KILLED)


def train(folder, words, number=0):
    """Run `tfm train` in a fork of this process.

    Args:
        folder: the working directory.
        words: after `tfm train`.
        number: of the event before which it is killed; 0: it is not.

    Returns:
        Its exit code, how many events there were, and what it said.
    """
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        code = 70
        try:
            os.close(read)
            code = _child(folder, words, number, write)
        finally:
            os._exit(code)
    os.close(write)
    with os.fdopen(read, encoding="utf-8") as file:
        said = file.read()
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    count, _, said = said.partition("\n")
    return code, int(count or 0), said


def _child(folder, words, number, write):
    from tfm.train import checkpoint

    os.chdir(folder)
    torch.set_num_threads(1)
    pairs = [(" ".join(pair.english), "".join(pair.chinese)) for pair in draw(24, seed=0)]
    preparing.load_pairs = lambda _: {"train": pairs[:16], "val": pairs[16:20], "test": pairs[20:]}
    TensorBoard.installed = staticmethod(lambda: False)
    killer = Killer(folder, number)
    fsync, save_file = os.fsync, checkpoint.save_file

    def counted_fsync(handle):
        killer.count()
        fsync(handle)

    def half_saved(tensors, path, *more):
        killer.count()
        save_file(tensors, path, *more)
        whole = path.read_bytes()
        path.write_bytes(whole[: len(whole) // 2])  # a kill may also fall within
        killer.count()
        path.write_bytes(whole)

    os.fsync, checkpoint.save_file = counted_fsync, half_saved
    sys.addaudithook(killer.heard)
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        code = cli.main(["train", *words])
    os.write(write, f"{killer.seen}\n{said.getvalue()}".encode())
    return code


def left_in(folder):
    """Every file of a run, with what it must hold; of a record, the steps and losses, for seconds differ."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.is_file() and path.name == "metrics.jsonl":
            found[name] = [_without_seconds(line) for line in path.read_text().splitlines()]
        elif path.suffix == ".bin":  # safetensors writes what is said of the ids in any order
            size = int.from_bytes(path.read_bytes()[:8], "little")
            found[name] = json.loads(path.read_bytes()[8 : 8 + size]), path.read_bytes()[8 + size :]
        elif path.is_file():
            found[name] = path.read_bytes()
        else:
            found[name] = None
    return found


def _without_seconds(line):
    return {key: value for key, value in json.loads(line).items() if key != "seconds"}


def _serve():
    for line in sys.stdin:
        print(json.dumps(train(*json.loads(line))), flush=True)


if __name__ == "__main__":
    _serve()
