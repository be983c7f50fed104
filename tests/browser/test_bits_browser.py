"""The bit explorer in a real JupyterLab: keys move it, and everything comes back."""

import pytest

CELLS = [
    (
        "import numpy as np\n"
        "from tfm.lessons.two_files.widget import FewerBits, Tried\n"
        "tried = [Tried(b, 1.5 + 4 / b**2, f'sample with {b}') for b in range(2, 9)]\n"
        "FewerBits(np.random.default_rng(0).normal(size=(4, 64)), tried, loss=1.5, name='W')"
    )
]
SIZE = {"width": 1280, "height": 1100}


@pytest.fixture
def explorer(lesson):
    """Return the explorer as it was first drawn."""
    return lesson.fresh("FewerBits")


def test_bits_move_by_key_and_come_back(explorer):
    """Two steps down change the numbers and both pictures, two steps up restore every pixel."""
    bits, before, words = explorer.slider("bits a weight"), explorer.pixels(), explorer.readout
    assert "8 bits:" in words
    for _ in range(2):
        with explorer.redraw():
            bits.press("ArrowLeft")
    assert "6 bits:" in explorer.readout
    assert all(old != new for old, new in zip(before, explorer.pixels(), strict=True))
    for _ in range(2):
        with explorer.redraw():
            bits.press("ArrowRight")
    assert (explorer.pixels(), explorer.readout) == (before, words)


def test_another_row_is_drawn(explorer):
    """The row's slider changes the upper picture alone."""
    before = explorer.pixels()
    with explorer.redraw():
        explorer.slider("row").press("ArrowRight")
    after = explorer.pixels()
    assert after[0] != before[0]
    assert after[1] == before[1]
