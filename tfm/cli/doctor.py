"""What this machine has for the course, in nine lines; it belongs to the command line.

Each line is found by a function of its own; where that fails, the line says why. The last line names what is
missing and the cure.
"""

import argparse
import importlib
import importlib.metadata
import importlib.util
import os
import platform
import re
import shutil
import sys
import webbrowser
from collections.abc import Callable
from pathlib import Path
from typing import Any

import tfm

MINIMUM_PYTHON = (3, 11)
FIX = "run `make lab` in the folder of the course, or `pip install -c constraints.txt -e .`"
BROWSERS = ("chromium", "google-chrome", "chrome", "firefox", "msedge", "safari")
MODULES = {"scikit-learn": "sklearn"}  # where a package's module has another name


def add(commands: Any) -> None:
    """Add `tfm doctor` to the command line."""
    doctor = commands.add_parser("doctor", help="say what this machine has and what is missing")
    doctor.set_defaults(run=_doctor)


def examine() -> tuple[list[str], bool]:
    """Look at everything.

    Returns:
        Nine lines, and whether nothing that the course needs is missing.
    """
    parts: dict[str, Callable[[], str]] = {
        "Python": _python,
        "tfm": _tfm,
        "torch": _torch,
        "device": _device,
        "memory": _memory,
        "browser": _browser,
        "data": _data,
        "weights": _weights,
    }
    lacking = missing_packages()
    verdict = f"{', '.join(lacking)}: {FIX}" if lacking else "nothing"
    lines = [f"{name:<10}{_safely(find)}" for name, find in parts.items()]
    return [*lines, f"{'missing':<10}{verdict}"], not lacking


def missing_packages() -> list[str]:
    """The packages that the course needs and this Python does not have, by their modules' names."""
    try:
        needs = importlib.metadata.requires("tfm") or []
    except importlib.metadata.PackageNotFoundError:
        return ["tfm itself (it is not installed)"]
    names = [re.split(r"[^\w-]", need)[0] for need in needs if "extra ==" not in need]
    lacking = [name for name in names if not _has(MODULES.get(name, name.replace("-", "_")))]
    return lacking if sys.version_info >= MINIMUM_PYTHON else ["Python 3.11 or newer", *lacking]


def _doctor(_: argparse.Namespace) -> int:
    lines, healthy = examine()
    print("\n".join(lines))
    return 0 if healthy else 1


def _has(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except (ImportError, ValueError):
        return False


def _safely(find: Callable[[], str]) -> str:
    try:
        return find()
    except Exception as error:  # noqa: BLE001 (a diagnosis must not die of what it finds)
        return f"not found out ({error})"


def _python() -> str:
    return f"{platform.python_version()}, {sys.executable}"


def _tfm() -> str:
    return f"{tfm.__version__}, {Path(tfm.__file__).parent}"


def _torch() -> str:
    import torch  # noqa: PLC0415

    return str(torch.__version__)


def _device() -> str:
    import torch  # noqa: PLC0415

    if torch.cuda.is_available():
        cards = [torch.cuda.get_device_properties(i) for i in range(torch.cuda.device_count())]
        return ", ".join(f"{card.name} with {card.total_memory / 2**30:.0f} GiB" for card in cards)
    if torch.backends.mps.is_available():
        return "Apple GPU (mps)"
    return "CPU, no GPU; every lesson runs on it"


def _memory() -> str:
    cores = os.cpu_count()
    if hasattr(os, "sysconf"):
        total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    else:  # Windows
        total = importlib.import_module("psutil").virtual_memory().total  # ipykernel brings it
    return f"{total / 2**30:.0f} GiB, {cores} cores"


def _browser() -> str:
    try:
        return f"{getattr(webbrowser.get(), 'name', 'the default one')}"
    except webbrowser.Error:
        found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
        return found or "none found; open the address that `tfm lab` prints in any browser"


def _data() -> str:
    from tfm.data import FILES, cache_folder, cached  # noqa: PLC0415

    here = sum(cached(name) is not None for name in FILES)
    return f"{here} of {len(FILES)} files are here, the cache is {cache_folder()}; see `tfm data list`"


def _weights() -> str:
    from tfm.data import cached  # noqa: PLC0415

    if all(cached(f"minilm-{part}") for part in ("weights", "vocab", "config")):
        return "all-MiniLM-L6-v2 is here, SHA-256 checked (lesson 12)"
    return "all-MiniLM-L6-v2 is not here; lesson 12 will fetch it, or use the tiny encoder"
