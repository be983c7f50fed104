"""What every test shares: one thread and one seed wherever torch is loaded, so that a figure repeats."""

import os
import sys

import needs
import pytest
from hypothesis import settings
from jaxtyping import config

os.environ["TFM_PROGRESS"] = "off"  # what a test gets right is not the developer's

# A busy machine is slow, not wrong: no test fails for the time it took.
settings.register_profile("course", deadline=None)
settings.load_profile("course")


@pytest.fixture(autouse=True)
def _same_numbers_every_time():
    """Seed torch and keep it to one thread, without loading it for tests that do not."""
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.set_num_threads(1)
        torch.manual_seed(0)


@pytest.fixture(scope="session")
def npm() -> None:
    """Skip without Node.js, or without KaTeX, reveal.js, MiniSearch and axe-core, which npm brings."""
    needs.node()


@pytest.fixture
def as_a_reader_calls_it(monkeypatch):
    """Switch off the shape checker that only tests run, so that the block's own sentence is heard."""
    monkeypatch.setattr(config, "jaxtyping_disable", True)
