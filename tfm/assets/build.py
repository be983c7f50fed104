"""Rebuild what `tfm/assets` ships: `python -m tfm.assets.build`, or one part of it by name.

python -m tfm.assets.build tiny-encoder      some five minutes on one core
python -m tfm.assets.build tiny-gpt          some two minutes on one core; reads tiny Shakespeare
python -m tfm.assets.build cjk-font [--font FILE]
python -m tfm.assets.build manual-bpe        a second
python -m tfm.assets.build layer-parts       some three minutes on one core
python -m tfm.assets.build gpt-losses        some two minutes on one core
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import tfm

ASSETS = Path(tfm.__file__).resolve().parent / "assets"


def main(argv: Sequence[str] | None = None) -> int:
    """Build all assets, or the one that is named.

    Args:
        argv: the command line's words.

    Returns:
        0, or 2 after an error.
    """
    parser = argparse.ArgumentParser(prog="python -m tfm.assets.build", description="Rebuild tfm/assets.")
    parser.add_argument(
        "asset",
        nargs="?",
        choices=("tiny-encoder", "cjk-font", "manual-bpe", "layer-parts", "gpt-losses", "tiny-gpt"),
        help="all when left out",
    )
    parser.add_argument("--font", type=Path, help="a file with Noto Sans CJK SC Regular")
    args = parser.parse_args(argv)
    try:
        if args.asset in {None, "cjk-font"}:
            from tfm.assets.cjk_font import build_cjk_font  # noqa: PLC0415 (fontTools comes with the test extra)

            build_cjk_font(ASSETS / "fonts" / "tfm-cjk.otf", ASSETS.parents[1], args.font)
        if args.asset in {None, "manual-bpe"}:
            from tfm.assets.manual_bpe import build_manual_bpe  # noqa: PLC0415 (tiktoken need not be there for a font)

            build_manual_bpe(ASSETS / "manual_bpe.json")
        if args.asset in {None, "layer-parts"}:
            from tfm.assets.layer_parts import build_layer_parts  # noqa: PLC0415 (torch takes seconds to import)

            build_layer_parts()
        if args.asset in {None, "gpt-losses"}:
            from tfm.assets.gpt_losses import build_gpt_losses  # noqa: PLC0415 (torch takes seconds to import)

            build_gpt_losses(ASSETS / "gpt_losses.json")
        if args.asset in {None, "tiny-encoder"}:
            from tfm.assets.masked_model import build_tiny_encoder  # noqa: PLC0415 (torch takes seconds to import)

            build_tiny_encoder(ASSETS / "tiny_encoder")
        if args.asset in {None, "tiny-gpt"}:
            from tfm.assets.tiny_gpt import build_tiny_gpt  # noqa: PLC0415 (torch takes seconds to import)

            build_tiny_gpt(ASSETS / "tiny_gpt")
    except (OSError, ValueError) as error:
        print(f"tfm.assets.build: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
