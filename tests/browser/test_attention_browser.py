"""The attention explorer and the guessing game in a real browser: keys, pointer, typing, comparing, scrolling."""

import needs
import pytest

SENTENCE = "The animal did not cross the street because it was"  # 12 tokens
BY_HAND = """\
import numpy as np
from tfm.lessons.attention.hand_made import HandMadeAttention
from tfm.kit.attention_explorer import AttentionExplorer
vectors = {"sun": [1, 0], "moon": [0, 1], "sky": [1, 1]}
by_hand = HandMadeAttention(vectors=vectors, W_Q=np.eye(2), W_K=2 * np.eye(2), W_V=np.eye(2))
AttentionExplorer(by_hand, "sun moon sky", cell=(1, 0))"""
TRAINED = f"""\
from tfm.pretrained import load_minilm
encoder = load_minilm()
AttentionExplorer(encoder, "{SENTENCE}")"""
GAZE = f"""\
from tfm.lessons.real_attention.widget import PredictGaze
PredictGaze(encoder, "{SENTENCE}", layer=4, head=2, asker=9, questions=[(4, 2, 9), (1, 3, 4)])"""


CELLS = [BY_HAND, TRAINED, GAZE]


@pytest.fixture(scope="module", autouse=True)
def weights():
    """Skip all tests where the weights of all-MiniLM-L6-v2 are not to be had."""
    needs.minilm()


@pytest.fixture
def by_hand(lesson):
    """The explorer of three words, as it was first."""
    return lesson.fresh("AttentionExplorer")


@pytest.fixture
def trained(lesson):
    """The explorer of MiniLM, as it was first."""
    return lesson.fresh("AttentionExplorer", 1)


@pytest.fixture
def gaze(lesson):
    """The guessing game, as it was first."""
    return lesson.fresh("PredictGaze")


def test_temperature_by_key_and_back(by_hand):
    """An arrow key flattens the map and its numbers; the other one brings back the same pixels."""
    slider, before, numbers = by_hand.slider("temperature"), by_hand.picture(), by_hand.readout
    with by_hand.redraw():
        slider.press("ArrowRight", 5)
    assert slider.value == 1.5
    assert by_hand.readout != numbers
    assert by_hand.picture() != before
    with by_hand.redraw():
        slider.press("ArrowLeft", 5)
    assert (by_hand.picture(), by_hand.readout) == (before, numbers)


def test_arrow_keys_walk_through_the_map(by_hand):
    """The frame and the numbers follow, and stop at the edge."""
    assert by_hand.readout.startswith("moon looks at sun: score 0.00")
    by_hand.press("ArrowRight")
    by_hand.press("ArrowRight")
    by_hand.settle()
    assert by_hand.readout.startswith("moon looks at sky: score 2.00 → scaled 1.41 → weight 0.446")
    by_hand.press("ArrowRight")
    by_hand.press("ArrowDown")
    by_hand.settle()
    assert by_hand.readout.startswith("sky looks at sky: score 4.00")


def test_hover_reads_a_cell(trained):
    """The pointer alone, without a click."""
    trained.scroll_back()
    trained.picture_at().locator('[data-cell="9,2"]').hover()
    trained.settle()
    assert trained.readout.startswith("it looks at animal: score")


def test_a_sentence_is_typed(trained):
    """The tokens of the new sentence stand in the map; a layer and a head are chosen by key."""
    with trained.redraw():
        trained.textbox("sentence").type("张麻子 <b>left</b> 😀")
    assert trained.message == ""
    assert "&lt;" in trained.svg()
    with trained.redraw():
        trained.slider("head").press("ArrowRight")
    assert "Layer 1, head 2" in trained.svg()


def test_a_bad_input_keeps_the_picture(by_hand):
    """One sentence each for a word, a matrix and an empty line; a good input takes it away."""
    before = by_hand.picture()
    bad = {
        "sentence": ("sun fish", "'fish' is not in the hand-made dictionary: use sun, moon, sky"),
        "W_Q": ("1 two\n3 4", "W_Q has 'two' in row 1, which is not a number: write digits, such as 0.5"),
        "W_K": ("", "W_K is empty: write its numbers, a line for each row"),
    }
    for label, (text, sentence) in bad.items():
        box = by_hand.textbox(label)
        good = box.value
        box.fill(text)
        by_hand.settle()
        assert by_hand.message == sentence
        assert by_hand.dims()
        box.fill(good)
        by_hand.settle()
        assert by_hand.message == ""
        assert by_hand.picture() == before


def test_all_heads_and_enter_opens_one(trained):
    """The arrow keys choose among 72 maps, and Enter opens that head."""
    with trained.redraw():
        trained.dropdown("view").choose("all heads")
    assert (trained.pictures(), trained.svg().count("data-cell")) == (1, 72)
    for key in ["ArrowDown"] * 3 + ["ArrowRight"]:
        trained.press(key)
    trained.settle()
    assert trained.readout.startswith("Layer 4, head 2: its rows spread over")
    with trained.redraw():
        trained.press("Enter")
    assert (trained.slider("layer").value, trained.slider("head").value) == (4, 2)
    assert "Layer 4, head 2: weights" in trained.svg()


