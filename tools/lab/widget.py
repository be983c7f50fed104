"""One widget of a lesson in the browser: its controls, pictures, numbers and sentence.

A widget's root has the class `tfm-widget` and its name, as `data-widget="NAME"` or as a second class.
Inside it each picture has the class `tfm-picture`, the line of numbers `tfm-readout`, the one sentence to the
reader `tfm-message`.
This file knows no widget by name.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Error, Locator

from tfm.kit.base import STALE_WORDS
from tools.lab.controls import Controls, LessonError
from tools.lab.probe import ANSWERED, DRAWS, IN_VIEW, QUIET_MS, SCROLL_TO_END, SCROLL_TO_START, TO_THE_MIDDLE

VISIBLE = ".tfm-picture:visible"
QUIET_MILLISECONDS = 200  # a widget that has not changed for this long has finished drawing


class Widget(Controls):
    """One widget; its controls are found by their visible labels.

    Example:
        >>> widget = lesson.widget("Perceptron")                    # doctest: +SKIP
        >>> before = widget.picture()                               # doctest: +SKIP
        >>> with widget.redraw():                                   # doctest: +SKIP
        ...     widget.slider("threshold").press("ArrowRight")
        >>> widget.picture() != before                              # doctest: +SKIP
        True
    """

    @property
    def text(self) -> str:
        """All visible text."""
        return self.root.inner_text()

    @property
    def readout(self) -> str:
        """The line of numbers beside the picture."""
        return self._line(".tfm-readout")

    @property
    def message(self) -> str:
        """The sentence to the reader; empty when all is well."""
        return self._line(".tfm-message").replace(STALE_WORDS, "").strip()

    def dims(self, which: int | str = 0) -> bool:
        """Say whether a picture is dimmed, since it shows an earlier setting."""
        script = "e => [e, e.parentElement].some(part => getComputedStyle(part).opacity < 1)"
        return bool(self.picture_at(which).evaluate(script))

    def answers(self, label: str, text: str, sentence: str, mended: str) -> None:
        """Type what cannot be drawn into a text box, read the sentence, and type what takes it away.

        Args:
            label: of the text box.
            text: what cannot be drawn.
            sentence: all of what the widget shall say to it.
            mended: what can be drawn.
        """
        box = self.textbox(label)
        box.fill(text)
        self.settle()
        assert self.message == sentence
        with self.redraw():
            box.fill(mended)
        assert not self.message

    def pictures(self) -> int:
        """Return how many pictures the widget shows now."""
        return self.root.locator(VISIBLE).count()

    def picture_at(self, which: int | str = 0) -> Locator:
        """Return a picture's locator.

        Args:
            which: a number from 0 among the pictures shown now, a CSS selector that begins with a dot, or the
                picture's accessible label.
        """
        if isinstance(which, int):
            return self.root.locator(VISIBLE).nth(which)
        return (
            self.root.locator(which) if which.startswith(".") else self.root.get_by_label(which, exact=True)
        )

    def picture(self, which: int | str = 0) -> bytes:
        """Return the picture's pixels as PNG bytes; equal bytes mean equal pixels.

        The page is photographed and clipped: a locator's own screenshot hangs on elements that are replaced. The
        picture comes to the middle of the screen each time, since Chromium paints the screen in tiles, and smooths
        a line that crosses a tile's edge a little differently. A page that moved meanwhile, because what stands
        above was still being laid out, is photographed again.
        """
        self.settle()
        sentence = f"picture {which} of the widget is not visible, or does not stay where it is"
        return self.wait_for(lambda: self._photograph(which), sentence)

    def _photograph(self, which: int | str) -> bytes | None:
        place = self.picture_at(which)
        place.evaluate(TO_THE_MIDDLE)
        box = place.bounding_box()
        if box is None or not box["width"] or not box["height"]:
            return None
        clip = {side: round(box[side]) for side in ("x", "y", "width", "height")}
        try:
            photograph = self.page.screenshot(clip=clip, animations="disabled", caret="hide")
        except Error as error:
            if "Clipped area" in error.message:  # it left the screen
                return None
            raise
        return photograph if place.bounding_box() == box else None

    def pixels(self) -> list[bytes]:
        """Return every picture's pixels."""
        return [self.picture(n) for n in range(self.pictures())]

    def svg(self, which: int | str = 0) -> str:
        """Return the picture's markup."""
        return self.picture_at(which).inner_html()

    def press(self, key: str, which: int | str = 0) -> None:
        """Focus a picture and press a key on it, as someone without a mouse does."""
        self.picture_at(which).focus()
        self.page.keyboard.press(key)

    def draws(self) -> int:
        """Return how often the pictures have been drawn since the page was loaded."""
        return self.root.evaluate(DRAWS)

    @contextmanager
    def redraw(self) -> Iterator[None]:
        """Wait, after the block, until a picture has been drawn again and the widget is at rest."""
        before = self.draws()
        yield
        self.wait_for(lambda: self.draws() != before, "no picture was drawn again")
        self.settle()

    def settle(self) -> None:
        """Wait until the kernel is idle and this widget has not changed for a moment."""
        self.wait_for(self._at_rest, "the widget did not come to rest")

    def in_view(self) -> bool:
        """Say whether any part of the widget is on the screen."""
        return self.root.evaluate(IN_VIEW)

    def scroll_away(self) -> None:
        """Scroll the notebook to its end, or else to its start, so that the widget leaves the screen."""
        for script in (SCROLL_TO_END, SCROLL_TO_START):
            self.page.evaluate(script)
            self.page.wait_for_timeout(QUIET_MILLISECONDS)
            if not self.in_view():
                return
        raise LessonError("the notebook is too short to scroll this widget off the screen")

    def scroll_back(self) -> None:
        """Scroll the widget into view again."""
        self.root.evaluate(TO_THE_MIDDLE)
        self.wait_for(self.in_view, "the widget did not come back into view")
        self.settle()

    def _at_rest(self) -> bool:
        return self.page.evaluate(ANSWERED) and self.root.evaluate(QUIET_MS) > QUIET_MILLISECONDS

    def _line(self, selector: str) -> str:
        return " ".join(self.root.locator(selector).all_inner_texts()).strip()
