"""Build the decks: `make slides`, or `python -m slides.build [NUMBER …] [--no-pdf] [--to FOLDER]`.

Each deck becomes one HTML file that opens from a USB stick without a network, and a PDF of the same slides.
Press S in the HTML for the speaker's notes.
"""

import argparse
import importlib
import sys
from collections.abc import Sequence
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from slides import render
from slides.deck import Deck, problems
from tools.lab.browser import launch

ROOT = Path(__file__).parents[1]

PARTS = sorted(int(file.stem[5:]) for file in Path(__file__).parent.glob("part_*.py"))
READY_SECONDS = 60


def load(number: int) -> Deck:
    """The deck of one part.

    Raises:
        ValueError: there is no such part, or the deck breaks a rule of `slides.deck`.
    """
    if number not in PARTS:
        raise ValueError(f"the parts are {PARTS[0]} to {PARTS[-1]}, and this is {number}")
    deck: Deck = importlib.import_module(f"slides.part_{number}").DECK
    found = problems(deck)
    if found:
        raise ValueError(f"part {number} is not ready: " + "; ".join(found))
    return deck


def build(deck: Deck, folder: Path) -> Path:
    """Write a deck's HTML and return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{deck.name}.html"
    file.write_text(render.page(deck), encoding="utf-8")
    return file


def print_pdf(html: Path, slides: int, browser: Browser) -> Path:
    """Print a deck's slides, one a page.

    Args:
        html: the built deck.
        slides: how many pages; reveal.js adds an empty one at the end.
        browser: a Chromium.
    """
    file = html.with_suffix(".pdf")
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    page.goto(f"{html.resolve().as_uri()}?print-pdf")
    page.wait_for_selector(".pdf-page >> nth=-1", state="attached", timeout=1000 * READY_SECONDS)
    page.evaluate("document.fonts.ready")
    page.pdf(path=file, prefer_css_page_size=True, print_background=True, page_ranges=f"1-{slides}")
    page.close()
    return file


def main(argv: Sequence[str] | None = None) -> int:
    """Build the decks that are asked for, all by default."""
    parser = argparse.ArgumentParser(prog="python -m slides.build", description="Build the slides.")
    parser.add_argument("parts", nargs="*", type=int, help="numbers of parts (default: all)")
    parser.add_argument("--to", type=Path, default=ROOT / "build" / "slides", metavar="FOLDER")
    parser.add_argument("--no-pdf", action="store_true", help="write the HTML only")
    args = parser.parse_args(argv)
    try:
        built = []
        for number in args.parts or PARTS:
            deck = load(number)
            built.append((build(deck, args.to), len(deck.slides) + 1))
            print(f"{built[-1][0].name}  {built[-1][1]} slides, {deck.minutes:g} minutes", flush=True)
        if not args.no_pdf:
            with sync_playwright() as playwright, launch(playwright) as browser:
                for file, slides in built:
                    print(print_pdf(file, slides, browser).name, flush=True)
    except (ValueError, RuntimeError, OSError) as error:
        print(f"slides: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
