"""The tests of the slides need what npm brings; without it they skip, and say so."""

from pathlib import Path

import pytest

DONE = Path(__file__).parents[2] / "node_modules" / ".done"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip this folder's tests where reveal.js and KaTeX are not installed."""
    if DONE.is_file():
        return
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(
                pytest.mark.skip(reason="the slides need reveal.js and KaTeX: `make node_modules/.done`")
            )
