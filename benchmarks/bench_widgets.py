"""How soon after a key press does a widget show new pixels, in a real JupyterLab in a real browser?

    python benchmarks/bench_widgets.py [--moves 100]

For each case a slider goes up by the arrow key, one press after the other, and back to its start by Home
when it is at its end, so that no setting is met again soon and nothing comes from a cache. The page itself
takes the times (`tools/lab/probe.py`): from the browser's time stamp of the key to just after the
first frame with the changed picture. So the trip to the kernel, its computing and drawing, the trip back, the
browser's layout and paint and the wait for a frame are in; Playwright is not. First, screenshots show that a
key does change pixels.

Prints a table and writes benchmarks/results/widgets.json. Needs Chromium (`apt install chromium`).
"""

import argparse
import os
import statistics
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from _measure import machine, write_results
from nbformat.v4 import new_code_cell, new_notebook

sys.path.insert(0, str(Path(__file__).parents[1]))

from playwright.sync_api import Browser, sync_playwright

from tools.lab.lesson import LabServer, Lesson, Widget, launch
from tools.lab.probe import SHOWN

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
WARM_UP = 10
PACKAGES = ("jupyterlab", "ipywidgets", "anywidget", "ipykernel", "numpy", "playwright")
DRAW_SECONDS = 10
GOAL_MS = 50  # DESIGN.md: a widget draws itself within 50 ms of a move
KERNELSPEC = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}


@dataclass(frozen=True, kw_only=True)
class Case:
    """One widget to be measured.

    Attributes:
        title: what the table calls it.
        widget: its class name.
        slider: the label of the slider that is moved.
        lesson: the lesson whose first widget of that class is measured, after all cells were run; or else
        code: a cell that shows it.
    """

    title: str
    widget: str
    slider: str
    lesson: str = ""
    code: str = ""


ATTENTION = """from tfm.pretrained.load import load_minilm
from tfm.kit.attention_explorer import AttentionExplorer
sentence = "the tired student saw the film because she liked it"  # twelve tokens with [CLS] and [SEP]
AttentionExplorer(load_minilm(), sentence, view="{view}")"""
CASES = (
    Case(
        title="Perceptron",
        code="from tfm.lessons.perceptron.widget import Perceptron\nPerceptron()",
        widget="Perceptron",
        slider="threshold",
    ),
    Case(title="Descent, 30 steps on a map", lesson="02_learning", widget="Descent", slider="steps"),
    Case(title="PolynomialFit", lesson="02_learning", widget="PolynomialFit", slider="degree"),
    Case(title="MatrixProduct", lesson="04_vectors", widget="MatrixProduct", slider="cells filled"),
    Case(title="NextToken, 39,000 tokens counted", lesson="05_next_token", widget="NextToken", slider="n"),
    Case(title="Merges, one merge more", lesson="06_tokens", widget="Merges", slider="merges"),
    Case(title="Positions, 48 × 32", lesson="08_positions", widget="Positions", slider="shift"),
    Case(
        title="AttentionExplorer, 12 tokens, one map, next head",
        code=ATTENTION.format(view="one head"),
        widget="AttentionExplorer",
        slider="head",
    ),
    Case(
        title="AttentionExplorer, 12 tokens, one map, model run again",
        code=ATTENTION.format(view="one head"),
        widget="AttentionExplorer",
        slider="temperature",
    ),
    Case(
        title="AttentionExplorer, 12 tokens, 72 maps, model run again",
        code=ATTENTION.format(view="all heads"),
        widget="AttentionExplorer",
        slider="temperature",
    ),
    Case(title="PaintMask, three maps", lesson="10_masks", widget="PaintMask", slider="layers"),
    Case(title="Heads, another head read", lesson="11_heads", widget="Heads", slider="head to read"),
    Case(title="Depth, one layer more", lesson="13_normalization", widget="Depth", slider="layers"),
    Case(title="Counter, one layer more", lesson="14_feed_forward", widget="Counter", slider="layers"),
    Case(title="Translator, model run again", lesson="16_transformer", widget="Translator", slider="step"),
    Case(title="CurveLab, another rate", lesson="17_training", widget="CurveLab", slider="learning rate"),
    Case(title="TrainingMovie, eight heads", lesson="18_gpt", widget="TrainingMovie", slider="step"),
    Case(title="Writer, twelve bars", lesson="19_generation", widget="Writer", slider="temperature"),
    Case(title="BeamTree, searched again", lesson="19_generation", widget="BeamTree", slider="tokens"),
    Case(title="Threshold, 897 scores", lesson="20_evaluation", widget="Threshold", slider="threshold"),
    Case(title="FewerBits, 128 weights", lesson="21_two_files", widget="FewerBits", slider="row"),
)


