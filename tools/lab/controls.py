"""The ipywidgets controls of a page, found as a reader finds them: by the words beside them.

`Controls` looks inside one element, be it the whole page (`Lesson`) or one widget (`Widget`); what it returns
presses real keys in a real browser. This file knows nothing of notebooks or pictures.
"""

import re
import time
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Locator, Page

from tools.lab.probe import AT_WORK
from tools.lab.server import HANG_SECONDS

POLL_MS, MOST_POLL_MS = (
    25,
    250,
)  # asking costs the page time that it could work in: what takes long is asked less
STILL_SECONDS = 30  # what has not come when nothing has been at work for so long does not come
BLANKS = " \n\t\u200b"  # ipywidgets fills an empty label with a zero-width space


class LessonError(AssertionError):
    """A lesson did in the browser what it must not; the message is one sentence that says where."""


def wait_until(
    page: Page, ready: Callable[[], Any], sentence: Callable[[], str], progress: Callable[[], Any] = bool
) -> Any:
    """Poll until `ready()` is true, and return what it gave.

    A slow machine is never at fault: as long as the kernel or the page is at work it is waited for, and each
    sign of progress starts the time anew. Playwright's own `wait_for_function` returns at once on an asynchronous
    predicate; this does not.

    Args:
        page: the page.
        ready: what is waited for.
        sentence: gives the message of the error.
        progress: what it gives differs when something was brought forward, such as the number of cells run.

    Raises:
        LessonError: it does not come.
    """
    began = still = time.monotonic()
    before, pause = progress(), POLL_MS
    while not (found := ready()):
        now = time.monotonic()
        if (reached := progress()) != before:
            before, began = reached, now
        if page.evaluate(AT_WORK):
            still = now
        if now - still > STILL_SECONDS or now - began > HANG_SECONDS:
            raise LessonError(sentence())
        page.wait_for_timeout(pause)
        pause = min(1.2 * pause, MOST_POLL_MS)
    return found


class Controls:
    """The controls inside one element.

    Args:
        page: Playwright's page.
        root: the element.
    """

    def __init__(self, page: Page, root: Locator) -> None:
        self.page, self.root = page, root

    def wait_for(self, ready: Callable[[], Any], sentence: str, progress: Callable[[], Any] = bool) -> Any:
        """Poll until `ready()` is true, and return what it gave; fail with the sentence if it does not come."""
        return wait_until(self.page, ready, lambda: sentence, progress)

    def labels(self) -> list[str]:
        """Return the words beside the controls, in order: what the other methods take."""
        words = self.root.locator(".widget-label, .widget-label-basic, .jupyter-button").all_inner_texts()
        return [word.strip(BLANKS) for word in words if word.strip(BLANKS)]

    def slider(self, label: str) -> "Slider":
        """Return the slider with this label."""
        return Slider(self.page, self._labelled(".widget-slider", label, "slider"))

    def textbox(self, label: str) -> "TextBox":
        """Return the text, number or many-line box with this label."""
        return TextBox(self.page, self._labelled(".widget-text, .widget-textarea", label, "text box"))

    def dropdown(self, label: str) -> "Dropdown":
        """Return the drop-down list with this label."""
        return Dropdown(self.page, self._labelled(".widget-dropdown", label, "drop-down list"))

    def checkbox(self, label: str) -> "Checkbox":
        """Return the check box with this label."""
        return Checkbox(self.page, self._labelled(".widget-checkbox", label, "check box"))

    def button(self, label: str) -> "Button":
        """Return the button, or toggle button, with this label."""
        found = self.root.locator(".jupyter-button").filter(has_text=_exactly(label))
        return Button(self.page, self._only(found, label, "button"))

    def _labelled(self, kind: str, label: str, name: str) -> Locator:
        words = self.page.locator(".widget-label, .widget-label-basic").filter(has_text=_exactly(label))
        return self._only(self.root.locator(kind).filter(has=words), label, name)

    def _only(self, found: Locator, label: str, name: str) -> Locator:
        wait_until(
            self.page,
            found.count,
            lambda: f"there is no {name} “{label}”; the controls here are: {', '.join(self.labels())}",
        )
        if found.count() > 1:
            raise LessonError(f"{found.count()} controls are a {name} “{label}”: look inside one widget")
        return found


class Control:
    """One control.

    Args:
        page: Playwright's page.
        root: the control's outer element, label included.
    """

    def __init__(self, page: Page, root: Locator) -> None:
        self.page, self.root = page, root

    @property
    def handle(self) -> Locator:
        """The element that takes the keyboard."""
        return self.root.locator("input, textarea, select").first

    def press(self, key: str, times: int = 1) -> None:
        """Focus the control and press a key, such as "ArrowRight", "PageUp", "Home", "End", "Enter"."""
        self.handle.focus()
        for _ in range(times):
            self.page.keyboard.press(key)


class Slider(Control):
    """An ipywidgets slider: ArrowRight is one step, PageUp five, Home and End the ends."""

    @property
    def handle(self) -> Locator:
        """The knob."""
        return self.root.locator(".noUi-handle").first

    @property
    def text(self) -> str:
        """The number beside the slider, as it is written."""
        return self.root.locator(".widget-readout").inner_text().strip()

    @property
    def value(self) -> float:
        """The number beside the slider."""
        return float(self.text.replace("−", "-").replace(",", ""))


class TextBox(Control):
    """A Text, Textarea, IntText or FloatText."""

    @property
    def value(self) -> str:
        """What stands in the box."""
        return self.handle.input_value()

    def fill(self, text: str) -> None:
        """Replace the text and leave the box, so that the widget hears of it however it listens."""
        self.handle.fill(text)
        self.handle.press("Tab")

    def type(self, text: str) -> None:
        """Replace the text key by key, as a person does, and press Enter."""
        self.handle.fill("")
        self.handle.press_sequentially(text)
        self.handle.press("Enter")


class Dropdown(Control):
    """A Dropdown."""

    @property
    def value(self) -> str:
        """The words of the chosen entry."""
        return self.handle.evaluate("list => list.selectedOptions[0]?.textContent ?? ''")

    @property
    def choices(self) -> list[str]:
        """The words of every entry."""
        return self.handle.locator("option").all_text_contents()

    def choose(self, words: str) -> None:
        """Choose the entry with these words."""
        self.handle.select_option(label=words)


class Checkbox(Control):
    """A Checkbox."""

    @property
    def value(self) -> bool:
        """Whether it is ticked."""
        return self.handle.is_checked()

    def set(self, ticked: bool) -> None:
        """Tick it or clear it."""
        self.handle.set_checked(ticked)


class Button(Control):
    """A Button or ToggleButton."""

    @property
    def handle(self) -> Locator:
        """The button itself."""
        return self.root

    @property
    def value(self) -> bool:
        """Whether a toggle button is down."""
        return "mod-active" in (self.root.get_attribute("class") or "")

    def click(self) -> None:
        """Click it."""
        self.root.click()


def _exactly(label: str) -> re.Pattern[str]:
    return re.compile(rf"^\s*{re.escape(label)}\s*$")
