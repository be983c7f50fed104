"""The workflows on GitHub: what they may do, and that what they call is there."""

import re
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
    assert workflow["on"]["push"] == {"branches": ["main"]}
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
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o100
    assert (ROOT / "pages" / "build.py").is_file()
    assert (ROOT / "package-lock.json").is_file()
    assert (ROOT / "constraints.txt").is_file()