def main() -> None:
    """Measure every case and write the results."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--moves", type=int, default=100, help="key presses a widget (default: 100)")
    moves = parser.parse_args().moves
    rows, load = [], round(os.getloadavg()[0], 1)
    with (
        tempfile.TemporaryDirectory() as folder,
        LabServer(Path(folder)) as server,
        sync_playwright() as tool,
    ):
        browser = launch(tool)
        for case in CASES:
            rows.append(measure(case, server, browser, moves))
            _show(rows[-1])
        about = machine(*PACKAGES) | {"browser": f"Chromium {browser.version}, headless, no GPU"}
        browser.close()
    print(
        "written to",
        write_results("widgets", {"goal_ms": GOAL_MS, "load_before": load, "machine": about, "rows": rows}),
    )


def measure(case: Case, server: LabServer, browser: Browser, moves: int) -> dict[str, Any]:
    """Open one widget in a notebook of its own and move its slider.

    Returns:
        Milliseconds from the key to changed DOM and to shown pixels: median and 95th percentile.
    """
    with Lesson(server, browser, _notebook(case, server.folder)) as lesson:
        lesson.run_all()
        widget = lesson.widget(case.widget)
        verify_pixels(widget, case.slider)
        times = press_keys(widget, case.slider, WARM_UP + moves)[WARM_UP:]
        lesson.check()
    return {
        "widget": case.title,
        "moves": moves,
        "key_to_dom": _summary([move["changed"] - move["key"] for move in times]),
        "key_to_pixels": _summary([move["shown"] - move["key"] for move in times]),
    }


def _notebook(case: Case, folder: Path) -> Path:
    """Give the case's lesson, or write a notebook of one cell."""
    if case.lesson:
        return NOTEBOOKS / f"{case.lesson}.ipynb"
    path = folder / "bench.ipynb"
    nbformat.write(new_notebook(cells=[new_code_cell(case.code)], metadata={"kernelspec": KERNELSPEC}), path)
    return path


def verify_pixels(widget: Widget, slider: str) -> None:
    """Make sure that a key changes the pixels and that the opposite key restores the picture.

    What is restored is the markup: where many soft edges overlap, Chromium draws it again with a few pixels off by
    1 in 255.

    Raises:
        RuntimeError: it does not, so that a measurement would mean nothing.
    """
    before, markup = widget.pixels(), [widget.svg(n) for n in range(widget.pictures())]
    for key in ("ArrowRight", "ArrowLeft"):
        with widget.redraw():
            widget.slider(slider).press(key)
        if key == "ArrowRight":
            moved = widget.pixels()
    if moved == before or markup != [widget.svg(n) for n in range(widget.pictures())]:
        raise RuntimeError(f"the slider {slider} does not change the picture and change it back")


def press_keys(widget: Widget, slider: str, moves: int) -> list[dict[str, float]]:
    """Press the right arrow again and again, each time after the last press's picture was shown."""
    handle = widget.slider(slider).handle
    handle.focus()
    moved: list[dict[str, float]] = []
    while len(moved) < moves:
        at_end = handle.get_attribute("aria-valuenow") == handle.get_attribute("aria-valuemax")
        move = _press(widget, "Home" if at_end else "ArrowRight")
        moved += [] if at_end else [move]
        widget.page.wait_for_timeout(60 + 7 * (len(moved) % 5))  # at rest, and not in step with the frames
    return moved


def _press(widget: Widget, key: str) -> dict[str, float]:
    widget.page.evaluate("() => { tfmProbe.moves = []; }")
    widget.page.keyboard.press(key)
    widget.page.evaluate(SHOWN, [1, 1000 * DRAW_SECONDS])
    return widget.page.evaluate("() => tfmProbe.moves[0]")


def _summary(milliseconds: list[float]) -> dict[str, float]:
    return {
        "median_ms": round(statistics.median(milliseconds), 1),
        "percentile_95_ms": round(statistics.quantiles(milliseconds, n=20)[-1], 1),
        "max_ms": round(max(milliseconds), 1),
    }


def _show(row: dict[str, Any]) -> None:
    pixels, dom = row["key_to_pixels"], row["key_to_dom"]
    print(
        f"{row['widget']:38} key to pixels: median {pixels['median_ms']:6.1f} ms, "
        f"95 % {pixels['percentile_95_ms']:6.1f} ms   (to changed DOM {dom['median_ms']:.1f} ms)",
        flush=True,
    )


if __name__ == "__main__":
    main()
