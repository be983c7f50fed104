"""Chromium for the browser tests: found, started, and watched for anything it asks of another machine."""

import shutil
from urllib.parse import urlsplit

from playwright.sync_api import Browser, ConsoleMessage, Page, Playwright, Request, WebSocket

from tools.lab.probe import PROBE
from tools.lab.server import HANG_SECONDS

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # No name but this machine's own is known: what a page asks of another one is refused, and `WatchedPage` says
    # what it was. A route of Playwright's would do that, too, and take each of JupyterLab's files through Python.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1, EXCLUDE ::1",
)
# Chromium mends a tile where something changed, and an edge's smoothing then depends on what was there before.
SAME_PIXELS = ("--disable-partial-raster",)
LOCAL_HOSTS = {"127.0.0.1", "localhost", "::1"}
LOCAL_SCHEMES = {"data", "blob", "about", "file"}


def find_browser() -> str | None:
    """Return the path of an installed Chromium or Chrome, None without one."""
    return next((path for name in BROWSERS if (path := shutil.which(name))), None)


def launch(playwright: Playwright, *, more: tuple[str, ...] = ()) -> Browser:
    """Start a headless Chromium with an empty profile.

    Args:
        playwright: the tool that starts it.
        more: flags beyond those that every use has, such as `SAME_PIXELS` where photographs are compared.

    Raises:
        FileNotFoundError: none is installed.
    """
    path = find_browser()
    if path is None:
        raise FileNotFoundError(
            "the browser tests need Chromium and none is on the PATH: install the package chromium"
        )
    return playwright.chromium.launch(executable_path=path, headless=True, args=[*FLAGS, *more])


def is_local(url: str) -> bool:
    """Say whether an address stays on this machine.

    Example:
        >>> is_local("ws://127.0.0.1:8888/api"), is_local("https://example.org")
        (True, False)
    """
    parts = urlsplit(url)
    return parts.scheme in LOCAL_SCHEMES or parts.hostname in LOCAL_HOSTS


class WatchedPage:
    """A page in a profile of its own, with the probe inside and a guard around it.

    Args:
        browser: the browser that opens it.
        width: of the window, in pixels.
        height: of the window, in pixels.
        dots: how many dots of a picture make one pixel in each direction.

    Attributes:
        page: Playwright's page.
        outside: the addresses on other machines that the page asked for; each was refused.
        console: the errors the page wrote to its console or threw.
    """

    def __init__(self, browser: Browser, width: int = 1400, height: int = 1200, dots: float = 1) -> None:
        self.outside: list[str] = []
        self.console: list[str] = []
        self._context = browser.new_context(
            viewport={"width": width, "height": height},
            device_scale_factor=dots,
            service_workers="block",
            reduced_motion="reduce",
        )
        self._context.add_init_script(PROBE)
        self._context.on("request", self._note_request)
        self._context.set_default_timeout(1000 * HANG_SECONDS)
        self.page: Page = self._context.new_page()
        self.page.on("websocket", self._note_socket)
        self.page.on("console", self._note_console)
        self.page.on("pageerror", lambda error: self.console.append(str(error)))

    def close(self) -> None:
        """Close the page and forget its profile."""
        self._context.close()

    def _note_request(self, request: Request) -> None:
        if not is_local(request.url):
            self.outside.append(request.url)

    def _note_socket(self, socket: WebSocket) -> None:
        if not is_local(socket.url):
            self.outside.append(socket.url)

    def _note_console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.console.append(message.text)
