"""The tests of the pages need what npm brings; without it those that build the site skip, and say so."""

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def site(npm: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the whole site, built once."""
    from pages.build import build

    folder = tmp_path_factory.mktemp("pages") / "site"
    build(folder, "https://example.org/course")
    return folder
