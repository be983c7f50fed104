"""A trained stack in a real JupyterLab: the space bar strikes parts out, and everything comes back."""

import pytest

CELLS = [
    """
from tfm.lessons.layers.experiment import accuracy_without, intact
from tfm.data.line_up import ROW, VOCABULARY, answer, encode
from tfm.models.stack import trace
from tfm.lessons.layers.widget import LayerParts, Reading

stack = intact(0)

def look(signs, off):
    if len(signs) != ROW + 1:
        raise ValueError(f"write five children and a question: these are {len(signs)} signs")
    run = trace(stack, encode(signs)[None], off)
    return Reading(
        answers=VOCABULARY, probabilities=run.logits[0, -1].softmax(-1).numpy(),
        right=answer(signs[:ROW], signs[-1]), stream=[t[0, -1].norm().item() for t in run.stream],
        wrote={n: t[0, -1].norm().item() for n, t in zip(run.names[1:], run.written[1:])},
        weights=[None if w is None else w[0, 0].numpy() for w in run.weights],
    )

LayerParts(look, lambda off: accuracy_without(stack, off, n=100), "b D a C f b")
"""
]
CIRCUIT, ANSWER = 0, 1
SIZE = {"width": 1280, "height": 1000}


@pytest.fixture
def parts(lesson):
    """Return the widget as it was first drawn."""
    return lesson.fresh("LayerParts")


def test_the_space_bar_strikes_a_part_out_and_back(parts):
    """Both pictures and the score follow the key; a second press brings the same drawings back."""
    drawn, words = [parts.svg(n) for n in (CIRCUIT, ANSWER)], parts.readout
    pixels = [parts.picture(n) for n in (CIRCUIT, ANSWER)]
    assert "It answers D" in words
    with parts.redraw():
        parts.checkbox("attention 1").press(" ")
    assert "Examination without attention 1" in parts.readout
    assert all(parts.picture(n) != old for n, old in zip((CIRCUIT, ANSWER), pixels, strict=True))
    assert parts.svg(CIRCUIT).count("struck") == 1
    with parts.redraw():
        parts.checkbox("attention 1").press(" ")
    # The drawings themselves are compared here; the pixels above have shown that they reach the page.
    assert ([parts.svg(n) for n in (CIRCUIT, ANSWER)], parts.readout) == (drawn, words)


def test_a_question_with_a_hat_gets_the_other_answer(parts):
    """B instead of b: the same child without a hat."""
    box = parts.textbox("row and question")
    with parts.redraw():
        box.fill("b D a C f B")
    assert "It answers d" in parts.readout
    with parts.redraw():
        box.fill("b D a C f b")
    assert "It answers D" in parts.readout


def test_an_empty_text_is_answered(parts):
    """The sentence says what to write."""
    parts.textbox("row and question").fill("")
    parts.settle()
    assert parts.message == "write five children and a question: these are 0 signs"
