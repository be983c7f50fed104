"""The pages in Chromium, as a passer-by sees them: with a mouse, with the keyboard alone, on a phone, in the dark.

The whole site is built once, and served to a browser that may ask no other machine for anything.
"""

import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from pages.build import build
from tools.lab.browser import WatchedPage

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.usefixtures("npm")

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
GRAVE = {"serious", "critical"}
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1440, "height": 900}
SHIFT = 0.02  # of the screen; 0.1 is what browsers' makers call good, and 0.0003 was measured
LESSON = "09_attention.html"

# Whatever stands above another block in the document stands above it on the screen.
DISORDER = """
() => {
  const blocks = [...document.querySelectorAll("article > *")].map((el) => [el, el.getBoundingClientRect()])
    .filter(([, box]) => box.height);
  return blocks.slice(1).filter(([, box], n) => box.top < blocks[n][1].top - 1)
    .map(([el]) => el.textContent.trim().slice(0, 50));
}
"""
# What is wider than the window, when the page scrolls sideways.
TOO_WIDE = """
() => document.documentElement.scrollWidth <= innerWidth ? [] : [...document.querySelectorAll("body *")]
  .filter((el) => el.getBoundingClientRect().right > innerWidth + 1 && !el.closest("pre, .scroll, .formula"))
  .map((el) => `${el.tagName} ${el.className} ${el.textContent.trim().slice(0, 40)}`).slice(0, 5)
"""
# An element of each kind of letters: a contrast depends on colours, opacity, and the letters' size and weight.
KINDS = """
() => {
  const found = new Map(), clear = new Set(["rgba(0, 0, 0, 0)", "transparent"]);
  for (const el of document.querySelectorAll("body *")) {
    if (![...el.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim())) continue;
    const own = getComputedStyle(el), key = [own.color, own.fontSize, own.fontWeight];
    for (let place = el; place; place = place.parentElement) {
      const { backgroundColor, backgroundImage, opacity } = getComputedStyle(place);
      if (opacity !== "1" || backgroundImage !== "none") key.push(opacity, backgroundImage);
      if (!clear.has(backgroundColor)) { key.push(backgroundColor); break; }
    }
    if (el.getClientRects().length) found.set(key.join("|"), el);
  }
  return found;
}
"""
NEW_KINDS = f"(seen) => [...({KINDS})().keys()].filter((key) => !seen.includes(key))"
OF_KINDS = f"(keys) => {{ const found = ({KINDS})(); return keys.map((key) => found.get(key)); }}"
SHIFTS = """
() => new Promise((done) => {
  let sum = 0;
  new PerformanceObserver((list) => { for (const one of list.getEntries()) sum += one.value; })
    .observe({ type: "layout-shift", buffered: true });
  document.fonts.ready.then(() => setTimeout(() => done(sum), 300));
})
"""


class Quiet(SimpleHTTPRequestHandler):
    """A server of files that keeps no log."""

    def log_message(self, *args):
        """Say nothing."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Where the site is built."""
    return tmp_path_factory.mktemp("pages") / "site"


@pytest.fixture(scope="module")
def address(folder):
    """Where the site is served, after it has been built for just this address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    place = f"http://127.0.0.1:{server.server_port}"
    build(folder, place)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield place
    server.shutdown()
    server.server_close()


@pytest.fixture
def watched(browser):
    """A page in an empty profile; at the end it must have stayed on this machine and without complaint."""
    page = WatchedPage(browser, **DESK)
    yield page
    page.close()
    assert page.outside == []
    assert page.console == []


@pytest.fixture
def page(watched):
    """Playwright's page."""
    return watched.page


@pytest.fixture(scope="module")
def pages(folder, address):
    """Every page, by its address within the site."""
    return sorted(str(file.relative_to(folder)) for file in folder.rglob("*.html"))


