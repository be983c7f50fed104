"""The numbers that the slides of parts 4 and 5 show, and the models that they come from."""

import needs
import numpy as np
import pytest

from slides import figures_4, figures_5, judged_5, sums_4, translator
from slides.patient import UNREAD, chances, patient


def test_the_word_on_its_way_is_that_of_lesson_15():
    """A layer adds (1, −1) and then (0, 3) to (3, 1)."""
    assert np.array(sums_4.stream()).tolist() == [[3, 1], [1, -1], [4, 0], [0, 3], [4, 3]]


@pytest.mark.parametrize("token", [(3, 1), (1, 3), (-2, 5)])
def test_the_desk_computes_a_distance(token):
    """The first number that the four units give is how far apart the two inputs are."""
    assert sums_4.desk(token)[2][0] == abs(token[0] - token[1])


def test_gpt3_has_twelve_matrices_a_layer():
    """Four of C × C in attention, eight at the desk, and 174.6 billion parameters in all."""
    assert sums_4.gpt3()[1:] == (4, 8, 174_604_259_328)


def test_the_translator_is_examined_on_what_it_never_learned():
    """No examination sentence, and not the one on the slide, is among those it learns."""
    learned, examined = (set(pairs) for pairs in translator.pairs())
    assert not learned & examined
    assert translator.ASKED not in {(" ".join(p.english), " ".join(p.chinese)) for p in learned}


def test_the_translator_gets_the_sentence_of_the_slide_right():
    """It writes the seven Chinese words, one run of the decoder each and one for the end."""
    assert " ".join(translator.write(translator.ASKED[0])) == translator.ASKED[1]
    assert translator.calls() == {"training": (1, 1), "writing": (1, 8)}


def test_forbidding_the_brightest_look_changes_most_words():
    """The brightest look is worth something, and not everything; the faintest can be spared."""
    found = translator.changed()
    assert found.faintest < 0.02
    assert 0.4 < found.brightest < 0.9


def test_the_month_unit_answers_to_months_it_was_not_chosen_by():
    """Each unseen month gets more than twice what any other unseen word gets."""
    needs.minilm()
    unit = figures_4.month_unit()
    months, others = (
        [figures_4._units(w)[unit] for w in words] for words in (figures_4.MONTHS[4:], figures_4.NEW)
    )
    assert min(months) > 1 > 2 * max(others)


def test_the_patient_repeats_itself_only_when_it_takes_the_best():
    """Greedy writing runs in a circle; dice do not, and sixteen letters decide the next greedy one."""
    assert figures_5.repeats(0) > 0.7
    assert figures_5.repeats(0.8) < 0.1
    assert list(figures_5.rut().values())[-1] == 1


def test_the_head_of_the_slide_learned_to_look_back():
    """Over an unread scene it gives most of its weight to the letter before, and before training hardly any."""
    before, after = figures_5.back_shares()
    assert before < 0.15
    assert after > 0.7


def test_the_patient_knows_its_letters():
    """The next letter's chances are one for each letter and sum to 1, however long the text."""
    assert chances(UNREAD).shape == (patient()[1].n_vocab,)
    assert chances(UNREAD).sum() == pytest.approx(1)


def test_a_score_without_eyes():
    """Saying never beats the blurred camera, and the lie beats the paraphrase."""
    camera, never = judged_5.camera()
    assert camera.accuracy < never.accuracy
    near, paraphrase, lie = (bleu for _, bleu in judged_5.scores())
    assert paraphrase < near < lie


def test_four_bits_are_enough_and_two_are_not():
    """The loss hardly moves down to four bits, and at two it is worse than an even guess."""
    losses = judged_5.losses()
    assert losses[4] - losses[8] < 0.1
    assert losses[2] > np.log(patient()[1].n_vocab)
