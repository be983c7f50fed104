"""Run every part of the tests, whatever an earlier one did, and say at the end what came of each.

    python -m tools.run_tests unit notebooks bad-day        # what `make test` runs

A part is a target of the Makefile that hands `REPORT=FILE` to pytest, which writes there what became of each
test, as JUnit's XML. What a part prints is seen as it comes. This file knows no test and no part by name.
"""

import argparse
import os
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[1]
REPORTS = ROOT / "build" / "tests"
MAKE = ("make", "--no-print-directory")
NAMED = 10  # failed tests of one part that the end repeats by name
INTERRUPTED = 130  # as a shell says of a command that Ctrl-C ended


@dataclass(frozen=True, kw_only=True)
class Part:
    """What became of one part.

    Attributes:
        name: the Makefile's target.
        code: the exit status of make.
        seconds: how long it took.
        busy: how long processors worked for it, which says more on a machine that does other things as well.
        passed: how many tests passed.
        failed: those that failed, each as “place: name”.
        skipped: how many were skipped, by reason.
    """

    name: str
    code: int
    seconds: float
    busy: float
    passed: int = 0
    failed: list[str] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)

    @property
    def trouble(self) -> list[str]:
        """What went wrong, a line each; empty when all is well."""
        more = len(self.failed) - NAMED
        lines = self.failed[:NAMED] + ([f"and {more} more"] if more > 0 else [])
        if self.code and not lines:
            lines = [f"no test failed, but `make {self.name}` ended with {self.code}: see above"]
        return lines


def read(report: Path) -> tuple[int, list[str], Counter[str]]:
    """Read pytest's report: how many tests passed, which failed, and how many were skipped for which reason.

    Without a whole report, which a part that was stopped does not leave, nothing passed and nothing failed.
    """
    try:
        cases = list(ET.parse(report).iter("testcase"))
    except (OSError, ET.ParseError):
        return 0, [], Counter()
    failed, skipped = [], Counter[str]()
    for case in cases:
        place = f"{case.get('classname')}: {case.get('name')}"
        if case.find("failure") is not None or case.find("error") is not None:
            failed.append(place)
        elif (skip := case.find("skipped")) is not None:
            skipped[(skip.get("message") or place).strip()] += 1
    return len(cases) - len(failed) - skipped.total(), failed, skipped


def run(name: str, make: Sequence[str] = MAKE) -> Part:
    """Run one part and read what it reports.

    Args:
        name: the Makefile's target.
        make: the command that makes it.
    """
    REPORTS.mkdir(parents=True, exist_ok=True)
    report = REPORTS / f"{name}.xml"
    report.unlink(missing_ok=True)
    # Settings such as WORKERS=1 reach the part as variables; the jobs of an outer `make -j` are not lent to it.
    outside = {"MAKEFLAGS", "MAKELEVEL", "MFLAGS"}
    env = {key: value for key, value in os.environ.items() if key not in outside}
    start, worked = time.monotonic(), _busy()
    code = subprocess.run([*make, name, f"REPORT={report}"], env=env, cwd=ROOT, check=False).returncode
    seconds, busy = time.monotonic() - start, _busy() - worked
    passed, failed, skipped = read(report)
    return Part(
        name=name, code=code, seconds=seconds, busy=busy, passed=passed, failed=failed, skipped=skipped
    )


def summary(parts: Iterable[Part]) -> list[str]:
    """Say what came of each part, which tests failed, and what was skipped and how to have it."""
    parts = list(parts)
    wide = max(len(part.name) for part in parts)
    lines = [f"{'':{wide}}  passed  failed  skipped  seconds  busy"]
    for part in parts:
        counts = f"{part.passed:6}  {len(part.failed):6}  {part.skipped.total():7}"
        end = "" if not part.trouble else "  FAILED"
        lines.append(f"{part.name:{wide}}  {counts}  {part.seconds:7.0f}  {part.busy:4.0f}{end}")
    lines += [f"failed: {part.name}: {line}" for part in parts for line in part.trouble]
    skipped = sum((part.skipped for part in parts), Counter[str]())
    lines += [f"skipped: {count:4}: {reason}" for reason, count in skipped.most_common()]
    return lines


def main(words: list[str] | None = None, make: Sequence[str] = MAKE) -> int:
    """Run the parts that are named, by this command; return 1 if one of them failed."""
    parser = argparse.ArgumentParser(prog="python -m tools.run_tests", description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="+", metavar="PART", help="a target of the Makefile")
    names = parser.parse_args(words).parts
    done: list[Part] = []
    stopped = False
    try:
        for name in names:
            print(f"\n== make {name}", flush=True)
            done.append(run(name, make))
    except KeyboardInterrupt:
        stopped = True
    print("", *(summary(done) if done else []), sep="\n", flush=True)
    return INTERRUPTED if stopped else int(any(part.trouble for part in done))


def _busy() -> float:
    """Seconds that processors have worked for the processes that this one has waited for."""
    times = os.times()
    return times.children_user + times.children_system


if __name__ == "__main__":
    sys.exit(main())
