"""`tfm train`: a text or sentence pairs in, a trained model out; says what it will do before it does it.

The folder of a run holds its choices (`run.json`), its data where they were prepared for it, a line for every step
(`metrics.jsonl`), checkpoints to go on from, and the best weights, which `tfm generate` reads. With `torchrun` in
front, several processes train together.
"""

import argparse
import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tfm.cli.train_config import RunConfig
    from tfm.cli.train_job import Job
    from tfm.data.prepare import PreparedPairs, PreparedText
    from tfm.train.loop import Trainer
    from tfm.train.parallel import Processes
    from tfm.train.step import Listener

EXAMPLES = {"write": '"The "', "translate": '"A man is reading."'}
RUN_FILE, DATA, METRICS, BOARD = "run.json", "data", "metrics.jsonl", "tensorboard"


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `tfm train` to the command line."""
    train = commands.add_parser(
        "train",
        help="train a model on a text or on sentence pairs",
        description="Train a GPT on a text, or a Transformer on sentence pairs. Several GPUs: "
        "torchrun --nproc-per-node 2 -m tfm.cli train …",
    )
    train.add_argument("data", metavar="DATA", help="a name of `tfm data`, a text file, or a prepared folder")
    train.add_argument(
        "--task", default="write", help="write: go on with a text; translate: sentence pairs (default: write)"
    )
    train.add_argument(
        "--model", default="small", help="small, baby or gpt2; to translate, small or base (default: small)"
    )
    train.add_argument("--config", type=Path, metavar="FILE", help="JSON: {“d_model”: 256, “rate”: 0.001, …}")
    train.add_argument(
        "--set", nargs="+", action="extend", default=[], metavar="KEY=VALUE",
        help="change the model, the training or the recipe: d_model=256 steps=2000 batch=32 rate=3e-4 …",
    )  # fmt: skip
    train.add_argument("--out", type=Path, help="folder of the run (default: runs/DATA)")
    train.add_argument("--resume", action="store_true", help="go on from the newest checkpoint")
    train.add_argument("--plan", action="store_true", help="say what the run would be, and stop")
    train.set_defaults(run=_train, advise=_advise)


def _advise(unknown: Sequence[str]) -> str:
    """Where settings were meant, such as `--steps 300` or `steps=300`: how they are written."""
    found = re.findall(r"(?:--|(?<!\S))([a-z][\w-]*)[= ]([^\s-]\S*)", " ".join(unknown))
    meant = [f"{name.replace('-', '_')}={value}" for name, value in found]
    return f"; a setting follows --set, as in --set {' '.join(meant)}" if meant else ""


def _train(args: argparse.Namespace) -> int:
    from tfm.train.device import pick_device  # noqa: PLC0415 (torch takes seconds to import)
    from tfm.train.parallel import Processes  # noqa: PLC0415
    from tfm.train.problems import TrainingError  # noqa: PLC0415

    out = args.out or Path("runs") / Path(args.data).stem
    config = _choose(args, out)
    processes = Processes.here()
    processes.join(pick_device(config.settings.device, processes.local_rank))
    try:
        return _run(args, config, out, processes)
    except TrainingError as error:
        if processes.first:
            print(f"tfm: {error}", file=sys.stderr)
        return 2
    finally:
        processes.leave()


def _choose(args: argparse.Namespace, out: Path) -> "RunConfig":
    """Take the choices from the command line, or from the run that is resumed."""
    from tfm.cli.train_config import RunConfig, choose, parse  # noqa: PLC0415
    from tfm.train.checkpoint import newest_step  # noqa: PLC0415

    step = newest_step(out)
    if not args.resume:
        if step:
            raise FileExistsError(
                f"{out} holds a run that stands at step {step}: add --resume to go on, or name another --out"
            )
        return choose(args.task, args.model, args.config, args.set)
    if not step:
        raise FileNotFoundError(f"{out} holds no checkpoint to go on from: leave --resume away to start")
    saved = json.loads((out / RUN_FILE).read_bytes())
    return RunConfig(task=saved["task"], values=saved["values"] | parse(args.set))


def _run(args: argparse.Namespace, config: "RunConfig", out: Path, processes: "Processes") -> int:
    from tfm.cli.train_job import make_job  # noqa: PLC0415
    from tfm.cli.train_plan import measure, plan  # noqa: PLC0415

    data, folder = _open(args, config, out, processes)
    if args.resume:
        _require_vocabulary(out, data)
    else:
        trial = measure(make_job(config, data, folder))
        lines = plan(make_job(config, data, folder), data, trial)
        _say(processes, *lines, f"{'folder':<11}{out}")
    if args.plan:
        return 0
    if processes.first:
        told = {"task": config.task, "values": dict(config.values), "data": str(args.data)}
        (out / RUN_FILE).write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    job = make_job(config, data, folder)  # the same first weights again
    _go(job, out, args.resume, processes)
    if config.task == "translate" and processes.first:
        _say(processes, *_judge(config, data, out))
    return 0


def _open(
    args: argparse.Namespace, config: "RunConfig", out: Path, processes: "Processes"
) -> "tuple[PreparedText | PreparedPairs, Path]":
    """Find the data: a prepared folder, or the one that this run prepares for itself."""
    from tfm.data.prepare import TOKENIZER_FILE, load_prepared, prepare  # noqa: PLC0415

    given = Path(args.data)
    folder = given if (given / TOKENIZER_FILE).is_file() else out / DATA
    if folder != given and not args.resume and processes.first:
        options = config.options
        prepare(args.data, folder, tokenizer=options.tokenizer, vocab_size=options.vocabulary)
    processes.wait()
    if processes.first:
        out.mkdir(parents=True, exist_ok=True)
    return load_prepared(folder), folder


def _require_vocabulary(out: Path, data: "PreparedText | PreparedPairs") -> None:
    """Make sure that a checkpoint and the data were made with one vocabulary."""
    from tfm.data.prepare import TOKENIZER_FILE  # noqa: PLC0415
    from tfm.text.tokenizer_file import fingerprint, load_tokenizer  # noqa: PLC0415
    from tfm.train.checkpoint import newest_step, step_folder  # noqa: PLC0415

    saved = load_tokenizer(step_folder(out, newest_step(out)) / TOKENIZER_FILE)
    if fingerprint(saved) != fingerprint(data.tokenizer):
        raise ValueError(
            f"the run in {out} has a vocabulary of {saved.n_vocab:,} and the data another of "
            f"{data.tokenizer.n_vocab:,}: go on with the data it began with, or start another run with --out"
        )


def _go(job: "Job", out: Path, resume: bool, processes: "Processes") -> None:
    """Train, or go on, and say what came out."""
    from tfm.train.checkpoint import model_folder  # noqa: PLC0415

    trainer = job.trainer(job.config.settings, out)
    if resume:
        _say(processes, f"going on from step {trainer.resume():,} of {trainer.settings.steps:,}")
    if processes.first:
        trainer.listeners = _listeners(job, trainer, out)
    last = trainer.run()
    _say(
        processes,
        f"finished at step {last.number:,}: the best validation loss is {trainer.best_loss:.4f}",
        f"{'model':<11}{model_folder(out)}",
        f"{'next':<11}tfm generate {out} {EXAMPLES[job.config.task]}",
    )


def _judge(config: "RunConfig", data: Any, out: Path) -> list[str]:
    """Translate the test sentences with the best weights."""
    from tfm.cli.judge import judge_translations  # noqa: PLC0415
    from tfm.pretrained import load_model  # noqa: PLC0415
    from tfm.train.checkpoint import model_folder  # noqa: PLC0415
    from tfm.train.device import pick_device  # noqa: PLC0415

    model, _ = load_model(model_folder(out))
    device = pick_device(config.settings.device)
    return judge_translations(model.to(device), data, out, config.options.beam, config.options.judge_on)


def _listeners(job: "Job", trainer: "Trainer", out: Path) -> list["Listener"]:
    """A bar, lines of JSON, and TensorBoard's files where it is installed."""
    from tfm.train.device import product_rate  # noqa: PLC0415
    from tfm.train.progress import Progress  # noqa: PLC0415
    from tfm.train.records import JsonLines, TensorBoard  # noqa: PLC0415

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
