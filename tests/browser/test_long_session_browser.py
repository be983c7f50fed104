"""Two thousand moves of a slider in a real JupyterLab: neither the page's memory nor the kernel's grows."""

import pytest

CELLS = [
    "from tfm.lessons.perceptron.widget import Perceptron\nPerceptron()",
    "import gc, psutil\ngc.collect()\nprint(psutil.Process().memory_info().rss)",
]
WARM, MOVES, AT_ONCE = 500, 2000, 100
FLAT = 0.05


@pytest.mark.long
def test_two_thousand_moves_leave_memory_flat(lesson):
    """After a warm-up, page and kernel hold what they held, give or take 5 %."""
    explorer = lesson.fresh("Perceptron")
    threshold, inside = explorer.slider("threshold"), lesson.page.context.new_cdp_session(lesson.page)

    def move(times):
        for n in range(times // AT_ONCE):
            threshold.press("ArrowLeft" if n % 2 else "ArrowRight", AT_ONCE)
            explorer.settle()

    def memory():
        inside.send("HeapProfiler.collectGarbage")
        page = inside.send("Runtime.getHeapUsage")["usedSize"]
        return page, int(lesson.run_cell(2).outputs[0]["text"])

    move(WARM)
    before = memory()
    move(MOVES)
    after = memory()
    grown = [now / was - 1 for was, now in zip(before, after, strict=True)]
    assert max(grown) < FLAT, f"of {before} bytes in page and kernel there are now {after}"
