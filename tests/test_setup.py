"""The set-up files agree with each other, and what environment.yml asks for gives a machine that works."""

import os
import re
import shutil
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


@pytest.fixture(scope="module")
def fresh(tmp_path_factory):
    """An environment made of nothing but environment.yml: a function that runs a program of it."""
    place = tmp_path_factory.mktemp("fresh") / "venv"
    venv.create(place, with_pip=True)
    programs = place / ("Scripts" if sys.platform == "win32" else "bin")
    left_out = {"PYTHONPATH", "VIRTUAL_ENV", "JUPYTER_PATH"}
    clean = {name: value for name, value in os.environ.items() if name not in left_out}

    def run(*command, cwd=ROOT):
        return subprocess.run(
            [str(programs / command[0]), *command[1:]],
            cwd=cwd,
            env=clean,
            capture_output=True,
            text=True,
            check=False,
            timeout=60 * INSTALL_MINUTES,
        )

    words = [word for line in pip_section() for word in line.split()]
    # Eleven thousand modules are not compiled beforehand: Python compiles those few that are then imported.
    well(run("python", "-m", "pip", "install", "--quiet", "--no-compile", *words))
    run.programs = programs
    return run


def well(done):
    """The output of a command that must have gone well."""
    assert done.returncode == 0, done.stdout[-2_000:] + done.stderr[-2_000:]
    return done.stdout


@pytest.mark.setup
def test_an_empty_environment_becomes_one_that_works(fresh):
    """What environment.yml gives to pip makes an empty environment one that passes `tfm doctor`."""
    lines = dict(line.split(None, 1) for line in well(fresh("tfm", "doctor")).splitlines())
    assert lines["missing"] == "nothing"
    assert lines["torch"].startswith("2.13.0")
    assert lines["Python"].endswith(str(fresh.programs / "python"))


@pytest.mark.setup
def test_a_wheel_carries_the_course_anywhere(fresh, tmp_path):
    """A wheel hands out its lessons in an empty folder, and one of them runs there, on the wheel's code."""
    source, dist, home = tmp_path / "source", tmp_path / "dist", tmp_path / "home"
    apart = shutil.ignore_patterns(
        ".git", ".venv*", "node_modules", "build", "*.egg-info", "__pycache__", ".*_cache"
    )
    shutil.copytree(ROOT, source, ignore=apart)
    well(
        fresh(
            "python", "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(dist), ".", cwd=source
        )
    )
    (wheel,) = dist.glob("tfm-*.whl")
    well(fresh("python", "-m", "pip", "install", "--quiet", "--no-deps", "--force-reinstall", str(wheel)))
    home.mkdir()
    assert "site-packages" in well(fresh("python", "-c", "import tfm; print(tfm.__file__)", cwd=home))
    assert well(fresh("tfm", "lessons", cwd=home)).startswith(f"{len(notebooks())} new files in tfm-lessons")
    copied = {
        f.relative_to(home / "tfm-lessons") for f in (home / "tfm-lessons").rglob("*.*") if f.name[0] != "."
    }
    assert copied == notebooks()
    lesson = ("jupyter", "execute", "--inplace", "01_perceptron.ipynb")
    well(fresh(*lesson, cwd=home / "tfm-lessons"))
    assert "missing   nothing" in well(fresh("tfm", "doctor", cwd=home))


def notebooks():
    """The lessons, their solutions and their table, by their places in notebooks/."""
    home = ROOT / "notebooks"
    hidden = re.compile(r"(^|/)\.")
    files = [f.relative_to(home) for ending in ("ipynb", "md") for f in home.rglob(f"*.{ending}")]
    return {f for f in files if not hidden.search(f.as_posix())}
