"""Would the lessons pass on another processor? `make elsewhere`.

    python -m tools.elsewhere [--only "two threads"]

Runs `make notebooks` once under each of `PERTURBATIONS`, which hold the libraries to older instructions or to two
threads, or move every random start in its last bit, and ends with one table.
The exit status is 1 where a cell failed.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from xml.etree import ElementTree as ET

from tools.lesson_files import NOTEBOOKS
from tools.spread import PERTURBATIONS


def main(arguments: list[str] | None = None) -> int:
    """Run all, print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--only", choices=PERTURBATIONS, help="one of them")
    only = parser.parse_args(arguments).only
    failed = {name: run(name) for name in ([only] if only else PERTURBATIONS)}
    print("\n".join(table(failed)))
    return int(any(failed.values()))


def run(name: str) -> Counter[str]:
    """Run the lessons under one perturbation; return how many cells failed, by lesson."""
    print(f"\n{name}: {' '.join(f'{key}={value}' for key, value in PERTURBATIONS[name].items())}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        asked = {**os.environ, **PERTURBATIONS[name], "PYTEST_ADDOPTS": f"--junitxml={report}"}
        if "OMP_NUM_THREADS" in PERTURBATIONS[name]:
            asked["WORKERS"] = "1"  # two workers of two threads each would wait for each other
        done = subprocess.run(["make", "notebooks"], cwd=NOTEBOOKS.parent, env=asked, check=False)
        if not report.is_file():
            raise SystemExit(f"`make notebooks` ended with {done.returncode} and left no report")
        return failures(report.read_text(encoding="utf-8"))


def failures(report: str) -> Counter[str]:
    """Count the failed cells of a JUnit report by lesson."""
    cases = ET.fromstring(report).iter("testcase")
    bad = [case for case in cases if case.find("failure") is not None or case.find("error") is not None]
    names = (re.search(r"(?:notebooks\.)?([\w.]+?)(?:\.ipynb)?$", case.get("classname", "")) for case in bad)
    return Counter(name[1].replace(".", "/") if name else "?" for name in names)


def table(failed: Mapping[str, Counter[str]]) -> list[str]:
    """Write a line for each lesson with a failed cell, a column for each perturbation."""
    names = sorted({lesson for count in failed.values() for lesson in count})
    widths = [max(len(name), 4) for name in failed]
    rows = [
        ["failed cells", *failed],
        *([name, *(str(failed[p][name] or "–") for p in failed)] for name in names),
    ]
    lines = [
        "".join([f"{row[0]:28}", *(f"{cell:>{w + 2}}" for cell, w in zip(row[1:], widths, strict=True))])
        for row in rows
    ]
    return lines if names else [f"every cell is the same under {', '.join(failed)}"]


if __name__ == "__main__":
    sys.exit(main())
