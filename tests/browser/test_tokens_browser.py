"""The two token widgets in a real JupyterLab: keys, text and pointer move them, and everything comes back."""

import pytest

MERGES = """
from tfm.text.embedded import embedded_bpe
from tfm.lessons.tokens.merges_widget import Merges
bpe = embedded_bpe()

def encode(text, n):
    cut = bpe.first(n)
    return [(i, cut.token_bytes(i)) for i in cut.encode_ordinary(text)]

joined = [(bpe.token_bytes(left), bpe.token_bytes(right)) for left, right in bpe.merges]
Merges(encode, joined, "the theatre of the mother", at=12)
"""
COMPARE = """
from tfm.lessons.tokens.widget import TokenCompare
TokenCompare({
    "bytes": lambda text: encode(text, 0),
    "ours": lambda text: encode(text, len(joined)),
}, "the 中 dog")
"""
CELLS = [MERGES, COMPARE]
SIZE = {"width": 1280, "height": 1100}


@pytest.fixture
def merges(lesson):
    """Return the slider's widget as it was first drawn."""
    return lesson.fresh("Merges")


@pytest.fixture
def compare(lesson):
    """Return the comparison as it was first drawn."""
    return lesson.fresh("TokenCompare")


def test_a_merge_is_taken_back_by_key_and_made_again(merges):
    """One step left takes ␣the apart, changes picture and numbers; a step right restores every pixel."""
    slider, before, words = merges.slider("merges"), merges.picture(), merges.readout
    assert slider.value == 12
    assert "number 12, joins “␣t” and “he” to “␣the”" in words
    with merges.redraw():
        slider.press("ArrowLeft")
    assert slider.value == 11
    assert "number 11" in merges.readout
    assert merges.picture() != before
    with merges.redraw():
        slider.press("ArrowRight")
    assert (merges.picture(), merges.readout) == (before, words)


def test_the_slider_goes_to_bare_bytes(merges):
    """Home is no merge at all: 25 bytes, 25 tokens."""
    with merges.redraw():
        merges.slider("merges").press("Home")
    assert "25 bytes, 25 tokens: 1.00 bytes a token." in merges.readout
    assert "No merge yet" in merges.readout


def test_arrow_keys_read_the_tokens(merges):
    """Right goes to the next token and left comes back; the outline of the keyboard is not compared."""
    before, words = merges.svg(), merges.readout
    with merges.redraw():
        merges.press("ArrowRight")
    assert "Pointed at: token 2 of" in merges.readout
    assert merges.svg() != before
    with merges.redraw():
        merges.press("ArrowLeft")
    assert (merges.svg(), merges.readout) == (before, words)


def test_typed_text_is_cut_at_once(merges):
    """What is typed is counted without leaving the box, and nothing of it is lost."""
    box = merges.textbox("text")
    with merges.redraw():
        box.handle.fill("é😀")
    merges.settle()
    assert "2 characters, 6 bytes, 6 tokens" in merges.readout
    assert "⟨F0⟩" in merges.svg()
    assert box.value == "é😀"


def test_empty_text_is_said_to_be_empty(merges):
    """Without text there is a sentence, and Reset brings the first picture back."""
    before = merges.picture()
    with merges.redraw():
        merges.textbox("text").fill("")
    assert "The text is empty: type something." in merges.readout
    with merges.redraw():
        merges.button("Reset").click()
    assert merges.picture() == before


def test_pointer_frames_the_same_bytes_in_every_vocabulary(compare):
    """Hovering over a byte of 中 reads its id and frames its place in the other row; going back restores all."""
    before, words = compare.picture(), compare.readout
    place = compare.picture_at(0)
    with compare.redraw():
        place.locator('[data-cell="0,5"]').hover()
    assert "bytes, token 6 of 11: id 184, bytes B8, only part of a character." in compare.readout
    assert compare.svg().count('class="frame"') == 2
    assert compare.picture() != before
    with compare.redraw():
        place.locator('[data-cell="0,0"]').hover()
    assert (compare.picture(), compare.readout) == (before, words)


def test_arrow_down_goes_to_the_next_vocabulary(compare):
    """Down reads the other list's token, up returns."""
    words = compare.readout
    with compare.redraw():
        compare.press("ArrowDown")
    assert "ours, token 1 of" in compare.readout
    with compare.redraw():
        compare.press("ArrowUp")
    assert compare.readout == words


def test_price_and_ids_follow_the_reader(compare):
    """Another price multiplies the cost, the box shows ids, Reset takes both back."""
    before, words = compare.picture(), compare.readout
    compare.textbox("price of a million tokens").fill("3")
    compare.settle()
    assert "33" in compare.readout.replace("\t", " ").split()
    with compare.redraw():
        compare.checkbox("ids").set(True)
    assert ">184<" in compare.svg()
    with compare.redraw():
        compare.button("Reset").click()
    assert (compare.picture(), compare.readout) == (before, words)


def test_everything_fits_the_page(merges, compare):
    """At 1280 pixels neither picture is cut off."""
    for widget in (merges, compare):
        box, drawn = (
            widget.picture_at(0).bounding_box(),
            widget.picture_at(0).locator("svg").first.bounding_box(),
        )
        assert drawn["width"] <= box["width"] + 1
        assert box["x"] + box["width"] <= SIZE["width"]
