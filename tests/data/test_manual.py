"""The manual that the course brings along: one fixed text, whatever Python runs."""

import hashlib
import sys

import pytest

from tfm.assets.manual import SHA256, VERSION, build_manual
from tfm.data.manual import manual_text, manual_topics


def test_it_is_the_one_text():
    """Its pages have the checksum that the course's numbers were counted with."""
    assert hashlib.sha256(manual_text().encode()).hexdigest() == SHA256
    assert list(manual_topics()) == sorted(manual_topics())


@pytest.mark.skipif(
    f"{sys.version_info.major}.{sys.version_info.minor}.{sys.version_info.micro}" != VERSION,
    reason=f"the manual is taken out of Python {VERSION}: run the tests with it",
)
def test_the_build_gives_it_again(tmp_path):
    """Taken out of Python anew, pages and licence are byte for byte what is stored."""
    from tfm.assets.build import ASSETS

    build_manual(tmp_path)
    for path in tmp_path.iterdir():
        assert path.read_bytes() == (ASSETS / "manual" / path.name).read_bytes()


def test_another_python_has_another_manual(tmp_path, monkeypatch):
    """Where the pages differ the build says which Python it needs, and writes nothing."""
    from pydoc_data import topics

    monkeypatch.setattr(topics, "topics", {"pass": "another"})
    with pytest.raises(ValueError, match=rf"Python {VERSION}'s manual, and this Python has another"):
        build_manual(tmp_path / "new")
    assert not (tmp_path / "new").exists()
