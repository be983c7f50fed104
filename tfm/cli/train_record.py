"""What a run is, as its folder says it, and what a command that goes on with it may change.

    run.json                    task, data, model and settings, as they were chosen
    step-…/config.json          what the model is
    step-…/tokenizer.json       with which vocabulary

A run that goes on stays the run it was: what would make it another one is refused by name, and a number that may
change from one step to the next is taken, and said. This file builds nothing and writes `run.json` alone.
"""

import argparse
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, get_type_hints

from tfm.cli.example import command
from tfm.data.corpora import PAIRS, TEXTS
from tfm.data.prepare import TOKENIZER_FILE
from tfm.data.prepared import Prepared
from tfm.json_files import named, read_json
from tfm.names import Fields, require_known
from tfm.sums import sha256
from tfm.tasks import TASKS
from tfm.tasks.run import FROM_DATA, WORDS, Run, choose, read_values
from tfm.text.tokenizer_file import fingerprint, load_tokenizer
from tfm.train.checkpoint import MODEL as MODEL_FILE
from tfm.train.checkpoint import Checkpoint, load_newest
from tfm.train.run_folder import newest_step
from tfm.whole_files import write_whole

RUN_FILE, CONFIG_FILE, DATA = "run.json", "config.json", "data"
TASK, MODEL = "write", "small"  # where nothing else is said
TAKEN = (  # each may change from one step to the next, and leaves model, data and their order alone
    "steps", "rate", "weight_decay", "accumulate", "clip", "autocast", "compile", "device", "evaluate_every",
    "patience", "save_every", "keep", "beta2", "adam_rate", "schedule", "warmup", "decay", "floor",
    "label_smoothing", "beam", "judge_on",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class Record(Fields):
    """What `run.json` holds.

    Attributes:
        task: a name of `TASKS`.
        values: everything that was chosen, by name.
        data: what the command named.
        model: name of the preset; None in a record that is older than this field.
        source: checksum of the text file, where the data were one.
        ids: checksum over what was made of it.
    """

    task: str
    values: dict[str, Any]
    data: str
    model: str | None = None
    source: str | None = None
    ids: str | None = None

    def write(self, out: Path) -> None:
        """Write it, unless it stands there already.

        Raises:
            OSError: it cannot be written; the older one stays.
        """
        text = json.dumps(self.as_dict(), ensure_ascii=False, indent=1) + "\n"
        path = out / RUN_FILE
        if not path.is_file() or path.read_bytes() != text.encode():
            write_whole(path, text)


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """What a command asks for, checked against what is there.

    Attributes:
        config: of the run.
        record: to be written when everything else is checked too.
        saved: the checkpoint to go on from, or None.
        lines: what is to be said of it.
    """

    config: Run
    record: Record
    saved: Checkpoint | None = None
    lines: list[str] = field(default_factory=list)


def new_run(args: argparse.Namespace, out: Path) -> Choice:
    """Take the choices of a run that starts.

    Raises:
        OSError: the folder holds a run.
        ValueError: a name is unknown, or a value does not fit.
    """
    if step := newest_step(out):
        raise FileExistsError(
            f"{out} holds a run that stands at step {step}: add --resume to go on, or name another --out"
        )
    if (out / MODEL_FILE).exists():
        raise FileExistsError(f"{out} is a model's folder, and no run's: name another --out")
    task, model = TASK if args.task is None else args.task, MODEL if args.model is None else args.model
    config = choose(task, model, args.config, args.set)
    record = Record(
        task=task, values=dict(config.values), data=str(args.data), model=model, source=_file_sum(args.data)
    )
    return Choice(config=config, record=record)


def resumed_run(args: argparse.Namespace, out: Path) -> Choice:
    """Take the choices of a run that goes on, with those of the command that may change.

    Raises:
        OSError: there is no run, or a file of it is missing.
        ValueError: a file is damaged, or the command asks for another run.
    """
    if not newest_step(out):
        raise FileNotFoundError(f"{out} holds no checkpoint to go on from: leave --resume away to start")
    record = _read(out)
    saved, problems = load_newest(out)
    theirs = _as_saved(record, saved)
    _require(out, _other_words(args, record, theirs))
    asked = read_values(record.task, args.config, args.set)
    ours = Run(task=record.task, values={**theirs.values, **asked})
    one, two = theirs.everything(), ours.everything()
    changes = {name: (one[name], two[name]) for name in one if name in asked and one[name] != two[name]}
    taken = {*TAKEN, *_taken_too(saved)}
    _require(out, {name: pair for name, pair in changes.items() if name not in taken})
    lines = [f"{problem}; step {saved.step} is whole and is taken" for problem in problems]
    lines += [
        f"from here on {name} is {_word(now)}, not {_word(old)}" for name, (old, now) in changes.items()
    ]
    record = replace(record, values={**record.values, **{name: asked[name] for name in changes}})
    return Choice(config=ours, record=record, saved=saved, lines=lines)


def require_same_data(
    args: argparse.Namespace, out: Path, choice: Choice, data: Prepared, own: bool
) -> Record:
    """Make sure that a run goes on with the data it began with.

    Args:
        args: of the command.
        out: folder of the run.
        choice: of the command.
        data: what it would train on.
        own: whether they lie in the run's folder, and `args.data` is what they were made of.

    Returns:
        The record, with the checksum of the data.

    Raises:
        ValueError: they are other data.
    """
    record, ids = choice.record, data.checksum()
    if choice.saved is None:
        return replace(record, ids=ids)
    saved = load_tokenizer(choice.saved.path / TOKENIZER_FILE)
    if fingerprint(saved) != fingerprint(data.tokenizer):
        raise ValueError(
            f"the run in {out} has a vocabulary of {saved.n_vocab:,} and the data another of "
            f"{data.tokenizer.n_vocab:,}: go on with the data it began with, or start another run with --out"
        )
    if record.ids not in (None, ids):
        given = (
            f"those in {out / DATA} now: put them back" if own else f"{args.data}: go on with {record.data}"
        )
        raise ValueError(
            f"the run in {out} began with other data than {given}, or start another run with --out"
        )
    if own:
        _require_same_source(str(args.data), out, record)
    return replace(record, ids=ids)


def _read(out: Path) -> Record:
    path = out / RUN_FILE
    cure = "put back what stood there, or start another run with --out"
    record = read_json(path, "the record of a run", cure=cure)
    with named(path):
        told = Record.from_dict(record)
        require_known("the task", told.task, TASKS)
        return told


def _as_saved(record: Record, saved: Checkpoint) -> Run:
    """The run as it was set up, its model as the checkpoint says that it is."""
    chosen = Run(task=record.task, values=record.values).everything()
    config = read_json(saved.path / CONFIG_FILE, "the configuration of the model")
    names = set(get_type_hints(TASKS[record.task].config)) - set(FROM_DATA)
    model = {name: config[name] for name in names & config.keys() if config[name] != chosen[name]}
    return Run(task=record.task, values={**record.values, **model})


def _taken_too(saved: Checkpoint) -> tuple[str, ...]:
    """The size of a batch, where the place in the data can be found for batches of another size."""
    feed = saved.state["feed"] if isinstance(saved.state, dict) else {}
    return ("batch",) if "batch" in (feed.get("batches") or {}) else ()


def _other_words(args: argparse.Namespace, record: Record, run: Run) -> dict[str, tuple[Any, Any]]:
    """Words of the command, beside its settings, that ask for another run: what is there, and what is asked."""
    if args.task not in (None, record.task):
        return {"--task": (record.task, args.task)}
    if args.model is None or args.model == record.model:
        return {}
    require_known("the model", args.model, TASKS[record.task].presets)
    if record.model:
        return {"--model": (record.model, args.model)}
    whole = run.everything()  # an older record does not name its preset
    preset = choose(record.task, args.model, None, []).everything()
    names = [name for name in get_type_hints(TASKS[record.task].config) if name in whole]
    return {name: (whole[name], preset[name]) for name in names if whole[name] != preset[name]}


def _require(out: Path, refused: Mapping[str, tuple[Any, Any]]) -> None:
    if refused:
        there, here = (
            ", ".join(f"{name}={_word(pair[i])}" for name, pair in refused.items()) for i in (0, 1)
        )
        raise ValueError(
            f"the run in {out} has {there}, and this command asks for {here}, which would be another run: leave "
            "that away to go on, or start one with another --out"
        )


def _require_same_source(given: str, out: Path, record: Record) -> None:
    """Make sure that a command names what a run's own data were made of."""
    now = _file_sum(given)
    if Path(given).absolute() != Path(record.data).absolute() and (now is None or now != record.source):
        raise ValueError(
            f"the run in {out} began with {record.data}, and this command names {given}: go on with "
            f"{record.data}, or start another run with --out"
        )
    if None not in (now, record.source) and now != record.source:
        raise ValueError(
            f"{given} has changed since the run in {out} began: to go on with the text as it was, "
            f"`{command('tfm', 'train', out / DATA, '--out', out, '--resume')}`, or start another run with --out"
        )


def _file_sum(given: str) -> str | None:
    path = Path(given)
    if given in TEXTS or given in PAIRS or not path.is_file():
        return None
    return sha256(path)


def _word(value: Any) -> str:
    return next((word for word, meant in WORDS.items() if value is meant), str(value))
