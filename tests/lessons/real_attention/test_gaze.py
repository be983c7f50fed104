"""Predict, then reveal: nothing is shown too early, the score is fair, and nobody can pick twice."""

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from tfm.lessons.real_attention.widget import PredictGaze, score_picks
from tfm.pretrained import load_tiny_encoder

TEXT = "the while statement is used for repeated execution"
QUESTIONS = [(1, 1, 2), (2, 2, 3), (1, 2, 4)]
WEIGHT = re.compile(r"\d%")  # a share, as picture and numbers write it


@pytest.fixture(autouse=True)
def _as_a_reader(as_a_reader_calls_it):
    """Give whole numbers where a lesson does."""


@pytest.fixture(scope="module")
def encoder():
    """The small encoder of tfm/assets."""
    return load_tiny_encoder()


@pytest.fixture
def game(encoder):
    """Three questions about one sentence; the first is shown."""
    return PredictGaze(encoder, TEXT, layer=1, head=1, asker=2, questions=QUESTIONS)


def pick(game, *positions):
    """Click tokens."""
    for position in positions:
        game._line.cell = [0, position]
        game._line.click(0, position)


def reveal(game):
    """Press the button, and give the numbers."""
    game.controls["reveal"].value = True
    return readout(game)


def next_question(game):
    """Press the other button."""
    game.next_question()


def readout(game):
    """The numbers below the picture, without markup."""
    return re.sub("<[^>]+>", " ", game._readout.value)


def texts(game):
    """Every text of the picture."""
    return [e.text for e in ET.fromstring(game._line.svg).iter() if e.tag.endswith("text")]


def picked(game):
    """How many tokens are marked as picked in the picture."""
    return game._line.svg.count('class="picked"')


def columns(game):
    """How many columns the picture has."""
    return game._line.svg.count('class="column"')


def require_hidden(game):
    """No weight stands anywhere: not as a column, a number, a label, or in what the notebook stores."""
    assert columns(game) == 0
    said = [*texts(game), readout(game).partition("Mean score")[0], game._line.label, game.message]
    assert not [text for text in said if WEIGHT.search(text or "")]


def weights(encoder, question):
    """The asked row of the map."""
    layer, head, asker = question
    return encoder.trace(TEXT).weights[layer - 1, head - 1, asker]


def test_nothing_is_shown_before_it_is_revealed(game):
    """Picking, moving and asking anew show no weight."""
    require_hidden(game)
    pick(game, 1, 4)
    require_hidden(game)
    assert picked(game) == 2
    next_question(game)
    require_hidden(game)
    assert picked(game) == 0


def test_the_picture_before_says_nothing_of_the_weights(encoder):
    """Two heads with other weights look the same but for their title."""
    one, two = (PredictGaze(encoder, TEXT, head=head)._line.svg for head in (1, 2))
    assert one.replace("head 1", "head 2") == two


def test_reveal_shows_every_weight_and_the_score(game, encoder):
    """A column a token; the score is the picks’ weight over the best as many, beside the mean of random picks."""
    pick(game, 1, 4)
    said, row = reveal(game), weights(encoder, QUESTIONS[0])
    assert columns(game) == len(row)
    assert [t for t in texts(game) if WEIGHT.search(t)] == [f"{w:.0%}" for w in row]
    held, best, chance = row[[1, 4]].sum(), np.sort(row)[-2:].sum(), 2 / len(row)
    assert f"Your 2 picks hold {held:.1%} of the weight" in said
    assert f"the best 2 would hold {best:.1%}" in said
    assert f"Score: {held / best:.0%}, by chance {chance / best:.0%} on average." in said
    assert "Mean score over 1 question answered" in said


def test_chance_is_the_mean_over_all_choices():
    """The formula equals the average over every pair; the best pair scores 1."""
    row = np.array([0.5, 0.25, 0.125, 0.125])
    pairs = [score_picks(row, {i, j}) for i in range(4) for j in range(i)]
    assert np.isclose(np.mean([s.score for s in pairs]), pairs[0].by_chance)
    assert max(s.score for s in pairs) == 1.0
    assert all(0 <= s.score <= 1 for s in pairs)


def test_reveal_without_picks_gives_a_sentence(game):
    """One sentence, nothing shown; after the first pick the button waits again."""
    view = game.view
    reveal(game)
    assert game.message == "pick at least one token first: click it, or press Enter on it"
    assert game.view is view
    require_hidden(game)
    pick(game, 1)
    assert (game.value("reveal"), game.message) == (False, "")
    require_hidden(game)


def test_a_pick_can_be_taken_back_and_there_are_three(game):
    """The fourth gets a sentence and is not taken; taking one back makes room."""
    pick(game, 0, 1, 2, 3)
    assert game.message == "you have picked 3 tokens, the most there are: take one back first"
    assert picked(game) == 3
    pick(game, 1, 3)
    assert (picked(game), game.message) == (3, "")
    assert "Picked: “[CLS]”, “while”, “statement”." in readout(game)


def test_picks_stand_once_revealed(game):
    """Neither shown nor hidden again can they be changed, and the score stays."""
    pick(game, 1)
    first = reveal(game)
    pick(game, 5)
    assert readout(game) == first
    game.controls["reveal"].value = False
    require_hidden(game)
    assert "Your picks stand: “the”." in readout(game)
    pick(game, 5)
    assert reveal(game) == first


