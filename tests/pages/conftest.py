"""The tests of the pages need what npm brings; without it those that build the site skip, and say so."""

from pathlib import Path

import pytest
from bs4 import BeautifulSoup


@pytest.fixture(scope="session")
def site(npm: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the whole site, built once."""
    from pages.build import build

    folder = tmp_path_factory.mktemp("pages") / "site"
    build(folder, "https://example.org/course")
    return folder


@pytest.fixture(scope="session")
def pages(site: Path) -> dict[str, BeautifulSoup]:
    """Return every page but 404.html, by its address."""
    files = [file for file in sorted(site.rglob("*.html")) if file.name != "404.html"]
    return {
        str(file.relative_to(site)): BeautifulSoup(file.read_text(encoding="utf-8"), "html.parser")
        for file in files
    }
