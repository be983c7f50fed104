"""The workflows on GitHub: what they may do, and that what they call is there."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def read(path):
    """A workflow; YAML 1.1 reads its key `on` as true."""
    found = yaml.safe_load(path.read_text(encoding="utf-8"))
    return found | {"on": found.pop(True)}


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_may_read_and_no_more(path):
    """Only the job that deploys may write, and only pages; every action is named with its major version."""
    workflow = read(path)
    assert workflow["permissions"] == {"contents": "read"}
    assert workflow["on"].get("push", {"branches": ["main"]}) == {"branches": ["main"]}
    assert "push" in workflow["on"] or "schedule" in workflow["on"]
    assert "workflow_dispatch" in workflow["on"]
    for name, job in workflow["jobs"].items():
        writes = {what for what, may in job.get("permissions", {}).items() if may == "write"}
        assert writes <= ({"pages", "id-token"} if name == "deploy" else set())
        for step in job["steps"]:
            assert "run" in step or re.fullmatch(r"actions/[\w-]+@v\d+", step["uses"])


def test_what_the_workflows_run_exists():
    """Each command of ours that a workflow calls is a file of this repository."""
    steps = [step for path in WORKFLOWS for job in read(path)["jobs"].values() for step in job["steps"]]
    commands = [step["run"] for step in steps if "run" in step]
    assert any(command == ".ci/run" for command in commands)
    assert any(command.startswith("python -m pages.build") for command in commands)
    targets = {command.split()[1] for command in commands if command.startswith("make ")}
    assert targets == {"test", "elsewhere"}
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert [name for name in targets if not re.search(rf"^{name}:", makefile, re.MULTILINE)] == []
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o100
    assert (ROOT / "pages" / "build.py").is_file()
    assert (ROOT / "package-lock.json").is_file()
    assert (ROOT / "constraints.txt").is_file()


def test_every_promised_python_is_tested_each_night():
    """The night's Pythons are pyproject.toml's classifiers, from the least that it requires on; one is on Arm."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    named = [re.fullmatch(r"Programming Language :: Python :: (3\.\d+)", c) for c in project["classifiers"]]
    promised = [match[1] for match in named if match]
    minors = [int(version.split(".")[1]) for version in promised]
    assert minors == list(range(minors[0], minors[-1] + 1)), "a version is left out"
    assert project["requires-python"] == f">={promised[0]}"
    matrix = read(ROOT / ".github" / "workflows" / "nightly.yml")["jobs"]["test"]["strategy"]["matrix"]
    assert matrix["python"] == promised
    (more,) = matrix["include"]
    assert more["runner"].endswith("-arm")
    assert more["python"] in promised
    asked = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert f"v >= (3, {minors[0]})" in asked
