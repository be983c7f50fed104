"""The translator in a real JupyterLab: the step moves by key, Enter forbids a look, and everything comes back."""

import pytest

CELLS = [
    """
import numpy as np
from tfm.lessons.transformer.widget import Translation, Translator

WORDS = {"I": "我", "am": "是", "student": "学生"}
VOCABULARY = ["我", "是", "学生", "老师", "⟨end⟩"]

def translate(sentence, prefix, forbidden):
    source = sentence.split()
    if not source or not set(source) <= set(WORDS) | {"a"}:
        raise ValueError("use the words I, am, a and student")
    written = [*prefix]
    for j in [j for j, word in enumerate(source) if word in WORDS][len(written):]:
        written.append("老师" if j in forbidden else WORDS[source[j]])
    written.append("⟨end⟩")
    p = np.full((len(written), 5), 0.1)
    p[range(len(written)), [VOCABULARY.index(word) for word in written]] = 0.6
    weights = np.full((2, 2, len(written), len(source)), 0.1)
    for t in range(len(written)):
        weights[:, :, t, min(t, len(source) - 1)] = 0.7
    return Translation(
        source=source, written=written, vocabulary=VOCABULARY, probabilities=p, weights=weights
    )

Translator(translate, "I am a student", glosses={"我": "I", "是": "is", "学生": "student"})
"""
]
LINE, BARS, MAP = 0, 1, 2
SIZE = {"width": 1280, "height": 1000}


@pytest.fixture
def translator(lesson):
    """Return the widget as it was first drawn."""
    return lesson.fresh("Translator")


def test_a_step_moves_by_key_and_comes_back(translator):
    """The next word appears in every picture and in the numbers, and a step back restores every pixel."""
    step, before, words = translator.slider("step"), translator.pixels(), translator.readout
    assert "It writes 我" in words
    with translator.redraw():
        step.press("ArrowRight")
    assert "It writes 是" in translator.readout
    assert all(old != new for old, new in zip(before, translator.pixels(), strict=True))
    with translator.redraw():
        step.press("ArrowLeft")
    assert (translator.pixels(), translator.readout) == (before, words)


def test_enter_forbids_a_look_and_allows_it_again(translator):
    """The word is struck out, what is written changes, and a second Enter brings it back."""
    with translator.redraw():
        translator.press("ArrowRight", LINE)
    before, words = translator.svg(LINE), translator.readout
    with translator.redraw():
        translator.press("Enter", LINE)
    assert 'class="struck"' in translator.svg(LINE)
    assert "instead of 我是学生" in translator.readout
    with translator.redraw():
        translator.press("Enter", LINE)
    assert (translator.svg(LINE), translator.readout) == (before, words)


def test_a_candidate_is_written_instead(translator):
    """Down to the second bar and Enter: the reader's word stands there; the button takes it back."""
    words = translator.readout
    with translator.redraw():
        translator.press("ArrowDown", BARS)
    with translator.redraw():
        translator.press("Enter", BARS)
    assert "You wrote" in translator.readout
    with translator.redraw():
        translator.button("Its own words again").click()
    assert translator.readout == words


def test_an_unknown_word_is_answered(translator):
    """The sentence says which words there are, and nothing typed is lost."""
    box = translator.textbox("sentence")
    box.fill("I am a 🐟")
    translator.settle()
    assert translator.message == "use the words I, am, a and student"
