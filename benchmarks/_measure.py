"""What every benchmark shares: which machine this is, contenders taking turns, results on disk."""

import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"


def steady_memory() -> None:
    """Start this program anew with an allocator that keeps what it is given, for all contenders alike.

    By default glibc hands large tensors back to the system after each step and fetches them again. Who pays
    for that is a matter of the heap's layout, not of the code; it moved single medians here by a tenth.
    """
    settings = {"MALLOC_MMAP_THRESHOLD_": str(2**32), "MALLOC_TRIM_THRESHOLD_": str(2**32)}
    if platform.system() == "Linux" and not settings.keys() <= os.environ.keys():
        os.execve(sys.executable, [sys.executable, *sys.argv], os.environ | settings)


def machine(*packages: str) -> dict[str, Any]:
    """Describe what a figure depends on: processor, cores, system, Python, allocator, packages."""
    return {
        "cpu": _cpu_name(),
        "cores": os.cpu_count(),
        "system": platform.system(),
        "python": platform.python_version(),
        "allocator": {k: v for k, v in os.environ.items() if k.startswith("MALLOC_")} or "default",
        "versions": {package: version(package) for package in packages},
    }


def take_turns(
    contenders: Mapping[str, Callable[[], object]], rounds: int, warm_up: int = 3
) -> dict[str, list[float]]:
    """Time each contender once a round, in turn, so that a slow minute of the machine is everybody's.

    The order turns round every other time, so that nobody always follows the same neighbour.

    Returns:
        Seconds of each round, by contender.
    """
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for turn in range(warm_up + rounds):
        order = list(contenders) if turn % 2 else list(contenders)[::-1]
        for name in order:
            start = time.perf_counter()
            contenders[name]()
            if turn >= warm_up:
                times[name].append(time.perf_counter() - start)
    return times


def summary(seconds: list[float]) -> dict[str, float]:
    """Give the median and the quartiles, in milliseconds."""
    low, median, high = (1000 * q for q in statistics.quantiles(seconds, n=4))
    return {"median_ms": round(median, 3), "quartile_1_ms": round(low, 3), "quartile_3_ms": round(high, 3)}


def write_results(name: str, results: Mapping[str, Any]) -> Path:
    """Write `results/NAME.json` and return its path."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    path.write_text(json.dumps(results, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def _cpu_name() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
