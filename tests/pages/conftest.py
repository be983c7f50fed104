"""The tests of the pages need what npm brings; without it those that build the site skip, and say so."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))  # before tests/, where a folder is called pages too


@pytest.fixture(scope="session")
def site(npm: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the whole site, built once."""
    from pages.build import build

    folder = tmp_path_factory.mktemp("pages") / "site"
    build(folder, "https://example.org/course")
    return folder
