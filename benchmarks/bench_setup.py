"""How long from a fresh copy to the first cell that runs, and how long the imports take?

    python benchmarks/bench_setup.py               everything; downloads some 500 MB with an empty pip cache
    python benchmarks/bench_setup.py --warm        with the pip cache of this account
    python benchmarks/bench_setup.py --imports     the imports alone, in this environment

Cold means: the project's files in an empty folder, no virtual environment, an empty pip cache. The steps are
those of `make lab`: make itself builds the environment; then JupyterLab starts, the first lesson is opened in
a real browser and its first code cell run, by the new environment's Python. Installing Chromium is not
counted. The imports are timed in fresh processes of their own, the median of seven.

Prints what it finds and writes benchmarks/results/setup.json. Needs make, git and Chromium.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from _measure import machine, write_results
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tools.lab.lesson import LabServer, Lesson, launch  # noqa: E402

IMPORTS = ("tfm", "tfm.nn.attention", "tfm.kit.base", "torch", "ipywidgets")
IMPORT_RUNS = 7
PACKAGES = ("torch", "jupyterlab", "pip")
TIMER = "import time; start = time.perf_counter(); import {module}; print(time.perf_counter() - start)"


def main() -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--warm", action="store_true", help="use this account's pip cache")
    parser.add_argument("--imports", action="store_true", help="time the imports alone, and write nothing")
    options = parser.parse_args()
    imports = time_imports()
    if options.imports:
        return
    with tempfile.TemporaryDirectory() as folder:
        steps = time_setup(Path(folder), warm=options.warm)
    results = {
        "pip_cache": "this account's" if options.warm else "empty",
        "package_index": "the one pip is configured for",
        "machine": machine(*PACKAGES),
        "seconds": steps,
        "imports": imports,
    }
    print("written to", write_results("setup", results))


def time_imports() -> dict[str, dict[str, float]]:
    """Import each module in fresh processes, in turns; return median, least and most seconds of each."""
    seconds: dict[str, list[float]] = {module: [] for module in IMPORTS}
    for _ in range(IMPORT_RUNS):
        for module, runs in seconds.items():
            command = [sys.executable, "-c", TIMER.format(module=module)]
            runs.append(float(subprocess.run(command, capture_output=True, text=True, check=True).stdout))
    rows = {
        name: {
            "median_s": round(statistics.median(s), 3),
            "min_s": round(min(s), 3),
            "max_s": round(max(s), 3),
        }
        for name, s in seconds.items()
    }
    for module, row in rows.items():
        print(f"import {module:20} {row['median_s']:6.3f} s  ({row['min_s']} to {row['max_s']})", flush=True)
    return rows


def time_setup(folder: Path, *, warm: bool) -> dict[str, Any]:
    """Go from a fresh copy to the first cell's output, and return the seconds of each step."""
    copy = fresh_copy(folder / "tfm")
    env = dict(os.environ)
    for name in ("VIRTUAL_ENV", "PYTHONPATH", "MAKEFLAGS"):
        env.pop(name, None)
    if not warm:
        env["PIP_CACHE_DIR"] = str(folder / "pip-cache")
    steps: dict[str, Any] = {}
    begin = time.perf_counter()
    base = str(Path(sys.base_prefix) / "bin" / "python3")
    subprocess.run(["make", "--silent", ".venv/.lab", f"PYTHON={base}"], cwd=copy, env=env, check=True)
    steps["environment"] = _since(begin)
    size = sum(f.stat().st_size for f in (copy / ".venv").rglob("*") if f.is_file() and not f.is_symlink())
    steps |= first_cell(copy, folder / "lab")
    steps["total"] = round(sum(steps.values()), 2)
    for step, seconds in steps.items():
        print(f"{step:24} {seconds:7.1f} s", flush=True)
    return steps | {"environment_megabytes": round(size / 1e6)}


def first_cell(copy: Path, folder: Path) -> dict[str, float]:
    """Start JupyterLab of the new environment, open its first lesson, run the first code cell."""
    lesson_file = min((copy / "notebooks").glob("[0-9][0-9]_*.ipynb"))
    with sync_playwright() as tool:
        browser = launch(tool)
        begin = time.perf_counter()
        server = LabServer(folder, python=copy / ".venv" / "bin" / "python")
        with server:
            started = _since(begin)
            begin = time.perf_counter()
            with Lesson(server, browser, lesson_file) as lesson:
                opened = _since(begin)
                begin = time.perf_counter()
                cell = lesson.run_cell(1)
                if cell.error:
                    raise RuntimeError(f"the first cell failed: {cell.error}")
                ran = _since(begin)
        browser.close()
    return {"server_answers": started, "lesson_open": opened, "first_cell_run": ran}


def fresh_copy(target: Path) -> Path:
    """Copy the files that git knows or would add, as a clone of this working tree would hold them."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, names.split("\0")):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)
    return target


def _since(begin: float) -> float:
    return round(time.perf_counter() - begin, 2)


if __name__ == "__main__":
    main()