def test_the_mean_counts_a_question_once(game, encoder):
    """A second try at a question, with its weights known, does not count."""
    scores = []
    for question in QUESTIONS:
        pick(game, 1)
        reveal(game)
        scores.append(score_picks(weights(encoder, question), [1]))
        next_question(game)
    mean, chance = np.mean([s.score for s in scores]), np.mean([s.by_chance for s in scores])
    expected = f"Mean score over 3 questions answered: {mean:.0%}, by chance {chance:.0%}."
    assert expected in readout(game)
    pick(game, int(weights(encoder, QUESTIONS[0]).argmax()))
    assert "Score: 100%" in reveal(game)
    assert expected in readout(game)


@pytest.mark.parametrize(
    ("control", "value"), [("sentence", "the cat"), ("layer", 2), ("head", 2), ("asker", 0), ("asker", 9)]
)
def test_another_setting_hides_and_clears(game, control, value):
    """Sentence, layer, head or asking token: a new question, with no pick, no weight, and no score of its own."""
    pick(game, 1)
    reveal(game)
    game._line.cell = [0, 9]  # past the end of the shorter sentence
    game.controls[control].value = value
    require_hidden(game)
    assert (picked(game), game.value("reveal"), game.message) == (0, False, "")
    assert "Picked: nothing yet." in readout(game)
    assert "Mean score over 1 question answered" in readout(game)


def test_a_bad_sentence_keeps_the_picture(game):
    """One sentence; the good one that follows is asked anew, never judged by old picks."""
    pick(game, 1)
    reveal(game)
    shown = game._line.svg
    for bad, sentence in {"": "type a sentence first", "the " * 60: "the text has 62 tokens"}.items():
        game.controls["sentence"].value = bad
        assert game.message.startswith(sentence)
        assert game._line.svg == shown
    game.controls["sentence"].value = TEXT
    assert game.message == ""
    require_hidden(game)
    assert picked(game) == 0


def test_the_slider_and_the_frame_end_with_the_sentence(game):
    """A shorter sentence takes both back inside; a longer one gives them room again."""
    game.controls["asker"].value = 9
    game._line.cell = [0, 9]
    game.controls["sentence"].value = "the"
    assert (game.controls["asker"].max, game.value("asker"), game._line.cell) == (2, 2, [0, 2])
    game.controls["sentence"].value = TEXT
    assert game.controls["asker"].max == 9


def test_next_question_walks_round(game):
    """The given questions in turn; from a setting outside them it goes on where it was."""

    def now():
        return tuple(game.value(name) for name in ("layer", "head", "asker"))

    seen = [now()]
    for _ in QUESTIONS:
        next_question(game)
        seen.append(now())
    assert seen == [*QUESTIONS, QUESTIONS[0]]
    next_question(game)
    game.controls["head"].value = 4
    next_question(game)
    assert now() == QUESTIONS[2]


def test_without_questions_it_walks_through_the_heads(encoder):
    """Head after head, layer after layer, with the same asking token."""
    game = PredictGaze(encoder, TEXT, layer=1, head=4, asker=5)
    next_question(game)
    assert [game.value(n) for n in ("layer", "head", "asker")] == [2, 1, 5]


def test_reset_clears_everything(game):
    """The very first picture and numbers come back: no picks, no scores, the first question."""
    first = game._line.svg, readout(game)
    pick(game, 1, 2)
    reveal(game)
    next_question(game)
    pick(game, 3)
    reveal(game)
    game.controls["sentence"].value = "the cat"
    game.reset()
    assert (game._line.svg, readout(game), game.message) == (*first, "")
    pick(game, 1)
    assert "Mean score over 1 question answered" in reveal(game)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"layer": 9}, "there is no head 1 in a layer 9: this model has 3 layers of 4 heads"),
        ({"asker": -1}, "the asking token's position is -1: count tokens from 0"),
        ({"picks": 0}, "picks must be 1 or more, and it is 0: try 3"),
        ({"questions": [(1, 1, 2), (0, 1, 2)]}, "there is no head 1 in a layer 0"),
    ],
)
def test_a_question_that_cannot_be_asked_is_refused(encoder, options, sentence):
    """The constructor says what is wrong, in the questions too."""
    with pytest.raises(ValueError, match=sentence):
        PredictGaze(encoder, TEXT, **options)


def test_the_stored_picture_hides_too(game):
    """What the notebook keeps beside the live view is the hidden picture until it is revealed."""
    hidden = game._repr_mimebundle_()[0]
    pick(game, 1)
    reveal(game)
    assert game._repr_mimebundle_()[0]["image/png"] != hidden["image/png"]
    assert hidden["text/plain"] == "<widget PredictGaze>"


def test_odd_sentences_can_be_asked_about(encoder):
    """Emoji, right-to-left letters and markup are tokens like any."""
    for text in ["😀", "مرحبا بالعالم", "<b>&\"'</b>", "x" * 10_000]:
        game = PredictGaze(encoder, text)
        pick(game, 0)
        assert "Score:" in reveal(game)
        ET.fromstring(game._line.svg)
