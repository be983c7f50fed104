"""`tfm train`: a text or sentence pairs in, a trained model out; says what it will do before it does it.

The folder of a run holds its choices (`run.json`), its data where they were prepared for it, a line for every step
(`metrics.jsonl`), checkpoints to go on from, and the best weights, which `tfm generate` reads. One command at a
time writes there, and one that is refused has changed nothing. With `torchrun` in front, several processes train
together.
"""

import argparse
import os
import re
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tfm.cli.output import place, say
from tfm.folder_lock import BEAT, SILENT, FolderLock

if TYPE_CHECKING:
    from torch import nn

    from tfm.cli.train_record import Choice, Record
    from tfm.data.prepared import Prepared
    from tfm.tasks import Job
    from tfm.train.loop import Trainer
    from tfm.train.parallel import Processes
    from tfm.train.step import Listener

METRICS, BOARD = "metrics.jsonl", "tensorboard"
TORCHRUN = ("RANK", "WORLD_SIZE", "LOCAL_RANK")  # what it tells each of its processes


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `tfm train` to the command line."""
    train = commands.add_parser(
        "train",
        help="train a model on a text or on sentence pairs",
        description="Train a GPT on a text, or a Transformer on sentence pairs. Several GPUs: "
        "torchrun --nproc-per-node 2 -m tfm.cli train …",
    )
    train.add_argument("data", metavar="DATA", help="a name of `tfm data`, a text file, or a prepared folder")
    train.add_argument("--task", help="write: go on with a text; translate: sentence pairs (default: write)")
    train.add_argument("--model", help="small, baby or gpt2; to translate, small or base (default: small)")
    train.add_argument(
        "--config", type=place, metavar="FILE", help="JSON: {“d_model”: 256, “rate”: 0.001, …}"
    )
    train.add_argument(
        "--set", nargs="+", action="extend", default=[], metavar="KEY=VALUE",
        help="change the model, the training or the recipe: d_model=256 steps=2000 batch=32 rate=3e-4 …",
    )  # fmt: skip
    train.add_argument("--out", type=place, help="folder of the run (default: runs/DATA)")
    train.add_argument("--resume", action="store_true", help="go on from the newest checkpoint")
    train.add_argument("--plan", action="store_true", help="say what the run would be, and stop")
    train.set_defaults(run=_train, advise=_advise)


def _advise(unknown: Sequence[str]) -> str:
    """Where settings were meant, such as `--steps 300` or `steps=300`: how they are written."""
    found = re.findall(r"(?:--|(?<!\S))([a-z][\w-]*)[= ]([^\s-]\S*)", " ".join(unknown))
    meant = [f"{name.replace('-', '_')}={value}" for name, value in found]
    return f"; a setting follows --set, as in --set {' '.join(meant)}" if meant else ""


def _train(args: argparse.Namespace) -> int:
    """Keep the folder for this command before anything else is done, for to load torch alone takes seconds."""
    from tfm.train.machines import started_again  # noqa: PLC0415

    out = args.out or Path("runs") / Path(os.path.normpath(Path(args.data).absolute())).stem
    with suppress(FileNotFoundError):
        Path(out.name).lstat()  # a name that is too long is refused before the folder above it is made
    first = os.environ["RANK"] == "0" if all(name in os.environ for name in TORCHRUN) else True
    again = started_again(out)
    args.resume = args.resume or again
    lock = FolderLock(out, SILENT + BEAT if again else 0.0)  # the last writer's machine may be lost
    alone: AbstractContextManager[Any] = lock if first and not args.plan else nullcontext()
    try:
        with alone:
            return _start(args, out)
    except KeyboardInterrupt:
        raise KeyboardInterrupt(_how_it_stands(args, out)) from None


def _how_it_stands(args: argparse.Namespace, out: Path) -> str:
    """What became of a run that was stopped at once."""
    from tfm.train.run_folder import newest_step  # noqa: PLC0415

    if args.plan:
        return "stopped; nothing was changed"
    if step := newest_step(out):
        return f"stopped; {out} stands at step {step}, where the same command with --resume goes on"
    return "stopped before anything was saved; the same command begins anew"


def _start(args: argparse.Namespace, out: Path) -> int:
    from tfm.cli.train_data import require_free  # noqa: PLC0415 (torch takes seconds to import)
    from tfm.cli.train_record import new_run, resumed_run  # noqa: PLC0415
    from tfm.tasks import TASKS  # noqa: PLC0415
    from tfm.train.device import pick_device  # noqa: PLC0415
    from tfm.train.errors import TrainingError  # noqa: PLC0415
    from tfm.train.parallel import Processes  # noqa: PLC0415

    choice = resumed_run(args, out) if args.resume else new_run(args, out)
    if not args.resume and not args.plan:
        require_free(out, (METRICS, BOARD, *TASKS[choice.config.task].results))
    processes = Processes.here()
    processes.join(pick_device(choice.config.settings.device, processes.local_rank))
    try:
        return _run(args, choice, out, processes)
    except TrainingError as error:
        if processes.first:
            say(f"tfm: {error}")
        return 2
    finally:
        processes.leave()


def _run(args: argparse.Namespace, choice: "Choice", out: Path, processes: "Processes") -> int:
    from tfm.cli.train_data import is_prepared, prepared_beside, prepared_elsewhere  # noqa: PLC0415
    from tfm.cli.train_record import DATA  # noqa: PLC0415
    from tfm.data.prepare import load_prepared  # noqa: PLC0415
    from tfm.train.machines import require_shared  # noqa: PLC0415

    given, own = Path(args.data), out / DATA
    ready: AbstractContextManager[Path]
    if is_prepared(given):
        ready, own = nullcontext(given), given
    elif choice.saved is not None:
        ready = nullcontext(own)
    elif args.plan:
        ready = prepared_elsewhere(args.data, choice.config)
    else:
        ready = prepared_beside(args.data, choice.config, out, processes)
    with ready as folder:
        require_shared(folder if args.plan else out)
        record, model = _rehearse(args, choice, out, folder, processes)
    if args.plan:
        return 0
    data = load_prepared(own)
    trainer = _go(choice.config.job(model, data, own), choice, record, out, processes)
    _conclude(choice, trainer, data, out, processes)
    return 0


def _rehearse(
    args: argparse.Namespace, choice: "Choice", out: Path, folder: Path, processes: "Processes"
) -> "tuple[Record, nn.Module]":
    """Check the data, build the model, say what the run will be, and try it out where it is new; write nothing."""
    from tfm.cli.train_plan import measure, plan  # noqa: PLC0415
    from tfm.cli.train_record import require_same_data  # noqa: PLC0415
    from tfm.data.prepare import load_prepared  # noqa: PLC0415

    data = load_prepared(folder)
    run, record = choice.config, require_same_data(args, out, choice, data, own=folder != Path(args.data))
    model = run.build(data)
    if choice.saved is None or args.plan:
        done = 0 if choice.saved is None else choice.saved.step
        lines = plan(run, model, data, measure(run, run.job(model, data, folder)), done)
        _say(processes, *choice.lines, *lines, f"{'folder':<11}{out}")
    return record, model


def _go(job: "Job", choice: "Choice", record: "Record", out: Path, processes: "Processes") -> "Trainer":
    """Train, or go on; the folder is written to when nothing can be refused any more."""
    from tfm.cli.train_record import DATA, RUN_FILE  # noqa: PLC0415
    from tfm.tasks import TASKS  # noqa: PLC0415
    from tfm.train.machines import note_job  # noqa: PLC0415
    from tfm.whole_files import sweep  # noqa: PLC0415

    trainer, results = choice.config.trainer(job, folder=out), TASKS[choice.config.task].results
    steps = trainer.settings.steps
    if choice.saved is not None:
        trainer.resume(choice.saved)
    if processes.first:
        record.write(out)
        note_job(out)
        sweep(out / name for name in (RUN_FILE, DATA, METRICS, *results))
    if trainer.finished:
        more = f"steps={2 * steps}" if trainer.step >= steps else "patience=none"
        _say(
            processes,
            *choice.lines,
            f"finished already, at step {trainer.step} of {steps}: --set {more} goes on",
        )
        return trainer
    if choice.saved is not None:
        _say(processes, *choice.lines, f"going on from step {trainer.step:,} of {steps:,}")
    if processes.first:
        for name in results:
            (out / name).unlink(missing_ok=True)  # they were those of other weights
        trainer.listeners = _listeners(job, trainer, out)
    trainer.run()
    return trainer


def _conclude(
    choice: "Choice", trainer: "Trainer", data: "Prepared", out: Path, processes: "Processes"
) -> None:
    """Say what came out, and what the task's own judgement of it is."""
    from tfm.cli.example import command, example  # noqa: PLC0415
    from tfm.tasks import TASKS  # noqa: PLC0415
    from tfm.train.checkpoint import model_folder  # noqa: PLC0415

    if not processes.first:
        return
    run = choice.config
    _say(
        processes,
        f"finished at step {trainer.step}: the best validation loss is {trainer.best_loss:.4f}",
        f"{'model':<11}{model_folder(out)}",
        f"{'next':<11}{command('tfm', 'generate', out)} {example(data.tokenizer, data.readable())}",
    )
    _say(processes, *TASKS[run.task].judge(run.options, data, out, run.settings.device))


def _listeners(job: "Job", trainer: "Trainer", out: Path) -> list["Listener"]:
    """A bar, lines of JSON, and TensorBoard's files where it is installed."""
    from tfm.train.device import product_rate  # noqa: PLC0415
    from tfm.train.loggers import JsonLines, TensorBoard  # noqa: PLC0415
    from tfm.train.progress import Progress  # noqa: PLC0415

    peak = product_rate(trainer.device, trainer.dtype) * trainer.processes.count
    every = 1 if trainer.device.type == "cpu" else 10  # a line waits for a GPU
    listeners: list[Listener] = [
        Progress(trainer.device, job.flops_per_token, peak),
        JsonLines(out / METRICS, every, trainer.step),
    ]
    if TensorBoard.installed():
        listeners.append(TensorBoard(out / BOARD, every, trainer.step))
    return listeners


def _say(processes: "Processes", *lines: str) -> None:
    if processes.first:
        print("\n".join(line for line in lines if line), flush=True)