def findings(page, kinds=None, **options) -> list[str]:
    """What axe-core finds serious or critical, one line each, on the page or in letters of some `KINDS`."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate(
        f"([kinds, options]) => axe.run(kinds ? ({OF_KINDS})(kinds) : document, options)",
        [kinds, {"resultTypes": ["violations"], **options}],
    )
    return [
        f"{one['id']}: {one['help']}: {one['nodes'][0]['html'][:120]}"
        for one in found["violations"]
        if one["impact"] in GRAVE
    ]


def open_search(page, words: str) -> None:
    """Open the search by its key and type."""
    page.keyboard.press("/")
    page.wait_for_selector("dialog[open] input:focus")
    page.keyboard.type(words)


def test_every_page_can_be_read_by_everybody(page, address, pages):
    """Axe-core finds nothing serious, blocks stand in the order of reading, a phone need not scroll sideways.

    In light colours and in dark ones every kind of letters stands out from its ground.
    """
    wrong, seen = [], []
    contrast = "color-contrast"

    def pale():
        """What stands out too little among letters of a kind that no page had so far."""
        new = page.evaluate(NEW_KINDS, seen)
        seen.extend(new)
        return findings(page, new, runOnly=[contrast]) if new else []

    for name in pages:
        page.emulate_media(color_scheme="light", reduced_motion="reduce")
        page.set_viewport_size(DESK)
        page.goto(f"{address}/{name}")
        other = findings(page, rules={contrast: {"enabled": False}})
        wrong += [f"{name}: {finding}" for finding in [*other, *pale()]]
        page.emulate_media(color_scheme="dark", reduced_motion="reduce")
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(20, 23, 28)"
        wrong += [f"{name} in the dark: {finding}" for finding in pale()]
        page.set_viewport_size(PHONE)
        wrong += [f"{name} is not in order: {block}" for block in page.evaluate(DISORDER)]
        wrong += [f"{name} is too wide: {block}" for block in page.evaluate(TOO_WIDE)]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_open_search_and_the_open_menu_can_be_used_by_everybody(page, address, scheme):
    """What opens over a page is held to the same rules as the page."""
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.goto(f"{address}/{LESSON}")
    open_search(page, "softmax")
    assert findings(page) == []
    page.keyboard.press("Escape")
    page.set_viewport_size(PHONE)
    page.click(".menu")
    assert page.locator("#course").is_visible()
    assert findings(page) == []


@pytest.mark.parametrize(
    ("words", "place"), [("softmax", "softmax"), ("学生", "学生"), ("dot prodct", "dot product")]
)
def test_search_finds_a_word_and_enter_opens_its_place(page, address, words, place):
    """Typed with the keyboard alone, even with a slip, or in Chinese, a word leads to where it stands."""
    page.goto(f"{address}/index.html")
    open_search(page, words)
    page.wait_for_selector("[role=option]")
    first = page.locator("[role=option][aria-selected=true]").text_content()
    page.keyboard.press("ArrowDown")
    second = page.locator("[role=option][aria-selected=true]").text_content()
    assert second != first
    chosen = page.locator("[role=option][aria-selected=true]").get_attribute("href")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{address}/{chosen}")
    target = page.locator(":target") if "#" in chosen else page.locator("h1")
    target.wait_for()
    assert place in target.text_content().lower()
    box = target.bounding_box()
    assert 0 <= box["y"] < DESK["height"]


def test_search_says_when_it_finds_nothing_and_closes_by_escape(page, address):
    """No result is a sentence; Escape gives the keyboard back to where it was."""
    page.goto(f"{address}/{LESSON}")
    page.focus(".search")
    open_search(page, "xylophone<b>")
    assert page.locator(".count").text_content() == "No place has “xylophone<b>”: try a shorter word."
    page.keyboard.press("Escape")
    assert page.locator("dialog").is_hidden()
    assert page.evaluate("document.activeElement.className").startswith("search")


@pytest.mark.usefixtures("address")
def test_search_works_in_a_folder_without_a_server(page, folder):
    """Opened from the disk, a page still finds words, and follows them."""
    page.goto((folder / "solutions" / LESSON).as_uri())
    open_search(page, "XOR")
    page.wait_for_selector("[role=option]")
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: url.startswith("file:") and "solutions/09" not in url)
    assert "XOR" in page.locator(":target").text_content()


def test_the_keyboard_reaches_everything_in_order(page, address):
    """The first stop skips to the text; then search, language, colours, the course; long code can be scrolled."""
    page.goto(f"{address}/{LESSON}")
    stops = []
    for _ in range(7):
        page.keyboard.press("Tab")
        stops.append(page.evaluate("document.activeElement.textContent.trim().split(/\\s+/)[0]"))
        ring = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert ring == "solid", stops[-1]
    assert stops == ["Skip", "tfm", "Search", "中文", "Dark", "The", "01"]
    page.goto(f"{address}/{LESSON}")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"
    page.set_viewport_size(PHONE)
    page.wait_for_selector("pre[tabindex='0']")
    cut = "[...document.querySelectorAll('pre')].filter((pre) => pre.scrollWidth > pre.clientWidth + 1)"
    assert page.evaluate(f"{cut}.every((pre) => pre.tabIndex === 0)")


def test_the_switch_for_dark_is_remembered(page, address):
    """A choice outlives the page and holds on the next one from the first moment; choosing back forgets it."""
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    page.goto(f"{address}/{LESSON}")
    ground = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(ground)
    page.click(".theme")
    dark = page.evaluate(ground)
    assert dark != light
    assert page.get_attribute(".theme", "aria-pressed") == "true"
    page.goto(f"{address}/claims.html", wait_until="commit")
    page.wait_for_selector("body", state="attached")
    assert page.evaluate(ground) == dark
    page.wait_for_load_state()
    page.click(".theme")
    assert page.evaluate(ground) == light
    assert page.evaluate("localStorage.getItem('tfm-theme')") is None


def test_a_button_copies_the_code_it_stands_on(page, address):
    """It appears under the pointer or the keyboard, copies all of its cell, and says so."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"{address}/{LESSON}")
    code, copy = page.locator("pre.code").nth(1), page.locator(".copy").nth(1)
    code.scroll_into_view_if_needed()
    page.mouse.move(2, 2)
    shown = "button => getComputedStyle(button).opacity"
    assert copy.evaluate(shown) == "0"
    code.hover()
    assert copy.evaluate(shown) == "1"
    copy.click()
    page.wait_for_function("document.querySelectorAll('.copy')[1].textContent === 'Copied'")
    assert page.evaluate("navigator.clipboard.readText()") == code.text_content()


