"""The set-up files agree with each other, and what environment.yml asks for gives a machine that works."""

import os
import re
import subprocess
import sys
import tomllib
import venv
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
CONSTRAINTS = (ROOT / "constraints.txt").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
ENVIRONMENT = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
INSTALL_MINUTES = 15


def plain(name):
    """A package's name as indexes compare them."""
    return re.sub(r"[-_.]+", "-", name).lower()


def pins():
    """The pinned versions by package."""
    lines = [line.strip() for line in CONSTRAINTS.splitlines()]
    found = [
        re.fullmatch(r"([\w.-]+)==([\w.+!]+)", line) for line in lines if line and not line.startswith("#")
    ]
    assert all(found), "constraints.txt holds exact pins, name==version, and comments; nothing else"
    return {plain(match[1]): match[2] for match in found}


def needed():
    """The packages that pyproject.toml asks for, test tools among them."""
    extras = PROJECT["optional-dependencies"].values()
    lines = [*PROJECT["dependencies"], *(line for extra in extras for line in extra)]
    return {plain(re.split(r"[^\w.-]", line)[0]) for line in lines}


def pip_section():
    """What environment.yml gives to pip."""
    return next(part["pip"] for part in ENVIRONMENT["dependencies"] if isinstance(part, dict))


def test_torch_is_pinned_exactly():
    """The pin of torch is 2.13.0, and nothing lets it float."""
    assert pins()["torch"] == "2.13.0"


def test_every_dependency_is_pinned():
    """Each package that pyproject.toml asks for, test tools too, has its version in constraints.txt."""
    assert needed() <= pins().keys(), f"constraints.txt lacks {sorted(needed() - pins().keys())}"


@pytest.mark.parametrize("file", ["pyproject.toml", "Makefile", "environment.yml", ".ci/run"])
def test_versions_are_pinned_in_one_place(file):
    """No file but constraints.txt pins a package's version."""
    text = (ROOT / file).read_text(encoding="utf-8")
    assert re.findall(r"[\w.-]+\s*==\s*\d[\w.]*", text) == []


def test_every_installation_reads_the_constraints():
    """Each pip install, the Makefile's and environment.yml's, reads constraints.txt; CI installs by make."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    installs = [line for line in makefile.splitlines() if "$(PIP) install" in line]
    assert installs
    assert all("--constraint constraints.txt" in line for line in installs)
    assert "--constraint constraints.txt" in pip_section()
    ci = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "make test" in ci or "make check" in ci
    assert "pip install" not in ci


def test_environment_has_a_python_that_will_do_and_pip():
    """environment.yml asks for pip, and for a Python that pyproject.toml allows."""
    names = [part for part in ENVIRONMENT["dependencies"] if isinstance(part, str)]
    assert "pip" in names
    python = next(part for part in names if part.startswith("python"))
    version = tuple(map(int, re.fullmatch(r"python=(\d+)\.(\d+)", python).groups()))
    least = tuple(map(int, re.fullmatch(r">=(\d+)\.(\d+)", PROJECT["requires-python"]).groups()))
    assert version >= least == (3, 11)


def test_environment_takes_the_packages_from_pyproject():
    """environment.yml repeats no list of packages: it installs the project itself."""
    assert "--editable ." in pip_section()
    assert len(pip_section()) == 2


@pytest.mark.setup
def test_an_empty_environment_becomes_one_that_works(tmp_path):
    """What environment.yml gives to pip makes an empty environment one that passes `tfm doctor`."""
    place = tmp_path / "venv"
    venv.create(place, with_pip=True)
    programs = place / ("Scripts" if sys.platform == "win32" else "bin")
    words = [word for line in pip_section() for word in line.split()]
    clean = {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "VIRTUAL_ENV"}}

    def run(*command):
        return subprocess.run(
            [str(programs / command[0]), *command[1:]],
            cwd=ROOT,
            env=clean,
            capture_output=True,
            text=True,
            check=False,
            timeout=60 * INSTALL_MINUTES,
        )

    installed = run("python", "-m", "pip", "install", "--quiet", *words)
    assert installed.returncode == 0, installed.stdout[-2_000:] + installed.stderr[-2_000:]
    doctor = run("tfm", "doctor")
    assert doctor.returncode == 0, doctor.stdout + doctor.stderr
    lines = dict(line.split(None, 1) for line in doctor.stdout.splitlines())
    assert lines["missing"] == "nothing"
    assert lines["torch"].startswith("2.13.0")
    assert lines["Python"].endswith(str(programs / "python"))
