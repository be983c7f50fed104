"""The environment that `tfm lab` gives JupyterLab, with a home that can be written and with one that cannot."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tfm.cli.lab_settings import WRITTEN, home_can_be_written, lab_environment

NO_FOLDER = "/dev/null/home"  # below a file: not even root can make it


@pytest.fixture
def no_home(monkeypatch):
    """A home that cannot be written, and no setting that says otherwise."""
    monkeypatch.setenv("HOME", NO_FOLDER)
    monkeypatch.setenv("USERPROFILE", NO_FOLDER)
    for name in WRITTEN:
        monkeypatch.delenv(name, raising=False)


def test_a_usual_home_is_left_alone(monkeypatch, tmp_path):
    """Nothing but the path of the kernels, and how threads wait, is added."""
    monkeypatch.delenv("OMP_WAIT_POLICY", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert home_can_be_written()
    changed = {name for name, value in lab_environment(tmp_path).items() if os.environ.get(name) != value}
    assert changed == {"JUPYTER_PATH", "OMP_WAIT_POLICY"}
    monkeypatch.setenv("OMP_WAIT_POLICY", "ACTIVE")
    assert lab_environment(tmp_path)["OMP_WAIT_POLICY"] == "ACTIVE"
    assert list(tmp_path.iterdir()) == []


def test_a_home_that_cannot_be_written_is_replaced(no_home, monkeypatch, tmp_path):
    """Every folder that is written lies in the spare one, except those that the person has chosen."""
    monkeypatch.setenv("IPYTHONDIR", "/chosen")
    assert not home_can_be_written()
    env = lab_environment(tmp_path)
    assert env["IPYTHONDIR"] == "/chosen"
    assert all(Path(env[name]).parent == tmp_path for name in WRITTEN if name != "IPYTHONDIR")


def test_jupyter_server_starts_without_a_home(no_home, tmp_path):
    """What fails in the home that cannot be written, with a traceback, works in the spare folder."""
    code = (
        "from jupyter_server.serverapp import ServerApp as S; s = S(); s.initialize([], new_httpserver=False)"
    )
    command = [sys.executable, "-c", f"{code}; print(s.runtime_dir)"]
    usual = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "/dev/null/home" in usual.stderr.splitlines()[-1]
    env = lab_environment(tmp_path)
    spare = subprocess.run(command, capture_output=True, text=True, check=False, env=env)
    assert spare.stdout.strip() == env["JUPYTER_RUNTIME_DIR"], spare.stderr
