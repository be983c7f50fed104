"""`tfm data`: what can be fetched, and fetch it."""

import argparse


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `tfm data` and its own commands to the command line."""
    data = commands.add_parser("data", help="list and fetch real data")
    data_commands = data.add_subparsers(metavar="COMMAND", required=True)
    listing = data_commands.add_parser("list", help="what can be fetched, and what is here")
    listing.set_defaults(run=_list)
    fetching = data_commands.add_parser("fetch", help="download one file, check it, print its path")
    fetching.add_argument("name", metavar="NAME", help="a name of `tfm data list`")
    fetching.set_defaults(run=_fetch)


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

    path = fetch(args.name)
    print(f"{path}\n{FILES[args.name].licence}")
    return 0