def test_a_head_is_switched_off_and_on(trained):
    """The button writes the head down and says how far the output moved; pressed again, all is as before."""
    numbers = trained.readout
    trained.button("Switch this head off / on").click()
    trained.settle()
    assert trained.textbox("heads off").value == "1.1"
    assert "With 1.1 off, the output moves by" in trained.readout
    trained.button("Switch this head off / on").click()
    trained.settle()
    assert (trained.textbox("heads off").value, trained.readout) == ("", numbers)


def test_a_map_is_held_beside_another(by_hand, trained):
    """Both maps fit into the page, also the wide ones; letting go shows one again."""
    for widget, cells in ((by_hand, 9), (trained, 144)):
        with widget.redraw():
            widget.button("Hold this map to compare").click()
        with widget.redraw():
            widget.slider("temperature").press("End")
        assert widget.svg().count("data-cell") == 2 * cells
        assert "Held · " in widget.svg()
        drawing = widget.picture_at().locator("> svg").bounding_box()
        assert drawing["width"] <= widget.root.bounding_box()["width"]
        with widget.redraw():
            widget.button("Hold this map to compare").click()
        assert widget.svg().count("data-cell") == cells


def test_widgets_do_not_disturb_each_other(by_hand, trained, gaze):
    """What is moved in one leaves the others' pictures and numbers alone."""
    others = [(w, w.svg(), w.readout) for w in (trained, gaze)]
    with by_hand.redraw():
        by_hand.dropdown("mask").choose("causal")
    with by_hand.redraw():
        by_hand.textbox("sentence").fill("moon sun")
    for widget, svg, numbers in others:
        assert (widget.svg(), widget.readout) == (svg, numbers)


def test_scrolling_away_changes_nothing(trained):
    """After a move the widget is scrolled away and back, and shows the same."""
    with trained.redraw():
        trained.slider("layer").press("ArrowRight", 2)
    before = trained.picture()
    trained.scroll_away()
    trained.scroll_back()
    assert trained.picture() == before


@pytest.mark.parametrize("width", [1280, 1000])
def test_controls_stay_inside(lesson, by_hand, trained, gaze, width):
    """On a wide and on a narrow page no control and no picture is cut off, and none has a gap for a label."""
    before = lesson.page.viewport_size
    lesson.page.set_viewport_size({"width": width, "height": before["height"]})
    for widget in (by_hand, trained, gaze):
        widget.settle()
        right = widget.root.bounding_box()
        right = right["x"] + right["width"]
        for part in widget.root.locator(".jupyter-widgets:visible, .tfm-picture:visible > svg").all():
            box = part.bounding_box()
            assert box["x"] + box["width"] <= right + 1, part.inner_text()
    assert by_hand.checkbox("divide by √D").root.bounding_box()["width"] < 150
    lesson.page.set_viewport_size(before)


def test_gaze_by_keys(gaze):
    """Arrow keys and Enter pick, a button reveals, another asks anew; no share is on the page before."""
    for key in ["ArrowRight", "ArrowRight", "Enter", "ArrowRight", "Enter"]:
        gaze.press(key)
    gaze.settle()
    assert "Picked: “animal”, “did”." in gaze.readout
    assert (gaze.svg().count("picked"), "column" in gaze.svg(), "%" in gaze.readout) == (2, False, False)
    with gaze.redraw():
        gaze.button("Reveal").click()
    assert gaze.svg().count("column") == 12
    assert "Score: " in gaze.readout
    shown = gaze.svg()
    gaze.press("Enter")
    gaze.settle()
    assert gaze.svg() == shown, "a revealed pick could be changed"
    with gaze.redraw():
        gaze.button("Next question").click()
    assert (gaze.slider("layer").value, gaze.slider("who looks").value) == (1, 4)
    assert ("column" in gaze.svg(), gaze.button("Reveal").value) == (False, False)
    assert "Mean score over 1 question answered" in gaze.readout


def test_gaze_asks_for_a_pick(gaze):
    """Reveal without one gives a sentence; a click on a token takes it away and picks."""
    gaze.button("Reveal").click()
    gaze.settle()
    assert gaze.message == "pick at least one token first: click it, or press Enter on it"
    with gaze.redraw():
        gaze.picture_at().locator('[data-cell="0,5"]').click()
    assert (gaze.message, gaze.button("Reveal").value) == ("", False)
    assert "Picked: “cross”." in gaze.readout


def test_nothing_left_this_machine(lesson):
    """All of the above without one request elsewhere or one error on the console."""
    lesson.check()
