"""What tests skip for: one sentence each, and a network that is closed is found out once."""

import needs
import pytest

import tfm.data
from tfm.data import DataError


@pytest.fixture
def asked(monkeypatch, tmp_path):
    """Return the names that were asked of the network, which is closed; nothing is at hand, nothing remembered."""
    names = []

    def refuse(name, **_):
        names.append(name)
        raise DataError("the network is closed")

    monkeypatch.setenv(needs.CLOSED, str(tmp_path))
    monkeypatch.setattr(tfm.data, "cached", lambda _: None)
    monkeypatch.setattr(tfm.data, "fetch", refuse)
    return names


def skipped(call, *names):
    """Return the sentence that a test is skipped with."""
    with pytest.raises(pytest.skip.Exception) as skip:
        call(*names)
    return str(skip.value)


def test_a_closed_network_is_asked_once_a_host(asked):
    """The second file of a host that did not answer is not asked for; both skips say the same sentence."""
    assert skipped(needs.data, "tang300") == skipped(needs.data, "song300") == needs.DATA
    assert asked == ["tang300"]
    assert skipped(needs.minilm) == needs.MINILM
    assert asked == ["tang300", "minilm-config"]


def test_what_is_at_hand_is_given(asked, monkeypatch, tmp_path):
    """A file that is there needs no network, though that is known to be closed."""
    assert skipped(needs.data, "tang300")
    monkeypatch.setattr(tfm.data, "cached", lambda name: tmp_path / name)
    assert needs.data("tang300", "song300") == tmp_path / "song300"
    assert asked == ["tang300"]


@pytest.mark.parametrize("lacking", ["node", "packages"])
def test_node_and_what_npm_brings_are_needed_both(monkeypatch, tmp_path, lacking):
    """Without Node.js, or without its packages, slides and pages cannot be built: one sentence."""
    monkeypatch.setattr(needs, "ROOT", tmp_path)
    (tmp_path / "node_modules").mkdir()
    (tmp_path / "node_modules" / ".done").touch()
    monkeypatch.setattr(needs.shutil, "which", lambda _: "/usr/bin/node")
    needs.node()
    if lacking == "node":
        monkeypatch.setattr(needs.shutil, "which", lambda _: None)
    else:
        (tmp_path / "node_modules" / ".done").unlink()
    assert skipped(needs.node) == needs.NODE
