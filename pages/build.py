"""Build the pages: `make site`, or `python -m pages.build [--to FOLDER] [--url ADDRESS]`.

The result is a folder of static files: put it on any web server, or open its index.html from the disk.
"""

import argparse
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from pages import assets, readme, search
from pages.formulas import Formulas
from pages.frame import Frame, Page
from pages.site import Site
from tfm import course

OURS = ("sitemap.xml", "404.html", "assets/passages.js")  # by which an earlier build is known
SITEMAP = """<?xml version="1.0" encoding="UTF-8"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
{}
</urlset>
"""


def build(folder: Path, url: str | None = None) -> list[Page]:
    """Write the whole site.

    Args:
        folder: where to; what an earlier build left there is removed.
        url: where the site will be seen; without it, where GitHub shows the course's pages.

    Returns:
        The pages, the front page first.

    Raises:
        ValueError: the folder holds something else, or a lesson's file is not as it should be.
        RuntimeError: Node.js is not there.
        FileNotFoundError: npm's packages are not there.
    """
    _clear(folder)
    formulas = Formulas()
    claims = {claim.number: claim for claim in course.claims()}
    site = Site(list(course.lessons()), claims, formulas, folder, readme.repository())
    notebooks = [
        file
        for lesson in site.lessons
        for language in readme.editions(lesson)
        for file in readme.notebooks(lesson, language)
    ]
    assets.copy(folder, notebooks)
    pages = [site.front_page(), *site.lesson_pages(), site.claims_page()]
    found = [
        (number, anchor, formulas.as_text(heading), formulas.as_text(text))
        for place, page in enumerate(pages)
        for number, anchor, heading, text in search.passages(page.texts.values(), place, page.title)
    ]
    titles = [(page.address, page.title) for page in pages]
    (folder / "assets" / "passages.js").write_text(search.script(titles, found), encoding="utf-8")
    address = (url or _github(site.repository)).rstrip("/") + "/"
    frame = Frame(formulas)
    for page in [*pages, site.missing_page(address)]:
        file = folder / page.address
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(frame.html(page), encoding="utf-8")
    places = "\n".join(f"<url><loc>{address}{page.address}</loc></url>" for page in pages)
    (folder / "sitemap.xml").write_text(SITEMAP.format(places), encoding="utf-8")
    return pages


def main(argv: Sequence[str] | None = None) -> int:
    """Build the site and say where it is."""
    parser = argparse.ArgumentParser(prog="python -m pages.build", description="Build the pages.")
    parser.add_argument("--to", type=Path, default=readme.ROOT / "build" / "site", metavar="FOLDER")
    parser.add_argument("--url", help="where the site will be seen (for sitemap.xml and the page 404.html)")
    args = parser.parse_args(argv)
    try:
        pages = build(args.to, args.url)
    except (ValueError, RuntimeError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{len(pages)} pages: open {args.to / 'index.html'}")
    return 0


def _clear(folder: Path) -> None:
    """Remove an earlier build, and nothing else."""
    if folder.is_dir() and any(folder.iterdir()):
        if not all((folder / name).is_file() for name in OURS):
            raise ValueError(
                f"{folder} holds something that is no build of these pages: name another folder by --to"
            )
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)


def _github(repository: str | None) -> str:
    """Where GitHub shows the pages of a repository."""
    if not repository:
        return ""
    owner, name = repository.split("/")[-2:]
    return f"https://{owner}.github.io/{name}"


if __name__ == "__main__":
    raise SystemExit(main())
