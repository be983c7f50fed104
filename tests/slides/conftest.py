"""The tests of the slides need what npm brings; without it they skip, and say so."""

import pytest


@pytest.fixture(scope="session", autouse=True)
def _installed(npm: None) -> None:
    """Ask for it in every test."""
