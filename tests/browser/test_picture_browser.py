"""A picture on a screen that is slower than its kernel: it skips what nobody would see, and shows the last."""

CELLS = [
    """from tfm.kit.picture import Picture
def drawn(n):
    return f'<svg width="90" height="40"><text x="9" y="25">{n}</text></svg>'
picture = Picture(svg=drawn(0), label="a number")
picture""",
    (
        "first = picture.svg == drawn(0)  # the lesson is run once before the test\n"
        "for n in range(1 if first else 101, 31 if first else 131):\n    picture.svg = drawn(n)"
    ),
]
DRAWINGS = 30
# Each frame comes a quarter of a second late; `putIn` counts what is put into the page.
SLOW = """() => {
  const quick = window.requestAnimationFrame.bind(window);
  window.requestAnimationFrame = (work) => quick(() => setTimeout(() => quick(work), 250));
  window.putIn = 0;
  const seen = new MutationObserver((changes) => { window.putIn += changes.length; });
  seen.observe(document.querySelector(".tfm-picture"), { childList: true });
}"""
SHOWN = "() => document.querySelector('.tfm-picture').textContent"


def test_a_slow_screen_skips_drawings_and_shows_the_last(lesson):
    """Thirty drawings come within a few frames: fewer are put in, and the thirtieth stands there."""
    page = lesson.page
    lesson.wait_for(lambda: page.evaluate(SHOWN) == "30", "the first thirty drawings were not shown")
    page.evaluate(SLOW)
    lesson.run_cell(2)
    lesson.wait_for(lambda: page.evaluate(SHOWN) == "130", "the last drawing was skipped, not shown")
    assert page.evaluate("() => putIn") < DRAWINGS
