"""Take the README's picture of the explorer from the real lesson in a real browser: `make screenshot`."""

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from tools.lab.browser import WatchedPage
from tools.lab.lesson import LabServer, Lesson, find_browser, launch

ROOT = Path(__file__).parents[1]
PICTURE = ROOT / "slides" / "screenshot.png"
WIDTH, HEIGHT = 1010, 1200  # pixels: a small laptop
DOTS = 2  # dots a pixel: sharp where it is shown large
MARGIN = 4  # pixels around the widget


def main() -> str | None:
    """Open lesson 12, move the explorer to the pronoun head, and photograph it."""
    if find_browser() is None:
        return "no Chromium on the PATH: install it (apt install chromium) to take the screenshot"
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = launch(playwright)
        with LabServer(Path(folder)) as server:
            window = WatchedPage(browser, WIDTH, HEIGHT, DOTS)
            lesson = Lesson(server, browser, ROOT / "notebooks" / "12_real_attention.ipynb", window)
            lesson.open().run_all()
            widget = lesson.widget("AttentionExplorer")
            widget.dropdown("view").choose("one head")
            widget.slider("layer").press("ArrowRight", 3)
            widget.slider("head").press("ArrowRight")
            for key in ["ArrowDown"] * 10 + ["ArrowRight"] * 2:  # from it to animal
                widget.press(key)
            widget.settle()
            widget.scroll_back()
            box = widget.root.bounding_box()
            assert box is not None
            clip = {"x": box["x"] - MARGIN, "y": box["y"] - MARGIN}
            clip |= {side: box[side] + 2 * MARGIN for side in ("width", "height")}
            PICTURE.parent.mkdir(exist_ok=True)
            lesson.page.screenshot(path=PICTURE, clip=clip)
            lesson.close()
        browser.close()
    print(f"written: {PICTURE.relative_to(ROOT)}")
    return None


if __name__ == "__main__":
    sys.exit(main())
