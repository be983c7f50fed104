"""Rebuild what `tfm/assets` ships: `python -m tfm.assets.build`, or one part of it by name.

python -m tfm.assets.build manual            a second, with Python 3.11.7
python -m tfm.assets.build vocabularies      ten seconds; reads tiktoken's own files
python -m tfm.assets.build tiny-encoder      some five minutes on one core
python -m tfm.assets.build tiny-gpt          some two minutes on one core; reads tiny Shakespeare
python -m tfm.assets.build cjk-font [--font FILE]
python -m tfm.assets.build manual-bpe        a second
python -m tfm.assets.build layer-parts       some three minutes on one core
python -m tfm.assets.build gpt-losses        some two minutes on one core
"""

import argparse
import importlib
import sys
from collections.abc import Sequence
from pathlib import Path

from tfm.sums import ASSETS, CURE, SUMS, is_within, read_sums, sums_of, write_sums

BUILDERS = {  # asset → the module that makes it and its place; torch and fontTools take seconds to import
    "manual": ("assets.manual", "manual"),
    "vocabularies": ("assets.vocabularies", "vocabularies"),
    "cjk-font": ("assets.cjk_font", "fonts/tfm-cjk.otf"),
    "manual-bpe": ("assets.manual_bpe", "manual_bpe.json"),
    "layer-parts": ("lessons.layers.experiment", "layer_stacks"),
    "gpt-losses": ("assets.gpt_losses", "gpt_losses.json"),
    "tiny-encoder": ("assets.masked_model", "tiny_encoder"),
    "tiny-gpt": ("assets.tiny_gpt", "tiny_gpt"),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Build all assets, or the one that is named.

    Args:
        argv: the command line's words.

    Returns:
        0, or 2 after an error.
    """
    parser = argparse.ArgumentParser(prog="python -m tfm.assets.build", description="Rebuild tfm/assets.")
    parser.add_argument("asset", nargs="?", choices=BUILDERS, help="all when left out")
    parser.add_argument("--font", type=Path, help="a file with Noto Sans CJK SC Regular")
    args = parser.parse_args(argv)
    try:
        for asset in [args.asset] if args.asset else BUILDERS:
            module, place = BUILDERS[asset]
            build = getattr(importlib.import_module(f"tfm.{module}"), f"build_{asset.replace('-', '_')}")
            build(ASSETS / place, *((ASSETS.parents[1], args.font) if asset == "cjk-font" else ()))
            record(place)
    except (OSError, ValueError) as error:
        print(f"tfm.assets.build: {error}", file=sys.stderr)
        return 2
    return 0


def record(place: str) -> None:
    """Write the SHA-256 of an asset's files into the record, in the place of what stood there of it.

    Args:
        place: a file or a folder in `tfm/assets`.

    Raises:
        OSError: a file cannot be read, or the record not written.
    """
    path, known = ASSETS / place, read_sums(ASSETS, CURE) if (ASSETS / SUMS).exists() else {}
    files = [file for file in (path, *path.rglob("*")) if file.is_file()]
    kept = {name: recorded for name, recorded in known.items() if not is_within(name, place)}
    sums = kept | sums_of(ASSETS, [file.relative_to(ASSETS).as_posix() for file in files])
    if sums != known:
        write_sums(ASSETS, dict(sorted(sums.items())))


if __name__ == "__main__":
    sys.exit(main())
