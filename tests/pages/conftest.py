"""The tests of the pages need what npm brings; without it those that build the site skip, and say so."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))  # before tests/, where a folder has the same name as the package

DONE = ROOT / "node_modules" / ".done"


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the whole site, built once."""
    if not DONE.is_file():
        pytest.skip("the pages are built with KaTeX and MiniSearch: run `make node_modules/.done`")
    from pages.build import build

    folder = tmp_path_factory.mktemp("pages") / "site"
    build(folder, "https://example.org/course")
    return folder
