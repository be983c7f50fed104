"""How many pictures a second does the playground show while it trains, and how soon does a click answer?

    python benchmarks/bench_playground.py [--seconds 10] [--clicks 60]

In a real JupyterLab in a real browser. A frame is an epoch (or five) of training, a drawing, the trip to the
page and the page's own layout and paint: the page counts the frames in which the picture had changed.
Then, with training stopped, the pointer switches a feature on and off, which builds a new network; the page
takes the time from the click's own stamp to just after the first frame with the changed picture.

Prints a table and writes benchmarks/results/playground.json. Needs Chromium (`apt install chromium`).
"""

import argparse
import os
import statistics
import sys
import tempfile
from itertools import pairwise
from pathlib import Path
from typing import Any

import nbformat
from _measure import machine, write_results
from nbformat.v4 import new_code_cell, new_notebook

sys.path.insert(0, str(Path(__file__).parents[1]))

from playwright.sync_api import Browser, sync_playwright

from tools.lab.lesson import LabServer, Lesson, Widget, launch

GOAL_FRAMES = 20
PACKAGES = ("jupyterlab", "ipywidgets", "anywidget", "ipykernel", "numpy", "playwright")
KERNELSPEC = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
CODE = """from tfm.lessons.playground.session import Session, Settings
from tfm.data.plane import plane_points
from tfm.lessons.playground.widget import Playground
Playground(Session(Settings({settings}), plane_points), links="{links}", rival={rival})"""
CASES: dict[str, dict[str, Any]] = {
    "2-4-2-1, 25 batches a frame": {"settings": "hidden=(4, 2)"},
    "2-4-2-1, gradients on the links": {"settings": "hidden=(4, 2)", "links": "gradients"},
    "2-4-2-1, two runs": {"settings": "hidden=(4, 2)", "rival": {"activation": "relu"}},
    "2-4-2-1, 125 batches a frame": {"settings": "hidden=(4, 2)", "epochs": "5"},
    "2-8-8-8-8-8-8-1, 25 batches a frame": {"settings": "hidden=(8,) * 6"},
    "2-8-8-8-8-8-8-1, 125 batches a frame": {"settings": "hidden=(8,) * 6", "epochs": "5"},
}
# Counts the animation frames in which a picture had changed, and when the first and the last of them ended.
COUNT = """milliseconds => new Promise(done => {
  const pictures = [...document.querySelectorAll('.tfm-picture')];
  const drawn = () => Math.max(...pictures.map(p => p.tfmDraws || 0));
  const shown = [];
  let before = drawn(), start = performance.now();
  const look = () => {
    const now = drawn();
    if (now !== before) { before = now; shown.push(performance.now()); }
    if (performance.now() - start < milliseconds) requestAnimationFrame(look); else done(shown);
  };
  requestAnimationFrame(look);
})"""
CLICKED = """() => { document.addEventListener('click', event => {
  tfmProbe.pending = {key: event.timeStamp, changed: null, shown: null}; }, true); }"""


def main() -> None:
    """Measure every case and write the results."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--seconds", type=float, default=10, help="of playing, a case (default: 10)")
    parser.add_argument("--clicks", type=int, default=60, help="a case (default: 60)")
    given = parser.parse_args()
    rows, load = [], round(os.getloadavg()[0], 1)
    with (
        tempfile.TemporaryDirectory() as folder,
        LabServer(Path(folder)) as server,
        sync_playwright() as tool,
    ):
        browser = launch(tool)
        for title, case in CASES.items():
            rows.append({"case": title} | measure(case, server, browser, given.seconds, given.clicks))
            _show(rows[-1])
        about = machine(*PACKAGES) | {"browser": f"Chromium {browser.version}, headless, no GPU"}
        browser.close()
    results = {"goal_frames_per_second": GOAL_FRAMES, "load_before": load, "machine": about, "rows": rows}
    print("written to", write_results("playground", results))


def measure(
    case: dict[str, Any], server: LabServer, browser: Browser, seconds: float, clicks: int
) -> dict[str, Any]:
    """Play one playground in a notebook of its own, then click into it.

    Returns:
        Frames and epochs a second, milliseconds between frames and from click to pixels.
    """
    code = CODE.format(**({"links": "weights", "rival": None} | case))
    notebook = server.folder / "bench.ipynb"
    nbformat.write(new_notebook(cells=[new_code_cell(code)], metadata={"kernelspec": KERNELSPEC}), notebook)
    with Lesson(server, browser, notebook) as lesson:
        lesson.page.set_viewport_size({"width": 1400, "height": 1300})
        widget = lesson.run_all().widget("Playground")
        if "epochs" in case:
            widget.dropdown("epochs a step").choose(case["epochs"])
        widget.button("Play").click()
        widget.page.wait_for_timeout(1500)  # warm
        before = _epoch(widget)
        shown = widget.page.evaluate(COUNT, 1000 * seconds)
        after = _epoch(widget)
        widget.button("Pause").click()
        widget.settle()
        latency = click_a_feature(widget, clicks)
        lesson.check()
    gaps = [b - a for a, b in pairwise(shown)]
    return {
        "frames_per_second": round(1000 * len(gaps) / (shown[-1] - shown[0]), 1),
        "epochs_per_second": round((after - before) / seconds, 1),
        "frame_gap_ms": _summary(gaps),
        "click_to_pixels_ms": _summary(latency),
    }


def click_a_feature(widget: Widget, clicks: int) -> list[float]:
    """Switch the feature x1² on and off, each time after the last click's picture was shown.

    Returns:
        Milliseconds from each click to the pixels it asked for.
    """
    widget.page.evaluate(CLICKED)
    times = []
    for number in range(clicks + 5):
        place = widget.picture_at(0).locator('rect[data-cell="2,0"]').bounding_box()
        assert place is not None, "the third feature is in every picture"
        x, y = place["x"] + place["width"] / 2, place["y"] + place["height"] / 2
        widget.page.mouse.move(x, y)  # pointing is answered first, and not counted
        widget.page.wait_for_timeout(90 + 7 * (number % 5))
        widget.page.evaluate("() => { tfmProbe.moves = []; tfmProbe.pending = null; }")
        widget.page.mouse.down()
        widget.page.mouse.up()
        _wait_for_pixels(widget)
        times.append(widget.page.evaluate("() => tfmProbe.moves[0].shown - tfmProbe.moves[0].key"))
    return times[5:]


def _wait_for_pixels(widget: Widget) -> None:
    for _ in range(400):
        if widget.page.evaluate("() => tfmProbe.moves.length"):
            return
        widget.page.wait_for_timeout(10)
    raise RuntimeError("no picture was drawn after a click")


def _epoch(widget: Widget) -> int:
    return int(widget.readout.split("epoch ")[1].split(", loss")[0].replace(",", ""))


def _summary(milliseconds: list[float]) -> dict[str, float]:
    return {
        "median": round(statistics.median(milliseconds), 1),
        "percentile_95": round(statistics.quantiles(milliseconds, n=20)[-1], 1),
    }


def _show(row: dict[str, Any]) -> None:
    print(
        f"{row['case']:38} {row['frames_per_second']:5.1f} frames/s  {row['epochs_per_second']:6.1f} epochs/s  "
        f"gap 95 % {row['frame_gap_ms']['percentile_95']:5.1f} ms  click to pixels: median "
        f"{row['click_to_pixels_ms']['median']:.1f} ms",
        flush=True,
    )


if __name__ == "__main__":
    main()
