"""`tfm data`: what can be fetched, fetch it, and prepare a text or sentence pairs for training."""

import argparse
import os
from pathlib import Path

from tfm.cli.output import place


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `tfm data` and its own commands to the command line."""
    data = commands.add_parser("data", help="list, fetch and prepare data")
    data_commands = data.add_subparsers(metavar="COMMAND", required=True)
    listing = data_commands.add_parser("list", help="what can be fetched, and what is here")
    listing.set_defaults(run=_list)
    fetching = data_commands.add_parser("fetch", help="download one file, check it, print its path")
    fetching.add_argument("name", metavar="NAME", help="a name of `tfm data list`")
    fetching.set_defaults(run=_fetch)
    _add_prepare(data_commands)


def _add_prepare(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    preparing = commands.add_parser(
        "prepare",
        help="turn a text into the files that `tfm train` reads",
        description="Texts: manual, shakespeare, tang300, song300, or a text file. Pairs: eng-cmn, multi30k.",
    )
    preparing.add_argument("source", metavar="NAME|FILE", help="a text or pairs by name, or a file in UTF-8")
    preparing.add_argument("--out", type=place, help="folder to write (default: prepared/NAME)")
    preparing.add_argument(
        "--tokenizer",
        default="characters",
        help="characters, bytes, bpe, gpt2, cl100k_base or o200k_base (default: characters; pairs: bpe)",
    )
    preparing.add_argument("--vocab-size", type=int, help="tokens of a BPE vocabulary trained on the text")
    preparing.add_argument(
        "--validation", type=float, default=0.1, help="share of the text kept for validation (default: 0.1)"
    )
    preparing.add_argument(
        "--workers", type=int, help="processes that encode a text of more than 64 MB (default: all cores)"
    )
    preparing.set_defaults(run=_prepare)
    checking = commands.add_parser("check", help="compare every file of a prepared folder with its checksum")
    checking.add_argument("folder", metavar="FOLDER", type=place, help="a folder of `tfm data prepare`")
    checking.set_defaults(run=_check)


def _list(_: argparse.Namespace) -> int:
    from tfm.data import FILES, cache_folder, cached  # noqa: PLC0415

    print(f"{'name':<18}{'size':>10}  {'here':<5} licence and thanks")
    for name, file in sorted(FILES.items()):
        here = "yes" if cached(name) else "no"
        print(f"{name:<18}{file.size / 1e6:>7.2f} MB  {here:<5} {file.licence}")
    print(f"The files are kept in {cache_folder()}; the variable TFM_DATA names another folder.")
    return 0


def _fetch(args: argparse.Namespace) -> int:
    from tfm.data import FILES, fetch  # noqa: PLC0415

    try:
        path = fetch(args.name)
    except KeyboardInterrupt:
        raise KeyboardInterrupt("stopped; the same command goes on where it was") from None
    print(f"{path}\n{FILES[args.name].licence}")
    return 0


def _check(args: argparse.Namespace) -> int:
    from tfm.data.manifest import MANIFEST, entries, require_whole  # noqa: PLC0415

    listed = entries(args.folder)
    if not listed:
        raise FileNotFoundError(
            f"{args.folder} has no {MANIFEST}, and so no checksums: prepare it anew to have them"
        )
    require_whole(args.folder, sums=True)
    print(
        f"{args.folder}: {len(listed)} files, {sum(e['bytes'] for e in listed):,} bytes, every checksum is right"
    )
    return 0


def _prepare(args: argparse.Namespace) -> int:
    from tfm.cli.example import command  # noqa: PLC0415
    from tfm.cli.train_record import TASK  # noqa: PLC0415 (torch takes seconds to import)
    from tfm.data.prepare import prepare  # noqa: PLC0415
    from tfm.data.prepared import counts  # noqa: PLC0415
    from tfm.tasks.run import task_for  # noqa: PLC0415

    folder = args.out or Path("prepared") / Path(args.source).stem
    prepared = prepare(
        args.source,
        folder,
        tokenizer=args.tokenizer,
        vocab_size=args.vocab_size,
        validation=args.validation,
        workers=os.cpu_count() or 1 if args.workers is None else args.workers,
    )
    print(f"{folder}: {counts(prepared)}")
    print(f"{prepared.name}: {prepared.thanks}")
    task = task_for(prepared)
    print(f"Next: {command('tfm', 'train', folder, *([] if task == TASK else ['--task', task]))}")
    return 0