def test_code_is_selected_where_the_browser_does_not_copy(page, address):
    """Without the right to the clipboard the button selects the code, for the reader's own keys."""
    page.add_init_script("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    page.goto(f"{address}/{LESSON}")
    page.locator(".copy").first.press("Enter")
    assert page.locator(".copy").first.text_content() == "Selected"
    assert (
        page.evaluate("String(getSelection()).trim()") == page.locator("pre.code").first.inner_text().strip()
    )


def test_the_menu_of_a_phone_opens_by_the_keyboard(page, address):
    """On a narrow screen the course hides behind a button, which Enter opens and Escape closes."""
    page.set_viewport_size(PHONE)
    page.goto(f"{address}/{LESSON}")
    course = page.locator("#course")
    assert course.is_hidden()
    page.focus(".menu")
    page.keyboard.press("Enter")
    assert course.is_visible()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "The course"
    page.keyboard.press("Escape")
    assert course.is_hidden()


def test_nothing_moves_while_a_page_arrives(page, address):
    """Fonts and pictures find their places kept, on a lesson with many pictures and on the front page."""
    for name in ("index.html", "03_playground.html", LESSON):
        page.goto(f"{address}/{name}")
        assert page.evaluate(SHIFTS) <= SHIFT, name


def test_a_picture_is_shown_when_it_comes_into_view_and_on_white_paper_in_the_dark(page, address):
    """Pictures are fetched late; their paper stays white, since they were drawn on white."""
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    page.goto(f"{address}/{LESSON}")
    picture = page.locator("figure img").last
    picture.scroll_into_view_if_needed()
    page.wait_for_function("[...document.querySelectorAll('figure img')].pop().naturalWidth > 0")
    assert (
        page.evaluate("getComputedStyle(document.querySelector('.paper')).backgroundColor")
        == "rgb(255, 255, 255)"
    )


def test_a_page_without_scripts_is_whole(browser, address):
    """Without scripts the text, the formulas and the list of lessons are there; what cannot work is not shown."""
    context = browser.new_context(java_script_enabled=False, viewport=DESK)
    page = context.new_page()
    page.goto(f"{address}/{LESSON}")
    assert page.locator("#course").is_visible()
    assert page.locator(".katex").first.is_visible()
    assert page.locator(".search").is_hidden()
    assert page.locator(".theme").is_hidden()
    context.close()


def test_on_paper_only_the_lesson_is_left(page, address):
    """Printed, a page has no navigation, and long code is wrapped instead of cut off."""
    page.goto(f"{address}/{LESSON}")
    page.emulate_media(media="print")
    assert page.locator("#course").is_hidden()
    assert page.locator(".top").is_hidden()
    assert page.evaluate("getComputedStyle(document.querySelector('pre.code')).whiteSpace").startswith(
        "pre-wrap"
    )


def test_a_page_that_is_not_there_leads_back(page, address):
    """The page that servers show for a wrong address finds its style and its links from any folder."""
    page.goto(f"{address}/404.html")
    assert page.locator("h1").text_content() == "There is no such page"
    assert page.evaluate("document.styleSheets.length") == 2
    page.click("#course >> text=Attention >> nth=1")
    page.wait_for_url(f"{address}/{LESSON}")
